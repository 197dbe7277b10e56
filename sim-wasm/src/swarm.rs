//! Many seeds, one after the other or on all cores: what was drawn, what was seen, what broke.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::judge::{EVENTUALLY, EVENTUALLY_SENTENCE, Verdict, judge_within};
use crate::nemesis::{self, Setup};
use crate::pack::Link;
use crate::script::Script;
use crate::shrink::Shrinker;
use crate::sometimes::Sometimes;
use crate::world::World;

/// Failures that are kept, lowest seeds first; the rest is counted.
const KEPT: usize = 20;
/// Events after which a seed is given up, so that none holds up the others. What is drawn takes a
/// few thousand as a rule, and hundreds of thousands in the largest herds.
pub const EVENTS_MAX: u64 = 5_000_000;

/// What a search has found. Reports of different seeds [merge](Report::merge) into one, in any order
/// to the same.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// Seeds that were run.
    pub seeds: u64,
    /// Events of all of them.
    pub events: u64,
    /// Commands that were drawn, by their first word.
    pub drawn: BTreeMap<String, u64>,
    /// In how many runs each check had something to judge, by its name.
    pub checks: BTreeMap<String, u64>,
    /// What was seen, by its name; what never was, is not in it.
    pub seen: BTreeMap<String, Seen>,
    /// Runs that failed.
    pub failed: u64,
    /// Some of them, by seed.
    pub failures: BTreeMap<u64, Found>,
    /// Runs that were given up after [`EVENTS_MAX`] events: up to there no check broke.
    #[serde(default)]
    pub given_up: u64,
    /// The lowest seeds of them.
    #[serde(default)]
    pub endless: BTreeSet<u64>,
}

/// How often something was seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Seen {
    /// In how many runs.
    pub runs: u64,
    /// The lowest seed of them.
    pub seed: u64,
}

/// A run that failed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Found {
    /// The check that broke.
    pub check: String,
    /// What happened, as a sentence.
    pub what: String,
    /// The script as it was drawn.
    pub script: String,
    /// The smallest script that breaks the same check, once it was looked for.
    pub small: Option<String>,
    /// Whether that was not looked for to the end: there may be a smaller one.
    #[serde(default)]
    pub spent: bool,
    /// A link to that, or to the whole run.
    pub link: String,
}

impl Report {
    /// Adds one run.
    pub fn add(&mut self, seed: u64, script: &Script, verdict: &Verdict) {
        self.seeds += 1;
        self.events += verdict.events;
        if verdict.given_up {
            self.given_up += 1;
            self.endless.insert(seed);
            self.forget();
        }
        for entry in script.entries() {
            let text = entry.command.text(script.topology());
            let verb = text.split(' ').next().unwrap_or_default();
            *self.drawn.entry(verb.to_owned()).or_default() += 1;
        }
        for check in &verdict.tried {
            *self.checks.entry((*check).to_owned()).or_default() += 1;
        }
        *self.checks.entry(EVENTUALLY.to_owned()).or_default() += u64::from(!verdict.given_up);
        for (what, count) in Sometimes::ALL.into_iter().zip(verdict.seen) {
            if count > 0 {
                add_seen(&mut self.seen, what.name(), &Seen { runs: 1, seed });
            }
        }
        if let Some(failure) = &verdict.failure {
            self.failed += 1;
            let found = Found {
                check: failure.check.to_owned(),
                what: failure.what.clone(),
                script: script.to_string(),
                small: None,
                spent: false,
                link: Link::new(script.clone(), Some(failure.at)).to_string(),
            };
            self.failures.insert(seed, found);
            self.forget();
        }
    }

    /// Adds what another search found.
    pub fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.events += other.events;
        self.failed += other.failed;
        for (verb, count) in other.drawn {
            *self.drawn.entry(verb).or_default() += count;
        }
        for (check, count) in other.checks {
            *self.checks.entry(check).or_default() += count;
        }
        for (what, seen) in other.seen {
            add_seen(&mut self.seen, &what, &seen);
        }
        self.failures.extend(other.failures);
        self.given_up += other.given_up;
        self.endless.extend(other.endless);
        self.forget();
    }

    fn forget(&mut self) {
        while self.failures.len() > KEPT {
            self.failures.pop_last();
        }
        while self.endless.len() > KEPT {
            self.endless.pop_last();
        }
    }

    /// What was never seen.
    #[must_use]
    pub fn unseen(&self) -> Vec<Sometimes> {
        let missing = |what: &Sometimes| !self.seen.contains_key(what.name());
        Sometimes::ALL.into_iter().filter(missing).collect()
    }

    /// Makes the kept failures small, as long as `goes_on` says so: it is asked before each step, and
    /// told the seed and how far its script is. One that is broken off is as small as it was by then.
    pub fn shrink(&mut self, mut goes_on: impl FnMut(u64, &Shrinker) -> bool) {
        for (seed, found) in self.failures.iter_mut().filter(|(_, found)| found.small.is_none()) {
            let Ok(script) = found.script.parse::<Script>() else { continue };
            let Some(mut small) = Shrinker::new(&script) else { continue };
            let mut whole = false;
            while !whole && goes_on(*seed, &small) {
                whole = !small.step();
            }
            found.what.clone_from(&small.failure().what);
            let at = Some(small.failure().at);
            found.link = Link::new(small.script().clone(), at).to_string();
            found.small = Some(small.script().to_string());
            found.spent = !whole || small.is_spent();
            if !whole {
                return;
            }
        }
    }
}

fn add_seen(all: &mut BTreeMap<String, Seen>, what: &str, new: &Seen) {
    match all.get_mut(what) {
        None => {
            all.insert(what.to_owned(), new.clone());
        }
        Some(seen) => {
            seen.runs += new.runs;
            seen.seed = seen.seed.min(new.seed);
        }
    }
}

/// Every check: its name and its sentence.
#[must_use]
pub fn checks() -> Vec<(&'static str, &'static str)> {
    let script = Script::new(crate::Options::default()).expect("the defaults make sense");
    let lamps = World::new(script).lamps().into_iter().map(|lamp| (lamp.name, lamp.sentence));
    lamps.chain([(EVENTUALLY, EVENTUALLY_SENTENCE)]).collect()
}

/// Runs one seed and adds it to a report.
///
/// # Errors
/// If the setup makes no sense; what would be right.
pub fn run(seed: u64, setup: &Setup, report: &mut Report) -> Result<(), String> {
    let script = nemesis::draw(seed, setup)?;
    report.add(seed, &script, &judge_within(&script, EVENTS_MAX));
    Ok(())
}

/// Runs seeds on several threads until all are run or `goes_on` says no; it is asked by every thread
/// after every seed, with the number of seeds that are done.
///
/// # Errors
/// If the setup makes no sense; what would be right.
#[cfg(not(target_arch = "wasm32"))]
pub fn run_all(
    seeds: &(impl Fn(u64) -> Option<u64> + Sync),
    jobs: usize,
    setup: &Setup,
    goes_on: &(impl Fn(u64) -> bool + Sync),
) -> Result<Report, String> {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    nemesis::draw(0, setup)?;
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut report = Report::default();
        while let Some(seed) = seeds(next.fetch_add(1, Ordering::Relaxed)) {
            run(seed, setup, &mut report)?;
            if !goes_on(done.fetch_add(1, Ordering::Relaxed) + 1) {
                break;
            }
        }
        Ok::<_, String>(report)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Report::default();
        for thread in threads {
            all.merge(thread.join().expect("a search does not panic")?);
        }
        Ok(all)
    })
}
