//! What an earlier life of this server kept, put back before it starts. Nothing here is told to
//! anybody: neighbours are given what they lack once they are linked.

use super::Node;
use crate::codec::{At, Origin, ParseError};
use crate::origin::OriginId;
use crate::record::Count;

impl Node {
    /// Puts back a stored `AT` line of which nothing else is known: it counts as taken up anew. To
    /// be called before the first [`handle`](Self::handle).
    ///
    /// # Errors
    /// The line is not a canonical `AT` line; nothing changed.
    pub fn restore(&mut self, line: &[u8]) -> Result<(), ParseError> {
        let count = self.next_count();
        self.put_back(line, count)
    }

    /// Puts back a stored `AT` line with what counted it, as its record said ([`Record::seq`](crate::record::Record::seq) and
    /// the origin of [`Record::counted_by`](crate::record::Record::counted_by)). To be called before the first
    /// [`handle`](Self::handle).
    ///
    /// # Errors
    /// The line is not a canonical `AT` line; nothing changed.
    pub fn restore_counted(
        &mut self,
        line: &[u8],
        origin: &Origin<'_>,
        seq: u64,
    ) -> Result<(), ParseError> {
        // Its own count in this life begins anew, so what says the same is of no use.
        let count = match self.number(origin).filter(|number| *number != self.own && seq > 0) {
            Some(number) => Count { origin: number, incarnation: origin.incarnation, seq },
            None => self.next_count(),
        };
        self.put_back(line, count)
    }

    /// Says that the records put back are as new as these updates of an origin: what
    /// [`Have::spans`](crate::Have::spans) said when they were stored, and only if they were stored
    /// together. To be called before the first [`handle`](Self::handle).
    pub fn restore_have(&mut self, origin: &Origin<'_>, first: u64, last: u64) {
        if let Some(number) = self.number(origin).filter(|number| *number != self.own) {
            self.origins.cover(number, first, last);
        }
    }

    fn put_back(&mut self, line: &[u8], count: Count) -> Result<(), ParseError> {
        let at = At::canonical(line)?;
        let index = match self.store.find(at.client) {
            Some(index) => {
                self.store.set(index, &at, line, count);
                index
            }
            None => self.store.insert(&at, line, count),
        };
        self.origins.note(count.origin, count.seq, index);
        self.store.fit(self.config.clients_max);
        Ok(())
    }

    /// The number of an origin, known or new; `None` if there are too many.
    fn number(&mut self, origin: &Origin<'_>) -> Option<OriginId> {
        let known = self.origins.find(origin.name, origin.incarnation);
        known.or_else(|| self.add_origin(origin, None))
    }
}
