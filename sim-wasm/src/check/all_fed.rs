//! At rest nobody is cut off from the trees.

use std::collections::{BTreeMap, BTreeSet};

use herd_core::Spread;

use super::{Check, Fault, Finding, Happening};
use crate::topology::ServerId;
use crate::world::World;

/// Whose trees may have changed since all were last seen to be fed.
#[derive(Clone, Debug, Default)]
pub(super) struct AllFed {
    changed: BTreeSet<Box<[u8]>>,
    all: bool,
    /// Whether a link has ever lost, doubled or turned messages round: who fed whom may then be
    /// misunderstood until digests tell.
    loose: bool,
}

impl Check for AllFed {
    const NAME: &'static str = "all_fed";
    const SENTENCE: &'static str =
        "At rest, a way of servers that feed each other leads from each origin to everybody.";

    fn begin_midway(&mut self, _: &World) -> bool {
        self.all = true;
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest changes no tree")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Adopted { server, origin }
            | Happening::Orphaned { server, origin }
            | Happening::Pruned { server, origin, .. } => {
                if let Some(node) = world.node(server) {
                    self.changed.insert(node.origins().get(origin).name().into());
                }
                Ok(Finding::Nothing)
            }
            Happening::LinkUp { .. } | Happening::Fault | Happening::Mended => {
                self.all = true;
                self.loose |= world.has_datagrams();
                Ok(Finding::Nothing)
            }
            Happening::Rest if self.all || !self.changed.is_empty() => self.judge(world),
            _ => Ok(Finding::Nothing),
        }
    }
}

impl AllFed {
    fn judge(&mut self, world: &World) -> Result<Finding, Fault> {
        let all = std::mem::take(&mut self.all);
        let changed = std::mem::take(&mut self.changed);
        let spread = |server| world.node(server).map(|node| node.config().preset.policy().spread);
        let (mut trees, mut others) = (false, false);
        for spread in world.topology().servers().filter_map(spread) {
            trees |= matches!(spread, Spread::Trees(_));
            others |= !matches!(spread, Spread::Trees(_) | Spread::Flood);
        }
        // Whoever tells by name only feeds nobody.
        if !trees || others || self.loose {
            return Ok(Finding::Nothing);
        }
        let mut found = Finding::Nothing;
        for root in world.topology().servers() {
            if !all && !changed.contains(world.topology().name(root).as_bytes()) {
                continue;
            }
            let Some(ways) = world.ways_from(root) else { continue };
            let reached = |fed: bool| {
                let mut next: BTreeMap<ServerId, Vec<ServerId>> = BTreeMap::new();
                // Who is fed is so also by one with whom it has not agreed yet, since it is paused, say.
                for way in ways.iter().filter(|way| if fed { way.feeds } else { way.flows }) {
                    next.entry(way.from).or_default().push(way.to);
                }
                let mut seen = BTreeSet::from([root]);
                let mut todo = vec![root];
                while let Some(server) = todo.pop() {
                    let further = next.get(&server).into_iter().flatten();
                    todo.extend(further.filter(|other| seen.insert(**other)));
                }
                seen
            };
            let (reached, fed) = (reached(false), reached(true));
            if let Some(cut_off) = reached.difference(&fed).next() {
                let name = |id| world.topology().name(id);
                let what = format!("nobody feeds {} what {} takes up", name(*cut_off), name(root));
                let about = name(root).as_bytes();
                return Err(Fault::new(vec![*cut_off, root], what).about(about));
            }
            found = Finding::Holds;
        }
        Ok(found)
    }
}
