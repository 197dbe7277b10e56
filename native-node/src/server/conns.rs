//! A server's connections, by number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use herd_core::ConnId;

use super::conn::Conn;

/// A server's connections. The smallest free number is given out first.
#[derive(Debug, Default)]
pub(super) struct Conns {
    slots: Vec<Option<Conn>>,
    free: BinaryHeap<Reverse<u32>>,
    open: usize,
}

impl Conns {
    /// The number the next connection will have.
    pub(super) fn next(&self) -> ConnId {
        let end = u32::try_from(self.slots.len()).expect("fewer connections than descriptors");
        ConnId(self.free.peek().map_or(end, |free| free.0))
    }

    /// Adds a connection, which gets the number [`next`](Self::next) said.
    pub(super) fn add(&mut self, conn: Conn) -> ConnId {
        let id = self.next();
        if self.free.pop().is_some() {
            self.slots[id.index()] = Some(conn);
        } else {
            self.slots.push(Some(conn));
        }
        self.open += 1;
        id
    }

    /// Removes a connection; its socket closes. Its number stays taken until it is
    /// [released](Self::release).
    pub(super) fn remove(&mut self, id: ConnId) -> Option<Conn> {
        let conn = self.slots.get_mut(id.index()).and_then(Option::take);
        self.open -= usize::from(conn.is_some());
        conn
    }

    /// Frees the number of a removed connection, once the node has forgotten it.
    pub(super) fn release(&mut self, id: ConnId) {
        self.free.push(Reverse(id.0));
    }

    /// The connection of this number, if there is one.
    pub(super) fn find(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.slots.get_mut(id.index()).and_then(Option::as_mut)
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.open
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (ConnId, &mut Conn)> {
        (0_u32..)
            .zip(&mut self.slots)
            .filter_map(|(number, slot)| slot.as_mut().map(|conn| (ConnId(number), conn)))
    }
}
