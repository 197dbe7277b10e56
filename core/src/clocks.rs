//! What time it is, as far as that can be told by several wall clocks.
//!
//! A server whose wall clock is off by years must neither take what its neighbours say for the far
//! future, and drop it, nor what it holds for long past, and forget it. So neighbours tell each
//! other their wall clocks when they meet, and a server that stands alone with its own goes by
//! theirs. Where as many say one thing as the other, it is later wherever a record might be dropped,
//! and earlier wherever one might be forgotten: the mistake that loses nothing.

use alloc::vec::Vec;

use crate::form::form;
use crate::limits::CLOCKS_APART;
use crate::sort::sort;
use crate::time::{Now, Wall};

/// What the neighbours' clocks say of our own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Clocks {
    /// How far our wall clock was ahead of our monotonic one before it last jumped, ns.
    own: i64,
    /// It is so much later than our clock says, at the latest, ns.
    latest: i64,
    /// At the earliest.
    earliest: i64,
}

impl Clocks {
    pub(crate) fn new(now: Now) -> Self {
        Self { own: base(now.wall, now), latest: 0, earliest: 0 }
    }

    /// How far a neighbour's clock is ahead of ours, ns. Clocks that are nearly right are right:
    /// nobody has to agree with anybody to the second.
    pub(crate) fn lead(&self, wall: Wall, now: Now) -> i64 {
        let lead = base(wall, now).saturating_sub(self.own);
        if lead.saturating_abs() > CLOCKS_APART { lead } else { 0 }
    }

    /// By how much our clock has jumped, if it has: every neighbour's lead is so much less.
    pub(crate) fn jumped(&mut self, now: Now) -> Option<i64> {
        let new = base(now.wall, now);
        let jump = new.saturating_sub(self.own);
        if jump.saturating_abs() <= CLOCKS_APART {
            return None;
        }
        self.own = new;
        Some(jump)
    }

    /// Goes by the leads of all neighbours that are live.
    pub(crate) fn go_by(&mut self, leads: impl Iterator<Item = i64>) {
        let mut leads: Vec<i64> = leads.chain([0]).collect();
        sort(&mut leads);
        self.latest = leads[leads.len() / 2];
        self.earliest = leads[(leads.len() - 1) / 2];
    }

    /// Reads what everything needs; the number means nothing.
    pub(crate) const fn touch(&self) -> u64 {
        self.latest.cast_unsigned()
    }

    /// What time it is at the latest: what is later than that is in the future.
    pub(crate) const fn latest(&self, now: Now) -> Wall {
        now.wall.plus(self.latest)
    }

    /// What time it is at the earliest: what is earlier than that is past.
    pub(crate) const fn earliest(&self, now: Now) -> Wall {
        now.wall.plus(self.earliest)
    }
}

/// How far a wall clock is ahead of our monotonic one, ns.
fn base(wall: Wall, now: Now) -> i64 {
    wall.0.saturating_sub(i64::try_from(now.mono.0).unwrap_or(i64::MAX))
}

form!(struct Clocks { own, latest, earliest });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Instant, SECOND};

    const YEARS: i64 = 10 * 365 * 24 * 3600 * SECOND.cast_signed();
    const NOW: Now = Now { mono: Instant(5), wall: Wall(1_700_000_000_000_000_000) };

    /// How much later it is, at the earliest and at the latest, by neighbours that are so far ahead.
    fn told(leads: &[i64]) -> (i64, i64) {
        let mut clocks = Clocks::new(NOW);
        let leads = leads.iter().map(|lead| clocks.lead(NOW.wall.plus(*lead), NOW));
        let leads: Vec<i64> = leads.collect();
        clocks.go_by(leads.into_iter());
        (clocks.earliest(NOW).0 - NOW.wall.0, clocks.latest(NOW).0 - NOW.wall.0)
    }

    #[test]
    fn the_many_are_right_and_of_two_the_one_that_loses_nothing() {
        assert_eq!(told(&[]), (0, 0));
        assert_eq!(told(&[CLOCKS_APART, -CLOCKS_APART]), (0, 0), "near enough");
        assert_eq!(told(&[YEARS]), (0, YEARS));
        assert_eq!(told(&[-YEARS]), (-YEARS, 0));
        assert_eq!(told(&[YEARS, YEARS]), (YEARS, YEARS));
        assert_eq!(told(&[YEARS, 5]), (0, 0));
        assert_eq!(told(&[i64::MAX, i64::MIN, 7, -7]), (0, 0), "wild ones");
        assert_eq!(told(&[-YEARS, -YEARS, -YEARS, 0]), (-YEARS, -YEARS));
    }

    #[test]
    fn a_clock_that_drifts_has_not_jumped() {
        let mut clocks = Clocks::new(NOW);
        let mono = Instant(NOW.mono.0 + 900 * SECOND);
        let wall = NOW.wall.plus(900 * SECOND.cast_signed());
        assert_eq!(clocks.jumped(Now { mono, wall: wall.plus(CLOCKS_APART) }), None);
        let jump = CLOCKS_APART + 1;
        assert_eq!(clocks.jumped(Now { mono, wall: wall.plus(jump) }), Some(jump));
        assert_eq!(clocks.jumped(Now { mono, wall: wall.plus(-YEARS) }), Some(-YEARS - jump));
        assert_eq!(clocks.lead(wall, Now { mono, wall: wall.plus(-YEARS) }), YEARS);
    }
}
