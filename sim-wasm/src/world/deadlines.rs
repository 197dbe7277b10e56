//! What servers will do by themselves, and why.

use herd_core::node::Timer;
use herd_core::{Instant, Node, PeerId};

use super::World;
use crate::topology::ServerId;

/// When a server will do something by itself, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deadline {
    /// When, ns.
    pub at: u64,
    /// Why, as a phrase.
    pub why: String,
}

impl Deadline {
    fn of(node: &Node, (at, timer): (Instant, Timer)) -> Self {
        let name = |peer: PeerId| &node.config().peers[peer.index()].name;
        let why = match timer {
            Timer::Batch => "what was gathered leaves".to_owned(),
            Timer::Digest => "neighbours are told what is had".to_owned(),
            Timer::Greeting(peer) => format!("{} has to have greeted", name(peer)),
            Timer::Lookup(_) => "Places has to have answered".to_owned(),
            Timer::Pull => "what has not come is pulled".to_owned(),
            Timer::Redial(peer) => format!("{} is dialed again", name(peer)),
            Timer::Spread => "an update is told again, or asked for".to_owned(),
        };
        Self { at: at.0, why }
    }
}

impl World {
    /// When a server will do something by itself, and why.
    #[must_use]
    pub fn deadline_of(&self, server: ServerId) -> Option<Deadline> {
        let node = self.node(server)?;
        Some(Deadline::of(node, node.next_deadline()?))
    }

    /// All that a server will do by itself, and why, the next first.
    #[must_use]
    pub fn deadlines_of(&self, server: ServerId) -> Vec<Deadline> {
        let Some(node) = self.node(server) else { return Vec::new() };
        let mut deadlines: Vec<Deadline> =
            node.deadlines().map(|deadline| Deadline::of(node, deadline)).collect();
        deadlines.sort_by_key(|deadline| deadline.at);
        deadlines
    }
}
