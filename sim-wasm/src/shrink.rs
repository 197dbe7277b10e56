//! Makes a failing script small: as few commands, servers and odd numbers as still break the same
//! check.
//!
//! Works on the script, never on the seed. Each pass proposes smaller scripts; one is kept if the
//! same check fails, or as still show the same [`Sometimes`]. Passes are repeated until none finds
//! anything. What is proposed: nothing after the failure; no commands of one kind; fewer commands (delta
//! debugging, Zeller and Hildebrandt 2002); plainer options; a smaller herd; rounder instants.
//!
//! What is tried costs the events it takes, and there is an end to them: by events, not by the clock,
//! so that the same script shrinks to the same everywhere. What is left then is the smallest that was
//! found, and it is said that there may be smaller ones.

mod passes;

use crate::judge::{Failure, Verdict, judge_within};
use crate::script::{Entry, Script};
use crate::sometimes::Sometimes;

/// Scripts that are tried at most: what is small by then is small enough.
const TRIES_MAX: u32 = 4_000;
/// Events that all of them may take together: a few seconds, and for herds of hundreds some minutes.
pub const EVENTS_MAX: u64 = 20_000_000;
/// A script that takes so many times the events of the smallest so far is not smaller.
const LONGER: u64 = 2;
/// But for those of a herd that comes to rest after the failure.
const REST: u64 = 20_000;

/// A failing script on its way to being small. Each [`step`](Self::step) is one pass, so that a page
/// can show the progress and stop.
#[derive(Clone, Debug)]
pub struct Shrinker {
    script: Script,
    goal: Goal,
    failure: Failure,
    tries: u32,
    /// Events that these took, and may take.
    events: (u64, u64),
    /// How many commands are taken out together next, while that goes on.
    chunk: usize,
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
    /// How a run comes to it, if it does.
    fn met(self, verdict: Verdict) -> Option<Failure> {
        match self {
            Self::Break(check) => verdict.failure.filter(|failure| failure.check == check),
            Self::Show(what) => {
                let whole = verdict.failure.is_none() && !verdict.given_up;
                let shows = whole && verdict.seen[what as usize] > 0;
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
        Self::within(script, EVENTS_MAX)
    }

    /// The same with so many events for all that is tried, and as many for the script itself.
    #[must_use]
    pub fn within(script: &Script, events: u64) -> Option<Self> {
        let failure = judge_within(script, events).failure?;
        Some(Self::begin(script, Goal::Break(failure.check), failure, events))
    }

    /// Begins with a script that shows something and breaks nothing, and keeps to that; `None` if it
    /// does not. What it shows is told as a failure is, at the end of the run.
    #[must_use]
    pub fn showing(script: &Script, what: Sometimes) -> Option<Self> {
        let goal = Goal::Show(what);
        let shown = goal.met(judge_within(script, EVENTS_MAX))?;
        Some(Self::begin(script, goal, shown, EVENTS_MAX))
    }

    fn begin(script: &Script, goal: Goal, failure: Failure, most: u64) -> Self {
        let script = script.clone();
        let (events, pass) = ((0, most), 0);
        Self { script, goal, failure, tries: 0, events, chunk: 0, pass, found: false, done: false }
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

    /// How much of what may be tried was tried, percent.
    #[must_use]
    pub fn spent(&self) -> u32 {
        let (took, most) = self.events;
        let events = u32::try_from(took.saturating_mul(100) / most.max(1)).unwrap_or(100);
        events.max(self.tries * 100 / TRIES_MAX).min(100)
    }

    /// Whether all of that was tried before nothing smaller was found: there may be smaller scripts.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.tries >= TRIES_MAX || self.events.0 >= self.events.1
    }

    /// Does one pass, or a part of one; whether there is more to do.
    pub fn step(&mut self) -> bool {
        if self.done {
            return false;
        }
        let before = self.script.clone();
        passes::PASSES[self.pass](self);
        self.found |= self.script != before;
        if self.chunk == 0 {
            self.pass += 1;
        }
        if self.pass == passes::PASSES.len() {
            self.done = !self.found;
            self.pass = 0;
            self.found = false;
        }
        self.done |= self.is_spent();
        !self.done
    }

    /// Keeps a script if it comes to the same; whether it does.
    fn try_script(&mut self, script: &Script) -> bool {
        if self.is_spent() {
            return false;
        }
        self.tries += 1;
        let (took, most) = self.events;
        let longest = self.failure.event.saturating_mul(LONGER).saturating_add(REST);
        let verdict = judge_within(script, longest.min(most - took));
        self.events.0 += verdict.events;
        let Some(failure) = self.goal.met(verdict) else { return false };
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
