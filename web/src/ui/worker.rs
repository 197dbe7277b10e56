//! A search in a thread of its own: what `embed/worker.js` says, read.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::found::field;
use crate::lab::{Failure, Small};
use crate::trials::{NoReturn, Point, Race, Side};

/// Where the worker stands, seen from the page.
const WORKER: &str = "embed/worker.js";

/// What a worker says.
#[derive(Debug)]
pub(super) enum Heard {
    /// How some seeds ended: the seed, its events, and why it failed.
    Seeds(Vec<(u32, u64, Option<Failure>)>),
    /// How far a script has become small: all but what it was before.
    Smaller(Small),
    /// How far the search for the point of no return has come.
    Points(NoReturn),
    /// How far a race has come.
    Raced(Race),
    /// It is done.
    Done,
    /// What it was asked makes no sense.
    Refused(String),
    /// The simulator crashed: why, over which seed and script.
    Crashed(String, Option<u32>, String),
}

/// A search under way. Dropped, it ends at once.
#[derive(Debug)]
pub(super) struct Job {
    worker: Worker,
    _hears: Closure<dyn FnMut(MessageEvent)>,
    _fails: Closure<dyn FnMut(Event)>,
}

impl Job {
    /// Searches `count` seeds from `first` on.
    pub(super) fn swarm(
        (first, count): (u32, u32),
        bug: Option<&str>,
        heard: impl FnMut(Heard) + 'static,
    ) -> Result<Self, String> {
        let options = object(&[("first", first.into()), ("seeds", count.into())]);
        if let Some(bug) = bug {
            set(&options, "bug", &bug.into());
        }
        Self::start("swarm", &options, heard)
    }

    /// Makes the script of a link small.
    pub(super) fn shrink(run: &str, heard: impl FnMut(Heard) + 'static) -> Result<Self, String> {
        Self::start("shrink", &run.into(), heard)
    }

    /// Searches the point of no return of a script.
    pub(super) fn no_return(
        script: &str,
        heard: impl FnMut(Heard) + 'static,
    ) -> Result<Self, String> {
        Self::start("noReturn", &script.into(), heard)
    }

    /// Has two protocols run the same script.
    pub(super) fn race(
        script: &str,
        presets: [&str; 2],
        heard: impl FnMut(Heard) + 'static,
    ) -> Result<Self, String> {
        let presets: Array = presets.into_iter().map(JsValue::from_str).collect();
        let options = object(&[("script", script.into()), ("presets", presets.into())]);
        Self::start("race", &options, heard)
    }

    fn start(
        kind: &str,
        input: &JsValue,
        heard: impl FnMut(Heard) + 'static,
    ) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER, &options);
        let worker = worker.map_err(|why| format!("No search: {why:?}"))?;
        let heard = Rc::new(RefCell::new(heard));
        let at = Rc::new(RefCell::new(JsValue::UNDEFINED));
        let (hears, last) = (Rc::clone(&heard), Rc::clone(&at));
        let hears = Closure::new(move |event: MessageEvent| {
            let message = event.data();
            if text(&message, "kind") == "at" {
                // Kept in case that it says nothing any more.
                *last.borrow_mut() = message;
            } else if let Some(message) = read(&message) {
                (hears.borrow_mut())(message);
            }
        });
        let fails = Closure::new(move |event: Event| {
            event.prevent_default();
            let why = text(&event, "message");
            let why = if why.is_empty() { "the worker could not be started".into() } else { why };
            (heard.borrow_mut())(crash(why, &at.borrow()));
        });
        worker.set_onmessage(Some(hears.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fails.as_ref().unchecked_ref()));
        let asked =
            worker.post_message(&object(&[("kind", kind.into()), ("input", input.clone())]));
        asked.map_err(|why| format!("No search: {why:?}"))?;
        Ok(Self { worker, _hears: hears, _fails: fails })
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.terminate();
    }
}

fn read(message: &JsValue) -> Option<Heard> {
    let heard = match text(message, "kind").as_str() {
        "progress" => {
            let progress = field(message, "progress")?;
            let rows =
                |name| field(&progress, name).filter(Array::is_array).map(|a| Array::from(&a));
            if let Some(rows) = rows("rows") {
                Heard::Seeds(rows.iter().filter_map(seed).collect())
            } else if let Some(points) = rows("points") {
                Heard::Points(no_return(&progress, &points)?)
            } else if let Some(sides) = rows("sides") {
                Heard::Raced(race(&progress, &sides)?)
            } else {
                Heard::Smaller(small(&progress)?)
            }
        }
        "done" => Heard::Done,
        "refused" => Heard::Refused(text(message, "message")),
        "crashed" => crash(text(message, "message"), message),
        _ => return None,
    };
    Some(heard)
}

fn seed(row: JsValue) -> Option<(u32, u64, Option<Failure>)> {
    let failure = field(&row, "failure").filter(|failure| failure.is_object());
    let failure = failure.map(|failure| Failure {
        check: text(&failure, "check"),
        what: text(&failure, "what"),
        run: text(&failure, "link"),
    });
    Some((number(&row, "seed")?, u64::from(number(&row, "events")?), failure))
}

fn small(state: &JsValue) -> Option<Small> {
    Some(Small {
        now: text(state, "script"),
        tries: number(state, "tries")?,
        spent: number(state, "spent")?,
        run: text(&field(state, "failure")?, "link"),
        ..Small::default()
    })
}

fn no_return(state: &JsValue, points: &Array) -> Option<NoReturn> {
    let point = |row: JsValue| {
        let what = text(&row, "what");
        Some(Point {
            at: nanoseconds(float(&row, "at")?),
            last: text(&row, "last"),
            broken: (!what.is_empty()).then_some(what),
            known: (number(&row, "known")?.into(), number(&row, "of")?.into()),
            run: text(&row, "link"),
        })
    };
    Some(NoReturn {
        points: points.iter().filter_map(point).collect(),
        whole: number(state, "whole")? as usize,
        turn: number(state, "turn").map(|turn| turn as usize),
    })
}

fn race(state: &JsValue, sides: &Array) -> Option<Race> {
    let side = |row: JsValue| {
        let count = |name| float(&row, name).map(whole);
        let reach: Vec<f64> =
            Array::from(&field(&row, "reach")?).iter().filter_map(|n| n.as_f64()).collect();
        Some(Side {
            preset: text(&row, "preset"),
            updates: count("updates")?,
            messages: [count("pushes")?, count("control")?, count("bytes")?],
            took: [float(&row, "median")?, float(&row, "worst")?],
            lacks: count("lacks")?,
            reach: reach.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        })
    };
    Some(Race {
        now: (float(state, "now")?, float(state, "limit")?),
        servers: number(state, "servers")? as usize,
        sides: sides.iter().filter_map(side).collect(),
        done: false,
    })
}

fn float(value: &JsValue, name: &str) -> Option<f64> {
    field(value, name)?.as_f64()
}

fn nanoseconds(seconds: f64) -> u64 {
    whole((seconds * 1e9).round())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of the worker"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn crash(why: String, at: &JsValue) -> Heard {
    Heard::Crashed(why, number(at, "seed"), text(at, "script"))
}

fn text(value: &JsValue, name: &str) -> String {
    field(value, name).and_then(|text| text.as_string()).unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of the worker"
)]
fn number(value: &JsValue, name: &str) -> Option<u32> {
    field(value, name)?.as_f64().map(|number| number as u32)
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        set(&object, name, value);
    }
    object
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // A plain object takes every field.
    drop(Reflect::set(object, &name.into(), value));
}
