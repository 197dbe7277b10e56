//! What is selected of a herd that runs, looked into, and what may be done to it.

use leptos::prelude::*;

use super::Attached;
use super::socket::{Act, act};
use super::stage::{link_name, link_word, word};
use crate::geometry::Thing;
use crate::live::lines::Admin;

/// Where a client is that a page speaks for: the one of the assignment.
const HOME: &str = "+34.068930-118.445127";

/// The card.
#[component]
pub(super) fn Inspector(live: Attached) -> impl IntoView {
    view! {
        <section class="card inspector" aria-label="Inspector">
            {move || match live.selected.get() {
                Some(Thing::Server(server)) => view! { <Server live server /> }.into_any(),
                Some(Thing::Link(link)) => view! { <Link live link /> }.into_any(),
                Some(Thing::Message(_)) | None => view! { <Herd live /> }.into_any(),
            }}
        </section>
    }
}

/// All servers.
#[component]
fn Herd(live: Attached) -> impl IntoView {
    let rows = move || {
        live.read(|herd| {
            let states = herd.frame().servers.iter().map(|server| word(Some(server.state)));
            let rows = herd.servers().iter().zip(states).map(|(server, state)| {
                let clients = server.told.as_ref().map_or(0, |told| told.clients);
                (server.name.clone(), state, clients, server.rate)
            });
            rows.collect::<Vec<_>>()
        })
    };
    view! {
        <header><h2>"The herd"</h2></header>
        <p class="note hint">"Click a server or a link to look inside."</p>
        <table>
            <thead>
                <tr><th>"Server"</th><th>"State"</th><th class="end">"Clients"</th>
                    <th class="end">"News/s"</th></tr>
            </thead>
            <tbody>
                {move || {
                    (0_u32..)
                        .zip(rows())
                        .map(|(index, (name, state, clients, rate))| {
                            view! {
                                <tr>
                                    <td><button class="plain"
                                        on:click=move |_| live.selected.set(Some(Thing::Server(index)))>
                                        {name}</button></td>
                                    <td><span class=class_of(state)>{state}</span></td>
                                    <td class="end">{clients}</td>
                                    <td class="end">{format!("{rate:.0}")}</td>
                                </tr>
                            }
                        })
                        .collect_view()
                }}
            </tbody>
        </table>
    }
}

fn class_of(state: &str) -> &'static str {
    match state {
        "up" | "live" => "state",
        "silent" | "not linked" => "state waiting",
        _ => "state bad",
    }
}

/// Why nothing may be killed or cut; nothing if it may.
fn reason(live: Attached) -> Option<&'static str> {
    match live.read(|herd| herd.admin()) {
        Admin::Given => None,
        Admin::Wanted => Some(
            "To kill, start, cut and heal takes the admin token: `herd` prints a link that has it.",
        ),
        Admin::None => Some(
            "Nobody may kill or cut here: the herd was started without an admin token \
             (--admin-token-file).",
        ),
    }
}

/// Something that only the admin may do, grey with its reason where that is not us.
#[component]
fn AdminButton(
    live: Attached,
    server: u32,
    #[prop(into)] what: String,
    #[prop(into)] label: String,
) -> impl IntoView {
    let act_name = what.split('?').next().unwrap_or_default();
    let way = what.split_once("way=").map_or_else(String::new, |(_, way)| format!("-{way}"));
    view! {
        <button data-act=format!("{act_name}{way}") title=move || reason(live).unwrap_or_default()
            disabled=move || reason(live).is_some()
            on:click=move |_| act(live, server, Act::Admin(what.clone()))>{label}</button>
    }
}

#[component]
fn Server(live: Attached, server: u32) -> impl IntoView {
    let told = Memo::new(move |_| {
        live.read(|herd| herd.servers().get(server as usize).and_then(|known| known.told.clone()))
    });
    let name =
        live.peek(|herd| herd.servers().get(server as usize).map(|known| known.name.clone()));
    let state = Memo::new(move |_| {
        live.read(|herd| word(herd.frame().servers.get(server as usize).map(|known| known.state)))
    });
    let keeps = move || live.read(|herd| herd.about.keeps);
    view! {
        <header>
            <h2>{name}</h2>
            <span class=move || class_of(state.get())>{move || state.get()}</span>
        </header>
        <div class="actions">
            <Show when=move || state.get() == "up">
                <AdminButton live server what="kill" label="Kill" />
            </Show>
            <Show when=move || state.get() == "down">
                <AdminButton live server what="start" label="Start" />
                <Show when=keeps>
                    <AdminButton live server what="start?disk=empty" label="Start with an empty disk" />
                </Show>
            </Show>
        </div>
        <p class="note reason">{move || reason(live)}</p>
        <Say live server />
        <section>
            <h3 class="heading">"Holds"</h3>
            <Holds live server />
        </section>
        <section>
            <h3 class="heading">"Itself"</h3>
            {move || told.get().map(|told| facts(&told))}
        </section>
    }
}

fn facts(told: &crate::live::lines::Server) -> impl IntoView + use<> {
    let rows = [
        ("Clients it knows", told.clients),
        ("Lives before this one", told.lives.into()),
        ("Connections", told.connections),
        ("Watchers", told.watchers),
        ("Lines heard from clients", told.lines),
        ("Updates taken", told.accepted),
        ("Updates that were not newer", told.stale),
        ("Lines refused", told.refused),
        ("Places requests in flight", told.lookups),
        ("Bytes that wait", told.queued),
    ];
    let rows = rows.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> });
    view! { <dl class="facts">{rows.collect_view()}</dl> }
}

