//! From one thing that happens to the next, on and back.

use herd_core::time::SECOND;
use herd_sim_wasm::view::MessageView;
use herd_sim_wasm::{Condition, LogKind, LogLine};

use super::{STEP_MAX, Session};

/// In a larger herd nobody could tell what is to come from what is.
const GHOSTS_MAX: usize = 60;
/// How far ahead one looks for it, ns.
const GHOST_AHEAD: u64 = 2 * SECOND;

impl Session {
    /// Goes on to the next instant at which something happens that can be seen.
    pub fn step(&mut self) {
        self.go_on(|_| true);
    }

    /// Goes back to the last instant at which something happened that could be seen.
    pub fn step_back(&mut self) {
        self.go_back(|_| true);
    }

    /// Goes to the next or the last notable event.
    pub fn notable(&mut self, next: bool) {
        let notable = |line: &LogLine| match line.kind {
            LogKind::Command | LogKind::Accepted | LogKind::Refused | LogKind::Check => true,
            LogKind::Said
            | LogKind::Answer
            | LogKind::Learned
            | LogKind::Known
            | LogKind::Link
            | LogKind::Places
            | LogKind::Lost => false,
        };
        if next { self.go_on(notable) } else { self.go_back(notable) }
    }

    /// Goes on to where something happens next, or back to where it happened last; whether it does.
    /// If it does not, the instant stays.
    pub fn until(&mut self, condition: &Condition, back: bool) -> bool {
        let now = self.now();
        let met = if back {
            self.history.run_back_to(condition)
        } else {
            self.history.run_to(condition, now.saturating_add(STEP_MAX))
        };
        if !met {
            self.history.seek(now);
        }
        self.look();
        met
    }

    /// What will be on its way once everything that is now has arrived: what the present leads to, if
    /// nobody does anything. Of a small herd only.
    #[must_use]
    pub fn ghosts(&self) -> Vec<MessageView> {
        let frame = self.frame();
        if frame.servers.len() > GHOSTS_MAX {
            return Vec::new();
        }
        let flying = frame.messages.iter().filter(|message| message.kind.is_update());
        let last = flying.map(|message| message.arrives).filter(|at| *at != u64::MAX).max();
        let Some(last) = last.filter(|at| *at <= self.now() + GHOST_AHEAD) else {
            return Vec::new();
        };
        let mut ahead = self.history.world().clone();
        ahead.run_until(last);
        let mut ghosts = ahead.frame(&[]).messages;
        ghosts.retain(|ghost| frame.messages.iter().all(|message| message.id != ghost.id));
        ghosts
    }

    fn go_on(&mut self, is_it: impl Fn(&LogLine) -> bool) {
        let limit = self.now().saturating_add(STEP_MAX);
        loop {
            let before = self.log().len();
            match self.history.world().next_time() {
                Some(next) if next <= limit => self.history.seek(next),
                Some(_) | None => break,
            }
            if self.log().get(before..).is_some_and(|new| new.iter().any(&is_it)) {
                break;
            }
        }
        self.look();
    }

    fn go_back(&mut self, is_it: impl Fn(&LogLine) -> bool) {
        let now = self.now();
        let last = self.log().iter().rev().find(|line| line.at < now && is_it(line));
        let at = last.map_or(0, |line| line.at);
        self.seek(at);
    }
}
