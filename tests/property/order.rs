//! The total order: every server that has heard the same updates holds the same store.

use std::cmp::Ordering;
use std::sync::Arc;

use herd_core::node::Classic;
use herd_core::record::Version;
use herd_core::{
    Config, ConnId, Input, Instant, Node, Now, Opening, Outbox, Peer, Preset, Unit, Wall,
};
use proptest::prelude::*;

/// A frame of one update: few clients, stamps, servers and counts, so that ties are common.
fn update() -> impl Strategy<Value = Vec<u8>> {
    (0_u8..3, 0_u8..3, 1_u8..9).prop_map(|(server, incarnation, seq)| {
        // What one server said once in one life is one record: everything else follows from it.
        let n = server * 31 + incarnation * 11 + seq * 7;
        let (client, stamp, place) = (n % 3, n / 3 % 3, n % 80);
        let line = format!("AT s{server} +0.5 c{client} +{place}-{place} {stamp}");
        [&[1, seq, incarnation], line.as_bytes()].concat()
    })
}

fn heard(preset: Preset, updates: &[Vec<u8>]) -> Node {
    let now = Now { mono: Instant(1), wall: Wall(1_700_000_000_000_000_000) };
    let config = Config { preset, ..Config::new("Alford", [Peer::new("Ball")]) };
    let mut node = Node::new(Arc::new(config), now);
    let mut out = Outbox::new();
    let conn = ConnId(0);
    let how = Opening::Accepted { classic: Classic::No };
    node.handle(now, Input::Opened { conn, how }, &mut out);
    let unit = Unit::Line(b"HERD 1 herd Ball 1");
    node.handle(now, Input::Heard { conn, unit }, &mut out);
    for update in updates {
        out.clear();
        node.handle(now, Input::Heard { conn, unit: Unit::Frame(update) }, &mut out);
    }
    node.check().expect("a consistent node");
    node
}

proptest! {
    /// Merging is commutative, associative and idempotent: order and repetition do not matter.
    #[test]
    fn any_order_of_the_same_updates_gives_one_store(
        updates in prop::collection::vec(update(), 0..20),
        shuffled in any::<prop::sample::Index>(),
    ) {
        let once = heard(Preset::FloodSync, &updates);
        let mut other = updates.clone();
        other.rotate_left(if updates.is_empty() { 0 } else { shuffled.index(updates.len()) });
        other.reverse();
        other.extend(updates);
        let again = heard(Preset::FloodSync, &other);
        prop_assert_eq!(again.store(), once.store());
    }

    /// The order is strict and total.
    #[test]
    fn versions_are_totally_ordered(
        versions in prop::collection::vec((0_i64..3, "[ab]", 0_u64..3, 0_u64..3, "[ab]{0,2}"), 3),
    ) {
        let version = |i: usize| {
            let (stamp, origin, incarnation, seq, line) = &versions[i];
            Version { stamp: Wall(*stamp), origin: origin.as_bytes(), incarnation: *incarnation, seq: *seq, line: line.as_bytes() }
        };
        let (a, b, c) = (version(0), version(1), version(2));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }
}

/// The prototypes' rule is no total order, and so their herds can stay divided.
#[test]
fn with_the_prototypes_rule_the_order_of_hearing_decides() {
    let one = b"\x01\x01\x01AT s1 +0.5 c +1-1 5".to_vec();
    let two = b"\x01\x01\x01AT s2 +0.5 c +2-2 5".to_vec();
    let both = |preset, updates: &[Vec<u8>]| heard(preset, updates).store().clone();
    let (forth, back) = ([one.clone(), two.clone()], [two, one]);
    assert_ne!(both(Preset::Classic, &forth), both(Preset::Classic, &back));
    assert_eq!(both(Preset::FloodSync, &forth), both(Preset::FloodSync, &back));
}
