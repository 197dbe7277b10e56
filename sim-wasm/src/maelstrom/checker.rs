//! Figures from a history, by the definitions of Jepsen's `set-full` checker, which Maelstrom's
//! broadcast workload is judged by: pure functions of what clients asked and heard.
//!
//! A number is *known* from when its broadcast was answered, or from the end of the first read that
//! saw it, whichever came first. It is *stable* if the last read that saw it began after the last
//! that missed it, *lost* if it was known and the last read that missed it began after that and
//! after the last that saw it, and else *never read*. A stable number's latency is the time from
//! when it was known to the beginning of the last read that missed it.

use std::collections::{BTreeMap, BTreeSet};

use herd_core::time::MILLISECOND;

/// One line of a history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Op {
    /// When, ns.
    pub at: u64,
    /// Which client. It does one thing after the other: an answer is to what it asked last.
    pub process: u32,
    /// What.
    pub what: What,
}

/// What a line of a history says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// A client asks that a number be broadcast.
    Broadcast(u64),
    /// It was answered that it will be.
    Broadcasted(u64),
    /// A client asks what there is.
    Read,
    /// The answer.
    Seen(Vec<u64>),
    /// An answer other than what was asked for, or none in time.
    Failed,
}

/// Whether a history is as it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validity {
    /// Nothing is lost.
    Valid,
    /// Something is lost.
    Invalid,
    /// Nothing is lost, and nothing was ever stable.
    Unknown,
}

/// The points at which latencies are told: the least, the median, and so on to the greatest, in
/// hundredths.
pub const POINTS: [usize; 5] = [0, 50, 95, 99, 100];

/// What a history says of a herd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What clients asked, broadcasts and reads, those at the end included.
    pub ops: u64,
    /// Numbers that were to be broadcast.
    pub attempts: u64,
    /// How many of them are stable.
    pub stable: u64,
    /// Those that are lost, ascending.
    pub lost: Vec<u64>,
    /// Those that are neither, ascending.
    pub never_read: Vec<u64>,
    /// How many were missed by a read after they were known.
    pub stale: u64,
    /// How long numbers took to be stable, whole ms, at the [`POINTS`]; none if none is.
    pub latencies: Option<[u64; POINTS.len()]>,
}

impl Report {
    /// The verdict.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        match (self.lost.is_empty(), self.stable) {
            (false, _) => Validity::Invalid,
            (true, 0) => Validity::Unknown,
            (true, _) => Validity::Valid,
        }
    }
}

/// A line of the history: its number, and when it was.
type Mark = (usize, u64);

/// What is known of one number.
#[derive(Clone, Copy, Debug, Default)]
struct Element {
    /// The line from which on it is known.
    known: Option<Mark>,
    /// Where the last reads began that saw it, and that did not.
    present: Option<Mark>,
    absent: Option<Mark>,
}

/// What became of one number.
enum Outcome {
    /// With its latency, ms.
    Stable(u64),
    Lost,
    NeverRead,
}

impl Element {
    fn outcome(&self) -> Outcome {
        let line = |mark: Option<Mark>| mark.map(|(line, _)| line);
        match (self.known, self.present, self.absent) {
            (Some((_, known)), Some(_), absent) if line(self.present) > line(absent) => {
                let stable = absent.map_or(0, |(_, at)| at + 1);
                Outcome::Stable(stable.saturating_sub(known) / MILLISECOND)
            }
            (Some((known, _)), present, Some((absent, _)))
                if Some(absent) > line(present) && known < absent =>
            {
                Outcome::Lost
            }
            _ => Outcome::NeverRead,
        }
    }
}

/// The figures of a history.
#[must_use]
pub fn check(history: &[Op]) -> Report {
    let mut elements: BTreeMap<u64, Element> = BTreeMap::new();
    // What each client asked last.
    let mut asked: BTreeMap<u32, Mark> = BTreeMap::new();
    let mut ops = 0;
    for (line, op) in history.iter().enumerate() {
        let here = (line, op.at);
        match &op.what {
            What::Broadcast(number) => {
                elements.insert(*number, Element::default());
                ops += 1;
            }
            What::Read => {
                asked.insert(op.process, here);
                ops += 1;
            }
            What::Broadcasted(number) => {
                if let Some(element) = elements.get_mut(number) {
                    element.known.get_or_insert(here);
                }
            }
            What::Seen(numbers) => {
                let Some(began) = asked.get(&op.process).copied() else { continue };
                let seen: BTreeSet<u64> = numbers.iter().copied().collect();
                for (number, element) in &mut elements {
                    if seen.contains(number) {
                        element.known.get_or_insert(here);
                        element.present = element.present.max(Some(began));
                    } else {
                        element.absent = element.absent.max(Some(began));
                    }
                }
            }
            What::Failed => {}
        }
    }
    report(ops, &elements)
}

