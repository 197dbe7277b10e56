//! What a person does, from wherever: pointer, button or key.

use leptos::prelude::*;

use herd_core::Wall;
use herd_sim_wasm::{Command, ServerId, wall};

use super::state::Ui;
use crate::geo::{HOME, Spot};
use crate::geometry::Thing;
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

/// Day or night, and it stays so on this machine.
pub(super) fn toggle_theme(ui: Ui) {
    let dark = !ui.dark.get_untracked();
    ui.dark.set(dark);
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden store only means that the choice is forgotten.
        drop(storage.set_item("theme", if dark { "dark" } else { "light" }));
    }
}

/// Whether it is night: as was chosen here earlier, or as the machine says.
pub(super) fn is_dark() -> bool {
    let storage = window().local_storage().ok().flatten();
    let kept = storage.and_then(|storage| storage.get_item("theme").ok().flatten());
    kept.map_or_else(|| matches("(prefers-color-scheme: dark)"), |theme| theme == "dark")
}

/// Whether the machine says so.
pub(super) fn matches(query: &str) -> bool {
    let media = window().match_media(query).ok().flatten();
    media.is_some_and(|media| media.matches())
}

/// Has the style be that of day or night.
pub(super) fn show_theme(dark: bool) {
    if let Some(root) = document().document_element() {
        // The element is there, and so is the attribute.
        drop(root.set_attribute("data-theme", if dark { "dark" } else { "light" }));
    }
}
