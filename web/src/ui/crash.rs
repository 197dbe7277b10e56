//! When the program itself stops: the run is kept where a program that has stopped is not needed to
//! find it. `index.html` shows it, as it also does when the browser ends the program.

use js_sys::Reflect;
use leptos::prelude::window;

/// What `index.html` reads: the run, and what the program said last.
const KEPT: &str = "herdKept";
const WHY: &str = "herdWhy";

/// Keeps the script of the run, with what is about to be done.
pub(super) fn keep(script: &str) {
    set(KEPT, script);
}

/// Says why the program stops.
pub(super) fn say(why: &str) {
    set(WHY, why);
}

fn set(name: &str, text: &str) {
    // A window takes every field.
    drop(Reflect::set(&window(), &name.into(), &text.into()));
}
