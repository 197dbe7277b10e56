//! What goes wrong between servers.

use herd_core::time::{MILLISECOND, SECOND};

use super::faults::server;
use super::{Luck, Plan};
use crate::command::{Command, Path};
use crate::fault::{Lossy, Sides};
use crate::latency::Latency;
use crate::topology::ServerId;

/// Bytes of a message between servers, about.
const MESSAGE: u64 = 90;

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

/// Room for two to twenty messages, or a few bytes a second, or both.
pub(super) fn capacities(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(4) {
        let at = luck.below(plan.length);
        let one_way = luck.below(2) == 0;
        let Some(path) = path(plan, luck, one_way) else { return };
        if luck.below(3) > 0 {
            plan.at(at, Command::Capacity { path, bytes: luck.between(2, 20) * MESSAGE });
        } else {
            let rate = luck.between(2_000, 20_000);
            plan.at(at, Command::Bandwidth { path, rate });
        }
    }
}

pub(super) fn cuts(plan: &mut Plan, luck: &mut Luck) {
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

/// All links, or some, from the beginning or later.
pub(super) fn datagrams(plan: &mut Plan, luck: &mut Luck) {
    let all = luck.below(2) == 0;
    for _ in 0..if all { luck.between(1, 2) } else { luck.few(4) } {
        let at = luck.below(2) * luck.below(plan.length);
        let lossy = Lossy {
            loss: luck.share(30, 100),
            duplicate: luck.share(50, 100),
            corrupt: luck.share(10, 10),
            reorder: luck.between(0, 3) * plan.options().latency.mean() / MILLISECOND * MILLISECOND,
        };
        let one_way = luck.below(4) == 0;
        let path = match all {
            true => None,
            false => match path(plan, luck, one_way) {
                None => return,
                path => path,
            },
        };
        plan.at(at, Command::Datagram { path, lossy });
    }
}

/// Messages wait, and leave in order: for so long, or until they are let go.
pub(super) fn holds(plan: &mut Plan, luck: &mut Luck) {
    let mean = luck.between(0, 5_000) * MILLISECOND;
    for _ in 0..luck.few(5) {
        let at = luck.below(plan.length);
        let one_way = luck.below(2) == 0;
        let Some(path) = path(plan, luck, one_way) else { return };
        let lasts = luck.exponential(mean) / MILLISECOND * MILLISECOND;
        if luck.below(2) == 0 {
            plan.at(at, Command::Clog { path, lasts });
        } else {
            plan.at(at, Command::Hold(path));
            let all = luck.below(6) == 0;
            plan.at(at + lasts, Command::Release((!all).then_some(path)));
        }
    }
}

pub(super) fn latencies(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(5) {
        let at = luck.below(plan.length);
        let one_way = luck.below(2) == 0;
        let Some(path) = path(plan, luck, one_way) else { return };
        let ns = luck.between(0, 400) * MILLISECOND;
        plan.at(at, Command::Latency { path, latency: Latency::Constant(ns) });
    }
}

/// How often it is asked whether the herd falls apart.
const TICK: u64 = 100 * MILLISECOND;
/// Partitions a run has at most.
const PARTITIONS_MAX: u64 = 5;

/// The herd falls apart now and then, for a while, and is whole for a while after that.
pub(super) fn partitions(plan: &mut Plan, luck: &mut Luck) {
    let chance = luck.between(1, 300);
    let shortest = luck.between(1, 20) * TICK;
    let healthy = luck.between(1, 20) * TICK;
    // Once at least: the kind is on.
    let mut at = luck.below(plan.length) / TICK * TICK;
    for _ in 0..PARTITIONS_MAX {
        let sides = sides(plan, luck);
        let one_way = luck.below(4) == 0;
        let lasts = shortest + luck.exponential(SECOND) / TICK * TICK;
        plan.at(at, Command::Partition { sides, one_way });
        plan.at(at + lasts, Command::Heal(None));
        at += lasts + healthy;
        while at < plan.length && luck.below(10_000) >= chance {
            at += TICK;
        }
        if at >= plan.length {
            return;
        }
    }
}

fn sides(plan: &Plan, luck: &mut Luck) -> Sides {
    let count = plan.servers();
    match luck.below(6) {
        0 => Sides::Size(u32::try_from(luck.between(1, count)).unwrap_or(1)),
        1 => Sides::Coin,
        2 => Sides::Isolate(server(plan, luck)),
        3 => Sides::Bridge(server(plan, luck)),
        4 => Sides::Ring,
        _ => {
            // The first is always in it: no set is empty.
            let servers = plan.script.topology().servers().take(40);
            let set = servers.filter(|server| server.0 == 0 || luck.below(2) == 0);
            Sides::Set(set.collect::<Vec<ServerId>>().into())
        }
    }
}

pub(super) fn slow_pairs(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.between(1, 2) {
        let Some(path) = path(plan, luck, true) else { return };
        let extra = luck.between(100, 800) * MILLISECOND;
        plan.at(0, Command::Lag { path, extra });
    }
}

/// Links stop one by one and come back in another order.
pub(super) fn swizzle(plan: &mut Plan, luck: &mut Luck) {
    let at = luck.below(plan.length / 2);
    let links = u32::try_from(luck.between(2, 5)).unwrap_or(2);
    plan.at(at, Command::Swizzle { links, spacing: luck.between(10, 500) * MILLISECOND });
}

/// Up to four links are laid or taken away; mostly they are not for long.
pub(super) fn laid(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.few(4) {
        let at = luck.below(plan.length);
        let after = at + luck.between(1, 3_000) * MILLISECOND;
        if luck.below(2) == 0 {
            let Some(ends) = path(plan, luck, false) else { continue };
            plan.at(at, Command::Unlink(ends));
            if luck.below(4) > 0 {
                plan.at(after, Command::Link { ends, latency: None });
            }
            continue;
        }
        let ends = Path { from: server(plan, luck), to: server(plan, luck), one_way: false };
        if ends.from == ends.to {
            continue;
        }
        let slow = Latency::Constant(luck.between(1, 400) * MILLISECOND);
        let latency = (luck.below(2) == 0).then_some(slow);
        plan.at(at, Command::Link { ends, latency });
        if luck.below(2) == 0 {
            plan.at(after, Command::Unlink(ends));
        }
    }
}
