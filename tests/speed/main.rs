//! What must not get slower, as counts that are the same on every machine.

mod counting;

use std::sync::Arc;

use counting::{allocations, bytes};
use herd_core::limits::LOG_LENGTH;
use herd_core::node::Classic;
use herd_core::time::SECOND;
use herd_core::{
    Config, ConnId, Input, Instant, Node, Now, Opening, Outbox, Output, Peer, Unit, Wall,
};
use herd_sim_wasm::World;

const NOW: Now = Now { mono: Instant(1), wall: Wall(1_700_000_000_000_000_000) };
const CLIENTS: u32 = 1000;

/// A server with three neighbours that are all live, on connections 0 to 2.
fn server() -> (Node, Outbox) {
    let peers = ["Ball", "Holiday", "Welsh"].map(Peer::new);
    let mut node = Node::new(Arc::new(Config::new("Alford", peers)), NOW);
    let mut out = Outbox::new();
    for (conn, name) in (0..).map(ConnId).zip(["Ball", "Holiday", "Welsh"]) {
        let how = Opening::Accepted { classic: Classic::No };
        node.handle(NOW, Input::Opened { conn, how }, &mut out);
        let greeting = format!("HERD 1 herd {name} 1");
        let unit = Unit::Line(greeting.as_bytes());
        node.handle(NOW, Input::Heard { conn, unit }, &mut out);
    }
    (node, out)
}

/// The frame that tells of `client`'s update number `round`.
fn push(client: u32, round: u32) -> Vec<u8> {
    let line =
        format!("AT Ball +0.263873386 client-{client} +34.068930-118.445127 1700000000.{round:09}");
    let seq = u64::from(round - 1) * u64::from(CLIENTS) + u64::from(client) + 1;
    let digits = [seq, seq >> 7, seq >> 14].map(|digit| digit.to_le_bytes()[0] & 0x7f);
    let used = digits.iter().rposition(|digit| *digit > 0).map_or(1, |last| last + 1);
    let mut seq: Vec<u8> = digits[..used].iter().map(|digit| digit | 0x80).collect();
    seq[used - 1] &= 0x7f;
    [b"\x01", &seq[..], b"\x01", line.as_bytes()].concat()
}

#[test]
fn a_known_clients_update_allocates_nothing() {
    let (mut node, mut out) = server();
    let frames = |round| (0..CLIENTS).map(move |client| push(client, round)).collect::<Vec<_>>();
    let mut hear = |frame: &[u8]| {
        out.clear();
        node.handle(NOW, Input::Heard { conn: ConnId(0), unit: Unit::Frame(frame) }, &mut out);
        out.outputs().iter().filter(|output| matches!(output, Output::Write { .. })).count()
    };
    let first = allocations(|| frames(1).iter().map(|frame| hear(frame)).sum::<usize>());
    assert!(first.0 > u64::from(CLIENTS), "the counter counts: {first:?}");
    for round in 2..12 {
        let frames = frames(round);
        let (count, told) = allocations(|| frames.iter().map(|frame| hear(frame)).sum::<usize>());
        assert_eq!(told, 2 * CLIENTS as usize, "each is news, and told to the other two");
        assert_eq!(count, 0, "allocations in {CLIENTS} updates");
    }
}

#[test]
fn a_known_clients_line_allocates_nothing() {
    let (mut node, mut out) = server();
    let how = Opening::Accepted { classic: Classic::No };
    node.handle(NOW, Input::Opened { conn: ConnId(3), how }, &mut out);
    let line = |round| format!("IAMAT kiwi +34.068930-118.445127 1700000000.{round:09}");
    let mut say = |line: &str| {
        out.clear();
        let unit = Unit::Line(line.as_bytes());
        node.handle(NOW, Input::Heard { conn: ConnId(3), unit }, &mut out);
        out.outputs().iter().filter(|output| matches!(output, Output::Write { .. })).count()
    };
    // Until the log is full.
    let warm = 1 + u32::try_from(LOG_LENGTH).expect("small");
    for round in 1..warm {
        say(&line(round));
    }
    for round in warm..warm + 100 {
        let line = line(round);
        assert_eq!(allocations(|| say(&line)), (0, 4), "an answer and three neighbours told");
    }
}

#[test]
fn a_world_knows_about_how_large_it_is() {
    for text in [
        "herd 1 clients=40 pace=50ms latency=5ms topology=ring:8\n",
        "herd 1 clients=5 pace=100ms topology=random:300:4\n",
        "herd 1 clients=100 pace=500ms topology=random:60:4\n",
        "herd 1 clients=300 pace=500ms topology=places-2016\n@3 kill Ball\n",
    ] {
        for checks in [true, false] {
            let mut world = World::new(text.parse().unwrap());
            if !checks {
                world.without_checks();
            }
            for second in [1, 5] {
                world.run_until(second * SECOND);
                let (copied, said) = (bytes(|| world.clone()).0, world.bytes());
                let fine = (copied / 2..copied * 2).contains(&said);
                assert!(fine, "{copied} bytes copied, {said} said: {second} s of {text}");
            }
        }
    }
}
