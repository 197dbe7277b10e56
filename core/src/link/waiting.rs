//! What a classic neighbour is still to be told.

use alloc::collections::{BTreeSet, VecDeque};

use crate::form::form;
use crate::limits::CLASSIC_QUEUE;

/// The clients whose newest record a classic neighbour is still to be told, oldest first.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Waiting {
    pub(super) order: VecDeque<u32>,
    members: BTreeSet<u32>,
    pub(super) reachable: Option<bool>,
}

impl Waiting {
    /// Adds a record by its index in the store; whether an older one had to give way.
    pub(crate) fn push(&mut self, record: u32) -> bool {
        if !self.members.insert(record) {
            return false;
        }
        self.order.push_back(record);
        self.order.len() > CLASSIC_QUEUE && self.pop().is_some()
    }

    /// The record to be told next.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let record = self.order.pop_front()?;
        self.members.remove(&record);
        Some(record)
    }
}

form!(struct Waiting { order, members, reachable });
