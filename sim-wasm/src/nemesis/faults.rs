//! What goes wrong, one kind after the other: here with servers, clocks, clients and Places; with the
//! links between them in `links`.

use herd_core::time::{MILLISECOND, SECOND};

use super::{Kind, Luck, Plan, herd, links};
use crate::command::Command;
use crate::fault::DiskLoss;
use crate::latency::Latency;
use crate::options::PlacesMode;
use crate::topology::ServerId;

/// Adds the faults of one kind.
pub(super) fn add(plan: &mut Plan, kind: Kind) {
    let luck = &mut Luck::new(plan.seed, 100 + kind as u64);
    match kind {
        Kind::Bursts => bursts(plan, luck),
        Kind::Capacity => links::capacities(plan, luck),
        Kind::Clocks => clocks(plan, luck),
        Kind::Crashes => crashes(plan, luck),
        Kind::Cuts => links::cuts(plan, luck),
        Kind::Datagrams => links::datagrams(plan, luck),
        Kind::Holds => links::holds(plan, luck),
        Kind::Joins => joins(plan, luck),
        Kind::Latency => links::latencies(plan, luck),
        Kind::Links => links::laid(plan, luck),
        Kind::Partitions => links::partitions(plan, luck),
        Kind::Pauses => pauses(plan, luck),
        Kind::Places => places(plan, luck),
        Kind::SlowPairs => links::slow_pairs(plan, luck),
        Kind::SlowServers => slow_servers(plan, luck),
        Kind::Stamps => {} // what the clients say: see `herd::clients`
        Kind::Swizzle => links::swizzle(plan, luck),
        Kind::Room => {} // an option of the run: see `herd::options`
        Kind::Years => years(plan, luck),
    }
}

/// Any server.
pub(super) fn server(plan: &Plan, luck: &mut Luck) -> ServerId {
    ServerId(u32::try_from(luck.below(plan.servers())).unwrap_or(0))
}

/// Lines said at once, so that they stand in one another's way.
fn bursts(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(3) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        let at = at / MILLISECOND * MILLISECOND;
        for n in 0..luck.between(5, 40) {
            let later = (n * MILLISECOND).cast_signed();
            let line = herd::update(luck, n % 3, at, later);
            plan.at(at, Command::say(server, &line));
        }
    }
}

/// Clocks jump, drift and swing; that they are off from the beginning is an option of the run.
fn clocks(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(4) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        match luck.below(3) {
            0 => {
                let offset = luck.below(10_000).cast_signed() - 5_000;
                plan.at(at, Command::Clock { server, offset: offset * MILLISECOND.cast_signed() });
            }
            1 => {
                let ppm = luck.below(401).cast_signed() - 200;
                plan.at(at, Command::Drift { server, ppm });
            }
            _ => {
                let swing = luck.between(1, 2_000) * MILLISECOND;
                let period = luck.between(1, 20) * SECOND;
                plan.at(at, Command::Wobble { server, swing, period });
            }
        }
    }
}

/// The wall clock of one server jumps by years, and perhaps back again; mostly it is dead meanwhile.
/// Of one server only: what clocks say is decided by the many. And not ahead where clients say what
/// lies in the future, for alone a server believes its own clock.
fn years(plan: &mut Plan, luck: &mut Luck) {
    const YEAR: i64 = 365 * 24 * 3600 * SECOND.cast_signed();
    let server = server(plan, luck);
    let mut at = luck.below(plan.length);
    for _ in 0..luck.between(1, 2) {
        let years = luck.between(1, 10).cast_signed();
        let ahead = luck.below(2) == 0 && !plan.wild_stamps;
        let offset = if ahead { years * YEAR } else { -years * YEAR };
        let dies = luck.below(4) > 0;
        if dies {
            plan.at(at, Command::Kill(server));
        }
        plan.at(at, Command::Clock { server, offset });
        at += luck.between(0, 1_000) * MILLISECOND;
        if dies {
            let store = luck.below(2) == 0;
            plan.at(at, Command::Restart { server, store });
        }
        at += luck.between(500, 3_000) * MILLISECOND;
    }
}

