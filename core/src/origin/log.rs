//! What the updates of an origin were about.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use crate::form::form;
use crate::limits::LOG_LENGTH;

/// About which client the updates of an origin were, but for the newest two: the last of them is at
/// the end. [`UNKNOWN`] where an update was not seen itself. Of most origins there are no more than
/// two, which takes no memory.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::box_collection, reason = "a herd has as many as it has servers, squared")]
pub(super) struct Log(Option<Box<VecDeque<u32>>>);

pub(super) const UNKNOWN: u32 = u32::MAX;

impl Log {
    /// That of the update `back` before the last.
    pub(super) fn get(&self, back: usize) -> Option<u32> {
        let log = self.0.as_deref()?;
        Some(log[log.len().checked_sub(back.checked_add(1)?)?])
    }

    pub(super) fn set(&mut self, back: usize, record: u32) {
        let Some(log) = &mut self.0 else { return };
        if let Some(at) = log.len().checked_sub(back.saturating_add(1)) {
            log[at] = record;
        }
    }

    /// Adds one.
    pub(super) fn push(&mut self, record: u32) {
        let log = self.0.get_or_insert_default();
        // With the newest two there are as many as there may be.
        if log.len() + 2 == LOG_LENGTH {
            log.pop_front();
        }
        log.push_back(record);
    }

    /// Adds so many that are not known.
    pub(super) fn skip(&mut self, unknown: u64) {
        for _ in 0..unknown.min(LOG_LENGTH as u64) {
            self.push(UNKNOWN);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |log| log.len())
    }

    /// About how many bytes it takes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let log = self.0.as_ref();
        log.map_or(0, |log| size_of::<VecDeque<u32>>() + size_of::<u32>() * log.capacity())
    }
}

form!(struct Log(records));
