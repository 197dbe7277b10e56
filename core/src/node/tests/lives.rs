//! Lives, clocks and what is forgotten.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use super::*;
use crate::codec::{Hello, put_hello, put_stale};
use crate::floor::Floor;
use crate::limits::{
    CLOCKS_APART, FLOOR_STEPS, INCARNATION_MAX, LIFE_BITS, LIFE_TICK, REDIAL_FIRST,
};
use crate::time::MILLISECOND;

const DAY: i64 = 24 * 3600 * SECOND.cast_signed();
const YEARS: i64 = 3650 * DAY;

/// A hello of somebody whose clock is so far ahead.
fn hello(ahead: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_hello(&mut bytes, &Hello { wall: Wall(T0 + ahead), floor: Floor::BOTTOM });
    bytes.split_off(1)
}

fn renewed(story: &Story) -> Option<u64> {
    story.events().into_iter().find_map(|event| match event {
        Event::Renewed { incarnation } => Some(incarnation),
        _ => None,
    })
}

#[test]
fn whoever_greets_with_an_earlier_life_is_told_the_later_one() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.on(Input::Closed(ConnId(1)));
    story.open(2);
    assert_eq!(story.line(2, "HERD 1 herd Ball 8"), ["2 <- STALE 9\\n", "hangup 2"]);
    // What its later life has counted tells as much.
    story.join(1, "Ball");
    story.frame(1, b"\x02\0\0\0\x06Alford\x0c\x01AT Alford +0.1 kiwi +1-1 1700000000");
    story.open(2);
    assert_eq!(story.line(2, "HERD 1 herd Alford 11"), ["2 <- STALE 12\\n", "hangup 2"]);
    story.open(2);
    assert_eq!(story.line(2, "HERD 1 herd Alford 12")[0], "2 <- HERD 1 herd Hamilton 5\\n");
}

#[test]
fn whoever_is_told_of_a_later_life_takes_one_after_it_and_greets_anew_at_once() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.open(9).line(9, "IAMAT kiwi +1-1 1699999999");
    story.later(0);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(story.line(1, "STALE 4194304"), ["hangup 1"]);
    let life = renewed(&story).unwrap();
    assert_eq!((life >> LIFE_BITS, life & 0xffff), (65, 5), "later, with its own low bits");
    assert_eq!(story.later(0), ["dial 0"]);
    let done = story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(done, [alloc::format!("1 <- HERD 1 herd Hamilton {life}\\n")]);
    // Whoever says so again and again is not dialed without end.
    assert_eq!(story.line(1, &alloc::format!("STALE {life}")), ["hangup 1"]);
    assert_eq!(story.later(0), [""; 0]);
    assert_eq!(story.later(2 * REDIAL_FIRST), ["dial 0"]);
    // What was counted stays as it was counted, and counting begins anew.
    story.line(9, "IAMAT plum +1-1 1699999999");
    let counts: Vec<(u64, u64)> =
        story.node.store().iter().map(|record| (record.incarnation(), record.seq())).collect();
    assert_eq!(counts, [(5, 1), (story.node.incarnation(), 1)]);
}

#[test]
fn one_that_answers_with_an_earlier_life_is_told_on_the_link() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    story.on(Input::Closed(ConnId(1)));
    story.later(REDIAL_FIRST);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(story.line(1, "HERD 1 herd Ball 8"), ["1 <- \\x02\\x0e\\t"]);
    let mut told = Vec::new();
    put_stale(&mut told, 77);
    assert_eq!(story.frame(1, &told[1..]), [""; 0]);
    assert_eq!(renewed(&story), Some(1 << LIFE_BITS | 5));
    assert_eq!(story.node.incarnation(), 1 << LIFE_BITS | 5);
}

#[test]
fn no_life_is_so_late_that_none_could_follow() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    for life in [INCARNATION_MAX, (1 << 63) - 1, 4, 5] {
        let mut told = Vec::new();
        put_stale(&mut told, life);
        story.frame(1, &told[1..]);
        assert_eq!(renewed(&story), (life == 5).then_some(1 << LIFE_BITS | 5), "{life}");
    }
    // One that is known by such a life is let in with any.
    story.open(2).line(2, &alloc::format!("HERD 1 herd Ball {INCARNATION_MAX}"));
    story.open(3);
    let done = story.line(3, "HERD 1 herd Ball 7");
    assert!(done.iter().any(|deed| deed.starts_with("3 <- HERD 1 ")), "{done:?}");
}

