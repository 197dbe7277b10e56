//! The Lab's findings: what a search over many seeds has brought, and how a failure becomes small.

use std::collections::BTreeMap;

/// How a seed ended.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It did not yet.
    #[default]
    Waiting,
    /// Every check held.
    Held,
    /// A check broke, or the simulator crashed.
    Failed,
}

/// A seed that failed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Failure {
    /// The check that broke.
    pub check: String,
    /// What happened, as a sentence.
    pub what: String,
    /// What opens the run: a link at the failing instant, or a script.
    pub run: String,
}

/// A search over the seeds from 0 on.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Search {
    outcomes: Vec<Outcome>,
    failures: BTreeMap<u32, Failure>,
    events: u64,
}

impl Search {
    /// A search that has not begun.
    #[must_use]
    pub fn new(seeds: u32) -> Self {
        let outcomes = vec![Outcome::Waiting; seeds as usize];
        Self { outcomes, failures: BTreeMap::new(), events: 0 }
    }

    /// Notes how a seed ended, and after how many events. What is none of ours is let go.
    pub fn note(&mut self, seed: u32, events: u64, failure: Option<Failure>) {
        let Some(outcome) = self.outcomes.get_mut(seed as usize) else { return };
        *outcome = if failure.is_some() { Outcome::Failed } else { Outcome::Held };
        self.events += events;
        self.failures.extend(failure.map(|failure| (seed, failure)));
    }

    /// How each seed ended.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The seeds that failed.
    #[must_use]
    pub const fn failures(&self) -> &BTreeMap<u32, Failure> {
        &self.failures
    }

    /// How it stands, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let waiting = self.outcomes.iter().filter(|o| **o == Outcome::Waiting).count();
        let (done, all) = (self.outcomes.len() - waiting, self.outcomes.len());
        let failed = match self.failures.len() {
            0 => "none failed".to_owned(),
            failed => format!("{failed} failed"),
        };
        format!("{done} of {all} seeds, {} events: {failed}", grouped(self.events))
    }
}

/// The seeds of one worker of several: the first, and how many.
#[must_use]
pub const fn share(seeds: u32, worker: u32, workers: u32) -> (u32, u32) {
    // A search has some thousand seeds and a machine some dozen cores.
    let (first, end) = (seeds * worker / workers, seeds * (worker + 1) / workers);
    (first, end - first)
}

/// A failing run on its way to being small.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Small {
    /// The script as it was drawn.
    pub before: String,
    /// The smallest so far.
    pub now: String,
    /// Scripts that were tried.
    pub tries: u32,
    /// How much was tried of what may be, percent: at 100 there may be smaller ones.
    pub spent: u32,
    /// What opens it.
    pub run: String,
    /// Whether nothing smaller fails.
    pub done: bool,
}

impl Small {
    /// How it stands, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let commands = |script: &str| script.lines().skip(1).count();
        let (from, to) = (commands(&self.before), commands(&self.now));
        let ends = match self.done {
            true if self.spent >= 100 => "; too long a run to try them all",
            true => "",
            false => " …",
        };
        format!("{from} → {to} commands, {} scripts tried{ends}", self.tries)
    }

    /// The lines as they were drawn, and whether each is gone.
    #[must_use]
    pub fn lines(&self) -> Vec<(&str, bool)> {
        // An instant may be rounded: what is done counts.
        let done = |line: &str| line.split_once(' ').map(|(_, done)| done.to_owned());
        let mut left: Vec<Option<String>> = self.now.lines().skip(1).map(done).collect();
        let mut gone = |line: &str| {
            let place = left.iter().position(|left| *left == done(line));
            place.map(|place| left.remove(place)).is_none()
        };
        self.before.lines().skip(1).map(|line| (line, gone(line))).collect()
    }
}

/// A number that can be read.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<String> =
        groups.map(|group| group.iter().copied().map(char::from).collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_counted_as_they_end() {
        let mut search = Search::new(4);
        assert_eq!(search.sentence(), "0 of 4 seeds, 0 events: none failed");
        search.note(2, 1_234_567, None);
        search.note(0, 5, Some(Failure { check: "in_time".into(), ..Failure::default() }));
        search.note(9, 5, None);
        assert_eq!(search.sentence(), "2 of 4 seeds, 1 234 572 events: 1 failed");
        use Outcome::{Failed, Held, Waiting};
        assert_eq!(search.outcomes(), [Failed, Waiting, Held, Waiting]);
        assert_eq!(search.failures()[&0].check, "in_time");
    }

    #[test]
    fn workers_share_every_seed() {
        for (seeds, workers) in [(400, 3), (5, 8), (1, 1), (5_000, 64)] {
            let mut next = 0;
            for worker in 0..workers {
                let (first, count) = share(seeds, worker, workers);
                assert_eq!(first, next);
                next += count;
            }
            assert_eq!(next, seeds);
        }
    }

    #[test]
    fn what_is_gone_is_struck_out() {
        let small = Small {
            before: "herd 1\n@1.234 kill a\n@2 heal\n@3 kill a\n".into(),
            now: "herd 1 seed=2\n@1 kill a\n".into(),
            tries: 12,
            ..Small::default()
        };
        let gone: Vec<bool> = small.lines().into_iter().map(|(_, gone)| gone).collect();
        assert_eq!(gone, [false, true, true]);
        assert_eq!(small.sentence(), "3 → 1 commands, 12 scripts tried …");
        let all = Small { done: true, ..small };
        assert_eq!(all.sentence(), "3 → 1 commands, 12 scripts tried");
        let some = Small { spent: 100, ..all };
        assert!(some.sentence().ends_with("12 scripts tried; too long a run to try them all"));
    }
}
