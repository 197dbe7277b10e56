//! The sheet of keys.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::icons::{Icon, Picture};
use super::state::Ui;

const KEYS: [(&str, &str); 27] = [
    ("Space", "play or pause"),
    (", .", "one event back, on"),
    ("← →", "10 ms back, on (with Shift 100 ms)"),
    ("Home End", "to the beginning, to the end"),
    ("[ ]", "slower, faster"),
    ("N P", "next, previous notable event"),
    ("Tab", "next server or link"),
    ("U", "the client is here: IAMAT to the server"),
    ("Q", "ask the server: WHATSAT"),
    ("K", "kill or restart the server (Shift: without its store)"),
    ("Z", "pause or resume the server"),
    ("G", "isolate the server"),
    ("X", "cut or heal the link (Shift: one way)"),
    ("H", "hold the link (Shift: release)"),
    ("D H 2 R", "drop, hold, duplicate, delay the message"),
    ("V I L A", "hand, knife, lasso, new server"),
    ("+ −", "nearer, farther"),
    ("0", "show everything"),
    ("T", "how the client's place came to the server"),
    ("B", "mark this instant"),
    ("C", "compare branches"),
    ("/", "find in what happened"),
    ("S", "share this run"),
    ("Ctrl Z", "undo"),
    ("Ctrl Y", "redo"),
    ("Esc", "nothing selected"),
    ("?", "this sheet"),
];

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
                {KEYS
                    .iter()
                    .map(|(keys, what)| {
                        view! {
                            <div>
                                <dt>
                                    {keys
                                        .split(' ')
                                        .map(|key| view! { <kbd>{key}</kbd>" " })
                                        .collect_view()}
                                </dt>
                                <dd>{*what}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </dialog>
    }
}
