//! What is to happen, ordered by time and then by arrival.

use std::collections::VecDeque;

/// A queue of events: a monotone radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms
/// for the shortest path problem", J. ACM 37, 1990). Nothing is put before what was taken last, so an
/// event lies in the bucket of the highest bit in which its time differs from that; events only ever
/// move to lower buckets, side by side and in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Queue<E> {
    /// Of the instant `last`, in order of arrival.
    ready: VecDeque<Entry<E>>,
    /// By the highest bit that differs from `last`.
    buckets: Vec<Vec<Entry<E>>>,
    /// Which buckets hold something, a bit each.
    filled: u64,
    /// When the last event taken was.
    last: u64,
    /// When the next one is; the end of time if there is none.
    next: u64,
    /// Events in it.
    len: usize,
    /// Events pushed so far.
    count: u64,
}

/// What is to happen, when, and how many events were pushed before.
#[derive(Clone, Debug)]
struct Entry<E> {
    time: u64,
    number: u64,
    event: E,
}

/// Events that an empty bucket has room for at most.
const KEPT: usize = 1_024;

impl<E> Queue<E> {
    pub(crate) fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            buckets: (0..64).map(|_| Vec::new()).collect(),
            filled: 0,
            last: 0,
            next: u64::MAX,
            len: 0,
            count: 0,
        }
    }

    /// Adds an event, not before the last one that was taken.
    pub(crate) fn push(&mut self, time: u64, event: E) {
        debug_assert!(time >= self.last, "nothing happens in the past");
        let number = self.count;
        self.count += 1;
        self.len += 1;
        self.next = self.next.min(time);
        self.place(Entry { time, number, event });
    }

    /// When the next event is.
    pub(crate) fn next_time(&self) -> Option<u64> {
        (self.len > 0).then_some(self.next)
    }

    /// How many events were ever pushed.
    pub(crate) const fn pushed(&self) -> u64 {
        self.count
    }

    /// Takes the next event: when it is, how many were pushed before it was, and what.
    pub(crate) fn pop(&mut self) -> Option<(u64, u64, E)> {
        if self.ready.is_empty() {
            self.advance();
        }
        let Entry { time, number, event } = self.ready.pop_front()?;
        self.len -= 1;
        if self.ready.is_empty() {
            let bucket = self.buckets.get(self.filled.trailing_zeros() as usize);
            let times = bucket.into_iter().flatten().map(|entry| entry.time);
            self.next = times.min().unwrap_or(u64::MAX);
        }
        Some((time, number, event))
    }

    /// About how many bytes a copy takes, without what events share.
    pub(crate) const fn bytes(&self) -> usize {
        size_of_val(self.buckets.as_slice()) + self.len * size_of::<Entry<E>>()
    }

    /// Those that come next, as far as that can be said without a search.
    pub(crate) fn ahead(&self) -> impl Iterator<Item = &E> {
        let bucket = self.buckets.get(self.filled.trailing_zeros() as usize);
        self.ready.iter().chain(bucket.into_iter().flatten()).map(|entry| &entry.event)
    }

    /// Every event with its time, in no particular order (but always the same).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &E)> {
        let entries = self.ready.iter().chain(self.buckets.iter().flatten());
        entries.map(|entry| (entry.time, &entry.event))
    }

    /// Every event, to be changed in place, in the same order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        let entries = self.ready.iter_mut().chain(self.buckets.iter_mut().flatten());
        entries.map(|entry| &mut entry.event)
    }

    /// Goes on to the next instant at which there is an event: the lowest bucket, which has the
    /// earliest, is dealt out anew.
    fn advance(&mut self) {
        let bucket = self.filled.trailing_zeros() as usize;
        let Some(entries) = self.buckets.get_mut(bucket) else { return };
        let mut entries = std::mem::take(entries);
        self.filled &= self.filled - 1;
        self.last = self.next;
        // What one crowded instant took is not kept for ever.
        if self.ready.capacity() / 4 > entries.len().max(KEPT) {
            self.ready.shrink_to(2 * entries.len());
        }
        for entry in entries.drain(..) {
            self.place(entry);
        }
        if entries.capacity() <= KEPT {
            self.buckets[bucket] = entries;
        }
    }

    fn place(&mut self, entry: Entry<E>) {
        match (entry.time ^ self.last).checked_ilog2() {
            None => self.ready.push_back(entry),
            Some(bit) => {
                self.buckets[bit as usize].push(entry);
                self.filled |= 1 << bit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, below, draw};

    #[test]
    fn events_come_out_by_time_and_then_in_the_order_they_came_in() {
        let mut queue = Queue::new();
        let mut expected = Vec::new();
        let mut now = 0;
        for n in 0..5_000 {
            let time = now + below(draw(3, Purpose::Workload, 0, 0, n), 100);
            queue.push(time, n);
            expected.push((time, n, n));
            if n % 3 == 0 {
                expected.sort_unstable();
                now = expected[0].0;
                assert_eq!(queue.next_time(), Some(now));
                assert_eq!(queue.pop(), Some(expected.remove(0)));
            }
        }
        expected.sort_unstable();
        assert_eq!(queue.iter().count(), expected.len());
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, expected);
        assert_eq!((queue.next_time(), queue.pop()), (None, None));
        queue.push(u64::MAX, 0);
        assert_eq!((queue.next_time(), queue.pop()), (Some(u64::MAX), Some((u64::MAX, 5_000, 0))));
    }
}
