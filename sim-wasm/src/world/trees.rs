//! The trees along which updates travel, as the servers see them. Nothing here changes anything.

use herd_core::PeerId;

use super::World;
use crate::topology::ServerId;
use crate::view::Feed;

/// Who feeds a server the updates of one origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FeedRow {
    /// The origin's name.
    pub origin: Box<str>,
    /// How often the origin has rebuilt its tree, as far as this server has heard.
    pub epoch: u64,
    /// Its feed; none at the origin itself, and at one that has lost it.
    pub parent: Option<ServerId>,
    /// A further feed.
    pub second: Option<ServerId>,
    /// Neighbours that it does not feed.
    pub pruned: usize,
}

impl World {
    /// How each way of each link serves the tree of what a server counts: from `a` to `b`, and back.
    /// None if there are no trees.
    #[must_use]
    pub fn tree_of(&self, root: ServerId) -> Option<Vec<[Feed; 2]>> {
        self.options().preset.feeds()?;
        let config = self.servers.get(root.index())?.node.config();
        let (name, life) = (config.name.as_bytes(), config.incarnation);
        let feed = |from: (u32, u16), to: (u32, u16)| {
            let tree = |server: u32| {
                let node = &self.servers[server as usize].node;
                node.origins().find(name, life).map(|origin| node.tree_of(origin))
            };
            let shared = self.servers[from.0 as usize].node.shared_tree().is_some();
            let (sender, receiver) = (tree(from.0), tree(to.0));
            let (from, to) = (PeerId(to.1), PeerId(from.1));
            if receiver.is_some_and(|tree| tree.parent() == Some(from))
                || shared && sender.is_some_and(|tree| tree.parent() == Some(to))
            {
                Feed::Parent
            } else if receiver.is_some_and(|tree| tree.second() == Some(from)) {
                Feed::Second
            } else if sender.is_some_and(|tree| tree.pruned_out().contains(to)) {
                Feed::Pruned
            } else {
                Feed::Open
            }
        };
        let ways = |link: &crate::net::Link| {
            let (a, b) = ((link.a, link.peers[0]), (link.b, link.peers[1]));
            [feed(a, b), feed(b, a)]
        };
        Some(self.links.iter().map(ways).collect())
    }

    /// Who feeds a server, for every origin of whose tree it knows; none if it is down.
    #[must_use]
    pub fn feeds_of(&self, server: ServerId) -> Vec<FeedRow> {
        let Some(node) = self.node(server) else { return Vec::new() };
        let peers = &self.servers[server.index()].peers;
        let peer = |peer: PeerId| peers.get(peer.index()).map(|place| ServerId(place.server));
        let trees = node.origins().iter().map(|(_, origin)| (origin, origin.tree()));
        trees
            .filter(|(_, tree)| tree.epoch() > 0 || tree.parent().is_some())
            .map(|(origin, tree)| FeedRow {
                origin: String::from_utf8_lossy(origin.name()).into(),
                epoch: tree.epoch(),
                parent: tree.parent().and_then(peer),
                second: tree.second().and_then(peer),
                pruned: tree.pruned_out().iter().count(),
            })
            .collect()
    }
}
