//! What a node has put out, as bytes: two that put out the same have the same, on every machine.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::low;
use crate::codec::{Degrees, ParseError};
use crate::form::{Form, form};
use crate::id::PeerId;
use crate::lookup::{LookupEnd, Query};
use crate::outbox::{Event, GreetingError, LinkEnd, Mark, Outbox, Output};

/// A digest of all that a node has put out. It goes on in steps, from mark to mark; what is taken of one
/// step at once or bit by bit comes to the same.
#[derive(Clone, Default)]
pub(super) struct Digest {
    value: u64,
    /// Of the outputs since the last mark.
    outputs: u64,
    /// Of their bytes, where a step is taken bit by bit.
    held: Option<Box<Xxh3>>,
    /// How many those are, counted round.
    length: u32,
    scratch: Vec<u8>,
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("value", &self.value).finish_non_exhaustive()
    }
}

impl Digest {
    /// Takes what has come into an outbox since a mark of it, as the end of a step: what is known of all
    /// that was put out up to there.
    pub(super) fn mark(&mut self, out: &Outbox, since: Mark) -> u32 {
        self.take(out, since);
        let (_, bytes, _) = out.since(since);
        let hash = self.held.take().map_or_else(
            || xxh3_64(bytes),
            |mut held| {
                held.update(bytes);
                held.digest()
            },
        );
        self.value = fold(fold(self.value, hash), self.outputs);
        self.skip();
        low(self.value)
    }

    /// Takes what is in an outbox, for a step that has not come to its end.
    pub(super) fn hold(&mut self, out: &Outbox) {
        let all = Mark::default();
        self.take(out, all);
        let (_, bytes, _) = out.since(all);
        self.held.get_or_insert_default().update(bytes);
        self.length = self.length.wrapping_add(u32::try_from(bytes.len()).unwrap_or(0));
    }

    /// Takes nothing of this step.
    pub(super) fn skip(&mut self) {
        (self.outputs, self.length, self.held) = (0, 0, None);
    }

    fn take(&mut self, out: &Outbox, since: Mark) {
        let (outputs, _, start) = out.since(since);
        // As if what is held and what has come lay in one outbox.
        let shift = self.length.wrapping_sub(start);
        for output in outputs {
            // What nearly every update comes to is told apart at once, in one step each.
            self.outputs = match *output {
                Output::Write { conn, bytes } => {
                    fold(self.outputs, both(pair(1, conn.0), bytes.moved(shift).bits()))
                }
                Output::Notify(conn) => fold(self.outputs, pair(2, conn.0)),
                Output::Event(Event::Learned { conn, peer, repair, line }) => {
                    let how = both(pair(3 + u32::from(repair), conn.0), number_of(peer));
                    fold(self.outputs, both(how, line.moved(shift).bits()))
                }
                Output::Event(Event::Accepted { conn, line }) => {
                    fold(self.outputs, both(pair(5, conn.0), line.moved(shift).bits()))
                }
                Output::Event(Event::Known { conn, peer, repair, older }) => {
                    let kind = 6 + u32::from(repair) + 2 * u32::from(older);
                    fold(self.outputs, both(pair(kind, conn.0), number_of(peer)))
                }
                Output::Dial { .. }
                | Output::Event(_)
                | Output::Hangup(_)
                | Output::Lookup { .. }
                | Output::Pause(_)
                | Output::Resume(_) => {
                    self.scratch.clear();
                    output.moved(shift).put(&mut self.scratch);
                    fold(self.outputs, xxh3_64(&self.scratch))
                }
            };
        }
    }
}

fn number_of(peer: Option<PeerId>) -> u64 {
    peer.map_or(u32::MAX, |peer| peer.0.into()).into()
}

/// Two numbers as one, which need not wait for the digest.
const fn both(one: u64, other: u64) -> u64 {
    one.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(32) ^ other
}

const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// Mixes a number in. (The step of FxHash, with the turn behind it that carries high bits down.)
const fn fold(digest: u64, number: u64) -> u64 {
    (digest ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

form!(enum Output {
    0 => Dial { peer, jitter },
    1 => Event(event),
    2 => Hangup(conn),
    3 => Lookup { request, query },
    4 => Notify(conn),
    5 => Pause(conn),
    6 => Resume(conn),
    7 => Write { conn, bytes },
});
form!(struct Query { lat, lon, radius_um, bound });
form!(struct Degrees(nano));
form!(enum Event {
    0 => Adopted { peer, origin },
    1 => Accepted { conn, line },
    2 => CaughtUp { peer },
    3 => Damaged { records },
    4 => Diverged { peer },
    5 => Dropped { peer, records },
    6 => Expired { conn, stamp },
    7 => Forgotten { records },
    8 => Full { conn },
    9 => GreetingRefused { conn, why },
    10 => Known { conn, peer, repair, older },
    11 => Lagging { peer },
    12 => Learned { conn, peer, repair, line },
    13 => LinkDown { peer, why },
    14 => LinkUp { peer, conn, incarnation },
    15 => LookupEnded { request, end },
    16 => Orphaned { origin },
    17 => Outdated { conn, line },
    18 => Poisoned { conn, stamp },
    19 => Pruned { peer, origin },
    20 => Refused { conn, why },
    21 => Renewed { incarnation },
    22 => Repaired { peer, records },
    23 => RepairSent { peer, records },
    24 => Unconfirmed { conn },
    25 => Confirmed { conn },
    26 => Deferred { conn },
});
form!(enum GreetingError {
    0 => Duplicate, 1 => OtherCluster, 2 => Stale, 3 => Stranger, 4 => Version,
});
form!(enum LinkEnd {
    0 => Closed, 1 => Garbled, 2 => Reconfigured, 3 => Unreachable, 4 => Replaced, 5 => Silent,
    6 => Greedy,
});
form!(enum LookupEnd { 0 => Answered, 1 => Failed(why), 2 => Gone, 3 => Late });
form!(enum ParseError {
    0 => Bound, 1 => ClientTooLong, 2 => Expired, 3 => Fields, 4 => Future, 5 => Greeting,
    6 => NotAPeer, 7 => NotKept, 8 => Place, 9 => Radius, 10 => Server, 11 => Skew, 12 => Stamp,
    13 => TooMany, 14 => TooLong, 15 => Unknown, 16 => UnknownClient, 17 => Watching,
    18 => Data, 19 => Full, 20 => Key, 21 => UnknownKey,
});
