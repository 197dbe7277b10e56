//! Messages that are lost delay, and lose nothing (L8 of the protocol's properties).

use herd_core::time::SECOND;
use herd_sim_wasm::{Script, World};

/// Within this everything has come to everybody, s: several greetings may be lost, one after the other,
/// and each is waited for.
const LIMIT: u64 = 600;
/// Runs.
const SEEDS: u64 = 1_000;

/// Whether all servers hold all the clients.
fn is_whole(world: &World, clients: usize) -> bool {
    let mut nodes = world.topology().servers().map(|server| world.node(server));
    nodes.all(|node| node.is_some_and(|node| node.store().len() == clients))
}

#[test]
fn half_of_all_messages_lost_lose_nothing() {
    let presets = ["grove", "grove2", "flood_sync", "grove_batch"];
    let herds = ["ring:5", "grid:3x3", "complete:4", "line:4"];
    let pairs = presets.iter().flat_map(|preset| herds.iter().map(move |herd| (preset, herd)));
    for (seed, (preset, herd)) in (1..=SEEDS).zip(pairs.cycle()) {
        let loss = 10 * (1 + seed % 5);
        let text = format!(
            "herd 1 seed={seed} topology={herd} preset={preset}\n@1 datagram all loss={loss}%\n\
             @2 say 0 IAMAT kiwi +1+1 1\n@2 say 1 IAMAT plum +1+1 1\n@3 say 2 IAMAT kiwi +2+2 2\n\
             @3 say 3 IAMAT pear +2+2 1\n@4 say 0 IAMAT fig +3+3 1\n"
        );
        let script: Script = text.parse().expect("a script");
        let mut world = World::new(script);
        let mut at = 0;
        while !is_whole(&world, 4) {
            at += 1;
            assert!(at <= LIMIT, "not whole after {LIMIT} s:\n{text}");
            world.run_until(at * SECOND);
        }
        assert!(world.broken().is_none(), "{:?} in\n{text}", world.broken());
    }
}
