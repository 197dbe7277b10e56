//! What can be asked of a herd that runs, a lamp each.

use leptos::prelude::*;

use super::Attached;

/// The card of lamps.
#[component]
pub(super) fn Lamps(live: Attached) -> impl IntoView {
    let lamps = Memo::new(move |_| live.read(|herd| herd.frame().lamps.clone()));
    view! {
        <section class="card checks" aria-label="Checks">
            <h2 class="heading">"What must hold"</h2>
            <ul class="lamps">
                {move || {
                    lamps
                        .get()
                        .into_iter()
                        .map(|lamp| {
                            let (class, state) = crate::ui::checks::look(&lamp);
                            let broken = lamp.broken.as_ref().map(|broken| broken.what.clone());
                            view! {
                                <li data-check=lamp.name data-state=state>
                                    <span class=class role="img" aria-label=state></span>
                                    <div>
                                        {lamp.sentence}
                                        {broken.map(|what| view! { <p class="error">{what}</p> })}
                                    </div>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </section>
    }
}
