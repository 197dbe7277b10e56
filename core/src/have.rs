//! Coverage: which updates of one origin a server has, or holds something newer than.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::form::form;
use crate::limits::HAVE_SPANS;

/// A set of sequence numbers: all up to `prefix`, and a few spans beyond it.
///
/// What it claims is the protocol's central invariant: for every update it contains, the store
/// holds a record of that client that is as new or newer.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Have {
    prefix: u64,
    /// First and last of each span: ascending, with gaps between them and after the prefix.
    /// Few have any, and those for a short time.
    beyond: Option<Box<Spans>>,
}

/// First and last of each, never none.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Spans(Vec<(u64, u64)>);

impl Have {
    /// All up to `prefix`.
    #[must_use]
    pub const fn up_to(prefix: u64) -> Self {
        Self { prefix, beyond: None }
    }

    /// The last number up to which nothing is missing.
    #[must_use]
    pub const fn prefix(&self) -> u64 {
        self.prefix
    }

    /// The spans beyond the prefix, first and last of each.
    #[must_use]
    pub fn beyond(&self) -> &[(u64, u64)] {
        self.beyond.as_ref().map_or(&[], |spans| &spans.0)
    }

    /// The greatest number in it; 0 if there is none.
    #[must_use]
    pub fn top(&self) -> u64 {
        self.beyond().last().map_or(self.prefix, |(_, last)| *last)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.prefix == 0 && self.beyond.is_none()
    }

    /// Whether a number is in it.
    #[must_use]
    pub fn contains(&self, seq: u64) -> bool {
        seq <= self.prefix || {
            let at = self.beyond().partition_point(|(_, last)| *last < seq);
            self.beyond().get(at).is_some_and(|(first, _)| *first <= seq)
        }
    }

    /// Adds `first..=last`; whether any of that was not in it. What would make too many spans is
    /// not added: it is claimed less than is there, which is always true.
    pub fn add(&mut self, first: u64, last: u64) -> bool {
        if first > last || last <= self.prefix {
            return false;
        }
        if first <= self.prefix + 1 {
            self.prefix = last;
            self.absorb();
            return true;
        }
        let Some(Spans(beyond)) = self.beyond.as_deref_mut() else {
            self.beyond = Some(Box::new(Spans(vec![(first, last)])));
            return true;
        };
        // The spans that it touches become one with it.
        let from = beyond.partition_point(|(_, end)| end + 1 < first);
        let to = beyond.partition_point(|(start, _)| *start <= last.saturating_add(1));
        if from == to {
            let room = beyond.len() < HAVE_SPANS;
            if room {
                beyond.insert(from, (first, last));
            }
            return room;
        }
        let joined = (first.min(beyond[from].0), last.max(beyond[to - 1].1));
        let new = beyond[from] != joined;
        beyond[from] = joined;
        beyond.drain(from + 1..to);
        new
    }

    /// Makes the spans that the prefix has come to a part of it.
    fn absorb(&mut self) {
        let Some(Spans(beyond)) = self.beyond.as_deref_mut() else { return };
        let gone = beyond.partition_point(|(start, _)| *start <= self.prefix + 1);
        if let Some((_, end)) = beyond.drain(..gone).next_back() {
            self.prefix = self.prefix.max(end);
        }
        if beyond.is_empty() {
            self.beyond = None;
        }
    }

    /// Everything the other has.
    pub fn join(&mut self, other: &Self) {
        for (first, last) in other.spans() {
            self.add(first, last);
        }
    }

    /// The spans of it, first and last of each.
    pub fn spans(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let prefix = (self.prefix > 0).then_some((1, self.prefix));
        prefix.into_iter().chain(self.beyond().iter().copied())
    }

    /// The spans of it that the other lacks.
    pub fn lacked_by<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (u64, u64)> + 'a {
        self.spans().flat_map(move |(first, last)| Missing { other, next: first, last })
    }

    /// Whether the other lacks something of it.
    #[must_use]
    pub fn exceeds(&self, other: &Self) -> bool {
        self.lacked_by(other).next().is_some()
    }
}

/// The spans between `next` and `last` that are not in `other`.
struct Missing<'a> {
    other: &'a Have,
    next: u64,
    last: u64,
}

impl Iterator for Missing<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        if self.next <= self.other.prefix {
            self.next = self.other.prefix + 1;
        }
        let beyond = self.other.beyond();
        let at = beyond.partition_point(|(_, end)| *end < self.next);
        let mut after = &beyond[at..];
        if let Some((start, end)) = after.first()
            && *start <= self.next
        {
            self.next = end + 1;
            after = &after[1..];
        }
        if self.next > self.last {
            return None;
        }
        let first = self.next;
        let end = after.first().map_or(self.last, |(start, _)| (start - 1).min(self.last));
        self.next = end + 1;
        Some((first, end))
    }
}

form!(struct Have { prefix, beyond });
form!(struct Spans(spans));

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spans: &[(u64, u64)]) -> Have {
        let mut have = Have::default();
        for (first, last) in spans {
            have.add(*first, *last);
        }
        have
    }

    #[test]
    fn spans_join_whatever_order_they_come_in() {
        let whole = of(&[(1, 9)]);
        for order in [
            [(1, 3), (4, 6), (7, 9)],
            [(7, 9), (1, 3), (4, 6)],
            [(4, 6), (7, 9), (1, 3)],
            [(7, 9), (4, 6), (1, 5)],
            [(2, 9), (5, 5), (1, 1)],
        ] {
            assert_eq!(of(&order), whole, "{order:?}");
        }
        let holes = of(&[(1, 2), (8, 9), (5, 5)]);
        assert_eq!((holes.prefix(), holes.beyond()), (2, &[(5, 5), (8, 9)][..]));
        assert_eq!(holes.top(), 9);
        let contained: Vec<u64> = (0..12).filter(|seq| holes.contains(*seq)).collect();
        assert_eq!(contained, [0, 1, 2, 5, 8, 9]);
    }

    #[test]
    fn what_another_lacks_is_what_is_missing_there() {
        let all = of(&[(1, 6), (9, 12)]);
        let lacked = |other: &Have| all.lacked_by(other).collect::<Vec<_>>();
        assert_eq!(lacked(&Have::default()), [(1, 6), (9, 12)]);
        assert_eq!(lacked(&of(&[(1, 2), (4, 4), (10, 11)])), [(3, 3), (5, 6), (9, 9), (12, 12)]);
        assert_eq!(lacked(&of(&[(1, 20)])), vec![]);
        assert!(!all.exceeds(&all) && all.exceeds(&Have::up_to(11)));
    }

    #[test]
    fn too_many_spans_are_claimed_less_not_more() {
        let mut have = Have::default();
        for seq in 1..=HAVE_SPANS as u64 + 10 {
            have.add(2 * seq, 2 * seq);
        }
        assert_eq!(have.beyond().len(), HAVE_SPANS);
        assert!(!have.contains(2 * (HAVE_SPANS as u64 + 1)));
        have.add(1, 2 * HAVE_SPANS as u64);
        assert_eq!(have, Have::up_to(2 * HAVE_SPANS as u64));
    }
}
