//! How large a world is.

use herd_core::origin::Origin;
use herd_core::record::Record;

use super::{Event, World};
use crate::client::{Asked, Path};
use crate::net::{Channel, Link, Parcel};
use crate::server::Server;

/// What a server has besides, on the heap: its connections, and what it has for its neighbours.
const PER_LINK: usize = size_of::<herd_core::link::Link>() + 64;
/// What a table of any kind takes for an entry, beside the entry.
pub(crate) const PER_ENTRY: usize = 24;

impl World {
    /// About how many bytes a copy of this world takes: what grows, counted; the script and the
    /// bytes of messages, which copies share, are left out.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bare_bytes() + self.checks.as_ref().map_or(0, |checks| checks.bytes())
    }

    /// The same without the memory of the checks.
    pub(crate) fn bare_bytes(&self) -> usize {
        let links = self.links.len() * size_of::<Link>();
        let servers: usize = self.servers.iter().map(of_server).sum();
        let paths = self.clients.iter().flat_map(|client| &client.paths);
        let stamps = self.subjects.stamps.iter().map(|of| size_of_val(&**of) + 4 * PER_ENTRY);
        size_of::<Self>()
            + links
            + servers
            + self.queue.bytes()
            + self.channels.len() * size_of::<Channel>()
            + paths.map(of_path).sum::<usize>()
            + stamps.sum::<usize>()
            + self.sightings.bytes()
    }
}

fn of_server(server: &Server) -> usize {
    let records = size_of::<Record>() + PER_ENTRY;
    let disk = server.disk.as_ref().map_or(0, |disk| disk.records() * records);
    size_of::<Server>()
        + server.node.store().len() * records
        + disk
        + server.node.origins().iter().map(|(_, origin)| of_origin(origin)).sum::<usize>()
        + server.node.links().len() * PER_LINK
        + server.inbox.len() * size_of::<Event>()
}

fn of_origin(origin: &Origin) -> usize {
    size_of::<Origin>() + PER_ENTRY + origin.heap_bytes()
}

fn of_path(path: &Path) -> usize {
    size_of::<Path>()
        + path.asked.len() * size_of::<Asked>()
        + path.unsent.len() * size_of::<Parcel>()
        + path.heard.len()
}
