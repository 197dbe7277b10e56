//! Draws one thing after the other, for one purpose.

use crate::rng::{self, Purpose, draw};

#[derive(Debug)]
pub(super) struct Luck {
    seed: u64,
    what: u64,
    drawn: u64,
}

impl Luck {
    pub(super) const fn new(seed: u64, what: u64) -> Self {
        Self { seed, what, drawn: 0 }
    }

    /// A number below `bound`.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        rng::below(draw(self.seed, Purpose::Nemesis, self.what, 0, self.drawn), bound)
    }

    /// A number from `low` to `high`, both included.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A few: small numbers often, `most` rarely.
    pub(super) const fn few(&mut self, most: u64) -> u64 {
        let bound = self.below(most) + 1;
        1 + self.below(bound)
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        list[usize::try_from(at).unwrap_or(0)]
    }
}
