//! Both ends of connections, and which message was heard when.

use std::collections::BTreeMap;

use super::life::Life;

/// A step of a life, or a line of it.
pub(super) type Place = (usize, usize);

/// A connection of which both ends are on tapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The end that dialed, and the other: which life, and which of its lines.
    pub(super) ends: [Place; 2],
}

/// A message that was heard: in which step of which life it was said, and in which it was heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) from: Place,
    pub(super) to: Place,
}

/// All connections with two known ends, and the messages over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) pairs: Vec<Pair>,
    /// The pair of each line of each life, and which side it is.
    pub(super) of: BTreeMap<Place, (usize, u8)>,
    /// Of what was written in a step, over lines with two known ends, in that order: the step of the
    /// other life in which it was heard.
    pub(super) heard: BTreeMap<Place, Vec<Option<Place>>>,
    pub(super) flights: Vec<Flight>,
}

/// Finds the ends that belong together: each is where the other says it goes.
pub(super) fn pairs(lives: &[Life], remarks: &mut Vec<String>) -> Pairs {
    let mut ends: BTreeMap<(&str, &str), Vec<Place>> = BTreeMap::new();
    for (at, life) in lives.iter().enumerate() {
        for (number, line) in life.lines.iter().enumerate() {
            ends.entry((&line.own, &line.other)).or_default().push((at, number));
        }
    }
    let mut found = Pairs::default();
    for ((own, other), here) in &ends {
        let Some(there) = ends.get(&(*other, *own)).filter(|_| own < other) else { continue };
        // The same addresses are used again at the earliest once a connection is over.
        for (a, b) in here.iter().zip(there) {
            let dialed = |end: &(usize, usize)| lives[end.0].lines[end.1].dialed;
            let ends = match (dialed(a), dialed(b)) {
                (Some(false), _) | (_, Some(true)) => [*b, *a],
                _ => [*a, *b],
            };
            let number = found.pairs.len();
            found.of.insert(ends[0], (number, 0));
            found.of.insert(ends[1], (number, 1));
            found.pairs.push(Pair { ends });
        }
    }
    if found.pairs.is_empty() && lives.iter().any(|life| life.name != lives[0].name) {
        let why = "no connection has both its ends on these tapes: no message is seen on its way";
        remarks.push(why.to_owned());
    }
    follow(lives, &mut found);
    found
}

/// Finds where what was written was heard.
fn follow(lives: &[Life], found: &mut Pairs) {
    // What was heard on each line, in order.
    let mut hearings: BTreeMap<Place, Vec<(usize, u64)>> = BTreeMap::new();
    for (at, life) in lives.iter().enumerate() {
        for (number, step) in life.steps.iter().enumerate() {
            if let Some((line, bytes)) = step.heard {
                hearings.entry((at, line)).or_default().push((number, bytes));
            }
        }
    }
    for (at, life) in lives.iter().enumerate() {
        for (number, step) in life.steps.iter().enumerate() {
            let mut outcomes = Vec::new();
            for (line, bytes) in &step.writes {
                let Some((pair, side)) = found.of.get(&(at, *line)).copied() else { continue };
                let there = found.pairs[pair].ends[usize::from(1 - side)];
                let heard = hearings.get(&there).map_or(&[][..], Vec::as_slice);
                let first = heard.partition_point(|(_, heard)| heard < bytes);
                let heard = heard.get(first).map(|(step, _)| (there.0, *step));
                if let Some(to) = heard {
                    found.flights.push(Flight { from: (at, number), to });
                }
                outcomes.push(heard);
            }
            if !outcomes.is_empty() {
                found.heard.insert((at, number), outcomes);
            }
        }
    }
}
