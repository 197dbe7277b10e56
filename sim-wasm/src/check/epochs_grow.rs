//! The epochs of a tree never go back.

use std::collections::BTreeMap;

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, life_of, shown};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// The last epoch of each tree at each server.
#[derive(Clone, Debug, Default)]
pub(super) struct EpochsGrow {
    epochs: BTreeMap<(ServerId, u64), u64>,
}

impl Check for EpochsGrow {
    const NAME: &'static str = "epochs_grow";
    const SENTENCE: &'static str =
        "A server that has heard of a newer tree of an origin never goes back to an older one.";

    fn begin_midway(&mut self, world: &World) -> bool {
        for (server, node) in nodes(world) {
            for (_, of) in node.origins().iter() {
                let life = life_of(of.name(), of.incarnation());
                self.epochs.insert((server, life), of.tree().epoch());
            }
        }
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        let (server, origin) = match *happening {
            Happening::Adopted { server, origin }
            | Happening::Orphaned { server, origin }
            | Happening::Pruned { server, origin, .. } => (server, origin),
            Happening::Restarted { server, .. } | Happening::RestartedLossy { server, .. } => {
                self.epochs.retain(|(of, _), _| *of != server);
                return Ok(Finding::Nothing);
            }
            _ => return Ok(Finding::Nothing),
        };
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let of = node.origins().get(origin);
        let epoch = of.tree().epoch();
        let known = self.epochs.entry((server, life_of(of.name(), of.incarnation()))).or_default();
        let before = std::mem::replace(known, epoch);
        if epoch < before {
            let (name, whose) = (world.topology().name(server), shown(of.name()));
            let what = format!("{name} went from epoch {before} of {whose} back to {epoch}");
            return Err(Fault::new(vec![server], what).about(of.name()));
        }
        Ok(Finding::Holds)
    }

    fn bytes(&self) -> usize {
        self.epochs.len() * 4 * PER_ENTRY
    }
}
