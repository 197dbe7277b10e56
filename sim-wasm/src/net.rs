//! Links and the connections over them: streams, as TCP gives them to a program. Per directed link
//! first in first out; nothing is lost but the tail when the link is cut.

use std::sync::Arc;

use crate::latency::Latency;
use crate::rng::{Purpose, below, draw};

/// One direction of a link.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) latency: Latency,
    /// What draws hang on: a number for each end.
    keys: (u64, u64),
    /// Messages sent so far.
    pub(crate) count: u64,
    /// When the last of them arrives.
    pub(crate) last: u64,
    /// Nothing passes, and everyone knows.
    pub(crate) cut: bool,
    /// Nothing passes, and nobody has noticed yet: what is sent waits.
    pub(crate) stalled: bool,
}

impl Way {
    pub(crate) const fn new(latency: Latency, from: u64, to: u64) -> Self {
        Self { latency, keys: (from, to), count: 0, last: 0, cut: false, stalled: false }
    }

    /// Sends the next message; when it arrives.
    pub(crate) fn send(&mut self, seed: u64, now: u64, jitter: u64) -> u64 {
        let n = self.count;
        self.count += 1;
        let luck = |n| draw(seed, Purpose::Latency, self.keys.0, self.keys.1, n);
        let takes = self.latency.sample(luck(2 * n));
        let extra = if jitter == 0 { 0 } else { below(luck(2 * n + 1), jitter + 1) };
        self.last = self.last.max(now.saturating_add(takes).saturating_add(extra));
        self.last
    }

    /// Whether a new connection could use it.
    pub(crate) const fn passes(&self) -> bool {
        !self.cut && !self.stalled
    }
}

/// A link between two servers: the way from `a` to `b`, and the way back.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) ways: [Way; 2],
    /// Which neighbour of `a` is `b`, and which of `b` is `a`.
    pub(crate) peers: [u16; 2],
    /// Counts the cuts that are noticed late, so that a notice finds its own.
    pub(crate) stalls: u32,
    /// Whether the two speak plain `AT` lines.
    pub(crate) classic: bool,
}

/// Who has an end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Server(u32),
    /// The client, and which of its paths.
    Client(u32, u32),
}

/// One end of a connection. Side 0 opened it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) who: Who,
    /// The number the server knows it by.
    pub(crate) conn: Option<u32>,
    /// Whether somebody is still there.
    pub(crate) open: bool,
    /// Bytes on their way to this end, read or not.
    pub(crate) coming: u64,
}

/// A connection, while anything refers to it.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) ends: [End; 2],
    /// The link it goes over, if between servers, and whether side 0 is the link's `b`.
    pub(crate) link: Option<(u32, bool)>,
    /// The neighbour that side 0 dials.
    pub(crate) peer: u16,
    /// Whether it was lost all at once: nothing more arrives.
    pub(crate) dead: bool,
    /// Events in the queue that name it.
    pub(crate) pending: u32,
    /// What waits for a stalled way, in order, and the side it goes to.
    pub(crate) held: Vec<(u8, Parcel)>,
}

/// What travels over a connection.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    Bytes(Arc<[u8]>),
    /// All that this end wrote before has left.
    Drained,
    Fin,
    /// The reader goes on where it paused.
    Go,
    Refused,
    Syn,
    SynAck,
}

impl Parcel {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Drained | Self::Fin | Self::Go | Self::Refused | Self::Syn | Self::SynAck => 0,
        }
    }

    pub(crate) const fn number(&self) -> u64 {
        match self {
            Self::Bytes(..) => 1,
            Self::Drained => 2,
            Self::Fin => 3,
            Self::Refused => 4,
            Self::Syn => 5,
            Self::SynAck => 6,
            Self::Go => 7,
        }
    }
}

/// The connections, numbered; numbers are used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Channels {
    slots: Vec<Channel>,
    free: Vec<u32>,
}

impl Channels {
    /// A new connection, of which only side 0 is there yet.
    pub(crate) fn open(&mut self, from: Who, to: Who, link: Option<(u32, bool)>, peer: u16) -> u32 {
        let end = |who, open| End { who, conn: None, open, coming: 0 };
        let channel = Channel {
            ends: [end(from, true), end(to, false)],
            link,
            peer,
            dead: false,
            pending: 0,
            held: Vec::new(),
        };
        match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = channel;
                number
            }
            None => {
                self.slots.push(channel);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    /// Gives the number back if nothing refers to the connection any more.
    pub(crate) fn release(&mut self, number: u32) {
        let channel = &self.slots[number as usize];
        let unused = channel.pending == 0 && channel.held.is_empty();
        if unused && !channel.ends[0].open && !channel.ends[1].open && !self.is_free(number) {
            self.slots[number as usize].dead = true;
            self.slots[number as usize].peer = FREE;
            self.free.push(number);
        }
    }

    fn is_free(&self, number: u32) -> bool {
        self.slots[number as usize].peer == FREE
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// Those with an end or an event.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.slots.iter().filter(|channel| channel.peer != FREE)
    }
}

/// Marks a number that is not used; a server has fewer neighbours.
const FREE: u16 = u16::MAX;

impl std::ops::Index<u32> for Channels {
    type Output = Channel;

    fn index(&self, number: u32) -> &Channel {
        &self.slots[number as usize]
    }
}

impl std::ops::IndexMut<u32> for Channels {
    fn index_mut(&mut self, number: u32) -> &mut Channel {
        &mut self.slots[number as usize]
    }
}
