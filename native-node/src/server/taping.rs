//! What the tape has to do with a server.

use std::sync::atomic::Ordering;

use super::Server;
use crate::tape::Turn;

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
