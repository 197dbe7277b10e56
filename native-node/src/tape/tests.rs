use std::fs;
use std::sync::Arc;

use herd_core::tape::{Item, Reader};
use herd_core::{Input, Unit, Wall};
use tempfile::TempDir;

use super::blocks::{BLOCK, Blocks, LEAST, room};
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

/// A batch of so many bytes of this kind, and where it begins in its room.
fn batch(byte: u8, size: usize) -> (Vec<u8>, usize) {
    let mut bytes = room(None);
    let lead = bytes.len();
    bytes.resize(lead + size, byte);
    (bytes, lead)
}

#[test]
fn large_batches_begin_and_end_where_blocks_do_and_the_others_follow_at_once() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("some");
    let mut blocks = Blocks::create(&path).expect("a file");
    // What, how much, whether the disk is behind, and where it is to begin.
    let large = LEAST + 5;
    let second = 2 * BLOCK + large.next_multiple_of(BLOCK);
    let third = second + large.next_multiple_of(BLOCK);
    let all = [
        (b'a', 10, false, 0),
        (b'b', BLOCK - 12, false, 10),
        // Two bytes to the next block are too few for what is free.
        (b'c', large, false, 2 * BLOCK),
        (b'd', large, false, second),
        (b'e', 7, false, third),
        (b'f', large, true, third + 7),
    ];
    let mut went_past = false;
    for (byte, size, behind, _) in all {
        let (mut bytes, lead) = batch(byte, size);
        blocks.write(&mut bytes, lead, behind).expect("there is room");
        went_past |= blocks.is_past();
    }
    let is_past = blocks.is_past();
    assert!(!is_past, "what is small goes through the cache");
    let written = fs::read(&path).expect("the file");
    for (byte, size, _, at) in all {
        assert!(written[at..at + size].iter().all(|found| *found == byte), "{byte} at {at}");
    }
    assert_eq!(written.len(), third + 7 + large);
    // Nothing else stands between them but what says that it is free.
    let free = [(BLOCK - 2, 2 * BLOCK), (2 * BLOCK + large, second), (second + large, third)];
    for (start, end) in free {
        let mut expected = Vec::new();
        herd_core::tape::put_free(&mut expected, end - start);
        assert_eq!(written[start..end], expected);
    }
    // Not every system can, and not every disk.
    assert!(went_past || !blocks.can(), "it has, or has found that it cannot");
}

#[test]
fn a_batch_that_had_no_room_where_a_block_begins_is_carried_there() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("some");
    let mut blocks = Blocks::create(&path).expect("a file");
    let mut expected = Vec::new();
    for (lead, size) in [(3, 2 * BATCH + 7), (0, BATCH), (1, 3 * BATCH), (5, LEAST + 1)] {
        let mut bytes: Vec<u8> = (0..lead + size).map(|at| at.to_le_bytes()[1]).collect();
        bytes.shrink_to_fit();
        blocks.write(&mut bytes, lead, false).expect("there is room");
        expected.extend_from_slice(&bytes[lead..lead + size]);
        let missing = expected.len().next_multiple_of(BLOCK) - expected.len();
        if missing > 0 && blocks.can() {
            herd_core::tape::put_free(&mut expected, missing);
        }
    }
    assert!(fs::read(&path).expect("the file") == expected);
}

#[test]
fn a_tape_of_large_batches_is_read_to_its_end() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("A.tape");
    let options = Options { path: path.clone(), most: 1 << 30, core: 1 };
    let mut tape = Tape::open(&options, "A").expect("it can be opened");
    let node = Node::new(Arc::new(Config::new("A", [])), at(0));
    tape.begin(at(0), &node);
    let (out, mut told, mut now) = (Outbox::new(), 0, 0);
    for turn in 0..600 {
        // A few at a time, then many: small batches and large ones.
        for _ in 0..if turn % 100 == 0 { 1 } else { 20 } {
            let unit = Unit::Line(&[b'x'; 1_000]);
            tape.input(at(now), &Input::Heard { conn: ConnId(0), unit });
            tape.outputs(&out, Mark::default());
            told += 1;
        }
        now += if turn % 100 == 0 { LATEST } else { 1 };
        assert_eq!(tape.turn(at(now), &node), None);
    }
    tape.finish(at(now)).expect("there is room");
    let bytes = fs::read(&path).expect("the tape");
    let entries = Reader::new(&bytes).expect("a tape").map(|entry| entry.expect("no fault").item);
    let heard = entries.filter(|item| matches!(item, Item::Input(Input::Heard { .. })));
    assert_eq!(heard.count(), told);
}
