//! Repair: what one has and the other lacks is given, wherever it breaks off, and then both hold what
//! both held.

use std::collections::BTreeMap;
use std::fmt::Write;

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::{ServerId, World};
use proptest::prelude::*;

/// What a client says to one of the two: which server, which client, its stamp.
type Said = (u8, u8, u8);

/// Bytes that make a client's name so long that few records fill a message.
const LONG: usize = 4000;

/// Two servers that cannot speak to each other while this is said to them; the link heals at 20 s.
fn apart(said: &[Said], long: bool) -> String {
    let mut script = "herd 1 topology=line:2 latency=10ms\n@1 cut s0-s1\n".to_owned();
    for (n, (server, client, stamp)) in said.iter().enumerate() {
        let name = if long { "x".repeat(LONG) } else { String::new() };
        let at = 2 + n / 20;
        let place = n % 80;
        writeln!(
            script,
            "@{at}.{:03} say s{server} IAMAT c{client}{name} +{place}+{place} {stamp}",
            n % 20 * 40
        )
        .expect("a string takes all");
    }
    script.push_str("@20 heal s0-s1\n");
    script
}

fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / SECOND, ns % SECOND)
}

fn play(script: &str) -> World {
    World::new(script.parse().unwrap_or_else(|error| panic!("{error} in\n{script}")))
}

/// What a server holds, in the order of its clients.
fn held(world: &World, server: u32) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let node = world.node(ServerId(server)).expect("it runs");
    node.store().iter().map(|record| (record.client().to_vec(), record.line().to_vec())).collect()
}

/// Which updates a server has of each.
fn had(world: &World, server: u32) -> BTreeMap<Vec<u8>, Vec<(u64, u64)>> {
    let node = world.node(ServerId(server)).expect("it runs");
    let origins = node.origins().iter().map(|(_, origin)| origin);
    let had = origins.filter(|origin| !origin.have().is_empty());
    had.map(|origin| (origin.name().to_vec(), origin.have().spans().collect())).collect()
}

/// What both held before, merged: of each client the newest record, as versions are ordered.
fn merged(world: &World) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let nodes = [0, 1].map(|server| world.node(ServerId(server)).expect("it runs"));
    let mut merged: BTreeMap<Vec<u8>, &herd_core::record::Record> = BTreeMap::new();
    for record in nodes.iter().flat_map(|node| node.store().iter()) {
        let newest = merged.entry(record.client().to_vec()).or_insert(record);
        if newest.version() < record.version() {
            *newest = record;
        }
    }
    merged.into_iter().map(|(client, record)| (client, record.line().to_vec())).collect()
}

fn said(most: usize, clients: u8) -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec((0_u8..2, 0..clients, 1_u8..5), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Given what it lacks, a server holds what both held, and has what both had.
    #[test]
    fn whoever_is_given_what_it_lacks_holds_what_both_held(said in said(60, 8)) {
        let mut world = play(&apart(&said, false));
        world.run_until(19 * SECOND);
        let (both, mut all) = (merged(&world), had(&world, 0));
        all.extend(had(&world, 1));
        world.run_until(60 * SECOND);
        prop_assert!(world.broken().is_none(), "{:?}", world.broken());
        for server in [0, 1] {
            prop_assert_eq!(&held(&world, server), &both);
            prop_assert_eq!(&had(&world, server), &all);
        }
    }

    /// An answer that breaks off anywhere leaves nothing had that is not held (`covered` judges every
    /// step), and the next one gives the rest.
    #[test]
    fn interrupted_anywhere_what_is_had_is_held(
        said in said(60, 40),
        breaks in prop::collection::vec(0_u64..800, 1..4),
    ) {
        let mut script = apart(&said, true);
        let mut at = 20 * SECOND;
        for ms in &breaks {
            at += 100 * MILLISECOND + ms * MILLISECOND / 4;
            writeln!(script, "@{} cut s0-s1", seconds(at)).expect("a string takes all");
            at += 100 * MILLISECOND;
            writeln!(script, "@{} heal s0-s1", seconds(at)).expect("a string takes all");
        }
        let mut world = play(&script);
        world.run_until(19 * SECOND);
        let both = merged(&world);
        world.run_until(60 * SECOND);
        prop_assert!(world.broken().is_none(), "{:?}", world.broken());
        let lamps = world.lamps();
        let covered = lamps.iter().find(|lamp| lamp.name == "covered").expect("the check");
        prop_assert!(said.is_empty() || covered.tried);
        for server in [0, 1] {
            prop_assert_eq!(&held(&world, server), &both);
        }
    }
}
