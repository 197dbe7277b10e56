//! The first minute: what to try next, in a corner of the stage. It is never in the way.

use leptos::prelude::*;

use super::icons::{Icon, Picture};
use super::state::Ui;
use crate::guide::{PROMPTS, Progress, QUESTION};

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
        let old = ui.guide.get_untracked();
        let new = ui.read(|session| old.clone().map(|old| old.seen(session)));
        if new == old {
            return;
        }
        let asks = |progress: &Option<Progress>| progress.as_ref().is_some_and(|p| p.asks);
        if asks(&new) && !asks(&old) {
            // What is to be guessed is not shown yet.
            ui.playing.set(false);
        }
        ui.guide.set(new);
    });
    // The prompts are about the first herd: beside another they would only be in the way.
    let at_home = move || {
        ui.read_edits(|session| {
            session.tapes().is_none() && session.script().topology().server(HOME).is_some()
        })
    };
    // A guess changes only its buttons: who is on one of them stays there.
    let shown = Memo::new(move |_| {
        let mut progress = ui.guide.get().filter(|_| at_home())?;
        progress.guess = progress.guess.filter(|_| !progress.asks);
        Some(progress)
    });
    view! { {move || shown.get().map(|progress| view! { <Card ui progress /> })} }
}

/// A server was clicked: where it is asked who misses an update, that is the guess.
pub(crate) fn guess(ui: Ui, server: u32) {
    let asks = |progress: &Option<Progress>| progress.as_ref().is_some_and(|p| p.asks);
    if ui.guide.with_untracked(asks) && !ui.playing.get_untracked() {
        ui.guide.update(|guide| {
            if let Some(progress) = guide {
                progress.guess = Some(server);
            }
        });
    }
}

/// A button for every server: who misses it?
#[component]
fn Guesses(ui: Ui) -> impl IntoView {
    let is_it = move |server: u32| {
        ui.guide.with(|guide| guide.as_ref().is_some_and(|p| p.guess == Some(server)))
    };
    let names = ui.peek(|session| session.frame().stage.names.clone());
    let buttons = (0..).zip(names.iter()).map(|(server, name)| {
        view! {
            <button aria-pressed=move || is_it(server).to_string()
                disabled=move || ui.playing.get()
                on:click=move |_| guess(ui, server)>{name.to_string()}</button>
        }
    });
    view! { <div class="guesses" role="group" aria-label="Your guess">{buttons.collect_view()}</div> }
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
    let verdict = progress.verdict(|server| ui.peek(|s| s.server_name(server).to_owned()));
    let (text, how) = match progress.next() {
        Some(_) if progress.asks => (QUESTION.text, QUESTION.how),
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
            {verdict.map(|verdict| view! { <p class="verdict" role="status">{verdict}</p> })}
            <p><strong>{text}</strong></p>
            <p class="note">{how}</p>
            {progress.asks.then(|| view! { <Guesses ui /> })}
            {finished.then(|| view! {
                <button class="main" on:click=move |_| ui.sharing.set(true)>"Share"</button>
            })}
        </aside>
    }
}
