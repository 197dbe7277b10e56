//! Hearing a connection: what it says goes to the node unit by unit, past what stands before it.

use std::hint::black_box;
use std::ops::ControlFlow;

use herd_core::codec::{Listener, Units};
use herd_core::limits::LINE_MAX;
use herd_core::node::TOGETHER;
use herd_core::{ConnId, Input, Node, Now, Outbox, Output, PeerId, Unit};

use super::Server;
use super::conn::{CLIENT_WAITING, End, Stage};
use super::gate::{Gate, Judgement, Refusal, WELCOME};
use super::journal::Journal;
use crate::tape::Tape;

/// Bytes in which there is so little that looking ahead gains nothing.
const FEW: usize = 256;

impl Server {
    /// Hands in what the first `size` bytes of the buffer add to what a connection said before.
    pub(super) fn hear(&mut self, id: ConnId, size: usize) {
        self.now = self.clock.now();
        let Some(conn) = self.conns.find(id) else { return };
        if conn.paused || conn.stage != Stage::Open {
            return;
        }
        if size == 0 && conn.link.is_none() && conn.waiting() > CLIENT_WAITING {
            // It has to take its answers first, also to what was read long ago.
            conn.held_back = true;
            return self.touch(id);
        }
        let (end, link, guest) = (conn.end, conn.link, conn.guest);
        let mut framer = std::mem::take(&mut conn.framer);
        let mut gate = conn.gate.take();
        // Neighbours say what they have to.
        let guest = guest.filter(|_| link.is_none());
        let allowed = guest.map_or(u64::MAX, |guest| self.guests.allowance(guest, self.now.mono));
        let since = self.out.mark();
        let mut ear = Ear {
            now: self.now,
            id,
            link,
            singly: gate.is_some() || !framer.has_begun() || end == End::Theirs,
            gate: &mut gate,
            allowed,
            ahead: framer.ahead(if size < FEW { &[] } else { &self.buffer[..size] }),
            touched: 0,
            said: 0,
            told: 0,
            bytes: 0,
            refusal: None,
            welcome: false,
            node: &mut self.node,
            out: &mut self.out,
            journal: &mut self.journal,
            tape: self.tape.as_mut(),
        };
        if end == End::Theirs {
            framer.finish(|unit| ear.unit(unit));
        } else {
            framer.feed_to(&self.buffer[..size], &mut ear);
        }
        let Ear { said, refusal, welcome, .. } = ear;
        if let Some(tape) = &mut self.tape {
            tape.outputs(&self.out, since);
        }
        let rest = framer.holds();
        if let Some(guest) = guest {
            self.guests.charge(guest, self.now.mono, said);
        }
        if let Some(conn) = self.conns.find(id) {
            (conn.framer, conn.gate) = (framer, gate);
            conn.active = self.now.mono;
            conn.half_since = match conn.half_since {
                _ if rest == 0 => None,
                Some(since) if said == 0 => Some(since),
                Some(_) | None => Some(self.now.mono),
            };
            if welcome {
                // Nothing of it was answered before.
                conn.write(WELCOME);
                self.touch(id);
            }
        }
        self.act();
        if let Some(why) = refusal {
            return self.refuse(id, why);
        }
        self.heard(id, size, rest);
    }

    /// After what a connection said was handed in, and done what it came to.
    fn heard(&mut self, id: ConnId, size: usize, rest: usize) {
        let Some(conn) = self.conns.find(id) else { return };
        if conn.paused || conn.stage != Stage::Open {
            return;
        }
        let end = conn.end;
        if end == End::Ours || end == End::Theirs && rest == 0 {
            // All it asked is answered, and no more is wanted of it, or will come.
            conn.stage = Stage::Leaving;
            self.touch(id);
            self.handle(Input::Closed(id));
        } else if size == 0 {
            // It goes on after a pause: the socket was not looked at meanwhile.
            conn.ear.ring();
        }
    }

