//! Makes a failing script small: as few commands, servers and odd numbers as still break the same
//! check.
//!
//! Works on the script, never on the seed. Each pass proposes smaller scripts; one is kept if the
//! same check fails, or as still show the same [`Sometimes`]. Passes are repeated until none finds anything. What is proposed: nothing after
//! the failure; no commands of one kind; fewer commands (delta debugging, Zeller and Hildebrandt
//! 2002); plainer options; a smaller herd; rounder instants.

mod passes;

use crate::judge::{Failure, judge};
use crate::script::{Entry, Script};
use crate::sometimes::Sometimes;

/// Scripts that are tried at most: what is small by then is small enough.
const TRIES_MAX: u32 = 4_000;

/// A failing script on its way to being small. Each [`step`](Self::step) is one pass, so that a page
/// can show the progress and stop.
#[derive(Clone, Debug)]
pub struct Shrinker {
    script: Script,
    goal: Goal,
    failure: Failure,
    tries: u32,
    /// The next pass, and whether any found something since the first.
    pass: usize,
    found: bool,
    done: bool,
}

/// What a smaller script still has to do.
#[derive(Clone, Copy, Debug)]
enum Goal {
    /// Break this check.
    Break(&'static str),
    /// Show this, and break nothing.
    Show(Sometimes),
}

impl Goal {
    /// How a script comes to it, if it does.
    fn met(self, script: &Script) -> Option<Failure> {
        let verdict = judge(script);
        match self {
            Self::Break(check) => verdict.failure.filter(|failure| failure.check == check),
            Self::Show(what) => {
                let shows = verdict.failure.is_none() && verdict.seen[what as usize] > 0;
                shows.then(|| Failure {
                    check: what.name(),
                    at: verdict.end,
                    event: verdict.events,
                    servers: Vec::new(),
                    record: None,
                    what: what.sentence().to_owned(),
                })
            }
        }
    }
}

impl Shrinker {
    /// Begins with a script; `None` if it does not fail.
    #[must_use]
    pub fn new(script: &Script) -> Option<Self> {
        let failure = judge(script).failure?;
        Some(Self::begin(script, Goal::Break(failure.check), failure))
    }

    /// Begins with a script that shows something and breaks nothing, and keeps to that; `None` if it
    /// does not. What it shows is told as a failure is, at the end of the run.
    #[must_use]
    pub fn showing(script: &Script, what: Sometimes) -> Option<Self> {
        let goal = Goal::Show(what);
        Some(Self::begin(script, goal, goal.met(script)?))
    }

    fn begin(script: &Script, goal: Goal, failure: Failure) -> Self {
        let script = script.clone();
        Self { script, goal, failure, tries: 0, pass: 0, found: false, done: false }
    }

    /// The smallest script so far.
    #[must_use]
    pub const fn script(&self) -> &Script {
        &self.script
    }

    /// How it fails.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Scripts that were tried.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// Does one pass; whether there is more to do.
    pub fn step(&mut self) -> bool {
        if self.done {
            return false;
        }
        let before = self.script.clone();
        passes::PASSES[self.pass](self);
        self.found |= self.script != before;
        self.pass += 1;
        if self.pass == passes::PASSES.len() {
            self.done = !self.found;
            self.pass = 0;
            self.found = false;
        }
        self.done |= self.tries >= TRIES_MAX;
        !self.done
    }

    /// Keeps a script if it comes to the same; whether it does.
    fn try_script(&mut self, script: &Script) -> bool {
        if self.tries >= TRIES_MAX {
            return false;
        }
        self.tries += 1;
        let Some(failure) = self.goal.met(script) else { return false };
        self.script = script.clone();
        self.failure = failure;
        true
    }

    /// Tries the script with fewer entries, or the same at other instants.
    fn try_entries(&mut self, entries: &[Entry]) -> bool {
        let script = self.script.with_entries(entries);
        self.try_script(&script)
    }
}

/// The smallest script that breaks the same check as this one; `None` if this one breaks none.
#[must_use]
pub fn shrink(script: &Script) -> Option<Shrinker> {
    let mut shrinker = Shrinker::new(script)?;
    while shrinker.step() {}
    Some(shrinker)
}
