//! The bar on top: which run this is, and where it can go.

use leptos::prelude::*;

use herd_core::Preset;
use herd_sim_wasm::Bug;

use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::presets::{Group, PRESETS};
use crate::session::Session;

/// The bar.
#[component]
pub(crate) fn Bar(ui: Ui) -> impl IntoView {
    let chosen = move || ui.read_edits(Session::preset);
    let open = move |event| {
        let name = event_target_value(&event);
        if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
            super::opening::open_text(ui, preset.name, preset.script);
        } else if let Some(bug) = Bug::named(&name) {
            super::third::hunt(ui, bug);
        }
    };
    let group = move |group: Group| {
        let presets = PRESETS.iter().filter(|preset| preset.group == group).map(|preset| {
            let chosen = move || chosen() == Some(preset.name);
            view! { <option value=preset.name selected=chosen>{preset.name}</option> }
        });
        view! { <optgroup label=group.name()>{presets.collect_view()}</optgroup> }
    };
    let bugs = Bug::ALL.into_iter().filter(|bug| *bug != Bug::None).map(|bug| {
        let words = bug.name().replace('-', " ");
        view! { <option value=bug.name() title=bug.sentence()>{format!("Find: {words}")}</option> }
    });
    let theme_icon = Signal::derive(move || if ui.dark.get() { Icon::Sun } else { Icon::Moon });
    let theme_word = move || if ui.dark.get() { "Light colours" } else { "Dark colours" };
    view! {
        <header class="bar">
            <div class="brand">
                <svg viewBox="0 0 26 26" aria-hidden="true">
                    <path d="M13 4L22 10.500L18.500 21H7.500L4 10.500z" fill="none"
                        stroke="var(--quiet)" stroke-width="1.500" />
                    <circle cx="13" cy="4" r="3.500" fill="var(--newest)" />
                    <circle cx="22" cy="10.500" r="3.500" fill="var(--newest)" />
                    <circle cx="18.500" cy="21" r="3.500" fill="var(--older)" />
                    <circle cx="7.500" cy="21" r="3.500" fill="var(--newest)" />
                    <circle cx="4" cy="10.500" r="3.500" fill="var(--newest)" />
                </svg>
                <span>"Herd"</span>
            </div>
            <select class="presets" aria-label="Scenario" on:change=open>
                {Group::ALL.map(group).collect_view()}
                <optgroup label="Bug gallery: find the seed, shrink it">
                    {bugs.collect_view()}
                </optgroup>
                <option value="" hidden selected=move || chosen().is_none()>"Your own"</option>
            </select>
            <select aria-label="Protocol" title="How updates are ordered and repaired"
                on:change=move |event| {
                    if let Some(preset) = Preset::named(&event_target_value(&event)) {
                        ui.edit(|session| session.set_protocol(preset));
                    }
                }>
                {Preset::ALL
                    .into_iter()
                    .map(|preset| {
                        let chosen = move || {
                            ui.read_edits(|session| session.script().options().preset == preset)
                        };
                        view! {
                            <option value=preset.name() selected=chosen>{protocol_name(preset)}</option>
                        }
                    })
                    .collect_view()}
            </select>
            <div class="field">
                <label for="seed" class="note">"Seed"</label>
                <input id="seed" inputmode="numeric" autocomplete="off"
                    prop:value=move || ui.read_edits(|s| s.script().options().seed.to_string())
                    on:change=move |event| {
                        let text = event_target_value(&event);
                        ui.edit(|session| session.set_seed(&text));
                    } />
                <button class="icon plain" aria-label="Another seed" title="Another seed"
                    on:click=move |_| {
                        ui.edit(|session| {
                            let next = session.script().options().seed.wrapping_add(1);
                            session.set_seed(&next.to_string())
                        });
                    }>
                    <Picture icon=Icon::Dice />
                </button>
            </div>
            <span class="spring"></span>
            <div class="seal" title="Digest of all that has happened up to this instant. The same \
                link gives the same digest on every machine.">
                <span class="word">"Digest"</span>
                <code>{move || ui.read(|session| format!("{:016x}", session.frame().digest))}</code>
            </div>
            <super::live::LiveButton ui />
            <button class="share-run" title="A link, a script, a test, a picture (S)"
                on:click=move |_| ui.sharing.set(true)>"Share"</button>
            <button class="icon" aria-label=theme_word title=theme_word
                on:click=move |_| super::toggle_theme(ui)>
                <Picture icon=theme_icon />
            </button>
            <button class="icon" aria-label="Keys and help" title="Keys and help (?)"
                on:click=move |_| ui.help.set(true)>"?"</button>
        </header>
    }
}

/// A preset as a person says it; one that has no such name here goes by its own.
pub(super) fn protocol_name(preset: Preset) -> &'static str {
    match preset.name() {
        "classic" => "Classic flood",
        "flood" => "Flood",
        "flood_ack" => "Flood, acknowledged",
        "flood_sync" => "Flood and repair",
        "plumtree" => "Plumtree",
        "gossip" => "Gossip",
        "grove" => "Grove: a tree each",
        "grove2" => "Grove, two feeds",
        "grove_batch" => "Grove, in batches",
        other => other,
    }
}
