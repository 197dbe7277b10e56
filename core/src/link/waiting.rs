//! What a classic neighbour is still to be told.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::form::form;
use crate::limits::CLASSIC_QUEUE;

/// The clients whose newest record a classic neighbour is still to be told, oldest first.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Waiting {
    pub(super) order: VecDeque<u32>,
    /// The same, in order.
    members: Vec<u32>,
    pub(super) reachable: Option<bool>,
}

impl Waiting {
    /// Adds a record by its index in the store; whether an older one had to give way.
    pub(crate) fn push(&mut self, record: u32) -> bool {
        let Err(place) = self.members.binary_search(&record) else { return false };
        self.members.insert(place, record);
        self.order.push_back(record);
        self.order.len() > CLASSIC_QUEUE && self.pop().is_some()
    }

    /// The record to be told next.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let record = self.order.pop_front()?;
        if let Ok(place) = self.members.binary_search(&record) {
            self.members.remove(place);
        }
        Some(record)
    }
}

form!(struct Waiting { order, members, reachable });
