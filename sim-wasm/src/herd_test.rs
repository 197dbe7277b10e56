//! The search for those who write tests: a herd, its faults (on unless somebody says otherwise), and
//! what has to hold.
//!
//! ```should_panic
//! use herd_sim_wasm::{Bug, Herd, Sometimes};
//! use herd_sim_wasm::nemesis::Kind;
//!
//! Herd::test("a ring that forgets")
//!     .topology("ring:5")
//!     .faults(&[Kind::Crashes, Kind::Cuts])
//!     .bug(Bug::ForgetsOnRestart) // without this line it passes
//!     .seeds(200)
//!     .expect_sometimes(Sometimes::HealedByRepair)
//!     .run();
//! ```
//!
//! # From a failure to a regression
//!
//! (`docs/finding-a-bug.md` tells this at length, with what every command prints.)
//!
//! The test above fails, and says all that is needed:
//!
//! ```text
//! a ring that forgets: seed 3 breaks never_back: s0 held “AT s1 …” and holds nothing of that client now
//!
//! herd 1 seed=1 topology=line:2 bug=forgets-on-restart
//! @4 say s1 IAMAT c3 +60-41 1700000003.705
//! @5 restart s0
//!
//! herd sim run herd1._I2v62RQ…
//! ```
//!
//! 1. `herd sim run herd1.…` prints what happened, and what led to it; the page opens the same link.
//! 2. `herd sim script herd1.… > tests/scripts/forgets.txt` keeps it. Every script there is played
//!    by the tests, for ever.
//! 3. When the bug is gone, the script passes, and the test as well.

use herd_core::Preset;

use crate::judge::judge;
use crate::nemesis::{self, Kind, Setup};
use crate::options::{Bug, Trees};
use crate::pack::Link;
use crate::script::Script;
use crate::shrink::shrink;
use crate::sometimes::Sometimes;

/// A test over many seeds, in the making. What is not said is drawn.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is run"]
pub struct Herd {
    name: String,
    setup: Setup,
    first: u64,
    seeds: u64,
    checks: Vec<String>,
    sometimes: Vec<Sometimes>,
}

impl Herd {
    /// A test of this name: 100 seeds, every fault, every check.
    pub fn test(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            setup: Setup::default(),
            first: 0,
            seeds: 100,
            checks: Vec::new(),
            sometimes: Vec::new(),
        }
    }

    /// In this herd.
    pub fn topology(mut self, spec: &str) -> Self {
        self.setup.topology = Some(spec.into());
        self
    }

    /// With this preset.
    pub const fn preset(mut self, preset: Preset) -> Self {
        self.setup.preset = Some(preset);
        self
    }

    /// With trees that come from there.
    pub const fn trees(mut self, trees: Trees) -> Self {
        self.setup.trees = Some(trees);
        self
    }

    /// With these kinds of fault only.
    pub fn faults(mut self, kinds: &[Kind]) -> Self {
        self.setup.kinds = Some(kinds.to_vec());
        self
    }

    /// Without faults.
    pub fn calm(self) -> Self {
        self.faults(&[])
    }

    /// With a planted bug.
    pub const fn bug(mut self, bug: Bug) -> Self {
        self.setup.bug = Some(bug);
        self
    }

    /// So many seeds.
    pub const fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// From this seed on.
    pub const fn first(mut self, seed: u64) -> Self {
        self.first = seed;
        self
    }

    /// This check has to hold; others may break. If it is never said, all have to.
    ///
    /// # Panics
    /// If no check is called that.
    #[track_caller]
    pub fn check(mut self, name: &str) -> Self {
        let known = crate::swarm::checks();
        assert!(known.iter().any(|(known, _)| *known == name), "no check is called {name}");
        self.checks.push(name.to_owned());
        self
    }

    /// This has to be seen in one of the seeds at least.
    pub fn expect_sometimes(mut self, what: Sometimes) -> Self {
        self.sometimes.push(what);
        self
    }

    /// Runs it.
    ///
    /// # Panics
    /// If a check breaks, with the smallest script that breaks it and its link; if something was
    /// never seen; if the herd does not exist.
    #[track_caller]
    pub fn run(self) {
        if let Err(why) = self.outcome() {
            panic!("{}: {why}", self.name);
        }
    }

    /// Runs it; what went wrong.
    ///
    /// # Errors
    /// What [`Self::run`] panics with.
    pub fn outcome(&self) -> Result<(), String> {
        let mut unseen = self.sometimes.clone();
        for seed in (self.first..).take(usize::try_from(self.seeds).unwrap_or(usize::MAX)) {
            let script = nemesis::draw(seed, &self.setup)?;
            let verdict = judge(&script);
            unseen.retain(|what| verdict.seen[*what as usize] == 0);
            if let Some(failure) = verdict.failure
                && (self.checks.is_empty() || self.checks.iter().any(|name| name == failure.check))
            {
                return Err(told(seed, &script));
            }
        }
        match unseen.first() {
            Some(what) => Err(format!("{} was never seen: {}", what.name(), what.sentence())),
            None => Ok(()),
        }
    }
}

/// A failure, made small, with all that is needed to repeat it.
fn told(seed: u64, script: &Script) -> String {
    let Some(small) = shrink(script) else { return format!("seed {seed} fails") };
    let failure = small.failure();
    let link = Link::new(small.script().clone(), Some(failure.at));
    format!("seed {seed} breaks {}\n\n{}\nherd sim run {link}\n", failure.what, small.script())
}
