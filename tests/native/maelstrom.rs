//! `herd maelstrom` as processes, in a network of ours.

use std::time::Duration;

use herd_sim_wasm::maelstrom::{Does, Load, Validity, check};
use herd_tests::maelstrom::Maelstrom;
use herd_tests::tcp::{PATIENCE, run};
use serde_json::{Value, json};

use crate::HERD;

const LATENCY: Duration = Duration::from_millis(10);
const SECOND: u64 = 1_000_000_000;

fn ring() -> Value {
    json!({"n0": ["n1", "n4"], "n1": ["n0", "n2"], "n2": ["n1", "n3"], "n3": ["n2", "n4"],
        "n4": ["n3", "n0"]})
}

/// Puts a load on five nodes while messages vanish and the nodes are parted for a while, lets them
/// come to agree, and judges what clients saw.
fn judged(net: &mut Maelstrom) {
    let load = Load { seed: 3, servers: 5, rate: 150, lasts: 2 * SECOND };
    let begin = net.now();
    let mut broadcasts = 0;
    for request in load.requests().iter().filter(|request| request.at < load.lasts) {
        net.run_until(begin + Duration::from_nanos(request.at));
        match request.at * 4 / load.lasts {
            1 | 2 => net.part(&[0, 3]),
            _ => net.part(&[]),
        }
        let at = usize::try_from(request.process).expect("few nodes");
        match request.does {
            Does::Broadcast(number) => {
                broadcasts += 1;
                net.broadcast(at, number);
            }
            Does::Read => {
                net.read(at);
            }
        }
    }
    net.part(&[]);
    // Maelstrom waits for ten seconds; here it is over as soon as all have all.
    let until = net.now() + PATIENCE;
    while !(0..net.count()).all(|at| net.read(at) == broadcasts) {
        assert!(net.now() < until, "they do not come to agree");
        let soon = net.now() + LATENCY;
        net.run_until(soon);
    }
    let report = check(&net.history);
    assert!(broadcasts > 100 && report.attempts == broadcasts as u64, "{report:?}");
    assert_eq!(report.stable, report.attempts, "{report:?}");
    assert_eq!((report.validity(), report.lost.len()), (Validity::Valid, 0), "{report:?}");
    assert!(report.latencies.is_some_and(|latencies| latencies[4] > 0), "reads saw the parting");
}

#[test]
fn nothing_is_lost_when_messages_vanish_and_nodes_are_parted() {
    for arguments in [
        &["--digest", "200ms"][..],
        &["--digest", "200ms", "--overlay", "mesh", "--preset", "grove2", "--trees", "learned"],
        &["--digest", "200ms", "--overlay", "star", "--preset", "grove_batch", "--batch", "50ms"],
    ] {
        let mut net = Maelstrom::start(HERD, arguments, 5, LATENCY, 5);
        net.tell_topology(&ring());
        judged(&mut net);
        assert!(net.end(), "a node ends when nobody speaks to it any more");
    }
}

#[test]
fn a_calm_network_carries_each_number_once_to_each_node() {
    let mut net = Maelstrom::start(HERD, &["--overlay", "grid"], 5, LATENCY, 0);
    net.tell_topology(&ring());
    for number in 0..50 {
        net.broadcast(usize::try_from(number % 5).expect("a few"), number);
    }
    let until = net.now() + PATIENCE;
    while !(0..net.count()).all(|at| net.read(at) == 50) {
        assert!(net.now() < until, "not all have all");
        let soon = net.now() + LATENCY;
        net.run_until(soon);
    }
    // Four messages each, and digests: every two seconds each node tells two neighbours at most.
    let ticks = net.now().as_secs() / 2 + 1;
    assert!((200..=200 + ticks * 5 * 4).contains(&net.sent), "{} messages", net.sent);
    assert!(net.end());
}

#[test]
fn what_is_wrong_is_answered_and_ends_nothing() {
    let mut net = Maelstrom::start(HERD, &[], 1, LATENCY, 0);
    let answer = net.ask(0, json!({"type": "cas"}));
    assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(10)));
    let answer = net.ask(0, json!({"type": "broadcast", "nonsense": 1}));
    assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(12)));
    net.broadcast(0, 7);
    assert_eq!(net.read(0), 1);
    assert!(net.end());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (arguments, expected) in [
        (["--overlay", "ring"], "mesh, star, grid"),
        (["--preset", "plum"], "flood_sync"),
        (["--digest", "soon"], "500ms"),
    ] {
        let output = run(HERD, &[&["maelstrom"][..], &arguments].concat());
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(expected), "{complaint}");
    }
}

#[test]
fn the_simulator_prints_the_same_figures() {
    let sim = |arguments: &[&str]| {
        let output = run(HERD, &[&["sim", "maelstrom"][..], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, out) = sim(&["--topology", "grid", "--preset", "flood,grove"]);
    assert_eq!(status, Some(0), "{out}");
    let golden = include_str!("../sim/maelstrom.txt");
    assert_eq!(out.lines().count(), 3);
    assert!(out.lines().all(|line| golden.lines().any(|known| known == line)), "{out}");
    let parted = ["--preset", "flood", "--partition", "halves", "--time", "30"];
    let (status, out) = sim(&parted);
    assert!(status == Some(1) && out.contains("Invalid"), "{out}");
}
