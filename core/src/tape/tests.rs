use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::item::{MARK, NO_MARK};
use super::{
    CHUNK_HEAD, FREE_LEAST, Fault, HEAD, Item, Known, Player, Reader, Recorder, put_free, put_head,
};
use crate::codec::{Framer, Unit};
use crate::config::{Config, Peer, Style};
use crate::id::{ConnId, PeerId};
use crate::limits::LINE_MAX;
use crate::node::{Classic, Input, Node, Opening};
use crate::outbox::Outbox;
use crate::time::{Instant, Now, Wall};

const CORE: u32 = 0x1234_5678;

fn at(ms: u64) -> Now {
    let ns = ms * 1_000_000;
    Now { mono: Instant(ns), wall: Wall(1_700_000_000_000_000_000 + ns.cast_signed()) }
}

/// A node and its tape.
struct Taped {
    node: Node,
    out: Outbox,
    recorder: Recorder,
}

impl Taped {
    fn new() -> Self {
        let config = Config::new("Alford", [Peer::new("Ball")]);
        let node = Node::new(Arc::new(config), at(0));
        let recorder = Recorder::new(CORE, at(0), &node);
        Self { node, out: Outbox::new(), recorder }
    }

    fn tell(&mut self, now: Now, input: Input<'_>) {
        let before = self.out.mark();
        self.recorder.input(now, &input);
        self.node.handle(now, input, &mut self.out);
        self.recorder.outputs(&self.out, before);
    }

    fn say(&mut self, now: Now, conn: u32, line: &str) {
        let unit = Unit::Line(line.as_bytes());
        self.tell(now, Input::Heard { conn: ConnId(conn), unit });
    }

    fn open(&mut self, now: Now, conn: u32) {
        self.recorder.ends(now, ConnId(conn), "127.0.0.1:1", "127.0.0.1:2");
        let how = Opening::Accepted { classic: Classic::No };
        self.tell(now, Input::Opened { conn: ConnId(conn), how });
    }

    /// Some of what happens to servers, in two chunks.
    fn run() -> (Self, Vec<u8>) {
        let mut taped = Self::new();
        taped.tell(at(1), Input::Wake);
        taped.open(at(2), 0);
        taped.say(at(3), 0, "IAMAT kiwi +34.068930-118.445127 1700000000.5");
        let mut tape = taped.recorder.take(Vec::new());
        taped.say(at(3), 0, "WHATSAT kiwi 10 5");
        taped.tell(at(3500), Input::Wake);
        taped.say(at(3500), 0, "TOKEN open-sesame");
        taped.say(at(3501), 0, "IAMAT plum +34.068930-118.445127 1700000001.5");
        taped.tell(at(3502), Input::Closed(ConnId(0)));
        tape.extend(taped.recorder.take(Vec::new()));
        (taped, tape)
    }
}

/// Plays a tape; how many inputs it has, and what stopped it.
fn play(tape: &[u8]) -> (usize, Result<Option<Node>, String>) {
    let reader = match Reader::new(tape) {
        Ok(reader) => reader,
        Err(fault) => return (0, Err(format!("{fault}"))),
    };
    let mut player = Player::new(reader);
    let mut inputs = 0;
    while let Some(played) = player.play() {
        match played {
            Ok(played) if !played.agrees() => return (inputs, Err("it differs".into())),
            Ok(played) => inputs += usize::from(matches!(played.entry.item, Item::Input(_))),
            Err(fault) => return (inputs, Err(format!("{fault}"))),
        }
    }
    (inputs, Ok(player.node().cloned()))
}

#[test]
fn a_tape_is_played_to_the_same_node_and_the_same_outputs() {
    let (taped, tape) = Taped::run();
    let (inputs, node) = play(&tape);
    assert_eq!(inputs, 8);
    assert!(node.expect("no fault") == Some(taped.node));
    assert_eq!(Reader::new(&tape).expect("a tape").core(), CORE);
}

#[test]
fn no_token_is_on_a_tape() {
    let (_, tape) = Taped::run();
    assert!(!tape.windows(11).any(|window| window == b"open-sesame"));
}

#[test]
fn a_tape_that_begins_anew_is_whole_without_the_one_before() {
    let (mut taped, _) = Taped::run();
    taped.open(at(3503), 0);
    taped.say(at(3504), 0, "IAMAT fig +34.068930-118.445127 1700000002.5");
    let node = taped.node.clone();
    taped.recorder.mute();
    taped.tell(at(3504), Input::Wake);
    taped.recorder.begin_anew(CORE, at(3505), &taped.node);
    taped.say(at(3505), 0, "IAMAT fig +34.068930-118.445127 1700000003.5");
    let tape = taped.recorder.take(Vec::new());
    let mut reader = Reader::new(&tape).expect("a tape");
    let Item::Start { lost, node: first, .. } = reader.next().expect("one").expect("no fault").item
    else {
        panic!("it begins with a node")
    };
    assert_eq!(lost, 1);
    assert!(*first == node);
    let Item::Ends { conn, said, heard, .. } = reader.next().expect("one").expect("none").item
    else {
        panic!("then come the connections that are open")
    };
    let line = "IAMAT fig +34.068930-118.445127 1700000002.5\n".len() as u64;
    assert_eq!((conn, heard), (ConnId(0), line));
    assert!(said > line, "its answer is longer");
    let (inputs, node) = play(&tape);
    assert_eq!(inputs, 1);
    assert!(node.expect("no fault") == Some(taped.node));
}

