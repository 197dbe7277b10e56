//! The audit: servers that have the same updates and hold something different find that out and heal,
//! whatever it was that went wrong.

use herd_core::time::SECOND;
use herd_sim_wasm::{ServerId, World};

/// Everybody is told something, memories fail while one more update is on its way, and then the herd is left alone.
fn healed(herd: &str, failures: &[&str]) -> World {
    let mut text = format!("herd 1 seed=4 topology={herd} latency=20ms\n");
    for n in 0..60 {
        text += &format!("@1.{n:02} say {} IAMAT c{n} +1+1 {}\n", n % 5, 1_600_000_000 + n);
    }
    text += "@5 say 0 IAMAT last +1+1 1700000000\n";
    for failure in failures {
        text += &format!("@5.005 {failure}\n");
    }
    let mut world = World::new(text.parse().unwrap_or_else(|error| panic!("{error}")));
    world.record(true);
    world.run_until(60 * SECOND);
    assert!(world.is_at_rest(), "{herd}: it comes to rest");
    assert!(!world.is_red(), "{herd}, {failures:?}: {:?}", world.broken());
    world
}

fn stores_are_equal(world: &World, records: usize) {
    let node = |server: u32| world.node(ServerId(server)).expect("it is up");
    for server in world.topology().servers() {
        assert_eq!(node(server.0).store(), node(0).store());
        assert_eq!(node(server.0).store().len(), records);
    }
}

fn logs(world: &mut World, what: &str) -> usize {
    world.take_log().iter().filter(|line| line.text.contains(what)).count()
}

#[test]
fn a_record_that_was_lost_is_given_again() {
    for herd in ["places-2016", "line:5", "complete:5", "grid:5x5"] {
        let mut world = healed(herd, &["lose 3 c7"]);
        stores_are_equal(&world, 61);
        assert!(logs(&mut world, "holds something different") > 0);
    }
}

#[test]
fn a_record_that_rots_is_found_out_before_it_spreads() {
    // 9 is greater than 1: it would win.
    let mut world = healed("places-2016", &["damage 3 c7", "damage 2 c8"]);
    stores_are_equal(&world, 61);
    let texts: Vec<_> = world.take_log().iter().map(|line| line.text.to_string()).collect();
    assert!(texts.iter().any(|text| text.contains("finds 1 damaged")), "{texts:?}");
}

#[test]
fn whatever_several_lose_at_once_comes_back() {
    let losses: Vec<String> = (0..60).map(|n| format!("lose {} c{n}", n % 4)).collect();
    let losses: Vec<&str> = losses.iter().map(|text| &**text).collect();
    for herd in ["places-2016", "grid:5x5"] {
        stores_are_equal(&healed(herd, &losses), 61);
    }
}
