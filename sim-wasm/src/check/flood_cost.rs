//! A flood costs exactly 2E − N + 1 messages, over a grown tree N − 1.

use std::collections::{BTreeSet, VecDeque};

use herd_core::codec::At;

use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::view::MessageKind;
use crate::world::World;

/// Floods watched at once: older ones are over.
const WATCHED: usize = 64;

/// The floods under way, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct FloodCost {
    floods: VecDeque<Flood>,
    /// Whether anything is broken now.
    broken: bool,
    /// Messages a flood takes at most, and how often the herd had changed when that was counted.
    most: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Flood {
    client: Box<[u8]>,
    origin: Box<[u8]>,
    stamp: i64,
    /// Tells it from what an earlier life of the origin took up of the same client and stamp.
    skew: Box<[u8]>,
    sent: u64,
    /// Messages that links which came up since may have added.
    more: u64,
    /// Whether nothing else was new or broken meanwhile, so that the number is exact.
    exact: bool,
    reached: u64,
    /// Whether it goes over a grown tree.
    grown: bool,
    /// Whether somebody was given what was missing meanwhile, and so perhaps this.
    repaired: bool,
}

impl Flood {
    /// It does not hold for this one.
    fn fault(&self, world: &World, what: String) -> Fault {
        let origin = std::str::from_utf8(&self.origin).ok();
        let origin = origin.and_then(|origin| world.topology().server(origin));
        Fault::new(origin.into_iter().collect(), what).about(&self.client)
    }

    fn is(&self, at: &At<'_>) -> bool {
        let same = self.stamp == at.stamp.0 && *self.skew == *at.skew;
        same && *self.origin == *at.server && *self.client == *at.client
    }
}

impl Check for FloodCost {
    const NAME: &'static str = "flood_cost";
    const SENTENCE: &'static str = "A flood costs exactly 2E − N + 1 messages when nothing breaks, and never more; over a grown \
         tree, N − 1.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What a flood has cost so far stands in no server.
        false
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { .. } if world.options().repeats() => Ok(Finding::Nothing),
            Happening::Kept { line, from_client, server, .. } => {
                let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
                match self.floods.iter_mut().find(|flood| flood.is(&at)) {
                    Some(flood) => flood.reached += 1,
                    None if from_client && !at.is_data() => self.begin(server, &at, world),
                    None => {}
                }
                Ok(Finding::Nothing)
            }
            Happening::Sent { kind: MessageKind::Repair, .. } => {
                for flood in &mut self.floods {
                    flood.repaired = true;
                }
                Ok(Finding::Nothing)
            }
            Happening::Sent { kind, at: Some(at), .. } => self.sent(kind, &at, world),
            Happening::LinkUp { .. } => {
                for flood in &mut self.floods {
                    flood.more += 1;
                    flood.exact = false;
                }
                Ok(Finding::Nothing)
            }
            Happening::Fault => {
                self.broken = true;
                for flood in &mut self.floods {
                    flood.exact = false;
                }
                Ok(Finding::Nothing)
            }
            Happening::Mended
            | Happening::Restarted { .. }
            | Happening::RestartedLossy { .. }
            | Happening::MemoryFailed { .. } => {
                self.broken = false;
                Ok(Finding::Nothing)
            }
            // The tree that all share may be built anew while an update waits to leave with others.
            Happening::Adopted { server, .. }
                if world.node(server).is_some_and(|node| node.shared_tree().is_some()) =>
            {
                for flood in &mut self.floods {
                    flood.grown = false;
                }
                Ok(Finding::Nothing)
            }
            Happening::Rest => self.rest(world),
            Happening::Unasked { .. }
            | Happening::Jilted { .. }
            | Happening::Answers { .. }
            | Happening::Adopted { .. }
            | Happening::Heard { .. }
            | Happening::Orphaned { .. }
            | Happening::Poisoned { .. }
            | Happening::Pruned { .. }
            | Happening::Changed
            | Happening::Forgot { .. }
            | Happening::Delivered { .. }
            | Happening::Loosened { .. }
            | Happening::Opened { .. }
            | Happening::Posted { .. }
            | Happening::Said { .. }
            | Happening::Damaged { .. }
            | Happening::Step { .. }
            | Happening::Sent { .. } => Ok(Finding::Nothing),
        }
    }
}

