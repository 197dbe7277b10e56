//! Every fault has a script in `tests/faults` with the log of its run behind `----`.
//! `UPDATE_EXPECT=1` rewrites what is expected.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use herd_sim_wasm::{LogLine, Script, World, end_of};

/// What can be said in a script, by its first word.
const VERBS: [&str; 33] = [
    "bandwidth",
    "capacity",
    "clients",
    "clock",
    "clog",
    "cut",
    "damage",
    "datagram",
    "disk",
    "drift",
    "hangup",
    "heal",
    "hold",
    "join",
    "kill",
    "lag",
    "latency",
    "leave",
    "link",
    "lose",
    "partition",
    "pause",
    "places",
    "release",
    "restart",
    "resume",
    "say",
    "send",
    "slow",
    "stream",
    "swizzle",
    "unlink",
    "wobble",
];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("tests/faults is there")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    files
}

/// The script and the log of its run.
fn played(said: &str, name: &str) -> String {
    let script: Script = said.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
    let end = end_of(&script);
    let mut world = World::new(script);
    world.record(true);
    world.run_until(end);
    let broken = world.broken();
    assert!(broken.is_none(), "{name}: {broken:?}");
    let mut text = format!("{said}----\n{}\n", LogLine::head(world.topology()));
    for line in world.take_log() {
        writeln!(text, "{}", line.show(world.topology()).trim_end()).expect("a String");
    }
    writeln!(text, "digest {:016x}", world.digest()).expect("a String");
    text
}

#[test]
fn every_fault_does_what_its_file_shows() {
    for file in files() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a readable file");
        let said = text.split("----\n").next().unwrap_or_default();
        let got = played(said, &name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, &got).expect("a writable file");
        } else if got != text {
            let same = got.lines().zip(text.lines()).take_while(|(got, text)| got == text).count();
            panic!(
                "{name}, line {}: expected\n  {}\ngot\n  {}\n(UPDATE_EXPECT=1 rewrites the file)",
                same + 1,
                text.lines().nth(same).unwrap_or("(the end)"),
                got.lines().nth(same).unwrap_or("(the end)"),
            );
        }
    }
}

#[test]
fn every_command_is_in_a_file() {
    let mut seen = BTreeSet::new();
    for file in files() {
        let text = fs::read_to_string(&file).expect("a readable file");
        for line in text.split("----\n").next().unwrap_or_default().lines() {
            seen.extend(line.strip_prefix('@').and_then(|l| Some(l.split(' ').nth(1)?.to_owned())));
        }
    }
    let lacks: Vec<_> = VERBS.into_iter().filter(|verb| !seen.contains(*verb)).collect();
    assert!(lacks.is_empty(), "no file in tests/faults shows {lacks:?}");
}
