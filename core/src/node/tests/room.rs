//! More lives of servers than a server keeps apart.

use alloc::format;

use super::*;
use crate::codec::{At, Origin, Push, Update, put_digest, put_known, put_push};
use crate::floor::Floor;
use crate::have::Have;
use crate::limits::{DIVERGED_AFTER, ORIGINS_MAX, ROOM_AFTER, UNCOUNTED_MAX};

/// The first update of a life of Welsh.
fn update(incarnation: u64, client: &str, stamp: u64) -> Vec<u8> {
    let line = format!("AT Welsh +0.1 {client} +1-1 {stamp}");
    let at = At::canonical(line.as_bytes()).unwrap();
    let origin = Origin { name: b"Welsh", incarnation };
    let update = Update { origin, seq: 1, at, line: line.as_bytes() };
    let push = Push { update, epoch: 0, hops: 0, rebuild: false, acked: false };
    frame(|out| put_push(out, &push.head(), line.as_bytes()))
}

fn pair() -> Story {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    story
}

fn counted(story: &Story) -> usize {
    story.node.origins().iter().filter(|(_, origin)| origin.is_counted()).count()
}

#[test]
fn a_life_that_left_no_record_gives_way_to_the_next() {
    let mut story = pair();
    // One client moves about; of all lives but the last there is nothing left.
    for life in 1..2 * ORIGINS_MAX as u64 {
        story.frame(1, &update(life, "kiwi", life));
        assert!(!story.events().iter().any(|event| matches!(event, Event::Full { .. })));
    }
    assert_eq!((counted(&story), story.node.origins().len()), (ORIGINS_MAX, ORIGINS_MAX));
    let last = 2 * ORIGINS_MAX as u64 - 1;
    assert_eq!(
        story.node.store().get(b"kiwi").unwrap().stamp(),
        Wall(last.cast_signed() * 1_000_000_000)
    );
    assert!(story.node.origins().find(b"Welsh", last).is_some());
    assert!(story.node.origins().find(b"Welsh", 1).is_none());
    // What is said of one that gave way takes no place again, and is no news.
    let old = Origin { name: b"Welsh", incarnation: 1 };
    let known = |out: &mut Vec<u8>| put_known(out, &old, &Have::up_to(1));
    let digest = frame(|out| put_digest(out, (true, false), (1, 0), (7, Floor::BOTTOM), known));
    assert_eq!(story.frame(2, &digest), [""; 0], "it is not pulled");
    assert!(story.node.origins().find(b"Welsh", 1).is_none());
}

#[test]
fn a_life_whose_records_are_held_is_not_counted_any_more() {
    let mut story = pair();
    // One more is our own.
    let all = (ORIGINS_MAX + UNCOUNTED_MAX) as u64 - 1;
    for life in 1..=all {
        story.frame(1, &update(life, &format!("c{life}"), 1));
    }
    assert_eq!((counted(&story), story.node.store().len() as u64), (ORIGINS_MAX, all));
    assert_eq!(story.node.origins().len() as u64, all + 1);
    assert!(ROOM_AFTER < all, "it is looked again and again");
    // Now there is no room at all, unless a record goes.
    story.frame(1, &update(all + 1, "more", 1));
    assert!(story.events().iter().any(|event| matches!(event, Event::Full { .. })));
    for client in 1..=ROOM_AFTER {
        story.open(100).line(100, &format!("IAMAT c{client} +1-1 1700000000"));
        story.on(Input::Closed(ConnId(100)));
    }
    story.frame(1, &update(all + 1, "more", 1));
    assert!(!story.events().iter().any(|event| matches!(event, Event::Full { .. })));
    assert_eq!(counted(&story), ORIGINS_MAX);
}

/// Who cannot count what a neighbour has compares what both hold, and is at rest when that is the same.
#[test]
fn what_finds_no_room_is_compared() {
    let mut story = pair();
    for life in 1..2 * ORIGINS_MAX as u64 {
        story.frame(1, &update(life, "kiwi", life));
    }
    let print = story.node.store().print();
    let old = Origin { name: b"Welsh", incarnation: 1 };
    let say = |print: u64, ours: u64| {
        let known = |out: &mut Vec<u8>| put_known(out, &old, &Have::up_to(1));
        frame(|out| put_digest(out, (false, false), (1, ours), (print, Floor::BOTTOM), known))
    };
    let ours = story.node.origins().summary();
    assert!(story.node.is_unsettled(PeerId(1)));
    for _ in 0..DIVERGED_AFTER {
        story.frame(2, &say(print, ours));
        assert!(story.events().is_empty());
    }
    assert!(!story.node.is_unsettled(PeerId(1)), "both hold the same");
    for n in 1..=DIVERGED_AFTER {
        story.frame(2, &say(print ^ 1, ours));
        let diverged = story.events().contains(&Event::Diverged { peer: PeerId(1) });
        assert_eq!(diverged, n == DIVERGED_AFTER);
    }
    let asked = story
        .out
        .outputs()
        .iter()
        .any(|output| matches!(output, Output::Write { conn: ConnId(2), .. }));
    assert!(asked, "it asks, whoever is the lower name");
}
