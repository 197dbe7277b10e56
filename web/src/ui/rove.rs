//! Arrow keys along things of which the Tab key reaches one (ARIA Authoring Practices Guide,
//! "Managing Focus Within Components Using a Roving tabindex").

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Focuses the first of the items that `items` selects in `list`.
pub(super) fn first(list: &Element, items: &str) {
    if let Some(item) = find(list, items).first() {
        // Refused only by an element that is not shown.
        drop(item.focus());
    }
}

/// Focuses the item to which a key leads from the focused one, and says which it is; `None` for
/// another key. `arrows` lead to the one before and the one after, round at the ends.
pub(super) fn follow(
    list: &Element,
    items: &str,
    arrows: (&str, &str),
    key: &str,
) -> Option<HtmlElement> {
    let mut items = find(list, items);
    let last = items.len().checked_sub(1)?;
    let active = document().active_element();
    let at = items.iter().position(|item| active.as_ref() == Some(item.as_ref())).unwrap_or(0);
    let to = match key {
        "Home" => 0,
        "End" => last,
        key if key == arrows.0 => at.checked_sub(1).unwrap_or(last),
        key if key == arrows.1 && at < last => at + 1,
        key if key == arrows.1 => 0,
        _ => return None,
    };
    let item = items.swap_remove(to);
    drop(item.focus());
    Some(item)
}

fn find(list: &Element, items: &str) -> Vec<HtmlElement> {
    let Ok(found) = list.query_selector_all(items) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}