/// Servers die and come back: 70 of 100 with their disk, or what it had synced; 20 without it; 10
/// with an older one.
fn crashes(plan: &mut Plan, luck: &mut Luck) {
    if luck.below(2) == 0 {
        let sync = luck.between(1, 2_000) * MILLISECOND;
        for server in 0..plan.servers().min(40) {
            let server = ServerId(u32::try_from(server).unwrap_or(0));
            if luck.below(2) == 0 {
                plan.at(0, Command::Disk { server, sync });
            }
        }
    }
    for _ in 0..luck.few(5) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        plan.at(at, Command::Kill(server));
        if luck.below(5) == 0 {
            continue;
        }
        let back = at + luck.between(0, 3_000) * MILLISECOND;
        let lossy = |loss| Command::RestartLossy { server, loss };
        plan.at(
            back,
            match luck.below(100) {
                0..=29 => Command::Restart { server, store: true },
                30..=49 => lossy(DiskLoss::Unsynced),
                50..=69 => lossy(DiskLoss::Torn),
                70..=89 => Command::Restart { server, store: false },
                _ => lossy(DiskLoss::Older(luck.between(1, 5_000) * MILLISECOND)),
            },
        );
    }
}

/// Up to three servers join or leave. Who joins may have others that have joined as neighbours.
fn joins(plan: &mut Plan, luck: &mut Luck) {
    let mut times: Vec<u64> = (0..luck.few(3)).map(|_| luck.below(plan.length)).collect();
    // They are numbered in the order in which they join.
    times.sort_unstable();
    let mut servers = plan.servers();
    for (n, at) in times.into_iter().enumerate() {
        let any = |luck: &mut Luck| ServerId(u32::try_from(luck.below(servers)).unwrap_or(0));
        if luck.below(3) == 0 {
            plan.at(at, Command::Leave(any(luck)));
            continue;
        }
        let mut neighbours = Vec::new();
        for _ in 0..luck.between(1, 3) {
            let neighbour = any(luck);
            if !neighbours.contains(&neighbour) {
                neighbours.push(neighbour);
            }
        }
        let name = format!("n{n}").into();
        plan.at(at, Command::Join { name, neighbours: neighbours.into() });
        // What befalls the others may befall it.
        let new = ServerId(u32::try_from(servers).unwrap_or(0));
        servers += 1;
        match luck.below(4) {
            0 => {
                plan.at(at + luck.below(2 * SECOND), Command::Kill(new));
                let store = luck.below(2) == 0;
                plan.at(at + 2 * SECOND, Command::Restart { server: new, store });
            }
            1 => {
                let line = herd::update(luck, 1, at + SECOND, 0);
                plan.at(at + SECOND, Command::say(new, &line));
            }
            _ => {}
        }
    }
}

fn pauses(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(3) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        plan.at(at, Command::Pause(server));
        plan.at(at + luck.between(10, 4_000) * MILLISECOND, Command::Resume(server));
    }
}

fn places(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(3) {
        let at = luck.below(plan.length);
        let mode = luck.pick(&PlacesMode::ALL);
        match luck.below(3) {
            0 => plan.at(at, Command::Places(mode)),
            1 => {
                let share = luck.share(20, 500);
                plan.at(at, Command::PlacesSome(mode, share));
            }
            _ => {
                let floor = luck.between(0, 1_000) * MILLISECOND;
                let mean = luck.between(0, 3_000) * MILLISECOND;
                plan.at(at, Command::PlacesSlow(Latency::Exponential { floor, mean }));
            }
        }
    }
}

/// One takes its time over everything.
fn slow_servers(plan: &mut Plan, luck: &mut Luck) {
    let (at, server) = (luck.below(plan.length), server(plan, luck));
    let takes = luck.exponential(20 * MILLISECOND).clamp(MILLISECOND, 200 * MILLISECOND);
    plan.at(at, Command::Slow { server, takes: takes / MILLISECOND * MILLISECOND });
}
