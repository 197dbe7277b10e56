//! What the herd is like, and what its clients do.

use herd_core::limits::CLIENTS_MAX;
use herd_core::time::{MILLISECOND, SECOND};
use herd_core::{Preset, Spread};

use super::luck::Luck;
use super::{Kind, Plan, Setup};
use crate::clock;
use crate::command::Command;
use crate::fault::{Habits, Share};
use crate::latency::Latency;
use crate::options::{Bug, Options, Trees};
use crate::text::show_seconds;
use crate::topology::field::HERDS;
use crate::topology::{ServerId, Topology};

/// The preset of a seed: all but those that promise nothing, and most often one that repairs.
pub(super) fn preset(seed: u64, setup: &Setup) -> Preset {
    let mut luck = Luck::new(seed, 3);
    let agreeing: Vec<Preset> = Preset::ALL.into_iter().filter(|preset| preset.repairs()).collect();
    let drawn = match luck.below(10) {
        0 if setup.kinds.is_none() => luck.pick(&[Preset::FloodAck, Preset::Plumtree]),
        _ => luck.pick(&agreeing),
    };
    setup.preset.unwrap_or(drawn)
}

/// Servers with presets of their own, now and then: all repair, so all come to agree.
fn mixed(seed: u64, herd: Preset, topology: &str) -> Vec<(Box<str>, Preset)> {
    let mut luck = Luck::new(seed, 4);
    if !herd.repairs() || luck.below(6) > 0 {
        return Vec::new();
    }
    let Ok(topology) = Topology::named(topology, seed) else { return Vec::new() };
    let others: Vec<Preset> =
        Preset::ALL.into_iter().filter(|other| other.repairs() && *other != herd).collect();
    let mut mixed = Vec::new();
    for name in topology.names() {
        if luck.below(3) == 0 {
            mixed.push((name.clone(), luck.pick(&others)));
        }
    }
    mixed
}

pub(super) fn options(seed: u64, setup: &Setup, preset: Preset, kinds: &[Kind]) -> Options {
    let mut luck = Luck::new(seed, 1);
    let topology = setup.topology.clone().unwrap_or_else(|| topology(&mut luck).into());
    let floor = luck.between(0, 30) * MILLISECOND;
    let mean = luck.between(30, 100) * MILLISECOND;
    let latency = match luck.below(10) {
        0..=2 => Latency::Constant(mean),
        3 | 4 => Latency::Uniform { low: floor, high: floor + 2 * mean },
        5..=8 => Latency::Exponential { floor, mean },
        _ => {
            let share = Share::new(u16::try_from(100 * luck.between(1, 30)).unwrap_or(0));
            Latency::Bimodal { usual: mean, rare: mean * luck.between(2, 10), share }
        }
    };
    let is_on = |kind| kinds.contains(&kind);
    let skew = if is_on(Kind::Clocks) { luck.between(0, 5_000) * MILLISECOND } else { 0 };
    let jitter = if is_on(Kind::Latency) { luck.between(0, 3) * mean / 3 } else { 0 };
    // A store of a few clients must pass, and the names of all servers; a burst must not.
    let servers = Topology::named(&topology, seed).map_or(0, |herd| herd.names().len() as u64);
    let names = NAMED * servers.saturating_sub(SMALL);
    let window = if is_on(Kind::Bursts) { luck.between(1_500, 4_000) + names } else { 16 << 20 };
    // Clients that go on by themselves never leave a herd alone: in a few runs they may.
    let clients = if is_on(Kind::Stamps) && luck.below(8) == 0 { luck.between(1, 4) } else { 0 };
    // A large herd would not rest for as many events as thousands of small ones take.
    let clients = if servers > SMALL { 0 } else { clients };
    let mut room = Luck::new(seed, 3);
    let few = is_on(Kind::Room) && room.below(2) == 0;
    let brief = is_on(Kind::Room) && (!few || room.below(2) == 0);
    let clients = u32::try_from(clients).unwrap_or(0);
    let pace = if clients > 0 { luck.between(200, 2_000) * MILLISECOND } else { 2 * SECOND };
    let planned = preset.feeds().is_some() && luck.below(3) == 0;
    let drawn = if planned { Trees::Planned } else { Trees::Learned };
    let mixed = if setup.preset.is_some() { Vec::new() } else { mixed(seed, preset, &topology) };
    let mut careful = Luck::new(seed, 5);
    let ack_after = if careful.below(8) == 0 { careful.between(1, 2) } else { 0 };
    Options {
        seed,
        topology,
        preset,
        trees: setup.trees.unwrap_or(drawn),
        mixed,
        latency,
        jitter,
        skew,
        room: if few { usize::try_from(room.between(1, 6)).unwrap_or(1) } else { CLIENTS_MAX },
        retention: brief.then(|| room.between(2, 20) * SECOND),
        ack_after: usize::try_from(ack_after).unwrap_or(0),
        window,
        clients,
        pace,
        bug: setup.bug.unwrap_or(Bug::None),
        ..Options::default()
    }
}

