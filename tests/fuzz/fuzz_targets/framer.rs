//! Any bytes in any pieces: the same units as in one piece, and never more held than one unit.
#![no_main]

use std::ops::ControlFlow;

use herd_core::limits::{FRAME_MAX, LINE_MAX};
use herd_core::{Framer, Unit};
use libfuzzer_sys::fuzz_target;

fn units(pieces: &[&[u8]]) -> Vec<String> {
    let mut units = Vec::new();
    let mut framer = Framer::new();
    let mut each = |unit: Unit<'_>| {
        units.push(format!("{unit:?}"));
        ControlFlow::Continue(())
    };
    for piece in pieces {
        framer.feed(piece, &mut each);
        assert!(framer.holds() <= LINE_MAX.max(FRAME_MAX) + 4);
    }
    framer.finish(&mut each);
    units
}

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (sizes, stream) = input;
    let mut pieces = Vec::new();
    let mut rest = &stream[..];
    for size in sizes {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(size)));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    assert_eq!(units(&pieces), units(&[&stream]));
});
