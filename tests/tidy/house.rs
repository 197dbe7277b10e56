//! Who may depend on whom: between crates, and inside the core.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use herd_tests::repository::{files, read, root};

/// The members, and which other members each may depend on.
const MEMBERS: [(&str, &[&str]); 5] = [
    ("core", &[]),
    ("sim-wasm", &["herd-core"]),
    ("native-node", &["herd-core", "herd-sim-wasm"]),
    ("web", &["herd-core", "herd-sim-wasm"]),
    ("tests", &["herd-core", "herd-native-node", "herd-sim-wasm", "herd-web"]),
];

/// The only crates the core may use: small, `no_std` data structures.
const CORE_USES: [&str; 5] = ["foldhash", "hashbrown", "memchr", "once_cell", "xxhash-rust"];

/// The core's rooms, from the ground up; each may use only rooms below it.
const CORE_ROOMS: [&[&str]; 13] = [
    &["grow", "id", "print", "sort", "time"],
    &["form"],
    &["limits"],
    &["clocks", "floor", "have", "overlay", "peers", "preset"],
    &["tree"],
    &["config", "origin"],
    &["codec"],
    &["lookup", "record"],
    &["outbox", "store"],
    &["ranges", "sync"],
    &["link"],
    &["node"],
    &["tape"],
];

fn manifest(folder: &str) -> toml::Table {
    read(&root().join(folder).join("Cargo.toml")).parse().expect("a manifest")
}

/// Every crate a manifest names in a table of dependencies, under any target.
fn dependencies(table: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            found.extend(inner.keys().cloned());
        } else if key == "target" || key.starts_with("cfg(") {
            found.extend(dependencies(inner));
        }
    }
    found
}

#[test]
fn crates_depend_in_one_direction() {
    let members: BTreeSet<String> =
        MEMBERS.iter().map(|(folder, _)| (*folder).to_owned()).collect();
    let workspace = manifest(".");
    let listed: BTreeSet<String> = workspace["workspace"]["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| member.as_str().expect("a folder").to_owned())
        .collect();
    assert_eq!(listed, members);
    for (folder, allowed) in MEMBERS {
        for dependency in dependencies(&manifest(folder)) {
            assert!(
                !dependency.starts_with("herd-") || allowed.contains(&dependency.as_str()),
                "{folder} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn the_core_uses_data_structures_only() {
    let allowed: BTreeSet<String> = CORE_USES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(dependencies(&manifest("core")), allowed);
    let lib = read(&root().join("core/src/lib.rs"));
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    for (folder, _) in MEMBERS {
        let text = read(&root().join(folder).join("Cargo.toml"));
        let table: toml::Table = text.parse().expect("a manifest");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in
                table.get(section).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let inherits = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(inherits, "{folder}: {name} has a version of its own");
            }
        }
    }
}

#[test]
fn rooms_of_the_core_use_only_rooms_below_them() {
    let floor: BTreeMap<&str, usize> = CORE_ROOMS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let source = root().join("core/src");
    for file in files().iter().filter(|file| file.starts_with(&source)) {
        let inside = file.strip_prefix(&source).expect("inside");
        let is_test = inside.ends_with("tests.rs");
        let room = room_of(inside);
        if room == "lib" || is_test {
            continue;
        }
        let own = floor.get(room.as_str()).unwrap_or_else(|| panic!("{room} has no floor"));
        let text = fs::read_to_string(file).expect("readable");
        let text = text.split("#[cfg(test)]").next().expect("something");
        for used in text.split("use crate::").skip(1) {
            let name: String =
                used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let below = floor.get(name.as_str()).is_some_and(|used| used < own);
            assert!(name == room || below, "{}: {room} must not use {name}", inside.display());
        }
    }
}

fn room_of(inside: &Path) -> String {
    let first = inside.components().next().expect("a name");
    Path::new(first.as_os_str()).file_stem().expect("a name").to_string_lossy().into_owned()
}
