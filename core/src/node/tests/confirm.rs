//! Answers that wait until neighbours have what they say.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use alloc::format;

use super::*;
use crate::codec::{Notice, Origin, Word, put_digest, put_known, put_notice};
use crate::floor::Floor;
use crate::have::Have;
use crate::limits::{CONFIRMED_BY, UNCONFIRMED_MAX};

const OWN: Origin<'static> = Origin { name: b"Hamilton", incarnation: 5 };

/// A server that answers once so many of its three neighbours have an update, and a client.
fn careful(ack_after: usize) -> Story {
    let peers = ["Ball", "Alford", "Holiday"].map(Peer::new);
    let config = Config { incarnation: 5, ack_after, ..Config::new("Hamilton", peers) };
    let mut story = Story::of(config);
    for (conn, name) in [(1, "Ball"), (2, "Alford"), (3, "Holiday")] {
        story.join(conn, name);
    }
    story.open(9);
    story
}

fn ack(seq: u64) -> Vec<u8> {
    frame(|out| put_notice(out, &Notice { what: Word::Ack, origin: OWN, seq }))
}

fn digest(upto: u64) -> Vec<u8> {
    let known = |out: &mut Vec<u8>| put_known(out, &OWN, &Have::up_to(upto));
    frame(|out| put_digest(out, (false, false), (1, 0), (0, Floor::BOTTOM), known))
}

/// What a client hears, and whether it is heard again.
fn heard(done: &[String], conn: u32) -> (usize, bool) {
    let answers = done.iter().filter(|deed| deed.starts_with(&format!("{conn} <- AT"))).count();
    (answers, done.contains(&format!("resume {conn}")))
}

#[test]
fn an_answer_waits_until_so_many_neighbours_have_the_update() {
    let mut story = careful(2);
    let done = story.line(9, "IAMAT kiwi +1-1 1700000000");
    assert!(done.contains(&"pause 9".into()), "{done:?}");
    assert!(story.node.is_paused(ConnId(9)));
    assert_eq!(heard(&done, 9), (0, false));
    assert_eq!(heard(&story.frame(1, &ack(1)), 9), (0, false));
    assert_eq!(heard(&story.frame(1, &digest(1)), 9), (0, false), "the same one");
    assert_eq!(heard(&story.frame(2, &ack(2)), 9), (0, false), "another one");
    assert_eq!(heard(&story.frame(2, &digest(1)), 9), (1, true));
    assert!(!story.node.is_paused(ConnId(9)));
    assert_eq!(heard(&story.frame(3, &ack(1)), 9), (0, false), "once");
    // Whoever is told what waits waits as well; what does not is answered at once.
    story.line(9, "IAMAT kiwi +1-1 1700000001");
    story.open(8);
    assert_eq!(heard(&story.line(8, "IAMAT kiwi +1-1 1700000000"), 8), (0, false));
    story.frame(1, &ack(2));
    let done = story.frame(3, &ack(2));
    assert_eq!([heard(&done, 8), heard(&done, 9)], [(1, true); 2]);
    assert_eq!(heard(&story.line(8, "IAMAT kiwi +1-1 1700000000"), 8), (1, false));
}

#[test]
fn neighbours_are_asked_to_say_so_at_once() {
    let mut story = careful(1);
    story.line(9, "IAMAT kiwi +1-1 1700000000");
    let told = story.out.outputs().iter().find_map(|output| match output {
        Output::Write { conn: ConnId(1), bytes } => Some(story.out.bytes(*bytes).to_vec()),
        _ => None,
    });
    // A neighbour that hears it does.
    let peers = [Peer::new("Hamilton")];
    let mut ball = Story::of(Config { incarnation: 9, ..Config::new("Ball", peers) });
    ball.open(1).line(1, "HERD 1 herd Hamilton 5");
    ball.frame(1, &told.unwrap()[1..]);
    let words = ball.out.outputs().iter().filter_map(|output| match output {
        Output::Write { bytes, .. } => Some(ball.out.bytes(*bytes)[1..].to_vec()),
        _ => None,
    });
    assert!(words.collect::<Vec<_>>().contains(&ack(1)));
}

#[test]
fn what_nobody_confirms_is_not_answered() {
    let mut story = careful(1);
    story.line(9, "IAMAT kiwi +1-1 1700000000");
    story.now.mono = story.now.mono.plus(CONFIRMED_BY - 1);
    assert!(!story.on(Input::Wake).contains(&"hangup 9".into()));
    story.now.mono = story.now.mono.plus(1);
    assert!(story.on(Input::Wake).contains(&"hangup 9".into()));
    assert!(story.events().contains(&Event::Unconfirmed { conn: ConnId(9) }));
    // It is held all the same. Nobody waits any more, nor does who has gone.
    story.open(9).line(9, "IAMAT lime +1-1 1700000000");
    story.on(Input::Closed(ConnId(9)));
    assert_eq!(heard(&story.frame(1, &ack(2)), 9), (0, false));
    assert_eq!(story.node.store().len(), 2);
}

#[test]
fn so_many_wait_and_no_more() {
    let mut story = careful(1);
    for n in 0..=u32::try_from(UNCONFIRMED_MAX).unwrap() {
        let done = story.open(10 + n).line(10 + n, &format!("IAMAT c{n} +1-1 1700000000"));
        let refused = done.iter().any(|deed| deed.contains("<- ? IAMAT"));
        assert_eq!(refused, n as usize == UNCONFIRMED_MAX);
    }
    let done = story.frame(1, &digest(UNCONFIRMED_MAX as u64));
    assert_eq!(done.iter().filter(|deed| deed.contains("<- AT")).count(), UNCONFIRMED_MAX);
}
