//! Frames that are none, as a damaged or hostile neighbour says them.

/// The greatest kind of frame there is: `core/src/codec/frame.rs` has their grammar.
const KINDS: u8 = 16;

/// One of each kind whose body ends in the middle of a number, one of each kind that there is not, and
/// an empty one; each with its length.
#[must_use]
pub fn malformed() -> Vec<Vec<u8>> {
    let cut_off = (0..=u8::MAX).map(|kind| vec![2, kind, 0xff]);
    let flagged = (1..=KINDS).map(|kind| vec![3, kind, 0x7f, 0x80]);
    cut_off
        .filter(|frame| frame[1] <= KINDS + 2 || frame[1] == u8::MAX)
        .chain(flagged)
        .chain([vec![0]])
        .collect()
}
