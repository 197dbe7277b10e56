//! What is drawn from a seed.

use herd_sim_wasm::rng::{Purpose, below, draw};

/// Draws one thing after the other. Equal seeds and streams give equal draws.
#[derive(Clone, Debug)]
pub struct Luck {
    seed: u64,
    stream: u64,
    drawn: u64,
}

impl Luck {
    /// The draws of a seed's stream.
    #[must_use]
    pub const fn new(seed: u64, stream: u64) -> Self {
        Self { seed, stream, drawn: 0 }
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        below(draw(self.seed, Purpose::Workload, 1 << 40, self.stream, self.drawn), bound)
    }

    /// An index of a list of that length.
    ///
    /// # Panics
    /// If the list is empty.
    pub fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).expect("a length");
        usize::try_from(self.below(bound)).expect("below a length")
    }
}
