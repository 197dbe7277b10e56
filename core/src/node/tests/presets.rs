//! What each preset does that the others do not, and the limits of it.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use alloc::format;

use super::*;
use crate::codec::{Build, Frame, Notice, Origin, Word, put_build, put_notice};
use crate::limits::{
    BATCH, BATCHED_HOPS, DIGEST_EVERY, EXCHANGE_EVERY, GOSSIP_EVERY, GOSSIP_FANOUT, GOSSIP_TIMES,
    GRACE, MISSING_AGAIN, MISSING_MAX, MISSING_WAIT, RETRY_EVERY, RUMOURS_BYTES, RUMOURS_MAX,
    RUMOURS_TOLD, UNACKED_MAX,
};

const BALL: Origin<'static> = Origin { name: b"Ball", incarnation: 9 };

/// Hamilton with so many neighbours, P0 to P9, each on the connection of its number.
fn herd(neighbours: u32, change: impl FnOnce(&mut Config)) -> Story {
    let names: Vec<String> = (0..neighbours).map(|n| format!("P{n}")).collect();
    let peers: Vec<Peer> = names.iter().map(|name| Peer::new(name)).collect();
    let mut config = Config { incarnation: 5, ..Config::new("Hamilton", peers) };
    change(&mut config);
    let mut story = Story::of(config);
    for (conn, name) in (0..).zip(&names) {
        story.join(conn, name);
    }
    story.open(99);
    story
}

fn of(neighbours: u32, preset: Preset) -> Story {
    herd(neighbours, |config| config.preset = preset)
}

/// The frames that were written, one after the other, by connection.
fn written(story: &Story) -> Vec<(u32, Vec<Frame<'_>>)> {
    let mut messages = Vec::new();
    for output in story.out.outputs() {
        let Output::Write { conn, bytes } = output else { continue };
        let mut rest = story.out.bytes(*bytes);
        if conn.0 == 99 || rest.starts_with(b"HERD ") {
            continue;
        }
        let mut frames = Vec::new();
        while let Some(size) = rest.iter().position(|byte| byte & 0x80 == 0) {
            let length =
                rest[..=size].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
            let (frame, more) = rest[size + 1..].split_at(length);
            frames.push(Frame::parse(frame).unwrap());
            rest = more;
        }
        messages.push((conn.0, frames));
    }
    messages
}

/// To whom updates were pushed, and how many to each.
fn pushes(story: &Story) -> Vec<(u32, usize)> {
    let is_push = |frame: &&Frame<'_>| matches!(frame, Frame::Push(_));
    let count =
        |(conn, frames): (u32, Vec<Frame<'_>>)| (conn, frames.iter().filter(is_push).count());
    written(story).into_iter().map(count).filter(|(_, pushes)| *pushes > 0).collect()
}

/// Hamilton is told something by a client.
fn told(story: &mut Story, n: u32) {
    story.line(99, &format!("IAMAT c{n} +1-1 1600000000"));
}

fn without_length(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes);
    let size = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    bytes.split_off(size + 1)
}

fn notice(what: Word, origin: Origin<'_>, seq: u64) -> Vec<u8> {
    without_length(|out| put_notice(out, &Notice { what, origin, seq }))
}

fn balls(seq: u8) -> Vec<u8> {
    push(seq, &format!("AT Ball +0.1 b{seq} +1-1 1600000000"))
}

#[test]
fn what_is_not_acknowledged_is_told_again() {
    let mut story = of(2, Preset::FloodAck);
    told(&mut story, 1);
    assert_eq!(pushes(&story), [(0, 1), (1, 1)]);
    let own = Origin { name: b"Hamilton", incarnation: 5 };
    story.frame(0, &notice(Word::Ack, own, 1));
    assert_eq!(story.node.next_deadline(), Some((story.now.mono.plus(RETRY_EVERY), Timer::Spread)));
    story.later(RETRY_EVERY);
    assert_eq!(pushes(&story), [(1, 1)]);
    // Whoever tells it itself has it. A neighbour's update is acknowledged, and told to the other.
    story.frame(1, &notice(Word::Ack, own, 1));
    story.later(RETRY_EVERY);
    assert_eq!(pushes(&story), []);
    let asked =
        [&[2, 2, 0, 1, 4][..], b"Ball\x09\x01", b"AT Ball +0.1 b1 +1-1 1600000000"].concat();
    story.frame(0, &asked);
    let acks = |story: &Story| {
        let ack = |(_, frames): &(u32, Vec<Frame<'_>>)| {
            frames.contains(&Frame::Notice(Notice { what: Word::Ack, origin: BALL, seq: 1 }))
        };
        written(story).iter().filter(|message| ack(message)).count()
    };
    assert_eq!((acks(&story), pushes(&story)), (1, Vec::from([(1, 1)])));
    story.frame(0, &asked);
    assert_eq!((acks(&story), pushes(&story)), (1, Vec::new()), "the acknowledgement was lost");
}

