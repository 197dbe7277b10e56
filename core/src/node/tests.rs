//! Stories about one node, told by hand-made inputs. Herds of nodes live in the simulator.

mod audit;
mod batching;
mod confirm;
mod data;
mod lists;
mod lives;
mod neighbours;
mod presets;
mod reconfigure;
mod repair;
mod room;
mod roots;
mod serving;
mod story;
mod touching;
mod unheard;
mod watch;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::config::{Direction, Peer, Style};
use crate::limits;
use crate::outbox::{Event, Output};
use crate::preset::Preset;
use crate::time::{SECOND, Wall};

use story::{Story, T0, frame, push};

#[test]
fn an_update_is_answered_at_once_and_told_to_neighbours() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    assert_eq!(story.join(1, "Ball"), ["1 <- HERD 1 herd Hamilton 5\\n"]);
    story.join(2, "Alford");
    assert_eq!(
        story.open(3).line(3, "IAMAT kiwi +34.0-118.0 1699999999.5"),
        [
            "3 <- AT Hamilton +0.500000000 kiwi +34.0-118.0 1699999999.5\\n",
            "1 <- 9\\x01\\x01\\x05AT Hamilton +0.500000000 kiwi +34.0-118.0 1699999999.5",
            "2 <- 9\\x01\\x01\\x05AT Hamilton +0.500000000 kiwi +34.0-118.0 1699999999.5",
        ]
    );
    // Equal or older: what is held, and nobody else hears of it.
    for stamp in ["1699999999.5", "1699999999.499999999"] {
        assert_eq!(
            story.line(3, &alloc::format!("IAMAT kiwi +1-1 {stamp}")),
            ["3 <- AT Hamilton +0.500000000 kiwi +34.0-118.0 1699999999.5\\n"]
        );
    }
}

#[test]
fn a_neighbours_news_goes_on_but_not_back_and_old_news_nowhere() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    let line = "AT Ball +0.1 kiwi +34.0-118.0 1700000000";
    assert_eq!(story.frame(1, &push(1, line)), [alloc::format!("2 <- +\\x01\\x01\\t{line}")]);
    assert_eq!(story.frame(2, &push(1, line)), [""; 0]);
    assert!(matches!(story.events()[..], [Event::Known { older: false, repair: false, .. }]));
    // What comes too late goes on all the same, or it would be missed there.
    let late = "AT Ball +0.1 kiwi +35.0-118.0 1699999999";
    assert_eq!(story.frame(2, &push(2, late)), [alloc::format!("1 <- +\\x01\\x02\\t{late}")]);
    assert!(matches!(story.events()[..], [Event::Known { older: true, .. }]));
    assert_eq!(story.node.store().get(b"kiwi").unwrap().line(), line.as_bytes());
}

#[test]
fn equal_stamps_are_told_apart_the_same_way_everywhere_but_not_by_prototypes() {
    let low = "AT Alford +0.1 kiwi +1-1 1700000000";
    let high = "AT Ball +0.1 kiwi +2-2 1700000000";
    for (preset, kept) in [(Preset::FloodSync, [high, high]), (Preset::Classic, [low, high])] {
        for (order, kept) in [[low, high], [high, low]].into_iter().zip(kept) {
            let config = Config { preset, ..Config::new("Hamilton", [Peer::new("Ball")]) };
            let mut story = Story::of(config);
            story.join(1, "Ball");
            for line in order {
                story.frame(1, &push(1, line));
            }
            assert_eq!(story.node.store().get(b"kiwi").unwrap().line(), kept.as_bytes());
        }
    }
}

