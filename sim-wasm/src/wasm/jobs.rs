//! Searches in slices, for a worker or for an idle moment.

use herd_core::Preset;
use js_sys::Object;
use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::catalog::whole;
use super::refusal::{Outcome, refuse};
use super::rows::FailureRow;
use super::{meant, object, seconds};
use crate::judge::judge_within;
use crate::nemesis::{self, Kind, Setup};
use crate::shrink::Shrinker;
use crate::swarm::{EVENTS_MAX, Report};
use crate::{Bug, Script, Sometimes, Trees};

/// What a swarm searches.
#[derive(Debug, Deserialize, Tsify)]
struct SwarmOptions {
    /// How many seeds.
    seeds: f64,
    /// The first of them; 0 if absent.
    #[tsify(optional)]
    first: Option<f64>,
    /// The herd; drawn if absent.
    #[tsify(optional)]
    topology: Option<String>,
    /// How updates are ordered and repaired; drawn if absent.
    #[tsify(optional)]
    preset: Option<String>,
    /// Where its trees come from, `learned` or `planned`; drawn if absent.
    #[tsify(optional)]
    trees: Option<String>,
    /// The kinds of fault that may be drawn; all if absent, only calm runs if empty.
    #[tsify(optional)]
    faults: Option<Vec<String>>,
    /// A bug to plant.
    #[tsify(optional)]
    bug: Option<String>,
}

/// How one seed ended.
#[derive(Debug, Serialize, Tsify)]
struct SeedRow {
    /// The seed.
    seed: u64,
    /// How long its run was, seconds.
    end: f64,
    /// Events of its run.
    events: u64,
    /// Whether it was given up for their number.
    given_up: bool,
    /// Why it failed, if it did.
    #[tsify(optional)]
    failure: Option<FailureRow>,
}

/// A name and a count.
#[derive(Debug, Serialize, Tsify)]
struct Count {
    /// The name.
    name: String,
    /// How often.
    count: u64,
}

/// Something that a search has to meet, and whether it did.
#[derive(Debug, Serialize, Tsify)]
struct SeenRow {
    /// Its name.
    name: &'static str,
    /// What it says.
    sentence: &'static str,
    /// In how many runs it was seen.
    runs: u64,
    /// The lowest seed of them, if there is one.
    #[tsify(optional)]
    seed: Option<u64>,
}

/// What a search has found.
#[derive(Debug, Serialize, Tsify)]
struct SwarmReport {
    /// Seeds that were run.
    seeds: u64,
    /// Events of all of them.
    events: u64,
    /// Runs that failed.
    failed: u64,
    /// Runs that were given up for the number of their events.
    given_up: u64,
    /// Commands that were drawn, by their first word.
    drawn: Vec<Count>,
    /// In how many runs each check had something to judge.
    checks: Vec<Count>,
    /// What was seen.
    seen: Vec<SeenRow>,
}

impl SwarmReport {
    fn new(report: &Report) -> Self {
        let count = |(name, count): (&String, &u64)| Count { name: name.clone(), count: *count };
        let seen = |what: Sometimes| {
            let seen = report.seen.get(what.name());
            let (runs, seed) = (seen.map_or(0, |seen| seen.runs), seen.map(|seen| seen.seed));
            SeenRow { name: what.name(), sentence: what.sentence(), runs, seed }
        };
        Self {
            seeds: report.seeds,
            events: report.events,
            failed: report.failed,
            given_up: report.given_up,
            drawn: report.drawn.iter().map(count).collect(),
            checks: report.checks.iter().map(count).collect(),
            seen: Sometimes::ALL.into_iter().map(seen).collect(),
        }
    }
}

/// A search over many seeds, one at a time: `draw` a run, then `judge` it, while `more`.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Swarm {
    setup: Setup,
    next: u64,
    end: u64,
    drawn: Option<Script>,
    report: Report,
}

