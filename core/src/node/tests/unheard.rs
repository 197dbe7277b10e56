//! Planned feeds that are lost before anything was heard of whom they would have brought.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use alloc::format;
use alloc::sync::Arc;

use super::*;
use crate::codec::{Frame, Origin, put_pull};
use crate::have::Have;
use crate::limits::UNHEARD_MAX;
use crate::origin::ANY_LIFE;
use crate::overlay::Overlay;

/// Hamilton between the hub of a star, on connection 1, and Ball, on connection 2, who is next to the
/// hub as well. The others are leaves.
fn beside_a_hub(leaves: usize) -> Story {
    let names: Vec<String> = (0..leaves).map(|n| format!("leaf{n}")).collect();
    let spokes = names.iter().map(|name| ("Hub", &**name, 1));
    let ends = [("Hamilton", "Hub", 1), ("Hamilton", "Ball", 1), ("Ball", "Hub", 1)];
    let overlay = Arc::new(Overlay::new(ends.into_iter().chain(spokes)));
    let peers = [Peer::new("Hub"), Peer::new("Ball")];
    let config =
        Config { incarnation: 5, overlay: Some(overlay), ..Config::new("Hamilton", peers) };
    let mut story = Story::of(config);
    story.join(1, "Hub");
    story.join(2, "Ball");
    story
}

/// The names that are grafted on a connection.
fn grafted(story: &Story, conn: u32) -> Vec<(Vec<u8>, u64)> {
    let written = story.out.outputs().iter().filter_map(|output| match output {
        Output::Write { conn: to, bytes } if to.0 == conn => Some(story.out.bytes(*bytes)),
        _ => None,
    });
    let mut names = Vec::new();
    for bytes in written {
        let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
        if let Ok(Frame::Graft { known, .. }) = Frame::parse(&bytes[length + 1..]) {
            names.extend(known.iter().map(|(of, _)| (of.name.to_vec(), of.incarnation)));
        }
    }
    names
}

#[test]
fn who_loses_a_planned_feed_asks_for_those_it_would_have_brought_by_name() {
    let mut story = beside_a_hub(2);
    story.on(Input::Closed(ConnId(1)));
    let names = [b"Hub".as_slice(), b"leaf0", b"leaf1"].map(|name| (name.to_vec(), ANY_LIFE));
    assert_eq!(grafted(&story, 2), names);
    // Not again, and a neighbour that comes is told too.
    story.join(1, "Hub");
    assert_eq!(grafted(&story, 1), names);
    story.on(Input::Closed(ConnId(1)));
    assert_eq!(grafted(&story, 2), []);
    // A life that is heard of later has no feed by the plan.
    let line = "AT leaf0 +0.1 kiwi +1-1 1700000000";
    story.frame(2, &push(1, line));
    let origins = story.node.origins();
    let life = origins.find(b"leaf0", 9).unwrap();
    assert_eq!(origins.get(life).tree().parent(), None);
}

#[test]
fn a_neighbour_that_may_have_begun_anew_is_asked_for_lives_that_are_known_as_well() {
    let mut story = beside_a_hub(1);
    story.frame(1, &push(1, "AT leaf0 +0.1 kiwi +1-1 1700000000"));
    story.on(Input::Closed(ConnId(1)));
    story.on(Input::Closed(ConnId(2)));
    story.join(3, "Ball");
    // By name, for a later life; and what there is of this one need not be given.
    let names = [b"Ball".as_slice(), b"Hub", b"leaf0"].map(|name| (name, ANY_LIFE));
    let wanted: Vec<_> = names.into_iter().chain([(&b"leaf0"[..], 9)]).map(owned).collect();
    assert_eq!(sorted(grafted(&story, 3)), wanted);
}

