//! What can be seen at one instant, as flat arrays: what a picture is painted from.
//!
//! Every array is a `Vec` of plain `Copy` structs; names stand apart, in [`Frame::stage`] and
//! [`Frame::client_names`]. An *endpoint* is a number: a server's index, or the number of servers
//! plus a client's index.

use std::sync::Arc;

use crate::check::Lamp;
use crate::topology::Edge;

/// What does not change in a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// The servers' names.
    pub names: Vec<Box<str>>,
    /// Where to draw them, from (0, 0) to (1, 1).
    pub positions: Vec<(f32, f32)>,
    /// The links.
    pub edges: Vec<Edge>,
}

/// All that can be seen at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The instant, ns from the beginning.
    pub time: u64,
    /// Events so far.
    pub events: u64,
    /// Digest of the run so far.
    pub digest: u64,
    /// What does not change.
    pub stage: Arc<Stage>,
    /// The servers.
    pub servers: Vec<ServerView>,
    /// The links, as in [`Stage::edges`].
    pub links: Vec<LinkView>,
    /// Messages on their way.
    pub messages: Vec<MessageView>,
    /// Messages that were lost less than [`DEATH_SHOWN`] ago.
    pub deaths: Vec<DeathView>,
    /// The clients (terminals) that have spoken.
    pub clients: Vec<ClientView>,
    /// Their names.
    pub client_names: Vec<Arc<str>>,
    /// The client ids that servers have records of, as [`MessageView::subject`] counts them.
    pub subjects: Vec<Arc<[u8]>>,
    /// What each server knows of each subject that is watched: server × watched.
    pub knowledge: Vec<Knowledge>,
    /// The checks.
    pub lamps: Vec<Lamp>,
}

/// How long a lost message is shown where it was lost, ns.
pub const DEATH_SHOWN: u64 = 600_000_000;

/// What a server does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(all(target_arch = "wasm32", feature = "door"), wasm_bindgen::prelude::wasm_bindgen)]
#[repr(u8)]
pub enum ServerState {
    /// It runs.
    #[default]
    Up,
    /// It does not.
    Down,
    /// It does nothing for a while.
    Paused,
}

/// One server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServerView {
    /// Where to draw it, 0 to 1.
    pub x: f32,
    /// Where to draw it, 0 to 1.
    pub y: f32,
    /// What it does.
    pub state: ServerState,
    /// Whether it has not joined yet, or has left.
    pub away: bool,
    /// Whether it was started without its store, and has heard of nothing since.
    pub blank: bool,
    /// Since when, ns.
    pub since: u64,
    /// How often it was started before.
    pub life: u32,
    /// How far its wall clock is ahead, ns.
    pub clock_offset: i64,
    /// Clients in its store; 0 if it is down.
    pub store: u32,
    /// Places requests in flight.
    pub lookups: u32,
    /// What waits until it is resumed.
    pub waiting: u32,
}

/// What a link is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(all(target_arch = "wasm32", feature = "door"), wasm_bindgen::prelude::wasm_bindgen)]
#[repr(u8)]
pub enum LinkState {
    /// Both ends can speak to each other (a classic link: both are up).
    Live,
    /// It is not up at both ends, but nothing is in its way.
    #[default]
    Opening,
    /// One of the ends is down.
    Down,
    /// It is cut, at least one way.
    Cut,
    /// Its ends are no neighbours: not yet, or not any more.
    Away,
}

/// One link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkView {
    /// One end, a server's index.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Whether records flow from `a` to `b` only.
    pub one_way: bool,
    /// What it is.
    pub state: LinkState,
    /// Whether nothing passes from `a` to `b`.
    pub cut_ab: bool,
    /// Whether nothing passes from `b` to `a`.
    pub cut_ba: bool,
    /// Whether the ends have not noticed the cut yet.
    pub half_open: bool,
    /// Whether messages are lost, doubled, overtaken or damaged there, at least one way.
    pub lossy: bool,
    /// Mean latency from `a` to `b`, ns.
    pub latency_ab: u64,
    /// Mean latency from `b` to `a`, ns.
    pub latency_ba: u64,
    /// Messages sent from `a` to `b` so far.
    pub sent_ab: u64,
    /// Messages sent from `b` to `a` so far.
    pub sent_ba: u64,
}

