//! How much a server holds, for those who watch it.

use herd_core::time::SECOND;

use super::Server;

/// How often what waits to be written is added up: with ten thousand connections that takes a while.
const EVERY: u64 = SECOND;

impl Server {
    /// Says what there is, at the end of a turn.
    pub(super) fn measure(&mut self) {
        let metrics = self.journal.metrics();
        metrics.connections.set(self.conns.len());
        metrics.watchers.set(self.node.watchers());
        metrics.records.set(self.node.store().len());
        metrics.origins.set(self.node.origins().len());
        metrics.lookups.set(self.node.lookups());
        let now = self.now.mono;
        if self.measure_at.is_none() {
            // It was at rest: what has happened now is looked at soon, with what follows it.
            self.measure_at = Some(now.plus(EVERY));
        }
    }

    /// Adds up what waits to be written.
    pub(super) fn add_up(&mut self) {
        self.measure_at = None;
        let queued = self.conns.iter_mut().map(|(_, conn)| conn.waiting()).sum();
        self.journal.metrics().queued.set(queued);
    }
}
