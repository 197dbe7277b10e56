//! What the fuzz targets begin with, every time: one file of each frame, greeting and form of a script.

use std::fs;

use herd_core::codec::{Frame, parse};
use herd_tests::fuzz;
use herd_tests::repository::root;

/// The corpus of a fuzz target: names and contents.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read(&path).expect("a file"))
    };
    files.map(file).collect()
}

#[test]
fn the_corpus_breaks_nothing() {
    for (target, run) in [
        ("codec", fuzz::codec as fn(&[u8])),
        ("framer", fuzz::framer),
        ("node", fuzz::node),
        ("script", fuzz::script),
        ("tape", fuzz::tape),
    ] {
        for (_, bytes) in corpus(target) {
            run(&bytes);
            // Cut off anywhere, and damaged anywhere.
            for at in 0..bytes.len() {
                run(&bytes[..at]);
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << (at % 8);
                run(&damaged);
            }
        }
    }
}

/// Every truncation and every bit flip of every frame is an error or another frame.
#[test]
fn every_frame_is_in_the_corpus_and_cannot_be_mistaken() {
    let mut kinds = Vec::new();
    for (name, frame) in corpus("codec").into_iter().filter(|(name, _)| name.starts_with("frame-"))
    {
        let read = Frame::parse(&frame);
        assert!(read.is_ok(), "{name}: {read:?}");
        kinds.push(frame[0]);
        for at in 0..8 * frame.len() {
            let mut flipped = frame.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_ne!(Frame::parse(&flipped), read, "{name}, bit {at}");
        }
        for end in 0..frame.len() {
            assert_ne!(Frame::parse(&frame[..end]), read, "{name}, {end} bytes");
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    let grammar = fs::read_to_string(root().join("core/src/codec/frame.rs")).expect("a file");
    let lines = grammar.lines().filter_map(|line| line.strip_prefix("//! "));
    let mut known: Vec<u8> = lines
        .filter_map(|line| line.split_once(" = ")?.1.split(' ').next()?.parse().ok())
        .collect();
    known.sort_unstable();
    assert_eq!(kinds, known, "a frame of each kind of the grammar");
}

#[test]
fn the_corpus_has_a_greeting_and_an_answer_to_it() {
    let lines: Vec<Vec<u8>> = corpus("codec").into_iter().map(|(_, bytes)| bytes).collect();
    let greets = |line: &Vec<u8>| line.starts_with(b"HERD ") && parse(line).is_ok();
    assert!(lines.iter().any(greets));
    assert!(lines.iter().any(|line| line.starts_with(b"STALE ")));
}
