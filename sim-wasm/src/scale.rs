//! What an update costs in a large herd, how long it takes, and what a machine needs to simulate it.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example scale
//! ```
//!
//! Every server has eight neighbours, drawn, 20 ms away. Messages are exact: digests, which go on
//! for as long as anything changes, are put off until the end; [`maelstrom`](crate::maelstrom) counts
//! them. Checks are off.

use std::fmt;

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};

use crate::bench::Meter;
use crate::command::Command;
use crate::latency::Latency;
use crate::options::{Options, Trees};
use crate::script::Script;
use crate::topology::ServerId;
use crate::world::World;

/// Neighbours of each server.
const NEIGHBOURS: u32 = 8;
/// How long a message takes.
const HOP: u64 = 20 * MILLISECOND;
/// By then every link is up.
const BEGINS: u64 = SECOND;
/// Between two first updates of servers: each finds the herd at rest.
const APART: u64 = SECOND;
/// Between two of many updates: a hundred and more are on their way at once.
const EVERY: u64 = MILLISECOND;
/// Clients the updates are about.
const CLIENTS: u32 = 10;
/// Digests come later than the end of any run.
const NEVER: u64 = 10_000 * SECOND;

/// How updates are spread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// To all neighbours.
    Flood,
    /// Over a tree for each server, grown by its first update.
    Learned,
    /// Over a tree for each server, known from the map.
    Planned,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Flood, Self::Learned, Self::Planned];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Learned => "learned",
            Self::Planned => "planned",
        }
    }

    const fn policy(self) -> (Preset, Trees) {
        match self {
            Self::Flood => (Preset::Flood, Trees::Learned),
            Self::Learned => (Preset::Grove, Trees::Learned),
            Self::Planned => (Preset::Grove, Trees::Planned),
        }
    }
}

/// How large a herd, and what it is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Servers.
    pub servers: u32,
    /// How many of them are told updates, by turns.
    pub origins: u32,
    /// Updates at once.
    pub updates: u32,
}

/// The sizes that are measured.
pub const SIZES: [Size; 6] = [
    Size { servers: 1_000, origins: 1, updates: 1 },
    Size { servers: 1_000, origins: 1_000, updates: 1_000 },
    Size { servers: 10_000, origins: 1, updates: 1 },
    Size { servers: 10_000, origins: 16, updates: 1_000 },
    Size { servers: 100_000, origins: 1, updates: 1 },
    Size { servers: 100_000, origins: 16, updates: 1_000 },
];

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// How large.
    pub size: Size,
    /// How updates were spread.
    pub way: Way,
    /// Messages between servers for the first update of each origin, prunes among them.
    pub first: u64,
    /// Messages between servers for all updates after that.
    pub messages: u64,
    /// How long the last server had to wait for the slowest update, ns.
    pub latency: u64,
    /// Events of these updates.
    pub events: u64,
    /// What they took, ms.
    pub took_ms: f64,
    /// Memory per server when all is told, bytes.
    pub bytes_per_server: usize,
}

/// Measures a herd.
///
/// # Errors
/// If there is no such herd, or not everybody hears of everything.
pub fn scale(meter: &Meter, size: Size, way: Way) -> Result<Scale, String> {
    let before = (meter.bytes)();
    let Size { servers, origins, updates } = size;
    let (script, begins) = script(size, way)?;
    let mut world = World::new(script);
    world.without_checks();
    world.run_until(BEGINS - 1);
    let at_rest = world.traffic().sent;
    world.run_until(begins - 1);
    // What clients say and hear is counted with the rest.
    let said = 2 * u64::from(origins);
    let first = world.traffic().sent - at_rest - said;
    let (sent, events) = (world.traffic().sent, world.events());
    let mut took_ms = 0.0;
    let mut run_until = |world: &mut World, time| {
        let began = (meter.now_ms)();
        world.run_until(time);
        took_ms += (meter.now_ms)() - began;
    };
    let last = begins + u64::from(updates - 1) * EVERY;
    run_until(&mut world, last);
    // All takes whole hops: whoever lacks something at the end of one gets it at the end of another.
    while !everywhere(&world, size) {
        if world.now() > last + SECOND {
            return Err(format!("not all of {servers} servers heard of all"));
        }
        let next = world.now() + HOP;
        run_until(&mut world, next);
    }
    let latency = world.now() - last;
    run_until(&mut world, last + SECOND);
    Ok(Scale {
        size,
        way,
        first,
        messages: world.traffic().sent - sent - 2 * u64::from(updates),
        latency,
        events: world.events() - events,
        took_ms,
        bytes_per_server: (meter.bytes)().saturating_sub(before) / servers as usize,
    })
}

/// A herd that is told a first update by each origin, and then many; when those begin.
fn script(size: Size, way: Way) -> Result<(Script, u64), String> {
    let Size { servers, origins, updates } = size;
    let (preset, trees) = way.policy();
    let mut script = Script::new(Options {
        topology: format!("random:{servers}:{NEIGHBOURS}").into(),
        preset,
        trees,
        digest: NEVER,
        latency: Latency::Constant(HOP),
        client_latency: Latency::Constant(0),
        ..Options::default()
    })?;
    // Any server, by a stride that is no divisor of their number.
    let server = |n: u32| ServerId((n % origins).wrapping_mul(7_919) % servers);
    let line = |n: u32| format!("IAMAT c{} +34.068930-118.445127 {}", n % CLIENTS, 1_000 + n);
    for n in 0..origins {
        script.add(BEGINS + u64::from(n) * APART, Command::say(server(n), &line(n)))?;
    }
    let begins = BEGINS + u64::from(origins) * APART;
    for n in 0..updates {
        let at = begins + u64::from(n) * EVERY;
        script.add(at, Command::say(server(n), &line(origins + n)))?;
    }
    Ok((script, begins))
}

/// Whether every server has heard of every update.
fn everywhere(world: &World, size: Size) -> bool {
    let all = u64::from(size.origins) + u64::from(size.updates);
    world.topology().servers().all(|server| {
        let Some(node) = world.node(server) else { return false };
        node.origins().iter().map(|(_, origin)| origin.have().prefix()).sum::<u64>() == all
    })
}

/// What the columns are called.
pub const HEAD: &str = "servers origins updates  way      first update  later update  latency  \
    M events/s     events  bytes a server";

impl Scale {
    /// The part that is the same on every machine: messages per first and per later update, latency.
    #[must_use]
    pub fn counts(&self) -> String {
        let Self { size, way, first, messages, latency, .. } = self;
        format!(
            "{:>7} {:>7} {:>7}  {:<7} {:>13} {:>13} {:>5} ms",
            size.servers,
            size.origins,
            size.updates,
            way.name(),
            first / u64::from(size.origins),
            messages / u64::from(size.updates),
            latency / MILLISECOND,
        )
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = self.events as f64 / self.took_ms.max(0.001) / 1_000.0;
        let (counts, events) = (self.counts(), self.events);
        write!(f, "{counts}  {millions:>10.2} {events:>10}  {:>14}", self.bytes_per_server)
    }
}
