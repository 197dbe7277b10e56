//! The page in the browser: components, one file each, and what they do to the run.
#![expect(unreachable_pub, reason = "what the component macro writes is pub")]

mod actions;
mod bar;
mod branches;
mod canvas;
mod charts;
mod checks;
mod clock;
mod compare;
mod crash;
mod events;
mod first;
mod found;
mod grip;
mod guide;
mod help;
mod icons;
mod inspector;
mod keys;
mod lab;
mod legend;
mod linking;
mod live;
mod looks;
mod menu;
mod opening;
mod places;
mod roam;
mod rove;
mod script;
mod share;
mod spacetime;
mod stage;
mod state;
mod table;
mod tapes;
mod third;
mod tools;
mod transport;
mod trials;
mod until;
mod worker;

use leptos::ev;
use leptos::html::{Canvas as CanvasElement, Div};
use leptos::mount::mount_to_body;
use leptos::prelude::*;

use actions::{
    ask, ask_here, redo, say_place, select, send_here, toggle_link, toggle_play, toggle_theme, undo,
};
pub use first::start;

use first::First;
use state::{SPEEDS, TABS, Tab, Ui};
use third::piece;

use crate::geometry::Thing;
use crate::link::{Link, View};
use crate::teller::Teller;

/// The page takes over from its first part, or opens the run of the address.
fn mount(first: Option<First>) {
    mount_to_body(move || view! { <App first /> });
}

/// How much slower time passes while the pointer is near a message.
const NEAR: f64 = 0.2;

/// How many virtual seconds pass in a real one.
fn speed(ui: Ui) -> f64 {
    let near = if ui.near.get_untracked() { NEAR } else { 1.0 };
    SPEEDS.get(ui.speed.get_untracked()).map_or(1.0, |(speed, _)| *speed) * near
}

#[component]
fn App(first: Option<First>) -> impl IntoView {
    let (ui, teller) = match first {
        Some(First { now, seen, playing, teller, caption }) => {
            let mut session = opening::preset();
            session.seek(seen);
            session.seek(now);
            let ui = Ui::new(session);
            ui.playing.set(playing);
            ui.caption.set(caption);
            (ui, teller)
        }
        None => (opening::of_address(), Teller::default()),
    };
    looks::aim(ui);
    if let Some(to) = opening::live() {
        live::attach(ui, to);
    }
    Effect::new(move |_| actions::show_theme(ui.dark.get()));
    Effect::new(move |_| {
        ui.client.with(|client| ui.pass(|session| session.follow(client)));
    });
    Effect::new(move |_| {
        let root = match ui.selected.get() {
            Some(Thing::Server(server)) => Some(server),
            Some(Thing::Link(_) | Thing::Message(_)) | None => None,
        };
        ui.pass(|session| session.show_tree(root));
        ui.way.update(|(_, way)| way.clear());
        ui.tick();
    });
    Effect::new(move |before: Option<()>| {
        let script = ui.read_edits(|session| session.script().to_string());
        crash::keep(&script);
        // The first address is what the person came with.
        if before.is_some() && ui.peek(|session| session.tapes().is_none()) {
            opening::write_address(&Link { script, at: None, view: View::default() });
        }
    });
    let layers = stage::Layers::new();
    let strip = NodeRef::<CanvasElement>::new();
    clock::run(ui, layers, strip, teller);
    keys::listen(ui);
    opening::listen(ui);
    let moved = window_event_listener(ev::hashchange, move |_| opening::follow_address(ui));
    let resize = window_event_listener(ev::resize, move |_| {
        ui.resizes.update(|resizes| *resizes += 1);
    });
    on_cleanup(move || {
        moved.remove();
        resize.remove();
    });
    let opened = Memo::new(move |_| ui.help.get() || ui.sharing.get() || ui.third.get().is_some());
    view! {
        <div class="app">
            <bar::Bar ui />
            // Under a herd that runs nobody gets there, by keyboard or by ear.
            <div class="simulated" inert=move || ui.live.on.get()>
                <stage::Stage ui layers />
                <transport::Transport ui strip />
                <Tabs ui />
                <aside class="side">
                    <inspector::Inspector ui />
                    <checks::Checks ui />
                    <legend::Legend ui />
                </aside>
            </div>
            <live::LiveHerd ui />
            <p class="hidden-text spoken" role="status">{move || ui.spoken.get()}</p>
            {move || opened.get().then(|| piece(ui, |third| third.sheets))}
            <Toast ui />
        </div>
    }
}

#[component]
fn Tabs(ui: Ui) -> impl IntoView {
    let list = NodeRef::<Div>::new();
    let key = move |event: ev::KeyboardEvent| {
        let Some(list) = list.get_untracked() else { return };
        let arrows = ("ArrowLeft", "ArrowRight");
        if let Some(tab) = rove::follow(&list, "[role=tab]", arrows, &event.key()) {
            event.prevent_default();
            tab.click();
        }
    };
    view! {
        <section class="tabs">
            <div class="tablist" role="tablist" aria-label="More"
                node_ref=list on:keydown=key>
                {TABS
                    .into_iter()
                    .map(|(tab, name)| {
                        view! {
                            <button role="tab" aria-controls="panel" data-tab=format!("{tab:?}")
                                aria-selected=move || (ui.tab.get() == tab).to_string()
                                tabindex=move || if ui.tab.get() == tab { "0" } else { "-1" }
                                on:click=move |_| ui.tab.set(tab)>{name}</button>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="panel" id="panel" role="tabpanel">
                {move || match ui.tab.get() {
                    Tab::Places => view! { <places::Places ui /> }.into_any(),
                    Tab::Script => piece(ui, |third| third.script),
                    Tab::Events => piece(ui, |third| third.events),
                    Tab::SpaceTime => piece(ui, |third| third.space_time),
                    Tab::Table => piece(ui, |third| third.table),
                    Tab::Charts => piece(ui, |third| third.charts),
                    Tab::Compare => piece(ui, |third| third.compare),
                    Tab::Lab => piece(ui, |third| third.lab),
                }}
            </div>
        </section>
    }
}

/// A short message; it stays until the next thing is done.
#[component]
fn Toast(ui: Ui) -> impl IntoView {
    view! {
        {move || {
            ui.toast
                .get()
                .map(|(text, undoes)| {
                    view! {
                        <div class="toast" role="alert">
                            <span>{text}</span>
                            <Show when=move || undoes>
                                <button on:click=move |_| undo(ui)>"Undo"</button>
                            </Show>
                            <button on:click=move |_| ui.toast.set(None)>"Close"</button>
                        </div>
                    }
                })
        }}
    }
}
