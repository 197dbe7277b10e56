//! One run, tried in several ways: from when on it could not be saved, and with two protocols.

use herd_sim_wasm::text::show_seconds;

use crate::lab::grouped;

/// The run up to an instant, and then calm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// From when on it is calm, ns.
    pub at: u64,
    /// The command that was done last; empty for the first point.
    pub last: String,
    /// What broke, if anything did: the check and what happened.
    pub broken: Option<String>,
    /// How many pairs of a server and a client know the newest in the end, and of how many.
    pub known: (u64, u64),
    /// What opens it.
    pub run: String,
}

impl Point {
    /// How much of all is known in the end, 0 to 1; all, where there is nothing to know.
    #[must_use]
    pub fn share(&self) -> f64 {
        let (known, of) = self.known;
        if of == 0 { 1.0 } else { known as f64 / of as f64 }
    }

    /// What it says, as a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        let done = match &*self.last {
            "" => "Nothing was done.".to_owned(),
            last => format!("The last thing that was done is “{last}”."),
        };
        let calm = show_seconds(self.at);
        let ends = match &self.broken {
            Some(what) => format!("It still breaks {what}."),
            None if self.known.1 == 0 => "No check breaks, and nobody has anything to know.".into(),
            None => {
                format!(
                    "No check breaks, and {:.0} % of all knowledge is there.",
                    self.share() * 1e2
                )
            }
        };
        format!("{done} All is calm from {calm} s on. {ends}")
    }
}

/// How far the search for the point of no return has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoReturn {
    /// The points so far.
    pub points: Vec<Point>,
    /// How many there will be.
    pub whole: usize,
    /// The first point from which on all fail, once all are known and the last one does.
    pub turn: Option<usize>,
}

impl NoReturn {
    /// How it stands, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let judged = self.points.len();
        if judged < self.whole {
            return format!("{judged} of {} points judged …", self.whole);
        }
        match self.turn.and_then(|turn| self.points.get(turn)) {
            Some(point) if point.last.is_empty() => {
                "It fails whatever is left out: no command is to blame.".to_owned()
            }
            Some(point) => format!("The point of no return is “{}”.", point.last),
            None if self.points.iter().any(|point| point.broken.is_some()) => {
                "What broke on the way was made good again: the whole run holds.".to_owned()
            }
            None => "No check breaks, wherever the run is cut off.".to_owned(),
        }
    }

    /// Where a point stands in a picture from (0, 0), left below, to (1, 1).
    #[must_use]
    pub fn place(&self, point: usize) -> (f64, f64) {
        let steps = self.whole.saturating_sub(1).max(1) as f64;
        let share = self.points.get(point).map_or(0.0, Point::share);
        (point as f64 / steps, share)
    }
}

/// One of the two in a race.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// Its protocol.
    pub preset: String,
    /// Updates that servers took from clients.
    pub updates: u64,
    /// Messages that carry live updates, all others, and bytes of both.
    pub messages: [u64; 3],
    /// How long an update took to half the servers, and at most, seconds.
    pub took: [f64; 2],
    /// Records that running servers lack in the end.
    pub lacks: u64,
    /// After how many seconds so many servers have learned an update, over all updates.
    pub reach: Vec<(f64, f64)>,
}

/// How far a race has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Race {
    /// The instant that both have reached, and the one that they reach at most, seconds.
    pub now: (f64, f64),
    /// How many servers the herd has.
    pub servers: usize,
    /// The two.
    pub sides: Vec<Side>,
    /// Whether it is over.
    pub done: bool,
}

impl Race {
    /// How it stands, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let updates = self.sides.first().map_or(0, |side| side.updates);
        let updates = if updates == 1 { "1 update".into() } else { format!("{updates} updates") };
        if self.done {
            format!("{updates}, the same faults and the same luck for both.")
        } else {
            format!("{updates} so far, at {:.1} s …", self.now.0)
        }
    }

    /// What is compared: a name, and the two figures.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, [String; 2])> {
        let [Some(a), Some(b)] = [self.sides.first(), self.sides.get(1)] else { return Vec::new() };
        let both = |of: &dyn Fn(&Side) -> String| [of(a), of(b)];
        let each = |count: u64, side: &Side| {
            let updates = side.updates.max(1);
            if count < 1_000 * updates {
                format!("{:.1}", count as f64 / updates as f64)
            } else {
                grouped(count / updates)
            }
        };
        let ms = |seconds: f64| format!("{:.0} ms", seconds * 1e3);
        vec![
            ("messages with news, per update", both(&|side| each(side.messages[0], side))),
            ("other messages, per update", both(&|side| each(side.messages[1], side))),
            ("bytes, per update", both(&|side| each(side.messages[2], side))),
            ("to half the servers", both(&|side| ms(side.took[0]))),
            ("to the last server", both(&|side| ms(side.took[1]))),
            ("records that are lacking", both(&|side| side.lacks.to_string())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(last: &str, fails: bool, known: u64) -> Point {
        let broken = fails.then(|| "never_back: s0 forgot".to_owned());
        Point {
            at: 1_500_000_000,
            last: last.into(),
            broken,
            known: (known, 4),
            run: String::new(),
        }
    }

    #[test]
    fn the_command_that_could_not_be_made_good_is_named() {
        let points = vec![point("", false, 4), point("kill a", true, 1)];
        let mut search = NoReturn { points, whole: 3, turn: None };
        assert_eq!(search.sentence(), "2 of 3 points judged …");
        search.points.push(point("restart a", true, 1));
        search.turn = Some(1);
        assert_eq!(search.sentence(), "The point of no return is “kill a”.");
        assert_eq!(search.place(1), (0.5, 0.25));
        assert_eq!(
            search.points[1].sentence(),
            "The last thing that was done is “kill a”. All is calm from 1.5 s on. It still breaks \
             never_back: s0 forgot."
        );
        search.turn = None;
        assert!(search.sentence().contains("made good"), "{}", search.sentence());
    }

    #[test]
    fn figures_are_per_update() {
        let side = |preset: &str, messages| Side {
            preset: preset.into(),
            updates: 2,
            messages,
            took: [0.1, 0.2504],
            ..Side::default()
        };
        let sides = vec![side("flood", [112, 0, 9_000]), side("grove", [80, 9, 8_000])];
        let race = Race { sides, servers: 25, ..Race::default() };
        let rows = race.rows();
        assert_eq!(rows[0].1, ["56.0", "40.0"]);
        assert_eq!(rows[4].1, ["250 ms", "250 ms"]);
        assert!(Race::default().rows().is_empty());
    }
}
