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

/// How far a server's wall clock is ahead, and how that changes. Its monotonic clock is right.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How far its monotonic clock is ahead of the run's, ns: a simulated one is not.
    lead: i64,
    /// How much later than [`EPOCH`] the run begins, ns.
    epoch: i64,
    /// How far it was ahead at `since`, ns.
    offset: i64,
    since: u64,
    /// What it gains, in millionths.
    ppm: i64,
    /// How far it swings to either side, ns, and how long one swing takes.
    swing: u64,
    period: u64,
}

impl Clock {
    /// A clock that is off by at most `skew`, drawn.
    pub(crate) fn new(seed: u64, server: ServerId, skew: u64) -> Self {
        let draw = draw(seed, Purpose::Clocks, u64::from(server.0), 0, 0);
        let skew = skew.min(1 << 62);
        let offset = below(draw, 2 * skew + 1).cast_signed() - skew.cast_signed();
        Self { offset, ..Self::default() }
    }

    /// Both clocks of the server.
    pub(crate) fn read(&self, at: u64) -> Now {
        let wall = wall(at).plus(self.epoch).plus(self.offset(at));
        Now { mono: Instant(at.saturating_add_signed(self.lead)), wall }
    }

    /// When the monotonic clock shows this, ns from the beginning of the run.
    pub(crate) const fn time_of(&self, mono: Instant) -> u64 {
        mono.0.saturating_add_signed(self.lead.saturating_neg())
    }

    /// The clock of a run that begins at a time of its own.
    pub(crate) fn beginning(begins: i64) -> Self {
        Self { epoch: begins.saturating_sub(EPOCH.0), ..Self::default() }
    }

    /// Shows this at an instant.
    pub(crate) fn show(&mut self, at: u64, now: Now) {
        let own = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
        self.lead = own(now.mono.0).saturating_sub(own(at));
        let right = wall(at).plus(self.epoch);
        self.step(at, now.wall.0.saturating_sub(right.0));
    }

    /// How far it is ahead, ns.
    pub(crate) fn offset(&self, at: u64) -> i64 {
        if self.ppm == 0 && self.swing == 0 {
            return self.offset;
        }
        let gone = i128::from(at.saturating_sub(self.since));
        let drift = gone * i128::from(self.ppm) / 1_000_000;
        let off = i128::from(self.offset) + drift + self.swung(gone);
        i64::try_from(off).unwrap_or(if off < 0 { i64::MIN } else { i64::MAX })
    }

    /// Where the swing is: a triangle, ahead first.
    fn swung(&self, gone: i128) -> i128 {
        if self.swing == 0 {
            return 0;
        }
        let (swing, period) = (i128::from(self.swing), i128::from(self.period.max(1)));
        let quarters = 4 * (gone % period);
        if quarters < period {
            swing * quarters / period
        } else if quarters < 3 * period {
            swing * (2 * period - quarters) / period
        } else {
            swing * (quarters - 4 * period) / period
        }
    }

    /// Sets it: a step.
    pub(crate) const fn step(&mut self, at: u64, offset: i64) {
        self.offset = offset;
        self.since = at;
    }

    /// It gains so much from now on.
    pub(crate) fn drift(&mut self, at: u64, ppm: i64) {
        self.step(at, self.offset(at));
        self.ppm = ppm;
    }

    /// It swings so far from now on.
    pub(crate) fn wobble(&mut self, at: u64, swing: u64, period: u64) {
        self.step(at, self.offset(at));
        self.swing = swing;
        self.period = period;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_drifts_by_millionths_and_goes_on_from_where_it_is() {
        let mut clock = Clock::default();
        clock.drift(SECOND, 200);
        assert_eq!(clock.offset(11 * SECOND), 2_000_000);
        clock.drift(11 * SECOND, -100);
        assert_eq!(clock.offset(21 * SECOND), 1_000_000);
        clock.step(21 * SECOND, -5);
        assert_eq!(clock.offset(21 * SECOND), -5);
        assert_eq!(clock.offset(31 * SECOND), -1_000_005);
        assert_eq!(clock.read(31 * SECOND).mono, Instant(31 * SECOND));
    }

    #[test]
    fn it_swings_ahead_and_behind() {
        let mut clock = Clock::default();
        clock.wobble(0, 300, 4 * SECOND);
        let seen: Vec<i64> = (0..=8).map(|half| clock.offset(half * SECOND / 2)).collect();
        assert_eq!(seen, [0, 150, 300, 150, 0, -150, -300, -150, 0]);
    }
}
