//! Makes a failing script small: as few commands, servers and odd numbers as still break the same
//! check.
//!
//! Works on the script, never on the seed. Each pass proposes smaller scripts; one is kept if the
//! same check fails. Passes are repeated until none finds anything. What is proposed: nothing after
//! the failure; no commands of one kind; fewer commands (delta debugging, Zeller and Hildebrandt
//! 2002); plainer options; a smaller herd; rounder instants.

mod passes;

use crate::judge::{Failure, judge};
use crate::script::{Entry, Script};

/// Scripts that are tried at most: what is small by then is small enough.
const TRIES_MAX: u32 = 4_000;

/// A failing script on its way to being small. Each [`step`](Self::step) is one pass, so that a page
/// can show the progress and stop.
#[derive(Clone, Debug)]
pub struct Shrinker {
    script: Script,
    failure: Failure,
    tries: u32,
    /// The next pass, and whether any found something since the first.
    pass: usize,
    found: bool,
    done: bool,
}

impl Shrinker {
    /// Begins with a script; `None` if it does not fail.
    #[must_use]
    pub fn new(script: &Script) -> Option<Self> {
        let failure = judge(script).failure?;
        let script = script.clone();
        Some(Self { script, failure, tries: 0, pass: 0, found: false, done: false })
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

    /// Keeps a script if it fails at the same check; whether it does.
    fn try_script(&mut self, script: &Script) -> bool {
        if self.tries >= TRIES_MAX {
            return false;
        }
        self.tries += 1;
        match judge(script).failure {
            Some(failure) if failure.check == self.failure.check => {
                self.script = script.clone();
                self.failure = failure;
                true
            }
            Some(_) | None => false,
        }
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