#[test]
fn a_server_whose_clock_is_years_behind_believes_its_neighbours() {
    let line = alloc::format!("AT Ball +0.1 kiwi +1-1 {}", (T0 + YEARS) / 1_000_000_000);
    let poisoned = |ahead: &[i64]| {
        let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford"), Peer::new("Welsh")]);
        for (ahead, (conn, name)) in ahead.iter().zip([(1, "Ball"), (2, "Alford"), (3, "Welsh")]) {
            story.join(conn, name);
            story.frame(conn, &hello(*ahead));
        }
        story.frame(1, &push(1, &line));
        story.events().iter().any(|event| matches!(event, Event::Poisoned { .. }))
    };
    assert!(!poisoned(&[YEARS]), "of two, the one by which nothing is dropped");
    assert!(poisoned(&[YEARS, 0]) && poisoned(&[YEARS, 0, 0]), "one of three");
    assert!(!poisoned(&[YEARS, YEARS, 0]) && !poisoned(&[YEARS, YEARS]));
}

#[test]
fn a_clock_that_jumps_is_set_right_by_the_neighbours() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    for (conn, name) in [(1, "Ball"), (2, "Alford")] {
        story.join(conn, name);
        story.frame(conn, &hello(CLOCKS_APART));
    }
    story.open(9);
    let says = |story: &mut Story, ahead: i64| {
        let stamp = (T0 + ahead) / 1_000_000_000;
        story.line(9, &alloc::format!("IAMAT c{ahead} +1-1 {stamp}"))[0].starts_with("9 <- AT ")
    };
    assert!(says(&mut story, 0) && !says(&mut story, 2 * DAY));
    for jump in [YEARS, -YEARS] {
        story.now.wall = Wall(T0 + jump);
        assert!(says(&mut story, 1) && !says(&mut story, 2 * DAY), "{jump}");
        assert!(says(&mut story, jump) == (jump < 0), "the past is taken, the future is not");
    }
    // Alone, it has no other clock than its own.
    for conn in [1, 2] {
        story.on(Input::Closed(ConnId(conn)));
    }
    story.now.wall = Wall(T0 + YEARS);
    assert!(says(&mut story, YEARS));
}

fn keeping(retention: Option<u64>, clients_max: usize) -> Story {
    let peers = [Peer::new("Ball"), Peer::new("Alford")];
    let mut story = Story::of(Config {
        incarnation: 5,
        preset: Preset::FloodSync,
        retention,
        clients_max,
        ..Config::new("Hamilton", peers)
    });
    story.join(1, "Ball");
    story.join(2, "Alford");
    story.open(9);
    story
}

fn forgotten(story: &Story) -> u32 {
    let count = |event: &Event| match event {
        Event::Forgotten { records } => *records,
        _ => 0,
    };
    story.events().iter().map(count).sum()
}

#[test]
fn what_is_too_old_is_absent_and_goes_on_all_the_same() {
    let week = (7 * DAY).unsigned_abs();
    let mut story = keeping(Some(week), 100);
    let old = (T0 - 8 * DAY) / 1_000_000_000;
    let accepted = |done: &[String]| done[0].starts_with("9 <- AT ");
    // Nothing newer is known yet: who can tell whether the clock is right?
    assert!(accepted(&story.line(9, &alloc::format!("IAMAT first +1-1 {old}"))));
    assert!(accepted(&story.line(9, "IAMAT kiwi +1-1 1700000000")));
    assert_eq!(story.later(0), [""; 0]);
    assert_eq!((forgotten(&story), story.node.store().len()), (1, 1));
    let again = alloc::format!("IAMAT first +1-1 {old}");
    assert_eq!(story.line(9, &again), [alloc::format!("9 <- ? {again}\\n")]);
    assert_eq!(story.line(9, "WHATSAT first 1 1"), ["9 <- ? WHATSAT first 1 1\\n"]);
    // A neighbour that keeps more has it; others that do are told.
    let line = alloc::format!("AT Ball +0.1 plum +1-1 {old}");
    assert_eq!(story.frame(1, &push(1, &line)).len(), 1);
    assert!(matches!(story.events()[..], [Event::Expired { .. }]));
    assert_eq!(story.node.store().len(), 1);
    let ball = story.node.origins().find(b"Ball", 9).unwrap();
    assert!(story.node.origins().get(ball).have().contains(1), "it is not asked for again");
    // A week and a bit later kiwi is gone as well, once there is somebody else.
    story.now.wall = Wall(T0 + 8 * DAY);
    story.later((8 * DAY).unsigned_abs());
    assert_eq!((forgotten(&story), story.node.store().len()), (0, 1));
    let now = (T0 + 8 * DAY) / 1_000_000_000;
    story.line(9, &alloc::format!("IAMAT fig +1-1 {now}"));
    story.later(0);
    assert_eq!((forgotten(&story), story.node.store().len()), (1, 1));
}

