//! The page's heartbeat: time passes, pictures are painted, and ten times a second panels look.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;

use super::grip::under;
use super::stage::Layers;
use super::state::Ui;
use super::transport;
use crate::detail::{self, Detail, Quality};
use crate::geometry::Thing;
use crate::session::Session;
use crate::teller::{self, Teller};

/// A longer gap between two frames is a tab in the background: it is not made up for, ms.
pub(super) const GAP_MAX: f64 = 500.0;
/// Between two looks of the panels, ms.
pub(super) const LOOK: f64 = 100.0;
/// While time passes, the frame of a look comes late by what it takes, and for so many times as long
/// nobody looks again: a large herd is to move, whatever its panels take.
const REST: f64 = 4.0;
/// Messages a second that every machine can paint.
const LITTLE: f64 = 60.0;
/// How long playing goes on after the last thing has happened, ms of real time.
pub(super) const LINGER: f64 = 1500.0;

/// What one frame hands to the next.
#[derive(Debug, Default)]
struct Beat {
    last: Option<f64>,
    looked: f64,
    /// Whether one looked in the last frame, and how long one does not look after it.
    looks: bool,
    rest: f64,
    /// The instant that the stage showed.
    shown: u64,
    teller: Teller,
    /// When something was spoken last, ms.
    spoke: Option<f64>,
    quiet_for: f64,
    /// What was painted: the instant and the number of edits.
    painted: Option<(u64, u64, bool)>,
    quality: Quality,
    /// Checks that were broken when one last looked.
    broken: usize,
}

/// Called with the instant of a frame, ms.
pub(super) type OnFrame = Closure<dyn FnMut(f64)>;

/// Runs as long as the page is open. `teller` has told what was to be told so far.
pub(crate) fn run(ui: Ui, layers: Layers, strip: NodeRef<CanvasElement>, teller: Teller) {
    let beat = RefCell::new(Beat { teller, ..Beat::default() });
    let again: Rc<RefCell<Option<OnFrame>>> = Rc::default();
    let next = Rc::clone(&again);
    *again.borrow_mut() = Some(Closure::new(move |at: f64| {
        frame(ui, layers, strip, &mut beat.borrow_mut(), at);
        request(next.borrow().as_ref());
    }));
    request(again.borrow().as_ref());
}

pub(super) fn request(frame: Option<&OnFrame>) {
    if let Some(frame) = frame {
        // Refused only where there is no window any more.
        drop(window().request_animation_frame(frame.as_ref().unchecked_ref()));
    }
}

fn frame(ui: Ui, layers: Layers, strip: NodeRef<CanvasElement>, beat: &mut Beat, at: f64) {
    let passed = beat.last.map_or(0.0, |last| at - last);
    beat.last = Some(at);
    if ui.live.frame(ui, at) {
        // The simulated one waits as it is.
        speak(ui, beat, &ui.live.caption.get_untracked().0, at);
        return;
    }
    if !ui.playing.get_untracked() {
        beat.broken = ui.peek(Session::broken_checks);
    } else if passed < GAP_MAX {
        ui.near.set(is_near(ui));
        play(ui, beat, passed);
    }
    choose_detail(ui, beat, passed);
    layers.paint(ui);
    if std::mem::take(&mut beat.looks) {
        let late = if ui.playing.get_untracked() { passed.min(GAP_MAX) } else { 0.0 };
        beat.rest = LOOK.max(late * REST);
    }
    let now = ui.peek(Session::now);
    let held = !ui.playing.get_untracked() && std::mem::replace(&mut beat.shown, now) != now;
    // What a hand moves is shown first, and the panels follow when it rests, or after two looks.
    if at - beat.looked >= if held { 2.0 * LOOK } else { beat.rest } {
        beat.looked = at;
        beat.looks = true;
        look(ui, strip, beat, at);
    }
}

/// Whether the mouse is near a message that it could catch: they come and go, though it rests.
fn is_near(ui: Ui) -> bool {
    let at = ui.pointer.get_untracked().filter(|_| ui.detail.get_untracked() != Detail::Glow);
    at.is_some_and(|at| matches!(under(ui, at), Some(Thing::Message(_))))
}

/// Draws as much as can be seen, and as this machine can paint in time.
fn choose_detail(ui: Ui, beat: &mut Beat, passed: f64) {
    let before = ui.detail.get_untracked();
    let hidden = ui.hidden.get_untracked();
    let rate = ui.peek(|session| detail::rate(session.frame(), hidden, super::speed(ui)));
    // With little to paint, what takes so long is something else.
    if rate > LITTLE && ui.playing.get_untracked() && passed < GAP_MAX {
        beat.quality.frame(passed);
    }
    let wanted = Detail::of(rate, before);
    let detail = if rate > LITTLE { beat.quality.limit(wanted) } else { wanted };
    if detail != before {
        ui.detail.set(detail);
    }
}

fn play(ui: Ui, beat: &mut Beat, passed: f64) {
    let ns = virtual_ns(passed, super::speed(ui));
    let busy = ui.detail.get_untracked() != Detail::Whole;
    let more = ui.pass(|session| session.play(ns, busy));
    beat.quiet_for = if more { 0.0 } else { beat.quiet_for + passed };
    let broken = ui.peek(Session::broken_checks);
    if broken > std::mem::replace(&mut beat.broken, broken) {
        // Once: who goes on has seen it.
        ui.playing.set(false);
    }
    if beat.quiet_for >= LINGER && ui.until_quiet.get_untracked() {
        ui.playing.set(false);
        beat.quiet_for = 0.0;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a frame is short")]
pub(super) fn virtual_ns(ms: f64, speed: f64) -> u64 {
    (ms * 1e6 * speed) as u64
}

/// Panels, strip and caption follow, if anything has changed.
fn look(ui: Ui, strip: NodeRef<CanvasElement>, beat: &mut Beat, at: f64) {
    let shows = (
        ui.peek(Session::now),
        ui.edits.get_untracked() << 20 | ui.resizes.get_untracked(),
        ui.dark.get_untracked(),
    );
    if beat.painted != Some(shows) {
        beat.painted = Some(shows);
        ui.pass(Session::catch_up);
        transport::paint(ui, strip);
        ui.tick();
    }
    let playing = ui.playing.get_untracked();
    if let Some(sentence) = ui.peek(|session| beat.teller.tell(&session.sight(), playing, at)) {
        ui.caption.set(sentence);
    }
    speak(ui, beat, &ui.caption.get_untracked(), at);
}

/// Who acts sees at once what comes of it; who listens is not interrupted in the middle of a sentence.
fn speak(ui: Ui, beat: &mut Beat, sentence: &str, at: f64) {
    let is_new = || ui.spoken.with_untracked(|old| old != sentence);
    if beat.spoke.is_none_or(|spoke| at - spoke >= teller::APART) && is_new() {
        beat.spoke = Some(at);
        ui.spoken.set(sentence.to_owned());
    }
}
