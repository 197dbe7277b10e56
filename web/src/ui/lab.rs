//! The Lab: many seeds at once, and what failed made small, in workers.

use std::collections::BTreeMap;

use leptos::prelude::*;

use herd_sim_wasm::Bug;

use super::opening::open_text;
use super::state::{Tab, Ui};
use super::trials::{NoReturnTrial, RaceTrial, Trials};
use super::worker::{Heard, Job};
use crate::lab::{Failure, Outcome, Search, Small, share};

/// How many seeds a person may choose.
const SEEDS: [u32; 3] = [200, 600, 2_000];
/// Between two looks at the dots, ms.
const LOOK: f64 = 100.0;
/// Workers at most: beyond that the stage would have to share its core.
const WORKERS: u32 = 8;

/// What the Lab holds; it goes on while another tab is open.
#[derive(Clone, Copy)]
pub(crate) struct Lab {
    search: RwSignal<Search>,
    /// The seed of the failure that is looked at.
    chosen: RwSignal<Option<u32>>,
    small: RwSignal<Option<Small>>,
    /// When its dots were brought up to date, ms.
    shown: StoredValue<f64>,
    seeds: RwSignal<u32>,
    bug: RwSignal<&'static str>,
    searches: StoredValue<BTreeMap<u32, Job>, LocalStorage>,
    shrinks: StoredValue<Option<Job>, LocalStorage>,
    /// Searches under way.
    running: RwSignal<usize>,
    /// Whether the first failure is looked at by itself.
    hunting: RwSignal<bool>,
    /// What is done there.
    mode: RwSignal<Mode>,
    /// The present run, tried in several ways.
    pub(super) trials: Trials,
}

/// What is done in the Lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Search,
    NoReturn,
    Race,
}

const MODES: [(Mode, &str); 3] =
    [(Mode::Search, "Search"), (Mode::NoReturn, "No return"), (Mode::Race, "Race")];

impl Lab {
    pub(crate) fn new() -> Self {
        Self {
            search: RwSignal::new(Search::default()),
            chosen: RwSignal::new(None),
            small: RwSignal::new(None),
            shown: StoredValue::new(0.0),
            seeds: RwSignal::new(SEEDS[0]),
            bug: RwSignal::new(Bug::None.name()),
            searches: StoredValue::new_local(BTreeMap::new()),
            shrinks: StoredValue::new_local(None),
            running: RwSignal::new(0),
            hunting: RwSignal::new(false),
            mode: RwSignal::new(Mode::Search),
            trials: Trials::new(),
        }
    }

    /// Searches for a planted bug, as if somebody had chosen it.
    pub(super) fn hunt(self, ui: Ui, bug: Bug) {
        self.cancel();
        self.mode.set(Mode::Search);
        self.bug.set(bug.name());
        ui.tab.set(Tab::Lab);
        self.begin(ui);
        self.hunting.set(true);
    }

