//! What there is to choose from.

use herd_core::Preset;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::object;
use super::refusal::{Outcome, refuse, refuse_script};
use super::rows::{Judgement, Named};
use crate::nemesis::{self, Kind, Setup};
use crate::options::{Bug, KEYS, Trees};
use crate::scenarios::SCENARIOS;
use crate::topology::field::HERDS;
use crate::{Script, ScriptError, Sometimes, Topology, command, swarm};

/// A run to begin with.
#[derive(Debug, Serialize, Tsify)]
struct ScenarioRow {
    /// Its name.
    name: &'static str,
    /// What happens in it.
    sentence: &'static str,
    /// Its script.
    script: &'static str,
}

/// What there is to choose from.
#[derive(Debug, Serialize, Tsify)]
struct Catalog {
    /// Runs to begin with.
    scenarios: Vec<ScenarioRow>,
    /// Herds of the field, for `topology=…`.
    topologies: Vec<&'static str>,
    /// The shapes that go for `topology=…` as well.
    shapes: &'static str,
    /// The options of a script's first line, each `key=value`.
    options: Vec<&'static str>,
    /// The forms of the commands.
    commands: Vec<&'static str>,
    /// For `preset=…`: how updates are ordered and repaired.
    presets: Vec<&'static str>,
    /// For `trees=…`: where trees come from.
    trees: Vec<&'static str>,
    /// For `bug=…`: what can be planted, to see a check break.
    bugs: Vec<&'static str>,
    /// The checks.
    checks: Vec<Named>,
    /// The kinds of fault that a swarm draws.
    faults: Vec<&'static str>,
    /// What a search has to meet, sometimes.
    sometimes: Vec<Named>,
}

/// What there is to choose from: scenarios, topologies, options, commands, checks, faults.
///
/// # Errors
/// Never in practice.
#[wasm_bindgen(unchecked_return_type = "Catalog")]
pub fn catalog() -> Outcome<JsValue> {
    let scenario = |scenario: &crate::scenarios::Scenario| ScenarioRow {
        name: scenario.name,
        sentence: scenario.sentence(),
        script: scenario.script,
    };
    let sometimes = |what: Sometimes| (what.name(), what.sentence()).into();
    object(&Catalog {
        scenarios: SCENARIOS.iter().map(scenario).collect(),
        topologies: HERDS.iter().map(|(name, ..)| *name).collect(),
        shapes: Topology::SHAPES,
        options: KEYS.to_vec(),
        commands: command::GRAMMAR.to_vec(),
        presets: Preset::ALL.map(Preset::name).to_vec(),
        trees: Trees::ALL.map(Trees::name).to_vec(),
        bugs: Bug::ALL.map(Bug::name).to_vec(),
        checks: swarm::checks().into_iter().map(Into::into).collect(),
        faults: Kind::ALL.map(Kind::name).to_vec(),
        sometimes: Sometimes::ALL.into_iter().map(sometimes).collect(),
    })
}

/// Draws a whole run: a herd, what its clients do, and what goes wrong; its script. Equal seeds give
/// equal scripts.
///
/// # Errors
/// If the seed is no whole number.
#[wasm_bindgen]
pub fn draw(seed: f64) -> Outcome<String> {
    let script = nemesis::draw(whole(seed)?, &Setup::default()).map_err(|why| refuse(&why))?;
    Ok(script.to_string())
}

/// Plays a script to the end, as a swarm does: until it has come to rest after its last command, or
/// to the first thing that breaks a check.
///
/// # Errors
/// What is wrong with the script, and where.
#[wasm_bindgen(unchecked_return_type = "Judgement")]
pub fn judge(script: &str) -> Outcome<JsValue> {
    let script: Script = script.parse().map_err(|why: ScriptError| refuse_script(&why))?;
    object(&Judgement::new(&crate::judge(&script), &script))
}

/// A whole number from JavaScript.
pub(super) fn whole(number: f64) -> Outcome<u64> {
    const MOST: f64 = 9_007_199_254_740_991.0; // Number.MAX_SAFE_INTEGER
    if number.fract() != 0.0 || !(0.0..=MOST).contains(&number) {
        return Err(refuse("expected a whole number that is not negative"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    Ok(number as u64)
}
