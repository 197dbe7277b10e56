//! What the marks mean; a click on a kind of message hides it.

use leptos::prelude::*;

use super::state::Ui;
use crate::view::Hidden;

/// The card of marks.
#[component]
pub(crate) fn Legend(ui: Ui) -> impl IntoView {
    view! {
        <section class="card legend" aria-label="Legend">
            <h2 class="heading">"What you see"</h2>
            <ul>
                <li>
                    <svg viewBox="0 0 20 16"><circle class="mark" cx="10" cy="8" r="6"
                        fill="none" stroke="currentColor" /></svg>
                    "knows nothing"
                </li>
                <li>
                    <svg viewBox="0 0 20 16"><circle cx="10" cy="8" r="7" fill="var(--newest)" /></svg>
                    "knows the newest"
                </li>
                <li>
                    <svg viewBox="0 0 20 16"><path fill="var(--older)"
                        d="M10 1a7 7 0 106.8 5.2a3 3 0 01-4-4A7 7 0 0010 1z" /></svg>
                    "knows an older"
                </li>
                <li>
                    <svg viewBox="0 0 20 16"><circle class="mark" cx="10" cy="8" r="6" fill="none"
                        stroke="var(--wrong)" stroke-dasharray="3 2.4" /><path class="mark"
                        stroke="var(--wrong)" d="M8 6l4 4M12 6l-4 4" /></svg>
                    "is down"
                </li>
                <li>
                    <svg viewBox="0 0 20 16"><circle class="mark" cx="10" cy="8" r="6" fill="none"
                        stroke="currentColor" /><path class="mark" stroke="currentColor"
                        d="M8.500 5v6M11.500 5v6" /></svg>
                    "is paused"
                </li>
                <li>
                    <svg viewBox="0 0 20 16"><circle class="mark" cx="10" cy="8" r="6" fill="none"
                        stroke="currentColor" style="stroke-width:2.5" stroke-linecap="round"
                        stroke-dasharray="0.1 3.600" /></svg>
                    "came back empty"
                </li>
                <Kind ui name="update" on=|hidden| &mut hidden.updates
                    mark="M2 8h9" dot="M11 8a3.5 3.5 0 107 0a3.5 3.5 0 10-7 0" colour="var(--newest)" />
                <Kind ui name="question, answer" on=|hidden| &mut hidden.clients
                    mark="M14.5 4.5L18 8l-3.500 3.500L11 8z" dot="M5 4.500L8.500 8L5 11.500L1.500 8z"
                    colour="var(--question)" />
                <Kind ui name="repair" on=|hidden| &mut hidden.repair
                    mark="" dot="M10 3l5 9H5z" colour="var(--repair)" />
                <Kind ui name="graft, prune" on=|hidden| &mut hidden.trees
                    mark="M2 8h6M5 5v6M12 8h6" dot="" colour="var(--quiet)" />
                <Kind ui name="digest, pull" on=|hidden| &mut hidden.digests
                    mark="M2 5h6v6h-6zM12 6.500l3 3l3-3" dot="" colour="var(--quiet)" />
                <Kind ui name="greetings" on=|hidden| &mut hidden.control
                    mark="" dot="M8 8a2 2 0 104 0a2 2 0 10-4 0" colour="var(--quiet)" />
            </ul>
            <Tree ui />
        </section>
    }
}

/// The tree that the links show, if they show one.
#[component]
fn Tree(ui: Ui) -> impl IntoView {
    let root = Memo::new(move |_| {
        ui.read(|session| Some(session.server_name(session.root()?).to_owned()))
    });
    view! {
        {move || {
            root.get()
                .map(|root| {
                    view! {
                        <p class="tree" data-root=root>
                            <span>"Tree of " <strong>{root.clone()}</strong></span>
                            <span>
                                <svg viewBox="0 0 28 16"><path d="M1 8h20" fill="none"
                                    stroke="var(--feed)" stroke-width="3.500" />
                                <path d="M19 3.500l8 4.500l-8 4.500z" fill="var(--feed)" /></svg>
                                "feeds"
                            </span>
                            <span>
                                <svg viewBox="0 0 28 16"><path d="M1 8h26" fill="none"
                                    stroke="var(--lazy)" stroke-width="1" /></svg>
                                "lazy"
                            </span>
                        </p>
                    }
                })
        }}
    }
}

/// A kind of message that can be hidden.
#[component]
fn Kind(
    ui: Ui,
    name: &'static str,
    on: fn(&mut Hidden) -> &mut bool,
    mark: &'static str,
    dot: &'static str,
    colour: &'static str,
) -> impl IntoView {
    let shown = move || !*on(&mut ui.hidden.get());
    view! {
        <li>
            <button class="plain kind" aria-pressed=move || shown().to_string()
                title="Show or hide"
                on:click=move |_| ui.hidden.update(|hidden| { let kind = on(hidden); *kind = !*kind; })>
                <svg viewBox="0 0 20 16">
                    <path d=mark fill="none" style=format!("stroke:{colour}") />
                    <path d=dot style=format!("fill:{colour};stroke:none") />
                </svg>
                {name}
            </button>
        </li>
    }
}
