//! How much of a busy herd is drawn, and what a slow machine does without.
//!
//! The level goes by how many messages cross the stage in a second: nobody follows a thousand dots,
//! and a browser paints links that glow far quicker. Time itself is never slowed down for it.

use herd_sim_wasm::view::Frame;

use crate::view::Hidden;

/// So many messages a second can be told apart.
const WHOLE_MAX: f64 = 300.0;
/// So many can be seen as dots.
const DOTS_MAX: f64 = 3_000.0;
/// A busy herd becomes calm only below this part of a limit, so that the level does not flicker.
const CALM: f64 = 0.8;
/// Frames that are judged together.
const FRAMES: usize = 40;
/// Of twenty frames, nineteen are to take no longer, ms.
const SLOW: f64 = 20.0;
/// All of them are that quick where there is time for more, ms.
const QUICK: f64 = 18.5;
/// How many times as long as before one waits before drawing more again, at most.
const PATIENCE_MAX: u32 = 32;

/// How messages are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Each with its shape and its tail.
    #[default]
    Whole,
    /// Each as a small dot.
    Dots,
    /// Not at all: links glow by how many they carry, and the wave's front is drawn.
    Glow,
}

impl Detail {
    /// The level for so many messages a second, coming from another level.
    #[must_use]
    pub fn of(rate: f64, before: Self) -> Self {
        let over =
            |limit: f64, level: Self| rate > if before >= level { limit * CALM } else { limit };
        if over(DOTS_MAX, Self::Glow) {
            Self::Glow
        } else if over(WHOLE_MAX, Self::Dots) {
            Self::Dots
        } else {
            Self::Whole
        }
    }

    /// One level with less to paint.
    #[must_use]
    pub const fn less(self) -> Self {
        match self {
            Self::Whole => Self::Dots,
            Self::Dots | Self::Glow => Self::Glow,
        }
    }

    /// What a person has to know about it, as a sentence.
    #[must_use]
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Dots => Some("Many messages: each is a small dot."),
            Self::Glow => {
                Some("Too many messages to draw each: a link glows by how many it carries.")
            }
        }
    }
}

/// Messages that cross the stage in a real second, at so many virtual seconds a second; at least as
/// many as can be seen at once.
#[must_use]
pub fn rate(frame: &Frame, hidden: Hidden, speed: f64) -> f64 {
    let shown = frame.messages.iter().filter(|message| !hidden.hides(message.kind));
    let (mut count, mut rate) = (0.0, 0.0);
    for message in shown {
        count += 1.0;
        if message.arrives != u64::MAX {
            let lasts = message.arrives.saturating_sub(message.sent).max(1);
            rate += speed * 1e9 / lasts as f64;
        }
    }
    f64::max(count, rate)
}

/// Watches how long frames take, and says how much to leave out.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    frames: Vec<f64>,
    /// Levels that are left out.
    less: u8,
    /// Batches that were quick, and how many there have to be before more is drawn.
    quick: u32,
    patience: u32,
}

impl Quality {
    /// Takes note of one more frame, which came so many ms after the one before.
    pub fn frame(&mut self, ms: f64) {
        self.frames.push(ms);
        if self.frames.len() < FRAMES {
            return;
        }
        self.frames.sort_by(f64::total_cmp);
        let p95 = self.frames[FRAMES * 95 / 100];
        self.frames.clear();
        if p95 > SLOW {
            if self.less < 2 {
                self.less += 1;
                self.patience = (self.patience * 2).clamp(2, PATIENCE_MAX);
            }
            self.quick = 0;
        } else if p95 <= QUICK && self.less > 0 {
            self.quick += 1;
            if self.quick >= self.patience {
                self.less -= 1;
                self.quick = 0;
            }
        }
    }

    /// The level that this machine can draw, where another one is wanted.
    #[must_use]
    pub fn limit(&self, wanted: Detail) -> Detail {
        (0..self.less).fold(wanted, |detail, _| detail.less())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    #[test]
    fn the_level_follows_the_rate_and_does_not_flicker() {
        let mut level = Detail::Whole;
        for (rate, expected) in [
            (300.0, Detail::Whole),
            (301.0, Detail::Dots),
            (250.0, Detail::Dots),
            (3_001.0, Detail::Glow),
            (2_500.0, Detail::Glow),
            (2_300.0, Detail::Dots),
            (239.0, Detail::Whole),
            (9_999.0, Detail::Glow),
            (0.0, Detail::Whole),
        ] {
            level = Detail::of(rate, level);
            assert_eq!(level, expected, "at {rate} a second");
        }
    }

    #[test]
    fn a_slow_machine_draws_less_and_a_quick_one_more_again() {
        let mut quality = Quality::default();
        let mut batch = |ms: f64| {
            (0..FRAMES).for_each(|_| quality.frame(ms));
            quality.limit(Detail::Whole)
        };
        assert_eq!(batch(16.7), Detail::Whole);
        assert_eq!(batch(33.0), Detail::Dots);
        assert_eq!(batch(33.0), Detail::Glow);
        assert_eq!(batch(33.0), Detail::Glow);
        // It did not help the last time: one waits longer before one tries again.
        let back = (1..100).find(|_| batch(16.7) == Detail::Dots);
        assert_eq!(back, Some(4));
    }

    #[test]
    fn the_rate_is_what_crosses_in_a_second() {
        let text = "herd 1 topology=complete:25 latency=100ms\n\
                    @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
        let mut session = Session::open(text).expect("a script");
        session.seek(1_110_000_000);
        let hidden = Hidden::default();
        let count = session.frame().messages.iter().filter(|m| !hidden.hides(m.kind)).count();
        assert!(count >= 24, "the first server tells all others: {count}");
        let at = |speed: f64| rate(session.frame(), hidden, speed);
        assert!((at(1.0) - count as f64 * 10.0).abs() < 1.0, "{} for {count}", at(1.0));
        assert!((at(0.001) - count as f64).abs() < 1e-6, "never fewer than are seen at once");
    }
}
