//! What goes wrong, kind by kind, in the ranges of the fault model.

use herd_core::time::{MILLISECOND, SECOND};

use super::luck::Luck;
use super::{Kind, Plan, herd};
use crate::command::{Command, Path};
use crate::latency::Latency;
use crate::options::PlacesMode;
use crate::topology::ServerId;

/// Adds the faults of one kind.
pub(super) fn add(plan: &mut Plan, kind: Kind) {
    let luck = &mut Luck::new(plan.seed, 100 + kind as u64);
    match kind {
        Kind::Bursts => bursts(plan, luck),
        Kind::Clocks => clocks(plan, luck),
        Kind::Crashes => crashes(plan, luck),
        Kind::Cuts => cuts(plan, luck),
        Kind::Latency => latencies(plan, luck),
        Kind::Partitions => partitions(plan, luck),
        Kind::Pauses => pauses(plan, luck),
        Kind::Places => places(plan, luck),
        Kind::SlowPairs => slow_pairs(plan, luck),
        Kind::Stamps => {} // what the clients say: see `herd::clients`
        Kind::Swizzle => swizzle(plan, luck),
    }
}

fn server(plan: &Plan, luck: &mut Luck) -> ServerId {
    ServerId(u32::try_from(luck.below(plan.servers())).unwrap_or(0))
}

/// A link, if there is any, one way or both.
fn path(plan: &Plan, luck: &mut Luck, one_way: bool) -> Option<Path> {
    let edges = plan.script.topology().edges();
    if edges.is_empty() {
        return None;
    }
    let edge = luck.pick(edges);
    let turned = luck.below(2) == 0;
    let (from, to) = if turned { (edge.b, edge.a) } else { (edge.a, edge.b) };
    Some(Path { from, to, one_way })
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

fn clocks(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(4) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        let offset = luck.below(10_000).cast_signed() - 5_000;
        plan.at(at, Command::Clock { server, offset: offset * MILLISECOND.cast_signed() });
    }
}

fn crashes(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(5) {
        let (at, server) = (luck.below(plan.length), server(plan, luck));
        plan.at(at, Command::Kill(server));
        if luck.below(5) > 0 {
            let store = luck.below(100) < 70;
            let down = luck.between(0, 3_000) * MILLISECOND;
            plan.at(at + down, Command::Restart { server, store });
        }
    }
}

fn cuts(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(8) {
        let at = luck.below(plan.length);
        let one_way = luck.below(4) == 0;
        let Some(path) = path(plan, luck, one_way) else { return };
        let late = if luck.below(3) == 0 { luck.between(1, 5_000) * MILLISECOND } else { 0 };
        plan.at(at, Command::Cut { path, late });
        if luck.below(4) > 0 {
            let after = luck.between(0, 4_000) * MILLISECOND;
            plan.at(at + after, Command::Heal(Some(path)));
        }
    }
}

fn latencies(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(5) {
        let at = luck.below(plan.length);
        let one_way = luck.below(2) == 0;
        let Some(path) = path(plan, luck, one_way) else { return };
        let ns = luck.between(0, 400) * MILLISECOND;
        plan.at(at, Command::Latency { path, latency: Latency::Constant(ns) });
    }
}

/// Every link between two parts is cut, and healed after a while.
fn partitions(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(3) {
        let at = luck.below(plan.length);
        let lasts = luck.between(200, 4_000) * MILLISECOND;
        let one_way = luck.below(4) == 0;
        let count = plan.servers();
        let side: Vec<bool> = match luck.below(4) {
            // By size, by coin, one alone, all but neighbours in number (a ring of majorities).
            0 => {
                let first = luck.below(count + 1);
                (0..count).map(|n| n < first).collect()
            }
            1 => (0..count).map(|_| luck.below(2) == 0).collect(),
            2 => {
                let alone = luck.below(count);
                (0..count).map(|n| n == alone).collect()
            }
            _ => {
                let start = luck.below(count);
                (0..count).map(|n| (n + start) % count <= count / 2).collect()
            }
        };
        let between: Vec<Path> = plan
            .script
            .topology()
            .edges()
            .iter()
            .filter(|edge| side[edge.a.index()] != side[edge.b.index()])
            .map(|edge| Path { from: edge.a, to: edge.b, one_way })
            .collect();
        // In a large herd this would be most of the script.
        for path in between.into_iter().take(24) {
            plan.at(at, Command::Cut { path, late: 0 });
            plan.at(at + lasts, Command::Heal(Some(path)));
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
        plan.at(at, Command::Places(mode));
    }
}

fn slow_pairs(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.between(1, 2) {
        let Some(path) = path(plan, luck, true) else { return };
        let extra = luck.between(100, 800) * MILLISECOND;
        let floor = plan.options().latency.mean().saturating_add(extra);
        plan.at(0, Command::Latency { path, latency: Latency::Constant(floor) });
    }
}

/// Links stop one by one and come back in another order.
fn swizzle(plan: &mut Plan, luck: &mut Luck) {
    let mut at = luck.below(plan.length / 2);
    let mut stopped = Vec::new();
    for _ in 0..luck.between(2, 5) {
        let Some(path) = path(plan, luck, false) else { return };
        plan.at(at, Command::Cut { path, late: 0 });
        stopped.push(path);
        at += luck.between(10, 500) * MILLISECOND;
    }
    at += luck.between(0, 2) * SECOND;
    while !stopped.is_empty() {
        let which = usize::try_from(luck.below(stopped.len() as u64)).unwrap_or(0);
        let path = stopped.swap_remove(which);
        plan.at(at, Command::Heal(Some(path)));
        at += luck.between(10, 500) * MILLISECOND;
    }
}
