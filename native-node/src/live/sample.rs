//! Which updates are noted: as many as an eye can follow, and the same ones on all servers.
//!
//! An update is drawn by a hash of its record, which is the same wherever it comes. A server that sees
//! many notes those whose hash begins with so many zeros, and one that sees more asks for one zero more:
//! what it notes, the other notes too.

use herd_core::time::{Instant, MILLISECOND};
use xxhash_rust::xxh3::xxh3_64;

/// How long the same share is noted.
const WINDOW: u64 = 100 * MILLISECOND;
/// Zeros at most: one in a million million.
const ZEROS_MAX: u32 = 40;

/// What decides whether a record is noted.
pub(super) fn draw(record: &[u8]) -> u64 {
    xxh3_64(record)
}

/// Notes at most so many in a window.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    most: u32,
    /// Zeros with which a hash has to begin.
    zeros: u32,
    /// When this window began, and how many were seen and kept in it.
    since: Instant,
    here: (u64, u32),
    /// Before this window.
    before: (u64, u64),
}

impl Sampler {
    pub(super) const fn new(most: u32) -> Self {
        Self { most, zeros: 0, since: Instant(0), here: (0, 0), before: (0, 0) }
    }

    /// Whether what was drawn is noted.
    pub(super) fn keeps(&mut self, now: Instant, drawn: u64) -> bool {
        let passed = now.0.saturating_sub(self.since.0) / WINDOW;
        if passed > 0 {
            self.begin(now, passed);
        }
        self.here.0 += 1;
        let keeps = drawn.leading_zeros() >= self.zeros && self.here.1 < self.most;
        self.here.1 += u32::from(keeps);
        keeps
    }

    /// Begins a window: what was seen of late says how many zeros bring it to half of the most.
    fn begin(&mut self, now: Instant, passed: u64) {
        self.before = self.counted();
        let each = self.here.0 / passed;
        let wanted = u64::from(self.most / 2).max(1);
        self.zeros = (0..ZEROS_MAX).find(|zeros| each >> zeros <= wanted).unwrap_or(ZEROS_MAX);
        (self.since, self.here) = (now, (0, 0));
    }

    /// How many were seen.
    pub(super) const fn seen(&self) -> u64 {
        self.before.0 + self.here.0
    }

    /// How many were seen, and kept.
    pub(super) const fn counted(&self) -> (u64, u64) {
        (self.seen(), self.before.1 + self.here.1 as u64)
    }
}