#[test]
fn connections_that_a_node_does_not_know_keep_their_numbers_on_the_next_tape() {
    let mut taped = Taped::new();
    let classic = Peer { style: Style::Classic, ..Peer::new("Ball") };
    taped.node = Node::new(Arc::new(Config::new("Alford", [classic])), at(0));
    taped.open(at(1), 0);
    let how = Opening::Dialed(PeerId(0));
    taped.tell(at(1), Input::Opened { conn: ConnId(1), how });
    assert_eq!(taped.node.conn_numbers(), 1, "nothing is heard of whoever speaks plain lines");
    taped.recorder.begin_anew(CORE, at(2), &taped.node);
    taped.open(at(3), 2);
    let tape = taped.recorder.take(Vec::new());
    let (inputs, node) = play(&tape);
    assert!(node.expect("no fault") == Some(taped.node));
    assert_eq!(inputs, 1);
}

#[test]
fn a_mark_is_missing_only_where_something_is_blotted_out() {
    let (_, tape) = heard_at_once();
    let marked = tape.iter().position(|byte| *byte == MARK).expect("there are marks");
    let length = tape.len() - 4;
    let mut changed = [&tape[..marked], &[NO_MARK], &tape[marked + 5..]].concat();
    put_head(&mut changed, HEAD);
    assert_eq!(changed.len(), length);
    let why = play(&changed).1.map(drop).expect_err("it is found out");
    assert!(why.contains("a mark, as nothing is blotted out"), "{why}");
}

#[test]
fn what_is_torn_off_anywhere_is_said_and_what_stands_before_it_counts() {
    let (_, tape) = Taped::run();
    let (whole, _) = play(&tape);
    let mut before = 0;
    for end in 0..tape.len() {
        let (inputs, end_of) = play(&tape[..end]);
        assert!(inputs >= before && inputs < whole, "{end}");
        before = inputs;
        match end_of {
            Ok(_) => assert!(end == HEAD || inputs == 3, "{end}: between chunks"),
            Err(why) => assert!(why.contains("at byte"), "{end}: {why}"),
        }
    }
}

#[test]
fn no_changed_bit_passes() {
    let (_, tape) = Taped::run();
    let (whole, _) = play(&tape);
    for bit in 0..tape.len() * 8 {
        let mut changed = tape.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let (inputs, end) = play(&changed);
        let core = (HEAD - 4) * 8..HEAD * 8;
        if core.contains(&bit) {
            assert_eq!(inputs, whole, "which core it was is for the driver to judge");
        } else {
            assert!(end.is_err() && inputs < whole, "bit {bit}");
        }
    }
}

#[test]
fn items_that_make_no_sense_are_no_items_whatever_their_check() {
    for (_, tape) in [Taped::run(), heard_at_once()] {
        change_each_byte(&tape);
    }
}

fn change_each_byte(tape: &[u8]) {
    let start = HEAD + CHUNK_HEAD;
    let length = u32::from_le_bytes(tape[HEAD..HEAD + 4].try_into().expect("four")) as usize;
    let mut faults = 0;
    for at in start..start + length {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = tape.to_vec();
            changed[at] = value;
            let check = super::check_of(&changed[start..start + length]);
            changed[HEAD + 4..start].copy_from_slice(&check.to_le_bytes());
            // Whatever comes of it, it comes as a value.
            faults += usize::from(play(&changed).1.is_err());
        }
    }
    assert!(faults > length, "{faults} of {}", 5 * length);
}

#[test]
fn what_is_no_tape_is_told_apart() {
    let error = |tape: &[u8]| Reader::new(tape).expect_err("no tape");
    assert_eq!(error(b"herd 1 seed=7"), Fault::NoTape);
    assert_eq!(error(b"HERDTAPE"), Fault::NoTape);
    assert_eq!(error(b"HERDTAPE\x02...."), Fault::Version(2));
}

#[test]
fn what_is_free_is_passed_over_and_kept_whole() {
    let (taped, whole) = Taped::run();
    let first = HEAD + CHUNK_HEAD;
    let length = u32::from_le_bytes(whole[HEAD..HEAD + 4].try_into().expect("four")) as usize;
    let mut tape = whole[..first + length].to_vec();
    put_free(&mut tape, FREE_LEAST);
    put_free(&mut tape, 4_096);
    tape.extend_from_slice(&whole[first + length..]);
    put_free(&mut tape, 100);
    let (inputs, node) = play(&tape);
    assert_eq!(inputs, 8);
    assert!(node.expect("no fault") == Some(taped.node));
    for at in [first + length + FREE_LEAST + 99, tape.len() - 1] {
        tape[at] ^= 1;
        assert!(play(&tape).1.is_err(), "changed at {at}");
        tape[at] ^= 1;
    }
}

