//! How long things take, in buckets.

use super::Number;

/// Upper bounds of the buckets, ns, but of the last, which has none: from what a busy server takes for
/// a line to what nobody waits for.
pub const BOUNDS: [u64; 15] = [
    10_000,
    100_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

/// Durations, counted by bucket.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Number; BOUNDS.len() + 1],
    /// Their sum, ns.
    sum: Number,
}

impl Histogram {
    /// Counts `times` durations of `ns`.
    pub fn add(&self, ns: u64, times: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < ns);
        self.buckets[bucket].add(times);
        self.sum.add(ns.saturating_mul(times));
    }

    /// How many durations were at most each of the bounds; at last, how many there were.
    #[must_use]
    pub fn cumulated(&self) -> [u64; BOUNDS.len() + 1] {
        let mut sum = 0;
        self.buckets.each_ref().map(|bucket| {
            sum += bucket.value();
            sum
        })
    }

    /// The sum of all durations, ns.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.value()
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDS, Histogram};

    #[test]
    fn a_duration_is_in_the_bucket_whose_bound_it_does_not_pass() {
        let histogram = Histogram::default();
        for bound in BOUNDS {
            histogram.add(bound, 1);
        }
        histogram.add(BOUNDS[14] + 1, 2);
        let cumulated = histogram.cumulated();
        assert_eq!(cumulated[..15], std::array::from_fn::<u64, 15, _>(|at| at as u64 + 1));
        assert_eq!(cumulated[15], 17);
        assert_eq!(histogram.sum(), BOUNDS.iter().sum::<u64>() + 2 * (BOUNDS[14] + 1));
    }
}