/// What a message is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(all(target_arch = "wasm32", feature = "door"), wasm_bindgen::prelude::wasm_bindgen)]
#[repr(u8)]
pub enum MessageKind {
    /// A live update between servers.
    Update,
    /// What a neighbour that came back may have missed.
    Repair,
    /// Greetings, connecting, closing.
    #[default]
    Control,
    /// An `AT` line from or to a classic neighbour.
    Classic,
    /// A client's line to a server.
    Line,
    /// A server's answer to a client.
    Answer,
    /// What the sender has.
    Digest,
    /// What the sender has, and a request for what it lacks.
    Pull,
    /// A request to be fed.
    Graft,
    /// A request not to be fed.
    Prune,
    /// A request that an origin rebuild its tree.
    Want,
}

impl MessageKind {
    /// Whether it is a live update, to whomever.
    #[must_use]
    pub const fn is_update(self) -> bool {
        matches!(self, Self::Update | Self::Classic)
    }

    /// Whether servers only arrange something with it: it carries no record.
    #[must_use]
    pub const fn is_control(self) -> bool {
        match self {
            Self::Control | Self::Digest | Self::Pull | Self::Graft | Self::Prune | Self::Want => {
                true
            }
            Self::Update | Self::Repair | Self::Classic | Self::Line | Self::Answer => false,
        }
    }
}

/// How one way of a link serves the tree of one origin.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Feed {
    /// Nothing is arranged: whoever has news sends it.
    #[default]
    Open,
    /// It feeds the other end.
    Parent,
    /// It is a further feed of the other end.
    Second,
    /// The other end has asked not to be fed.
    Pruned,
}

/// One message on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MessageView {
    /// Names it while it is on its way.
    pub id: u64,
    /// The endpoint it left.
    pub from: u32,
    /// The endpoint it goes to.
    pub to: u32,
    /// What it is.
    pub kind: MessageKind,
    /// How far it is, 0 to 1.
    pub fraction: f32,
    /// When it left, ns.
    pub sent: u64,
    /// When it arrives, ns; `u64::MAX` while it is held up.
    pub arrives: u64,
    /// The client it is about, an index of [`Frame::subjects`], or [`NOBODY`].
    pub subject: u32,
    /// The stamp it carries (ns since the epoch), if it has a subject.
    pub stamp: i64,
}

/// A message about no client.
pub const NOBODY: u32 = u32::MAX;

/// A message whose flight has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flight {
    /// Counts the flights of a run as they end, from 0.
    pub number: u64,
    /// The endpoint it left.
    pub from: u32,
    /// The endpoint it went to.
    pub to: u32,
    /// What it was.
    pub kind: MessageKind,
    /// When it left, ns.
    pub sent: u64,
    /// When it arrived, or was lost, ns.
    pub end: u64,
    /// How far it had come when it was lost, 0 to 1; none if it arrived.
    pub lost: Option<f32>,
    /// What it carried.
    pub load: Load,
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// The client it is about, an index of [`Frame::subjects`], or [`NOBODY`].
    pub subject: u32,
    /// Its size; 0 where nobody can tell any more.
    pub bytes: u32,
}

impl Default for Load {
    fn default() -> Self {
        Self { subject: NOBODY, bytes: 0 }
    }
}

/// A message that was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DeathView {
    /// The endpoint it left.
    pub from: u32,
    /// The endpoint it went to.
    pub to: u32,
    /// What it was.
    pub kind: MessageKind,
    /// How far it had come, 0 to 1.
    pub fraction: f32,
    /// When it was lost, ns.
    pub at: u64,
}

/// One client.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClientView {
    /// Whether it has said where it is.
    pub placed: bool,
    /// Its latitude, nano-degrees.
    pub lat: i64,
    /// Its longitude, nano-degrees.
    pub lon: i64,
    /// The server it last spoke to.
    pub server: u32,
    /// Lines that wait for an answer.
    pub waiting: u32,
}

/// What a server knows of a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Knowledge {
    /// Which version it holds: 1 for the oldest that was ever accepted; 0 for none.
    pub version: u32,
    /// Whether no newer one was accepted anywhere.
    pub newest: bool,
    /// Its stamp, ns since the epoch.
    pub stamp: i64,
}
