//! Clients that move about and ask by themselves, by keyed draws: what one does hangs on nothing but
//! the seed, its name and how often it has done something.

use herd_core::time::SECOND;

use crate::clock;
use crate::rng::{Purpose, below, draw};
use crate::text::show_seconds;
use crate::topology::ServerId;
use crate::world::{Event, World};

const NAMES: [&str; 12] = [
    "kiwi", "plum", "fig", "lime", "pear", "mango", "peach", "quince", "papaya", "cherry", "grape",
    "melon",
];

/// Where they live: around here, nano-degrees.
const HOME: (i64, i64) = (34_068_930_000, -118_445_127_000);
/// How far around, nano-degrees.
const AROUND: u64 = 200_000_000;
/// How far a client goes at once, nano-degrees.
const STEP: u64 = 10_000_000;

/// What a draw is for.
#[derive(Clone, Copy)]
enum What {
    Wait,
    Asks,
    Moves,
    Server,
    North,
    East,
    Radius,
    Bound,
    About,
    Skew,
    Repeats,
    Elsewhere,
    Bursts,
    Future,
}

/// Updates of a burst.
const BURST: u64 = 10;
/// Further ahead than any server takes, ns.
const FAR: u64 = 3 * 24 * 3600 * SECOND;

/// Puts the first thing of every client into the queue.
pub(crate) fn begin(world: &mut World) {
    for client in 0..world.options().clients {
        schedule(world, client, 0);
    }
}

/// The client does its n-th thing.
pub(crate) fn act(world: &mut World, client: u32, n: u64) {
    let seed = world.options().seed;
    let luck = |what: What, n: u64, bound: u64| {
        below(draw(seed, Purpose::Workload, u64::from(client), what as u64, n), bound)
    };
    // It stays with a server for a few things, then roams.
    let stay = (0..n).rev().take_while(|n| luck(What::Moves, *n, 4) > 0).count() as u64;
    // Whoever joins changes nothing of what they do.
    let servers = world.topology().founders() as u64;
    let server = u32::try_from(luck(What::Server, n - stay, servers)).unwrap_or(0);
    let name = name(client);
    let line = if n > 0 && luck(What::Asks, n, 4) == 0 {
        let clients = u64::from(world.options().clients);
        let about = u32::try_from(luck(What::About, n, clients)).unwrap_or(0);
        let (radius, bound) = (1 + luck(What::Radius, n, 20), 1 + luck(What::Bound, n, 20));
        format!("WHATSAT {} {radius} {bound}", self::name(about))
    } else {
        let home = |what, middle| {
            let start =
                middle + luck(what, u64::MAX, 2 * AROUND + 1).cast_signed() - AROUND.cast_signed();
            // The path is the sum of its last steps: far enough to see, bounded to draw.
            let steps = (n.saturating_sub(50)..n)
                .map(|n| luck(what, n, 2 * STEP + 1).cast_signed() - STEP.cast_signed());
            start + steps.sum::<i64>()
        };
        let (lat, lon) = (home(What::North, HOME.0), home(What::East, HOME.1));
        format!("IAMAT {name} {}{} ", degrees(lat), degrees(lon))
    };
    let habits = world.habits();
    let draw = |what: What| draw(seed, Purpose::Workload, u64::from(client), what as u64, n);
    let mut says = 1;
    if line.ends_with(' ') && habits.burst.takes(draw(What::Bursts)) {
        says = BURST;
    }
    for more in 0..says {
        let mut line = line.clone();
        if line.ends_with(' ') {
            // Its clock is off by the same at all times.
            let off = luck(What::Skew, u64::MAX, 2 * habits.skew.min(FAR) + 1);
            let ahead = if habits.future.takes(draw(What::Future)) { FAR } else { 0 };
            let right = clock::wall(world.now()).0.cast_unsigned() + ahead + more;
            line.push_str(&show_seconds((right + off).saturating_sub(habits.skew.min(FAR))));
        }
        world.say(ServerId(server), &name, line.as_bytes());
        if habits.repeat.takes(draw(What::Repeats)) {
            let other = u32::try_from(luck(What::Elsewhere, n, servers)).unwrap_or(0);
            world.say(ServerId(other), &name, line.as_bytes());
        }
    }
    schedule(world, client, n + 1);
}

fn schedule(world: &mut World, client: u32, n: u64) {
    let pace = world.options().pace;
    let draw =
        draw(world.options().seed, Purpose::Workload, u64::from(client), What::Wait as u64, n);
    // Even around the pace: from a half to one and a half of it.
    let wait = pace / 2 + below(draw, pace);
    let at = world.now().saturating_add(wait);
    world.schedule(at, Event::Client { client, n });
}

fn name(client: u32) -> String {
    let count = u32::try_from(NAMES.len()).unwrap_or(1);
    let name = NAMES[(client % count) as usize];
    if client < count { name.to_owned() } else { format!("{name}{}", client / count + 1) }
}

/// Nano-degrees as signed decimal degrees with six decimals.
fn degrees(nano: i64) -> String {
    let sign = if nano < 0 { '-' } else { '+' };
    let micro = nano.unsigned_abs() / 1_000;
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}