    fn begin(self, ui: Ui) {
        let seeds = self.seeds.get_untracked();
        self.search.set(Search::new(seeds));
        self.chosen.set(None);
        self.hunting.set(false);
        self.forget_small();
        let cores = window().navigator().hardware_concurrency();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is clamped"
        )]
        let workers = (cores.clamp(2.0, f64::from(WORKERS) + 1.0) as u32) - 1;
        let bug = Some(self.bug.get_untracked()).filter(|bug| *bug != Bug::None.name());
        for worker in 0..workers {
            let heard = move |heard| self.heard(ui, worker, heard);
            match Job::swarm(share(seeds, worker, workers), bug, heard) {
                Ok(job) => self.searches.update_value(|jobs| drop(jobs.insert(worker, job))),
                Err(why) => ui.toast.set(Some((why, false))),
            }
        }
        self.count();
    }

    /// A hunt that has found nothing goes on among more seeds: some bugs are rare.
    fn hunt_on(self, ui: Ui) {
        let more = SEEDS.into_iter().find(|seeds| *seeds > self.seeds.get_untracked());
        let over = self.hunting.get_untracked()
            && self.running.get_untracked() == 0
            && self.search.with_untracked(|search| search.failures().is_empty());
        if let Some(more) = more.filter(|_| over) {
            self.seeds.set(more);
            self.begin(ui);
            self.hunting.set(true);
        }
    }

    fn cancel(self) {
        self.hunting.set(false);
        self.searches.update_value(BTreeMap::clear);
        self.count();
    }

    fn count(self) {
        self.running.set(self.searches.with_value(BTreeMap::len));
    }

    fn heard(self, ui: Ui, worker: u32, heard: Heard) {
        match heard {
            Heard::Seeds(seeds) => {
                self.search.update_untracked(|search| {
                    for (seed, events, failure) in seeds {
                        search.note(seed, events, failure);
                    }
                });
                // Workers report far more often than anybody looks at thousands of dots.
                let now = js_sys::Date::now();
                if now - self.shown.get_value() >= LOOK {
                    self.shown.set_value(now);
                    self.search.notify();
                }
                let first = self.search.with_untracked(|s| s.failures().keys().next().copied());
                if self.hunting.get_untracked() && first.is_some() {
                    self.hunting.set(false);
                    self.chosen.set(first);
                }
            }
            Heard::Smaller(_) | Heard::Points(_) | Heard::Raced(_) => {}
            Heard::Done => self.end(ui, worker),
            Heard::Refused(why) => {
                ui.toast.set(Some((why, false)));
                self.end(ui, worker);
            }
            Heard::Crashed(what, seed, run) => {
                ui.toast.set(Some((crashed(&what), false)));
                if let Some(seed) = seed {
                    let failure = Failure { check: "crash".into(), what: crashed(&what), run };
                    self.search.update(|search| search.note(seed, 0, Some(failure)));
                }
                self.end(ui, worker);
            }
        }
    }

    fn end(self, ui: Ui, worker: u32) {
        // Not now: the worker is being heard.
        leptos::task::spawn_local(async move {
            self.search.notify();
            self.searches.update_value(|jobs| drop(jobs.remove(&worker)));
            self.count();
            self.hunt_on(ui);
        });
    }

    fn forget_small(self) {
        self.small.set(None);
        self.shrinks.set_value(None);
    }

    fn shrink(self, ui: Ui, run: &str) {
        self.forget_small();
        let heard = move |heard| match heard {
            Heard::Smaller(new) => self.small.update(|small| {
                let before = small.take().map_or_else(|| new.now.clone(), |small| small.before);
                *small = Some(Small { before, ..new });
            }),
            Heard::Done => self.small.update(|small| {
                if let Some(small) = small {
                    small.done = true;
                }
            }),
            Heard::Seeds(_) | Heard::Points(_) | Heard::Raced(_) => {}
            Heard::Refused(why) => ui.toast.set(Some((why, false))),
            Heard::Crashed(why, ..) => ui.toast.set(Some((crashed(&why), false))),
        };
        match Job::shrink(run, heard) {
            Ok(job) => self.shrinks.set_value(Some(job)),
            Err(why) => ui.toast.set(Some((why, false))),
        }
    }
}

pub(super) fn crashed(why: &str) -> String {
    format!("The simulator crashed in a worker; the run is kept. {why}")
}

