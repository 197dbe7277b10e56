//! What is selected, looked into: a server, a link, or the herd.

use leptos::prelude::*;

use herd_sim_wasm::view::{LinkState, ServerState};
use herd_sim_wasm::{Command, ServerId};

use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::geometry::Thing;
use crate::session::{LinkReport, ServerReport};

/// The card on the right.
#[component]
pub(crate) fn Inspector(ui: Ui) -> impl IntoView {
    let picked = move || ui.selected.get();
    view! {
        <section class="card inspector" class:picked=move || picked().is_some() aria-label="Inspector">
            {move || match picked() {
                Some(Thing::Server(server)) => view! { <Server ui server /> }.into_any(),
                Some(Thing::Link(link)) => view! { <Link ui link /> }.into_any(),
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
                more => format!("and {more} more"),
            }}
        </p>
        <p class="note hint">"Click a server to look inside, a link to cut it."</p>
    }
}

const OVERVIEW_MAX: usize = 12;

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
    view! {
        <header>
            <h2>{move || report.with(|report| report.name.clone())}</h2>
            <span class=move || state_word(state()).0>{move || state_word(state()).1}</span>
            <Close ui />
        </header>
        <div class="actions"><ServerActions ui server state=Signal::derive(state) /></div>
        <section>
            <h3 class="heading">"Knows"</h3>
            {move || report.with(store_table)}
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
        </section>
    }
}

#[component]
fn ServerActions(ui: Ui, server: u32, state: Signal<ServerState>) -> impl IntoView {
    let id = ServerId(server);
    view! {
        {move || match state.get() {
            ServerState::Down => {
                view! {
                    <button class="main" on:click=move |_| {
                        ui.act(Command::Restart { server: id, store: true });
                    }>"Restart"<kbd>"K"</kbd></button>
                    <button title="It comes back knowing nothing" on:click=move |_| {
                        ui.act(Command::Restart { server: id, store: false });
                    }>"Without its store"<kbd>"⇧K"</kbd></button>
                }
                    .into_any()
            }
            state @ (ServerState::Up | ServerState::Paused) => {
                let (word, command) = if state == ServerState::Paused {
                    ("Resume", Command::Resume(id))
                } else {
                    ("Pause", Command::Pause(id))
                };
                view! {
                    <button class="main" on:click=move |_| ui.act(Command::Kill(id))>
                        "Kill"<kbd>"K"</kbd>
                    </button>
                    <button on:click=move |_| ui.act(command.clone())>{word}<kbd>"Z"</kbd></button>
                }
                    .into_any()
            }
        }}
        <button on:click=move |_| super::send_here(ui, server)>
            {move || format!("{} is here", ui.client.get())}<kbd>"U"</kbd>
        </button>
        <button on:click=move |_| super::ask_here(ui, server)>
            {move || format!("Where is {}?", ui.client.get())}<kbd>"Q"</kbd>
        </button>
    }
}

fn store_table(report: &ServerReport) -> impl IntoView + use<> {
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
                        view! {
                            <tr title=row.line>
                                <td><strong>{row.client}</strong></td>
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
    let word = move || match state() {
        LinkState::Live => ("state", "live"),
        LinkState::Opening => ("state waiting", "opening"),
        LinkState::Down => ("state bad", "down"),
        LinkState::Cut => ("state bad", "cut"),
    };
    let toggle_word = move || if state() == LinkState::Cut { "Heal" } else { "Cut" };
    let one_way = move |reverse: bool| {
        move |_| {
            ui.act(ui.peek(|session| session.cut_one_way(link, reverse)));
        }
    };
    let names = move || report.with(|LinkReport { a, b, .. }| (a.clone(), b.clone()));
    view! {
        <header>
            <h2>{move || { let (a, b) = names(); format!("{a} – {b}") }}</h2>
            <span class=move || word().0>{move || word().1}</span>
            <Close ui />
        </header>
        <div class="actions">
            <button class="main" on:click=move |_| super::toggle_link(ui, link)>
                {toggle_word}<kbd>"X"</kbd>
            </button>
            <Show when=move || state() != LinkState::Cut>
                <button on:click=one_way(false)>
                    {move || { let (a, b) = names(); format!("Cut only {a} → {b}") }}<kbd>"⇧X"</kbd>
                </button>
                <button on:click=one_way(true)>
                    {move || { let (a, b) = names(); format!("Cut only {b} → {a}") }}
                </button>
            </Show>
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
