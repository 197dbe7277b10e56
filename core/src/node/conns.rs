//! The connections of a node, by number.

use super::{Conn, Node};
use crate::grow;
use crate::id::ConnId;
use crate::outbox::{Outbox, Output};

impl Node {
    /// How many numbers of connections there have been.
    pub(crate) fn conn_numbers(&self) -> u32 {
        u32::try_from(self.conns.len()).unwrap_or(u32::MAX)
    }

    /// Whether a connection is open, as far as it knows.
    #[must_use]
    pub fn knows_conn(&self, conn: ConnId) -> bool {
        self.conn(conn).is_some()
    }

    /// Whether nothing may be handed in of a connection: an answer is outstanding there.
    pub(crate) fn is_paused(&self, conn: ConnId) -> bool {
        let waits = matches!(
            self.conn(conn),
            Some(Conn::Client { waits: Some(_), .. } | Conn::Client { takes: true, .. })
        );
        waits || self.is_unconfirmed(conn)
    }

    pub(super) fn conn(&self, conn: ConnId) -> Option<Conn> {
        self.conns.get(conn.index()).copied().flatten()
    }

    pub(super) fn set_conn(&mut self, conn: ConnId, entry: Conn) {
        while self.conns.len() <= conn.index() {
            grow::push(&mut self.conns, None);
        }
        let slot = &mut self.conns[conn.index()];
        assert!(slot.is_none(), "the driver gave out a connection's number twice");
        *slot = Some(entry);
    }

    pub(super) fn change_conn(&mut self, conn: ConnId, entry: Conn) {
        self.conns[conn.index()] = Some(entry);
    }

    pub(super) fn take_conn(&mut self, conn: ConnId) -> Option<Conn> {
        self.unwatch(conn);
        self.conns.get_mut(conn.index()).and_then(Option::take)
    }

    pub(super) fn hang_up(&mut self, conn: ConnId, out: &mut Outbox) {
        self.take_conn(conn);
        out.push(Output::Hangup(conn));
    }
}
