//! What must hold, a lamp each.

use leptos::prelude::*;

use herd_sim_wasm::Lamp;

use super::state::Ui;
use crate::geometry::Thing;

/// The card of lamps.
#[component]
pub(crate) fn Checks(ui: Ui) -> impl IntoView {
    let lamps = Memo::new(move |_| ui.read(|session| session.frame().lamps.clone()));
    let broken =
        Memo::new(move |_| lamps.with(|lamps| lamps.iter().any(|lamp| lamp.broken.is_some())));
    let count = move || {
        lamps.with(|lamps| {
            let broken = lamps.iter().filter(|lamp| lamp.broken.is_some()).count();
            let held = lamps.iter().filter(|lamp| lamp.tried && lamp.broken.is_none()).count();
            match broken {
                0 if lamps.is_empty() => "tapes are not judged".to_owned(),
                0 => format!("{held} of {} hold", lamps.len()),
                broken => format!("{broken} broken"),
            }
        })
    };
    view! {
        <section class="card checks" aria-label="Checks">
            <details prop:open=broken>
            <summary>
                <h2 class="heading">"What must hold · "{count}</h2>
                <span class="dots" aria-hidden="true">
                    {move || {
                        lamps
                            .get()
                            .iter()
                            .map(|lamp| {
                                let (class, state) = look(lamp);
                                let title = format!("{}: {state}", short(lamp.name));
                                view! { <span class=class title=title></span> }
                            })
                            .collect_view()
                    }}
                </span>
            </summary>
            <ul class="lamps">
                {move || {
                    let mut lamps = lamps.get();
                    // What is broken is what one looks for.
                    lamps.sort_by_key(|lamp| lamp.broken.is_none());
                    lamps
                        .into_iter()
                        .map(|lamp| {
                            let (class, state) = look(&lamp);
                            let open = lamp.broken.is_some();
                            let broken = lamp.broken.clone();
                            view! {
                                <li data-check=lamp.name data-state=state>
                                    <span class=class role="img" aria-label=state></span>
                                    <details open=open>
                                        <summary>{short(lamp.name)}</summary>
                                        <p>{lamp.sentence}</p>
                                        {broken
                                            .map(|broken| {
                                                let at = broken.at;
                                                let server = broken.servers.first().copied();
                                                view! {
                                                    <p>{broken.what.clone()}</p>
                                                    <button on:click=move |_| {
                                                        ui.travel(|session| session.seek(at));
                                                        if let Some(server) = server {
                                                            super::select(ui, Thing::Server(server.0));
                                                        }
                                                    }>"Show the moment"</button>
                                                }
                                            })}
                                    </details>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            </details>
        </section>
    }
}

/// A lamp's class, and what it says.
pub(super) const fn look(lamp: &Lamp) -> (&'static str, &'static str) {
    match (&lamp.broken, lamp.tried) {
        (Some(_), _) => ("lamp red", "broken"),
        (None, true) => ("lamp", "holds"),
        (None, false) => ("lamp wait", "nothing to judge yet"),
    }
}

/// A check's name as a person says it.
fn short(name: &'static str) -> &'static str {
    match name {
        "never_back" => "Nothing goes back in time",
        "one_truth" => "One version, one content",
        "converged" => "At rest, all agree",
        "answered_once" => "Every line, one answer",
        "flood_cost" => "A flood costs 2E − N + 1",
        "bounded" => "Every queue has its limit",
        "never_invented" => "Nothing is invented",
        "told_once" => "Told once on every link",
        "freshest_answer" => "Answers are the freshest",
        "accounted" => "Every message is accounted for",
        "in_order" => "First said, first heard",
        "damaged_rejected" => "Damage is refused",
        "in_time" => "In time, everyone knows",
        "counted_once" => "No number is given twice",
        "covered" => "What is had is held",
        "same_knowledge" => "Who has the same, holds the same",
        "no_future" => "Nothing from the far future",
        "no_echo" => "Nothing goes back",
        "no_ring" => "Feeds form no ring",
        "pruned_with_proof" => "No feed is told to stop",
        "epochs_grow" => "Trees grow newer",
        "all_fed" => "At rest, all are fed",
        "no_storms" => "Nobody talks for ever",
        other => other,
    }
}
