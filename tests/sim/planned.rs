//! Planned trees: every update, the first one too, takes N − 1 messages and the shortest way to every
//! server, whoever was told it; and what the plan did not foresee is learned.

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::topology::field::HERDS;
use herd_sim_wasm::{Meter, ServerId, Topology, World};

const HOP: u64 = 100 * MILLISECOND;
const SHAPES: [&str; 10] = [
    "line:2",
    "line:9",
    "ring:8",
    "star:9",
    "grid:5x5",
    "tree:13:3",
    "complete:9",
    "small-world:16:4:20",
    "random:16:4",
    "random:24:3",
];

/// How many links each server is away from one.
fn distances(topology: &Topology, from: ServerId) -> Vec<u64> {
    let ways = topology.edges().iter().flat_map(|edge| {
        [Some((edge.a, edge.b)), (!edge.one_way).then_some((edge.b, edge.a))].into_iter().flatten()
    });
    let ways: Vec<_> = ways.collect();
    let mut far = vec![u64::MAX; topology.names().len()];
    far[from.index()] = 0;
    for hops in 0..far.len() as u64 {
        for (from, to) in &ways {
            if far[from.index()] == hops && far[to.index()] > hops + 1 {
                far[to.index()] = hops + 1;
            }
        }
    }
    far
}

/// A herd with planned trees, every server of which is told something, one after the other; what
/// each of these updates cost.
fn told_everywhere(herd: &str, preset: &str) -> (Topology, Vec<Meter>) {
    let topology = Topology::named(herd, 1).expect("a known topology");
    let says = topology.servers().map(|server| {
        let at = 10 * (u64::from(server.0) + 1);
        format!("@{at} say {} IAMAT c{} +1+1 {at}\n", server.0, server.0)
    });
    let says: String = says.collect();
    let text =
        format!("herd 1 topology={herd} preset={preset} trees=planned client-latency=0s\n{says}");
    let mut world = World::new(text.parse().expect("a script"));
    let meters = (1..=topology.names().len() as u64).map(|n| {
        world.run_until(10 * n * SECOND - 1);
        assert!(world.is_at_rest(), "{herd}: at rest before {n}");
        world.measure();
        world.run_until(10 * (n + 1) * SECOND - 2);
        assert!(!world.is_red(), "{herd}, {preset}: {:?}", world.broken());
        world.meter().expect("it is counted").clone()
    });
    let meters = meters.collect();
    (topology, meters)
}

#[test]
fn every_update_takes_n_minus_1_messages_and_the_shortest_way() {
    let herds = HERDS.iter().map(|(name, ..)| *name).chain(SHAPES);
    for herd in herds {
        let (topology, meters) = told_everywhere(herd, "grove");
        for (origin, meter) in topology.servers().zip(meters) {
            let servers = topology.names().len() as u64;
            assert_eq!(meter.pushes, servers - 1, "{herd}, from {origin:?}");
            assert_eq!(meter.repairs, 0, "{herd}, from {origin:?}");
            // A word from each end of each link, and all know that all have it.
            let digests = 2 * topology.edges().len() as u64;
            assert!(meter.control <= digests, "{herd}, from {origin:?}: {}", meter.control);
            let far = distances(&topology, origin);
            let mut reached = vec![0; far.len()];
            for (server, delay) in meter.arrivals {
                reached[server.index()] = delay;
            }
            let shortest: Vec<u64> = far.iter().map(|hops| hops * HOP).collect();
            assert_eq!(reached, shortest, "{herd}, from {origin:?}");
        }
    }
}

#[test]
fn two_feeds_take_at_most_twice_as_many_and_no_longer() {
    for herd in ["places-2016", "ring:8", "grid:5x5", "complete:9", "random:16:4"] {
        let (topology, meters) = told_everywhere(herd, "grove2");
        for (origin, meter) in topology.servers().zip(meters) {
            let most = 2 * (topology.names().len() as u64 - 1);
            assert!(meter.pushes <= most, "{herd}, from {origin:?}: {}", meter.pushes);
            let far = distances(&topology, origin);
            assert!(meter.arrivals.iter().all(|(at, took)| *took == far[at.index()] * HOP));
        }
    }
}

/// A server loses its feed by the plan before anything was heard of those that it would have fed it.
#[test]
fn a_plan_that_fails_before_anything_was_said_makes_nothing_late() {
    for preset in ["grove", "grove2"] {
        for change in ["kill s6", "cut s0-s1", "cut s6-s7", "leave s12"] {
            let says: String = (0..25)
                .filter(|server| ![6, 12].contains(server))
                .map(|server| {
                    let at = 10 + server;
                    format!("@{at} say s{server} IAMAT c{server} +1+1 {at}\n")
                })
                .collect();
            let text = format!(
                "herd 1 topology=grid:5x5 preset={preset} trees=planned client-latency=0s\n@5 {change}\n{says}"
            );
            let mut world = World::new(text.parse().expect("a script"));
            world.run_until(9 * SECOND);
            world.measure();
            world.run_until(45 * SECOND);
            assert!(!world.is_red(), "{change}: {:?}", world.broken());
            let meter = world.meter().expect("it is counted");
            assert!(meter.worst() <= 10 * HOP, "{preset}, {change}: {}", meter.worst());
            assert_eq!(meter.pulls, 0, "{preset}, {change}");
        }
    }
}

/// A relay of the plan is killed, another server joins, and one leaves: nothing is late, nothing is
/// lost, and soon updates take N − 1 messages again.
#[test]
fn what_the_plan_did_not_foresee_is_learned() {
    for change in ["kill s6", "leave s6", "join new with s0,s24", "cut s0-s1"] {
        let says = [10, 21, 22, 32, 42].map(|at| format!("@{at} say s0 IAMAT c{at} +1+1 {at}\n"));
        let says = says.concat();
        let changed = says.replacen("@21", &format!("@20 {change}\n@21"), 1);
        let text = format!("herd 1 topology=grid:5x5 trees=planned client-latency=0s\n{changed}");
        let mut world = World::new(text.parse().expect("a script"));
        // Who joins is given what was before, and that is not late.
        world.run_until(20 * SECOND + SECOND / 2);
        world.measure();
        world.run_until(41 * SECOND);
        assert!(!world.is_red(), "{change}: {:?}", world.broken());
        let meter = world.meter().expect("it is counted");
        // The way around the corner is two links longer at most.
        assert!(meter.worst() <= 10 * HOP, "{change}: {}", meter.worst());
        world.measure();
        world.run_until(52 * SECOND);
        let meter = world.meter().expect("it is counted");
        let up = world.topology().servers().filter(|server| world.node(*server).is_some());
        let servers = up.count() as u64;
        assert_eq!(meter.pushes, servers - 1, "{change}");
        assert_eq!(meter.arrivals.len() as u64, servers - 1, "{change}");
    }
}
