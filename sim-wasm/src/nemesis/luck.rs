//! Draws one thing after the other, for one purpose.

use crate::fault::Share;
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

    const fn next(&mut self) -> u64 {
        self.drawn += 1;
        draw(self.seed, Purpose::Nemesis, self.what, 0, self.drawn)
    }

    /// A number below `bound`.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        rng::below(self.next(), bound)
    }

    /// A number from `low` to `high`, both included.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A share of at most so many times a unit, in hundredths of a percent; often none.
    pub(super) fn share(&mut self, most: u64, unit: u64) -> Share {
        let share = if self.below(3) == 0 { 0 } else { self.between(1, most) };
        Share::new(u16::try_from(share * unit).unwrap_or(u16::MAX))
    }

    /// A few, wildly weighted: one as a rule, up to `most` at times, and `most` rarely.
    pub(super) const fn few(&mut self, most: u64) -> u64 {
        match self.below(8) {
            0..=2 => 1,
            3..=6 => self.between(1, most),
            _ => most,
        }
    }

    /// An exponentially distributed number with this mean.
    pub(super) fn exponential(&mut self, mean: u64) -> u64 {
        rng::exponential(self.next(), mean)
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        list[usize::try_from(at).unwrap_or(0)]
    }
}
