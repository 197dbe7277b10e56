//! Lists in frames. Each is read through once when its frame is parsed, so that going through it
//! later cannot fail.

use alloc::vec::Vec;

use super::frame::{FrameError, Origin, Update};
use super::put::{put_origin, put_varint};
use super::read::Reader;
use crate::have::Have;
use crate::limits::{HAVE_SPANS, LIST_BYTES};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $item:ty, $read:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub struct $name<'a>(Reader<'a>);

        impl<'a> $name<'a> {
            /// Reads a list that takes all of `bytes`.
            pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
                let mut reader = Reader::of(bytes);
                while !reader.is_empty() {
                    $read(&mut reader)?;
                }
                Ok(Self(Reader::of(bytes)))
            }

            /// Whether there is nothing in it.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0.is_empty()
            }

            /// What is in it.
            pub fn iter(self) -> impl Iterator<Item = $item> {
                let mut reader = self.0;
                core::iter::from_fn(move || {
                    if reader.is_empty() { None } else { $read(&mut reader).ok() }
                })
            }
        }
    };
}

list! {
    /// Updates.
    Entries of Update<'a>, entry
}
list! {
    /// Updates that something as new is there of: origin, first and last.
    Covers of (Origin<'a>, u64, u64), cover
}
list! {
    /// What is had of some origins.
    Known of (Origin<'a>, Have), known
}
list! {
    /// Trees: origin and epoch.
    Epochs of (Origin<'a>, u64), epochs
}

impl<'a> Entries<'a> {
    /// What `put_entry` has written.
    pub(crate) const fn written(bytes: &'a [u8]) -> Self {
        Self(Reader::of(bytes))
    }

    /// As they were written.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0.rest()
    }
}

impl<'a> Covers<'a> {
    /// What [`put_cover`] has written.
    pub(crate) const fn written(bytes: &'a [u8]) -> Self {
        Self(Reader::of(bytes))
    }

    /// As they were written.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0.rest()
    }
}

fn entry<'a>(reader: &mut Reader<'a>) -> Result<Update<'a>, FrameError> {
    Update::parse(reader.sized()?)
}

fn cover<'a>(reader: &mut Reader<'a>) -> Result<(Origin<'a>, u64, u64), FrameError> {
    let (origin, first, last) = (reader.origin()?, reader.seq()?, reader.varint()?);
    if first > last { Err(FrameError::Length) } else { Ok((origin, first, last)) }
}

fn epochs<'a>(reader: &mut Reader<'a>) -> Result<(Origin<'a>, u64), FrameError> {
    Ok((reader.origin()?, reader.varint()?))
}

fn known<'a>(reader: &mut Reader<'a>) -> Result<(Origin<'a>, Have), FrameError> {
    let origin = reader.origin()?;
    let mut before = reader.varint()?;
    let mut have = Have::up_to(before);
    let spans = reader.varint()?;
    if spans > HAVE_SPANS as u64 {
        return Err(FrameError::Length);
    }
    for _ in 0..spans {
        // A span that touches the one before would be the same span.
        let after = reader.varint()?;
        let first = before.checked_add(after).filter(|_| after > 1).ok_or(FrameError::Length)?;
        let last = first.checked_add(reader.varint()?).ok_or(FrameError::Length)?;
        if last > i64::MAX.unsigned_abs() {
            return Err(FrameError::Length);
        }
        have.add(first, last);
        before = last;
    }
    Ok((origin, have))
}

/// Appends what is had of an origin.
pub(crate) fn put_known(out: &mut Vec<u8>, origin: &Origin<'_>, have: &Have) {
    put_origin(out, origin);
    put_varint(out, have.prefix());
    put_varint(out, have.beyond().len() as u64);
    let mut before = have.prefix();
    for (first, last) in have.beyond() {
        put_varint(out, first - before);
        put_varint(out, last - first);
        before = *last;
    }
}

/// Appends one after the other, as many as fit in a frame; how many those are.
pub(crate) fn put_fitting<T>(
    out: &mut Vec<u8>,
    list: impl Iterator<Item = T>,
    mut put: impl FnMut(&mut Vec<u8>, T),
) -> usize {
    let full = out.len() + LIST_BYTES;
    let mut count = 0;
    for item in list {
        if out.len() >= full {
            break;
        }
        put(out, item);
        count += 1;
    }
    count
}

/// Appends updates that something as new is there of.
pub(crate) fn put_cover(out: &mut Vec<u8>, origin: &Origin<'_>, first: u64, last: u64) {
    put_origin(out, origin);
    put_varint(out, first);
    put_varint(out, last);
}

/// Appends a tree.
pub(crate) fn put_epoch(out: &mut Vec<u8>, origin: &Origin<'_>, epoch: u64) {
    put_origin(out, origin);
    put_varint(out, epoch);
}
