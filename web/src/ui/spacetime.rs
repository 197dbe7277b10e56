//! The tab with the whole run: a row for every server, a line for every message.

use leptos::ev;
use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::canvas::{Canvas, size};
use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::geometry::Thing;
use crate::paint::Point;
use crate::palette::Palette;
use crate::session::Session;
use crate::spacetime::{self, Diagram, Only, Window};

/// How much nearer one press comes.
const ZOOM: f64 = 0.6;
/// A turn of the wheel by so many pixels halves what is shown.
const WHEEL: f64 = 320.0;
/// A pointer that moves less than this clicks, pixels.
const CLICK: f64 = 4.0;
/// What is shown beside the present at first, ns.
const BESIDE: f64 = 1.2e9;

/// The tab.
#[component]
pub(crate) fn SpaceTime(ui: Ui) -> impl IntoView {
    let canvas = NodeRef::<CanvasElement>::new();
    // Around the present, until somebody chooses.
    let chosen = RwSignal::new(None::<Window>);
    let only = RwSignal::new(Only::default());
    let window = move || {
        chosen.get().unwrap_or_else(|| {
            let now = ui.read(Session::now) as f64;
            let from = (now - BESIDE).max(0.0);
            Window { from, to: from + BESIDE * 1.25 }
        })
    };
    Effect::new(move |_| {
        ui.resizes.track();
        let palette = if ui.dark.get() { &Palette::DARK } else { &Palette::LIGHT };
        let selected = selected_server(ui);
        let (window, hidden) = (window(), ui.hidden.get());
        let Some(element) = canvas.get() else { return };
        let (only, caught) = (only.get(), selected_message(ui));
        ui.client.track();
        let diagram = ui.read(|session| {
            let message = caught.and_then(|id| session.flight(id));
            Diagram { message, ..session.diagram(hidden, selected, only) }
        });
        if let Some(mut painter) = Canvas::clear(&element) {
            let whole = (painter.width, painter.height);
            spacetime::paint(&mut painter, &diagram, &window, palette, whole);
        }
    });
    let width =
        move || canvas.get_untracked().and_then(|canvas| size(&canvas)).unwrap_or((1.0, 1.0)).0;
    let zoom = move |factor: f64, x: f64| {
        let mut new = untrack(window);
        let at = new.instant(x, width());
        new.zoom(factor, at);
        chosen.set(Some(new));
    };
    let whole = move |_| chosen.set(Some(Window::whole(ui.peek(Session::seen))));
    let label = move || {
        let flights = ui.read(|session| session.flights_by_now());
        format!(
            "Space-time picture: {flights} messages so far. The tab Table says the same in words."
        )
    };
    view! {
        <div class="spacetime">
            <Surface ui canvas chosen only window=Signal::derive(window) label=Signal::derive(label) zoom />
            <div class="zoombar">
                <Filter ui only />
                <button class="icon plain" aria-label="Longer" title="Longer"
                    on:click=move |_| zoom(1.0 / ZOOM, width() / 2.0)><Picture icon=Icon::Remove /></button>
                <button class="icon plain" aria-label="The whole run" title="The whole run"
                    on:click=whole><Picture icon=Icon::Fit /></button>
                <button class="icon plain" aria-label="Shorter" title="Shorter"
                    on:click=move |_| zoom(ZOOM, width() / 2.0)><Picture icon=Icon::Add /></button>
                <button on:click=move |_| chosen.set(None) title="Go along with time"
                    disabled=move || chosen.with(Option::is_none)>"Follow"</button>
            </div>
        </div>
    }
}

fn selected_server(ui: Ui) -> Option<u32> {
    match ui.selected.get() {
        Some(Thing::Server(server)) => Some(server),
        Some(Thing::Link(_) | Thing::Message(_)) | None => None,
    }
}

fn selected_message(ui: Ui) -> Option<u64> {
    match ui.selected.get() {
        Some(Thing::Message(id)) => Some(id),
        Some(Thing::Server(_) | Thing::Link(_)) | None => None,
    }
}

