//! The sheet on which a run is taken along: as a link, as text, as a test, as a picture.

use js_sys::encode_uri_component;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icons::{Icon, Picture};
use super::looks::looks;
use super::opening::{chosen, write_address};
use super::state::Ui;
use crate::link::Link;
use crate::session::Session;
use crate::share::Form;

/// The dialog, open while `ui.sharing` says so.
#[component]
pub(crate) fn Share(ui: Ui) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let form = RwSignal::new(Form::Link);
    Effect::new(move |_| {
        let (Some(dialog), open) = (dialog.get(), ui.sharing.get()) else { return };
        if open && !dialog.open() {
            // Refused only if it is open already.
            drop(dialog.show_modal());
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog class="share" aria-label="Share" on:close=move |_| ui.sharing.set(false)>
            <header>
                <h2>"Take this run along"</h2>
                <button class="icon plain" aria-label="Close" on:click=move |_| ui.sharing.set(false)>
                    <Picture icon=Icon::Close />
                </button>
            </header>
            {move || ui.sharing.get().then(|| view! { <Forms ui form /> }.into_any())}
        </dialog>
    }
}

#[component]
fn Forms(ui: Ui, form: RwSignal<Form>) -> impl IntoView {
    let looks = looks(ui);
    // An address has no room for tapes; a file has.
    if ui.peek(|session| session.tapes().is_none()) {
        write_address(&Link {
            script: ui.peek(|session| session.script().to_string()),
            at: Some(ui.peek(Session::now)),
            view: looks.view.clone(),
        });
    }
    let text = Memo::new(move |_| ui.peek(|session| session.share(form.get(), &looks)));
    let copied = RwSignal::new("");
    let copy = move |_| copy(text.get_untracked(), copied);
    let href = move || {
        let data = text.with(|text| String::from(encode_uri_component(text)));
        format!("data:{},{data}", form.get().media())
    };
    view! {
        <div class="forms" role="group" aria-label="As">
            {Form::ALL
                .map(|one| {
                    view! {
                        <button data-form=one.name() aria-pressed=move || (form.get() == one).to_string()
                            on:click=move |_| {
                                copied.set("");
                                form.set(one);
                            }>{one.name()}</button>
                    }
                })
                .collect_view()}
        </div>
        <p class="note">{move || form.get().sentence()}</p>
        {move || {
            if form.get() == Form::Picture {
                view! { <img src=href alt="The space-time picture of this run" /> }.into_any()
            } else {
                view! {
                    <textarea readonly spellcheck="false" aria-label=move || form.get().name()
                        prop:value=move || text.get()></textarea>
                }
                    .into_any()
            }
        }}
        <div class="tools">
            <button class="main copy" autofocus on:click=copy>"Copy"</button>
            <a class="button" href=href download=move || form.get().file()>"Download"</a>
            <span class="note" role="status">{move || copied.get()}</span>
            <label class="button file">
                "Open a file …"
                <input type="file" accept=".txt,text/plain,.tape,.1,.2,.3,.4,.5,.6,.7,.8,.9" multiple aria-label="Open a file with a run, or tapes"
                    on:change=move |event| {
                        chosen(ui, &event);
                        ui.sharing.set(false);
                    } />
            </label>
        </div>
    }
}

fn copy(text: String, copied: RwSignal<&'static str>) {
    let promise = window().navigator().clipboard().write_text(&text);
    spawn_local(async move {
        copied.set(match wasm_bindgen_futures::JsFuture::from(promise).await {
            Ok(_) => "Copied.",
            Err(_) => "The browser does not let it be copied: mark it and press Ctrl C.",
        });
    });
}
