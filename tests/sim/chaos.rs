//! Random faults: every check holds while they last, and the herd agrees after them.

use herd_core::time::SECOND;
use herd_sim_wasm::{Command, World, end_of};
use herd_tests::chaos;

/// Seeds per test run: a few seconds.
const SEEDS: u64 = 150;

#[test]
fn every_check_holds_under_random_faults() {
    for seed in 0..SEEDS {
        let script = chaos::script(seed);
        let text = script.to_string();
        let end = end_of(&script);
        let mut world = World::new(script);
        world.run_until(end - 10 * SECOND);
        // Whoever is still down comes back without its store.
        for server in world.topology().servers().collect::<Vec<_>>() {
            if world.node(server).is_none() {
                let back = Command::Restart { server, store: false };
                world.apply(back).expect("there is such a server");
            }
        }
        let settled = world.settle(world.now() + 120 * SECOND);
        let broken = world.broken();
        assert!(broken.is_none(), "seed {seed}: {broken:?}\n{text}");
        // Clients that go on by themselves need not leave a moment of rest.
        assert!(settled || world.options().clients > 0, "seed {seed} never rests\n{text}");
    }
}
