//! What a node wants done and tells, as plain data in a buffer the driver owns.

mod mark;

use alloc::vec::Vec;

use crate::codec::{At, DATA, KEPT, ParseError};
use crate::form::form;
use crate::id::{ConnId, PeerId, RequestId};
use crate::lookup::{LookupEnd, Query};
use crate::origin::OriginId;
use crate::time::Wall;

pub use mark::Mark;

/// Bytes in an [`Outbox`]. Good until that outbox is cleared.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// How many bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Where it lies.
    pub(crate) const fn range(self) -> core::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Where it lies, in one number.
    pub(crate) const fn bits(self) -> u64 {
        (self.start as u64) << 32 | self.end as u64
    }

    /// Its last `length` bytes.
    pub(crate) fn tail(self, length: usize) -> Self {
        let length = u32::try_from(length).unwrap_or(0).min(self.end - self.start);
        Self { start: self.end - length, end: self.end }
    }

    /// Without its last byte (a line without its LF).
    pub(crate) const fn chopped(self) -> Self {
        Self { start: self.start, end: self.end - 1 }
    }
}

/// One thing to do. Every variant is the driver's duty but [`Event`], which asks for nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Output {
    /// Open a connection to a neighbour, after a wait of the driver's choice (random natively)
    /// below `jitter` nanoseconds. Ends in one `Input::Opened` or `Input::DialFailed`.
    Dial {
        /// Whom.
        peer: PeerId,
        /// Upper bound of the wait, ns; 0 is at once.
        jitter: u64,
    },
    /// Nothing to do; for logs, pictures and tests.
    Event(Event),
    /// Close the connection once what was written before has left. The node has forgotten it:
    /// nothing more of it is handed in.
    Hangup(ConnId),
    /// Ask the Places service. Ends in one `Input::Places`, however late.
    Lookup {
        /// To be given back with the answer.
        request: RequestId,
        /// What to ask.
        query: Query,
    },
    /// Say `Input::Writable` once everything written to the connection so far has left.
    Notify(ConnId),
    /// Hand in nothing more of this connection for now; leave the bytes unread, so that TCP slows
    /// the sender. An answer is outstanding, and answers come in order.
    Pause(ConnId),
    /// The answer is written: go on where [`Output::Pause`] stopped.
    Resume(ConnId),
    /// Write to a connection. One span may be written to many. A connection that takes no more is
    /// closed (`Input::Closed`), never waited for: repair does the rest.
    Write {
        /// Where to.
        conn: ConnId,
        /// What.
        bytes: Span,
    },
}

/// Something happened that a person may want to see. Spans lie in the same outbox.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Event {
    /// A neighbour feeds us the updates of an origin from now on.
    Adopted {
        /// Who.
        peer: PeerId,
        /// Whose updates.
        origin: OriginId,
    },
    /// A client's update was taken.
    Accepted {
        /// The client's connection.
        conn: ConnId,
        /// The record: an `AT` line without LF, or data, see [`At`].
        line: Span,
    },
    /// All that was on its way to a neighbour that lagged has left; it pulls what it missed.
    CaughtUp {
        /// Who.
        peer: PeerId,
    },
    /// Enough neighbours have a client's update: the answer that was deferred is given.
    Confirmed {
        /// The client's connection.
        conn: ConnId,
    },
    /// Records were not any more what was kept: they are not held from now on, and neighbours that
    /// have them give them again.
    Damaged {
        /// How many.
        records: u32,
    },
    /// The answer to a client's line waits until enough neighbours have its update. What became of the
    /// line is told after this.
    Deferred {
        /// The client's connection.
        conn: ConnId,
    },
    /// A neighbour that has the same updates holds something different: what both hold is compared.
    Diverged {
        /// Who.
        peer: PeerId,
    },
    /// The neighbour that waits for more than it is sent (`Style::Classic`) missed records.
    Dropped {
        /// Who.
        peer: PeerId,
        /// How many records will not be sent.
        records: u32,
    },
    /// A neighbour's update is older than what is kept: it goes on, but is not kept here.
    Expired {
        /// Where it came from.
        conn: ConnId,
        /// Its stamp.
        stamp: Wall,
    },
    /// Records became too old to be kept.
    Forgotten {
        /// How many.
        records: u32,
    },
    /// An update was not taken: there is no room for whoever counted it.
    Full {
        /// Where the record came from.
        conn: ConnId,
    },
    /// A greeting was not accepted; the connection is being closed.
    GreetingRefused {
        /// Where it was said.
        conn: ConnId,
        /// Why.
        why: GreetingError,
    },
    /// A neighbour's record was not news and goes no further.
    Known {
        /// Where it came from.
        conn: ConnId,
        /// From whom, where that is known.
        peer: Option<PeerId>,
        /// Whether it was sent as repair.
        repair: bool,
        /// Whether it was not heard before, but a newer one was.
        older: bool,
    },
    /// Too much is on its way to a neighbour: it is pushed nothing until that has left.
    Lagging {
        /// Who.
        peer: PeerId,
    },
    /// A neighbour's record was news, and is flooded on.
    Learned {
        /// Where it came from.
        conn: ConnId,
        /// From whom, where that is known.
        peer: Option<PeerId>,
        /// Whether it was sent as repair.
        repair: bool,
        /// The record, as in [`Accepted`](Self::Accepted).
        line: Span,
    },
    /// A neighbour cannot be spoken to any more.
    LinkDown {
        /// Who.
        peer: PeerId,
        /// Why.
        why: LinkEnd,
    },
    /// A neighbour can be spoken to.
    LinkUp {
        /// Who.
        peer: PeerId,
        /// The connection that is kept.
        conn: ConnId,
        /// Its incarnation.
        incarnation: u64,
    },
    /// A Places request ended.
    LookupEnded {
        /// Which.
        request: RequestId,
        /// How.
        end: LookupEnd,
    },
    /// Nobody feeds us the updates of an origin any more: they are flooded until it builds its
    /// tree anew.
    Orphaned {
        /// Whose updates.
        origin: OriginId,
    },
    /// A client's update was not newer than what the server holds; it was told that.
    Outdated {
        /// The client's connection.
        conn: ConnId,
        /// The stored record, as in [`Accepted`](Self::Accepted).
        line: Span,
    },
    /// A neighbour's record lies too far in the future and was dropped.
    Poisoned {
        /// Where it came from.
        conn: ConnId,
        /// Its stamp.
        stamp: Wall,
    },
    /// A neighbour need not send us the updates of an origin: somebody else does.
    Pruned {
        /// Who.
        peer: PeerId,
        /// Whose updates.
        origin: OriginId,
    },
    /// A line was answered with `?`.
    Refused {
        /// The connection.
        conn: ConnId,
        /// Why.
        why: ParseError,
    },
    /// A neighbour knows a later life of this server, whatever our clock says: from now on it is a
    /// later one.
    Renewed {
        /// The incarnation that follows.
        incarnation: u64,
    },
    /// A neighbour has given what was missing.
    Repaired {
        /// Who.
        peer: PeerId,
        /// How many records it gave.
        records: u64,
    },
    /// What a neighbour lacked has been handed to the connection.
    RepairSent {
        /// To whom.
        peer: PeerId,
        /// How many records.
        records: u64,
    },
    /// Too few neighbours had a client's update in time: it is not answered, and hung up on.
    Unconfirmed {
        /// The client's connection.
        conn: ConnId,
    },
}

