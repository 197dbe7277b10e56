//! When a caption is said: not too often for the ear, but at once to who acts or goes elsewhere in time.

use crate::caption::{self, Standing};
use crate::sight::Sight;

/// Between two captions at least, ms.
pub const APART: f64 = 2000.0;
/// What happened so little before belongs to an instant, ns.
const INSTANT: u64 = 60 * herd_core::time::MILLISECOND;

/// Tells a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Teller {
    /// When it told something last, ms.
    told: f64,
    /// Log lines that have been told of.
    lines: usize,
}

impl Teller {
    /// What is to be said at an instant (ms of real time) about a run that plays or stands still;
    /// `None` where what was said last stays.
    pub fn tell(&mut self, sight: &Sight<'_>, playing: bool, at: f64) -> Option<String> {
        let log = sight.log;
        if log.len() == self.lines {
            return None;
        }
        // A person who went back, or acted, is told at once.
        let playing = playing && log.len() > self.lines;
        let new = log.get(self.lines..).unwrap_or_default();
        if playing && at - self.told < APART && !new.iter().any(caption::is_urgent) {
            return None;
        }
        // Who jumped through time is told of the instant reached, not of the way there.
        let reached = log.last().map_or(0, |line| line.at.saturating_sub(INSTANT));
        let from = if playing { self.lines } else { log.partition_point(|line| line.at < reached) };
        let (know, all) = sight.reach();
        let client = sight.client;
        let (sent, whole) = sight.flood_cost();
        let standing = Standing { client, know, all, messages: whole.map(|_| sent) };
        let topology = sight.world.topology();
        let sentence = caption::tell(&log[from..], topology, &standing);
        // What was true elsewhere in time is not left standing.
        let before = || caption::tell(caption::last(log), topology, &standing);
        let nothing = || "Nothing has been said yet.".to_owned();
        let sentence = sentence.or_else(|| (!playing).then(|| before().unwrap_or_else(nothing)));
        self.lines = log.len();
        if sentence.is_some() {
            self.told = at;
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::FIRST;
    use crate::session::Session;

    #[test]
    fn a_run_that_plays_is_told_seldom_and_one_that_stands_still_at_once() {
        let mut session = Session::open(FIRST.script).expect("a preset is a script");
        session.skip_greetings();
        let mut teller = Teller::default();
        let mut said = 0;
        for frame in 1..=60 {
            session.advance(10_000_000);
            said += usize::from(
                teller.tell(&session.sight(), true, f64::from(frame) * 100.0).is_some(),
            );
        }
        assert!((2..=5).contains(&said), "{said} captions in six seconds");
        session.seek(0);
        let told = teller.tell(&session.sight(), false, 6_001.0);
        assert_eq!(told.as_deref(), Some("Nothing has been said yet."));
        session.seek(1_050_000_000);
        let told = teller.tell(&session.sight(), false, 6_002.0);
        assert!(told.as_ref().is_some_and(|text| !text.is_empty()), "{told:?}");
        assert_eq!(teller.tell(&session.sight(), false, 6_003.0), None, "nothing new has happened");
    }
}
