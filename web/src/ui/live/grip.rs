//! The pointer on the stage of a herd that runs: it clicks, pulls and pinches.

use std::collections::BTreeMap;

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::Attached;
use crate::geometry::Geometry;
use crate::paint::Point;
use crate::ui::grip::{CLICK, point};

/// Where each pointer is, and where the only one was put down, if it has not moved since.
#[derive(Clone, Copy)]
pub(super) struct Grip {
    pointers: StoredValue<BTreeMap<i32, Point>>,
    pressed: StoredValue<Option<Point>>,
}

impl Grip {
    pub(super) fn new() -> Self {
        Self { pointers: StoredValue::new(BTreeMap::new()), pressed: StoredValue::new(None) }
    }

    pub(super) fn down(self, event: &ev::PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let target = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        if let Some(target) = target {
            // Without capture a fast hand loses what it holds; a pointer that is gone has none.
            drop(target.set_pointer_capture(event.pointer_id()));
        }
        let at = point(event);
        self.pointers.update_value(|pointers| {
            pointers.insert(event.pointer_id(), at);
        });
        let alone = self.pointers.with_value(BTreeMap::len) == 1;
        self.pressed.set_value(alone.then_some(at));
    }

    pub(super) fn moved(self, live: Attached, event: &ev::PointerEvent) {
        let (id, at) = (event.pointer_id(), point(event));
        let Some(before) = self.pointers.with_value(|pointers| pointers.get(&id).copied()) else {
            return;
        };
        if self.pressed.get_value().is_some_and(|pressed| at.distance(pressed) < CLICK) {
            return;
        }
        self.pressed.set_value(None);
        let other = self.pointers.with_value(|pointers| {
            pointers.iter().find(|(other, _)| **other != id).map(|(_, at)| *at)
        });
        let middle = live.geometry.with_untracked(Geometry::middle);
        live.camera.update(|camera| match other {
            Some(other) => camera.pinch(before, at, other, middle),
            None => camera.pull(at.minus(before)),
        });
        self.pointers.update_value(|pointers| {
            pointers.insert(id, at);
        });
    }

    pub(super) fn up(self, live: Attached, event: &ev::PointerEvent) {
        self.forget(event);
        let Some(at) = self.pressed.get_value() else { return };
        self.pressed.set_value(None);
        let thing = live
            .peek(|herd| live.geometry.with_untracked(|geometry| geometry.at(herd.frame(), at)));
        live.selected.set(thing);
    }

    /// The pointer was taken away: nothing was meant.
    pub(super) fn cancel(self, event: &ev::PointerEvent) {
        self.forget(event);
        self.pressed.set_value(None);
    }

    fn forget(self, event: &ev::PointerEvent) {
        self.pointers.update_value(|pointers| {
            pointers.remove(&event.pointer_id());
        });
    }
}