/// The servers of a herd that is small: whatever it is told, all of them can be named in one message.
const SMALL: u64 = 40;
/// About how many bytes a server takes that is named there, with what is had of its lives.
const NAMED: u64 = 32;

fn topology(luck: &mut Luck) -> String {
    if luck.below(200) == 0 {
        return luck.pick(&["random:200:4", "tree:200:3", "ring:200", "star:200"]).to_owned();
    }
    // Small herds are quick, and most that can go wrong goes wrong in them.
    let n = if luck.below(4) == 0 { luck.between(3, 40) } else { luck.between(3, 9) };
    match luck.below(12) {
        0..=2 => luck.pick(HERDS).0.to_owned(),
        3 => format!("line:{}", luck.between(1, n)),
        4 | 5 => format!("ring:{n}"),
        6 => format!("star:{n}"),
        7 => format!("grid:{}x{}", luck.between(2, 5), luck.between(2, 5)),
        8 => format!("tree:{n}:{}", luck.between(1, 4)),
        9 => format!("complete:{}", n.min(12)),
        10 => format!("small-world:{}:4:{}", n + 5, luck.between(0, 60)),
        _ => format!("random:{}:{}", (n + 4) / 2 * 2, luck.between(3, 4)),
    }
}

/// By when links are up.
const LINKED: u64 = 3 * SECOND;

/// Who the clients are.
const CLIENTS: u64 = 5;

/// The updates and questions of the chaos.
pub(super) fn clients(plan: &mut Plan, kinds: &[Kind]) {
    let mut luck = Luck::new(plan.seed, 2);
    let skewed = kinds.contains(&Kind::Stamps);
    // Some clients count from a small number: their stamps get longer on the way.
    let era = if skewed && luck.below(2) == 0 { luck.between(1, 4) } else { 0 };
    let clients = luck.between(1, CLIENTS);
    let home = luck.below(plan.servers());
    let roams = luck.below(3) > 0;
    if plan.options().clients > 0 {
        let habits = Habits {
            skew: luck.between(0, 5_000) * MILLISECOND,
            repeat: luck.share(30, 100),
            burst: luck.share(10, 100),
            future: luck.share(5, 100),
        };
        plan.at(0, Command::Clients(habits));
    }
    for _ in 0..luck.between(2, 30) {
        let at = telling(plan, &mut luck);
        let client = luck.below(clients);
        let server = if roams { luck.below(plan.servers()) } else { home };
        let server = ServerId(u32::try_from(server).unwrap_or(0));
        let line = match luck.below(5) {
            0 => {
                let (radius, bound) = (luck.between(1, 50), luck.between(1, 20));
                format!("WHATSAT c{client} {radius} {bound}")
            }
            _ if skewed => skewed_update(&mut luck, client, at, era),
            _ => update(&mut luck, client, at, 0),
        };
        plan.at(at, Command::say(server, &line));
        if skewed && luck.below(6) == 0 {
            // The same once more, to somebody else.
            let other = ServerId(u32::try_from(luck.below(plan.servers())).unwrap_or(0));
            plan.at(at + luck.below(SECOND), Command::say(other, &line));
        }
    }
}

/// When something is told: before links are up it is told to nobody, where nothing is repaired.
pub(super) fn telling(plan: &Plan, luck: &mut Luck) -> u64 {
    let policy = plan.options().preset.policy();
    let keeps = policy.repairs || policy.spread == Spread::Acked;
    luck.below(plan.length).max(if keeps { 0 } else { LINKED.min(plan.length) })
}

/// An update with a stamp that is right, but for `off`.
pub(super) fn update(luck: &mut Luck, client: u64, at: u64, off: i64) -> String {
    let stamp = clock::wall(at).plus(off).0.cast_unsigned() / MILLISECOND * MILLISECOND;
    place(luck, client, &show_seconds(stamp))
}

fn skewed_update(luck: &mut Luck, client: u64, at: u64, era: u64) -> String {
    if era > 0 {
        // About one a second, so that several are equal and some come late.
        let base = [0, 3, 95, 996, 9_990][usize::try_from(era).unwrap_or(0)];
        let stamp = base + at / SECOND + luck.below(3);
        return place(luck, client, &stamp.to_string());
    }
    let off = (luck.below(5_000) * MILLISECOND).cast_signed();
    match luck.below(6) {
        0 => update(luck, client, at, -off),
        1 => update(luck, client, at, off),
        // A second for all: equal stamps.
        2 => place(luck, client, &(clock::wall(0).0.cast_unsigned() / SECOND).to_string()),
        // Days ahead: refused.
        3 => update(luck, client, at, (72 * 3600 * SECOND).cast_signed()),
        _ => update(luck, client, at, 0),
    }
}

fn place(luck: &mut Luck, client: u64, stamp: &str) -> String {
    format!("IAMAT c{client} +{}-{} {stamp}", luck.below(90), luck.below(180))
}
