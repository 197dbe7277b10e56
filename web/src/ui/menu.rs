//! What can be done with a thing, in a menu at the thing.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;

use super::grip::add;
use super::rove;
use super::state::Ui;
use crate::geometry::{Camera, Thing};
use crate::paint::Point;
use crate::session::{Action, What};

/// Width that a menu takes at most, and height of one of its rows, pixels.
const SIZE: (f64, f64) = (236.0, 36.0);
/// What can be done, among what is in the menu.
const ITEMS: &str = "[role=menuitem]";

/// Does what an action says.
pub(crate) fn perform(ui: Ui, action: &Action) {
    match &action.what {
        What::Do(command) => ui.act(command.clone()),
        What::Here(server) => super::send_here(ui, *server),
        What::Ask(server) => super::ask_here(ui, *server),
        What::Link(server) => super::linking::take(ui, *server),
    }
}

/// Opens the menu of what is there.
pub(crate) fn open(ui: Ui, at: Point, thing: Option<Thing>) {
    if thing.is_some() {
        ui.selected.set(thing);
    }
    ui.menu.set(Some((at, thing)));
}

/// The menu, while there is one.
#[component]
pub(crate) fn Menu(ui: Ui) -> impl IntoView {
    view! { {move || ui.menu.get().map(|(at, thing)| view! { <List ui at thing /> })} }
}

#[component]
fn List(ui: Ui, at: Point, thing: Option<Thing>) -> impl IntoView {
    let list = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(list) = list.get() {
            rove::first(&list, ITEMS);
        }
    });
    let actions = thing.map_or_else(Vec::new, |thing| ui.peek(|session| session.actions(thing)));
    let rows = actions.len().max(1) + 5;
    let (width, height) = ui.geometry.with_untracked(|geometry| (geometry.width, geometry.height));
    let left = at.x.min(width - SIZE.0).max(8.0);
    let top =
        at.y.min(height - SIZE.1 * f64::from(u32::try_from(rows).unwrap_or(8)).min(8.0)).max(8.0);
    let close = move || ui.menu.set(None);
    let key = move |event: ev::KeyboardEvent| {
        let Some(list) = list.get_untracked() else { return };
        let key = event.key();
        if matches!(&*key, "Escape" | "Tab") {
            close();
        } else if rove::follow(&list, ITEMS, ("ArrowUp", "ArrowDown"), &key).is_none() {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let plain = move |label: &'static str, key: &'static str, run: fn(Ui, Point)| {
        let click = move |_| {
            close();
            run(ui, at);
        };
        view! { <button role="menuitem" on:click=click>{label}{key_of(key)}</button> }
    };
    view! {
        <div class="menu" role="menu" aria-label="What to do" node_ref=list tabindex="-1"
            style:left=format!("{left}px") style:top=format!("{top}px") on:keydown=key>
            {actions
                .into_iter()
                .map(|action| {
                    let (label, keys) = (action.label.clone(), action.key);
                    view! {
                        <button role="menuitem" on:click=move |_| {
                            close();
                            perform(ui, &action);
                        }>{label}{key_of(keys)}</button>
                    }
                })
                .collect_view()}
            {thing.is_some().then(|| view! { <hr /> })}
            {thing.is_none().then(|| plain("New server here", "", add))}
            {plain("Heal all that is cut", "", |ui, _| ui.act(herd_sim_wasm::Command::Heal(None)))}
            {plain("Show everything", "0", |ui, _| ui.camera.set(Camera::default()))}
            {plain("Undo", "Ctrl Z", |ui, _| super::undo(ui))}
            {plain("Redo", "Ctrl Y", |ui, _| super::redo(ui))}
        </div>
    }
}

fn key_of(key: &'static str) -> impl IntoView {
    (!key.is_empty()).then(|| view! { <kbd>{key}</kbd> })
}
