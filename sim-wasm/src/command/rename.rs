//! Commands in another herd: the servers they name have other numbers there.

use std::cell::RefCell;

use super::{Command, Path};
use crate::fault::Sides;
use crate::topology::ServerId;

/// The servers that a command names.
pub(super) enum Named<'a> {
    /// One.
    Server(&'a mut ServerId),
    /// Two neighbours.
    Path(&'a mut Path),
    /// Two that become neighbours.
    Ends(&'a mut Path),
    /// Those whose neighbour somebody becomes.
    Neighbours(&'a mut Box<[ServerId]>),
    /// Those on one side of a partition.
    Sides(&'a mut Sides),
    /// None.
    Nobody,
}

impl Command {
    /// The servers it names.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerId> {
        let named = RefCell::new(Vec::new());
        let note = |server: ServerId| {
            named.borrow_mut().push(server);
            Some(server)
        };
        // Every server is renamed to itself: nothing is lost by it.
        self.renamed(&note).map_or_else(Vec::new, |_| named.take())
    }

    /// The command with its servers renamed; `None` if one of them is gone. Who joins does so with
    /// the neighbours that are left, if there are any.
    #[must_use]
    pub fn renamed(&self, to: &dyn Fn(ServerId) -> Option<ServerId>) -> Option<Self> {
        let mut command = self.clone();
        match command.named() {
            Named::Server(server) => *server = to(*server)?,
            Named::Ends(path) | Named::Path(path) => {
                path.from = to(path.from)?;
                path.to = to(path.to)?;
            }
            Named::Neighbours(neighbours) => {
                *neighbours = neighbours.iter().filter_map(|server| to(*server)).collect();
                if neighbours.is_empty() {
                    return None;
                }
            }
            Named::Sides(Sides::Isolate(server) | Sides::Bridge(server)) => *server = to(*server)?,
            Named::Sides(Sides::Set(set)) => {
                for server in set {
                    *server = to(*server)?;
                }
            }
            Named::Sides(Sides::Size(_) | Sides::Coin | Sides::Ring) | Named::Nobody => {}
        }
        Some(command)
    }

    /// Which servers it names, and as what.
    pub(super) const fn named(&mut self) -> Named<'_> {
        match self {
            Self::Clock { server, .. }
            | Self::Disk { server, .. }
            | Self::Drift { server, .. }
            | Self::Hangup { server, .. }
            | Self::Kill(server)
            | Self::Leave(server)
            | Self::Lose { server, .. }
            | Self::Pause(server)
            | Self::Restart { server, .. }
            | Self::RestartLossy { server, .. }
            | Self::Resume(server)
            | Self::Say { server, .. }
            | Self::Send { server, .. }
            | Self::Slow { server, .. }
            | Self::Wobble { server, .. } => Named::Server(server),
            Self::Bandwidth { path, .. }
            | Self::Capacity { path, .. }
            | Self::Clog { path, .. }
            | Self::Cut { path, .. }
            | Self::Datagram { path: Some(path), .. }
            | Self::Heal(Some(path))
            | Self::Hold(path)
            | Self::Lag { path, .. }
            | Self::Latency { path, .. }
            | Self::Meddle { path, .. }
            | Self::Release(Some(path))
            | Self::Stream(Some(path))
            | Self::Unlink(path) => Named::Path(path),
            Self::Link { ends, .. } => Named::Ends(ends),
            Self::Join { neighbours, .. } => Named::Neighbours(neighbours),
            Self::Partition { sides, .. } => Named::Sides(sides),
            Self::Clients(_)
            | Self::Datagram { path: None, .. }
            | Self::Heal(None)
            | Self::Places(_)
            | Self::PlacesSlow(_)
            | Self::PlacesSome(..)
            | Self::Release(None)
            | Self::Stream(None)
            | Self::Swizzle { .. } => Named::Nobody,
        }
    }
}
