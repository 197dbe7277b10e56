//! The floor: what is at or below it is absent. It rises with time, where records are kept for so
//! long only, and with records, where there is room for so many.
//!
//! It orders clients by the stamps of their newest records; the hash of the client id tells equal
//! stamps apart. Since a client's records are ordered by their stamps first, nothing older than what
//! fell below the floor can come back. And since a client's place only ever rises, servers with equal
//! room that have heard the same hold the same, in whatever order they heard it.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use xxhash_rust::xxh3::xxh3_64;

use crate::form::form;
use crate::time::Wall;

/// A place in the order in which records fall below the floor.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Floor {
    /// The client's clock.
    pub stamp: Wall,
    /// Tells apart what has the same stamp.
    pub tie: u64,
}

impl Floor {
    /// Nothing is below it.
    pub const BOTTOM: Self = Self { stamp: Wall(i64::MIN), tie: 0 };

    /// The place of a client whose newest record has this stamp.
    pub(crate) fn of(stamp: Wall, client: &[u8]) -> Self {
        Self { stamp, tie: xxh3_64(client) }
    }
}

/// Which record is the next to fall below the floor: every one of them, with a place that it had
/// some time. It may be higher by now: that is looked at when its turn comes.
pub(crate) type Order = BinaryHeap<Reverse<(Floor, u32)>>;

form!(struct Floor { stamp, tie });
