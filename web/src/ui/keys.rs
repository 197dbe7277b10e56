//! Everything by keyboard.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use herd_sim_wasm::view::ServerState;
use herd_sim_wasm::{Command, ServerId};

use super::state::{SPEEDS, Ui};
use crate::geometry::Thing;

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

/// Listens for as long as the page is open.
pub(crate) fn listen(ui: Ui) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if is_ours(&event) && press(ui, &event) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether a key was pressed where single letters are ours: on the stage, on the time, in the
/// inspector or nowhere in particular (WCAG 2.1.4). What a control needs itself stays its own.
fn is_ours(event: &ev::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else {
        return true;
    };
    let within = |selector: &str| target.closest(selector).is_ok_and(|found| found.is_some());
    if within("input:not([type=range]), textarea, select, dialog") {
        return false;
    }
    let key = event.key();
    if within("button") && matches!(&*key, " " | "Enter") {
        return false;
    }
    if within("input") && (key.starts_with("Arrow") || matches!(&*key, "Home" | "End")) {
        return false;
    }
    target.tag_name() == "BODY"
        || within(".stage, .time, .inspector")
        || event.ctrl_key()
        || matches!(&*key, "?" | "Escape")
}

/// Does what a key means; whether it means something.
fn press(ui: Ui, event: &ev::KeyboardEvent) -> bool {
    let (key, shift) = (event.key(), event.shift_key());
    if event.ctrl_key() || event.meta_key() {
        match (&*key.to_lowercase(), shift) {
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
        "s" | "S" => super::share(ui),
        "?" => ui.help.set(true),
        "Escape" => ui.selected.set(None),
        _ => return press_on_thing(ui, &key.to_lowercase(), shift),
    }
    true
}

/// The keys that are about what is selected.
fn press_on_thing(ui: Ui, key: &str, shift: bool) -> bool {
    match (key, ui.selected.get_untracked()) {
        ("u", Some(Thing::Server(server))) => super::send_here(ui, server),
        ("q", Some(Thing::Server(server))) => super::ask_here(ui, server),
        ("k", Some(Thing::Server(server))) => {
            let id = ServerId(server);
            let down = ui.peek(|session| session.server_state(server)) == ServerState::Down;
            ui.act(if down || shift {
                Command::Restart { server: id, store: !shift }
            } else {
                Command::Kill(id)
            });
        }
        ("z", Some(Thing::Server(server))) => {
            let id = ServerId(server);
            let paused = ui.peek(|session| session.server_state(server)) == ServerState::Paused;
            ui.act(if paused { Command::Resume(id) } else { Command::Pause(id) });
        }
        ("x", Some(Thing::Link(link))) if shift => {
            ui.act(ui.peek(|session| session.cut_one_way(link, false)));
        }
        ("x", Some(Thing::Link(link))) => super::toggle_link(ui, link),
        _ => return false,
    }
    true
}
