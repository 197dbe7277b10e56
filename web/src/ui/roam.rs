//! The hand on the map: pulled, zoomed by wheel or buttons, and shown whole again.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::icons::{Icon, Picture};
use crate::geo::Window;
use crate::paint::Point;

/// How much nearer one press comes.
const STEP: f64 = 1.6;
/// A turn of the wheel by so many pixels doubles.
const WHEEL: f64 = 320.0;

/// Where the map looks, and whether a person has decided that.
#[derive(Clone, Copy)]
pub(super) struct Roam {
    pub(super) window: RwSignal<Window>,
    /// While it is, the map does not follow the clients.
    pub(super) own: RwSignal<bool>,
    held: StoredValue<Option<Point>>,
}

impl Roam {
    pub(super) fn new() -> Self {
        Self {
            window: RwSignal::new(Window::around(&[], 1.0, 1.0)),
            own: RwSignal::new(false),
            held: StoredValue::new(None),
        }
    }

    fn look(self, change: impl FnOnce(Window) -> Window) {
        self.own.set(true);
        self.window.update(|window| *window = change(*window));
    }

    pub(super) fn down(self, event: &ev::PointerEvent) {
        if let Some(element) =
            event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        {
            // Without capture a fast hand loses the map; a pointer that is gone already has none.
            drop(element.set_pointer_capture(event.pointer_id()));
        }
        self.held.set_value(Some(at(event)));
    }

    pub(super) fn moved(self, event: &ev::PointerEvent) {
        let Some(before) = self.held.get_value() else { return };
        let now = at(event);
        self.held.set_value(Some(now));
        self.look(|window| window.pulled(now.minus(before)));
    }

    pub(super) fn up(self) {
        self.held.set_value(None);
    }

    pub(super) fn wheel(self, event: &ev::WheelEvent) {
        event.prevent_default();
        let at = Point::new(f64::from(event.offset_x()), f64::from(event.offset_y()));
        self.look(|window| window.nearer((-event.delta_y() / WHEEL).exp2(), at));
    }

    fn step(self, factor: f64) {
        let middle = |window: &Window| Point::new(window.width / 2.0, window.height / 2.0);
        self.look(|window| window.nearer(factor, middle(&window)));
    }
}

fn at(event: &ev::PointerEvent) -> Point {
    Point::new(f64::from(event.client_x()), f64::from(event.client_y()))
}

/// Nearer, farther, and back to where the clients are.
#[component]
pub(super) fn MapTools(roam: Roam) -> impl IntoView {
    view! {
        <div class="zoombar" role="toolbar" aria-label="Map">
            <button class="icon plain" title="Farther" aria-label="Map farther"
                on:click=move |_| roam.step(1.0 / STEP)><Picture icon=Icon::Remove /></button>
            <button class="icon plain" title="Show all clients and places"
                aria-label="Map of all clients and places"
                disabled=move || !roam.own.get()
                on:click=move |_| roam.own.set(false)><Picture icon=Icon::Fit /></button>
            <button class="icon plain" title="Nearer" aria-label="Map nearer"
                on:click=move |_| roam.step(STEP)><Picture icon=Icon::Add /></button>
        </div>
    }
}