#[wasm_bindgen]
impl Swarm {
    /// A search that has not begun.
    ///
    /// # Errors
    /// What was expected instead.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "SwarmOptions")] options: JsValue,
    ) -> Outcome<Self> {
        known(&options)?;
        let options: SwarmOptions = meant(options, "what a swarm searches")?;
        let setup = Setup {
            topology: options.topology.map(Into::into),
            preset: options.preset.map(preset).transpose()?,
            trees: options.trees.map(trees).transpose()?,
            kinds: options.faults.map(kinds).transpose()?,
            bug: options.bug.map(bug).transpose()?,
        };
        let next = whole(options.first.unwrap_or(0.0))?;
        let end = whole(next as f64 + options.seeds)?;
        // A herd that does not exist is refused before the search begins.
        nemesis::draw(next, &setup).map_err(|why| refuse(&why))?;
        Ok(Self { setup, next, end, drawn: None, report: Report::default() })
    }

    /// Whether there are seeds left.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn more(&self) -> bool {
        self.next < self.end
    }

    /// The seed that is next.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn seed(&self) -> f64 {
        self.next as f64
    }

    /// Draws the run of the next seed; its script.
    ///
    /// # Errors
    /// If there are no seeds left.
    pub fn draw(&mut self) -> Outcome<String> {
        if !self.more() {
            return Err(refuse("expected a search that has seeds left"));
        }
        let script = nemesis::draw(self.next, &self.setup).map_err(|why| refuse(&why))?;
        let text = script.to_string();
        self.drawn = Some(script);
        Ok(text)
    }

    /// Plays and judges the run of the next seed, and goes on to the one behind it.
    ///
    /// # Errors
    /// If there are no seeds left.
    #[wasm_bindgen(unchecked_return_type = "SeedRow")]
    pub fn judge(&mut self) -> Outcome<JsValue> {
        if self.drawn.is_none() {
            self.draw()?;
        }
        let Some(script) = self.drawn.take() else {
            return Err(refuse("expected a search that has seeds left"));
        };
        let verdict = judge_within(&script, EVENTS_MAX);
        self.report.add(self.next, &script, &verdict);
        let row = SeedRow {
            seed: self.next,
            end: seconds(verdict.end),
            events: verdict.events,
            given_up: verdict.given_up,
            failure: verdict.failure.as_ref().map(|failure| FailureRow::new(failure, &script)),
        };
        self.next += 1;
        object(&row)
    }

    /// What was found so far.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "SwarmReport")]
    pub fn report(&self) -> Outcome<JsValue> {
        object(&SwarmReport::new(&self.report))
    }
}

/// A field that is misspelt would be a search of something else.
fn known(options: &JsValue) -> Outcome<()> {
    const FIELDS: [&str; 7] = ["seeds", "first", "topology", "preset", "trees", "faults", "bug"];
    let given = options.dyn_ref::<Object>().map(Object::keys).unwrap_or_default();
    let unknown = given.iter().filter_map(|field| field.as_string());
    match unknown.into_iter().find(|field| !FIELDS.contains(&field.as_str())) {
        Some(field) => Err(one_of("option", &field, &FIELDS)),
        None => Ok(()),
    }
}

fn trees(name: String) -> Outcome<Trees> {
    Trees::named(&name).ok_or_else(|| one_of("trees", &name, &Trees::ALL.map(Trees::name)))
}

pub(super) fn preset(name: String) -> Outcome<Preset> {
    Preset::named(&name).ok_or_else(|| one_of("preset", &name, &Preset::ALL.map(Preset::name)))
}

fn kinds(names: Vec<String>) -> Outcome<Vec<Kind>> {
    let kind = |name: String| {
        Kind::named(&name).ok_or_else(|| one_of("fault", &name, &Kind::ALL.map(Kind::name)))
    };
    names.into_iter().map(kind).collect()
}

fn bug(name: String) -> Outcome<Bug> {
    Bug::named(&name).ok_or_else(|| one_of("bug", &name, &Bug::ALL.map(Bug::name)))
}

fn one_of(what: &str, given: &str, known: &[&str]) -> JsValue {
    refuse(&format!("no {what} is called {given}; there are {}", known.join(", ")))
}

/// How far a failing script has become small.
#[derive(Debug, Serialize, Tsify)]
struct ShrinkState {
    /// The smallest script so far.
    script: String,
    /// Its commands.
    commands: usize,
    /// Scripts that were tried.
    tries: u32,
    /// How much was tried of what may be, percent: after 100 there may be smaller scripts.
    spent: u32,
    /// How it fails, and a link to it.
    failure: FailureRow,
}

/// Makes a failing script small, a pass at a time: `step` while it says so.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Shrink(Shrinker);

#[wasm_bindgen]
impl Shrink {
    /// Begins with a script, or a link to one.
    ///
    /// # Errors
    /// What is wrong with it; or that it breaks nothing.
    #[wasm_bindgen(constructor)]
    pub fn new(script: &str) -> Outcome<Self> {
        let script = super::run::open(script)?.script;
        let shrinker = Shrinker::new(&script);
        shrinker.map(Self).ok_or_else(|| refuse("expected a script that breaks a check"))
    }

    /// Does one pass, or a part of one; whether there is more to do.
    pub fn step(&mut self) -> bool {
        self.0.step()
    }

    /// How far it is.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "ShrinkState")]
    pub fn state(&self) -> Outcome<JsValue> {
        let script = self.0.script();
        object(&ShrinkState {
            script: script.to_string(),
            commands: script.entries().len(),
            tries: self.0.tries(),
            spent: self.0.spent(),
            failure: FailureRow::new(self.0.failure(), script),
        })
    }
}
