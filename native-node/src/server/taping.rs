//! What the tape has to do with a server.

use std::sync::atomic::Ordering;

use herd_core::codec::Units;
use herd_core::{ConnId, Framer, Input, Mark, Now, Outbox, Unit};

use super::Server;
use crate::tape::{Tape, Turn};

/// What is heard in one read, on its way to the tape: as it was said, where it can be.
pub(super) struct Taping<'a> {
    tape: &'a mut Tape,
    now: Now,
    id: ConnId,
    /// All that will be heard, as far as that can be told before.
    units: Units<'a>,
    /// Whether the tape is told unit by unit instead.
    singly: bool,
    /// Whether the first unit lies before those: a part of it was held.
    first_is_held: bool,
    /// Units of which the tape was not told yet, and their bytes.
    count: u64,
    bytes: usize,
}

impl<'a> Taping<'a> {
    /// For what a framer is about to cut, with these units ahead; a gate lets some of them pass and
    /// others not.
    pub(super) fn new(
        tape: &'a mut Tape,
        (now, id): (Now, ConnId),
        framer: &Framer,
        units: Units<'a>,
        gated: bool,
    ) -> Self {
        // Of a connection that has just begun it is not known what is ahead.
        let singly = gated || units.bytes().is_empty();
        let first_is_held = framer.holds() > 0;
        Self { tape, now, id, units, singly, first_is_held, count: 0, bytes: 0 }
    }

    /// The next unit is heard.
    pub(super) fn unit(&mut self, unit: Unit<'_>) {
        let lies_before = std::mem::take(&mut self.first_is_held);
        // What follows data that came in parts was looked for in the midst of it.
        self.singly |= lies_before && matches!(unit, Unit::Put(_));
        if !self.singly && !lies_before && unit.size() > 0 {
            self.count += 1;
            self.bytes += unit.size();
            return;
        }
        self.tell();
        self.tape.input(self.now, &Input::Heard { conn: self.id, unit });
    }

    /// All was heard; what the node has put out since that mark came of it.
    pub(super) fn end(mut self, out: &Outbox, since: Mark) {
        self.tell();
        self.tape.outputs(out, since);
    }

    fn tell(&mut self) {
        let (count, bytes) = (std::mem::take(&mut self.count), std::mem::take(&mut self.bytes));
        if count > 0 {
            self.tape.heard(self.now, self.id, self.units.within(bytes), count);
        }
    }
}

impl Server {
    /// Begins the tape with the node as it is, if there is to be one.
    pub(super) fn begin_tape(&mut self) {
        if let Some(tape) = &mut self.tape {
            tape.begin(self.now, &self.node);
        }
    }

    /// The turn is over: what was told is handed over to the disk.
    pub(super) fn write_tape(&mut self) {
        let Some(tape) = &mut self.tape else { return };
        let turn = tape.turn(self.now, &self.node);
        let metrics = self.journal.metrics();
        metrics.tape_bytes.set(usize::try_from(tape.written()).unwrap_or(usize::MAX));
        metrics.tape_stands.store(tape.stands(), Ordering::Relaxed);
        match turn {
            None => {}
            Some(Turn::Stopped(why)) => {
                self.journal.error(self.now, &format!("the tape stands still: {why}"));
            }
            Some(Turn::GoesOn { lost }) => {
                metrics.tape_lost.add(lost);
                let text =
                    format!("the tape goes on; {lost} things the server was told are missing");
                self.journal.error(self.now, &text);
            }
        }
    }

    /// Writes nothing more.
    pub(super) fn abandon_tape(&mut self) {
        if let Some(tape) = self.tape.take() {
            tape.abandon();
        }
    }

    /// Writes what is left.
    pub(super) fn close_tape(&mut self) {
        let Some(tape) = self.tape.take() else { return };
        let now = self.clock.now();
        if let Err(why) = tape.finish(now) {
            self.journal.error(now, &format!("the tape is not whole: {why}"));
        }
    }
}
