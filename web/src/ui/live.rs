//! Attached to a herd that runs: the same stage, over the simulated one, which waits as it was.

mod grip;
mod inspector;
mod lamps;
mod socket;
mod stage;

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};

use self::inspector::Inspector;
use self::lamps::Lamps;
use self::socket::Sources;
use self::stage::{Layers, LiveStage};
use super::clock::LOOK;
use super::opening::write_address;
use super::state::Ui;
use crate::geometry::{Camera, Geometry, Thing};
use crate::link::{Link, View};
use crate::live::Live;
use crate::live::attach::Attach;

/// Handles to the herd that the page is attached to; copied into every component.
#[derive(Clone, Copy)]
pub(crate) struct Attached {
    /// Whether the page is attached, or is to be.
    pub(crate) on: RwSignal<bool>,
    herd: StoredValue<Live, LocalStorage>,
    sources: StoredValue<Sources, LocalStorage>,
    /// Where it is attached to.
    to: RwSignal<Attach>,
    /// How each of those who are asked can be reached: its address, and what is wrong.
    reached: RwSignal<Vec<(String, Option<String>)>>,
    /// Counts what panels have to show anew.
    ticks: RwSignal<u64>,
    selected: RwSignal<Option<Thing>>,
    geometry: RwSignal<Geometry>,
    /// From where it is looked at.
    camera: RwSignal<Camera>,
    pub(super) caption: RwSignal<(String, String)>,
    layers: Layers,
    /// What came of what was last done.
    done: RwSignal<String>,
    looked: StoredValue<f64>,
}

impl Attached {
    pub(crate) fn new() -> Self {
        Self {
            on: RwSignal::new(false),
            herd: StoredValue::new_local(Live::default()),
            sources: StoredValue::new_local(Sources::default()),
            to: RwSignal::new(Attach::default()),
            reached: RwSignal::new(Vec::new()),
            ticks: RwSignal::new(0),
            selected: RwSignal::new(None),
            geometry: RwSignal::new(Geometry::default()),
            camera: RwSignal::new(Camera::default()),
            caption: RwSignal::new((String::new(), String::new())),
            layers: Layers::new(),
            done: RwSignal::new(String::new()),
            looked: StoredValue::new(0.0),
        }
    }

    /// Reads the herd, and again with every tick.
    fn read<T>(self, read: impl FnOnce(&Live) -> T) -> T {
        self.ticks.track();
        self.herd.with_value(read)
    }

    /// Reads the herd once.
    fn peek<T>(self, read: impl FnOnce(&Live) -> T) -> T {
        self.herd.with_value(read)
    }

    fn change<T>(self, change: impl FnOnce(&mut Live) -> T) -> T {
        self.herd.try_update_value(change).expect("the herd lives as long as the page")
    }

    /// A frame is to be painted; whether it is this herd that is shown.
    pub(crate) fn frame(self, ui: Ui, at: f64) -> bool {
        if !self.on.get_untracked() {
            return false;
        }
        self.change(|herd| herd.advance(ns(at)));
        self.layers.paint(self, ui);
        if at - self.looked.get_value() >= LOOK {
            self.looked.set_value(at);
            let caption = self.change(|herd| (herd.caption(), herd.remark()));
            if self.caption.with_untracked(|known| *known != caption) {
                self.caption.set(caption);
            }
            socket::ask(self);
            if !self.peek(Live::is_held) {
                self.ticks.update(|ticks| *ticks += 1);
            }
        }
        true
    }

    /// Holds the picture, or lets it go on; the herd does not notice.
    fn hold(self, holds: bool) {
        self.change(|herd| herd.freeze(holds));
        self.ticks.update(|ticks| *ticks += 1);
    }
}

/// The page's clock, ns.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a page is open for days"
)]
fn ns(ms: f64) -> u64 {
    (ms * 1e6) as u64
}

/// Attaches the page to a herd.
pub(crate) fn attach(ui: Ui, to: Attach) {
    let live = ui.live;
    leave_all(live);
    let hash = to.encode();
    let written = window().history().and_then(|history| {
        // The token is taken out of the address: who looks over the shoulder, or copies it, has none.
        history.replace_state_with_url(&JsValue::NULL, "", Some(&hash))
    });
    drop(written);
    let own = window().location().host().unwrap_or_default();
    let addresses = if to.addresses.is_empty() { vec![own] } else { to.addresses.clone() };
    let unknown = |address: &String| (address.clone(), Some("connecting".to_owned()));
    live.reached.set(addresses.iter().map(unknown).collect());
    live.to.set(to.clone());
    live.on.set(true);
    socket::open(live, addresses, to.token);
}

/// Gives the simulated run back as it was.
pub(crate) fn leave(ui: Ui) {
    leave_all(ui.live);
    ui.live.on.set(false);
    if ui.peek(|session| session.tapes().is_none()) {
        let script = ui.peek(|session| session.script().to_string());
        write_address(&Link { script, at: None, view: View::default() });
    }
    ui.tick();
}

