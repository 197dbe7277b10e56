//! What is to happen, ordered by time and then by arrival.

use std::collections::VecDeque;

/// A queue of events: a monotone radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms
/// for the shortest path problem", J. ACM 37, 1990). Nothing is put before what was taken last, so a
/// key lies in the bucket of the highest bit in which its time differs from that; keys only ever move
/// to lower buckets, side by side and in the order in which they came. The events themselves lie
/// still in a slab.
#[derive(Clone, Debug)]
pub(crate) struct Queue<E> {
    /// Of the instant `last`, in order of arrival.
    ready: VecDeque<Key>,
    /// By the highest bit that differs from `last`.
    buckets: Vec<Vec<Key>>,
    /// Which buckets hold something, a bit each.
    filled: u64,
    /// When the last event taken was.
    last: u64,
    /// When the next one is; the end of time if there is none.
    next: u64,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
    /// Events pushed so far.
    count: u64,
}

/// When, how many events were pushed before (40 bits), and in which slot (24 bits).
#[derive(Clone, Copy, Debug)]
struct Key {
    time: u64,
    tag: u64,
}

const SLOT_BITS: u32 = 24;
/// Keys that an empty bucket has room for at most, and events that there is room for at least.
const KEPT: usize = 1_024;

impl<E> Queue<E> {
    pub(crate) fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            buckets: vec![Vec::new(); 64],
            filled: 0,
            last: 0,
            next: u64::MAX,
            slots: Vec::new(),
            free: Vec::new(),
            count: 0,
        }
    }

    /// Adds an event, not before the last one that was taken.
    ///
    /// # Panics
    /// If more than 2^24 events are in the queue, or 2^40 have been: a run of that size is a bug.
    pub(crate) fn push(&mut self, time: u64, event: E) {
        debug_assert!(time >= self.last, "nothing happens in the past");
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(event);
                slot
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    // Not twice as many: events are most of what a large herd takes for a while.
                    self.slots.reserve_exact(KEPT + self.slots.len() / 8);
                }
                self.slots.push(Some(event));
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        assert!(slot < 1 << SLOT_BITS && self.count < 1 << 40, "the queue has a limit");
        let tag = self.count << SLOT_BITS | u64::from(slot);
        self.count += 1;
        self.next = self.next.min(time);
        self.place(Key { time, tag });
    }

    /// When the next event is.
    pub(crate) fn next_time(&self) -> Option<u64> {
        (self.filled != 0 || !self.ready.is_empty()).then_some(self.next)
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
        let Key { time, tag } = self.ready.pop_front()?;
        if self.ready.is_empty() {
            let bucket = self.buckets.get(self.filled.trailing_zeros() as usize);
            let times = bucket.into_iter().flatten().map(|key| key.time);
            self.next = times.min().unwrap_or(u64::MAX);
        }
        let slot = slot_of(tag);
        let event = self.slots[slot as usize].take()?;
        self.free.push(slot);
        Some((time, tag >> SLOT_BITS, event))
    }

    /// About how many bytes a copy takes, without what events share.
    pub(crate) const fn bytes(&self) -> usize {
        let keys = self.slots.len() - self.free.len();
        size_of_val(self.slots.as_slice())
            + size_of_val(self.free.as_slice())
            + size_of_val(self.buckets.as_slice())
            + keys * size_of::<Key>()
    }

    /// Those that come next, as far as that can be said without a search.
    pub(crate) fn ahead(&self) -> impl Iterator<Item = &E> {
        let bucket = self.buckets.get(self.filled.trailing_zeros() as usize);
        let keys = self.ready.iter().chain(bucket.into_iter().flatten());
        keys.filter_map(|key| self.slots[slot_of(key.tag) as usize].as_ref())
    }

    /// Every event with its time, in no particular order (but always the same).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &E)> {
        self.ready
            .iter()
            .chain(self.buckets.iter().flatten())
            .filter_map(|key| Some((key.time, self.slots[slot_of(key.tag) as usize].as_ref()?)))
    }

    /// Every event, to be changed in place, in no particular order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.slots.iter_mut().flatten()
    }

    /// Goes on to the next instant at which there is an event: the lowest bucket, which has the
    /// earliest, is dealt out anew.
    fn advance(&mut self) {
        let bucket = self.filled.trailing_zeros() as usize;
        let Some(keys) = self.buckets.get_mut(bucket) else { return };
        let mut keys = std::mem::take(keys);
        self.filled &= self.filled - 1;
        self.last = self.next;
        for key in keys.drain(..) {
            self.place(key);
        }
        // Its memory stays, unless it is much.
        if keys.capacity() <= KEPT {
            self.buckets[bucket] = keys;
        }
    }

    fn place(&mut self, key: Key) {
        match (key.time ^ self.last).checked_ilog2() {
            None => self.ready.push_back(key),
            Some(bit) => {
                self.buckets[bit as usize].push(key);
                self.filled |= 1 << bit;
            }
        }
    }
}

fn slot_of(tag: u64) -> u32 {
    u32::try_from(tag & ((1 << SLOT_BITS) - 1)).unwrap_or(u32::MAX)
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
        assert!(queue.slots.len() < 5_000, "slots are used again");
    }
}