/// Why a greeting was not accepted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum GreetingError {
    /// The neighbour is linked already, by the connection that is to stay.
    Duplicate,
    /// Another herd's name.
    OtherCluster,
    /// A later life of the neighbour is known, or of ourselves.
    Stale,
    /// Not a neighbour of ours, or not the one that was dialed, or ourselves.
    Stranger,
    /// Another version of the protocol.
    Version,
}

/// Why a link ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LinkEnd {
    /// The connection was lost.
    Closed,
    /// It said what is no frame.
    Garbled,
    /// It asked for far more than its budget.
    Greedy,
    /// Its configuration changed, or it is no neighbour any more.
    Reconfigured,
    /// It could not be reached.
    Unreachable,
    /// A newer connection of the same neighbour takes its place.
    Replaced,
    /// It did not greet in time.
    Silent,
}

/// Where a node writes what it wants done. Owned, emptied and reused by the driver.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Outbox {
    outputs: Vec<Output>,
    bytes: Vec<u8>,
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { outputs: Vec::new(), bytes: Vec::new() }
    }

    /// What is to be done, in order.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The bytes of a span of this outbox.
    ///
    /// # Panics
    /// If the span is of another outbox, or the outbox has been cleared since.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// Empties it; the memory stays.
    pub fn clear(&mut self) {
        self.outputs.clear();
        self.bytes.clear();
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Takes out what `keep` does not want, from an output on; it sees the outbox's bytes.
    pub(crate) fn retain_from(
        &mut self,
        start: usize,
        mut keep: impl FnMut(&Output, &[u8]) -> bool,
    ) {
        let Self { outputs, bytes } = self;
        let mut index = 0;
        outputs.retain(|output| {
            index += 1;
            index <= start || keep(output, bytes)
        });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }

    pub(crate) fn write(&mut self, conn: ConnId, bytes: Span) {
        self.outputs.push(Output::Write { conn, bytes });
    }

    /// Appends what `fill` writes; the span of it.
    pub(crate) fn put(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.offset();
        fill(&mut self.bytes);
        Span { start, end: self.offset() }
    }

    /// Appends what these spans hold once more, one after the other; the span of that.
    pub(crate) fn join(&mut self, spans: &[Span]) -> Span {
        let start = self.offset();
        for span in spans {
            self.bytes.extend_from_within(span.range());
        }
        Span { start, end: self.offset() }
    }

    /// Appends the line that tells of the record that a span holds; the span of that.
    pub(crate) fn put_told(&mut self, record: Span) -> Span {
        let start = self.offset();
        let all = self.bytes(record);
        let mut told = record.range();
        if all.starts_with(DATA) {
            told = record.range().start + DATA.len()..told.start + At::head_of(all).len();
            self.bytes.extend_from_slice(KEPT);
        }
        self.bytes.extend_from_within(told);
        self.bytes.push(b'\n');
        Span { start, end: self.offset() }
    }

    fn offset(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a batch writes less than 4 GiB")
    }
}

form!(struct Span { start, end });
