//! The branches under the time: each is a line from where it left another, and a press shows it.

use leptos::prelude::*;

use super::state::{Tab, Ui};
use super::transport::seconds;
use crate::session::Session;

/// The branches, as soon as there are two.
#[component]
pub(crate) fn Branches(ui: Ui) -> impl IntoView {
    let rows = Memo::new(move |_| {
        ui.read(|session| {
            let end = session.end().max(1) as f64;
            let percent = |at: u64| at as f64 / end * 100.0;
            let list = session.branch_list().iter().enumerate();
            let row = |(number, branch): (usize, &crate::session::Branch)| {
                let shown = number == session.current_branch();
                let seen = if shown { session.seen() } else { branch.seen };
                Row {
                    number,
                    name: session.branch_name(number),
                    left: percent(branch.from),
                    width: percent(seen.min(session.end()).saturating_sub(branch.from)),
                    from: branch.from,
                    seen,
                    shown,
                }
            };
            list.map(row).collect::<Vec<_>>()
        })
    });
    view! {
        <Show when=move || { rows.with(|rows| rows.len() > 1) }>
            <div class="branches" role="group" aria-label="Branches">
                {move || rows.get().into_iter().map(|row| view! { <Line ui row /> }).collect_view()}
                <button class="compare" on:click=move |_| ui.tab.set(Tab::Compare)>"Compare"</button>
            </div>
        </Show>
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    number: usize,
    name: String,
    left: f64,
    width: f64,
    from: u64,
    seen: u64,
    shown: bool,
}

#[component]
fn Line(ui: Ui, row: Row) -> impl IntoView {
    let Row { number, name, left, width, from, seen, shown } = row;
    let title = format!("{name}, from {} to {}", seconds(from), seconds(seen));
    view! {
        <button class="branch" data-branch=number.to_string() aria-pressed=shown.to_string() title=title
            on:click=move |_| show(ui, number)>
            <i style:left=format!("{left:.2}%") style:width=format!("{width:.2}%")></i>
            <span style:left=format!("{:.2}%", left.min(70.0))>{name}</span>
        </button>
    }
}

/// Shows a branch at this instant, or where it ends.
pub(super) fn show(ui: Ui, number: usize) {
    ui.travel(|session: &mut Session| session.switch_branch(number));
    ui.edits.update(|edits| *edits += 1);
    ui.toast.set(None);
}
