//! No server ever replaces a record by an older one.

use std::collections::BTreeMap;

use herd_core::codec::At;
use herd_core::record::Record;

use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::World;

/// What each server held of each client when last seen.
#[derive(Clone, Debug, Default)]
pub(super) struct NeverBack {
    held: BTreeMap<(ServerId, Box<[u8]>), Record>,
}

impl Check for NeverBack {
    const NAME: &'static str = "never_back";
    const SENTENCE: &'static str = "No server ever replaces a record by an older one.";

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { server, line, .. } => {
                let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
                self.compare(server, at.client, world)
            }
            Happening::Restarted { server, store: false } => {
                self.held.retain(|(of, _), _| *of != server);
                Ok(Finding::Nothing)
            }
            Happening::Restarted { server, store: true } => {
                let clients: Vec<Box<[u8]>> = self
                    .held
                    .keys()
                    .filter(|(of, _)| *of == server)
                    .map(|(_, client)| client.clone())
                    .collect();
                for client in clients {
                    self.compare(server, &client, world)?;
                }
                Ok(Finding::Holds)
            }
            Happening::Sent { .. }
            | Happening::Unasked { .. }
            | Happening::Jilted { .. }
            | Happening::LinkUp
            | Happening::Fault
            | Happening::Mended
            | Happening::Step { .. }
            | Happening::Rest => Ok(Finding::Nothing),
        }
    }
}

impl NeverBack {
    fn compare(
        &mut self,
        server: ServerId,
        client: &[u8],
        world: &World,
    ) -> Result<Finding, Fault> {
        let name = world.topology().name(server);
        let now = world.node(server).and_then(|node| node.store().get(client));
        let key = (server, client.into());
        let before = self.held.get(&key);
        match (before, now) {
            (Some(before), None) => {
                let line = shown(before.line());
                let what = format!("{name} held “{line}” and holds nothing of that client now");
                Err(Fault(vec![server], what))
            }
            (Some(before), Some(now)) if now.version() < before.version() => {
                let (old, new) = (shown(before.line()), shown(now.line()));
                let what = format!("{name} replaced “{old}” by the older “{new}”");
                Err(Fault(vec![server], what))
            }
            (_, Some(now)) => {
                self.held.insert(key, now.clone());
                Ok(Finding::Holds)
            }
            (None, None) => Ok(Finding::Nothing),
        }
    }
}
