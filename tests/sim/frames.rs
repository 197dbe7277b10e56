//! What a malformed frame gets: a line in the log and the end of the link, never a panic, and never
//! belief.

use std::fmt::Write;

use herd_core::codec::Frame;
use herd_core::time::SECOND;
use herd_sim_wasm::World;
use herd_tests::frames::malformed;

#[test]
fn a_malformed_frame_of_every_kind_ends_the_link() {
    for frame in malformed() {
        assert!(Frame::parse(&frame[1..]).is_err(), "{frame:?}");
        // Somebody who greets as the neighbour, which is down.
        let mut script =
            "herd 1 topology=line:2\n@1 kill s1\n@2 say s0 as x HERD 1 herd s1 440000000000000\n@3 say s0 as x "
                .to_owned();
        for byte in &frame {
            write!(script, "\\x{byte:02x}").expect("a string takes all");
        }
        script.push_str("\n@5 restart s1\n@6 say s1 IAMAT kiwi +1+1 1\n");
        let mut world = World::new(script.parse().unwrap_or_else(|e| panic!("{e} in\n{script}")));
        world.record(true);
        world.run_until(20 * SECOND);
        let log: Vec<String> = world.take_log().iter().map(|line| line.text.to_string()).collect();
        let garbled = log.iter().filter(|line| line.contains("Garbled")).count();
        assert_eq!(garbled, 1, "{frame:?}: {log:#?}");
        // The simulator takes whoever speaks by hand for a client, who waits for an answer.
        let other = world.broken().filter(|broken| !broken.what.contains("x said"));
        assert!(other.is_none(), "{frame:?}: {other:?}");
        for server in world.topology().servers() {
            let node = world.node(server).expect("it runs");
            node.check().expect("it is consistent");
            assert_eq!(node.store().len(), 1, "{frame:?}");
        }
    }
}
