//! What the updates of an origin were about.

use alloc::collections::VecDeque;

use crate::limits::LOG_LENGTH;

/// About which client the updates of an origin before its newest were: the last of them is at the
/// end. [`UNKNOWN`] where an update was not seen itself.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Log(VecDeque<u32>);

pub(super) const UNKNOWN: u32 = u32::MAX;

impl Log {
    /// That of the update `back` before the last.
    pub(super) fn get(&self, back: usize) -> Option<u32> {
        Some(self.0[self.0.len().checked_sub(back + 1)?])
    }

    pub(super) fn set(&mut self, back: usize, record: u32) {
        if let Some(at) = self.0.len().checked_sub(back.saturating_add(1)) {
            self.0[at] = record;
        }
    }

    /// Adds one, and so many behind it that are not known.
    pub(super) fn push(&mut self, record: u32, unknown: u64) {
        if unknown >= LOG_LENGTH as u64 {
            self.0.clear();
        }
        self.push_one(record);
        for _ in 0..unknown.min(LOG_LENGTH as u64) {
            self.push_one(UNKNOWN);
        }
    }

    fn push_one(&mut self, record: u32) {
        // With the newest there are as many as there may be.
        if self.0.len() + 1 == LOG_LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.capacity()
    }
}
