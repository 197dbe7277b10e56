//! Wall clocks. The scheduler keeps true time; only what a server *reads* is off.

use herd_core::time::SECOND;
use herd_core::{Instant, Now, Wall};

use crate::rng::{Purpose, below, draw};
use crate::topology::ServerId;

/// What a right clock shows at the beginning of every run: 2023-11-14 22:13:20 UTC.
pub const EPOCH: Wall = Wall(1_700_000_000 * SECOND.cast_signed());

/// What a right clock shows `at` nanoseconds after the beginning.
#[must_use]
pub const fn wall(at: u64) -> Wall {
    EPOCH.plus(at.cast_signed())
}

/// Both clocks of a server whose wall clock is `offset` nanoseconds ahead.
pub(crate) const fn read(at: u64, offset: i64) -> Now {
    Now { mono: Instant(at), wall: wall(at).plus(offset) }
}

/// How far a server's clock is ahead if clocks are off by at most `skew` nanoseconds.
pub(crate) fn offset(seed: u64, server: ServerId, skew: u64) -> i64 {
    let draw = draw(seed, Purpose::Clocks, u64::from(server.0), 0, 0);
    let skew = skew.min(1 << 62);
    below(draw, 2 * skew + 1).cast_signed() - skew.cast_signed()
}
