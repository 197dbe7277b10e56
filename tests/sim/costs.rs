//! What an update costs, and when it is everywhere, for every preset on the herds of the field:
//! `costs.txt`, compared exactly. `UPDATE_EXPECT=1` rewrites it.
//!
//! The bounds: an update has to reach N − 1 servers, and cannot before its shortest way has been
//! gone. A flood takes 2E − N + 1 messages, a grown tree N − 1, and both the shortest way.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::view::MessageKind;
use herd_sim_wasm::{ServerId, World};

const HERDS: [&str; 9] = [
    "places-2016",
    "line:25",
    "ring:25",
    "grid:5x5",
    "tree:25",
    "star:25",
    "random:25:4",
    "small-world:25:4:20",
    "complete:25",
];
const HOP: u64 = 100 * MILLISECOND;

/// What one update took.
struct Cost {
    updates: usize,
    control: usize,
    /// When the last server knew it, hops after the first.
    hops: u64,
}

/// Lets the first server be told one more update, and the herd come to rest.
fn told(world: &mut World, at: u64) -> Cost {
    world.run_until(at - 1);
    assert!(world.is_at_rest(), "nothing is left of what was before");
    let mut seen: [BTreeSet<u64>; 2] = Default::default();
    let mut last = at;
    let all = world.topology().servers().collect::<Vec<_>>();
    let knows = |world: &World, server: ServerId| {
        let held = world.node(server).and_then(|node| node.store().get(b"kiwi"));
        held.is_some_and(|held| held.stamp().0 == (at / SECOND * SECOND).cast_signed())
    };
    while !(world.is_at_rest() && world.now() >= at + HOP) {
        let lacked = all.iter().any(|server| !knows(world, *server));
        world.step();
        if lacked && all.iter().all(|server| knows(world, *server)) {
            last = world.now();
        }
        for message in world.frame(&[]).messages.iter().filter(|message| message.sent >= at) {
            match message.kind {
                MessageKind::Update => seen[0].insert(message.id),
                MessageKind::Control
                | MessageKind::Digest
                | MessageKind::Graft
                | MessageKind::Prune
                | MessageKind::Pull
                | MessageKind::Repair
                | MessageKind::Want => seen[1].insert(message.id),
                MessageKind::Answer | MessageKind::Classic | MessageKind::Line => false,
            };
        }
    }
    let unknowing: Vec<_> = all.iter().filter(|server| !knows(world, **server)).collect();
    assert!(
        unknowing.is_empty(),
        "{unknowing:?} do not know at {}: {}",
        world.now(),
        world.script()
    );
    assert_eq!((last - at) % HOP, 0, "the last to know was told on the way, not by repair");
    Cost { updates: seen[0].len(), control: seen[1].len(), hops: (last - at) / HOP }
}

/// How many links the farthest server is away from the first.
fn eccentricity(world: &World) -> u64 {
    let edges = world.topology().edges();
    let mut known = BTreeSet::from([ServerId(0)]);
    for hops in 0.. {
        let reached = edges.iter().flat_map(|edge| [(edge.a, edge.b), (edge.b, edge.a)]);
        let next: BTreeSet<_> =
            reached.filter(|(from, _)| known.contains(from)).map(|(_, to)| to).collect();
        let before = known.len();
        known.extend(next);
        if known.len() == before {
            return hops;
        }
    }
    unreachable!("there are only so many servers")
}

fn table() -> String {
    let mut table = String::from(
        "herd                servers links  preset         first update      later updates  farthest\n\
         \x20                                              updates control  updates control      hops\n",
    );
    for herd in HERDS {
        for preset in Preset::ALL {
            let says: String = [10, 40, 70]
                .iter()
                .map(|at| format!("@{at} say 0 IAMAT kiwi +1+1 {at}\n"))
                .collect();
            let options = format!("topology={herd} preset={} latency=100ms", preset.name());
            let text = format!("herd 1 {options} client-latency=0s\n{says}");
            let mut world = World::new(text.parse().expect("a script"));
            let first = told(&mut world, 10 * SECOND);
            told(&mut world, 40 * SECOND);
            let third = told(&mut world, 70 * SECOND);
            let (servers, links) = (world.topology().names().len(), world.topology().edges().len());
            let flood = 2 * links + 1 - servers;
            let least = if preset.feeds() == Some(1) { servers - 1 } else { flood };
            assert_eq!(first.updates, flood, "{herd}, {}", preset.name());
            assert!(third.updates <= least.min(flood), "{herd}, {}", preset.name());
            assert_eq!([first.hops, third.hops], [eccentricity(&world); 2], "the shortest way");
            let row = format!(
                "{herd:<19} {servers:>7} {links:>5}  {:<11} {:>7} {:>7}  {:>7} {:>7}  {:>10}\n",
                preset.name(),
                first.updates,
                first.control,
                third.updates,
                third.control,
                third.hops
            );
            table.push_str(&row);
        }
    }
    let _ = writeln!(table, "(control: prunes, and digests until every neighbour has confirmed)");
    table
}

#[test]
fn every_preset_costs_what_the_table_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/costs.txt");
    let got = table();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &got).expect("a writable file");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(got, expected, "UPDATE_EXPECT=1 rewrites {}", file.display());
}
