//! What happened, newest first, and a search in it.

use leptos::html::Input;
use leptos::prelude::*;

use super::state::Ui;
use super::transport::seconds;
use super::until;

use herd_sim_wasm::Condition;

/// Rows shown at most.
const ROWS: usize = 200;

/// The tab.
#[component]
pub(crate) fn Events(ui: Ui) -> impl IntoView {
    let search = NodeRef::<Input>::new();
    let rows = Memo::new(move |_| {
        let words = ui.search.get();
        ui.read(|session| session.happened(&words, ROWS))
    });
    Effect::new(move |_| {
        // Whoever pressed the key for it goes on writing.
        if let Some(search) = search.get()
            && ui.finding.get_untracked()
        {
            ui.finding.set(false);
            drop(search.focus());
        }
    });
    let go = move |back: bool| {
        let words = ui.search.get_untracked();
        if !words.is_empty() {
            until::go(ui, &Condition::Written(words.into()), back);
        }
    };
    view! {
        <div class="events">
            <div class="tools">
                <input class="field" type="search" node_ref=search aria-label="Find in what happened"
                    placeholder="find: learns kiwi, lost, Ball …" prop:value=ui.search
                    on:input=move |event| ui.search.set(event_target_value(&event))
                    on:keydown=move |event| if event.key() == "Enter" { go(event.shift_key()) } />
                <button on:click=move |_| go(true)>"◂ last"</button>
                <button on:click=move |_| go(false)>"next ▸"</button>
                <span class="note">{move || rows.with(|rows| match rows.len() {
                    ROWS => format!("the last {ROWS}"),
                    count => format!("{count} found"),
                })}</span>
            </div>
            <ol class="rows" aria-label="What happened, newest first">
                {move || {
                    if rows.with(Vec::is_empty) {
                        return view! { <li class="empty">"Nothing of that has happened yet."</li> }
                            .into_any();
                    }
                    rows.get()
                        .into_iter()
                        .map(|row| {
                            let at = row.at;
                            view! {
                                <li class="event">
                                    <button class="plain" title="Go there"
                                        on:click=move |_| ui.travel(|session| session.seek(at))>
                                        {seconds(at)}
                                    </button>
                                    <strong>{row.who}</strong>
                                    <span class="text" title=row.text>{row.text.clone()}</span>
                                </li>
                            }
                        })
                        .collect_view()
                        .into_any()
                }}
            </ol>
        </div>
    }
}