/// Leaves out what is not about the selected server, or not about the client; kinds of messages are
/// chosen in the legend.
#[component]
fn Filter(ui: Ui, only: RwSignal<Only>) -> impl IntoView {
    let server = move || {
        selected_server(ui).map(|server| ui.peek(|session| session.server_name(server).to_owned()))
    };
    let server_word = move || format!("Only {}", server().unwrap_or_else(|| "a server".to_owned()));
    let client_word = move || format!("Only {}", ui.client.get());
    view! {
        <button class="only" aria-pressed=move || only.get().server.to_string()
            disabled=move || server().is_none()
            on:click=move |_| only.update(|only| only.server = !only.server)>{server_word}</button>
        <button class="only" aria-pressed=move || only.get().client.to_string()
            on:click=move |_| only.update(|only| only.client = !only.client)>{client_word}</button>
    }
}

/// The picture under the pointer: a click goes there, a drag shifts, the wheel zooms.
#[component]
fn Surface(
    ui: Ui,
    canvas: NodeRef<CanvasElement>,
    chosen: RwSignal<Option<Window>>,
    only: RwSignal<Only>,
    window: Signal<Window>,
    label: Signal<String>,
    zoom: impl Fn(f64, f64) + Copy + 'static,
) -> impl IntoView {
    let held = StoredValue::new(None::<(f64, Window)>);
    let area =
        move || canvas.get_untracked().and_then(|canvas| size(&canvas)).unwrap_or((1.0, 1.0));
    let down = move |event: ev::PointerEvent| {
        if let Some(target) =
            event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        {
            // A pointer that is gone already has none.
            drop(target.set_pointer_capture(event.pointer_id()));
        }
        held.set_value(Some((f64::from(event.offset_x()), window.get_untracked())));
    };
    let moved = move |event: ev::PointerEvent| {
        let Some((start, from)) = held.get_value() else { return };
        let by = f64::from(event.offset_x()) - start;
        if by.abs() >= CLICK {
            let mut new = from;
            let wide = area().0;
            new.pan(from.instant(start, wide) - from.instant(start + by, wide));
            chosen.set(Some(new));
        }
    };
    let up = move |event: ev::PointerEvent| {
        let Some((start, from)) = held.get_value() else { return };
        held.set_value(None);
        let x = f64::from(event.offset_x());
        if (x - start).abs() >= CLICK {
            return;
        }
        let (wide, tall) = area();
        let (y, hidden) = (f64::from(event.offset_y()), ui.hidden.get_untracked());
        let server = untrack(|| selected_server(ui));
        let (count, caught) = ui.peek(|session| {
            let diagram = session.diagram(hidden, server, only.get_untracked());
            let caught = spacetime::message_at(&diagram, &from, Point::new(x, y), (wide, tall));
            (diagram.names.len(), caught)
        });
        // The picture stays as it is while time goes elsewhere.
        chosen.set(Some(from));
        let at = instant_of(from.instant(x, wide));
        ui.travel(|session| session.seek(at));
        let caught = caught.and_then(|flight| ui.peek(|session| session.in_flight(flight)));
        let row = || spacetime::server_at(y, count, tall).map(Thing::Server);
        if let Some(thing) = caught.map(Thing::Message).or_else(row) {
            super::select(ui, thing);
        }
    };
    let wheel = move |event: ev::WheelEvent| {
        event.prevent_default();
        zoom((event.delta_y() / WHEEL).exp2(), f64::from(event.offset_x()));
    };
    view! {
        <canvas node_ref=canvas role="img" aria-label=move || label.get()
            on:pointerdown=down on:pointermove=moved on:pointerup=up
            on:pointercancel=move |_| held.set_value(None)
            on:wheel=wheel></canvas>
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an instant of a run")]
fn instant_of(ns: f64) -> u64 {
    ns.max(0.0) as u64
}
