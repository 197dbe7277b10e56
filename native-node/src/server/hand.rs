//! What is done to a server by hand while it runs: it is looked at, cut from neighbours, killed.

use std::sync::Arc;

use herd_core::link::Dial;
use herd_core::{Config, ConnId, Direction, Input, Peer, PeerId};

use super::Server;
use crate::live::{Cut, Feeder, Feeds, LinkNow, LinkSight, Look, Sight};

/// What is done to a server by hand. Who does it stands in its log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Touch {
    /// It ends at once, as if its process were killed: nothing is finished, nobody is told.
    Kill {
        /// Who does it, in words.
        by: String,
    },
    /// Its link to a neighbour is cut, or not any more.
    Cut {
        /// The neighbour's name.
        peer: Box<str>,
        /// How it is cut from now on.
        cut: Option<Cut>,
        /// Who does it, in words.
        by: String,
    },
    /// Somebody may not do what it asked for.
    Refused {
        /// Who, and what, in words.
        what: String,
    },
}

impl Server {
    /// Does it.
    pub(super) fn touched_by_hand(&mut self, touch: Touch) {
        match touch {
            Touch::Kill { by } => {
                self.journal.by_hand(self.now, &format!("killed by {by}"));
                self.killed = true;
            }
            Touch::Cut { peer, cut, by } => self.cut(peer, cut, &by),
            Touch::Refused { what } => self.journal.refused(self.now, &what),
        }
    }

    fn cut(&mut self, peer: Box<str>, cut: Option<Cut>, by: &str) {
        let text = match cut {
            Some(Cut::Both) => format!("cut from {peer} by {by}"),
            Some(Cut::Out) => format!("nothing comes from here to {peer} any more, by {by}"),
            Some(Cut::In) => format!("nothing comes here from {peer} any more, by {by}"),
            None => format!("not cut from {peer} any more, by {by}"),
        };
        self.journal.by_hand(self.now, &text);
        match cut {
            Some(cut) => self.settings.hand.cuts.insert(peer.clone(), cut),
            None => self.settings.hand.cuts.remove(&peer),
        };
        let conns = self.conns_to(&peer);
        if cut.is_none() && conns.is_empty() {
            return self.dial_anew(&peer);
        }
        for id in conns {
            if cut == Some(Cut::Both) {
                self.close(id, "cut by hand");
            } else if let Some(conn) = self.conns.find(id) {
                conn.bar = cut.map(|cut| (cut, self.now.mono));
                // What waited meanwhile is written and read now, if it may.
                conn.ear.ring();
                self.touch(id);
                self.sweep_soon();
            }
        }
    }

    /// Says who has started it, if somebody did.
    pub(super) fn begun_by_hand(&mut self) {
        if let Some(by) = self.settings.hand.by.take() {
            self.journal.by_hand(self.now, &format!("started by {by}"));
        }
    }

    /// Whether somebody has cut the link to a neighbour, one way or both: a connection is not made
    /// either way then, as hands are shaken both ways.
    pub(super) fn is_cut(&self, peer: PeerId) -> bool {
        self.cut_of(peer).is_some()
    }

    fn cut_of(&self, peer: PeerId) -> Option<Cut> {
        let cuts = &self.settings.hand.cuts;
        if cuts.is_empty() {
            return None;
        }
        let peer = self.settings.config.peers.get(peer.index())?;
        cuts.get(&*peer.name).copied()
    }

    /// Every connection to a neighbour.
    fn conns_to(&mut self, name: &str) -> Vec<ConnId> {
        let peers = (0_u16..).map(PeerId).zip(&self.settings.config.peers);
        let Some((peer, _)) = peers.into_iter().find(|(_, peer)| *peer.name == *name) else {
            return Vec::new();
        };
        let to_it =
            |(id, conn): (ConnId, &mut super::conn::Conn)| (conn.link == Some(peer)).then_some(id);
        self.conns.iter_mut().filter_map(to_it).collect()
    }

    /// Has a neighbour dialed as if it were new: it was away for so long that the node would wait.
    fn dial_anew(&mut self, name: &str) {
        let config = Arc::clone(self.node.config());
        let without = |peer: &Peer| match *peer.name == *name {
            true => Peer { direction: Direction::Neither, ..peer.clone() },
            false => peer.clone(),
        };
        let peers = config.peers.iter().map(without).collect();
        let without = Arc::new(Config { peers, ..(*config).clone() });
        for config in [without, config] {
            if let Err(why) = self.take_config(config) {
                self.journal.error(self.now, why);
            }
        }
        self.act();
        self.handle(Input::Wake);
    }

    /// How it stands.
    pub(super) fn sight(&self, look: &Look) -> Sight {
        let node = &self.node;
        let root = look.root.as_deref().and_then(|root| {
            let lives = node.origins().iter().filter(|(_, life)| life.name() == root.as_bytes());
            lives.max_by_key(|(_, life)| life.incarnation()).map(|(origin, _)| origin)
        });
        let tree = root.map(|root| node.tree_of(root));
        let peers = (0_u16..).map(PeerId).zip(&self.settings.config.peers);
        let links = peers.zip(node.links()).map(|((id, peer), link)| {
            let now = match link.live() {
                _ if peer.direction == Direction::Neither => LinkNow::Gone,
                Some(session) if session.is_lagging() => LinkNow::Lagging,
                Some(_) => LinkNow::Live,
                None if matches!(link.dial(), Dial::Connecting | Dial::Greeting(..)) => {
                    LinkNow::Opening
                }
                None => LinkNow::Waiting,
            };
            let feeds = tree.map_or_else(Feeds::default, |tree| Feeds {
                us: match id {
                    id if tree.parent() == Some(id) => Some(Feeder::Parent),
                    id if tree.second() == Some(id) => Some(Feeder::Second),
                    _ => None,
                },
                pruned: tree.pruned_out().contains(id),
            });
            LinkSight { name: peer.name.clone(), now, cut: self.cut_of(id), feeds }
        });
        let held = look.clients.iter().filter_map(|client| node.store().get(client));
        Sight {
            incarnation: node.incarnation(),
            records: node.store().len(),
            print: node.store().print(),
            links: links.collect(),
            holds: held.map(|record| record.line().into()).collect(),
        }
    }
}