#[test]
fn what_is_refused_is_copied_and_changes_nothing() {
    let mut story = Story::with([]);
    story.open(1);
    assert_eq!(story.line(1, "  FOO  bar\tbaz \r"), ["1 <- ? FOO  bar\\tbaz\\n"]);
    assert_eq!(
        story.line(1, "IAMAT kiwi +34.0-118.0 NOW"),
        ["1 <- ? IAMAT kiwi +34.0-118.0 NOW\\n"]
    );
    assert_eq!(story.line(1, "WHATSAT kiwi 10 5"), ["1 <- ? WHATSAT kiwi 10 5\\n"]);
    assert_eq!(story.line(1, "AT Ball +0.1 kiwi +1-1 5"), ["1 <- ? AT Ball +0.1 kiwi +1-1 5\\n"]);
    assert_eq!(story.line(1, " \t "), [""; 0]);
    assert!(story.node.store().is_empty());
    let long = "x".repeat(64);
    let unit = Unit::Overlong(long.as_bytes());
    assert_eq!(
        story.on(Input::Heard { conn: ConnId(1), unit }),
        [alloc::format!("1 <- ? {long}\\n"), "hangup 1".into()]
    );
}

#[test]
fn stamps_far_ahead_are_refused_from_clients_and_dropped_from_neighbours() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    story.open(2);
    let day = limits::INGRESS_FUTURE.unsigned_abs() / SECOND;
    assert_eq!(limits::HARD_FUTURE, 2 * limits::INGRESS_FUTURE);
    assert_eq!(story.line(2, &alloc::format!("IAMAT a +1-1 {}", 1_700_000_000 + day)).len(), 2);
    let ahead = alloc::format!("IAMAT b +1-1 {}.000000001", 1_700_000_000 + day);
    assert_eq!(story.line(2, &ahead), [alloc::format!("2 <- ? {ahead}\\n")]);
    let record = |seq, seconds: u64| push(seq, &alloc::format!("AT Ball +0.1 c +1-1 {seconds}"));
    assert_eq!(story.frame(1, &record(1, 1_700_000_001 + 2 * day)), [""; 0]);
    assert!(matches!(story.events()[..], [Event::Poisoned { .. }]));
    assert!(story.node.store().get(b"c").is_none());
    story.frame(1, &record(2, 1_700_000_000 + 2 * day));
    assert!(story.node.store().get(b"c").is_some());
}

fn asked(story: &mut Story, conn: u32) -> RequestId {
    let done = story.line(conn, "WHATSAT kiwi 10.5 1");
    assert_eq!(done[0], alloc::format!("pause {conn}"));
    assert!(done[1].starts_with("lookup ") && done[1].ends_with(" 10500000000 um"), "{done:?}");
    let Some(Output::Lookup { request, .. }) = story.out.outputs().last() else {
        panic!("{done:?}")
    };
    *request
}

fn whatsat() -> Story {
    let mut story = Story::with([]);
    story.open(1).line(1, "IAMAT kiwi +34.0-118.0 1700000000");
    story
}

const AT: &str = "AT Hamilton +0.000000000 kiwi +34.0-118.0 1700000000\\n";

#[test]
fn a_question_pauses_its_connection_until_places_answers() {
    let mut story = whatsat();
    let request = asked(&mut story, 1);
    let body = b"{\"results\":[1,2],\n\n\"status\":\"OK\"}\n";
    assert_eq!(
        story.on(Input::Places { request, result: Ok(body) }),
        [
            alloc::format!("1 <- {AT}{{\\\"results\\\":[1],\\n\\\"status\\\":\\\"OK\\\"}}\\n\\n"),
            "resume 1".into()
        ]
    );
    // The second answer to the same request is late, whatever it says.
    assert_eq!(story.on(Input::Places { request, result: Ok(body) }), [""; 0]);
    let again = asked(&mut story, 1);
    assert_ne!(again, request);
    assert_eq!(story.on(Input::Places { request, result: Ok(body) }), [""; 0]);
    assert_eq!(story.node.lookups(), 1);
}

