//! The first minute: what to try next, in a corner of the stage. It is never in the way.

use leptos::prelude::*;

use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::guide::{PROMPTS, Progress};

/// The server that the prompts speak of.
const HOME: &str = "Holiday";
/// Under which name the page session remembers that it is over.
const OVER: &str = "guided";

/// Whether a newcomer has come: the address says no run, and nobody has said enough.
pub(crate) fn is_wanted() -> bool {
    let hash = window().location().hash().unwrap_or_default();
    let storage = window().session_storage().ok().flatten();
    let over = storage.and_then(|storage| storage.get_item(OVER).ok().flatten());
    hash.len() < 2 && over.is_none()
}

fn end(ui: Ui) {
    ui.guide.set(None);
    if let Ok(Some(storage)) = window().session_storage() {
        // A store that takes nothing only means that it is offered again.
        drop(storage.set_item(OVER, "yes"));
    }
}

/// The card, while it is wanted.
#[component]
pub(crate) fn Guide(ui: Ui) -> impl IntoView {
    Effect::new(move |_| {
        ui.edits.track();
        let new = ui.read(|session| ui.guide.get_untracked().map(|old| old.seen(session)));
        if new != ui.guide.get_untracked() {
            ui.guide.set(new);
        }
    });
    // The prompts are about the first herd: beside another they would only be in the way.
    let at_home =
        move || ui.read_edits(|session| session.script().topology().server(HOME).is_some());
    view! {
        {move || {
            let progress = ui.guide.get().filter(|_| at_home());
            progress.map(|progress| view! { <Card ui progress /> })
        }}
    }
}

#[component]
fn Card(ui: Ui, progress: Progress) -> impl IntoView {
    let ticks = PROMPTS
        .into_iter()
        .zip(progress.done)
        .map(|(prompt, done)| {
            let word = if done { "done" } else { "to do" };
            view! {
                <li class:done=done title=prompt.text aria-label=format!("{}: {word}", prompt.text)></li>
            }
        })
        .collect_view();
    let (text, how) = match progress.next() {
        Some((_, prompt)) => (prompt.text, prompt.how),
        None => (
            "Everything you did is in this link.",
            "Whoever opens it sees the same, to the digest.",
        ),
    };
    let finished = progress.next().is_none();
    view! {
        <aside class="guide" aria-label="First steps">
            <ol class="ticks">{ticks}</ol>
            <button class="icon plain" aria-label="Enough of this" title="Enough of this"
                on:click=move |_| end(ui)><Picture icon=Icon::Close /></button>
            <p><strong>{text}</strong></p>
            <p class="note">{how}</p>
            {finished.then(|| view! {
                <button class="main" on:click=move |_| ui.sharing.set(true)>"Share"</button>
            })}
        </aside>
    }
}
