//! Everything by keyboard.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::state::{SPEEDS, Tab, Tool, Ui};
use super::tools::ZOOM;
use crate::geometry::Thing;

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

/// Listens for as long as the page is open.
pub(crate) fn listen(ui: Ui) {
    // Where nothing has the focus, it is where the person was last: at first that is the stage.
    let on_stage = StoredValue::new(true);
    let note = move |event: &web_sys::Event| {
        let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        on_stage.set_value(target.is_none_or(|target| within(&target, HERE)));
    };
    let pressed = window_event_listener(ev::pointerdown, move |event| note(&event));
    let focused = window_event_listener(ev::focusin, move |event| note(&event));
    let handle = window_event_listener(ev::keydown, move |event| {
        if is_ours(&event, on_stage.get_value()) && press(ui, &event) {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        pressed.remove();
        focused.remove();
        handle.remove();
    });
}

/// Where single letters are ours: on the stage and the time, and in the inspector, which is about a
/// thing of the stage.
const HERE: &str = ".stage, .time, .inspector";

fn within(element: &web_sys::Element, selector: &str) -> bool {
    element.closest(selector).is_ok_and(|found| found.is_some())
}

/// Whether a key was pressed where it is ours (WCAG 2.1.4). What a control needs itself stays its own.
fn is_ours(event: &ev::KeyboardEvent, on_stage: bool) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else {
        return on_stage;
    };
    if within(&target, "input:not([type=range]), textarea, select, dialog") {
        return false;
    }
    let key = event.key();
    if within(&target, "button, a, summary") && matches!(&*key, " " | "Enter") {
        return false;
    }
    if within(&target, "input") && (key.starts_with("Arrow") || matches!(&*key, "Home" | "End")) {
        return false;
    }
    within(&target, HERE)
        || (target.tag_name() == "BODY" && on_stage)
        || event.ctrl_key()
        || matches!(&*key, "?" | "Escape")
}

/// Does what a key means; whether it means something.
fn press(ui: Ui, event: &ev::KeyboardEvent) -> bool {
    let (key, shift) = (event.key(), event.shift_key());
    if event.ctrl_key() || event.meta_key() {
        match (&*key.to_ascii_lowercase(), shift) {
            ("z", false) => super::undo(ui),
            ("y", _) | ("z", true) => super::redo(ui),
            _ => return false,
        }
        return true;
    }
    if event.alt_key() {
        return false;
    }
    let jump = if shift { 100 * MILLISECOND } else { 10 * MILLISECOND };
    match &*key {
        " " => super::toggle_play(ui),
        "," => ui.travel(|session| session.step_back()),
        "." => ui.travel(|session| session.step()),
        "ArrowLeft" => ui.travel(|session| session.seek(session.now().saturating_sub(jump))),
        "ArrowRight" => ui.travel(|session| session.seek(session.now() + jump)),
        "Home" => ui.travel(|session| session.seek(0)),
        "End" => ui.travel(|session| session.seek(session.seen())),
        "[" => ui.speed.update(|speed| *speed = speed.saturating_sub(1)),
        "]" => ui.speed.update(|speed| *speed = (*speed + 1).min(SPEEDS.len() - 1)),
        "n" | "N" => ui.travel(|session| session.notable(true)),
        "p" | "P" => ui.travel(|session| session.notable(false)),
        "b" | "B" => super::transport::bookmark(ui),
        "/" => {
            ui.finding.set(true);
            ui.tab.set(Tab::Events);
        }
        "c" | "C" => ui.tab.set(Tab::Compare),
        "s" | "S" => ui.sharing.set(true),
        "?" => ui.help.set(true),
        "Escape" => {
            ui.menu.set(None);
            ui.tool.set(Tool::Hand);
            ui.selected.set(None);
        }
        "t" | "T" => track(ui),
        "0" => super::tools::fit(ui),
        "+" | "=" => super::tools::zoom(ui, ZOOM),
        "-" => super::tools::zoom(ui, 1.0 / ZOOM),
        "v" | "V" => ui.tool.set(Tool::Hand),
        "i" | "I" => ui.tool.set(Tool::Knife),
        "l" | "L" => ui.tool.set(Tool::Lasso),
        "a" | "A" => ui.tool.set(Tool::Add),
        _ => return press_on_thing(ui, &key, shift),
    }
    true
}

/// Shows the way on which the selected server came to what it knows of the client, or hides it.
fn track(ui: Ui) {
    let shown = ui.way.with_untracked(|(_, way)| !way.is_empty());
    match ui.selected.get_untracked() {
        Some(Thing::Server(server)) if !shown => {
            super::inspector::trace(ui, &ui.client.get_untracked(), server);
        }
        _ => ui.way.update(|(_, way)| way.clear()),
    }
}

/// The keys that are about what is selected: those that its menu names.
fn press_on_thing(ui: Ui, key: &str, shift: bool) -> bool {
    let Some(thing) = ui.selected.get_untracked() else { return false };
    let name = if key.len() == 1 { key.to_ascii_uppercase() } else { key.to_owned() };
    let name = if shift { format!("⇧{name}") } else { name };
    let action = ui.peek(|session| session.action_of_key(thing, &name));
    action.inspect(|action| super::menu::perform(ui, action)).is_some()
}
