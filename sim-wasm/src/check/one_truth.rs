//! Two servers that hold the same version of a client hold the same bytes.

use std::collections::{BTreeMap, VecDeque};

use herd_core::codec::At;

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// Versions remembered per client: more are not on their way at once.
const REMEMBERED: usize = 32;

/// The newest versions of each client, and who first held them.
#[derive(Clone, Debug, Default)]
pub(super) struct OneTruth {
    versions: BTreeMap<Box<[u8]>, VecDeque<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    /// Who counted it, in which life, and the number.
    version: (Box<[u8]>, u64, u64),
    line: Box<[u8]>,
    holder: ServerId,
}

impl Check for OneTruth {
    const NAME: &'static str = "one_truth";
    const SENTENCE: &'static str =
        "Two servers that hold the same version of a client hold the same bytes.";

    fn begin_midway(&mut self, world: &World) -> bool {
        // One that differs already is seen once it is told.
        for (server, node) in nodes(world) {
            for record in node.store().iter() {
                let counted_by = node.origins().get(record.counted_by());
                let version = (counted_by.name().into(), counted_by.incarnation(), record.seq());
                let known = self.versions.entry(record.client().into()).or_default();
                if known.len() < REMEMBERED && !known.iter().any(|known| known.version == version) {
                    let line = record.line().into();
                    known.push_back(Known { version, line, holder: server });
                }
            }
        }
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        let Happening::Kept { server, line, .. } = *happening else { return Ok(Finding::Nothing) };
        let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let Some(record) = node.store().get(at.client) else { return Ok(Finding::Nothing) };
        let counted_by = node.origins().get(record.counted_by());
        let version = (Box::from(counted_by.name()), counted_by.incarnation(), record.seq());
        let known = self.versions.entry(at.client.into()).or_default();
        match known.iter().find(|known| known.version == version) {
            Some(known) if *known.line != *record.line() => {
                let name = |id| world.topology().name(id);
                let what = format!(
                    "of one version {} holds “{}” and {} holds “{}”",
                    name(known.holder),
                    shown(&known.line),
                    name(server),
                    shown(record.line())
                );
                Err(Fault::new(vec![known.holder, server], what).about(line))
            }
            Some(_) => Ok(Finding::Holds),
            None => {
                if known.len() == REMEMBERED {
                    known.pop_front();
                }
                known.push_back(Known { version, line: record.line().into(), holder: server });
                Ok(Finding::Holds)
            }
        }
    }

    fn bytes(&self) -> usize {
        let known = self.versions.values().map(VecDeque::len).sum::<usize>();
        known * (size_of::<Known>() + 6 * PER_ENTRY) + self.versions.len() * 6 * PER_ENTRY
    }
}
