//! No server counts two updates alike.

use std::collections::{BTreeMap, BTreeSet};

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, life_of};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// The last number that each life of each server has given.
#[derive(Clone, Debug, Default)]
pub(super) struct CountedOnce {
    last: BTreeMap<u64, u64>,
    /// Whose memory has failed: they are given own updates back.
    failed: BTreeSet<ServerId>,
}

impl Check for CountedOnce {
    const NAME: &'static str = "counted_once";
    const SENTENCE: &'static str =
        "A server numbers its updates 1, 2, 3 …, and uses no number again, in none of its lives.";

    fn begin_midway(&mut self, world: &World) -> bool {
        for (_, node) in nodes(world) {
            let name = node.config().name.as_bytes();
            if let Some(own) = node.origins().find(name, node.incarnation()) {
                let counted = node.origins().get(own).have().top();
                self.last.insert(life_of(name, node.incarnation()), counted);
            }
        }
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { server, from_client: false, .. } if self.failed.contains(&server) => {
                Ok(Finding::Nothing)
            }
            Happening::MemoryFailed { server } => {
                self.failed.insert(server);
                Ok(Finding::Nothing)
            }
            Happening::Kept { server, client, line, .. } => {
                let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
                let Some(record) = node.store().get(client) else { return Ok(Finding::Nothing) };
                let origin = node.origins().get(record.counted_by());
                let own = *origin.name() == *node.config().name.as_bytes()
                    && origin.incarnation() == node.incarnation();
                // It may have been replaced at once.
                if !own || record.line() != line {
                    return Ok(Finding::Nothing);
                }
                let have = origin.have();
                let key = life_of(origin.name(), origin.incarnation());
                let last = self.last.insert(key, record.seq()).unwrap_or(0);
                if record.seq() <= last || have.prefix() != have.top() {
                    let name = world.topology().name(server);
                    let what = format!("{name} counted an update {} after {last}", record.seq());
                    return Err(Fault::new(vec![server], what).about(line));
                }
                Ok(Finding::Holds)
            }
            Happening::Restarted { server, .. } | Happening::RestartedLossy { server, .. } => {
                self.restarted(server, world)
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        (self.last.len() * 2 + self.failed.len()) * PER_ENTRY
    }
}

impl CountedOnce {
    /// What it found on its disk it has counted anew.
    fn restarted(&mut self, server: ServerId, world: &World) -> Result<Finding, Fault> {
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let name = node.config().name.as_bytes();
        let own = node.origins().find(name, node.incarnation());
        let counted = own.map_or(0, |own| node.origins().get(own).have().top());
        if counted == 0 {
            return Ok(Finding::Nothing);
        }
        if self.last.insert(life_of(name, node.incarnation()), counted).is_some() {
            let what = format!("{} counts as in an earlier life", world.topology().name(server));
            return Err(Fault::new(vec![server], what).about(name));
        }
        Ok(Finding::Holds)
    }
}
