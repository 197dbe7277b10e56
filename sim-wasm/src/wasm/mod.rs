//! The door to JavaScript: converts, calls, converts back.
//!
//! Behind the feature `door` and for wasm32 only, as a module of its own (`native-node/build.rs`
//! builds it; `embed/README.md` says how to use it). The page is Rust and does not go through here.
//!
//! Instants and durations are seconds, as in scripts; whole nanoseconds survive the way there and
//! back. Servers are named. What is structured comes as plain objects; what is looked at sixty times
//! a second comes as typed arrays over the module's memory. What is refused is thrown, as a
//! `HerdError`, and has changed nothing.
//!
//! - `run`: class `Run`: open, play, seek, act, undo, fork. `asking`: its log, checks and causes.
//! - `frame`: class `Frame`: what can be seen at one instant.
//! - `jobs`: classes `Swarm` and `Shrink`: searches in slices. `trials`: classes `NoReturn` and `Race`:
//!   one run, tried in several ways.
//! - `catalog`: what there is to choose from. `bench`: how fast it is here.
//! - `rows`: the plain objects. `refusal`: the errors.

mod asking;
pub mod bench;
pub mod catalog;
pub mod frame;
pub mod jobs;
mod refusal;
mod rows;
pub mod run;
pub mod trials;

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::prelude::*;

use refusal::{Outcome, refuse};

/// Nanoseconds of a second.
const NANO: f64 = 1e9;

thread_local! {
    /// What the last panic said.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[wasm_bindgen(start)]
fn start() {
    // A panic reaches JavaScript as the bare word "unreachable"; what it said is kept for who asks.
    std::panic::set_hook(Box::new(|panic| {
        PANIC.with_borrow_mut(|said| *said = Some(panic.to_string()));
    }));
}

/// What the module said when it crashed (when a call of it threw a `RuntimeError`); nothing if it
/// did not. A module that has crashed is not to be used further.
#[wasm_bindgen]
#[must_use]
pub fn panicked() -> Option<String> {
    PANIC.with_borrow(Clone::clone)
}

/// Seconds, as JavaScript counts them.
fn seconds(ns: u64) -> f64 {
    ns as f64 / NANO
}

/// An instant from JavaScript.
fn instant(seconds: f64) -> Outcome<u64> {
    if !(0.0..=self::seconds(crate::script::AT_MAX)).contains(&seconds) {
        return Err(refuse("expected an instant from 0 to 4000000 seconds"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    Ok((seconds * NANO).round() as u64)
}

/// A plain object.
fn object(value: &impl Serialize) -> Outcome<JsValue> {
    let serializer = Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|why| refuse(&why.to_string()))
}

/// What JavaScript means by a value.
fn meant<T: DeserializeOwned>(value: JsValue, expected: &str) -> Outcome<T> {
    from_value(value).map_err(|why| {
        let why = js_sys::Error::from(JsValue::from(why)).message();
        refuse(&format!("expected {expected}: {why}"))
    })
}
