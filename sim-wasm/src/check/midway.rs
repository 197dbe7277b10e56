//! Checks that begin in the middle of a run: where tapes of real servers end, and a simulation goes on.

use herd_core::Node;

use super::{Check, Checks, Watched};
use crate::topology::ServerId;
use crate::world::World;

impl Checks {
    /// Those that can judge a run from the middle on, as it is now.
    pub(crate) fn from_midway(world: &World) -> Self {
        let mut checks = Self::default();
        checks.never_back.begin_midway(world);
        checks.one_truth.begin_midway(world);
        checks.converged.begin_midway(world);
        checks.answered_once.begin_midway(world);
        checks.flood_cost.begin_midway(world);
        checks.bounded.begin_midway(world);
        checks.never_invented.begin_midway(world);
        checks.told_once.begin_midway(world);
        checks.freshest_answer.begin_midway(world);
        checks.accounted.begin_midway(world);
        checks.in_order.begin_midway(world);
        checks.damaged_rejected.begin_midway(world);
        checks.in_time.begin_midway(world);
        checks.counted_once.begin_midway(world);
        checks.covered.begin_midway(world);
        checks.same_knowledge.begin_midway(world);
        checks.no_future.begin_midway(world);
        checks.no_echo.begin_midway(world);
        checks.no_ring.begin_midway(world);
        checks.pruned_with_proof.begin_midway(world);
        checks.epochs_grow.begin_midway(world);
        checks.all_fed.begin_midway(world);
        checks.no_storms.begin_midway(world);
        checks
    }
}

impl<C: Check> Watched<C> {
    fn begin_midway(&mut self, world: &World) {
        self.stand.blind = !self.check.begin_midway(world);
    }
}

/// The servers that are up, and what they know.
pub(super) fn nodes(world: &World) -> impl Iterator<Item = (ServerId, &Node)> {
    let servers = world.topology().servers();
    servers.filter_map(|server| Some((server, world.node(server)?)))
}