#[test]
fn who_has_no_planned_feed_among_its_neighbours_asks_the_others() {
    let overlay = [("Hamilton", "Hub", 1), ("Hamilton", "Ball", 1), ("Ball", "Hub", 1)];
    let overlay = Some(Arc::new(Overlay::new(overlay)));
    // The link to the hub was taken away; the others still go by the map.
    let config = Config { incarnation: 5, overlay, ..Config::new("Hamilton", [Peer::new("Ball")]) };
    let mut story = Story::of(config);
    story.join(2, "Ball");
    assert_eq!(grafted(&story, 2), []);
    story.frame(2, &push(1, "AT Hub +0.1 kiwi +1-1 1700000000"));
    assert_eq!(grafted(&story, 2), [owned((b"Hub", 9))]);
    story.frame(2, &push(2, "AT Hub +0.1 lime +1-1 1700000000"));
    assert_eq!(grafted(&story, 2), []);
}

#[test]
fn who_is_fed_by_everybody_has_lost_nothing_of_a_plan() {
    let of_trees = beside_a_hub(1);
    let config = Config { preset: Preset::FloodSync, ..(*of_trees.node.config).clone() };
    let mut story = Story::of(config);
    story.join(2, "Ball");
    story.frame(2, &push(1, "AT leaf0 +0.1 kiwi +1-1 1700000000"));
    story.on(Input::Closed(ConnId(2)));
    story.join(3, "Ball");
    assert_eq!(grafted(&story, 3), []);
}

/// Whoever may only be told something cannot feed, but has to know that it is not fed any more.
#[test]
fn who_is_fed_over_a_one_way_link_hears_that_its_feed_has_lost_its_own() {
    let overlay = Overlay::directed([("Hub", "Hamilton", 1), ("Hamilton", "Ball", 1)]);
    let one_way = |name, direction| Peer { direction, ..Peer::new(name) };
    let peers = [one_way("Hub", Direction::In), one_way("Ball", Direction::Out)];
    let overlay = Some(Arc::new(overlay));
    let config = Config { incarnation: 5, overlay, ..Config::new("Hamilton", peers) };
    let mut story = Story::of(config);
    story.join(1, "Hub");
    story.on(Input::Opened { conn: ConnId(2), how: Opening::Dialed(PeerId(1)) });
    story.line(2, "HERD 1 herd Ball 9");
    story.frame(1, &push(1, "AT Hub +0.1 kiwi +1-1 1700000000"));
    story.on(Input::Closed(ConnId(1)));
    assert_eq!(sorted(grafted(&story, 2)), [(&b"Hub"[..], ANY_LIFE), (b"Hub", 9)].map(owned));
}

fn owned((name, life): (&[u8], u64)) -> (Vec<u8>, u64) {
    (name.to_vec(), life)
}

fn sorted(mut names: Vec<(Vec<u8>, u64)>) -> Vec<(Vec<u8>, u64)> {
    names.sort_unstable();
    names
}

#[test]
fn who_is_asked_by_name_feeds_and_gives_what_there_is_of_any_life() {
    let mut story = beside_a_hub(2);
    story.frame(1, &push(1, "AT leaf0 +0.1 kiwi +1-1 1700000000"));
    let pushed = |story: &Story| {
        story.out.outputs().iter().any(|output| {
            matches!(output, Output::Write { conn: ConnId(2), bytes } if story.out.bytes(*bytes)[1] < 4)
        })
    };
    assert!(!pushed(&story), "the plan has Ball fed by the hub");
    let names = [b"leaf0".as_slice(), b"leaf1"].map(|name| Origin { name, incarnation: ANY_LIFE });
    let mut graft = Vec::new();
    put_pull(&mut graft, true, 0, |out| {
        for name in &names {
            crate::codec::put_known(out, name, &Have::default());
        }
    });
    story.frame(2, &graft[1..]);
    assert!(pushed(&story), "what there is of one that is known");
    story.frame(1, &push(1, "AT leaf1 +0.1 lime +1-1 1700000000"));
    assert!(pushed(&story), "and what comes of one that was not");
}

#[test]
fn there_is_an_end_to_the_names_that_are_asked_for() {
    let mut story = beside_a_hub(UNHEARD_MAX + 10);
    story.on(Input::Closed(ConnId(1)));
    assert_eq!(grafted(&story, 2).len(), UNHEARD_MAX);
}
