//! Who is a neighbour: dialing, greeting, one way or both, prototypes; and what it is told.

use super::*;

#[test]
fn neighbours_are_dialed_at_the_start_and_greeted() {
    let mut story =
        Story::with([Peer::new("Ball"), Peer { direction: Direction::In, ..Peer::new("Alford") }]);
    assert_eq!(story.node.next_deadline(), Some((story.now.mono, Timer::Redial(PeerId(0)))));
    assert_eq!(story.later(0), ["dial 0"]);
    assert_eq!(
        story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) }),
        ["1 <- HERD 1 herd Hamilton 5\\n"]
    );
    assert_eq!(story.line(1, "HERD 1 herd Ball 9"), [""; 0]);
    assert!(matches!(story.events()[..], [Event::LinkUp { peer: PeerId(0), incarnation: 9, .. }]));
}

#[test]
fn one_who_does_not_greet_or_is_another_is_dialed_again_later() {
    for said in ["LLL", "HERD 1 herd Alford 9", "HERD 1 other Ball 9", "HERD 2 herd Ball 9"] {
        let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
        story.later(0);
        story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
        assert_eq!(story.line(1, said), ["hangup 1"], "{said}");
        assert_eq!(story.later(limits::REDIAL_FIRST), ["dial 0"]);
    }
    let mut story = Story::with([Peer::new("Ball")]);
    story.later(0);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(story.later(limits::GREETING_TIMEOUT), ["hangup 1"]);
    assert!(matches!(story.events()[..], [Event::LinkDown { why: LinkEnd::Silent, .. }]));
}

#[test]
fn strangers_do_not_get_in() {
    for greeting in [
        "HERD 1 herd Stranger 9",
        "HERD 1 herd Hamilton 9",
        "HERD 1 other Ball 9",
        "HERD 2 herd Ball 9",
        "HERD 1 herd Listener 9",
    ] {
        let listener = Peer { direction: Direction::Out, ..Peer::new("Listener") };
        let mut story = Story::with([Peer::new("Ball"), listener]);
        assert_eq!(
            story.open(1).line(1, greeting),
            [alloc::format!("1 <- ? {greeting}\\n"), "hangup 1".into()]
        );
    }
    // Once something else was said, a greeting is only a bad line.
    let mut story = Story::with([Peer::new("Ball")]);
    story.open(1).line(1, "LLL");
    assert_eq!(story.line(1, "HERD 1 herd Ball 9"), ["1 <- ? HERD 1 herd Ball 9\\n"]);
}

#[test]
fn of_two_connections_the_one_dialed_by_the_lower_name_stays() {
    // Alford is lower than Hamilton: what it dialed wins over what we dialed.
    let mut story = Story::with([Peer::new("Alford")]);
    story.later(0);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(story.join(2, "Alford"), ["hangup 1", "2 <- HERD 1 herd Hamilton 5\\n"]);
    // Holiday is higher: what we dialed wins.
    let mut story = Story::with([Peer::new("Holiday")]);
    story.later(0);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    assert_eq!(story.join(2, "Holiday"), ["2 <- ? HERD 1 herd Holiday 9\\n", "hangup 2"]);
    assert_eq!(story.line(1, "HERD 1 herd Holiday 9"), [""; 0]);
    assert_eq!(story.join(3, "Holiday"), ["3 <- ? HERD 1 herd Holiday 9\\n", "hangup 3"]);
    // But a new life of it has surely lost the old connection.
    assert_eq!(
        story.open(4).line(4, "HERD 1 herd Holiday 10"),
        ["hangup 1", "4 <- HERD 1 herd Hamilton 5\\n"]
    );
    // And so has one that dials again.
    assert_eq!(
        story.open(5).line(5, "HERD 1 herd Holiday 10"),
        ["hangup 4", "5 <- HERD 1 herd Hamilton 5\\n"]
    );
}

#[test]
fn garbage_on_a_link_ends_it() {
    for frame in [&b""[..], b"\x09", b"\x01\x01\x01AT", b"\x01"] {
        let mut story = Story::with([Peer::new("Ball")]);
        story.join(1, "Ball");
        assert_eq!(story.frame(1, frame), ["hangup 1"]);
        assert!(matches!(story.events()[..], [Event::LinkDown { why: LinkEnd::Garbled, .. }]));
        assert_eq!(story.later(limits::REDIAL_FIRST), ["dial 0"]);
    }
}

#[test]
fn one_way_neighbours_are_told_or_believed_never_both() {
    let talks = Peer { direction: Direction::In, ..Peer::new("Talks") };
    let mut story = Story::with([talks]);
    story.open(2).line(2, "IAMAT kiwi +1-1 1700000000");
    assert_eq!(story.join(1, "Talks"), ["1 <- HERD 1 herd Hamilton 5\\n"], "no repair");
    assert_eq!(story.line(2, "IAMAT kiwi +1-1 1700000001").len(), 1, "no push");
    let listens = Peer { direction: Direction::Out, ..Peer::new("Listens") };
    let mut story = Story::with([listens]);
    story.later(0);
    story.on(Input::Opened { conn: ConnId(1), how: Opening::Dialed(PeerId(0)) });
    story.line(1, "HERD 1 herd Listens 9");
    assert_eq!(story.frame(1, &push(1, "AT Ball +0.1 kiwi +1-1 5")), ["hangup 1"]);
}

/// A neighbour without anything asks for what we have counted.
const PULL: &[u8] = b"\x05\x07\x08Hamilton\x05\x00\x00";

