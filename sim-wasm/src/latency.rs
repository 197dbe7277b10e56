//! How long a message takes.

use std::fmt;
use std::str::FromStr;

use crate::fault::Share;
use crate::rng;
use crate::text::{parse_duration, show_duration};

/// How long a message takes from one end of a link to the other, ns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Latency {
    /// Always the same: `50ms`.
    Constant(u64),
    /// Anything from `low` to `high`, both included: `5ms..45ms`.
    Uniform {
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    },
    /// A floor and an exponential tail behind it: `10ms+40ms` (floor + mean of the rest).
    Exponential {
        /// The least.
        floor: u64,
        /// Mean of what comes on top.
        mean: u64,
    },
    /// One of two, the second with so many messages: `20ms|300ms:10%`.
    Bimodal {
        /// As a rule.
        usual: u64,
        /// Now and then.
        rare: u64,
        /// How often the second.
        share: Share,
    },
}

impl Latency {
    /// The latency that a draw means.
    #[must_use]
    pub fn sample(self, draw: u64) -> u64 {
        match self {
            Self::Bimodal { usual, rare, share } => {
                if share.takes(draw) {
                    rare
                } else {
                    usual
                }
            }
            Self::Constant(ns) => ns,
            Self::Uniform { low, high } => low + rng::below(draw, high - low + 1),
            Self::Exponential { floor, mean } => floor.saturating_add(rng::exponential(draw, mean)),
        }
    }

    /// Its mean, ns: what a picture shows.
    #[must_use]
    pub const fn mean(self) -> u64 {
        match self {
            Self::Constant(ns) => ns,
            Self::Uniform { low, high } => low + (high - low) / 2,
            Self::Exponential { floor, mean } => floor.saturating_add(mean),
            Self::Bimodal { usual, .. } => usual,
        }
    }

    /// The most it can be.
    #[must_use]
    pub fn most(self) -> u64 {
        match self {
            Self::Constant(ns) => ns,
            Self::Uniform { high, .. } => high,
            Self::Exponential { floor, mean } => floor.saturating_add(rng::exponential(0, mean)),
            Self::Bimodal { usual, rare, .. } => usual.max(rare),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Constant(ns) => f.write_str(&show_duration(ns)),
            Self::Uniform { low, high } => {
                write!(f, "{}..{}", show_duration(low), show_duration(high))
            }
            Self::Exponential { floor, mean } => {
                write!(f, "{}+{}", show_duration(floor), show_duration(mean))
            }
            Self::Bimodal { usual, rare, share } => {
                write!(f, "{}|{}:{share}", show_duration(usual), show_duration(rare))
            }
        }
    }
}

/// What a latency looks like, for messages about one that does not.
pub(crate) const EXPECTED: &str =
    "a latency: 50ms, 5ms..45ms, 10ms+40ms (floor + mean), or 20ms|300ms:10%";

impl FromStr for Latency {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |text| parse_duration(text).ok_or(EXPECTED);
        if let Some((low, high)) = text.split_once("..") {
            let (low, high) = (parse(low)?, parse(high)?);
            return if low <= high { Ok(Self::Uniform { low, high }) } else { Err(EXPECTED) };
        }
        if let Some((floor, mean)) = text.split_once('+') {
            return Ok(Self::Exponential { floor: parse(floor)?, mean: parse(mean)? });
        }
        if let Some((usual, rest)) = text.split_once('|') {
            let (rare, share) = rest.split_once(':').ok_or(EXPECTED)?;
            let share = share.parse().map_err(|_| EXPECTED)?;
            return Ok(Self::Bimodal { usual: parse(usual)?, rare: parse(rare)?, share });
        }
        Ok(Self::Constant(parse(text)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_both_ways() {
        for text in ["50ms", "5ms..45ms", "10ms+40ms", "0s", "1us..1us", "20ms|300ms:10%"] {
            assert_eq!(text.parse::<Latency>().map(|l| l.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "5", "45ms..5ms", "-5ms", "5ms..", "+5ms", "1ms+2ms+3ms", "1ms|2ms"] {
            assert!(bad.parse::<Latency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn samples_stay_in_range() {
        let uniform = Latency::Uniform { low: 5, high: 7 };
        let seen: std::collections::BTreeSet<u64> = (0..100)
            .map(|n| uniform.sample(rng::draw(0, rng::Purpose::Latency, 0, 0, n)))
            .collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [5, 6, 7]);
        assert!(Latency::Exponential { floor: 9, mean: 5 }.sample(u64::MAX) >= 9);
    }
}
