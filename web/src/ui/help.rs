//! The sheet of keys.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::keys::ROWS;

/// The dialog, open while `ui.help` says so.
#[component]
pub(crate) fn Help(ui: Ui) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let (Some(dialog), open) = (dialog.get(), ui.help.get()) else { return };
        if open && !dialog.open() {
            // Refused only if it is open already.
            drop(dialog.show_modal());
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog aria-label="Help" on:close=move |_| ui.help.set(false)>
            <header>
                <h2>"A herd of servers"</h2>
                <button class="icon plain" aria-label="Close" on:click=move |_| ui.help.set(false)>
                    <Picture icon=Icon::Close />
                </button>
            </header>
            <p>
                "A client tells one server where it is. That server tells its neighbours, they tell \
                theirs, and whoever knows already stops: that is flooding. Ask any server what is \
                near a client, and it asks a Places service. Kill servers, cut links, drag time \
                back: what you see is the very program that runs over TCP."
            </p>
            <h3 class="heading">"Keys, while the stage or the time has the focus"</h3>
            <dl class="columns">
                {ROWS
                    .iter()
                    .map(|row| {
                        view! {
                            <div>
                                <dt>
                                    {row
                                        .shown
                                        .split(' ')
                                        .map(|key| view! { <kbd>{key}</kbd>" " })
                                        .collect_view()}
                                </dt>
                                <dd>{row.words}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </dialog>
    }
}
