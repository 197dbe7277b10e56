//! What a node is told before it starts.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use crate::form::form;
use crate::limits;
use crate::overlay::Overlay;
use crate::preset::{Policy, Preset, Spread};
use crate::tree::Rules;

/// What a node is told before it starts. Shared between nodes and clones, never changed: another one
/// takes its place, see [`Node::reconfigure`](crate::Node::reconfigure).
///
/// What every update needs comes first, side by side.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[repr(C)]
pub struct Config {
    /// How far a neighbour's record may be ahead of this server's wall clock, ns.
    pub hard_future: i64,
    /// Clients (and keys of data) to keep at most: those with the newest stamps.
    pub clients_max: usize,
    /// How updates are ordered and repaired.
    pub preset: Preset,
    /// Waits and widths of the protocol.
    pub tuning: Tuning,
    /// This server's name: no white space, 1 to [`limits::NAME_MAX`] bytes.
    pub name: Box<str>,
    /// The herd's name; servers of another herd are refused. Rules as for `name`.
    pub cluster: Box<str>,
    /// Tells this life of the server from its earlier ones: see
    /// [`incarnation_at`](crate::node::incarnation_at).
    pub incarnation: u64,
    /// The neighbours; [`PeerId`](crate::PeerId) counts them.
    pub peers: Box<[Peer]>,
    /// Seed of the store's hash function: random natively (so that nobody can choose colliding
    /// client ids), constant in a simulation.
    pub hash_seed: u64,
    /// Bytes of data to take from clients at most; what makes it more is refused. What other servers have
    /// taken is kept all the same, so that all hold the same: they have the same bound.
    pub data_room: usize,
    /// How old a stamp may become before its record is forgotten, ns; `None` keeps the oldest.
    pub retention: Option<u64>,
    /// How far a client's stamp may be ahead of this server's wall clock, ns.
    pub ingress_future: i64,
    /// The map of the herd, if all its servers know it: trees are then planned, not learned.
    pub overlay: Option<Arc<Overlay>>,
    /// The server at the root of the tree that all updates share; each origin has a tree of its own
    /// if nobody is. All servers of a herd name the same.
    pub root: Option<Box<str>>,
    /// A client is answered once so many neighbours have its update: it then outlives as many servers
    /// that die together. 0 is at once.
    pub ack_after: usize,
}

/// Waits and widths of the protocol. Equal or not, all servers of a herd come to agree. What every
/// update needs comes first.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(C)]
pub struct Tuning {
    /// Bytes to a neighbour that may be on their way before it is lagging.
    pub window: usize,
    /// Which rules of the trees hold.
    pub rules: Rules,
    /// How often neighbours are told what is had, while that changes, ns.
    pub digest_every: u64,
    /// How many neighbours are told each time.
    pub digest_fanout: usize,
    /// How long what a neighbour has is waited for before it is pulled, ns.
    pub grace: u64,
    /// How long a neighbour may take to answer a pull, ns.
    pub pull_timeout: u64,
    /// Shortest time between two rebuilds of a tree, ns.
    pub rebuild_min: u64,
    /// Bytes of repair that stand between two live updates to the same neighbour.
    pub slice: usize,
    /// Records in a repair that is pushed on at once; larger ones are announced and pulled.
    pub bulk: usize,
    /// How long what goes to a neighbour is gathered after the last message to it, ns; the
    /// preset's if absent.
    pub batch: Option<u64>,
    /// How long a word that can wait waits for an update to go with, ns; 0 says it at once.
    pub ride: u64,
    /// In how many ns a neighbour pays for a byte of repair; 0 gives without end.
    pub budget_byte: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            digest_every: limits::DIGEST_EVERY,
            digest_fanout: limits::DIGEST_FANOUT,
            grace: limits::GRACE,
            pull_timeout: limits::PULL_TIMEOUT,
            rebuild_min: limits::REBUILD_MIN,
            window: limits::WINDOW,
            slice: limits::REPAIR_SLICE,
            bulk: limits::BULK_RECORDS,
            batch: None,
            ride: limits::RIDE,
            budget_byte: limits::BUDGET_BYTE,
            rules: Rules::ALL,
        }
    }
}

