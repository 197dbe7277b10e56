//! What neighbours are given, how many of them at once, and how much each.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use alloc::format;

use super::*;
use crate::codec::{Frame, put_known, put_pull, put_sync};
use crate::have::Have;
use crate::limits::{
    BUDGET_AHEAD, BUDGET_BYTE, BUDGET_OVERDRAWN, BUDGET_QUESTION, LOG_LENGTH, SYNCS_SERVED,
};

const PEERS: [(u32, &str); 4] = [(1, "Ball"), (2, "Alford"), (3, "Holiday"), (4, "Welsh")];

/// A server that has more than its log remembers, and four neighbours that have nothing.
fn full(clients: usize) -> Story {
    let mut story = Story::with(PEERS.map(|(_, name)| Peer::new(name)));
    story.open(9);
    for client in 0..clients {
        story.line(9, &format!("IAMAT {client} +1-1 1700000000"));
    }
    for (conn, name) in PEERS {
        story.join(conn, name);
    }
    story
}

/// The parts of answers that were written to a connection: which answer, and whether it is the last.
fn parts(story: &Story, conn: u32) -> Vec<(u64, bool)> {
    let written = story.out.outputs().iter().filter_map(|output| match output {
        Output::Write { conn: to, bytes } if to.0 == conn => Some(story.out.bytes(*bytes)),
        _ => None,
    });
    let part = |bytes: &[u8]| {
        let size = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
        match Frame::parse(&bytes[size + 1..]) {
            Ok(Frame::Repair(repair)) => Some((repair.answer, repair.last)),
            _ => None,
        }
    };
    written.filter_map(part).collect()
}

#[test]
fn two_are_given_everything_at_once_and_the_others_after_them() {
    let mut story = full(2 * LOG_LENGTH);
    let ask = |answer| frame(|out| put_sync(out, answer, |_| ()));
    let mut begun = Vec::new();
    for (conn, _) in PEERS {
        story.frame(conn, &ask(1));
        begun.extend((!parts(&story, conn).is_empty()).then_some(conn));
    }
    assert_eq!(begun.len(), SYNCS_SERVED);
    // Who waits and asks again is not given everything twice.
    story.frame(4, &ask(2));
    let mut ended = Vec::new();
    for _ in 0..100 {
        for (conn, _) in PEERS {
            story.on(Input::Writable(ConnId(conn)));
            for (conn, _) in PEERS {
                let last = parts(&story, conn).into_iter().filter(|(_, last)| *last);
                ended.extend(last.map(|(answer, _)| (conn, answer)));
            }
        }
    }
    assert_eq!(ended, [(1, 1), (2, 1), (3, 1), (4, 2)]);
}

#[test]
fn one_that_takes_nothing_holds_up_nobody_for_long() {
    let mut story = full(2 * LOG_LENGTH);
    for conn in 1..=2 {
        story.frame(conn, &frame(|out| put_sync(out, 1, |_| ())));
    }
    let ask = frame(|out| put_sync(out, 1, |_| ()));
    story.frame(3, &ask);
    assert!(parts(&story, 3).is_empty());
    story.now.mono = story.now.mono.plus(story.node.config.tuning.pull_timeout + SECOND);
    story.frame(3, &ask);
    assert!(!parts(&story, 3).is_empty());
}

/// What a neighbour asks for beyond its budget comes later; what others say is heard meanwhile.
#[test]
fn who_asks_too_much_is_given_less_at_a_time_and_at_last_hung_up_on() {
    let mut story = full(200);
    let own = crate::codec::Origin { name: b"Hamilton", incarnation: 5 };
    let nothing = |out: &mut Vec<u8>| put_known(out, &own, &Have::default());
    let ask = |answer| frame(|out| put_pull(out, false, answer, nothing));
    let mut given = 0_u64;
    for answer in 1.. {
        story.frame(1, &ask(answer));
        story.on(Input::Writable(ConnId(1)));
        if !story.node.links()[0].live().unwrap().is_repairing() {
            given += 1;
        } else {
            break;
        }
    }
    let size = 200 * 56 + BUDGET_QUESTION as u64;
    let most = BUDGET_AHEAD / BUDGET_BYTE / size;
    assert!(given.abs_diff(most) <= most / 10, "{given} answers, not {most}");
    // Nothing is owed to the others.
    story.frame(2, &ask(1));
    assert_eq!(parts(&story, 2), [(1, true)]);
    // In time it is given the rest.
    let (wait, _) = story.node.next_deadline().unwrap();
    assert!(wait > story.now.mono && wait <= story.now.mono.plus(BUDGET_AHEAD));
    story.now.mono = wait;
    story.on(Input::Wake);
    assert_eq!(parts(&story, 1).len(), 1);
    let mut asked = 0;
    while story.node.links()[0].live().is_some() {
        asked += 1;
        story.frame(1, &ask(1_000_000 + asked));
    }
    assert!(matches!(story.events()[..], [Event::LinkDown { why: LinkEnd::Greedy, .. }]));
    let most = (BUDGET_AHEAD + BUDGET_OVERDRAWN) / BUDGET_BYTE / BUDGET_QUESTION as u64;
    assert!((most / 2..=most).contains(&asked), "{asked} questions, not {most}");
}

/// Over a tree that all share a graft is answered by what is had, which costs as much to say.
#[test]
fn who_grafts_too_much_onto_the_tree_that_all_share_is_hung_up_on() {
    let mut config = Config::new("Hamilton", [Peer::new("Ball")]);
    (config.preset, config.root) = (Preset::GroveBatch, Some("Hamilton".into()));
    let mut story = Story::of(config);
    story.join(1, "Ball");
    let graft = frame(|out| put_pull(out, true, 0, |_| ()));
    let most = (BUDGET_AHEAD + BUDGET_OVERDRAWN) / BUDGET_BYTE / BUDGET_QUESTION as u64;
    let asked = (0..=most).find(|_| {
        story.frame(1, &graft);
        story.node.links()[0].live().is_none()
    });
    assert!(asked.is_some_and(|asked| asked >= most / 2), "{asked:?} of {most}");
    assert!(matches!(story.events()[..], [Event::LinkDown { why: LinkEnd::Greedy, .. }]));
}
