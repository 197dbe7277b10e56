//! `ack-after=1`: whatever a client was answered outlives the server that answered.

use herd_core::codec::At;
use herd_core::time::SECOND;
use herd_sim_wasm::{ServerId, World};

/// A client talks to a server that is cut off and killed so many milliseconds later, and comes back
/// empty: how many answers it had, and how many of them everybody has forgotten.
fn answered_and_lost(herd: &str, ack_after: u32, dies_after_ms: u32) -> (usize, usize) {
    let text = format!(
        "herd 1 topology={herd} latency=20ms client-latency=0s ack-after={ack_after}\n\
         @1 say 0 IAMAT before +1+1 1\n@2 say 0 IAMAT kiwi +1+1 1700000000\n\
         @2.{dies_after_ms:03} partition isolate 0\n@2.{dies_after_ms:03} kill 0\n\
         @3 heal\n@3 restart 0 empty\n"
    );
    let mut world = World::new(text.parse().expect("a script"));
    world.record(true);
    world.run_until(30 * SECOND);
    assert!(world.is_at_rest() && !world.is_red(), "{herd}: {:?}", world.broken());
    let log = world.take_log();
    let answers: Vec<&str> = log
        .iter()
        .filter_map(|line| line.text.split_once(" <- ").map(|(_, answer)| answer))
        .collect();
    let answers = answers.iter().filter_map(|answer| At::canonical(answer.as_bytes()).ok());
    let held = |at: &At<'_>| {
        world.topology().servers().all(|server| {
            let node = world.node(ServerId(server.0)).expect("it is up");
            node.store().get(at.client).is_some_and(|record| record.stamp() >= at.stamp)
        })
    };
    let answers: Vec<At<'_>> = answers.collect();
    (answers.len(), answers.iter().filter(|at| !held(at)).count())
}

#[test]
fn what_is_answered_outlives_the_server_that_answered() {
    for herd in ["line:2", "line:5", "places-2016", "complete:5"] {
        for dies_after_ms in 1..60 {
            let (answers, lost) = answered_and_lost(herd, 1, dies_after_ms);
            assert_eq!(lost, 0, "{herd}, {dies_after_ms} ms");
            assert_eq!(
                answers,
                if dies_after_ms >= 40 { 2 } else { 1 },
                "{herd}, {dies_after_ms} ms"
            );
        }
    }
}

#[test]
fn who_is_answered_at_once_may_be_told_what_is_lost() {
    let outcomes: Vec<_> = (1..60).map(|ms| answered_and_lost("line:2", 0, ms)).collect();
    assert!(outcomes.contains(&(2, 1)) && outcomes.contains(&(2, 0)), "{outcomes:?}");
}
