//! A neighbour that stops reading for a minute while everybody moves about.

use herd_core::limits::WINDOW;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::{Script, ServerId, World};

const HUB: ServerId = ServerId(0);
const STUCK: ServerId = ServerId(1);

/// Records of the hub, older than that, that a server lacks.
fn lacked(world: &World, server: ServerId, older: u64) -> usize {
    let (Some(hub), Some(node)) = (world.node(HUB), world.node(server)) else { return usize::MAX };
    let until = herd_sim_wasm::wall(world.now() - older);
    let old = hub.store().iter().filter(|record| record.stamp() <= until);
    old.filter(|record| node.store().get(record.client()) != Some(*record)).count()
}

#[test]
fn one_that_stops_reading_for_a_minute_costs_a_window_and_slows_nobody() {
    // 1,000 updates a second or so; a star, so that everything goes by the hub.
    let text = "herd 1 seed=5 topology=star:5 latency=10ms client-latency=5ms clients=300 pace=250ms\n\
        @5 hold s0>s1\n@65 release\n";
    let mut world = World::new(text.parse::<Script>().expect("a script"));
    let (mut most, mut lagged) = (0, 0);
    for second in 2..=80 {
        world.run_until(second * SECOND);
        let session = world.node(HUB).and_then(|hub| hub.links()[0].live()).expect("it is up");
        most = most.max(session.unsent());
        lagged += u64::from(session.is_lagging());
        for server in world.topology().servers().skip(2) {
            assert_eq!(lacked(&world, server, 500 * MILLISECOND), 0, "{server:?} at {second} s");
        }
        let behind = lacked(&world, STUCK, 500 * MILLISECOND);
        assert_eq!(behind > 0, (6..=65).contains(&second), "{behind} at {second} s");
    }
    // It is pushed a window of updates, and then told what there is now and then.
    assert!((WINDOW * 9 / 10..WINDOW + (64 << 10)).contains(&most), "{most} bytes");
    assert!((30..60).contains(&lagged), "{lagged} s");
    assert_eq!(world.broken(), None);
}
