//! The tab with charts: reach, cost, directness, and what was seen to happen.

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use herd_sim_wasm::Sometimes;

use super::canvas::Canvas;
use super::opening::open_text;
use super::state::Ui;
use crate::charts;
use crate::exemplars;
use crate::palette::Palette;
use crate::session::{Flood, Session, times_shortest};

/// Updates whose cost is charted.
const COSTS: usize = 12;
/// Points of a curve of bytes.
const POINTS: usize = 200;

/// The tab.
#[component]
pub(crate) fn Charts(ui: Ui) -> impl IntoView {
    let canvases = [(); 4].map(|()| NodeRef::<CanvasElement>::new());
    let floods = Memo::new(move |_| {
        ui.client.track();
        ui.read(Session::floods)
    });
    let last = move || floods.with(|floods| floods.last().cloned());
    let all = move || ui.read(|session| session.reach().1);
    Effect::new(move |_| {
        ui.resizes.track();
        let palette = if ui.dark.get() { &Palette::DARK } else { &Palette::LIGHT };
        let painters =
            canvases.map(|canvas| canvas.get().and_then(|canvas| Canvas::clear(&canvas)));
        let [Some(mut reach), Some(mut cost), Some(mut direct), Some(mut bytes)] = painters else {
            return;
        };
        let last = last();
        let times = last
            .as_ref()
            .map_or_else(Vec::new, |last| last.reach.iter().map(|(_, at)| *at).collect());
        let whole = (reach.width, reach.height);
        charts::paint_reach(&mut reach, &times, all(), palette, whole);
        let costs = floods.with(|floods| {
            let from = floods.len().saturating_sub(COSTS);
            floods[from..].iter().map(|flood| (flood.messages, flood.known)).collect::<Vec<_>>()
        });
        let forms = ui.peek(Session::closed_forms);
        let whole = (cost.width, cost.height);
        charts::paint_cost(&mut cost, &costs, forms, palette, whole);
        let whole = (direct.width, direct.height);
        charts::paint_directness(&mut direct, &ways(ui, last.as_ref()), palette, whole);
        let whole = (bytes.width, bytes.height);
        let (traffic, now) = ui.read(|session| (session.traffic(POINTS), session.now()));
        charts::paint_bytes(&mut bytes, &traffic, now, palette, whole);
    });
    let reach_words = move || match last() {
        None => "No update yet.".to_owned(),
        Some(last) => {
            let slowest = last.reach.iter().map(|(_, at)| *at).max().unwrap_or(0);
            format!("{} of {} know it after {} ms.", last.reach.len(), all(), slowest / 1_000_000)
        }
    };
    let cost_words = move || match last() {
        None => "A tree takes N − 1 messages, a flood 2E − N + 1.".to_owned(),
        Some(last) => {
            let (tree, flood) = ui.peek(Session::closed_forms);
            let Flood { messages, known, .. } = last;
            format!(
                "{messages} messages, {known} of them known already; a tree takes {tree}, a flood {flood}."
            )
        }
    };
    let direct_words = move || {
        match times_shortest(&ways(ui, last().as_ref())) {
            None => "How long the update took to each server, over the shortest way.".to_owned(),
            // Ways that are drawn anew for every message may be quicker than they are in the mean.
            Some(times) if times < 1.0 => format!("{times:.2} × the shortest ways in the mean."),
            Some(times) => format!("{times:.2} × the shortest ways."),
        }
    };
    let bytes_words = move || {
        let sums =
            ui.read(|session| session.traffic(1)).map(|curve| curve.last().map_or(0, |p| p.1));
        let [updates, repair, rest] = sums.map(charts::short_bytes);
        format!(
            "{updates} of updates, {repair} of repair (green), {rest} to arrange things (grey)."
        )
    };
    view! {
        <div class="charts">
            <Chart title="Who knows it, when" words=Signal::derive(reach_words) canvas=canvases[0] />
            <Chart title="What an update takes" words=Signal::derive(cost_words) canvas=canvases[1] />
            <Chart title="How direct" words=Signal::derive(direct_words) canvas=canvases[2] />
            <Chart title="Bytes between servers" words=Signal::derive(bytes_words) canvas=canvases[3] />
            <Seen ui />
        </div>
    }
}

/// The shortest way and what it took, to each server but the first.
fn ways(ui: Ui, last: Option<&Flood>) -> Vec<(u64, u64)> {
    last.map_or_else(Vec::new, |last| ui.peek(|session| session.directness(last)))
}

#[component]
fn Chart(
    title: &'static str,
    words: Signal<String>,
    canvas: NodeRef<CanvasElement>,
) -> impl IntoView {
    view! {
        <figure>
            <h3 class="heading">{title}</h3>
            <canvas node_ref=canvas role="img" aria-label=move || words.get()></canvas>
            <figcaption class="note">{move || words.get()}</figcaption>
        </figure>
    }
}

/// Opens a run in which something is seen.
fn show(ui: Ui, what: Sometimes) {
    if let Some(link) = exemplars::of(what) {
        open_text(ui, "This run", link);
    }
}

/// What must be seen sometimes: a badge each, and behind it a run that shows it.
#[component]
fn Seen(ui: Ui) -> impl IntoView {
    let seen = Memo::new(move |_| ui.read(Session::sightings));
    view! {
        <section class="seen">
            <h3 class="heading">"Seen in this run"</h3>
            <ul>
                {move || {
                    let mut rows = seen.get();
                    rows.sort_by_key(|(_, count)| *count == 0);
                    rows.into_iter()
                        .map(|(what, count)| {
                            let class = if count > 0 { "badge met" } else { "badge" };
                            let times = match count {
                                0 => "not yet".to_owned(),
                                count => format!("{count}×"),
                            };
                            view! {
                                <li class=class data-seen=what.name()>
                                    <button class="plain" title="Open a run that shows it"
                                        on:click=move |_| show(ui, what)>
                                        <strong>{times}</strong><span>{what.sentence()}</span>
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </section>
    }
}
