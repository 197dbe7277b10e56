//! What is to happen, ordered by time and then by arrival.

/// A queue of events. Keys are 16 bytes in a 4-ary heap (four children share a cache line), the
/// events themselves lie still in a slab: nothing is boxed, and a sift moves only keys.
#[derive(Clone, Debug)]
pub(crate) struct Queue<E> {
    heap: Vec<Key>,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
    /// Events pushed so far: equal times come out in this order.
    count: u64,
}

/// Time, then order of arrival (40 bits), then the slot (24 bits).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    time: u64,
    tag: u64,
}

const SLOT_BITS: u32 = 24;
const ARITY: usize = 4;

impl<E> Queue<E> {
    pub(crate) const fn new() -> Self {
        Self { heap: Vec::new(), slots: Vec::new(), free: Vec::new(), count: 0 }
    }

    /// Adds an event.
    ///
    /// # Panics
    /// If more than 2^24 events are in the queue, or 2^40 have been: a run of that size is a bug.
    pub(crate) fn push(&mut self, time: u64, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(event);
                slot
            }
            None => {
                self.slots.push(Some(event));
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        assert!(slot < 1 << SLOT_BITS && self.count < 1 << 40, "the queue has a limit");
        let tag = self.count << SLOT_BITS | u64::from(slot);
        self.count += 1;
        self.heap.push(Key { time, tag });
        self.sift_up(self.heap.len() - 1);
    }

    /// When the next event is.
    pub(crate) fn next_time(&self) -> Option<u64> {
        self.heap.first().map(|key| key.time)
    }

    /// How many events were pushed before the next one was.
    pub(crate) fn next_number(&self) -> Option<u64> {
        self.heap.first().map(|key| key.tag >> SLOT_BITS)
    }

    /// How many events were ever pushed.
    pub(crate) const fn pushed(&self) -> u64 {
        self.count
    }

    /// Takes the next event.
    pub(crate) fn pop(&mut self) -> Option<(u64, E)> {
        let first = *self.heap.first()?;
        let last = self.heap.pop()?;
        if !self.heap.is_empty() {
            self.heap[0] = last;
            self.sift_down();
        }
        let slot = first.tag & ((1 << SLOT_BITS) - 1);
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let event = self.slots[slot as usize].take()?;
        self.free.push(slot);
        Some((first.time, event))
    }

    /// Every event with its time, in no particular order (but always the same).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &E)> {
        self.heap.iter().filter_map(|key| {
            let slot = usize::try_from(key.tag & ((1 << SLOT_BITS) - 1)).ok()?;
            Some((key.time, self.slots[slot].as_ref()?))
        })
    }

    /// Every event, to be changed in place, in no particular order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.slots.iter_mut().flatten()
    }

    fn sift_up(&mut self, mut at: usize) {
        let key = self.heap[at];
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.heap[parent] <= key {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = key;
    }

    fn sift_down(&mut self) {
        let key = self.heap[0];
        let mut at = 0;
        loop {
            let first = at * ARITY + 1;
            let end = (first + ARITY).min(self.heap.len());
            let Some(least) = (first..end).min_by_key(|&child| self.heap[child]) else { break };
            if self.heap[least] >= key {
                break;
            }
            self.heap[at] = self.heap[least];
            at = least;
        }
        self.heap[at] = key;
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
        for n in 0..5_000 {
            let time = below(draw(3, Purpose::Workload, 0, 0, n), 100);
            queue.push(time, n);
            expected.push((time, n));
            if n % 3 == 0 {
                expected.sort_unstable();
                assert_eq!(queue.next_time(), Some(expected[0].0));
                assert_eq!(queue.pop(), Some(expected.remove(0)));
            }
        }
        expected.sort_unstable();
        assert_eq!(queue.iter().count(), expected.len());
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, expected);
        assert!(queue.slots.len() < 5_000, "slots are used again");
    }
}
