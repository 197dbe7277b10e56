//! Nodes as bytes: whatever they are in the middle of, they come back as they were.

use herd_core::tape::{Item, Reader, Recorder};
use herd_core::{Instant, Node, Now, Outbox, Preset, Wall};
use herd_sim_wasm::{Script, World};

/// A node, written and read.
fn again(node: &Node) -> Node {
    let tape = Recorder::new(0, Now::default(), node).take(Vec::new());
    let mut reader = Reader::new(&tape).expect("a tape");
    let Some(Ok(entry)) = reader.next() else { panic!("it begins with a node") };
    let Item::Start { node, .. } = entry.item else { panic!("it begins with a node") };
    *node
}

#[test]
fn a_node_in_the_middle_of_anything_comes_back_as_it_was() {
    let mut seen = 0;
    for (seed, preset) in (1..).zip(Preset::ALL) {
        let name = preset.name();
        let script = format!(
            "herd 1 seed={seed} topology=ring:8 preset={name} clients=12 pace=60ms \
             latency=20ms..90ms room=9 ack-after=1 digest=100ms\n\
             @0.5 say 0 WATCH\n@0.6 say 1 WATCH c1 c2\n\
             @1 cut 0-1\n@1.2 kill 2\n@1.5 say 3 WHATSAT c1 10 5\n@1.6 datagram all loss=10%\n\
             @2 restart 2 empty\n@2.1 heal\n@2.5 kill 4\n@2.7 restart 4\n"
        );
        let script: Result<Script, _> = script.parse();
        let mut world = World::new(script.unwrap_or_else(|why| panic!("{name}: {why}")));
        for step in 1..80 {
            world.run_until(step * 40_000_000);
            let servers: Vec<_> = world.topology().servers().collect();
            for node in servers.into_iter().filter_map(|server| world.node(server)) {
                let back = again(node);
                assert!(back == *node, "{name} at {step}");
                // Hashed tables and queues are made anew: they do the same all the same.
                let (mut one, mut other) = (node.clone(), back);
                let (mut first, mut second) = (Outbox::new(), Outbox::new());
                let at = node.next_deadline().map_or(Instant(step * 40_000_000), |(at, _)| at);
                let now = Now { mono: at, wall: Wall(1_700_000_000_000_000_000) };
                one.handle(now, herd_core::Input::Wake, &mut first);
                other.handle(now, herd_core::Input::Wake, &mut second);
                assert!(first == second && one == other, "{name} at {step}");
                seen += 1;
            }
        }
    }
    assert!(seen > 4_000, "{seen}");
}
