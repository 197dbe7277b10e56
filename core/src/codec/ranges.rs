//! Ranges of the store in frames: what two servers compare that have the same and hold something
//! different. The places of clients, and the prints of records, are those of `print`.

use alloc::vec::Vec;

use super::frame::{FrameError, RANGES};
use super::put::{put_frame, put_varint};
use super::read::Reader;

const PRINT: u8 = 0;
const LIST: u8 = 1;
const WISH: u8 = 2;
pub(super) const ANSWER: u8 = 1;
pub(super) const LAST: u8 = 2;
/// Bytes of a place and a print.
const ID: usize = 16;

/// What is held in some ranges.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Ranges<'a> {
    /// Whether it answers what the receiver has said of its ranges.
    pub answer: bool,
    /// Whether nothing more of this answer follows.
    pub last: bool,
    /// Marks what belongs together.
    pub number: u64,
    /// What is held.
    pub parts: Parts<'a>,
}

/// What is held in one range of places, or wanted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Part<'a> {
    /// All that is held from one place to another, both included, has this print.
    Print {
        /// First place.
        first: u64,
        /// Last place.
        last: u64,
        /// The sum of the prints.
        print: u64,
    },
    /// Exactly these records are held there.
    List {
        /// First place.
        first: u64,
        /// Last place.
        last: u64,
        /// The records.
        ids: Ids<'a>,
    },
    /// What is held in this place is wanted.
    Wish(u64),
}

/// Parts that follow each other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Parts<'a>(Reader<'a>);

/// Records by their places and prints.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Ids<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// Reads parts that take all of `bytes`.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::of(bytes);
        while !reader.is_empty() {
            part(&mut reader)?;
        }
        Ok(Self::written(bytes))
    }

    /// What [`put_print`], [`put_list`] and [`put_wish`] have written.
    pub(crate) const fn written(bytes: &'a [u8]) -> Self {
        Self(Reader::of(bytes))
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Part<'a>> {
        let mut reader = self.0;
        core::iter::from_fn(move || if reader.is_empty() { None } else { part(&mut reader).ok() })
    }
}

impl<'a> Ids<'a> {
    /// Place and print of each.
    pub fn iter(self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let word =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        self.0.chunks_exact(ID).map(move |id| (word(&id[..8]), word(&id[8..])))
    }
}

fn part<'a>(reader: &mut Reader<'a>) -> Result<Part<'a>, FrameError> {
    let what = reader.varint()?;
    if what == u64::from(WISH) {
        return Ok(Part::Wish(reader.fixed()?));
    }
    let (first, last) = (reader.fixed()?, reader.fixed()?);
    if first > last {
        return Err(FrameError::Length);
    }
    match u8::try_from(what) {
        Ok(PRINT) => Ok(Part::Print { first, last, print: reader.fixed()? }),
        Ok(LIST) => {
            let ids = reader.sized()?;
            if ids.len() % ID != 0 {
                return Err(FrameError::Length);
            }
            Ok(Part::List { first, last, ids: Ids(ids) })
        }
        Ok(_) | Err(_) => Err(FrameError::Kind),
    }
}

/// Appends the print of a range.
pub(crate) fn put_print(out: &mut Vec<u8>, (first, last): (u64, u64), print: u64) {
    out.push(PRINT);
    for word in [first, last, print] {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// Appends the records of a range: place and print of each.
pub(crate) fn put_list(
    out: &mut Vec<u8>,
    (first, last): (u64, u64),
    ids: impl ExactSizeIterator<Item = (u64, u64)>,
) {
    out.push(LIST);
    for word in [first, last] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    put_varint(out, (ids.len() * ID) as u64);
    for (place, print) in ids {
        out.extend_from_slice(&place.to_le_bytes());
        out.extend_from_slice(&print.to_le_bytes());
    }
}

/// Appends the wish for what is held in a place.
pub(crate) fn put_wish(out: &mut Vec<u8>, place: u64) {
    out.push(WISH);
    out.extend_from_slice(&place.to_le_bytes());
}

/// Appends a whole ranges frame.
pub(crate) fn put_ranges(
    out: &mut Vec<u8>,
    (answer, last): (bool, bool),
    number: u64,
    parts: &[u8],
) {
    put_frame(out, |out| {
        out.push(RANGES);
        out.push(if answer { ANSWER } else { 0 } | if last { LAST } else { 0 });
        put_varint(out, number);
        out.extend_from_slice(parts);
    });
}