#[test]
fn a_neighbour_that_acknowledges_nothing_is_owed_so_much_and_no_more() {
    let mut story = of(1, Preset::FloodAck);
    for n in 0..=u32::try_from(UNACKED_MAX).unwrap() {
        told(&mut story, n);
    }
    story.later(RETRY_EVERY);
    assert!(story.events().iter().any(|event| matches!(event, Event::Dropped { records: 1, .. })));
    assert_eq!(story.node.links()[0].unacked.as_ref().unwrap().len(), UNACKED_MAX);
}

#[test]
fn whoever_tells_what_is_known_is_told_names_only_until_it_asks() {
    let mut story = of(3, Preset::Plumtree);
    story.frame(0, &balls(1));
    assert_eq!(pushes(&story), [(1, 1), (2, 1)]);
    story.frame(1, &balls(1));
    let pruned = Frame::Notice(Notice { what: Word::Prune, origin: BALL, seq: 1 });
    assert_eq!(written(&story), [(1, Vec::from([pruned]))]);
    story.frame(2, &notice(Word::Prune, BALL, 1));
    told(&mut story, 1);
    assert_eq!(pushes(&story), [(0, 1)]);
    let own = Origin { name: b"Hamilton", incarnation: 5 };
    let named = Frame::Notice(Notice { what: Word::Have, origin: own, seq: 1 });
    assert_eq!(written(&story)[..2], [(1, Vec::from([named])), (2, Vec::from([named]))]);
    story.frame(2, &notice(Word::Graft, own, 1));
    assert_eq!(pushes(&story), [(2, 1)]);
    told(&mut story, 2);
    assert_eq!(pushes(&story), [(0, 1), (2, 1)]);
}

#[test]
fn what_was_named_and_does_not_come_is_asked_for_of_one_after_the_other() {
    let mut story = of(2, Preset::Plumtree);
    for conn in [0, 1] {
        story.frame(conn, &notice(Word::Have, BALL, 1));
    }
    let asked =
        |story: &Story| -> Vec<u32> { written(story).iter().map(|(conn, _)| *conn).collect() };
    story.later(MISSING_WAIT - 1);
    assert_eq!(asked(&story), []);
    story.later(1);
    let graft = Frame::Notice(Notice { what: Word::Graft, origin: BALL, seq: 1 });
    assert_eq!(written(&story), [(0, Vec::from([graft]))]);
    story.later(MISSING_AGAIN);
    assert_eq!(asked(&story), [1]);
    story.later(MISSING_AGAIN);
    assert_eq!((asked(&story), story.node.next_deadline()), (Vec::new(), None), "nobody is left");
    // There is an end to what is remembered.
    for seq in 1..=MISSING_MAX as u64 + 5 {
        story.frame(0, &notice(Word::Have, BALL, seq));
    }
    story.later(MISSING_WAIT);
    assert_eq!(asked(&story).len(), MISSING_MAX);
}

#[test]
fn rumours_go_to_a_few_in_turn_and_so_and_so_often() {
    let mut story = of(8, Preset::Gossip);
    told(&mut story, 1);
    assert_eq!(pushes(&story), [], "not at once");
    let mut all = Vec::new();
    loop {
        story.later(GOSSIP_EVERY);
        let told = pushes(&story);
        if told.is_empty() {
            break;
        }
        assert_eq!(told.len(), GOSSIP_FANOUT.min(told.len()));
        all.extend(told);
    }
    // Nine servers: the logarithm is one.
    assert_eq!(all.len(), GOSSIP_TIMES as usize);
    assert!(all.iter().all(|(conn, _)| all.iter().filter(|(other, _)| other == conn).count() == 1));
    // Now and then two compare all they have.
    let at = story.node.next_deadline().map(|(at, timer)| (at.0 - SECOND, timer));
    assert_eq!(at, Some((EXCHANGE_EVERY, Timer::Digest)));
}

#[test]
fn there_is_an_end_to_rumours() {
    let mut story = of(1, Preset::Gossip);
    for n in 0..=u32::try_from(RUMOURS_MAX).unwrap() {
        told(&mut story, n);
    }
    assert_eq!(story.node.spreading.more().rumours.len(), RUMOURS_MAX);
    story.later(GOSSIP_EVERY);
    assert_eq!(pushes(&story), [(0, RUMOURS_TOLD)]);
}

