//! Until: time goes on, or back, to where something happens.

use leptos::prelude::*;

use herd_sim_wasm::Condition;

use super::state::{Tab, Ui};

/// What time can go on to, and how it is chosen.
const ENDS: [(&str, &str); 8] = [
    ("delivery", "next delivery"),
    ("command", "next command"),
    ("fault", "next fault"),
    ("known", "everyone knows"),
    ("redundant", "redundant copy"),
    ("stale", "stale answer"),
    ("broken", "broken check"),
    (WORDS, "words you write …"),
];

/// What a person writes under Events.
const WORDS: &str = "words";

fn condition(ui: Ui, name: &str) -> Option<Condition> {
    Some(match name {
        "delivery" => Condition::Delivery,
        "command" => Condition::Command,
        "fault" => Condition::Fault,
        "known" => {
            Condition::EveryoneKnows(ui.client.with_untracked(|client| client.as_bytes().into()))
        }
        "redundant" => Condition::Redundant,
        "stale" => Condition::Stale,
        "broken" => Condition::Broken,
        _ => return None,
    })
}

/// Goes to where something happens, or says that it does not.
pub(super) fn go(ui: Ui, condition: &Condition, back: bool) {
    ui.playing.set(false);
    let met = ui.pass(|session| session.until(condition, back));
    ui.tick();
    let text = if back {
        "It has not happened before."
    } else {
        "It does not happen within the next minute."
    };
    ui.toast.set((!met).then(|| (text.to_owned(), false)));
}

/// Two lists: until, and back until.
#[component]
pub(crate) fn Until(ui: Ui) -> impl IntoView {
    let list = move |back: bool| {
        let (name, head) = if back { ("Back until", "◂ until") } else { ("Until", "▸ until") };
        let chosen = move |event| {
            let value = event_target_value(&event);
            if let Some(condition) = condition(ui, &value) {
                go(ui, &condition, back);
            } else if value == WORDS {
                ui.finding.set(true);
                ui.tab.set(Tab::Events);
                let text =
                    "Write under Events what is to happen; Enter goes on to it, Shift Enter back.";
                ui.toast.set(Some((text.to_owned(), false)));
            }
        };
        view! {
            <select class="until" aria-label=name title=name prop:value="" on:change=move |event| {
                chosen(event.clone());
                reset(&event);
            }>
                <option value="" selected hidden>{head}</option>
                {ENDS
                    .into_iter()
                    .map(|(value, words)| view! { <option value=value>{words}</option> })
                    .collect_view()}
            </select>
        }
    };
    view! { <div class="untils">{list(true)}{list(false)}</div> }
}

/// The list is a menu: after a choice it shows its name again.
fn reset(event: &leptos::ev::Event) {
    use leptos::wasm_bindgen::JsCast;

    let list = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlSelectElement>().ok());
    if let Some(list) = list {
        list.set_value("");
    }
}
