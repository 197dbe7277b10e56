use std::fs;
use std::sync::Arc;

use herd_core::{Input, Wall};
use tempfile::TempDir;

use super::*;

/// Waits for something that another thread does.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..30_000 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    panic!("not in time: {what}");
}

fn at(ns: u64) -> Now {
    Now { mono: Instant(ns), wall: Wall(0) }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_takes_no_tape_away_and_it_is_said_when_it_goes_on() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("A.tape");
    let [new, older] = ["A.tape.new", "A.tape.1"].map(|name| folder.path().join(name));
    fs::write(&path, "whole").expect("a file");
    fs::write(&older, "older").expect("a file");
    let full = || std::os::unix::fs::symlink("/dev/full", &new).expect("a link");
    full();
    let options = Options { path: path.clone(), most: 1 << 20, core: 1 };
    let mut tape = Tape::open(&options, "A").expect("it can be opened");
    assert!(is_written(&path) && Tape::open(&options, "A").is_err(), "one at a time");
    let node = Node::new(Arc::new(Config::new("A", [])), at(0));
    tape.begin(at(0), &node);
    assert_eq!(tape.turn(at(0), &node), None);
    until("it is said that it stands still", || {
        matches!(tape.turn(at(1), &node), Some(Turn::Stopped(_)))
    });
    assert!(tape.stands(), "although nothing was told yet");
    let mut now = 1;
    for _ in 0..3 {
        full();
        tape.input(at(now), &Input::Wake);
        now += TRY_AGAIN;
        // It is tried, and said of neither try.
        assert_eq!(tape.turn(at(now), &node), None);
        assert!(tape.stands());
        until("it has failed again", || {
            assert_eq!(tape.turn(at(now), &node), None);
            tape.recorder.as_ref().is_some_and(Recorder::is_muted)
        });
        assert_eq!(fs::read(&path).expect("it is there"), b"whole");
        assert_eq!(fs::read(&older).expect("it is there"), b"older");
    }
    now += TRY_AGAIN;
    until("it goes on", || match tape.turn(at(now), &node) {
        Some(turn) => {
            assert_eq!(turn, Turn::GoesOn { lost: 3 });
            true
        }
        None => false,
    });
    assert!(!tape.stands());
    assert_eq!(fs::read(&older).expect("it is there"), b"whole");
    assert!(fs::metadata(&path).expect("it is there").len() > 5);
    tape.abandon();
    until("it is written no more", || !is_written(&path));
}
