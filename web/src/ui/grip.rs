//! The pointer on the stage: click, drag, pan, pinch, and what the knife and the lasso do.

use std::collections::BTreeMap;

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use herd_sim_wasm::Command;

use super::state::{Tool, Ui};
use crate::geometry::{Camera, Geometry, Thing};
use crate::paint::Point;
use crate::session::Session;
use crate::view::Sketch;

/// A pointer that moves less than this clicks, pixels.
pub(super) const CLICK: f64 = 4.0;
/// Between two points of a stroke at least, pixels.
const STROKE: f64 = 5.0;
/// A turn of the wheel by so many pixels doubles.
const WHEEL: f64 = 320.0;
/// Neighbours of a server that is put on the stage.
const NEIGHBOURS: usize = 2;

/// What the pointers hold.
#[derive(Clone, Copy)]
pub(crate) struct Grip {
    /// Where each pointer is.
    pointers: StoredValue<BTreeMap<i32, Point>>,
    held: StoredValue<Option<Held>>,
}

/// What a pointer took.
#[derive(Clone, Copy, Debug)]
struct Held {
    start: Point,
    last: Point,
    thing: Option<Thing>,
    /// Whether it has moved so far that it is no click any more.
    moved: bool,
    /// The server from which it draws a link.
    links: Option<u32>,
}

impl Grip {
    pub(crate) fn new() -> Self {
        Self { pointers: StoredValue::new(BTreeMap::new()), held: StoredValue::new(None) }
    }

    pub(crate) fn down(self, ui: Ui, event: &ev::PointerEvent) {
        ui.menu.set(None);
        if event.button() != 0 {
            return;
        }
        let at = point(event);
        if let Some(target) =
            event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        {
            // Without capture a fast hand loses what it holds; a pointer that is gone has none.
            drop(target.set_pointer_capture(event.pointer_id()));
        }
        self.pointers.update_value(|pointers| {
            pointers.insert(event.pointer_id(), at);
        });
        if self.pointers.with_value(BTreeMap::len) > 1 {
            // A second finger: both hold the whole stage now.
            self.held.set_value(None);
            ui.sketch.set(Sketch::Nothing);
            return;
        }
        let thing = under(ui, at);
        let links = match (thing, ui.tool.get_untracked()) {
            (Some(Thing::Server(server)), Tool::Link) => Some(server),
            (Some(Thing::Server(server)), Tool::Hand) if event.shift_key() => Some(server),
            _ => None,
        };
        self.held.set_value(Some(Held { start: at, last: at, thing, moved: false, links }));
    }

    pub(crate) fn moved(self, ui: Ui, event: &ev::PointerEvent) {
        let at = point(event);
        let before =
            self.pointers.with_value(|pointers| pointers.get(&event.pointer_id()).copied());
        let Some(before) = before else {
            // From a server that was chosen before, the link follows the pointer.
            if let Some(from) = ui.linking.get_untracked() {
                super::linking::draw(ui, from, at);
            }
            return;
        };
        if self.pointers.with_value(BTreeMap::len) > 1 {
            self.pinch(ui, event.pointer_id(), before, at);
        }
        self.pointers.update_value(|pointers| {
            pointers.insert(event.pointer_id(), at);
        });
        let Some(mut held) = self.held.get_value() else { return };
        if !held.moved && at.distance(held.start) < CLICK {
            return;
        }
        let by = at.minus(held.last);
        held.moved = true;
        held.last = at;
        self.held.set_value(Some(held));
        if let Some(from) = held.links {
            return super::linking::draw(ui, from, at);
        }
        match (ui.tool.get_untracked(), held.thing) {
            (Tool::Knife, _) => draw(ui, held.start, at, false),
            (Tool::Lasso, _) => draw(ui, held.start, at, true),
            (Tool::Hand | Tool::Add | Tool::Link, Some(Thing::Server(server))) => {
                let place = ui.geometry.with_untracked(|geometry| geometry.place_at(at));
                ui.moved.update(|moved| {
                    moved.insert(server, place);
                });
            }
            (Tool::Hand | Tool::Add | Tool::Link, _) => ui.camera.update(|camera| camera.pull(by)),
        }
    }

    /// Two fingers hold two points of the stage.
    fn pinch(self, ui: Ui, pointer: i32, before: Point, at: Point) {
        let other = self.pointers.with_value(|pointers| {
            pointers.iter().find(|(id, _)| **id != pointer).map(|(_, at)| *at)
        });
        let Some(other) = other else { return };
        let middle = ui.geometry.with_untracked(Geometry::middle);
        ui.camera.update(|camera| camera.pinch(before, at, other, middle));
    }

    pub(crate) fn up(self, ui: Ui, event: &ev::PointerEvent) {
        self.pointers.update_value(|pointers| {
            pointers.remove(&event.pointer_id());
        });
        let Some(held) = self.held.get_value() else { return };
        self.held.set_value(None);
        let sketch = ui.sketch.get_untracked();
        ui.sketch.set(Sketch::Nothing);
        match sketch {
            Sketch::Knife(stroke) => return cut(ui, &stroke),
            Sketch::Lasso(ring) => return part(ui, &ring),
            Sketch::Link(..) | Sketch::Nothing => {}
        }
        if let Some(from) = held.links.filter(|_| held.moved) {
            return match under(ui, point(event)) {
                Some(Thing::Server(to)) if to != from => super::linking::lay(ui, from, to),
                _ => {
                    let text = "Let go over another server to link the two.".to_owned();
                    ui.toast.set(Some((text, false)));
                }
            };
        }
        if !held.moved {
            click(ui, held.start, held.thing);
        }
    }

