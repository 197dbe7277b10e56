//! Everything by keyboard.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::state::{SPEEDS, Tab, Tool, Ui};
use super::tools::ZOOM;
use crate::geometry::Thing;
use crate::keys::{Meaning, Way, meaning};

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
        // Keys are for the simulated herd: nobody is to kill a real server by a slip.
        let simulated = !ui.live.on.get_untracked();
        if simulated && is_ours(&event, on_stage.get_value()) && press(ui, &event) {
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
    // On a thing of the stage Space is time's, and Enter presses it.
    let own = key == "Enter" || key == " " && !within(&target, ".mirror");
    if own && within(&target, "button, a, summary") {
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
    let ctrl = event.ctrl_key() || event.meta_key();
    if event.alt_key() && !ctrl {
        return false;
    }
    let Some(meaning) = meaning(&key, ctrl) else { return false };
    let jump = if shift { 100 * MILLISECOND } else { 10 * MILLISECOND };
    match meaning {
        Meaning::Play => super::toggle_play(ui),
        Meaning::Step(Way::Back) => ui.travel(|session| session.step_back()),
        Meaning::Step(Way::On) => ui.travel(|session| session.step()),
        Meaning::Jump(Way::Back) => {
            ui.travel(|session| session.seek(session.now().saturating_sub(jump)));
        }
        Meaning::Jump(Way::On) => ui.travel(|session| session.seek(session.now() + jump)),
        Meaning::Edge(Way::Back) => ui.travel(|session| session.seek(0)),
        Meaning::Edge(Way::On) => ui.travel(|session| session.seek(session.seen())),
        Meaning::Speed(Way::Back) => ui.speed.update(|speed| *speed = speed.saturating_sub(1)),
        Meaning::Speed(Way::On) => {
            ui.speed.update(|speed| *speed = (*speed + 1).min(SPEEDS.len() - 1));
        }
        Meaning::Notable(way) => ui.travel(|session| session.notable(way == Way::On)),
        Meaning::Bookmark => super::transport::bookmark(ui),
        Meaning::Find => {
            ui.finding.set(true);
            ui.tab.set(Tab::Events);
        }
        Meaning::Compare => ui.tab.set(Tab::Compare),
        Meaning::Share => ui.sharing.set(true),
        Meaning::Help => ui.help.set(true),
        Meaning::Leave => {
            ui.menu.set(None);
            ui.hold(Tool::Hand);
            ui.selected.set(None);
        }
        Meaning::Track => track(ui),
        Meaning::Fit => super::tools::fit(ui),
        Meaning::Zoom(Way::On) => super::tools::zoom(ui, ZOOM),
        Meaning::Zoom(Way::Back) => super::tools::zoom(ui, 1.0 / ZOOM),
        Meaning::Hand => ui.hold(Tool::Hand),
        Meaning::Knife => ui.hold(Tool::Knife),
        Meaning::Lasso => ui.hold(Tool::Lasso),
        Meaning::Add => ui.hold(Tool::Add),
        Meaning::Undo if shift => super::redo(ui),
        Meaning::Undo => super::undo(ui),
        Meaning::Redo => super::redo(ui),
        Meaning::Link => {
            if !press_on_thing(ui, &key, shift) {
                ui.hold(Tool::Link);
            }
        }
        Meaning::Act => return press_on_thing(ui, &key, shift),
        Meaning::Browser => return false,
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