#[test]
fn a_clock_that_jumps_years_ahead_wipes_nothing() {
    let mut story = keeping(Some(DAY.unsigned_abs()), 100);
    story.line(9, "IAMAT kiwi +1-1 1700000000");
    for jump in [YEARS, -YEARS] {
        story.now.wall = Wall(T0 + jump);
        story.later(0);
        assert_eq!((forgotten(&story), story.node.store().len()), (0, 1));
    }
    // Not even if a client is as wrong as the server: the neighbours know better.
    story.now.wall = Wall(T0 + YEARS);
    for conn in [1, 2] {
        story.frame(conn, &hello(0));
    }
    let ahead = (T0 + YEARS) / 1_000_000_000;
    let line = alloc::format!("IAMAT fig +1-1 {ahead}");
    assert_eq!(story.line(9, &line), [alloc::format!("9 <- ? {line}\\n")]);
    assert_eq!(story.node.store().len(), 1);
}

#[test]
fn a_full_store_keeps_the_newest_and_hears_of_all() {
    assert_eq!(Config::new("Hamilton", []).clients_max, limits::CLIENTS_MAX);
    let mut story = keeping(None, 2);
    story.line(9, "IAMAT kiwi +1-1 1700000001");
    story.line(9, "IAMAT plum +1-1 1700000003");
    // Too old for a place.
    let line = "IAMAT fig +1-1 1700000000";
    assert_eq!(story.line(9, line), [alloc::format!("9 <- ? {line}\\n")]);
    assert_eq!(
        story.frame(1, &push(1, "AT Ball +0.1 fig +1-1 1700000000")).len(),
        1,
        "on to Alford"
    );
    assert!(matches!(story.events()[..], [Event::Expired { .. }]));
    // New enough for kiwi's.
    story.frame(1, &push(2, "AT Ball +0.1 fig +1-1 1700000002"));
    assert_eq!(forgotten(&story), 1);
    assert!(story.node.store().get(b"kiwi").is_none() && story.node.store().len() == 2);
    // News of known ones is always taken.
    story.frame(1, &push(3, "AT Ball +0.1 fig +2-2 1700000004"));
    assert!(matches!(story.events()[..], [Event::Learned { .. }]));
    // And whoever comes back with something newer.
    story.line(9, "IAMAT kiwi +1-1 1700000005");
    assert!(story.node.store().get(b"plum").is_none());
    assert_eq!(story.node.store().floor().stamp, Wall(1_700_000_003_000_000_000));
}

#[test]
fn an_old_disk_brings_nothing_back() {
    let week = Some((7 * DAY).unsigned_abs());
    let old = (T0 - 9 * DAY) / 1_000_000_000;
    let now = Now { mono: Instant(SECOND), wall: Wall(T0) };
    let config = Config { retention: week, ..Config::new("Ball", [Peer::new("Hamilton")]) };
    let mut ball = Node::new(Arc::new(config), now);
    ball.restore(alloc::format!("AT Ball +0.1 plum +1-1 {old}").as_bytes()).unwrap();
    assert_eq!(ball.store().len(), 1, "alone, it cannot know how old that is");
    // Whoever has heard something newer takes nothing of it.
    let mut story = keeping(week, 100);
    story.line(9, "IAMAT kiwi +1-1 1700000000");
    story.later(0);
    let line = ball.store().iter().next().unwrap().line().to_vec();
    story.frame(1, &[&[1, 1, 9][..], &line].concat());
    assert!(story.node.store().get(b"plum").is_none());
    // And it has nothing of it any more as soon as it has heard that.
    let mut ball = Story { node: ball, out: Outbox::new(), now };
    ball.join(1, "Hamilton");
    ball.frame(1, &push(1, "AT Hamilton +0.000000000 kiwi +1-1 1700000000"));
    ball.later(0);
    let lines = |node: &Node| -> Vec<Vec<u8>> {
        node.store().iter().map(|record| record.line().to_vec()).collect()
    };
    assert_eq!(lines(&ball.node), lines(&story.node));
}

#[test]
fn a_life_tells_when_it_began_and_which_bits_were_drawn() {
    let tick = i64::try_from(LIFE_TICK * MILLISECOND).unwrap();
    let life = incarnation_at(Wall(7 * tick + 1), 0xabcd);
    assert_eq!((life >> LIFE_BITS, life & 0xffff), (7, 0xabcd));
    assert!(incarnation_at(Wall(8 * tick), 0) > life);
}

#[test]
fn the_floor_rises_in_whole_steps() {
    let mut story = keeping(Some(DAY.unsigned_abs()), 100);
    let step = DAY / i64::try_from(FLOOR_STEPS).unwrap();
    let mut seen = Vec::new();
    for n in 0..40_i64 {
        let ahead = n * step / 10;
        story.now.wall = Wall(T0 + ahead);
        story.line(9, &alloc::format!("IAMAT kiwi +1-1 {}", (T0 + ahead) / 1_000_000_000));
        story.later(0);
        let floor = story.node.store().floor().stamp.0;
        // Nothing is forgotten before something can be.
        if story.node.store().floor() != Floor::BOTTOM {
            assert_eq!((floor + 1) % step, 0);
            seen.push(floor);
        }
    }
    seen.dedup();
    assert!((2..=5).contains(&seen.len()), "{seen:?}");
}
