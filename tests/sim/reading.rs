//! Scripts as text, and what is asked of them again and again.

use herd_sim_wasm::{Entry, EntryId, Script, World};

pub(crate) fn script(text: &str) -> Script {
    text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// The digest of a run at an instant.
pub(crate) fn digest(script: &Script, until: u64) -> u64 {
    let mut world = World::new(script.clone());
    world.run_until(until);
    world.digest()
}

/// The entry that reads like this.
pub(crate) fn entry(script: &Script, text: &str) -> EntryId {
    let says = |entry: &&Entry| entry.command.text(script.topology()) == text;
    script.entries().iter().find(says).unwrap_or_else(|| panic!("no {text}")).id
}
