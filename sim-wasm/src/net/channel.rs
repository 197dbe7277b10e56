//! Connections: both ends of each, and what waits on it.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use herd_core::Framer;

use super::{Fate, Parcel};
use crate::client::Client;

/// Who has an end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Server(u32),
    Client(u32),
}

/// What a connection goes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    /// A link between servers.
    Link {
        /// Which.
        link: u32,
        /// Whether side 0 is the link's `b`.
        reversed: bool,
    },
    /// One of the paths of the client at side 0.
    Path(u32),
}

/// One end of a connection. Side 0 opened it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) who: Who,
    /// Bytes on their way to this end, read or not.
    coming: u32,
    /// The number the server knows it by, if it is not [`NOBODY`].
    conn: u32,
    /// Whether somebody is still there.
    pub(crate) open: bool,
    /// Whether an answer is outstanding: what comes stays unread.
    pub(crate) paused: bool,
    /// Whether something lies unread.
    pub(crate) behind: bool,
    /// Whether frames come, and the last one was heard to its end: no framer is kept for it.
    framed: bool,
}

/// A server that does not know of the connection yet.
const NOBODY: u32 = u32::MAX;

/// A connection, while anything refers to it: one cache line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Channel {
    pub(crate) ends: [End; 2],
    pub(crate) over: Over,
    /// Events in the queue that name it.
    pub(crate) pending: u32,
    /// The neighbour that side 0 dials.
    pub(crate) peer: u16,
    /// Whether it was lost all at once: nothing more arrives.
    pub(crate) dead: bool,
    /// What waits on it: seldom anything.
    waiting: Option<Box<Waiting>>,
}

const _: () = assert!(size_of::<Channel>() == 64, "one cache line");

/// What waits on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// What waits for a stalled way, in order, and the side it goes to.
    pub(crate) held: Vec<(u8, Parcel)>,
    /// How many of them, the first, had come to the end of their way.
    pub(crate) arrived: usize,
    /// What came to either end while an answer was outstanding there.
    pub(crate) unread: [VecDeque<Parcel>; 2],
    /// What has been read of a message at either end.
    framers: [Framer; 2],
}

impl Waiting {
    fn is_idle(&self) -> bool {
        let read = self.framers.iter().all(|framer| *framer == Framer::new());
        read && self.held.is_empty() && self.unread.iter().all(VecDeque::is_empty)
    }
}

impl End {
    const fn new(who: Who, open: bool) -> Self {
        Self { who, coming: 0, conn: NOBODY, open, paused: false, behind: false, framed: false }
    }

    /// Bytes on their way to this end, read or not.
    pub(crate) fn coming(&self) -> u64 {
        u64::from(self.coming)
    }

    /// More is on its way to this end.
    ///
    /// # Panics
    /// If that is more than 4 GiB: a run of that size is a bug.
    pub(crate) fn comes(&mut self, size: u64) {
        let coming = self.coming() + size;
        self.coming = u32::try_from(coming).expect("a connection has a limit");
    }

    /// Some of that was read, or lost.
    pub(crate) fn came(&mut self, size: u64) {
        let coming = self.coming() - size;
        self.coming = u32::try_from(coming).expect("it was less before");
    }

    /// The number the server knows it by.
    pub(crate) fn conn(&self) -> Option<u32> {
        (self.conn != NOBODY).then_some(self.conn)
    }

    pub(crate) const fn set_conn(&mut self, conn: u32) {
        self.conn = conn;
    }
}

impl Channel {
    /// The link it goes over, if between servers, and whether side 0 is the link's `b`.
    pub(crate) const fn link(&self) -> Option<(u32, bool)> {
        match self.over {
            Over::Link { link, reversed } => Some((link, reversed)),
            Over::Path(_) => None,
        }
    }

    /// What the draws about what a side sends hang on: the two servers, or the client and the server.
    pub(crate) fn fate(&self, seed: u64, from: u8, clients: &[Client]) -> Fate {
        let key = |end: End| match end.who {
            Who::Server(server) => u64::from(server),
            Who::Client(client) => clients[client as usize].key,
        };
        let [sender, reader] = if from == 0 { [0, 1] } else { [1, 0] };
        Fate { seed, from: key(self.ends[sender]), to: key(self.ends[reader]) }
    }