#[test]
fn a_chunk_lies_behind_what_was_in_its_room() {
    let (_, tape) = Taped::run();
    let mut taped = Taped::new();
    taped.tell(at(1), Input::Wake);
    taped.open(at(2), 0);
    taped.say(at(3), 0, "IAMAT kiwi +34.068930-118.445127 1700000000.5");
    let mut other = taped.recorder.take(b"lead".to_vec());
    assert_eq!((taped.recorder.waiting(), taped.recorder.len()), (0, other.len() as u64 + 8));
    taped.say(at(3), 0, "WHATSAT kiwi 10 5");
    taped.tell(at(3500), Input::Wake);
    taped.say(at(3500), 0, "TOKEN open-sesame");
    taped.say(at(3501), 0, "IAMAT plum +34.068930-118.445127 1700000001.5");
    taped.tell(at(3502), Input::Closed(ConnId(0)));
    let second = taped.recorder.take(b"ways".to_vec());
    other.extend_from_slice(second.strip_prefix(b"lead").expect("it stays where it is"));
    assert!(other == tape);
    taped.recorder.begin_anew(CORE, at(3503), &taped.node);
    let anew = taped.recorder.take(Vec::new());
    assert!(play(anew.strip_prefix(b"ways").expect("also then")).1.expect("whole").is_some());
}

/// A run in which much is heard at once: lines, some with data, one that shows a token and one that is
/// too long, and frames of a neighbour.
fn heard_at_once() -> (Taped, Vec<u8>) {
    let mut taped = Taped::new();
    let mut framers = [Framer::new(), Framer::new()];
    for (conn, framer) in framers.iter_mut().enumerate() {
        let conn = u32::try_from(conn).expect("small");
        taped.open(at(2), conn);
        let first = if conn == 0 { "\nWHATSAT kiwi 10 5\n" } else { "HERD 4 herd Ball 7\n" };
        framer.feed(first.as_bytes(), |unit| {
            taped.tell(at(2), Input::Heard { conn: ConnId(conn), unit });
            ControlFlow::Continue(())
        });
    }
    let lines =
        "IAMAT kiwi +1+1 1700000000.5\r\nPUT news 1700000000.6 5\na\nb\n\nIAMAT plum +2+2 1\n";
    let too_long = "x".repeat(LINE_MAX + 1);
    let said = [
        (0, lines.to_owned()),
        (1, "\x01\x00\x01\x00".to_owned()),
        (0, "IAMAT TOKEN +1+1 2\n TOKEN open-sesame\nIAMAT fig +1+1 3\n".to_owned()),
        (0, "IAMAT fig +2+2 4\nIAMAT fig +3+3 5\n".to_owned()),
        (0, format!("IAMAT fig +4+4 6\nIAMAT fig +5+5 7\n{too_long}")),
    ];
    for (number, (conn, text)) in said.iter().enumerate() {
        let since = taped.out.mark();
        let (now, conn) = (at(10 + number as u64), ConnId(*conn));
        let framer = &mut framers[conn.index()];
        let units = framer.ahead(text.as_bytes());
        let (mut count, mut bytes) = (0, 0);
        framer.feed(text.as_bytes(), |unit| {
            let input = Input::Heard { conn, unit };
            if unit.size() > 0 {
                (count, bytes) = (count + 1, bytes + unit.size());
            } else {
                taped.recorder.heard(now, conn, units.within(bytes), count);
                (count, bytes) = (0, 0);
                taped.recorder.input(now, &input);
            }
            taped.node.handle(now, input, &mut taped.out);
            ControlFlow::Continue(())
        });
        taped.recorder.heard(now, conn, units.within(bytes), count);
        taped.recorder.outputs(&taped.out, since);
    }
    let tape = taped.recorder.take(Vec::new());
    (taped, tape)
}

#[test]
fn what_is_heard_at_once_is_told_again_one_by_one_and_marked_once() {
    let (taped, tape) = heard_at_once();
    assert!(!tape.windows(11).any(|window| window == b"open-sesame"));
    let (inputs, node) = play(&tape);
    assert!(node.expect("no fault") == Some(taped.node), "{inputs}");
    let mut reader = Reader::new(&tape).expect("a tape");
    let mut known = String::new();
    loop {
        let spot = reader.spot();
        let Some(entry) = reader.next() else { break };
        let entry = entry.expect("no fault");
        known.push(match entry.known {
            Known::Later => 'l',
            Known::Nothing => 'n',
            Known::Mark(_) => 'm',
        });
        // It is found again from there, and so is what follows.
        let mut other = Reader::new(&tape).expect("a tape");
        other.go_to(spot);
        let again = other.next().expect("one").expect("no fault");
        assert_eq!(format!("{again:?}"), format!("{entry:?}"));
        assert_eq!(format!("{:?}", other.spot()), format!("{:?}", reader.spot()));
    }
    let beginning = "llmmmlmm";
    let [lines, frames, with_a_token, more, with_an_overlong] = ["llm", "lm", "lln", "lm", "llm"];
    assert_eq!(known, [beginning, lines, frames, with_a_token, more, with_an_overlong].concat());
}
