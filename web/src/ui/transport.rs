//! Time, as a thing to hold: play, step, speed, and a strip with all that was done and happened.

use leptos::ev;
use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use super::branches::Branches;
use super::canvas::Canvas;
use super::icons::{Icon, Picture};
use super::state::{SPEEDS, STEPS, Ui};
use super::tapes::Tapes;
use super::until::Until;
use crate::paint::Within;
use crate::palette::Palette;
use crate::session::Session;
use crate::timeline;

/// The row of buttons, the strip and the clock.
#[component]
pub(crate) fn Transport(ui: Ui, strip: NodeRef<CanvasElement>) -> impl IntoView {
    let play_icon = Signal::derive(move || if ui.playing.get() { Icon::Pause } else { Icon::Play });
    let play_word = move || if ui.playing.get() { "Pause" } else { "Play" };
    let scrub = move |event: ev::Event| {
        let step = event_target_value(&event).parse().unwrap_or(0_u32);
        let part = f64::from(step) / STEPS;
        ui.scrub(|session| session.seek(part_of(session.end(), part)));
    };
    let part =
        move || ui.read(|session| session.now() as f64 / session.end().max(1) as f64 * STEPS);
    view! {
        <section class="time" aria-label="Time">
            <div class="buttons">
                <button class="icon plain" title="To the beginning (Home)" aria-label="To the beginning"
                    on:click=move |_| ui.travel(|session| session.seek(0))>
                    <Picture icon=Icon::Start />
                </button>
                <button class="icon plain" title="One event back (,)" aria-label="One event back"
                    on:click=move |_| ui.travel(|session| session.step_back())>
                    <Picture icon=Icon::Back />
                </button>
                <button class="icon main play" title="Play or pause (Space)" aria-label=play_word
                    on:click=move |_| super::toggle_play(ui)>
                    <Picture icon=play_icon />
                </button>
                <button class="icon plain" title="One event on (.)" aria-label="One event on"
                    on:click=move |_| ui.travel(|session| session.step())>
                    <Picture icon=Icon::Forward />
                </button>
                <button class="icon plain mark" title="Mark this instant (B)" aria-label="Mark this instant"
                    aria-pressed=move || ui.read(Session::is_marked).to_string()
                    on:click=move |_| bookmark(ui)>
                    <Picture icon=Icon::Flag />
                </button>
            </div>
            <div class="strip">
                <Flags ui />
                <canvas node_ref=strip aria-hidden="true"></canvas>
                <input type="range" min="0" max=STEPS step="1" aria-label="The instant shown"
                    aria-valuetext=move || ui.read(|session| seconds(session.now()))
                    prop:value=part on:input=scrub />
            </div>
            <div class="rate">
                <Until ui />
                <output class="clock">{move || ui.read(|session| seconds(session.now()))}</output>
                " "
                <select aria-label="Speed" title="Speed ([ and ])"
                    prop:value=move || ui.speed.get().to_string()
                    on:change=move |event| {
                        if let Ok(speed) = event_target_value(&event).parse() {
                            ui.speed.set(speed);
                        }
                    }>
                    {SPEEDS
                        .iter()
                        .enumerate()
                        .map(|(index, (_, name))| {
                            view! {
                                <option value=index.to_string()
                                    selected=move || ui.speed.get() == index>{*name}</option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
            <Branches ui />
            <Tapes ui />
        </section>
    }
}

/// A button for every mark, where it stands.
#[component]
fn Flags(ui: Ui) -> impl IntoView {
    let flags = Memo::new(move |_| {
        ui.read(|session| {
            let end = session.end().max(1) as f64;
            let flag = |at: u64| (at, at as f64 / end * 100.0);
            session.bookmarks().into_iter().map(flag).collect::<Vec<_>>()
        })
    });
    view! {
        {move || {
            flags
                .get()
                .into_iter()
                .map(|(at, left)| {
                    let name = format!("Go to the mark at {}", seconds(at));
                    view! {
                        <button class="flag" aria-label=name.clone() title=name
                            style:left=format!("{left:.2}%")
                            on:click=move |_| ui.travel(|session| session.seek(at))></button>
                    }
                })
                .collect_view()
        }}
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part from 0 to 1")]
pub(super) fn part_of(whole: u64, part: f64) -> u64 {
    (whole as f64 * part.within(0.0, 1.0)) as u64
}

/// Marks the present instant, or takes its mark away.
pub(super) fn bookmark(ui: Ui) {
    ui.pass(Session::bookmark);
    ui.edits.update(|edits| *edits += 1);
    ui.tick();
}

/// Nanoseconds as seconds with three decimals.
pub(crate) fn seconds(ns: u64) -> String {
    format!("{}.{:03} s", ns / 1_000_000_000, ns / 1_000_000 % 1000)
}

/// Paints the strip.
pub(crate) fn paint(ui: Ui, strip: NodeRef<CanvasElement>) {
    let Some(element) = strip.get_untracked() else { return };
    let Some(mut canvas) = Canvas::clear(&element) else { return };
    let palette = if ui.dark.get_untracked() { &Palette::DARK } else { &Palette::LIGHT };
    let (width, height) = (canvas.width, canvas.height);
    ui.peek(|session| {
        timeline::paint(&mut canvas, &session.strip(), palette, width, height);
    });
}
