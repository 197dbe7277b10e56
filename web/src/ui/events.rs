//! What happened, newest first.

use leptos::prelude::*;

use super::state::Ui;
use super::transport::seconds;

/// Rows shown at most.
const ROWS: usize = 200;

/// The tab.
#[component]
pub(crate) fn Events(ui: Ui) -> impl IntoView {
    let rows = Memo::new(move |_| ui.read(|session| session.happened(ROWS)));
    view! {
        <ol class="rows" aria-label="What happened, newest first">
            {move || {
                if rows.with(Vec::is_empty) {
                    return view! { <li class="empty">"Nothing has happened yet."</li> }.into_any();
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
    }
}
