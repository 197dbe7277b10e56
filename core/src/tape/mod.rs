//! A tape: everything that one node was told, in order, with what is needed to tell it again.
//!
//! ```text
//! tape  = head chunk*
//! head  = "HERDTAPE" version core          one byte; four: which core wrote it, as its driver says
//! chunk = length check (item+ [end])*      four bytes each, little-endian; the check is of what follows
//! item  = kind [clock] body
//! end   = MARK digest | NO_MARK            one byte; four
//! ```
//!
//! A chunk may be [free](put_free): so the next one begins where a disk has a block.
//!
//! It begins with a [node as it was](Item::Start), so it needs nothing that came before: a tape that
//! grew too long goes on in another. Then comes every [`Input`] with its [`Now`] (the monotonic
//! clock as the distance to the last one, the wall clock as how that distance has changed; nothing
//! if both stand still). What was heard at once stands there at once, as it was said. Behind each, or
//! behind all that was heard at once, stands a *mark*: four bytes of a digest of all that the node has
//! put out by then. Told the same again, the same node puts out the same, so a mark that differs
//! names what was taken otherwise.
//!
//! What ends in the middle of a chunk was cut off there by a power cut or a `kill -9`. A line that
//! shows a token stands on the tape with the token blotted out, and then there is no mark behind what
//! was heard with it.
//!
//! The crate reads and writes bytes only; who has them on a disk is the driver's affair.

mod item;
mod outputs;
mod player;
mod reader;
mod recorder;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

pub use item::Item;
pub use player::{Played, Player, Stray};
pub use reader::{Entry, Known, Reader, Spot};
pub use recorder::Recorder;

#[cfg(doc)]
use crate::{Input, Now};

/// What every tape begins with.
pub const MAGIC: &[u8; 8] = b"HERDTAPE";
/// The version of the format.
pub const VERSION: u8 = 3;
/// Bytes of the head.
pub const HEAD: usize = MAGIC.len() + 1 + 4;
/// Bytes before the items of a chunk.
const CHUNK_HEAD: usize = 8;

/// Why bytes are no tape, or no more of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It does not begin as a tape does.
    NoTape,
    /// It is of another version of the format.
    Version(u8),
    /// It ends in the middle of a chunk: so many bytes are left over.
    Torn {
        /// Where that chunk begins.
        at: u64,
        /// Bytes from there to the end.
        left: u64,
    },
    /// A chunk is not what was written.
    Damaged {
        /// Where it begins.
        at: u64,
    },
    /// A chunk is whole, but what is in it is no item.
    Item {
        /// Where the item begins.
        at: u64,
        /// What was expected there.
        expected: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTape => write!(f, "at byte 0: expected a tape, which begins with HERDTAPE"),
            Self::Version(version) => write!(
                f,
                "at byte {}: expected a tape of version {VERSION}; this one is of version {version}, \
                 which another version of the program reads",
                MAGIC.len(),
            ),
            Self::Torn { at, left } => write!(
                f,
                "at byte {at}: expected a whole chunk; it was torn off after {left} bytes, as by a \
                 kill or a power cut"
            ),
            Self::Damaged { at } => {
                write!(f, "at byte {at}: expected a chunk as it was written; bytes were changed")
            }
            Self::Item { at, expected } => write!(f, "at byte {at}: expected {expected}"),
        }
    }
}

impl core::error::Error for Fault {}

/// The shortest chunk in which nothing stands.
pub const FREE_LEAST: usize = CHUNK_HEAD + 1;

/// Appends a chunk of so many bytes in which nothing stands.
///
/// # Panics
/// If they are fewer than [`FREE_LEAST`], or 4 GiB.
pub fn put_free(out: &mut Vec<u8>, length: usize) {
    let start = out.len();
    out.extend_from_slice(&[0; CHUNK_HEAD]);
    out.push(item::FREE);
    assert!(length >= FREE_LEAST, "a chunk has {FREE_LEAST} bytes at least");
    out.resize(start + length, 0);
    put_head(out, start);
}

/// Writes the head of the chunk that begins at `start` and goes to the end.
fn put_head(out: &mut [u8], start: usize) {
    let items = &out[start + CHUNK_HEAD..];
    let length = u32::try_from(items.len()).expect("a chunk has less than 4 GiB");
    let [length, check] = [length, check_of(items)].map(u32::to_le_bytes);
    out[start..start + 4].copy_from_slice(&length);
    out[start + 4..start + CHUNK_HEAD].copy_from_slice(&check);
}

/// The check of a chunk's items.
fn check_of(items: &[u8]) -> u32 {
    low(xxhash_rust::xxh3::xxh3_64(items))
}

/// The low half.
const fn low(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
