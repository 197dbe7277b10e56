//! The tab with charts: reach, cost, directness, and what was seen to happen.

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use super::canvas::Canvas;
use super::state::Ui;
use crate::charts;
use crate::palette::Palette;
use crate::session::{Flood, Session};

/// Updates whose cost is charted.
const COSTS: usize = 12;

/// The tab.
#[component]
pub(crate) fn Charts(ui: Ui) -> impl IntoView {
    let canvases = [(); 3].map(|()| NodeRef::<CanvasElement>::new());
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
        let [Some(mut reach), Some(mut cost), Some(mut direct)] = painters else { return };
        let last = last();
        let times = last
            .as_ref()
            .map_or_else(Vec::new, |last| last.reach.iter().map(|(_, at)| *at).collect());
        let whole = (reach.width, reach.height);
        charts::paint_reach(&mut reach, &times, all(), palette, whole);
        let costs = floods.with(|floods| {
            let from = floods.len().saturating_sub(COSTS);
            floods[from..].iter().map(|flood| flood.messages).collect::<Vec<_>>()
        });
        let forms = ui.peek(Session::closed_forms);
        let whole = (cost.width, cost.height);
        charts::paint_cost(&mut cost, &costs, forms, palette, whole);
        let whole = (direct.width, direct.height);
        charts::paint_directness(&mut direct, &ways(ui, last.as_ref()), palette, whole);
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
            format!("{} messages; a tree takes {tree}, a flood {flood}.", last.messages)
        }
    };
    let direct_words = move || {
        let ways = ways(ui, last().as_ref());
        let (short, took) = ways.iter().fold((0, 0), |(a, b), (short, took)| (a + short, b + took));
        match short {
            0 => "How long the update took to each server, over the shortest way.".to_owned(),
            short => format!("{:.2} × the shortest ways.", took as f64 / short as f64),
        }
    };
    view! {
        <div class="charts">
            <Chart title="Who knows it, when" words=Signal::derive(reach_words) canvas=canvases[0] />
            <Chart title="What an update takes" words=Signal::derive(cost_words) canvas=canvases[1] />
            <Chart title="How direct" words=Signal::derive(direct_words) canvas=canvases[2] />
            <Seen ui />
        </div>
    }
}

/// The shortest way and what it took, to each server but the first.
fn ways(ui: Ui, last: Option<&Flood>) -> Vec<(u64, u64)> {
    let Some(last) = last else { return Vec::new() };
    let shortest = ui.peek(|session| session.shortest(last.server));
    let way = |(server, took): &(u32, u64)| {
        shortest.get(*server as usize).copied().flatten().map(|short| (short, *took))
    };
    last.reach.iter().skip(1).filter_map(way).collect()
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

/// What must be seen sometimes: a badge each.
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
                                    <strong>{times}</strong><span>{what.sentence()}</span>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </section>
    }
}