#[test]
fn places_failing_is_an_answer_too() {
    let huge = [&b"{\"results\":["[..], &b" ".repeat(limits::PLACES_MAX), b"]}"].concat();
    for result in [Ok(&b"<html>"[..]), Ok(&huge), Err(PlacesError::Unavailable)] {
        let mut story = whatsat();
        let request = asked(&mut story, 1);
        let done = story.on(Input::Places { request, result });
        assert!(
            done[0].starts_with(&alloc::format!("1 <- {AT}")) && done[0].ends_with("}\\n\\n"),
            "{done:?}"
        );
        assert!(done[0].contains("UNKNOWN_ERROR") && done[0].contains("error_message"), "{done:?}");
        assert_eq!(done[1], "resume 1");
    }
}

#[test]
fn a_silent_places_service_is_given_up_in_time() {
    let mut story = whatsat();
    let request = asked(&mut story, 1);
    // Nobody is there to be told what is had.
    assert_eq!(story.later(limits::DIGEST_EVERY), [""; 0]);
    let asked_at = story.now.mono.plus(limits::LOOKUP_TIMEOUT - limits::DIGEST_EVERY);
    assert_eq!(story.node.next_deadline(), Some((asked_at, Timer::Lookup(request))));
    assert_eq!(story.later(limits::LOOKUP_TIMEOUT - limits::DIGEST_EVERY - 1), [""; 0]);
    assert!(story.later(1)[0].contains("did not answer in time"));
    assert_eq!(story.node.next_deadline(), None);
}

#[test]
fn an_asker_that_went_away_is_not_answered_even_if_its_number_is_given_out_again() {
    let mut story = whatsat();
    let request = asked(&mut story, 1);
    assert_eq!(story.on(Input::Closed(ConnId(1))), [""; 0]);
    story.open(1);
    assert_eq!(story.on(Input::Places { request, result: Ok(b"{}") }), [""; 0]);
}

#[test]
fn too_many_questions_are_answered_overloaded_at_once() {
    let mut story = whatsat();
    for conn in 2..u32::try_from(limits::LOOKUPS_MAX).unwrap() + 2 {
        story.open(conn);
        asked(&mut story, conn);
    }
    let done = story.line(1, "WHATSAT kiwi 10 1");
    assert!(done.len() == 1 && done[0].contains("OVER_QUERY_LIMIT"), "{done:?}");
}

#[test]
fn a_record_that_two_servers_counted_is_one_record() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    let line = "AT Welsh +0.1 kiwi +1-1 1700000000";
    let counted_by = |name: &[u8], seq: u8| {
        let length = u8::try_from(name.len()).unwrap();
        [&[2, 0, 0, 1, length][..], name, &[9, seq], line.as_bytes()].concat()
    };
    assert_eq!(
        story.frame(1, &counted_by(b"Ball", 3)).len(),
        2,
        "it goes on, and a gap is asked for"
    );
    assert_eq!(story.frame(2, &counted_by(b"Alford", 7)).len(), 2, "the same");
    assert!(story.events().iter().any(|event| matches!(event, Event::Known { older: false, .. })));
    // Whatever order they came in: the greater count.
    assert_eq!(story.node.store().get(b"kiwi").unwrap().seq(), 7);
}

#[test]
fn equal_inputs_make_equal_nodes() {
    let hash = |node: &Node| {
        use core::hash::BuildHasher;
        foldhash::fast::FixedState::default().hash_one(node)
    };
    let tell = |clients: &[&str]| {
        let mut story = Story::with([]);
        story.open(1);
        for client in clients {
            story.line(1, &alloc::format!("IAMAT {client} +1-1 1700000000"));
        }
        story.node
    };
    let one = tell(&["a", "b"]);
    assert_eq!(one, tell(&["a", "b"]));
    assert_eq!(hash(&one), hash(&one.clone()));
    assert_ne!(one, tell(&["a", "c"]));
    assert_ne!(hash(&one), hash(&tell(&["a", "c"])));
}

