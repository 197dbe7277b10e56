//! What is selected, looked into: a server, a link, or the herd.

use leptos::prelude::*;

use herd_sim_wasm::view::{LinkState, ServerState};

use super::icons::{Icon, Picture};
use super::state::Ui;
use super::transport::seconds;
use crate::geometry::Thing;
use crate::session::{LinkReport, ServerReport, link_word};

/// The card on the right.
#[component]
pub(crate) fn Inspector(ui: Ui) -> impl IntoView {
    let picked = move || ui.selected.get();
    view! {
        <section class="card inspector" class:picked=move || picked().is_some() aria-label="Inspector">
            {move || match picked() {
                Some(Thing::Server(server)) => view! { <Server ui server /> }.into_any(),
                Some(Thing::Link(link)) => view! { <Link ui link /> }.into_any(),
                Some(Thing::Message(id)) => view! { <Message ui id /> }.into_any(),
                None => view! { <Herd ui /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Close(ui: Ui) -> impl IntoView {
    view! {
        <button class="icon plain" aria-label="Close (Escape)" title="Close (Escape)"
            on:click=move |_| ui.selected.set(None)>
            <Picture icon=Icon::Close />
        </button>
    }
}

/// Nothing is selected: all servers, and how to go on.
#[component]
fn Herd(ui: Ui) -> impl IntoView {
    let rows = move || ui.read(|session| session.overview(OVERVIEW_MAX));
    let more =
        move || ui.read(|session| session.frame().servers.len().saturating_sub(OVERVIEW_MAX));
    view! {
        <header><h2>"The herd"</h2></header>
        <p class="note hint">"Click a server to look inside, a link to cut it."</p>
        <table>
            <thead>
                <tr><th>"Server"</th><th>"State"</th><th class="end">"Clients"</th></tr>
            </thead>
            <tbody>
                {move || {
                    rows()
                        .into_iter()
                        .map(|row| {
                            let (class, word) = state_word(row.state);
                            view! {
                                <tr>
                                    <td>
                                        <button class="plain"
                                            on:click=move |_| super::select(ui, Thing::Server(row.server))>
                                            {row.name}
                                        </button>
                                    </td>
                                    <td><span class=class>{word}</span></td>
                                    <td class="end">{row.clients}</td>
                                </tr>
                            }
                        })
                        .collect_view()
                }}
            </tbody>
        </table>
        <p class="note">
            {move || match more() {
                0 => String::new(),
                more => format!("and {more} more, all of them in the table"),
            }}
        </p>
    }
}

/// As many as there is room for beside the stage without scrolling.
const OVERVIEW_MAX: usize = 9;

fn state_word(state: ServerState) -> (&'static str, &'static str) {
    match state {
        ServerState::Up => ("state", "up"),
        ServerState::Down => ("state bad", "down"),
        ServerState::Paused => ("state waiting", "paused"),
    }
}

#[component]
fn Server(ui: Ui, server: u32) -> impl IntoView {
    let report = Memo::new(move |_| ui.read(|session| session.server(server)));
    let state = move || report.with(|report| report.state);
    let own = StoredValue::new(ui.peek(|session| session.server_name(server).to_owned()));
    view! {
        <header>
            <h2>{move || report.with(|report| report.name.clone())}</h2>
            <span class=move || state_word(state()).0>{move || state_word(state()).1}</span>
            <Close ui />
        </header>
        <Actions ui thing=Thing::Server(server) />
        <section>
            <h3 class="heading">"Knows"</h3>
            {move || report.with(|report| store_table(ui, server, report))}
            <Way ui />
        </section>
        <section>
            <h3 class="heading">"Neighbours"</h3>
            <NeighbourTable ui report />
        </section>
        <Show when=move || report.with(|report| !report.feeds.is_empty())>
            <section class="feeds">
                <h3 class="heading">"Fed by"</h3>
                {move || report.with(feed_table)}
            </section>
        </Show>
        <section>
            <h3 class="heading">"Itself"</h3>
            {move || report.with(facts)}
            <div class="settings">
                <Setting ui name="Takes" hint="For every message, such as 50ms; 0s is no time"
                    value=Signal::derive(move || report.with(|report| report.slow.clone()))
                    command=move |text| format!("slow {} {text}", own.get_value()) />
                <Setting ui name="Clock" hint="How far ahead, in seconds, such as +1.5"
                    value=Signal::derive(move || report.with(|report| report.clock.clone()))
                    command=move |text| format!("clock {} {text}", own.get_value()) />
            </div>
        </section>
    }
}

/// How many actions have a button of their own; the menu has all.
const BUTTONS: usize = 4;

/// The first things that can be done, and a menu with the rest.
#[component]
fn Actions(ui: Ui, thing: Thing) -> impl IntoView {
    let actions = Memo::new(move |_| {
        ui.client.track();
        ui.read(|session| session.actions(thing))
    });
    let more = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        let at = ui.geometry.with_untracked(|geometry| match thing {
            Thing::Server(server) => geometry.servers.get(server as usize).copied(),
            Thing::Link(_) | Thing::Message(_) => Some(geometry.middle()),
        });
        super::menu::open(ui, at.unwrap_or_default(), Some(thing));
    };
    view! {
        <div class="actions">
            {move || {
                actions
                    .get()
                    .into_iter()
                    .take(BUTTONS)
                    .enumerate()
                    .map(|(at, action)| {
                        let (label, key) = (action.label.clone(), action.key);
                        view! {
                            <button class:main=at == 0 on:click=move |_| {
                                super::menu::perform(ui, &action);
                            }>{label}{(!key.is_empty()).then(|| view! { <kbd>{key}</kbd> })}</button>
                        }
                    })
                    .collect_view()
            }}
            <Show when=move || actions.with(|actions| actions.len() > BUTTONS)>
                <button class="icon more" aria-label="More" title="More" on:click=more>"⋯"</button>
            </Show>
        </div>
    }
}

/// A number that is set with a command: `latency A-B` and what is written.
#[component]
fn Setting(
    ui: Ui,
    name: &'static str,
    hint: &'static str,
    #[prop(into)] value: Signal<String>,
    command: impl Fn(&str) -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <label class="setting">
            <span class="note">{name}</span>
            <input class="field" title=hint prop:value=move || value.get()
                on:change=move |event| ui.say(&command(event_target_value(&event).trim())) />
        </label>
    }
}

fn store_table(ui: Ui, server: u32, report: &ServerReport) -> impl IntoView + use<> {
    if report.store.is_empty() {
        let why = if report.state == ServerState::Down { "It is down." } else { "Nothing yet." };
        return view! { <p class="note">{why}</p> }.into_any();
    }
    let rows = report.store.clone();
    let more = report.clients.saturating_sub(rows.len());
    view! {
        <table>
            <thead>
                <tr><th>"Client"</th><th>"Where"</th><th class="end">"told"</th></tr>
            </thead>
            <tbody>
                {rows
                    .into_iter()
                    .map(|row| {
                        let client = row.client.clone();
                        view! {
                            <tr title=row.line>
                                <td>
                                    <button class="plain trace" title="Show how it came here"
                                        on:click=move |_| trace(ui, &client, server)>{row.client}</button>
                                </td>
                                <td class="mono">{row.place}</td>
                                <td class="end">{row.origin}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        <p class="note">
            {if more > 0 { format!("and {more} more") } else { String::new() }}
        </p>
    }
    .into_any()
}

/// Shows how a server came to what it knows of a client.
pub(super) fn trace(ui: Ui, client: &str, server: u32) {
    let way = ui.peek(|session| session.way(client, server));
    ui.way.set((client.to_owned(), way));
}

/// The way of a fact, stop by stop.
#[component]
fn Way(ui: Ui) -> impl IntoView {
    view! {
        <Show when=move || ui.way.with(|(_, way)| !way.is_empty())>
            <ol class="way" aria-label="How it came here">
                {move || {
                    let (_, way) = ui.way.get();
                    way.into_iter()
                        .map(|step| {
                            let name = |server: u32| {
                                ui.peek(|session| session.server_name(server).to_owned())
                            };
                            let also: Vec<String> = step.also.iter().map(|from| name(*from)).collect();
                            let also = (!also.is_empty()).then(|| format!("also from {}", also.join(", ")));
                            view! {
                                <li>
                                    <strong>{name(step.server)}</strong>
                                    <span class="note">{also}</span>
                                    <button class="plain" title="Go there"
                                        on:click=move |_| ui.travel(|session| session.seek(step.at))>
                                        {seconds(step.at)}
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </Show>
    }
}

#[component]
fn NeighbourTable(ui: Ui, report: Memo<ServerReport>) -> impl IntoView {
    view! {
        <table>
            <tbody>
                {move || {
                    report
                        .with(|report| report.neighbours.clone())
                        .into_iter()
                        .map(|row| {
                            let link = row.link;
                            let word = if row.cut { "Heal" } else { "Cut" };
                            view! {
                                <tr>
                                    <td><strong>{row.name}</strong></td>
                                    <td class="note">{row.state}</td>
                                    <td class="end">
                                        <button on:click=move |_| super::toggle_link(ui, link)>
                                            {word}
                                        </button>
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()
                }}
            </tbody>
        </table>
    }
}

fn feed_table(report: &ServerReport) -> impl IntoView + use<> {
    let rows = report.feeds.clone();
    let twice = rows.iter().any(|row| row.second.is_some());
    view! {
        <table>
            <thead>
                <tr>
                    <th>"Updates of"</th>
                    <th>"Feed"</th>
                    {twice.then(|| view! { <th>"Second"</th> })}
                    <th class="end" title="How often the tree was rebuilt">"Epoch"</th>
                </tr>
            </thead>
            <tbody>
                {rows
                    .into_iter()
                    .map(|row| {
                        let second = row.second.unwrap_or_default();
                        view! {
                            <tr data-origin=row.origin>
                                <td><strong>{row.origin.clone()}</strong></td>
                                <td>{row.parent}</td>
                                {twice.then(|| view! { <td>{second}</td> })}
                                <td class="end">{row.epoch}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}

fn facts(report: &ServerReport) -> impl IntoView + use<> {
    let facts = report.facts.clone();
    view! {
        <dl class="facts">
            {facts
                .into_iter()
                .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> })
                .collect_view()}
        </dl>
    }
}

#[component]
fn Link(ui: Ui, link: u32) -> impl IntoView {
    let report = Memo::new(move |_| ui.read(|session| session.link(link)));
    let state = move || report.with(|report| report.state);
    let class = move || match state() {
        LinkState::Live => "state",
        LinkState::Opening | LinkState::Away => "state waiting",
        LinkState::Down | LinkState::Cut => "state bad",
    };
    let own = StoredValue::new(ui.peek(|session| session.link_name(link)));
    let names = move || report.with(|LinkReport { a, b, .. }| (a.clone(), b.clone()));
    view! {
        <header>
            <h2>{move || { let (a, b) = names(); format!("{a} – {b}") }}</h2>
            <span class=class>{move || link_word(state())}</span>
            <Close ui />
        </header>
        <Actions ui thing=Thing::Link(link) />
        <div class="settings">
            <Setting ui name="Latency" hint="Such as 100ms, 20ms..180ms or 40ms+60ms"
                value=Signal::derive(move || report.with(|report| report.latency.clone()))
                command=move |text| format!("latency {} {text}", own.get_value()) />
            <Setting ui name="Loss" hint="A share such as 20%; 0% again loses nothing"
                value=Signal::derive(move || report.with(|report| report.loss.clone()))
                command=move |text| format!("datagram {} loss={text}", own.get_value()) />
        </div>
        <section>
            {move || report.with(|report| {
                let facts = report.facts.clone();
                view! {
                    <dl class="facts">
                        {facts
                            .into_iter()
                            .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> })
                            .collect_view()}
                    </dl>
                }
            })}
        </section>
    }
}

/// A message that was caught in flight.
#[component]
fn Message(ui: Ui, id: u64) -> impl IntoView {
    let first = ui.peek(|session| session.message(id));
    let report = Memo::new(move |_| ui.read(|session| session.message(id)));
    let (kind, way) = first.map_or(("Message", String::new()), |first| (first.kind, first.way));
    view! {
        <header>
            <h2>{kind}</h2>
            <Close ui />
        </header>
        <p class="way">{way}</p>
        {move || match report.get() {
            Some(report) => {
                let facts = report.facts.into_iter();
                view! {
                    <Actions ui thing=Thing::Message(id) />
                    <dl class="facts">
                        {facts
                            .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> })
                            .collect_view()}
                    </dl>
                }
                    .into_any()
            }
            None => view! { <p class="note">"It is not in flight now."</p> }.into_any(),
        }}
    }
}