#[test]
fn a_message_of_rumours_has_an_end_too() {
    let mut story = of(1, Preset::Gossip);
    let half = RUMOURS_BYTES / 2;
    for n in 0..5 {
        let line = format!("PUT k{n} 1600000000 {half}\n");
        let said = [line.as_bytes(), &[b'x'; RUMOURS_BYTES][..half]].concat();
        story.on(Input::Heard { conn: ConnId(99), unit: Unit::Put(&said) });
    }
    for _ in 0..3 {
        story.later(GOSSIP_EVERY);
        assert_eq!(pushes(&story), [(0, 2)]);
    }
}

#[test]
fn what_goes_to_a_neighbour_soon_after_the_last_is_gathered() {
    let mut story = of(1, Preset::GroveBatch);
    // The greeting is no message of this kind.
    for n in 1..=3 {
        told(&mut story, n);
        assert_eq!(pushes(&story), if n == 1 { Vec::from([(0, 1)]) } else { Vec::new() });
    }
    assert_eq!(story.node.next_deadline(), Some((story.now.mono.plus(BATCH), Timer::Batch)));
    story.later(BATCH - 1);
    assert_eq!(pushes(&story), []);
    story.later(1);
    assert_eq!(pushes(&story), [(0, 2)], "in one message");
    // What lies before an update is waited for: it may be gathered on its way.
    story.later(BATCH);
    story.frame(0, &balls(2));
    let pull = story.node.pull_at.unwrap();
    assert_eq!(pull, story.now.mono.plus(GRACE + BATCHED_HOPS * BATCH));
}

#[test]
fn the_root_builds_the_tree_that_all_share_and_updates_go_up_and_down_it() {
    let root = |config: &mut Config| {
        config.preset = Preset::GroveBatch;
        (config.tuning.batch, config.tuning.ride) = (Some(0), 0);
    };
    // The root floods once, before the first update.
    let mut story = herd(2, |config| {
        root(config);
        config.root = Some("Hamilton".into());
    });
    told(&mut story, 1);
    let builds = |story: &Story| -> Vec<(u32, u64, u64)> {
        let build = |(conn, frames): (u32, Vec<Frame<'_>>)| match frames[0] {
            Frame::Build(Build { epoch, hops, .. }) => Some((conn, epoch, hops)),
            _ => None,
        };
        written(story).into_iter().filter_map(build).collect()
    };
    assert_eq!(builds(&story), [(0, 1, 1), (1, 1, 1)]);
    told(&mut story, 2);
    assert_eq!(builds(&story), []);
    // Somebody else is fed by whoever told it first, and prunes the others.
    let mut story = herd(3, |config| {
        root(config);
        config.root = Some("P0".into());
    });
    let p0 = Origin { name: b"P0", incarnation: 9 };
    let build = |epoch| without_length(|out| put_build(out, &Build { root: p0, epoch, hops: 1 }));
    story.frame(0, &build(1));
    assert_eq!(builds(&story), [(1, 1, 2), (2, 1, 2)]);
    story.frame(1, &build(1));
    let prunes = |story: &Story| {
        written(story).iter().filter(|(_, f)| matches!(f[0], Frame::Prune(_))).count()
    };
    assert_eq!((prunes(&story), builds(&story)), (1, Vec::new()));
    let prune = without_length(|out| {
        crate::codec::put_epochs(out, false, |out| crate::codec::put_epoch(out, &p0, 1));
    });
    story.frame(1, &prune);
    told(&mut story, 1);
    assert_eq!(pushes(&story), [(0, 1), (2, 1)], "up and down");
    story.frame(2, &balls(1));
    assert_eq!(pushes(&story), [(0, 1)]);
    // Without its feed it tells all.
    story.on(Input::Closed(ConnId(0)));
    told(&mut story, 2);
    assert_eq!(pushes(&story), [(1, 1), (2, 1)]);
}

/// A digest that was to ride with an update that found no room was not told.
#[test]
fn what_finds_no_room_was_not_told() {
    for room in [true, false] {
        let mut story = herd(1, |config| config.preset = Preset::FloodSync);
        told(&mut story, 1);
        let session = |story: &Story| story.node.links[0].live().unwrap().clone();
        let before = session(&story);
        if !room {
            let mut config = (*story.node.config).clone();
            config.tuning.window = before.unsent();
            story.node.config = Arc::new(config);
        }
        story.now.mono = story.now.mono.plus(DIGEST_EVERY - 1);
        told(&mut story, 2);
        let after = session(&story);
        assert_eq!(after.is_lagging(), !room);
        let told = after.heard.told != before.heard.told;
        assert_eq!(told, room, "with room it rides, and is told");
    }
}