#[test]
fn what_was_kept_comes_back() {
    let mut story = Story::with([]);
    let line = "AT Ball +0.1 kiwi +1-1 5";
    story.node.restore(line.as_bytes()).unwrap();
    let record = story.node.store().get(b"kiwi").unwrap();
    assert_eq!((record.line(), record.seq(), record.incarnation()), (line.as_bytes(), 1, 5));
    assert!(story.node.restore(b"AT").is_err());
    assert_eq!(story.open(1).line(1, "IAMAT kiwi +1-1 5"), [alloc::format!("1 <- {line}\\n")]);
}

#[test]
fn what_was_counted_comes_back_as_it_was_counted() {
    let mut before = Story::with([]);
    before.open(1);
    for (stamp, client) in [(1, "kiwi"), (2, "owl"), (3, "kiwi")] {
        before.line(1, &alloc::format!("IAMAT {client} +1-1 {stamp}"));
    }
    let config = Config { incarnation: 6, ..Config::new("Hamilton", []) };
    let mut after = Node::new(Arc::new(config), Now::default());
    for record in before.node.store().iter() {
        let origin = before.node.origins().get(record.counted_by());
        let name = origin.name().to_vec();
        let origin = crate::codec::Origin { name: &name, incarnation: origin.incarnation() };
        after.restore_counted(record.line(), &origin, record.seq()).unwrap();
    }
    assert_eq!(after.store(), before.node.store());
    let life = crate::codec::Origin { name: b"Hamilton", incarnation: 5 };
    let known = after.origins().find(life.name, life.incarnation).expect("its earlier life");
    assert_eq!(after.origins().get(known).have().prefix(), 0, "the first was replaced");
    after.restore_have(&life, 1, 3);
    assert_eq!(after.origins().get(known).have().prefix(), 3);
    assert_eq!(after.origins().summary(), before.node.origins().summary());
    after.check().unwrap();
}

#[test]
fn what_cannot_be_kept_is_refused_until_it_can() {
    let mut story = Story::with([]);
    story.open(1);
    story.on(Input::Keeping(false));
    assert_eq!(story.line(1, "IAMAT kiwi +1-1 5"), ["1 <- ? IAMAT kiwi +1-1 5\\n"]);
    assert!(story.node.store().is_empty());
    story.on(Input::Keeping(true));
    assert!(story.line(1, "IAMAT kiwi +1-1 5")[0].starts_with("1 <- AT Hamilton"));
}

/// What was damaged on its way is refused before anything looks for what it names.
#[test]
fn no_node_is_read_that_names_what_is_not_there() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    story.frame(1, &push(1, "AT Ball +0.1 kiwi +1-1 1700000000"));
    let ball = story.node.origins.find(b"Ball", 9).unwrap();
    let read = |node: &Node| {
        let mut bytes = Vec::new();
        node.put(&mut bytes);
        Node::take(&mut crate::form::Source::new(&bytes))
    };
    assert_eq!(read(&story.node).as_ref(), Some(&story.node));
    let (nobody, nothing) = (PeerId(9), OriginId(99));
    let damages: [&dyn Fn(&mut Node); 4] = [
        &|node| {
            let tree =
                crate::tree::Tree::planned(Some(nobody), None, crate::peers::PeerSet::none());
            *node.origins.get_mut(ball).tree_mut() = tree;
        },
        &|node| {
            let have = crate::have::Have::up_to(3);
            let offers = &mut node.links[0].live_mut().unwrap().offers;
            offers.insert(nothing, have, &crate::have::Have::default(), Instant(1));
        },
        &|node| {
            node.links[0]
                .unacked
                .get_or_insert_default()
                .insert((nothing, 1), crate::link::Unacked { record: 0, until: Instant(1) });
        },
        &|node| node.spreading.shared = Some(nothing),
    ];
    for damage in damages {
        let mut node = story.node.clone();
        damage(&mut node);
        assert_eq!(read(&node), None);
    }
}
