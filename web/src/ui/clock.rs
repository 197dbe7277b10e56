//! The page's heartbeat: time passes, pictures are painted, and ten times a second panels look.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;

use super::stage::Layers;
use super::state::Ui;
use super::transport;
use crate::caption::{self, Standing};
use crate::detail::{self, Detail, Quality};
use crate::session::Session;

/// A longer gap between two frames is a tab in the background: it is not made up for, ms.
const GAP_MAX: f64 = 500.0;
/// Between two looks of the panels, ms.
const LOOK: f64 = 100.0;
/// Between two captions at least, ms.
const CAPTION: f64 = 2000.0;
/// What happened so little before belongs to an instant, ns.
const INSTANT: u64 = 60 * herd_core::time::MILLISECOND;
/// Messages a second that every machine can paint.
const LITTLE: f64 = 60.0;
/// How long playing goes on after the last thing has happened, ms of real time.
const LINGER: f64 = 1500.0;

/// What one frame hands to the next.
#[derive(Debug, Default)]
struct Beat {
    last: Option<f64>,
    looked: f64,
    told: f64,
    /// Log lines that have been told of, and the caption that told of them.
    told_lines: usize,
    quiet_for: f64,
    /// What was painted: the instant and the number of edits.
    painted: Option<(u64, u64, bool)>,
    quality: Quality,
    /// Checks that were broken when one last looked.
    broken: usize,
}

/// Called with the instant of a frame, ms.
type OnFrame = Closure<dyn FnMut(f64)>;

/// Runs as long as the page is open.
pub(crate) fn run(ui: Ui, layers: Layers, strip: NodeRef<CanvasElement>) {
    let beat = RefCell::new(Beat::default());
    let again: Rc<RefCell<Option<OnFrame>>> = Rc::default();
    let next = Rc::clone(&again);
    *again.borrow_mut() = Some(Closure::new(move |at: f64| {
        frame(ui, layers, strip, &mut beat.borrow_mut(), at);
        request(next.borrow().as_ref());
    }));
    request(again.borrow().as_ref());
}

fn request(frame: Option<&OnFrame>) {
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
        return;
    }
    if !ui.playing.get_untracked() {
        beat.broken = ui.peek(Session::broken_checks);
    } else if passed < GAP_MAX {
        play(ui, beat, passed);
    }
    choose_detail(ui, beat, passed);
    layers.paint(ui);
    if at - beat.looked >= LOOK {
        beat.looked = at;
        look(ui, strip, beat, at);
    }
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
    let more = ui.pass(|session| session.advance(ns));
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
fn virtual_ns(ms: f64, speed: f64) -> u64 {
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
    tell(ui, beat, at);
}

/// Says what has happened since the last caption.
fn tell(ui: Ui, beat: &mut Beat, at: f64) {
    let lines = ui.peek(|session| session.log().len());
    if lines == beat.told_lines {
        return;
    }
    // A person who went back, or acted, is told at once.
    let playing = ui.playing.get_untracked() && lines > beat.told_lines;
    let acted = ui.peek(|session| {
        let new = session.log().get(beat.told_lines..).unwrap_or_default();
        new.iter().any(caption::is_urgent)
    });
    if playing && !acted && at - beat.told < CAPTION {
        return;
    }
    let sentence = ui.peek(|session| {
        let log = session.log();
        // Who jumped through time is told of the instant reached, not of the way there.
        let reached = log.last().map_or(0, |line| line.at.saturating_sub(INSTANT));
        let from = if playing { beat.told_lines } else { log.partition_point(|l| l.at < reached) };
        let (know, all) = session.reach();
        let client = session.followed_name();
        let (sent, whole) = session.flood_cost();
        let standing = Standing { client, know, all, messages: whole.map(|_| sent) };
        let topology = session.script().topology();
        let sentence = caption::tell(&log[from..], topology, &standing);
        // What was true elsewhere in time is not left standing.
        let before = || caption::tell(caption::last(log), topology, &standing);
        let nothing = || "Nothing has been said yet.".to_owned();
        sentence.or_else(|| (!playing).then(|| before().unwrap_or_else(nothing)))
    });
    beat.told_lines = lines;
    if let Some(sentence) = sentence {
        beat.told = at;
        ui.caption.set(sentence);
    } else if lines == 0 {
        ui.caption.set(String::new());
    }
}
