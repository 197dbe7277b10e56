//! What is known is gone over again without checks and without a log: they take most of the time of a
//! run, and most of the room of a snapshot. Only who comes to the edge of what is known, or goes another
//! way, needs a world with the memory of the checks.

use std::mem;

use super::History;
use crate::world::World;

/// This part of the room is for snapshots from which a run can go another way.
pub(super) const JUDGED: usize = 4;

impl History {
    /// The run at the latest instant that was reached.
    pub(super) fn latest(&self) -> &World {
        self.edge.as_deref().unwrap_or(&self.world)
    }

    /// Goes to the last snapshot of which something holds, which then holds of all before it.
    pub(super) fn go_back(&mut self, holds: &dyn Fn(&World) -> bool) {
        let found = self.bare.last(holds);
        self.go_over(found);
    }

    /// A world that has come less far is the present one.
    pub(super) fn go_over(&mut self, mut world: World) {
        world.follow(self.latest());
        let present = mem::replace(&mut self.world, world);
        self.edge.get_or_insert_with(|| Box::new(present));
        self.bare.moved();
    }

    /// The present is the latest instant that was reached.
    pub(super) fn come_to_edge(&mut self) {
        if let Some(edge) = self.edge.take() {
            self.world = *edge;
            self.bare.moved();
            self.judged.moved();
        }
    }

    /// Does the next thing; whether there was one.
    pub(super) fn go_on(&mut self) -> bool {
        let stepped = self.next_step();
        self.after_step();
        stepped
    }

    /// Does the next thing, and takes no notice of it yet.
    pub(super) fn next_step(&mut self) -> bool {
        // What comes now is not known.
        if self.edge.as_deref().is_some_and(|edge| edge.events() <= self.world.events()) {
            self.come_to_edge();
        }
        self.world.step()
    }

    pub(super) fn after_step(&mut self) {
        self.executed += 1;
        if self.is_between_instants() {
            if self.bare.is_due(&self.world) {
                self.keep_up();
                self.bare.take(&mut self.world);
            }
            if self.edge.is_none() && self.judged.is_due(&self.world) {
                self.keep_up();
                self.judged.take(&mut self.world);
            }
        }
    }

    /// Has the checks judge from the present instant on: what was known of the time after it is not
    /// what will come.
    pub(super) fn judge(&mut self) {
        if self.edge.take().is_none() {
            return;
        }
        let (events, now) = (self.world.events(), self.world.now());
        let is_between = self.is_between_instants();
        let mut world = self.judged.last(&|snapshot| snapshot.events() <= events);
        world.record(false);
        while world.events() < events {
            world.step();
            self.executed += 1;
        }
        if is_between {
            // Rows that are switched off are passed, and are no events.
            world.run_until(now);
        }
        world.record(true);
        self.world = world;
    }

    /// Whether all that happens now has happened: only then does what is done next not hang on
    /// what is already done of this instant.
    fn is_between_instants(&self) -> bool {
        self.world.next_time().is_none_or(|next| next > self.world.now())
    }
}
