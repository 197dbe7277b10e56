//! What servers hold, as an inspector and the map ask. Nothing here changes anything.

use herd_core::record::Record;
use herd_core::{Node, codec};

use super::World;
use crate::topology::ServerId;

/// One record of a server's store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreRow {
    /// The client; or a key, with a space before it.
    pub client: Box<[u8]>,
    /// Its latitude and longitude, nano-degrees; `None` of data.
    pub place: Option<(i64, i64)>,
    /// Its clock when it was there, ns since the epoch.
    pub stamp: i64,
    /// The server it talked to.
    pub origin: Box<[u8]>,
    /// Which update of that server in that life it was.
    pub seq: u64,
    /// The `AT` line, as every server holds it; of data what stands before it.
    pub line: Box<[u8]>,
}

impl World {
    /// The records a server holds, in the order in which it first heard of their clients; none if
    /// it is down.
    #[must_use]
    pub fn store_of(&self, server: ServerId) -> Vec<StoreRow> {
        let Some(node) = self.node(server) else { return Vec::new() };
        let row = |record: &Record| StoreRow {
            client: record.client().into(),
            place: record.place().map(|place| (place.lat.0, place.lon.0)),
            stamp: record.stamp().0,
            origin: record.origin().into(),
            seq: record.seq(),
            line: codec::At::head_of(record.line()).into(),
        };
        node.store().iter().map(row).collect()
    }

    /// Where a client is, as the newest record of it says that a server holds; latitude and longitude,
    /// nano-degrees.
    #[must_use]
    pub fn place_of(&self, client: &[u8]) -> Option<(i64, i64)> {
        let held = self.nodes().filter_map(|node| node.store().get(client));
        let place = held.max_by_key(|record| record.version())?.place()?;
        Some((place.lat.0, place.lon.0))
    }

    /// Clients of which a server holds a place: so many of each server at most, those first of which
    /// it heard first, and some of them several times.
    pub fn placed(&self, most: usize) -> impl Iterator<Item = &[u8]> {
        self.nodes().flat_map(move |node| {
            let placed = node.store().iter().filter(|record| !record.is_data());
            placed.take(most).map(Record::client)
        })
    }

    /// The servers that are not down.
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        let servers = 0..u32::try_from(self.servers.len()).unwrap_or(u32::MAX);
        servers.filter_map(|server| self.node(ServerId(server)))
    }
}