#[test]
fn a_neighbour_that_comes_back_is_told_what_there_is_and_given_what_it_lacks_in_slices() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.open(2);
    for client in 0..1500 {
        story.line(2, &alloc::format!("IAMAT client-{client} +1-1 1700000000"));
    }
    let done = story.join(1, "Ball");
    assert_eq!(done[0], "1 <- HERD 1 herd Hamilton 5\\n");
    assert!(done[1].starts_with("1 <- \\'\\x04\\x03") && done.len() == 2, "{done:?}");
    let mut heard = 0;
    let mut slices = 0;
    let mut done = story.frame(1, PULL);
    loop {
        slices += 1;
        heard += done[0].matches("AT Hamilton").count();
        let longest =
            story.out.outputs().iter().map(|output| {
                if let Output::Write { bytes, .. } = output { bytes.len() } else { 0 }
            });
        assert!(longest.max().unwrap() < limits::REPAIR_SLICE + 256);
        if done.len() == 1 {
            break;
        }
        assert_eq!(done[1], "notify 1");
        // A live update does not wait for the rest.
        let live = story.line(2, &alloc::format!("IAMAT client-0 +1-1 1700000001.{slices}"));
        assert!(live[1].contains(&alloc::format!("1700000001.{slices}")), "{live:?}");
        done = story.on(Input::Writable(ConnId(1)));
    }
    assert_eq!((heard, slices), (1500, 3));
    assert!(matches!(story.events()[..], [Event::RepairSent { records: 1500, .. }]));
    assert_eq!(story.on(Input::Writable(ConnId(1))), [""; 0]);
}

#[test]
fn what_is_lacked_is_asked_for_once_and_taken_when_it_is_whole() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    // Both have three updates of Welsh's ninth life.
    let digest = b"\x04\x01AAAAAAAA\0\0\0\0\0\0\0\0BBBBBBBB\x05Welsh\x09\x03\x00";
    assert_eq!(story.frame(1, digest), ["1 <- \\x0b\\x05\\x01\\x05Welsh\\t\\x00\\x00"]);
    assert_eq!(story.frame(2, digest), [""; 0], "one at a time");
    let line = b"AT Welsh +0.1 kiwi +1-1 1700000000";
    let entry = [&[42, 5][..], b"Welsh\x09\x02", line].concat();
    let part = |flags, chunk, rest: &[u8]| [&[3, flags, 1, chunk, 43][..], &entry, rest].concat();
    let cover = b"\x05Welsh\x09\x01\x03";
    let have = |story: &Story| {
        let number = story.node.origins().find(b"Welsh", 9).unwrap();
        story.node.origins().get(number).have().clone()
    };
    story.frame(1, &part(0, 0, b""));
    assert!(have(&story).contains(2) && !have(&story).contains(3));
    // The next part is missing, so that what it all covers is not believed, and is asked again.
    story.frame(1, &part(1, 2, cover));
    assert!(!have(&story).contains(3));
    assert_eq!(
        story.later(limits::GRACE)[0],
        "1 <- \\r\\x05\\x02\\x05Welsh\\t\\x00\\x01\\x02\\x00"
    );
}

#[test]
fn prototypes_repair_nothing() {
    let config = Config { preset: Preset::Classic, ..Config::new("Hamilton", [Peer::new("Ball")]) };
    let mut story = Story::of(config);
    story.open(2).line(2, "IAMAT kiwi +1-1 1700000000");
    assert_eq!(story.join(1, "Ball").len(), 1);
}

#[test]
fn a_classic_neighbour_gets_a_connection_per_line() {
    let classic = Peer { style: Style::Classic, ..Peer::new("Ball") };
    let mut story = Story::with([classic]);
    assert_eq!(story.node.next_deadline(), None, "nothing to tell, nothing to dial");
    story.open(1);
    assert_eq!(story.line(1, "IAMAT kiwi +1-1 1700000000")[1..], ["dial 0"]);
    assert_eq!(story.line(1, "IAMAT plum +1-1 1700000000").len(), 1, "one at a time");
    assert_eq!(story.line(1, "IAMAT kiwi +1-1 1700000001").len(), 1);
    let opened = |conn| Input::Opened { conn: ConnId(conn), how: Opening::Dialed(PeerId(0)) };
    assert_eq!(
        story.on(opened(2)),
        ["2 <- AT Hamilton -1.000000000 kiwi +1-1 1700000001\\n", "hangup 2", "dial 0"],
        "the newest, once"
    );
    assert_eq!(story.on(Input::DialFailed(PeerId(0))), [""; 0]);
    assert_eq!(story.later(limits::REDIAL_FIRST), ["dial 0"]);
    assert_eq!(
        story.on(opened(2)),
        ["2 <- AT Hamilton +0.000000000 plum +1-1 1700000000\\n", "hangup 2"]
    );
}

#[test]
fn a_classic_neighbour_may_say_at_lines() {
    let classic = Peer { style: Style::Classic, ..Peer::new("Ball") };
    let mut story = Story::with([classic, Peer::new("Alford")]);
    story.join(1, "Alford");
    for (conn, from) in [(2, Classic::One(PeerId(0))), (3, Classic::Several)] {
        story.open_classic(conn, from);
        let done = story.line(conn, &alloc::format!("AT  Ball 0.26\tkiwi +1-1 170000000{conn}\r"));
        let line = alloc::format!("AT Ball 0.26 kiwi +1-1 170000000{conn}");
        // Taken up as if a client had said it here.
        let own = alloc::format!("\\x02\\x00\\x00\\x01\\x08Hamilton\\x05\\x0{}", conn - 1);
        assert!(done[0].starts_with("1 <- ") && done[0].ends_with(&(own + &line)), "{done:?}");
        // It goes back only where it is not known who said it.
        assert_eq!(done.len(), if conn == 2 { 1 } else { 2 });
    }
}
