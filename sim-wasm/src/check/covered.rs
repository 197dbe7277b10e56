//! Whoever has an update holds something as new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use herd_core::record::Record;
use herd_core::{Floor, Have, Node, OriginId};

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, life_of, shown};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// Updates remembered per life of a server.
const REMEMBERED: usize = 256;

/// The last updates of each life of each server, and which of them each server said it had when last
/// seen. Looking again at what was had before is `never_back`'s business.
#[derive(Clone, Debug, Default)]
pub(super) struct Covered {
    counted: BTreeMap<u64, VecDeque<Arc<Record>>>,
    /// By server.
    seen: Vec<Seen>,
    /// What was refused for its stamp, and where: it counts as had.
    poisoned: BTreeSet<(ServerId, i64)>,
    /// The highest floor of any server: what is below it is forgotten somewhere, and may be had of
    /// there.
    floor: Option<Floor>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    changes: u64,
    /// By origin, as the server numbers them.
    have: Vec<Have>,
}

impl Check for Covered {
    const NAME: &'static str = "covered";
    const SENTENCE: &'static str =
        "Whatever a server says it has, it holds something as new of the same client.";

    fn begin_midway(&mut self, world: &World) -> bool {
        self.floor = world.highest_floor();
        for (server, node) in nodes(world) {
            node.store().iter().for_each(|record| self.count(node, record));
            // What is had by now may have been refused for its stamp: only news is looked at.
            let have = node.origins().iter().map(|(_, origin)| origin.have().clone()).collect();
            let seen = Seen { changes: node.origins().changes(), have };
            self.seen.resize_with(self.seen.len().max(server.index() + 1), Seen::default);
            self.seen[server.index()] = seen;
        }
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Step { server: Some(server) } => self.look(server, world),
            Happening::Kept { server, client, .. } => {
                if let Some(node) = world.node(server)
                    && let Some(record) = node.store().get(client)
                {
                    self.count(node, record);
                }
                Ok(Finding::Nothing)
            }
            Happening::Poisoned { server, stamp } => {
                self.poisoned.insert((server, stamp));
                Ok(Finding::Nothing)
            }
            Happening::Fault | Happening::Forgot { .. } => {
                self.floor = self.floor.max(world.highest_floor());
                Ok(Finding::Nothing)
            }
            Happening::Restarted { server, .. } | Happening::RestartedLossy { server, .. } => {
                if let Some(seen) = self.seen.get_mut(server.index()) {
                    *seen = Seen::default();
                }
                if let Some(node) = world.node(server) {
                    node.store().iter().for_each(|record| self.count(node, record));
                }
                Ok(Finding::Nothing)
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        let counted = self.counted.values().map(VecDeque::len).sum::<usize>();
        let seen = self.seen.iter().map(|seen| seen.have.len()).sum::<usize>();
        // Copies share the records.
        counted * size_of::<Arc<Record>>() + seen * (size_of::<Have>() + PER_ENTRY)
    }
}

impl Covered {
    /// Remembers an update that the server itself has counted.
    fn count(&mut self, node: &Node, record: &Record) {
        let origin = node.origins().get(record.counted_by());
        let own = origin.incarnation() == node.incarnation()
            && *origin.name() == *node.config().name.as_bytes();
        if !own {
            return;
        }
        let key = life_of(origin.name(), origin.incarnation());
        let counted = self.counted.entry(key).or_default();
        let after = counted.partition_point(|other| other.seq() < record.seq());
        if counted.get(after).is_some_and(|other| other.seq() == record.seq()) {
            return;
        }
        counted.insert(after, Arc::new(record.clone()));
        if counted.len() > REMEMBERED {
            counted.pop_front();
        }
    }

    /// Looks at what a server says it has since it was last seen.
    fn look(&mut self, server: ServerId, world: &World) -> Result<Finding, Fault> {
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        if self.seen.len() <= server.index() {
            self.seen.resize_with(server.index() + 1, Seen::default);
        }
        let origins = node.origins();
        let seen = &mut self.seen[server.index()];
        if seen.changes == origins.changes() {
            return Ok(Finding::Nothing);
        }
        let changed: Vec<OriginId> =
            origins.changed_since(seen.changes).map(|(_, origin)| origin).collect();
        seen.changes = origins.changes();
        seen.have.resize_with(origins.len(), Have::default);
        for number in changed {
            let origin = origins.get(number);
            let before = std::mem::replace(&mut seen.have[number.index()], origin.have().clone());
            let key = life_of(origin.name(), origin.incarnation());
            let Some(counted) = self.counted.get(&key) else { continue };
            let new = origin.have().lacked_by(&before).flat_map(|(first, last)| {
                let from = counted.partition_point(|record| record.seq() < first);
                let those = counted.iter().skip(from);
                those.take_while(move |record| record.seq() <= last)
            });
            for record in new {
                if is_covered(node, record) || self.poisoned.contains(&(server, record.stamp().0)) {
                    continue;
                }
                self.floor = self.floor.max(world.highest_floor());
                if self.floor.is_none_or(|floor| record.falls_at() > floor) {
                    return Err(fault(server, record, world));
                }
            }
        }
        Ok(Finding::Holds)
    }
}

/// Whether a server holds something as new, or keeps nothing so old.
fn is_covered(node: &Node, record: &Record) -> bool {
    match node.store().get(record.client()) {
        // The same line may have been counted by several.
        Some(held) if held.line() == record.line() => true,
        Some(held) if !node.config().preset.breaks_ties() => held.stamp() >= record.stamp(),
        Some(held) => held.version() >= record.version(),
        None => node.store().is_below(record.stamp(), record.client()),
    }
}

fn fault(server: ServerId, record: &Record, world: &World) -> Fault {
    let held = world.node(server).and_then(|node| node.store().get(record.client()));
    let held =
        held.map_or_else(|| "nothing".to_owned(), |held| format!("“{}”", shown(held.line())));
    let (name, line) = (world.topology().name(server), shown(record.line()));
    let what = format!("{name} says it has “{line}”, and holds {held} of that client");
    Fault::new(vec![server], what).about(record.line())
}
