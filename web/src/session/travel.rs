//! From one thing that happens to the next, on and back.

use herd_sim_wasm::{Condition, LogKind, LogLine};

use super::{STEP_MAX, Session};

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
