//! What is said while tapes of real servers are shown, and the way on from them.

use leptos::prelude::*;

use super::state::Ui;
use crate::session::Session;

/// A line about the tapes, while the run begins with some.
#[component]
pub(crate) fn Tapes(ui: Ui) -> impl IntoView {
    let told = Memo::new(move |_| {
        ui.read_edits(|session| {
            let tapes = session.tapes()?;
            let s = if tapes.taped() == 1 { "" } else { "s" };
            Some((format!("Tapes of {} server{s}", tapes.taped()), tapes.remarks().to_vec()))
        })
    });
    let taped = Memo::new(move |_| ui.read(Session::is_taped));
    view! {
        {move || {
            told.get()
                .map(|(text, remarks)| {
                    let remarks = remarks.join("; ");
                    view! {
                        <div class="tapes note">
                            <span>
                                {text}
                                {move || if taped.get() { ": as it was" } else { ": simulated since" }}
                            </span>
                            <Show when=move || taped.get()>
                                <button class="continue"
                                    title="A simulation begins with the servers as they are at this instant"
                                    on:click=move |_| {
                                        ui.edit(Session::continue_tapes);
                                        ui.until_quiet.set(true);
                                        ui.playing.set(!ui.still.get_untracked());
                                    }>"Continue in simulation"</button>
                            </Show>
                            <span class="remarks">{remarks}</span>
                        </div>
                    }
                })
        }}
    }
}