impl Config {
    /// A server called `name` with these neighbours and every default.
    #[must_use]
    pub fn new(name: &str, peers: impl IntoIterator<Item = Peer>) -> Self {
        Self {
            name: name.into(),
            cluster: "herd".into(),
            incarnation: 0,
            preset: Preset::default(),
            peers: peers.into_iter().collect(),
            hash_seed: 0,
            clients_max: limits::CLIENTS_MAX,
            data_room: limits::DATA_ROOM,
            retention: None,
            ingress_future: limits::INGRESS_FUTURE,
            hard_future: limits::HARD_FUTURE,
            overlay: None,
            root: None,
            ack_after: 0,
            tuning: Tuning::default(),
        }
    }

    /// What the preset comes to, with this tuning.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let policy = self.preset.policy();
        Policy { batch: self.tuning.batch.unwrap_or(policy.batch), ..policy }
    }

    /// How often neighbours are told what is had, ns, and how many of them. Gossip is a comparison
    /// of two now and then.
    pub(crate) fn digests(&self) -> (u64, usize) {
        match self.preset.policy().spread {
            Spread::Gossip => (limits::EXCHANGE_EVERY, 1),
            Spread::Flood | Spread::Acked | Spread::Eager | Spread::Trees(_) => {
                (self.tuning.digest_every, self.tuning.digest_fanout)
            }
        }
    }

    /// How long what a neighbour has is waited for, ns: longer where it is gathered on its way.
    pub(crate) fn grace(&self) -> u64 {
        let gathered = self.policy().batch.saturating_mul(limits::BATCHED_HOPS);
        self.tuning.grace.saturating_add(gathered)
    }

    /// The root of the tree that all updates share, if they share one.
    pub(crate) fn shared_root(&self) -> Option<&str> {
        self.root.as_deref().filter(|_| self.preset.feeds().is_some())
    }

    /// Whether all names in it may be [some](Self::check_name).
    pub(crate) fn has_names(&self) -> bool {
        let peers = self.peers.iter().map(|peer| &peer.name);
        peers.chain([&self.name, &self.cluster]).all(|name| Self::check_name(name).is_ok())
    }

    /// Whether `name` may name a server or a cluster.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn check_name(name: &str) -> Result<(), String> {
        if name.is_empty() || name.len() > limits::NAME_MAX {
            return Err(alloc::format!("a name has 1 to {} bytes", limits::NAME_MAX));
        }
        if name.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
            return Err("a name has no white space or control characters".into());
        }
        Ok(())
    }
}

/// A configured neighbour.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Peer {
    /// Its name, as in its own configuration.
    pub name: Box<str>,
    /// Who sends records to whom.
    pub direction: Direction,
    /// What it speaks.
    pub style: Style,
}

impl Peer {
    /// A two-way neighbour that greets.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), direction: Direction::Both, style: Style::Herd }
    }
}

/// Who sends records to whom (the directed lists of `seed-2016`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Direction {
    /// Each sends to the other; both dial, one connection stays.
    Both,
    /// It sends to us and dials us.
    In,
    /// We send to it and dial it.
    Out,
    /// It is no neighbour any more; its place in the list stays its own.
    Neither,
}

impl Direction {
    /// Whether we send records to it (and so dial it).
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::Both | Self::Out)
    }

    /// Whether we believe records from it.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::Both | Self::In)
    }
}

/// What a neighbour speaks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Style {
    /// The greeting, then frames.
    Herd,
    /// Plain `AT` lines, each on a connection of its own, and never a word back: a prototype.
    Classic,
}

form!(struct Config {
    hard_future, clients_max, preset, tuning, name, cluster, incarnation, peers, hash_seed, retention,
    ingress_future, overlay, root, ack_after, data_room,
});
form!(struct Tuning {
    window, rules, digest_every, digest_fanout, grace, pull_timeout, rebuild_min, slice, bulk, batch,
    budget_byte, ride,
});
form!(struct Peer { name, direction, style });
form!(enum Direction { 0 => Both, 1 => In, 2 => Out, 3 => Neither });
form!(enum Style { 0 => Herd, 1 => Classic });
