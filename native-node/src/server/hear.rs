//! Hearing a connection: what it says goes to the node unit by unit, past what stands before it.

use std::hint::black_box;
use std::ops::ControlFlow;

use herd_core::limits::LINE_MAX;
use herd_core::node::TOGETHER;
use herd_core::{ConnId, Input, Output, Unit};

use super::Server;
use super::conn::{CLIENT_WAITING, End, Stage};
use super::gate::{Judgement, Refusal, WELCOME};
use super::taping::Taping;

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
        let (mut said, mut refusal, mut welcome) = (0_u64, None, false);
        let (now, node, out, journal) =
            (self.now, &mut self.node, &mut self.out, &mut self.journal);
        let since = out.mark();
        let whole = framer.ahead(&self.buffer[..size]);
        let mut taping = (self.tape.as_mut())
            .map(|tape| Taping::new(tape, (now, id), &framer, whole, gate.is_some()));
        let mut ahead = if size < FEW { whole.within(0) } else { whole };
        let mut touched = 0;
        let each = |unit: Unit<'_>| {
            if touched == 0 {
                touched = TOGETHER;
                black_box(node.touch_clients(&mut ahead));
            }
            touched -= 1;
            if said >= allowed {
                refusal = Some(Refusal::TooMany);
                return ControlFlow::Break(());
            }
            said += lines_in(unit);
            if let Some(standing) = &mut gate {
                match standing.judge(unit) {
                    Judgement::Heard => {}
                    Judgement::Through => gate = None,
                    Judgement::Token => {
                        welcome = true;
                        return ControlFlow::Continue(());
                    }
                    Judgement::Refused(why) => {
                        refusal = Some(why);
                        return ControlFlow::Break(());
                    }
                }
            }
            journal.heard(now, id, link, unit);
            if let Some(taping) = &mut taping {
                taping.unit(unit);
            }
            let before = out.outputs().len();
            node.handle(now, Input::Heard { conn: id, unit }, out);
            stops(&out.outputs()[before..], id)
        };
        if end == End::Theirs {
            framer.finish(each);
        } else {
            framer.feed(&self.buffer[..size], each);
        }
        if let Some(taping) = taping {
            taping.end(&self.out, since);
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
