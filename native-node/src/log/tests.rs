use std::fs;

use super::{Detail, Format, WAITING_MAX, Writer, printable};

#[test]
fn lines_are_written_in_order_and_appended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("new/Alford.log");
    for round in 0..2 {
        let writer = Writer::start().expect("a thread");
        let mut log = writer.opener().open(&path, Detail::Full, Format::Text, 0).expect("a log");
        for line in 0..1000 {
            log.lines().extend_from_slice(format!("{round} {line}\n").as_bytes());
            log.hand_over();
        }
        assert_eq!(writer.finish(), []);
    }
    let text = fs::read_to_string(&path).expect("the log");
    let expected: String =
        (0..2).flat_map(|r| (0..1000).map(move |l| format!("{r} {l}\n"))).collect();
    assert_eq!(text, expected);
}

#[test]
fn what_finds_no_room_is_counted_and_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("Ball.log");
    let writer = Writer::start().expect("a thread");
    let mut log = writer.opener().open(&path, Detail::Full, Format::Text, 0).expect("a log");
    log.lines().extend_from_slice(b"kept\n");
    log.hand_over();
    // More than ever fits, in two lines.
    log.lines().resize(WAITING_MAX, b'x');
    log.lines().extend_from_slice(b"\nlost\n");
    log.hand_over();
    log.lines().extend_from_slice(b"kept too\n");
    log.hand_over();
    let losses = writer.finish();
    assert_eq!(losses.iter().map(|loss| loss.lines).collect::<Vec<_>>(), [2]);
    let text = fs::read_to_string(&path).expect("the log");
    assert!(text.starts_with("kept\n") && text.contains("kept too\n"), "{text}");
    assert!(text.contains("2 lines found no room here and are missing\n"), "{text}");
}

#[test]
fn a_log_that_is_off_makes_no_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("Ball.log");
    let writer = Writer::start().expect("a thread");
    let mut log = writer.opener().open(&path, Detail::Off, Format::Text, 0).expect("no log");
    log.lines().extend_from_slice(b"nothing\n");
    log.hand_over();
    assert_eq!(writer.finish(), []);
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_written_is_reported() {
    let writer = Writer::start().expect("a thread");
    // A device that is always full, where there is one.
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let mut log = writer.opener().open(full, Detail::Full, Format::Text, 0).expect("a log");
    log.lines().extend_from_slice(b"one\ntwo\n");
    log.hand_over();
    let losses = writer.finish();
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0].lines, 2);
    assert!(losses[0].error.is_some());
}

#[test]
fn control_characters_are_escaped() {
    let mut out = Vec::new();
    printable(&mut out, b"a\tb\x1b[2J\x00\xff\r");
    assert_eq!(out, b"a\tb\\x1b[2J\\x00\xff\\r");
}

#[test]
fn a_log_that_is_full_begins_anew_and_keeps_the_one_before() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("some.log");
    let writer = Writer::start().expect("a thread");
    let mut log = writer.opener().open(&path, Detail::Full, Format::Text, 1_000).expect("a log");
    let line = [b'x'; 99];
    for _ in 0..1_000 {
        log.lines().extend_from_slice(&line);
        log.lines().push(b'\n');
        log.hand_over();
        // Each is written by itself, so that the sizes can be told.
        let empty = || writer.shared.lock().files[0].bytes.is_empty();
        while !empty() {
            std::thread::yield_now();
        }
    }
    drop(log);
    assert!(writer.finish().is_empty(), "nothing is lost");
    let size = |path: &std::path::Path| fs::metadata(path).expect("a file").len();
    assert!(size(&path) <= 1_000);
    assert_eq!(size(&folder.path().join("some.log.1")), 1_000);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
}
