//! Calm and connected: everyone knows within the weighted eccentricity and a little slack.
//!
//! Of herds that mix presets only that is promised that all come to agree. Where some go by one tree that
//! all updates share and others by one for each origin, no tree spans the herd: who is fed over the one
//! may have its only feed on the other, and hears by what neighbours tell each other that they have,
//! half a second later. What is said there is not judged.

use std::collections::{BTreeMap, VecDeque};

use herd_core::Wall;
use herd_core::codec::At;
use herd_core::time::MILLISECOND;

use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::World;

/// What is allowed on top of the way, ns.
const SLACK: u64 = MILLISECOND;
/// Floods watched at once.
const WATCHED: usize = 64;

/// The floods under way, and how long one takes from each server.
#[derive(Clone, Debug, Default)]
pub(super) struct InTime {
    floods: VecDeque<Flood>,
    farthest: BTreeMap<ServerId, u64>,
}

#[derive(Clone, Debug)]
struct Flood {
    client: Box<[u8]>,
    stamp: i64,
    origin: ServerId,
    until: u64,
}

impl Check for InTime {
    const NAME: &'static str = "in_time";
    const SENTENCE: &'static str =
        "Calm and connected, everyone knows within the weighted eccentricity and a millisecond.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // How long ways take was measured, not set.
        false
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { server, line, from_client: true, .. } => {
                let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
                let told_later = world.options().repeats()
                    // Prototypes are not told of data.
                    || at.is_data() && !world.options().classic.is_empty();
                let judged = world.is_ordinary() && !world.mixes_trees();
                if self.floods.len() < WATCHED && !told_later && judged {
                    let farthest = self.farthest.entry(server);
                    let takes = *farthest.or_insert_with(|| world.eccentricity(server));
                    let until = world.now().saturating_add(takes).saturating_add(SLACK);
                    let (client, stamp) = (at.client.into(), at.stamp.0);
                    self.floods.push_back(Flood { client, stamp, origin: server, until });
                }
                Ok(Finding::Nothing)
            }
            Happening::Fault | Happening::Changed | Happening::LinkUp { .. } => {
                self.floods.clear();
                self.farthest.clear();
                Ok(Finding::Nothing)
            }
            Happening::Step { .. } => self.judge(world),
            _ => Ok(Finding::Nothing),
        }
    }
}

impl InTime {
    fn judge(&mut self, world: &World) -> Result<Finding, Fault> {
        let mut found = Finding::Nothing;
        while let Some(at) = self.floods.iter().position(|flood| flood.until < world.now())
            && let Some(flood) = self.floods.remove(at)
        {
            found = Finding::Holds;
            let lacks = |server: &ServerId| {
                let Some(node) = world.node(*server) else { return true };
                let held = node.store().get(&flood.client);
                // It may be too old there to be kept.
                held.is_none_or(|held| held.stamp().0 < flood.stamp)
                    && !node.store().is_below(Wall(flood.stamp), &flood.client)
            };
            let mut members = world.topology().servers().filter(|server| world.is_member(*server));
            if let Some(late) = members.find(lacks) {
                let name = |id| world.topology().name(id);
                let what = format!(
                    "{} has not heard in time what {} accepted of {}",
                    name(late),
                    name(flood.origin),
                    shown(&flood.client)
                );
                return Err(Fault::new(vec![flood.origin, late], what).about(&flood.client));
            }
        }
        Ok(found)
    }
}