/// The tab.
#[component]
pub(crate) fn LabTab(ui: Ui) -> impl IntoView {
    let lab = ui.lab;
    let modes = MODES.map(|(mode, name)| {
        view! {
            <button data-mode=format!("{mode:?}")
                aria-pressed=move || (lab.mode.get() == mode).to_string()
                on:click=move |_| lab.mode.set(mode)>{name}</button>
        }
    });
    view! {
        <div class="lab">
            <div class="modes" role="group" aria-label="What to do">{modes.collect_view()}</div>
            {move || match lab.mode.get() {
                Mode::Search => view! { <Form ui /><Seeds ui /><Chosen ui /> }.into_any(),
                Mode::NoReturn => view! { <NoReturnTrial ui /> }.into_any(),
                Mode::Race => view! { <RaceTrial ui /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Form(ui: Ui) -> impl IntoView {
    let lab = ui.lab;
    let bugs = Bug::ALL.map(|bug| {
        let name = bug.name();
        let text = if bug == Bug::None { "none" } else { name };
        view! { <option value=name selected=move || lab.bug.get() == name>{text}</option> }
    });
    let seeds = SEEDS.map(|seeds| {
        let chosen = move || lab.seeds.get() == seeds;
        view! { <option value=seeds.to_string() selected=chosen>{seeds.to_string()}</option> }
    });
    view! {
        <div class="form">
            <p class="note">{move || match Bug::named(lab.bug.get()) {
                Some(bug) if bug != Bug::None => bug.sentence(),
                _ => "Every seed is a herd with its faults. Search them for what breaks a check.",
            }}</p>
            <label>
                "Bug "
                <select on:change=move |event| {
                    if let Some(bug) = Bug::named(&event_target_value(&event)) {
                        lab.bug.set(bug.name());
                    }
                }>{bugs.collect_view()}</select>
            </label>
            <label>
                "Seeds "
                <select on:change=move |event| {
                    if let Ok(seeds) = event_target_value(&event).parse() {
                        lab.seeds.set(seeds);
                    }
                }>{seeds.collect_view()}</select>
            </label>
            <div class="tools">
                <button class="main search" disabled=move || { lab.running.get() > 0 }
                    on:click=move |_| lab.begin(ui)>"Search"</button>
                <button class="cancel" disabled=move || lab.running.get() == 0
                    on:click=move |_| lab.cancel()>"Cancel"</button>
            </div>
        </div>
    }
}

/// A dot a seed.
#[component]
fn Seeds(ui: Ui) -> impl IntoView {
    let lab = ui.lab;
    let dots = move || {
        lab.search.with(|search| (0_u32..).zip(search.outcomes().to_vec()).collect::<Vec<_>>())
    };
    let sentence = move || {
        lab.search.with(|search| match search.outcomes().len() {
            0 => "No search yet: a dot will stand here for every seed.".to_owned(),
            _ => search.sentence(),
        })
    };
    view! {
        <div class="found">
            <p class="note" role="status">{sentence}</p>
            <ul class="seeds" aria-label="Seeds">
                <For each=dots key=|dot| *dot let((seed, outcome))>
                    {match outcome {
                        Outcome::Waiting => view! { <li></li> }.into_any(),
                        Outcome::Held => view! { <li class="held"></li> }.into_any(),
                        Outcome::Failed => {
                            let label = format!("Seed {seed} failed");
                            view! {
                                <li class="failed">
                                    <button data-seed=seed aria-label=label.clone() title=label
                                        aria-pressed=move || {
                                            (lab.chosen.get() == Some(seed)).to_string()
                                        }
                                        on:click=move |_| {
                                            lab.chosen.set(Some(seed));
                                            lab.forget_small();
                                        }></button>
                                </li>
                            }
                                .into_any()
                        }
                    }}
                </For>
            </ul>
        </div>
    }
}

/// The failure that is looked at.
#[component]
fn Chosen(ui: Ui) -> impl IntoView {
    let lab = ui.lab;
    let chosen = Memo::new(move |_| {
        let seed = lab.chosen.get()?;
        lab.search.with(|search| Some((seed, search.failures().get(&seed)?.clone())))
    });
    view! {
        <div class="chosen" aria-live="polite">
            {move || match chosen.get() {
                None => {
                    view! {
                        <p class="empty">
                            "A dot that failed opens here: what broke, the moment, the smallest run \
                            that breaks the same."
                        </p>
                    }
                        .into_any()
                }
                Some((seed, failure)) => {
                    let (open, shrink) = (failure.run.clone(), failure.run);
                    view! {
                        <h3>{format!("Seed {seed} breaks ")}<code>{failure.check}</code></h3>
                        <p>{failure.what}</p>
                        <div class="tools">
                            <button class="open" on:click=move |_| open_text(ui, "This run", &open)>
                                "Show the moment"
                            </button>
                            <button class="shrink" on:click=move |_| lab.shrink(ui, &shrink)>
                                "Make it small"
                            </button>
                        </div>
                    }
                        .into_any()
                }
            }}
            {move || lab.small.get().map(|small| view! { <Shrunk ui small /> })}
        </div>
    }
}

/// A run on its way to being small: what is gone is struck out.
#[component]
fn Shrunk(ui: Ui, small: Small) -> impl IntoView {
    let lines = small.lines().into_iter().map(|(line, gone)| {
        let line = line.to_owned();
        if gone {
            view! { <li><del>{line}</del></li> }.into_any()
        } else {
            view! { <li>{line}</li> }.into_any()
        }
    });
    let lines = lines.collect_view();
    let run = small.run.clone();
    let tried = (!small.done).then_some(small.spent);
    view! {
        <div class="tools">
            <span class="note">{small.sentence()}</span>
            <Show when=move || tried.is_some()>
                <progress max="100" value=tried aria-label="Scripts tried of those that may be" />
            </Show>
            <button class="small" on:click=move |_| open_text(ui, "This run", &run)>"Show the small one"</button>
        </div>
        <pre>{small.now.clone()}</pre>
        <ul class="struck" aria-label="What it was">{lines}</ul>
    }
}
