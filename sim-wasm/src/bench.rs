//! How fast and how large a simulated herd is: the same measurements natively and in a browser.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example speed
//! ```
//!
//! The load is floods: ten clients move about and tell a server, drawn by a stride, where they are,
//! one of them every 5 ms; every server has four neighbours, 5 ms away, and the checks are off.

use std::fmt;

use herd_core::time::{MILLISECOND, SECOND};

use crate::command::Command;
use crate::history::History;
use crate::options::Options;
use crate::script::Script;
use crate::topology::ServerId;
use crate::world::World;

/// Clients that move.
const CLIENTS: u32 = 10;
/// The first update; by then every neighbour is live.
const BEGINS: u64 = SECOND;
/// Servers and updates of the runs before, which are repeated until they are no faster so many times
/// in a row: a browser compiles what it runs while it runs, better and better.
const WARM_UP: (u32, u32, u32) = (5, 2_000, 10);
/// How long after the last update every flood is over.
const ENDS: u64 = SECOND;
/// Between two updates: a flood is over before its client says more.
const EVERY: u64 = 5 * MILLISECOND;
/// Events of the run that is sought in.
const SOUGHT: u64 = 200_000;
/// Seeks, and clones, to take the mean of.
const TIMES: u32 = 16;

/// What the machine says of itself: it differs natively and in a browser.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// A clock that goes on, ms.
    pub now_ms: fn() -> f64,
    /// Bytes of memory in use.
    pub bytes: fn() -> usize,
}

/// Sizes of herds to measure, and how many updates they are told.
pub const SIZES: [(u32, u32); 3] = [(5, 20_000), (1_000, 200), (10_000, 20)];

/// The speed and the size of one herd.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Servers in the herd.
    pub servers: u32,
    /// Events of the floods.
    pub events: u64,
    /// What they took, ms.
    pub took_ms: f64,
    /// Memory that one more server takes, when all is told, bytes. The script is not counted: it is
    /// as long as somebody makes it.
    pub bytes_per_server: usize,
    /// What a copy of the herd takes, ms.
    pub clone_ms: f64,
    /// The digest of the run, the same everywhere.
    pub digest: u64,
}

/// What going back in a long run takes.
#[derive(Clone, Copy, Debug)]
pub struct Seek {
    /// Events of the run.
    pub events: u64,
    /// To its end from its beginning, ms.
    pub play_ms: f64,
    /// From somewhere in it to somewhere before that, on average, ms.
    pub mean_ms: f64,
    /// The slowest of those, ms.
    pub worst_ms: f64,
    /// Events that were done again for the slowest.
    pub worst_events: u64,
}

/// Measures a herd of so many servers that is told so many updates.
///
/// # Errors
/// If there is no such herd.
pub fn speed(meter: &Meter, servers: u32, updates: u32) -> Result<Speed, String> {
    warm_up(meter)?;
    let script = floods(servers, updates)?;
    let before = (meter.bytes)();
    let mut world = herd(script);
    let (done, began) = (world.events(), (meter.now_ms)());
    play(&mut world);
    let took_ms = (meter.now_ms)() - began;
    let used = (meter.bytes)().saturating_sub(before);
    let began = (meter.now_ms)();
    let mut events = 0;
    for _ in 0..TIMES {
        events += std::hint::black_box(world.clone()).events();
    }
    let clone_ms = ((meter.now_ms)() - began) / f64::from(TIMES);
    debug_assert_eq!(events, world.events() * u64::from(TIMES), "a clone is the same");
    Ok(Speed {
        servers,
        events: world.events() - done,
        took_ms,
        bytes_per_server: used / servers as usize,
        clone_ms,
        digest: world.digest(),
    })
}

/// Measures going back in a run of 200,000 events of 25 servers, checks on.
///
/// # Errors
/// If there is no such herd.
pub fn seek(meter: &Meter) -> Result<Seek, String> {
    let servers = 25;
    let mut run = History::new(floods(servers, 3_000)?);
    let began = (meter.now_ms)();
    while run.world().events() < SOUGHT && run.step() {}
    let play_ms = (meter.now_ms)() - began;
    let end = run.now();
    let mut seek = Seek {
        events: run.world().events(),
        play_ms,
        mean_ms: 0.0,
        worst_ms: 0.0,
        worst_events: 0,
    };
    for n in 1..=u64::from(TIMES) {
        run.seek(end);
        let (done, began) = (run.executed(), (meter.now_ms)());
        // Spread over the run, in no order.
        run.seek(end / u64::from(TIMES + 1) * (n * 7 % u64::from(TIMES + 1)));
        let took_ms = (meter.now_ms)() - began;
        seek.mean_ms += took_ms / f64::from(TIMES);
        if took_ms > seek.worst_ms {
            seek.worst_ms = took_ms;
            seek.worst_events = run.executed() - done;
        }
    }
    Ok(seek)
}

/// Plays until it is as fast as it gets.
fn warm_up(meter: &Meter) -> Result<(), String> {
    let (servers, updates, rounds) = WARM_UP;
    let script = floods(servers, updates)?;
    let (mut best, mut since) = (f64::INFINITY, 0);
    while since < rounds {
        let mut world = herd(script.clone());
        let began = (meter.now_ms)();
        play(&mut world);
        let took = (meter.now_ms)() - began;
        // A little faster is chance.
        since = if took < 0.98 * best { 0 } else { since + 1 };
        best = best.min(took);
    }
    Ok(())
}

/// A herd whose neighbours are all live, checks off.
fn herd(script: Script) -> World {
    let mut world = World::new(script);
    world.without_checks();
    world.run_until(BEGINS - 1);
    world
}

/// Lets every flood happen.
fn play(world: &mut World) {
    let last = world.script().entries().last().map_or(BEGINS, |entry| entry.at);
    world.run_until(last + ENDS);
}

/// A herd, random and with four neighbours each, and all that it is told.
fn floods(servers: u32, updates: u32) -> Result<Script, String> {
    let options = format!("herd 1 preset=flood_sync latency=5ms topology=random:{servers}:4");
    let mut script = Script::new(Options::parse(&options).map_err(|why| why.expected)?)?;
    for n in 0..updates {
        // Any server, by a stride that is no divisor of their number.
        let server = ServerId(n.wrapping_mul(7_919) % servers);
        let line = format!("IAMAT c{} +34.068930-118.445127 {}", n % CLIENTS, 1_000 + n);
        script.add(BEGINS + u64::from(n) * EVERY, Command::say(server, &line))?;
    }
    Ok(script)
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = self.events as f64 / self.took_ms.max(0.001) / 1_000.0;
        write!(
            f,
            "{:>6} servers: {millions:5.2} M events/s ({} events), {:>6} bytes a server, \
             clone {:.3} ms, digest {:016x}",
            self.servers, self.events, self.bytes_per_server, self.clone_ms, self.digest
        )
    }
}

impl fmt::Display for Seek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seeks in {} events (played in {:.0} ms): {:.1} ms on average, {:.1} ms the slowest \
             ({} events again)",
            self.events, self.play_ms, self.mean_ms, self.worst_ms, self.worst_events
        )
    }
}
