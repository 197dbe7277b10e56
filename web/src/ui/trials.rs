//! The present run, tried in several ways in a worker: when was it too late, and which protocol does
//! better.

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use herd_core::Preset;

use super::bar::protocol_name;
use super::canvas::Canvas;
use super::lab::crashed;
use super::opening::open_text;
use super::state::Ui;
use super::worker::{Heard, Job};
use crate::charts;
use crate::palette::Palette;
use crate::trials::{NoReturn, Race};

/// What the Lab holds of both; it goes on while another tab is open.
#[derive(Clone, Copy)]
pub(crate) struct Trials {
    points: RwSignal<NoReturn>,
    /// The point that is looked at.
    chosen: RwSignal<Option<usize>>,
    race: RwSignal<Race>,
    presets: RwSignal<[&'static str; 2]>,
    job: StoredValue<Option<Job>, LocalStorage>,
    busy: RwSignal<bool>,
}

impl Trials {
    pub(super) fn new() -> Self {
        Self {
            points: RwSignal::new(NoReturn::default()),
            chosen: RwSignal::new(None),
            race: RwSignal::new(Race::default()),
            presets: RwSignal::new([Preset::Flood.name(), Preset::Grove.name()]),
            job: StoredValue::new_local(None),
            busy: RwSignal::new(false),
        }
    }

    fn look(self, ui: Ui) {
        self.points.set(NoReturn::default());
        self.chosen.set(None);
        let script = ui.peek(|session| session.script().to_string());
        self.begin(ui, Job::no_return(&script, move |heard| self.heard(ui, heard)));
    }

    fn run(self, ui: Ui) {
        self.race.set(Race::default());
        let script = ui.peek(|session| session.script().to_string());
        let presets = self.presets.get_untracked();
        self.begin(ui, Job::race(&script, presets, move |heard| self.heard(ui, heard)));
    }

    fn begin(self, ui: Ui, job: Result<Job, String>) {
        match job {
            Ok(job) => {
                self.job.set_value(Some(job));
                self.busy.set(true);
            }
            Err(why) => ui.toast.set(Some((why, false))),
        }
    }

    fn cancel(self) {
        self.job.set_value(None);
        self.busy.set(false);
    }

    fn heard(self, ui: Ui, heard: Heard) {
        match heard {
            Heard::Points(points) => {
                if let Some(turn) = points.turn {
                    self.chosen.set(Some(turn));
                }
                self.points.set(points);
            }
            Heard::Raced(race) => self.race.set(race),
            Heard::Done => {
                self.race.update(|race| race.done = true);
                self.end();
            }
            Heard::Refused(why) => {
                ui.toast.set(Some((why, false)));
                self.end();
            }
            Heard::Crashed(why, ..) => {
                ui.toast.set(Some((crashed(&why), false)));
                self.end();
            }
            Heard::Seeds(_) | Heard::Smaller(_) => {}
        }
    }

