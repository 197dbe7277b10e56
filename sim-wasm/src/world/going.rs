//! Going on: the next event or command, one after the other.

use std::sync::Arc;

use super::World;
use crate::check::Happening;

impl World {
    /// When the next thing happens: an event, or a command of the script.
    #[must_use]
    pub fn next_time(&self) -> Option<u64> {
        let command = self.next_entry().map(|at| at.max(self.now));
        let event = match (self.queue.next_time(), self.next_moment()) {
            (Some(event), Some(moment)) => Some(event.min(moment)),
            (event, moment) => event.or(moment),
        };
        match (event, command) {
            (Some(event), Some(command)) => Some(event.min(command)),
            (event, command) => event.or(command),
        }
    }

    /// Goes on to `time` and does all that happens until then, and then.
    pub fn run_until(&mut self, time: u64) {
        while self.step_until(time) {}
        self.now = self.now.max(time);
    }

    /// Does the next thing; whether there was one. Of one instant, events come before commands.
    pub fn step(&mut self) -> bool {
        self.step_until(u64::MAX)
    }

    /// Does the next thing unless that is after `time`; whether it did.
    fn step_until(&mut self, time: u64) -> bool {
        if let Some(moment) = self.next_moment()
            && self.queue.next_time().is_none_or(|event| moment < event)
            && self.next_entry().is_none_or(|command| moment <= command)
        {
            if moment > time {
                return false;
            }
            if let Some(taped) = &self.taped {
                (taped.play)(self);
            }
            return true;
        }
        match (self.queue.next_time(), self.next_entry()) {
            (Some(event), command) if command.is_none_or(|command| event <= command) => {
                if event > time {
                    return false;
                }
                self.next_event();
                true
            }
            (_, Some(command)) => {
                // One that was put in late is done now.
                if command.max(self.now) > time {
                    return false;
                }
                self.next_command();
                true
            }
            (_, None) => false,
        }
    }

    /// Goes on until nothing is under way but waiting (redials, lookups that may time out, clients
    /// that pause), or to `limit` at the latest; whether it came to rest.
    pub fn settle(&mut self, limit: u64) -> bool {
        while !self.is_at_rest() {
            match self.next_time() {
                Some(next) if next <= limit => {
                    self.step();
                }
                Some(_) | None => return false,
            }
        }
        true
    }

    fn next_entry(&self) -> Option<u64> {
        self.script.entries().get(self.done).map(|entry| entry.at)
    }

    fn next_command(&mut self) {
        let script = Arc::clone(&self.script);
        let Some(entry) = script.entries().get(self.done) else { return };
        self.done += 1;
        self.now = self.now.max(entry.at);
        if entry.on {
            self.events += 1;
            if let Some(trace) = &mut self.trace {
                trace.command(self.now, self.done - 1);
            }
            if let Some(taped) = &self.taped {
                (taped.leave)(self);
            }
            self.digest.number(self.now);
            (self.perform)(self, &entry.command);
            if self.bare {
                // It finds again what was found, whatever it is shown.
                self.see(&Happening::Step { server: None });
            }
            self.rest();
        }
        self.grow(&entry.command);
    }

    fn next_event(&mut self) {
        self.look_ahead();
        let Some((time, number, event)) = self.queue.pop() else { return };
        self.now = time;
        self.events += 1;
        if let Some(trace) = &mut self.trace {
            trace.event(time, number);
        }
        self.digest.number(time);
        let server = self.happen(event);
        if self.checks.is_some() {
            self.see(&Happening::Step { server });
            self.rest();
        }
    }
}
