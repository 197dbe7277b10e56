//! What a person does, from wherever: pointer, button or key.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsValue;
use web_sys::js_sys::Promise;

use herd_core::Wall;
use herd_sim_wasm::{Command, ServerId, pack, wall};

use super::state::Ui;
use crate::geo::{HOME, Spot};
use crate::geometry::Thing;
use crate::link::{self, Link};
use crate::session::Session;

pub(super) fn select(ui: Ui, thing: Thing) {
    if ui.selected.get_untracked() != Some(thing) {
        ui.selected.set(Some(thing));
    }
}

pub(super) fn toggle_play(ui: Ui) {
    let play = !ui.playing.get_untracked();
    if play {
        // At the end of what there is, playing means to wait for whatever comes.
        ui.until_quiet.set(!ui.peek(Session::is_quiet));
    }
    ui.playing.set(play);
}

pub(super) fn toggle_link(ui: Ui, link: u32) {
    select(ui, Thing::Link(link));
    ui.act(ui.peek(|session| session.toggle_link(link)));
}

/// The client says to a server where it is.
pub(super) fn send_here(ui: Ui, server: u32) {
    let client = ui.client.get_untracked();
    ui.pass(|session| session.move_to(&client, server));
    let spot = ui.peek(|session| session.spot(&client)).unwrap_or(HOME);
    say_place(ui, &client, spot);
}

/// A client says to its server that it is somewhere.
pub(super) fn say_place(ui: Ui, client: &str, spot: Spot) {
    let (server, now) = ui.peek(|session| (session.server_of(client), session.now()));
    // The stamp is what a right clock shows: in this world the clients' clocks are right.
    let Wall(stamp) = wall(now);
    let stamp = Wall(stamp);
    ui.act(Command::say(ServerId(server), &format!("IAMAT {client} {} {stamp}", spot.iso())));
}

/// The client asks a server what is near it.
pub(super) fn ask_here(ui: Ui, server: u32) {
    ask(ui, server, "10", "5");
}

pub(super) fn ask(ui: Ui, server: u32, radius: &str, bound: &str) {
    let client = ui.client.get_untracked();
    ui.pass(|session| session.move_to(&client, server));
    let line = format!("WHATSAT {client} {radius} {bound}");
    ui.act(Command::say(ServerId(server), &line));
}

pub(super) fn undo(ui: Ui) {
    ui.pass(Session::undo);
    after_rewrite(ui);
}

pub(super) fn redo(ui: Ui) {
    ui.pass(Session::redo);
    after_rewrite(ui);
}

fn after_rewrite(ui: Ui) {
    ui.toast.set(None);
    ui.edits.update(|edits| *edits += 1);
    ui.tick();
}

/// Begins the run of a script's text, or says what is wrong with it.
pub(super) fn open_text(ui: Ui, text: &str) {
    match Session::open(text) {
        Ok(session) => ui.open(session),
        Err(why) => ui.toast.set(Some((why, false))),
    }
}

/// Copies the link to this run at this instant.
pub(super) fn share(ui: Ui) {
    let (script, at) = ui.peek(|session| (session.script().to_string(), session.now()));
    write_address(&Link { script, at: Some(at) });
    let address = window().location().href().unwrap_or_default();
    let copied: Promise = window().navigator().clipboard().write_text(&address);
    spawn_local(async move {
        let text = match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => "Copied: the link is this run, at this instant.",
            Err(_) => "The link to this run, at this instant, is in the address bar.",
        };
        ui.toast.set(Some((text.to_owned(), false)));
    });
}

/// Puts a run into the address without loading the page anew.
pub(super) fn write_address(link: &Link) {
    let hash = link::encode(link);
    let history = window().history();
    let written =
        history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&hash)));
    if let Err(why) = written {
        // Some browsers refuse very long addresses; the run goes on without.
        leptos::logging::debug_warn!("the address holds no such run: {why:?}");
    }
}

/// Somebody typed or pasted another address: its run begins, or it is said what is wrong with it.
pub(super) fn follow_address(ui: Ui) {
    open_link(ui, &window().location().hash().unwrap_or_default());
}

/// Opens a packed link at its instant, or a script at its beginning.
pub(super) fn open_run(ui: Ui, run: &str) {
    if pack::is_link(run) { open_link(ui, &format!("#{run}")) } else { open_text(ui, run) }
}

fn open_link(ui: Ui, hash: &str) {
    let opened = link::decode(hash)
        .and_then(|link| link.map(|link| Ok((Session::open(&link.script)?, link.at))).transpose());
    match opened {
        Ok(Some((mut session, at))) => {
            if let Some(at) = at {
                session.seek(at);
            }
            ui.open(session);
            if at.is_some() {
                ui.playing.set(false);
            }
        }
        Ok(None) => {}
        Err(why) => ui.toast.set(Some((format!("This link is no run. {why}"), false))),
    }
}

/// Day or night, and it stays so on this machine.
pub(super) fn toggle_theme(ui: Ui) {
    let dark = !ui.dark.get_untracked();
    ui.dark.set(dark);
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden store only means that the choice is forgotten.
        drop(storage.set_item("theme", if dark { "dark" } else { "light" }));
    }
}

/// The choice made here earlier.
pub(super) fn kept_theme() -> Option<bool> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item("theme").ok().flatten().map(|theme| theme == "dark")
}