    fn end(self) {
        // Not now: the worker is being heard.
        leptos::task::spawn_local(async move { self.cancel() });
    }
}

/// The two buttons of a trial.
fn buttons(trials: Trials, word: &'static str, begin: impl Fn() + 'static) -> impl IntoView {
    view! {
        <div class="tools">
            <button class="main begin" disabled=move || trials.busy.get()
                on:click=move |_| begin()>{word}</button>
            <button class="cancel" disabled=move || !trials.busy.get()
                on:click=move |_| trials.cancel()>"Cancel"</button>
        </div>
    }
}

/// The point of no return.
#[component]
pub(super) fn NoReturnTrial(ui: Ui) -> impl IntoView {
    let trials = ui.lab.trials;
    let sentence = move || {
        trials.points.with(|points| match (points.whole, trials.busy.get()) {
            (0, false) => "A point will stand here for every command of this run.".to_owned(),
            (0, true) => "It begins …".to_owned(),
            _ => points.sentence(),
        })
    };
    let told = move || {
        let point = trials.chosen.get()?;
        trials.points.with(|points| points.points.get(point).cloned())
    };
    view! {
        <div class="form">
            <p class="note">
                "This run, cut off before each command and calm from there: from when on was it too \
                late?"
            </p>
            {buttons(trials, "Look", move || trials.look(ui))}
        </div>
        <div class="found">
            <p class="note" role="status">{sentence}</p>
            <Curve trials />
        </div>
        <div class="chosen" aria-live="polite">
            {move || match told() {
                None => view! {
                    <p class="empty">"A point opens here: what was done, and how it ends."</p>
                }
                    .into_any(),
                Some(point) => {
                    let run = point.run.clone();
                    view! {
                        <p>{point.sentence()}</p>
                        <div class="tools">
                            <button class="open" on:click=move |_| open_text(ui, "This run", &run)>
                                "Open this run"
                            </button>
                        </div>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

/// The points, from left to right by their commands, upwards by how much is known in the end.
#[component]
fn Curve(trials: Trials) -> impl IntoView {
    let line = move || {
        trials.points.with(|points| {
            let at = |point: usize| {
                let (x, y) = points.place(point);
                format!("{:.2},{:.2}", x * 100.0, 100.0 - y * 100.0)
            };
            (0..points.points.len()).map(at).collect::<Vec<_>>().join(" ")
        })
    };
    let dots = move || {
        trials.points.with(|points| {
            let dot = |point: usize| {
                let (x, y) = points.place(point);
                let failed = points.points[point].broken.is_some();
                let label = points.points[point].sentence();
                let class = match points.turn == Some(point) {
                    true => "failed turn",
                    false if failed => "failed",
                    false => "held",
                };
                view! {
                    <button class=class aria-label=label.clone() title=label
                        style=format!("left:{:.2}%;bottom:{:.2}%", x * 100.0, y * 100.0)
                        aria-pressed=move || (trials.chosen.get() == Some(point)).to_string()
                        on:click=move |_| trials.chosen.set(Some(point))></button>
                }
            };
            (0..points.points.len()).map(dot).collect_view()
        })
    };
    view! {
        <div class="curve" role="group" aria-label="Points, and how much is known in the end">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                <polyline points=line fill="none" stroke="currentColor"
                    vector-effect="non-scaling-stroke" />
            </svg>
            {dots}
        </div>
    }
}

/// Two protocols, the same run.
#[component]
pub(super) fn RaceTrial(ui: Ui) -> impl IntoView {
    let trials = ui.lab.trials;
    let canvas = NodeRef::<CanvasElement>::new();
    Effect::new(move |_| {
        ui.resizes.track();
        let palette = if ui.dark.get() { &Palette::DARK } else { &Palette::LIGHT };
        let race = trials.race.get();
        let Some(mut painter) = canvas.get().and_then(|canvas| Canvas::clear(&canvas)) else {
            return;
        };
        let size = (painter.width, painter.height);
        charts::paint_race(&mut painter, &race.sides, race.servers, palette, size);
    });
    let sentence = move || {
        trials.race.with(|race| match (race.sides.is_empty(), trials.busy.get()) {
            (true, false) => "Who knows an update, how long after it was told.".to_owned(),
            (true, true) => "Ready …".to_owned(),
            (false, _) => race.sentence(),
        })
    };
    let choice = move |side: usize| {
        let options = Preset::ALL.into_iter().map(move |preset| {
            let name = preset.name();
            let chosen = move || trials.presets.get()[side] == name;
            view! { <option value=name selected=chosen>{protocol_name(preset)}</option> }
        });
        view! {
            <select aria-label=format!("Protocol {}", side + 1) on:change=move |event| {
                if let Some(preset) = Preset::named(&event_target_value(&event)) {
                    trials.presets.update(|presets| presets[side] = preset.name());
                }
            }>{options.collect_view()}</select>
        }
    };
    view! {
        <div class="form">
            <p class="note">"This run with two protocols: the same herd, faults and luck."</p>
            <label class="first">{choice(0)}</label>
            <label class="second">{choice(1)}</label>
            {buttons(trials, "Race", move || trials.run(ui))}
        </div>
        <div class="found">
            <p class="note" role="status">{sentence}</p>
            <canvas node_ref=canvas role="img" aria-label=sentence></canvas>
        </div>
        <div class="chosen">{move || trials.race.with(figures)}</div>
    }
}

/// The figures of a race.
fn figures(race: &Race) -> AnyView {
    let name = |side: usize| {
        let preset = race.sides.get(side).and_then(|side| Preset::named(&side.preset));
        preset.map_or("", protocol_name)
    };
    if race.sides.is_empty() {
        return view! { <p class="empty">"What each of the two takes will stand here."</p> }
            .into_any();
    }
    let rows = race.rows().into_iter().map(|(what, [a, b])| {
        view! { <tr><th scope="row">{what}</th><td class="end">{a}</td><td class="end">{b}</td></tr> }
    });
    view! {
        <table class="figures">
            <thead>
                <tr><td></td><th class="end first" scope="col">{name(0)}</th>
                    <th class="end second" scope="col">{name(1)}</th></tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
