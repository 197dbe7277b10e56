//! The run as rows to switch on and off, and as text to copy and paste.

use leptos::html::Textarea;
use leptos::prelude::*;

use herd_sim_wasm::command::GRAMMAR;
use herd_sim_wasm::text::show_seconds;

use super::icons::{Icon, Picture};
use super::state::Ui;
use super::transport::seconds;
use crate::session::Session;

/// The tab.
#[component]
pub(crate) fn Script(ui: Ui) -> impl IntoView {
    let as_text = RwSignal::new(false);
    view! {
        <div class="script">
            <div class="tools">
                <button disabled=move || !ui.read_edits(Session::can_undo)
                    on:click=move |_| super::undo(ui)>"Undo"</button>
                <button disabled=move || !ui.read_edits(Session::can_redo)
                    on:click=move |_| super::redo(ui)>"Redo"</button>
                <button on:click=move |_| as_text.update(|text| *text = !*text)>
                    {move || if as_text.get() { "Rows" } else { "As text" }}
                </button>
                <span class="note">
                    {move || {
                        if as_text.get() {
                            "The same run anywhere: in a test, in a link, in the command herd sim."
                        } else {
                            "Every row can be switched off: only its consequences change."
                        }
                    }}
                </span>
            </div>
            {move || {
                if as_text.get() {
                    view! { <Text ui as_text /> }.into_any()
                } else {
                    view! { <Rows ui /> }.into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Rows(ui: Ui) -> impl IntoView {
    let rows = move || ui.read_edits(Session::rows);
    let command = RwSignal::new(String::new());
    view! {
        <div class="commands">
        <form class="command" on:submit=move |event| {
            event.prevent_default();
            let text = command.get_untracked();
            command.set(String::new());
            ui.say(text.trim());
        }>
            <time>{move || seconds(ui.read(Session::now))}</time>
            <input class="field" list="commands" spellcheck="false" autocomplete="off"
                aria-label="Do now" placeholder="do now: kill Holiday, latency Ball-Welsh 400ms, …"
                prop:value=command on:input=move |event| command.set(event_target_value(&event)) />
            <datalist id="commands">
                {GRAMMAR.iter().map(|form| view! { <option value=*form></option> }).collect_view()}
            </datalist>
            <button class="main" type="submit">"Do"</button>
        </form>
        <ol class="rows" aria-label="Script">
            <For each=rows key=|row| (row.id, row.on, row.at, row.text.clone()) let(row)>
                <li class:off=!row.on class:ahead=move || ui.read(|session| session.now() < row.at)>
                    <input type="checkbox" prop:checked=row.on
                        aria-label=format!("Do: {}", row.text)
                        on:change=move |event| {
                            let on = event_target_checked(&event);
                            ui.edit(|session| session.switch(row.id, on));
                        } />
                    <input class="when" aria-label="When, in seconds" prop:value=show_seconds(row.at)
                        on:change={
                            let text = row.text.clone();
                            move |event| {
                                let at = event_target_value(&event);
                                ui.edit(|session| session.edit(row.id, &at, &text));
                            }
                        } />
                    <input class="what" aria-label="What is done" spellcheck="false"
                        title=row.text.clone() prop:value=row.text.clone()
                        on:change=move |event| {
                            let text = event_target_value(&event);
                            let at = show_seconds(row.at);
                            ui.edit(|session| session.edit(row.id, &at, &text));
                        } />
                    <button class="icon plain" aria-label="Remove" title="Remove"
                        on:click=move |_| { ui.edit(|session| session.remove(row.id)); }>
                        <Picture icon=Icon::Remove />
                    </button>
                </li>
            </For>
        </ol>
        </div>
    }
}

#[component]
fn Text(ui: Ui, as_text: RwSignal<bool>) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let error = RwSignal::new(String::new());
    let run = move |_| {
        let text = area.get_untracked().map(|area| area.value()).unwrap_or_default();
        match Session::open(&text) {
            Ok(session) => {
                ui.open(session);
                as_text.set(false);
            }
            Err(why) => error.set(why),
        }
    };
    view! {
        <div class="text">
            <textarea node_ref=area spellcheck="false" aria-label="Script"
                prop:value=move || ui.read_edits(|session| session.script().to_string())></textarea>
            <div class="tools">
                <button class="main" on:click=run>"Run this"</button>
                <span class="error" role="alert">{move || error.get()}</span>
            </div>
        </div>
    }
}