/// A client says to the server where it is, as any does over HTTP.
#[component]
fn Say(live: Attached, server: u32) -> impl IntoView {
    let client = RwSignal::new("kiwi.cs.ucla.edu".to_owned());
    let place = RwSignal::new(HOME.to_owned());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (client, location) = (client.get_untracked(), place.get_untracked());
        act(live, server, Act::Say { client, location });
    };
    view! {
        <form class="say" on:submit=send>
            <input class="field" name="client" aria-label="Client" prop:value=move || client.get()
                on:input=move |event| client.set(event_target_value(&event)) />
            <input class="field" name="place" aria-label="Location" prop:value=move || place.get()
                on:input=move |event| place.set(event_target_value(&event)) />
            <button class="main">"Send IAMAT"</button>
        </form>
    }
}

/// What it holds of those one heard of.
#[component]
fn Holds(live: Attached, server: u32) -> impl IntoView {
    let rows = Memo::new(move |_| live.read(|herd| herd.held(server).cloned().collect::<Vec<_>>()));
    view! {
        <table>
            <tbody>
                {move || {
                    rows.get()
                        .into_iter()
                        .map(|record| {
                            let client = record.client.clone();
                            view! {
                                <tr>
                                    <td><button class="plain" title="Colour servers by this client"
                                        on:click=move |_| {
                                            live.change(|herd| herd.follow(Some(client.clone())));
                                        }>{record.client}</button></td>
                                    <td class="mono">{record.location}</td>
                                    <td class="end mono">{record.time}</td>
                                </tr>
                            }
                        })
                        .collect_view()
                }}
            </tbody>
        </table>
        <p class="note">
            {move || rows.with(Vec::is_empty).then_some("Nothing yet of those one has heard of here.")}
        </p>
    }
}

#[component]
fn Link(live: Attached, link: u32) -> impl IntoView {
    let name = live.peek(|herd| link_name(herd, link));
    let ends = live.peek(|herd| {
        let stage = &herd.frame().stage;
        let edge = stage.edges.get(link as usize)?;
        let name = |at: usize| stage.names.get(at).map(|name| name.to_string());
        Some((edge.a.0, name(edge.a.index())?, name(edge.b.index())?))
    });
    let Some((a, a_name, b_name)) = ends else { return ().into_any() };
    let state = Memo::new(move |_| {
        live.read(|herd| link_word(herd.frame().links.get(link as usize).map(|known| known.state)))
    });
    let neighbour = String::from(js_sys::encode_uri_component(&b_name));
    let cuts = Memo::new(move |_| {
        live.read(|herd| {
            herd.frame().links.get(link as usize).map(|known| (known.cut_ab, known.cut_ba))
        })
    });
    let ways = [format!("{a_name} → {b_name}"), format!("{b_name} → {a_name}")];
    let [there, back_again] = ways.clone();
    let buttons = move || {
        let (out, back) = cuts.get().unwrap_or_default();
        let whole = if out || back { ("heal", "Heal") } else { ("cut", "Cut") };
        let one = |cut: bool, way: &str, arrow: &str| {
            let (act, word) = if cut { ("heal", "Heal") } else { ("cut", "Cut") };
            (format!("{act}?neighbour={neighbour}&way={way}"), format!("{word} {arrow}"))
        };
        let all = [
            (format!("{}?neighbour={neighbour}", whole.0), whole.1.to_owned()),
            one(out, "out", &ways[0]),
            one(back, "in", &ways[1]),
        ];
        all.map(|(what, label)| view! { <AdminButton live server=a what label /> }).collect_view()
    };
    let passes = move || match cuts.get() {
        Some((true, false)) => Some(format!("Passes only {back_again}.")),
        Some((false, true)) => Some(format!("Passes only {there}.")),
        Some(_) | None => None,
    };
    let rows = move || live.read(|herd| herd.ends(link));
    let names = [a_name, b_name];
    view! {
        <header>
            <h2>{name}</h2>
            <span class=move || class_of(state.get())>{move || state.get()}</span>
        </header>
        <div class="actions">{buttons}</div>
        <p class="note">{passes}</p>
        <p class="note reason">{move || reason(live)}</p>
        <table>
            <thead>
                <tr><th>"As seen by"</th><th class="end">"sent/s"</th><th class="end">"sent"</th>
                    <th class="end">"heard"</th><th class="end">"was news"</th></tr>
            </thead>
            <tbody>
                {move || {
                    names
                        .iter()
                        .zip(rows())
                        .map(|(name, end)| {
                            let told = end.map(|end| end.told).unwrap_or_default();
                            let rate = end.map_or(0.0, |end| end.rate);
                            view! {
                                <tr>
                                    <td>{name.clone()}</td>
                                    <td class="end">{format!("{rate:.0}")}</td>
                                    <td class="end">{told.messages}</td>
                                    <td class="end">{told.pushes + told.repairs}</td>
                                    <td class="end">{told.news}</td>
                                </tr>
                            }
                        })
                        .collect_view()
                }}
            </tbody>
        </table>
    }
    .into_any()
}
