//! Answers that wait until neighbours have what they say, where that is asked for: then no update
//! that was answered is lost with the server that took it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Conn, Node};
use crate::codec::ParseError;
use crate::form::form;
use crate::have::Have;
use crate::id::{ConnId, PeerId};
use crate::limits::{CONFIRMED_BY, UNCONFIRMED_MAX};
use crate::origin::OriginId;
use crate::outbox::{Event, Outbox, Output};
use crate::peers::PeerSet;
use crate::time::{Instant, Now};

/// An answer that waits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Unconfirmed {
    conn: ConnId,
    /// The own update that it is about: of which life, and which.
    origin: OriginId,
    seq: u64,
    line: Vec<u8>,
    /// Neighbours that have it.
    by: PeerSet,
    /// When it is given up.
    until: Instant,
}

impl Unconfirmed {
    /// The life whose update it is about.
    pub(super) const fn origin(&self) -> OriginId {
        self.origin
    }
}

/// All that wait.
pub(super) type Waiting = VecDeque<Unconfirmed>;

impl Node {
    /// Whether answers wait for neighbours.
    pub(super) fn confirms(&self) -> bool {
        self.config.ack_after > 0
    }

    /// Whether one more answer may wait, if it has to.
    pub(super) fn can_confirm(&self) -> Result<(), ParseError> {
        let waiting = self.spreading.more.as_ref().map_or(0, |more| more.unconfirmed.len());
        if waiting < UNCONFIRMED_MAX { Ok(()) } else { Err(ParseError::NotKept) }
    }

    /// The answer to a client waits until neighbours have this own update; nothing more is heard of
    /// the client meanwhile.
    pub(super) fn await_confirmation(
        &mut self,
        now: Now,
        conn: ConnId,
        seq: u64,
        line: &[u8],
        out: &mut Outbox,
    ) {
        let until = now.mono.plus(CONFIRMED_BY);
        let origin = self.own;
        let more = self.spreading.more();
        // Of an update that is told again, as much is known as of the first time.
        let known =
            more.unconfirmed.iter().find(|other| (other.origin, other.seq) == (origin, seq));
        let by = known.map_or_else(PeerSet::none, |other| other.by.clone());
        let line = line.into();
        more.unconfirmed.push_back(Unconfirmed { conn, origin, seq, line, by, until });
        self.spreading.by(until);
        out.event(Event::Deferred { conn });
        out.push(Output::Pause(conn));
    }

    /// Whether an answer about this own update waits.
    pub(super) fn awaits(&self, seq: u64) -> bool {
        let more = self.spreading.more.as_deref();
        more.is_some_and(|more| {
            more.unconfirmed.iter().any(|answer| (answer.origin, answer.seq) == (self.own, seq))
        })
    }

    /// Whether the answer to a client waits.
    pub(super) fn is_unconfirmed(&self, conn: ConnId) -> bool {
        let more = self.spreading.more.as_deref();
        more.is_some_and(|more| more.unconfirmed.iter().any(|answer| answer.conn == conn))
    }

    /// The own updates that a neighbour has are these, among others.
    pub(super) fn confirmed(&mut self, peer: PeerId, have: &Have, out: &mut Outbox) {
        let (own, wanted) = (self.own, self.config.ack_after);
        let Some(more) = self.spreading.more.as_deref_mut() else { return };
        let waiting = &mut more.unconfirmed;
        let is_had = |answer: &&mut Unconfirmed| answer.origin == own && have.contains(answer.seq);
        for answer in waiting.iter_mut().filter(is_had) {
            answer.by.insert(peer);
        }
        let mut index = 0;
        while let Some(answer) = waiting.get(index) {
            if answer.by.iter().count() < wanted {
                index += 1;
                continue;
            }
            let Some(Unconfirmed { conn, line, .. }) = waiting.remove(index) else { return };
            let bytes = out.put(|bytes| bytes.extend_from_slice(&line));
            out.write(conn, bytes);
            out.event(Event::Confirmed { conn });
            out.push(Output::Resume(conn));
        }
    }

    /// What was not confirmed in time is not answered: whoever said it has to say it again, to somebody
    /// who is not alone.
    pub(super) fn give_up_confirming(&mut self, now: Now, out: &mut Outbox) {
        let Some(more) = self.spreading.more.as_deref_mut() else { return };
        let mut over = Vec::new();
        more.unconfirmed.retain(|answer| {
            let due = answer.until <= now.mono;
            if due {
                over.push(answer.conn);
            }
            !due
        });
        let next = more.unconfirmed.iter().map(|answer| answer.until).min();
        if let Some(until) = next {
            self.spreading.by(until);
        }
        for conn in over {
            if matches!(self.conn(conn), Some(Conn::Client { .. })) {
                out.event(Event::Unconfirmed { conn });
                self.hang_up(conn, out);
            }
        }
    }

    /// A client has gone, and wants no answer.
    pub(super) fn confirm_nobody(&mut self, conn: ConnId) {
        if let Some(more) = self.spreading.more.as_deref_mut() {
            more.unconfirmed.retain(|answer| answer.conn != conn);
        }
    }
}

form!(struct Unconfirmed { conn, origin, seq, line, by, until });