    /// The path of the client at side 0.
    pub(crate) fn path(&self) -> u32 {
        match self.over {
            Over::Path(path) => path,
            Over::Link { .. } => unreachable!("a client goes over no link"),
        }
    }

    /// What waits for a stalled way, in order, and the side it goes to.
    pub(crate) fn held(&self) -> &[(u8, Parcel)] {
        self.waiting.as_ref().map_or(&[], |waiting| &waiting.held)
    }

    /// Takes all that is [held](Self::held); the first so many of it had come to the end of their
    /// way.
    pub(crate) fn take_held(&mut self) -> (Vec<(u8, Parcel)>, usize) {
        let Some(waiting) = &mut self.waiting else { return (Vec::new(), 0) };
        (std::mem::take(&mut waiting.held), std::mem::take(&mut waiting.arrived))
    }

    /// What waits, to be changed.
    pub(crate) fn waiting(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_default()
    }

    /// What lies unread at a side.
    pub(crate) fn unread(&self, side: u8) -> impl Iterator<Item = &Parcel> {
        self.waiting.iter().flat_map(move |waiting| &waiting.unread[usize::from(side)])
    }

    /// Takes the next thing that lies unread at a side, unless an answer is outstanding there.
    pub(crate) fn next_unread(&mut self, side: u8) -> Option<Parcel> {
        let end = &mut self.ends[usize::from(side)];
        if end.paused || !end.behind {
            return None;
        }
        let unread = &mut self.waiting.as_mut()?.unread[usize::from(side)];
        let parcel = unread.pop_front();
        end.behind = !unread.is_empty();
        parcel
    }

    /// The framer of what comes to a side; to be [put back](Self::keep_framer).
    pub(crate) fn take_framer(&mut self, side: u8) -> Framer {
        let side = usize::from(side);
        match &mut self.waiting {
            _ if self.ends[side].framed => Framer::between_frames(),
            Some(waiting) => std::mem::take(&mut waiting.framers[side]),
            None => Framer::new(),
        }
    }

    /// Puts a framer back. Of most there is nothing to be kept.
    pub(crate) fn keep_framer(&mut self, side: u8, framer: Framer) {
        let side = usize::from(side);
        self.ends[side].framed = framer.is_between_frames();
        if self.ends[side].framed {
            self.waiting = self.waiting.take().filter(|waiting| !waiting.is_idle());
        } else if framer != Framer::new() {
            self.waiting().framers[side] = framer;
        }
    }

    /// A server has no more to do with its end.
    pub(crate) fn leave(&mut self, side: u8) {
        let side = usize::from(side);
        let end = &mut self.ends[side];
        *end = End { coming: end.coming, ..End::new(end.who, false) };
        if let Some(waiting) = &mut self.waiting {
            waiting.framers[side] = Framer::new();
            waiting.unread[side].clear();
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
    pub(crate) fn open(&mut self, from: Who, to: Who, over: Over, peer: u16) -> u32 {
        let channel = Channel {
            ends: [End::new(from, true), End::new(to, false)],
            over,
            pending: 0,
            peer,
            dead: false,
            waiting: None,
        };
        match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = channel;
                number
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    self.slots.reserve_exact(AT_ONCE + self.slots.len() / 8);
                }
                self.slots.push(channel);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    /// Gives the number back if nothing refers to the connection any more.
    pub(crate) fn release(&mut self, number: u32) {
        let channel = &self.slots[number as usize];
        let unused = channel.pending == 0 && channel.held().is_empty();
        if unused && !channel.ends[0].open && !channel.ends[1].open && !self.is_free(number) {
            self.slots[number as usize].dead = true;
            self.slots[number as usize].waiting = None;
            self.slots[number as usize].peer = FREE;
            self.free.push(number);
        }
    }

    /// How many numbers there are.
    pub(crate) const fn len(&self) -> usize {
        self.slots.len()
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

/// Connections that there is room for at least.
const AT_ONCE: usize = 16;
/// Marks a number that is not used; a server has fewer neighbours.
const FREE: u16 = u16::MAX;

impl Index<u32> for Channels {
    type Output = Channel;

    fn index(&self, number: u32) -> &Channel {
        &self.slots[number as usize]
    }
}

impl IndexMut<u32> for Channels {
    fn index_mut(&mut self, number: u32) -> &mut Channel {
        &mut self.slots[number as usize]
    }
}