fn report(ops: u64, elements: &BTreeMap<u64, Element>) -> Report {
    let mut latencies = Vec::new();
    let (mut lost, mut never_read) = (Vec::new(), Vec::new());
    for (number, element) in elements {
        match element.outcome() {
            Outcome::Stable(latency) => latencies.push(latency),
            Outcome::Lost => lost.push(*number),
            Outcome::NeverRead => never_read.push(*number),
        }
    }
    Report {
        ops,
        attempts: elements.len() as u64,
        stable: latencies.len() as u64,
        stale: latencies.iter().filter(|latency| **latency > 0).count() as u64,
        lost,
        never_read,
        latencies: quantiles(latencies),
    }
}

/// Of these, the ones at the [`POINTS`]: of n, that at ⌊n·p⌋ in their order.
#[must_use]
pub fn quantiles(mut of: Vec<u64>) -> Option<[u64; POINTS.len()]> {
    of.sort_unstable();
    let last = of.len().checked_sub(1)?;
    Some(POINTS.map(|point| of[(of.len() * point / 100).min(last)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of lines: ms, client, what.
    fn history(lines: &[(u64, u32, What)]) -> Vec<Op> {
        let op = |(ms, process, what): &(u64, u32, What)| Op {
            at: ms * MILLISECOND,
            process: *process,
            what: what.clone(),
        };
        lines.iter().map(op).collect()
    }

    fn seen(numbers: &[u64]) -> What {
        What::Seen(numbers.to_vec())
    }

    #[test]
    fn what_every_read_sees_is_stable_at_once() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (1, 1, What::Broadcasted(7)),
            (2, 2, What::Read),
            (3, 2, seen(&[7])),
        ]));
        assert_eq!(report.latencies, Some([0; 5]));
        assert_eq!((report.ops, report.attempts, report.stable, report.stale), (2, 1, 1, 0));
        assert_eq!(report.validity(), Validity::Valid);
    }

    #[test]
    fn a_latency_ends_where_the_last_read_began_that_missed_it() {
        let report = check(&history(&[
            (100, 1, What::Broadcast(7)),
            (110, 1, What::Broadcasted(7)),
            (150, 2, What::Read),
            (160, 2, seen(&[])),
            (340, 3, What::Read),
            (350, 3, seen(&[])),
            (360, 2, What::Read),
            (900, 2, seen(&[7])),
        ]));
        // 340 ms and 1 ns less 110 ms.
        assert_eq!(report.latencies, Some([230; 5]));
        assert_eq!((report.stable, report.stale), (1, 1));
    }

    #[test]
    fn a_number_is_known_from_the_first_read_that_saw_it() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (10, 2, What::Read),
            (20, 2, seen(&[7])),
            (50, 3, What::Read),
            (60, 3, seen(&[])),
            (70, 3, What::Read),
            (80, 3, seen(&[7])),
            (90, 1, What::Broadcasted(7)),
        ]));
        assert_eq!(report.latencies, Some([30; 5]));
    }

    #[test]
    fn what_is_known_and_missed_ever_after_is_lost() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (1, 1, What::Broadcasted(7)),
            (2, 2, What::Read),
            (3, 2, seen(&[7])),
            (4, 3, What::Read),
            (5, 3, seen(&[])),
        ]));
        assert_eq!((report.lost, report.stable), (vec![7], 0));
        let unseen = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (1, 1, What::Broadcasted(7)),
            (4, 3, What::Read),
            (5, 3, seen(&[])),
        ]));
        assert_eq!(unseen.lost, [7]);
        assert_eq!(unseen.validity(), Validity::Invalid);
    }

    #[test]
    fn a_read_that_began_before_a_number_was_known_does_not_lose_it() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (1, 2, What::Read),
            (2, 1, What::Broadcasted(7)),
            (3, 2, seen(&[])),
        ]));
        assert_eq!((report.lost.len(), report.never_read), (0, vec![7]));
    }

    #[test]
    fn what_was_never_known_cannot_be_lost() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (1, 1, What::Failed),
            (2, 2, What::Read),
            (3, 2, seen(&[])),
            (4, 2, What::Read),
        ]));
        assert_eq!((report.ops, report.lost.len(), &report.never_read[..]), (3, 0, &[7][..]));
        assert_eq!((report.validity(), report.latencies), (Validity::Unknown, None));
    }

    #[test]
    fn of_two_reads_that_overlap_the_one_counts_that_began_later() {
        let report = check(&history(&[
            (0, 1, What::Broadcast(7)),
            (0, 1, What::Broadcasted(7)),
            (1, 2, What::Read),
            (2, 3, What::Read),
            (3, 3, seen(&[7])),
            (9, 2, seen(&[])),
        ]));
        assert_eq!((report.stable, report.latencies), (1, Some([1; 5])));
    }

    #[test]
    fn quantiles_are_those_of_the_field() {
        assert_eq!(quantiles(vec![]), None);
        assert_eq!(quantiles((1..=100).rev().collect()), Some([1, 51, 96, 100, 100]));
        assert_eq!(quantiles(vec![3, 1, 2]), Some([1, 2, 3, 3, 3]));
    }
}
