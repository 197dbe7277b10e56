//! One run, tried in several ways, in slices for a worker.

use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::jobs::preset;
use super::refusal::{Outcome, refuse};
use super::{meant, object, seconds};
use crate::no_return;
use crate::race;

/// The run up to an instant, and then calm.
#[derive(Debug, Serialize, Tsify)]
struct PointRow {
    /// From when on it is calm, seconds.
    at: f64,
    /// The command that was done last; empty for the first point.
    last: String,
    /// The check that broke, if one did.
    #[tsify(optional)]
    check: Option<&'static str>,
    /// What happened then.
    #[tsify(optional)]
    what: Option<String>,
    /// How many pairs of a server and a client know the newest in the end …
    known: u64,
    /// … of so many.
    of: u64,
    /// A link to it.
    link: String,
}

/// How far the search for the point of no return has come.
#[derive(Debug, Serialize, Tsify)]
struct NoReturnState {
    /// The points so far.
    points: Vec<PointRow>,
    /// How many there will be.
    whole: usize,
    /// The place of the first point from which on all fail, once all are known and the last one does.
    #[tsify(optional)]
    turn: Option<usize>,
}

/// Searches the point of no return, a point at a time: `step` while it says so.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct NoReturn(no_return::NoReturn);

#[wasm_bindgen]
impl NoReturn {
    /// Begins with a script, or a link to one.
    ///
    /// # Errors
    /// What is wrong with it.
    #[wasm_bindgen(constructor)]
    pub fn new(script: &str) -> Outcome<Self> {
        Ok(Self(no_return::NoReturn::new(&super::run::open(script)?.script)))
    }

    /// Judges the next point; whether there are more.
    pub fn step(&mut self) -> bool {
        self.0.step()
    }

    /// How far it is.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "NoReturnState")]
    pub fn state(&self) -> Outcome<JsValue> {
        let row = |point: &no_return::Point| PointRow {
            at: seconds(point.at),
            last: point.last.clone(),
            check: point.failure.as_ref().map(|failure| failure.check),
            what: point.failure.as_ref().map(|failure| failure.what.clone()),
            known: point.known,
            of: point.of,
            link: point.link.to_string(),
        };
        object(&NoReturnState {
            points: self.0.points().iter().map(row).collect(),
            whole: self.0.whole(),
            turn: self.0.turn(),
        })
    }
}

/// What is raced.
#[derive(Debug, Deserialize, Tsify)]
struct RaceOptions {
    /// A script, or a link to one; its own protocol does not matter.
    script: String,
    /// The two protocols.
    presets: [String; 2],
}

/// One of the two in a race.
#[derive(Debug, Serialize, Tsify)]
struct SideRow {
    /// Its protocol.
    preset: &'static str,
    /// Whether nothing is under way any more.
    done: bool,
    /// Updates that servers took from clients.
    updates: u64,
    /// Messages that carry live updates.
    pushes: u64,
    /// All other messages between servers.
    control: u64,
    /// Bytes of all messages.
    bytes: u64,
    /// How long an update took to half the servers, seconds.
    median: f64,
    /// How long at most, seconds.
    worst: f64,
    /// Records that running servers lack in the end.
    lacks: u64,
    /// Seconds since an update was told, and how often a server has learned one within that: pairs, one
    /// behind the other.
    reach: Vec<f64>,
}

/// How far a race has come.
#[derive(Debug, Serialize, Tsify)]
struct RaceState {
    /// The instant that both have reached, seconds.
    now: f64,
    /// The one that they reach at most.
    limit: f64,
    /// How many servers the herd has.
    servers: usize,
    /// The two.
    sides: Vec<SideRow>,
}

/// Two protocols over the same herd, faults and luck, a tenth of a second at a time: `step` while it
/// says so.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Race {
    race: race::Race,
    servers: usize,
}

#[wasm_bindgen]
impl Race {
    /// A race that has not begun.
    ///
    /// # Errors
    /// What is wrong with the script; what protocols there are.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "RaceOptions")] options: JsValue,
    ) -> Outcome<Self> {
        let RaceOptions { script, presets } = meant(options, "what is raced")?;
        let script = super::run::open(&script)?.script;
        let [a, b] = presets;
        let race = race::Race::new(&script, [preset(a)?, preset(b)?]);
        let servers = script.topology().names().len();
        Ok(Self { race: race.map_err(|why| refuse(&why))?, servers })
    }

    /// Lets both go on; whether either has more to do.
    pub fn step(&mut self) -> bool {
        self.race.step()
    }

    /// How far it is.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "RaceState")]
    pub fn state(&self) -> Outcome<JsValue> {
        let row = |side: &race::Side| {
            let costs = side.costs();
            let reach = side.reach().into_iter();
            SideRow {
                preset: side.preset.name(),
                done: side.is_done(),
                updates: costs.updates,
                pushes: costs.pushes,
                control: costs.control,
                bytes: costs.bytes,
                median: seconds(costs.median),
                worst: seconds(costs.worst),
                lacks: costs.lacks,
                reach: reach.flat_map(|(at, count)| [seconds(at), f64::from(count)]).collect(),
            }
        };
        let (now, limit) = self.race.progress();
        object(&RaceState {
            now: seconds(now),
            limit: seconds(limit),
            servers: self.servers,
            sides: self.race.sides().iter().map(row).collect(),
        })
    }
}
