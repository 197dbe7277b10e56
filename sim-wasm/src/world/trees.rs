//! The trees along which updates travel, as the servers see them. Nothing here changes anything.

use std::collections::BTreeSet;

use herd_core::{PeerId, Style};

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

/// How what some server takes up goes from one server to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WayFrom {
    pub(crate) from: ServerId,
    pub(crate) to: ServerId,
    /// Whether the two have agreed on all that was said so far.
    pub(crate) flows: bool,
    /// Whether it is told at once.
    pub(crate) feeds: bool,
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

    /// The server that is a neighbour of another.
    pub(crate) fn neighbour(&self, server: ServerId, peer: PeerId) -> Option<ServerId> {
        let peers = &self.servers.get(server.index())?.peers;
        peers.get(peer.index()).map(|place| ServerId(place.server))
    }

    /// Who feeds a server the updates that a life of a server counts, over a link that both know to
    /// be up.
    pub(crate) fn parent_of(
        &self,
        server: ServerId,
        origin: &[u8],
        incarnation: u64,
    ) -> Option<ServerId> {
        let node = self.node(server)?;
        let origin = node.origins().find(origin, incarnation)?;
        let peer = node.origins().get(origin).tree().parent()?;
        let place = self.servers[server.index()].peers.get(peer.index())?;
        let link = &self.links[place.link as usize];
        self.is_joined(link).then_some(ServerId(place.server))
    }

    /// Whether both ends of a link speak to each other on one connection.
    fn is_joined(&self, link: &crate::net::Link) -> bool {
        let end = |server: u32, peer: u16| {
            let state = &self.servers[server as usize];
            let session = state.node.links().get(usize::from(peer))?.live()?;
            Some(state.conn(session.conn.0)?.channel())
        };
        let ends = [end(link.a, link.peers[0]), end(link.b, link.peers[1])];
        self.is_live(link) && ends[0].is_some() && ends[0] == ends[1]
    }

    /// The ways on which servers speak to each other now, and how what one of them takes up goes along
    /// each; `None` if it is down, or has told nothing, or its tree is planned.
    pub(crate) fn ways_from(&self, root: ServerId) -> Option<Vec<WayFrom>> {
        let node = self.node(root)?;
        let (name, life) = (node.config().name.as_bytes(), node.incarnation());
        let own = node.origins().find(name, life)?;
        // Where a plan does not fit any more, what lacks is repaired until the tree is built.
        if node.origins().get(own).have().is_empty() || node.config().overlay.is_some() {
            return None;
        }
        let flows: BTreeSet<_> = self.flows().into_iter().collect();
        let way = |(from, to): (ServerId, ServerId)| {
            let flows = flows.contains(&(from, to));
            let state = &self.servers[from.index()];
            let peer = state.peers.iter().position(|place| place.server == to.0);
            let peer = peer.and_then(|peer| u16::try_from(peer).ok()).map(PeerId);
            let origin = state.node.origins().find(name, life);
            let peers = &state.node.config().peers;
            // A prototype is told everything, and tells everything.
            let prototype = |peer: PeerId| peers[peer.index()].style == Style::Classic;
            if peer.is_some_and(prototype) {
                return WayFrom { from, to, flows, feeds: true };
            }
            let feeds =
                origin.zip(peer).is_none_or(|(origin, peer)| state.node.feeds(peer, origin));
            WayFrom { from, to, flows, feeds }
        };
        Some(self.spoken_ways().into_iter().map(way).collect())
    }

    /// Whether some servers go by one tree that all updates share, and others by a tree for each origin.
    pub(crate) fn mixes_trees(&self) -> bool {
        let members = self.servers.iter().filter(|server| server.member);
        let configs = members.map(|server| server.node.config());
        let mut share =
            configs.filter(|of| of.preset.feeds().is_some()).map(|of| of.root.is_some());
        share.next().is_some_and(|first| share.any(|other| other != first))
    }

    /// The highest of what the servers do not keep any more.
    pub(crate) fn highest_floor(&self) -> Option<herd_core::Floor> {
        self.servers.iter().map(|server| server.node.store().floor()).max()
    }

    /// How many ways there are between servers: two a link.
    pub(crate) fn count_ways(&self) -> u64 {
        2 * self.links.len() as u64
    }

    /// How far the most advanced clock is ahead of the true time, ns.
    pub(crate) fn most_ahead(&self) -> i64 {
        self.servers.iter().map(|server| server.clock.offset(self.now)).max().unwrap_or(0)
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
