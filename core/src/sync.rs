//! Repair: a neighbour that comes (back) is sent the whole store, newest wins. It goes in slices,
//! each as soon as the one before has left, so that live updates stand behind at most one slice.

use alloc::vec::Vec;

use crate::codec::{put_done, put_record};
use crate::limits::REPAIR_SLICE;
use crate::store::Store;

/// How far one neighbour has been repaired.
///
/// What is first heard of after the link came up is flooded on it, so the records held at that
/// moment are all there is to send.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Repair {
    next: u32,
    end: u32,
}

impl Repair {
    /// All that is held now; `None` if that is nothing.
    pub(crate) fn of(store: &Store) -> Option<Self> {
        let end = u32::try_from(store.len()).unwrap_or(u32::MAX);
        (end > 0).then_some(Self { next: 0, end })
    }

    /// Appends the next slice; how many records have been sent in all, if it was the last.
    pub(crate) fn put_slice(&mut self, store: &Store, out: &mut Vec<u8>) -> Option<u64> {
        let start = out.len();
        while self.next < self.end && out.len() - start < REPAIR_SLICE {
            if let Some(record) = store.at(self.next) {
                put_record(out, true, record.seq(), record.incarnation(), record.line());
            }
            self.next += 1;
        }
        if self.next < self.end {
            return None;
        }
        put_done(out, u64::from(self.end));
        Some(u64::from(self.end))
    }
}