    /// The pointer was taken away: nothing was meant.
    pub(crate) fn cancel(self, ui: Ui, event: &ev::PointerEvent) {
        self.pointers.update_value(|pointers| {
            pointers.remove(&event.pointer_id());
        });
        self.held.set_value(None);
        ui.sketch.set(Sketch::Nothing);
    }

    /// Whether something is held: then nothing is pointed at.
    pub(crate) fn holds(self) -> bool {
        self.held.with_value(|held| held.is_some_and(|held| held.moved))
    }
}

/// What is under a point: a message before what it is on its way between, but not before a server.
pub(crate) fn under(ui: Ui, at: Point) -> Option<Thing> {
    let hidden = ui.hidden.get_untracked();
    ui.peek(|session| {
        ui.geometry.with_untracked(|geometry| {
            let still = geometry.at(session.frame(), at);
            if let Some(Thing::Server(_)) = still {
                return still;
            }
            geometry.message_at(session.frame(), at, hidden).or(still)
        })
    })
}

/// Comes nearer to what is under the pointer, or goes farther from it.
pub(crate) fn wheel(camera: RwSignal<Camera>, middle: Point, event: &ev::WheelEvent) {
    // Where the page itself scrolls, the wheel is the page's, unless it pinches.
    let page = document()
        .document_element()
        .is_some_and(|root| root.scroll_height() > root.client_height() + 1);
    if page && !event.ctrl_key() {
        return;
    }
    event.prevent_default();
    let at = Point::new(f64::from(event.offset_x()), f64::from(event.offset_y()));
    let factor = (-event.delta_y() / WHEEL).exp2();
    camera.update(|camera| camera.zoom_at(factor, at, middle));
}

pub(crate) fn point(event: &ev::MouseEvent) -> Point {
    Point::new(f64::from(event.offset_x()), f64::from(event.offset_y()))
}

fn click(ui: Ui, at: Point, thing: Option<Thing>) {
    if ui.tool.get_untracked() == Tool::Add && !matches!(thing, Some(Thing::Server(_))) {
        return add(ui, at);
    }
    if let (Some(Thing::Server(server)), Tool::Link) = (thing, ui.tool.get_untracked()) {
        return super::linking::take(ui, server);
    }
    if ui.tool.get_untracked() == Tool::Link {
        // Between two servers, a hand that missed cuts nothing.
        return;
    }
    ui.selected.set(thing);
    match thing {
        Some(Thing::Link(link)) => super::toggle_link(ui, link),
        Some(Thing::Server(server)) => super::guide::guess(ui, server),
        Some(Thing::Message(_)) | None => {}
    }
    ui.tick();
}

fn draw(ui: Ui, start: Point, at: Point, loops: bool) {
    ui.sketch.update(|sketch| {
        let mut points = match std::mem::take(sketch) {
            Sketch::Link(..) | Sketch::Nothing => vec![start],
            Sketch::Knife(points) | Sketch::Lasso(points) => points,
        };
        if points.last().is_none_or(|last| last.distance(at) >= STROKE) {
            points.push(at);
        }
        *sketch = if loops { Sketch::Lasso(points) } else { Sketch::Knife(points) };
    });
}

/// Cuts every link that a stroke crosses, all as one step back.
fn cut(ui: Ui, stroke: &[Point]) {
    let links = ui.peek(|session| {
        let stage = &session.frame().stage;
        ui.geometry.with_untracked(|geometry| geometry.crossed(stage, stroke))
    });
    let cuts: Vec<Command> = ui.peek(|session| {
        let whole = |link: &&u32| !session.is_cut(**link) && !session.is_away(Thing::Link(**link));
        links.iter().filter(whole).map(|link| session.toggle_link(*link)).collect()
    });
    if cuts.is_empty() {
        let text = "The knife has crossed no link that could be cut.".to_owned();
        return ui.toast.set(Some((text, false)));
    }
    ui.act_all(cuts);
}

/// Isolates the servers in a loop.
fn part(ui: Ui, ring: &[Point]) {
    let inside = ui.geometry.with_untracked(|geometry| geometry.enclosed(ring));
    let inside: Vec<u32> = ui.peek(|session| {
        let there = |server: &u32| !session.is_away(Thing::Server(*server));
        inside.into_iter().filter(there).collect()
    });
    let all = ui.peek(|session| session.reach().1);
    if inside.is_empty() || inside.len() == all {
        let text = "Draw the loop around some of the servers, not none and not all.".to_owned();
        return ui.toast.set(Some((text, false)));
    }
    ui.act(Session::part(&inside));
}

/// Puts a new server on the stage, beside the nearest ones.
pub(crate) fn add(ui: Ui, at: Point) {
    let command = ui.peek(|session| {
        let frame = session.frame();
        let near = ui.geometry.with_untracked(|g| g.nearest_to(at, frame, NEIGHBOURS));
        session.newcomer(&near)
    });
    let place = ui.geometry.with_untracked(|geometry| geometry.place_at(at));
    let before = ui.peek(|session| session.frame().servers.len());
    ui.act(command);
    let after = ui.peek(|session| session.frame().servers.len());
    if after > before
        && let Ok(server) = u32::try_from(before)
    {
        ui.moved.update(|moved| {
            moved.insert(server, place);
        });
        ui.selected.set(Some(Thing::Server(server)));
    }
    ui.hold(Tool::Hand);
}
