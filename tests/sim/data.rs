//! Data beside updates: what is large keeps nothing waiting, and prototypes are none the wiser.

use std::fmt::Write as _;

use herd_core::limits::{DATA_MAX, REPAIR_SLICE};
use herd_core::time::SECOND;
use herd_sim_wasm::{Script, ServerId, World};

fn world(text: &str) -> World {
    World::new(text.parse::<Script>().unwrap_or_else(|error| panic!("{error}")))
}

/// When a server first holds something of a client, ns.
fn learns(world: &mut World, server: u32, client: &[u8], limit: u64) -> u64 {
    let holds = |world: &World| {
        let node = world.node(ServerId(server)).expect("it runs");
        node.store().get(client).is_some()
    };
    while !holds(world) {
        assert!(world.step() && world.now() < limit, "it is not learned in time");
    }
    world.now()
}

/// Bytes a second on the only link.
const RATE: u64 = 100_000;
/// Articles that the other side missed.
const ARTICLES: u64 = 20;

#[test]
fn a_live_update_stands_behind_one_slice_of_data_at_most() {
    let mut text = format!(
        "herd 1 topology=line:2 latency=10ms preset=flood_sync\n@0.5 bandwidth s0-s1 {RATE}\n@1 cut s0-s1\n"
    );
    let article = "x".repeat(DATA_MAX);
    for n in 0..ARTICLES {
        writeln!(text, "@2.{n:02} put s0 a{n} {} {article}", n + 1).expect("a string takes all");
    }
    text.push_str("@10 heal s0-s1\n@13 say s0 IAMAT kiwi +1-1 1\n");
    let mut world = world(&text);
    let told = learns(&mut world, 1, b"kiwi", 60 * SECOND);
    let most = (REPAIR_SLICE + DATA_MAX + 1_000) as u64;
    assert!(told - 13 * SECOND < most * SECOND / RATE + SECOND / 10, "{told}");
    let last = learns(&mut world, 1, b" a19", 60 * SECOND);
    assert!(last > told + SECOND, "the repair was under way: {last}");
    world.run_until(60 * SECOND);
    assert!(world.broken().is_none(), "{:?}", world.broken());
    assert_eq!(world.node(ServerId(1)).expect("it runs").store().len(), 21);
}

#[test]
fn prototypes_are_told_of_clients_and_not_of_data() {
    let mut world = world(
        "herd 1 topology=ring:4 classic=s1\n@1 put s0 k 1 data\n@1 say s0 IAMAT k +1-1 1\n\
         @2 put s1 mine 1 data\n@5 get s1 k\n@5 get s2 k\n",
    );
    world.record(true);
    world.run_until(20 * SECOND);
    assert!(world.broken().is_none(), "{:?}", world.broken());
    let held = |server: u32, key: &[u8]| {
        world.node(ServerId(server)).expect("it runs").store().get(key).is_some()
    };
    assert!([0, 2, 3].into_iter().all(|server| held(server, b" k") && !held(server, b" mine")));
    assert!(!held(1, b" k") && held(1, b"k"));
}

#[test]
fn a_script_says_what_may_not_be_put() {
    let herd = "herd 1 topology=line:2\n";
    for (command, part) in [
        ("@1 put s0 k", "a stamp"),
        ("@1 put s0", "a key"),
        ("@1 put s0 a\\x20b 1 x", "a key without white space"),
        ("@1 put s9 k 1 x", "a server"),
        ("@1 put s0 k 1 \\q", "data in which"),
        ("@1 get s0", "a key"),
        ("@1 get s0 a b", "the end of the command"),
    ] {
        let error = format!("{herd}{command}\n").parse::<Script>().expect_err(command).to_string();
        assert!(error.contains(part), "{command}: {error}");
    }
    let long = format!("{herd}@1 put s0 k 1 {}\n", "x".repeat(DATA_MAX + 1));
    assert!(long.parse::<Script>().is_err());
}
