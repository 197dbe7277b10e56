//! Nothing that is said is lost unseen.

use super::{Check, Fault, Finding, Happening};
use crate::world::World;

/// It is counted once in so many events, and when nothing is on its way: else all of that has to be
/// looked at.
const EVERY: u64 = 4_096;

/// Needs no memory: the world counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounted;

impl Check for Accounted {
    const NAME: &'static str = "accounted";
    const SENTENCE: &'static str =
        "Sent and copied is delivered, dropped, evicted, held or in flight.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What was on its way before was counted nowhere.
        false
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        let counts = match happening {
            Happening::Rest => true,
            Happening::Step { .. } => world.is_idle() || world.events().is_multiple_of(EVERY),
            _ => false,
        };
        if !counts {
            return Ok(Finding::Nothing);
        }
        let (traffic, under_way) = (world.traffic(), world.under_way());
        let sent = traffic.sent + traffic.copies;
        let ended = traffic.delivered + traffic.dropped + traffic.evicted;
        if sent == ended + under_way {
            return Ok(Finding::Holds);
        }
        let what = format!(
            "{sent} messages were sent or copied; {} were delivered, {} dropped, {} evicted, and \
             {under_way} are under way",
            traffic.delivered, traffic.dropped, traffic.evicted
        );
        Err(Fault::new(world.loose_ends(), what))
    }
}
