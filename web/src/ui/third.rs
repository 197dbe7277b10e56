//! The third part of the page: what nobody sees who does not open it. It travels when the first of it
//! is opened. Who stays out of it is only reached through the table [`Third`]: that is how the build
//! knows what to cut off.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use herd_sim_wasm::Bug;

use super::state::{TAB_FIRST, Ui};
use super::{charts, compare, events, help, lab, script, share, spacetime, table};

/// A piece of the page.
type Piece = fn(Ui) -> AnyView;

/// What the third part has for the others.
#[derive(Debug)]
pub(crate) struct Third {
    pub(super) space_time: Piece,
    pub(super) script: Piece,
    pub(super) events: Piece,
    pub(super) table: Piece,
    pub(super) charts: Piece,
    pub(super) compare: Piece,
    pub(super) lab: Piece,
    /// The sheets over the page, of keys and for taking a run along.
    pub(super) sheets: Piece,
    /// Searches for a planted bug.
    hunt: fn(Ui, Bug),
}

static THIRD: Third = Third {
    space_time: |ui| view! { <spacetime::SpaceTime ui /> }.into_any(),
    script: |ui| view! { <script::Script ui /> }.into_any(),
    events: |ui| view! { <events::Events ui /> }.into_any(),
    table: |ui| view! { <table::Table ui /> }.into_any(),
    charts: |ui| view! { <charts::Charts ui /> }.into_any(),
    compare: |ui| view! { <compare::Compare ui /> }.into_any(),
    lab: |ui| view! { <lab::LabTab ui /> }.into_any(),
    sheets: |ui| view! { <help::Help ui /> <share::Share ui /> }.into_any(),
    hunt: |ui, bug| ui.lab.hunt(ui, bug),
};

/// The third part, as soon as it is here.
///
/// # Errors
/// If it does not come; asked again, it is sent for again.
#[wasm_split(third, wasm_split_path = leptos::wasm_split, fallible)]
fn load() -> Result<&'static Third, SplitLoaderError> {
    Ok(&THIRD)
}

/// Does something with the third part once it is here. If it does not come, says so and closes what was
/// opened, so that opening it again sends for it again.
fn with(ui: Ui, then: impl FnOnce(&'static Third) + 'static) {
    spawn_local(async move {
        match load().await {
            Ok(third) => then(third),
            Err(_) => {
                let text = "This part of the page has not arrived. Open it again to try again.";
                ui.toast.set(Some((text.to_owned(), false)));
                ui.tab.set(TAB_FIRST);
                ui.help.set(false);
                ui.sharing.set(false);
            }
        }
    });
}

/// A piece of the third part, once that is here.
pub(super) fn piece(ui: Ui, of: fn(&Third) -> Piece) -> AnyView {
    if ui.third.get_untracked().is_none() {
        with(ui, move |third| ui.third.set(Some(third)));
    }
    (move || match ui.third.get() {
        Some(third) => of(third)(ui),
        None => {
            view! { <p class="empty" role="status" data-coming="">"On its way …"</p> }.into_any()
        }
    })
    .into_any()
}

/// Searches for a planted bug.
pub(super) fn hunt(ui: Ui, bug: Bug) {
    with(ui, move |third| (third.hunt)(ui, bug));
}