    /// Says why nothing more of a connection is heard, and closes it once that has left.
    pub(super) fn refuse(&mut self, id: ConnId, why: Refusal) {
        let Some(conn) = self.conns.find(id) else { return };
        conn.write(why.answer().as_bytes());
        let before = std::mem::replace(&mut conn.stage, Stage::Leaving);
        self.journal.refused(self.now, &format!("#{} {}", id.0, why.why()));
        self.touch(id);
        if before == Stage::Open {
            self.handle(Input::Closed(id));
        }
    }
}

/// What stands between the framer of a connection and the node.
struct Ear<'a> {
    now: Now,
    id: ConnId,
    link: Option<PeerId>,
    /// Whether the tape is told unit by unit, and not of all at once: of some it is not told.
    singly: bool,
    gate: &'a mut Option<Box<Gate>>,
    /// Lines that may be said.
    allowed: u64,
    /// Units that will come, and how many of the next were looked at.
    ahead: Units<'a>,
    touched: usize,
    /// Lines that were said.
    said: u64,
    /// Units that the node was told, and their bytes.
    told: u64,
    bytes: usize,
    /// Why nothing more is heard.
    refusal: Option<Refusal>,
    /// Whether a token was taken.
    welcome: bool,
    node: &'a mut Node,
    out: &'a mut Outbox,
    journal: &'a mut Journal,
    tape: Option<&'a mut Tape>,
}

impl Listener for Ear<'_> {
    fn unit(&mut self, unit: Unit<'_>) -> ControlFlow<()> {
        if self.touched == 0 {
            self.touched = TOGETHER;
            black_box(self.node.touch_clients(&mut self.ahead));
        }
        self.touched -= 1;
        if self.said >= self.allowed {
            self.refusal = Some(Refusal::TooMany);
            return ControlFlow::Break(());
        }
        self.said += lines_in(unit);
        if let Some(standing) = self.gate {
            match standing.judge(unit) {
                Judgement::Heard => {}
                Judgement::Through => *self.gate = None,
                Judgement::Token => {
                    self.welcome = true;
                    return ControlFlow::Continue(());
                }
                Judgement::Refused(why) => {
                    self.refusal = Some(why);
                    return ControlFlow::Break(());
                }
            }
        }
        self.journal.heard(self.now, self.id, self.link, unit);
        self.told += 1;
        self.bytes += unit.size();
        let before = self.out.outputs().len();
        let input = Input::Heard { conn: self.id, unit };
        if let (Some(tape), true) = (&mut self.tape, self.singly || unit.size() == 0) {
            tape.input(self.now, &input);
        }
        self.node.handle(self.now, input, self.out);
        stops(&self.out.outputs()[before..], self.id)
    }

    fn all(&mut self, units: Units<'_>) {
        if let (Some(tape), false) = (&mut self.tape, self.singly) {
            tape.heard(self.now, self.id, units.within(self.bytes), self.told);
        }
    }
}

/// How many lines a unit counts as: data as many as its bytes fill.
const fn lines_in(unit: Unit<'_>) -> u64 {
    match unit {
        Unit::Put(bytes) => 1 + (bytes.len() / LINE_MAX) as u64,
        Unit::Frame(_) | Unit::Garbled | Unit::Line(_) | Unit::Overlong(_) => 1,
    }
}

/// Whether, after these outputs, nothing more of the connection may be handed in.
fn stops(outputs: &[Output], id: ConnId) -> ControlFlow<()> {
    let mut flow = ControlFlow::Continue(());
    for output in outputs {
        match *output {
            Output::Pause(conn) if conn == id => flow = ControlFlow::Break(()),
            Output::Resume(conn) if conn == id => flow = ControlFlow::Continue(()),
            Output::Hangup(conn) if conn == id => return ControlFlow::Break(()),
            Output::Pause(_)
            | Output::Resume(_)
            | Output::Hangup(_)
            | Output::Dial { .. }
            | Output::Event(_)
            | Output::Lookup { .. }
            | Output::Notify(_)
            | Output::Write { .. } => {}
        }
    }
    flow
}
