//! A server that comes back with nothing is filled in slices: what is told meanwhile stands behind one of
//! them at most.

use std::fmt::Write as _;

use herd_core::limits::REPAIR_SLICE;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::{ServerId, World};

/// Bytes a second on the link.
const BANDWIDTH: u64 = 200_000;
const RECORDS: u64 = 6_000;
const LATENCY: u64 = 10 * MILLISECOND;

#[test]
fn whoever_is_filled_hears_what_is_new_meanwhile() {
    let mut text = format!(
        "herd 1 topology=line:2 client-latency=0s latency=10ms\n\
         @1 bandwidth s0-s1 {BANDWIDTH}\n@1 kill s1\n"
    );
    for n in 0..RECORDS {
        writeln!(text, "@2 say s0 IAMAT c{n} +1+1 {}", 1_700_000_000 + n).expect("it fits");
    }
    writeln!(text, "@10 restart s1").expect("it fits");
    // One every 20 ms from when they are linked.
    for n in 0..100 {
        let at = 10_100 + 20 * n;
        let (s, ms) = (at / 1000, at % 1000);
        writeln!(text, "@{s}.{ms:03} say s0 IAMAT live{n} +1+1 1700009999").expect("it fits");
    }
    let mut world = World::new(text.parse().expect("a script"));
    world.run_until(10 * SECOND);
    world.measure();
    world.run_until(11 * SECOND);
    let filled =
        |world: &World| world.node(ServerId(1)).map_or(0, |node| node.store().len()) as u64;
    assert!((1..RECORDS).contains(&filled(&world)), "it is being filled: {}", filled(&world));
    world.run_until(30 * SECOND);
    assert_eq!(filled(&world), RECORDS + 100);
    assert!(!world.is_red(), "{:?}", world.broken());
    let meter = world.meter().expect("it is measured");
    let slice = REPAIR_SLICE as u64 * SECOND / BANDWIDTH;
    let worst = meter.worst();
    assert!(worst > slice / 2, "they were in each other's way: {worst} ns");
    assert!(worst < LATENCY + slice + slice / 4, "{worst} ns, and a slice takes {slice}");
}
