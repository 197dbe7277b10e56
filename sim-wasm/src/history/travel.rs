//! Going to where something happens, on or back.

use herd_core::codec::At;

use super::History;
use crate::log::LogKind;
use crate::world::World;

/// Something that a journey through a run can stop at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// A check breaks.
    Broken,
    /// A command of the script is done.
    Command,
    /// A server takes an update or learns a record.
    Delivery,
    /// Every server that runs comes to hold the newest record of this client that any of them holds.
    EveryoneKnows(Box<[u8]>),
    /// Something is lost, or a link goes down.
    Fault,
    /// A record comes to a server that knew it.
    Redundant,
    /// A client is told less than some server has accepted: of a client that is somewhere else by now,
    /// or unknown.
    Stale,
    /// A line of the log holds these words.
    Written(Box<str>),
}

impl Condition {
    /// Whether the last step of a world brought it about; `before` says whether
    /// [it held](Self::holds) before that step. The world records.
    fn is_met(&self, world: &World, before: bool) -> bool {
        let lines = world.fresh_log();
        let any = |kinds: &[LogKind]| lines.iter().any(|line| kinds.contains(&line.kind));
        match self {
            Self::Broken => any(&[LogKind::Check]),
            Self::Command => any(&[LogKind::Command]),
            Self::Delivery => any(&[LogKind::Accepted, LogKind::Learned]),
            Self::EveryoneKnows(_) => !before && self.holds(world),
            Self::Fault => {
                let down = lines
                    .iter()
                    .any(|line| line.kind == LogKind::Link && line.text.starts_with("- "));
                down || any(&[LogKind::Lost])
            }
            Self::Redundant => any(&[LogKind::Known]),
            Self::Stale => world.has_told_stale(),
            Self::Written(words) => lines.iter().any(|line| line.text.contains(&**words)),
        }
    }

    /// Whether it is a state that a world is in, and not an event.
    fn holds(&self, world: &World) -> bool {
        let Self::EveryoneKnows(client) = self else { return false };
        let nodes = world.topology().servers().filter_map(|server| world.node(server));
        let mut lines = nodes.map(|node| node.store().get(client).map(|record| record.line()));
        let first = lines.next().flatten();
        first.is_some_and(|first| {
            At::canonical(first).is_ok() && lines.all(|line| line == Some(first))
        })
    }
}

impl History {
    /// Goes on until something happens, or to `limit`; whether it happened. The present is the very
    /// step at which it did.
    pub fn run_to(&mut self, condition: &Condition, limit: u64) -> bool {
        // Conditions are about what is written down.
        self.world.record(true);
        let mut met = false;
        while !met && self.world.next_time().is_some_and(|next| next <= limit) {
            let before = condition.holds(&self.world);
            self.keep_up();
            self.next_step();
            met = condition.is_met(&self.world, before);
            self.after_step();
        }
        self.keep_up();
        self.world.record(self.edge.is_none());
        if !met {
            self.run_until(limit);
        }
        met
    }

    /// Goes back to where something happened last before the present step; whether it ever did. If
    /// it did not, nothing changes.
    pub fn run_back_to(&mut self, condition: &Condition) -> bool {
        let present = self.world.events();
        let (mut end, mut place) = (present, self.bare.len());
        while place > 0 {
            place -= 1;
            let from = self.bare.world(place);
            if from.events() >= end {
                continue;
            }
            let mut world = from.clone();
            world.follow(self.latest());
            if let Some(found) = last_met(&world, condition, end) {
                self.go_over(found);
                return true;
            }
            end = from.events() + 1;
        }
        false
    }

    /// A history of its own, from here: what is done in one does not touch the other.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.clone()
    }
}

/// The world at the last step before the `end`-th event at which a condition was met.
fn last_met(from: &World, condition: &Condition, end: u64) -> Option<World> {
    let mut world = from.clone();
    world.record(true);
    let mut found = None;
    while world.events() + 1 < end {
        let before = condition.holds(&world);
        world.take_log();
        world.take_answers();
        world.take_flights();
        if !world.step() {
            break;
        }
        if condition.is_met(&world, before) {
            found = Some(world.events());
        }
    }
    let found = found?;
    let mut world = from.clone();
    while world.events() < found {
        world.step();
    }
    Some(world)
}