fn leave_all(live: Attached) {
    socket::close(live);
    live.herd.set_value(Live::default());
    live.selected.set(None);
    live.camera.set(Camera::default());
    live.done.set(String::new());
}

/// Whether who serves the page has a herd that runs: it says so with the page, so that nobody asks in
/// vain.
pub(crate) fn is_offered() -> bool {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let entries = window().performance().map(|performance| {
        let by_type = get(&performance, "getEntriesByType");
        let by_type = by_type.and_then(|f| f.dyn_into::<js_sys::Function>().ok());
        by_type.and_then(|f| f.call1(&performance, &"navigation".into()).ok())
    });
    let first = entries.flatten().and_then(|entries| js_sys::Reflect::get_u32(&entries, 0).ok());
    let timings = first.and_then(|entry| get(&entry, "serverTiming"));
    let Some(timings) = timings.and_then(|t| t.dyn_into::<js_sys::Array>().ok()) else {
        return false;
    };
    timings.iter().any(|timing| get(&timing, "name").is_some_and(|name| name == "herd"))
}

/// The button that attaches, and how it is called.
#[component]
pub(crate) fn LiveButton(ui: Ui) -> impl IntoView {
    let offered = is_offered();
    let on = move || ui.live.on.get();
    let title = move || match (on(), offered) {
        (true, _) => "Leave the running herd",
        (false, true) => "Attach to the running herd that serves this page",
        (false, false) => "Attach to a running herd",
    };
    let name = move || match (on(), offered) {
        (true, _) => "Back to the simulation",
        (false, true) => "herd",
        (false, false) => "Live",
    };
    // A narrow window has a shorter word for it.
    let verb = move || {
        (offered && !on()).then(|| view! { <span class="verb">"Attach to the running "</span> })
    };
    let press = move |_| match (ui.live.on.get_untracked(), offered) {
        (true, _) => leave(ui),
        (false, true) => attach(ui, Attach::default()),
        // Nobody is asked before it is said who.
        (false, false) => ui.live.on.set(true),
    };
    view! {
        <button class="live-run" class:offered=offered title=title
            on:click=press>
            {verb}{name}
        </button>
    }
}

/// The herd that runs, over the simulated one.
#[component]
pub(crate) fn LiveHerd(ui: Ui) -> impl IntoView {
    let live = ui.live;
    view! {
        <Show when=move || live.on.get()>
            <section class="live" aria-label="The running herd">
                <LiveStage live />
                <aside class="live-side">
                    <Connection ui live />
                    <Inspector live />
                    <Lamps live />
                </aside>
            </section>
        </Show>
    }
}

/// Where the page is attached to, whether it is, and the way back.
#[component]
fn Connection(ui: Ui, live: Attached) -> impl IntoView {
    let addresses = RwSignal::new(live.to.with_untracked(|to| to.addresses.join(", ")));
    let token = RwSignal::new(String::new());
    let again = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = token.get_untracked();
        let addresses = Attach::addresses(&addresses.get_untracked());
        // A token is for those to whom it was given.
        let before =
            live.to.with_untracked(|to| to.token.clone().filter(|_| to.addresses == addresses));
        let token = Some(typed).filter(|token| !token.is_empty()).or(before);
        attach(ui, Attach { addresses, token });
    };
    view! {
        <section class="card connection" aria-label="Connection">
            <header>
                <h2>"Live"</h2>
                <button on:click=move |_| leave(ui)>"Back to the simulation"</button>
            </header>
            <ul>
                {move || {
                    live.reached
                        .get()
                        .into_iter()
                        .map(|(address, wrong)| {
                            let class = if wrong.is_some() { "state bad" } else { "state" };
                            let word = wrong.unwrap_or_else(|| "connected".to_owned());
                            let shown = address.clone();
                            view! { <li data-source=address>{shown}" "
                                <span class=class>{word}</span></li> }
                        })
                        .collect_view()
                }}
            </ul>
            <details prop:open=move || live.reached.with(|reached| reached.is_empty())>
                <summary>"Elsewhere, or with the admin token"</summary>
                <form on:submit=again>
                    <label>"Addresses over HTTP"
                        <input class="field" name="addresses" placeholder="10.0.0.1:8080, 10.0.0.2:8080"
                            prop:value=move || addresses.get()
                            on:input=move |event| addresses.set(event_target_value(&event)) />
                    </label>
                    <label>"Token"
                        <input class="field" name="token" type="password" autocomplete="off"
                            prop:value=move || token.get()
                            on:input=move |event| token.set(event_target_value(&event)) />
                    </label>
                    <button class="main">"Attach"</button>
                </form>
            </details>
            <p class="note" role="status">{move || live.done.get()}</p>
        </section>
    }
}
