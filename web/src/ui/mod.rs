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
mod found;
mod grip;
mod guide;
mod help;
mod icons;
mod inspector;
mod keys;
mod lab;
mod legend;
mod looks;
mod menu;
mod opening;
mod places;
mod roam;
mod script;
mod share;
mod spacetime;
mod stage;
mod state;
mod table;
mod tapes;
mod tools;
mod transport;
mod trials;
mod until;
mod worker;

use leptos::ev;
use leptos::html::Canvas as CanvasElement;
use leptos::mount::mount_to_body;
use leptos::prelude::*;

use actions::{
    ask, ask_here, redo, say_place, select, send_here, toggle_link, toggle_play, toggle_theme, undo,
};
use state::{SPEEDS, TABS, Tab, Ui};

use crate::geometry::Thing;
use crate::link::{Link, View};

/// Starts the page.
pub fn start() {
    std::panic::set_hook(Box::new(|why| crash::say(&why.to_string())));
    mount_to_body(App);
}

/// How much slower time passes while the pointer is near a message.
const NEAR: f64 = 0.2;

/// How many virtual seconds pass in a real one.
fn speed(ui: Ui) -> f64 {
    let near = if ui.near.get_untracked() { NEAR } else { 1.0 };
    SPEEDS.get(ui.speed.get_untracked()).map_or(1.0, |(speed, _)| *speed) * near
}

#[component]
fn App() -> impl IntoView {
    let (mut session, at, view, problem) = opening::first();
    let matches = |query: &str| {
        let media = window().match_media(query).ok().flatten();
        media.is_some_and(|media| media.matches())
    };
    let dark = actions::kept_theme().unwrap_or_else(|| matches("(prefers-color-scheme: dark)"));
    match at {
        Some(at) => session.seek(at),
        None => session.skip_greetings(),
    }
    let ui = Ui::new(session, dark, matches("(prefers-reduced-motion: reduce)"));
    if at.is_some() {
        ui.playing.set(false);
    }
    looks::look(ui, &view);
    looks::aim(ui);
    ui.toast.set(problem.map(|why| (why, false)));
    Effect::new(move |_| {
        let theme = if ui.dark.get() { "dark" } else { "light" };
        if let Some(root) = document().document_element() {
            // The element is there, and so is the attribute.
            drop(root.set_attribute("data-theme", theme));
        }
    });
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
    clock::run(ui, layers, strip);
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
    view! {
        <div class="app">
            <bar::Bar ui />
            <stage::Stage ui layers />
            <transport::Transport ui strip />
            <Tabs ui />
            <aside class="side">
                <inspector::Inspector ui />
                <checks::Checks ui />
                <legend::Legend ui />
            </aside>
            <help::Help ui />
            <share::Share ui />
            <Toast ui />
        </div>
    }
}

#[component]
fn Tabs(ui: Ui) -> impl IntoView {
    view! {
        <section class="tabs">
            <div class="tablist" role="tablist" aria-label="More">
                {TABS
                    .into_iter()
                    .map(|(tab, name)| {
                        view! {
                            <button role="tab" aria-controls="panel" data-tab=format!("{tab:?}")
                                aria-selected=move || (ui.tab.get() == tab).to_string()
                                on:click=move |_| ui.tab.set(tab)>{name}</button>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="panel" id="panel" role="tabpanel">
                {move || match ui.tab.get() {
                    Tab::Places => view! { <places::Places ui /> }.into_any(),
                    Tab::Script => view! { <script::Script ui /> }.into_any(),
                    Tab::Events => view! { <events::Events ui /> }.into_any(),
                    Tab::SpaceTime => view! { <spacetime::SpaceTime ui /> }.into_any(),
                    Tab::Table => view! { <table::Table ui /> }.into_any(),
                    Tab::Charts => view! { <charts::Charts ui /> }.into_any(),
                    Tab::Compare => view! { <compare::Compare ui /> }.into_any(),
                    Tab::Lab => view! { <lab::LabTab ui /> }.into_any(),
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