impl FloodCost {
    fn begin(&mut self, server: ServerId, at: &At<'_>, world: &World) {
        let feeds = world.options().grows();
        // A newer version overtakes an older one and ends its flood early.
        let mut alone = true;
        for flood in self.floods.iter_mut().filter(|flood| *flood.client == *at.client) {
            flood.exact = false;
            alone = false;
        }
        if self.floods.len() == WATCHED {
            self.floods.pop_front();
        }
        self.floods.push_back(Flood {
            client: at.client.into(),
            origin: at.server.into(),
            stamp: at.stamp.0,
            skew: at.skew.into(),
            sent: 0,
            more: 0,
            exact: alone && !self.broken && world.all_linked(),
            reached: 1,
            grown: feeds && world.has_grown(server),
            repaired: false,
        });
    }

    fn sent(&mut self, kind: MessageKind, at: &At<'_>, world: &World) -> Result<Finding, Fault> {
        if !kind.is_update() {
            return Ok(Finding::Nothing);
        }
        let now = self.most(world);
        let Some(flood) = self.floods.iter_mut().find(|flood| flood.is(at)) else {
            return Ok(Finding::Nothing);
        };
        flood.sent += 1;
        let most = now + flood.more;
        if flood.sent > most {
            let what = format!(
                "the flood of {} at {} took more than {most} messages",
                shown(&flood.client),
                shown(&flood.origin)
            );
            return Err(flood.fault(world, what));
        }
        Ok(Finding::Nothing)
    }

    /// Messages a flood takes at most. Who has not read yet that a neighbour has left still tells it.
    fn most(&mut self, world: &World) -> u64 {
        match self.most {
            Some((changes, most)) if changes == world.changes() => most,
            Some(_) | None => {
                let most = cost(world, true);
                self.most = Some((world.changes(), most));
                most
            }
        }
    }

    fn rest(&mut self, world: &World) -> Result<Finding, Fault> {
        let servers = world.members();
        let one_way = world.topology().edges().iter().any(|edge| edge.one_way);
        let mut found = Finding::Nothing;
        for flood in self.floods.drain(..) {
            if flood.reached < servers || !flood.exact || one_way {
                continue;
            }
            found = Finding::Holds;
            let most = cost(world, false);
            let (least, cost) = match world.options().grows() {
                false => (most, most),
                true if flood.grown => (servers - 1, servers - 1),
                true => (servers - 1, most),
            };
            // Whoever hears of it by a digest and pulls it before the flood comes passes nothing on.
            if (flood.sent < least && !flood.repaired) || flood.sent > cost {
                let what = format!(
                    "the flood of {} at {} reached all, in {} messages instead of {cost}",
                    shown(&flood.client),
                    shown(&flood.origin),
                    flood.sent
                );
                return Err(flood.fault(world, what));
            }
        }
        Ok(found)
    }
}

/// Messages a flood takes that reaches all: every way once, but nobody tells it to whom it has it from. (A
/// one-way link may be what it came by: then there is nobody to leave out. And what a prototype
/// tells is taken up by each server it tells.)
///
/// Who has no neighbour tells nobody, and nobody is left out for it.
fn cost(world: &World, ever: bool) -> u64 {
    let edges: Vec<_> = world.edges(ever).collect();
    let linked: BTreeSet<_> = edges.iter().flat_map(|edge| [edge.a, edge.b]).collect();
    let ways: u64 = edges.iter().map(|edge| if edge.one_way { 1 } else { 2 }).sum();
    let one_way: BTreeSet<_> =
        edges.iter().filter(|edge| edge.one_way).map(|edge| edge.b).collect();
    let topology = world.topology();
    let is_classic =
        |end: ServerId| world.options().classic.iter().any(|name| **name == *topology.name(end));
    let told = edges.iter().filter(|edge| is_classic(edge.a) || is_classic(edge.b));
    let gateways = told.count().max(1) as u64;
    gateways * (ways + 1 + one_way.len() as u64).saturating_sub(linked.len().max(1) as u64)
}
