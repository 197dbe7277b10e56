//! Lines and frames: what is written is read, whatever pieces it comes in.

use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::codec::{At, Command, Frame, parse};
use herd_core::node::Classic;
use herd_core::{
    Config, ConnId, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Peer, Unit, Wall,
};
use proptest::prelude::*;

/// A field: any bytes but white space.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        any::<u8>().prop_filter("white space", |byte| !byte.is_ascii_whitespace() && *byte != 0x0b);
    prop::collection::vec(byte, 1..40)
}

prop_compose! {
    fn degrees(limit: u32)(
        sign in "[+-]",
        whole in 0..limit,
        pad in 0_usize..3,
        decimals in "(\\.[0-9]{1,12})?",
    ) -> String {
        format!("{sign}{}{whole}{decimals}", "0".repeat(pad))
    }
}

fn stamp() -> impl Strategy<Value = String> {
    "[0-9]{1,9}(\\.[0-9]{1,9})?"
}

fn now() -> Now {
    Now { mono: Instant(1), wall: Wall(1_700_000_000_000_000_000) }
}

/// What a server writes, connection by connection.
fn written(out: &Outbox) -> Vec<(ConnId, Vec<u8>)> {
    let write = |output: &Output| {
        if let Output::Write { conn, bytes } = output {
            Some((*conn, out.bytes(*bytes).to_vec()))
        } else {
            None
        }
    };
    out.outputs().iter().filter_map(write).collect()
}

fn node(name: &str, neighbour: &str) -> Node {
    let mut node = Node::new(Arc::new(Config::new(name, [Peer::new(neighbour)])), now());
    let mut out = Outbox::new();
    let how = Opening::Accepted { classic: Classic::No };
    for conn in [ConnId(0), ConnId(1)] {
        node.handle(now(), Input::Opened { conn, how }, &mut out);
    }
    let greeting = format!("HERD 1 herd {neighbour} 1");
    let unit = Unit::Line(greeting.as_bytes());
    node.handle(now(), Input::Heard { conn: ConnId(0), unit }, &mut out);
    node
}

fn is_last(unit: &str) -> bool {
    unit.starts_with("Garbled") || unit.starts_with("Overlong")
}

proptest! {
    /// A client's line becomes a record whose fields are copies, at the server it was said to and,
    /// byte for byte, at the neighbour.
    #[test]
    fn a_record_is_a_copy_of_what_was_said(
        client in field(), lat in degrees(90), lon in degrees(180), stamp in stamp(), space in "[ \t\r\x0b\x0c]{1,3}",
    ) {
        let place = format!("{lat}{lon}");
        let fields = [&b"IAMAT"[..], &client, place.as_bytes(), stamp.as_bytes()];
        let line = fields.join(space.as_bytes());
        let (mut alford, mut ball) = (node("Alford", "Ball"), node("Ball", "Alford"));
        let mut out = Outbox::new();
        alford.handle(now(), Input::Heard { conn: ConnId(1), unit: Unit::Line(&line) }, &mut out);
        let writes = written(&out);
        prop_assert_eq!(writes.len(), 2, "an answer and a push");
        let (answer, push) = (&writes[0].1, &writes[1].1);
        let record = At::canonical(&answer[..answer.len() - 1]).unwrap();
        prop_assert_eq!(record.server, b"Alford");
        prop_assert_eq!(record.client, &client[..]);
        prop_assert_eq!(record.what.bytes(), place.as_bytes());
        prop_assert_eq!(record.stamp_text, stamp.as_bytes());

        out.clear();
        let mut framer = Framer::new();
        framer.feed(b"HERD 1 herd Alford 1\n", |_| ControlFlow::Continue(()));
        framer.feed(push, |unit| {
            ball.handle(now(), Input::Heard { conn: ConnId(0), unit }, &mut out);
            ControlFlow::Continue(())
        });
        prop_assert_eq!(ball.store(), alford.store());
    }

    /// Any bytes at all are a command, nothing, or refused; never a panic.
    #[test]
    fn any_line_is_parsed_or_refused(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&line);
        let _ = Frame::parse(&line);
        let _ = At::canonical(&line);
    }

    /// Words that look like the grammar's get deeper than random bytes do.
    #[test]
    fn lines_like_ours_are_parsed_or_refused(
        words in prop::collection::vec("IAMAT|WHATSAT|AT|HERD|kiwi|[+-]?[0-9.]{1,22}|[+-][0-9.]{0,12}[+-][0-9.]{0,12}", 0..8),
    ) {
        let line = words.join(" ");
        if let Ok(Some(Command::At(at))) = parse(line.as_bytes()) {
            prop_assert!(At::canonical(line.as_bytes()).is_ok(), "single spaces make it canonical: {at:?}");
        }
    }

    /// Units do not depend on how the bytes were cut, nor on where the reader paused.
    #[test]
    fn framing_does_not_depend_on_the_pieces(
        greeting in any::<bool>(),
        body in prop::collection::vec(prop_oneof![Just(b'\n'), Just(2_u8), any::<u8>()], 0..300),
        cuts in prop::collection::vec(0_usize..300, 0..20),
        pauses in prop::collection::vec(any::<bool>(), 1..10),
    ) {
        let mut stream = if greeting { b"HERD 1 herd Ball 7\n".to_vec() } else { vec![] };
        stream.extend(body);
        let show = |unit: Unit<'_>| format!("{unit:?}");

        let mut whole = vec![];
        let mut framer = Framer::new();
        framer.feed(&stream, |unit| { whole.push(show(unit)); ControlFlow::Continue(()) });
        framer.finish(|unit| { whole.push(show(unit)); ControlFlow::Continue(()) });

        let mut pieces = vec![];
        let mut pause = pauses.iter().cycle();
        let mut framer = Framer::new();
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < stream.len()).collect();
        cuts.sort_unstable();
        cuts.push(stream.len());
        let mut from = 0;
        for cut in cuts {
            let (told, skip) = (pieces.len(), usize::from(framer.holds() > 0));
            let ahead = framer.ahead(&stream[from..cut]);
            let mut bytes = 0;
            framer.feed(&stream[from..cut], |unit| {
                bytes += if pieces.len() >= told + skip { unit.size() } else { 0 };
                pieces.push(show(unit));
                if *pause.next().unwrap() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            // What was ahead is what has come, and lies where it was looked for.
            let came = pieces[told..].get(skip..).unwrap_or_default();
            let held_data = skip > 0 && pieces.get(told).is_some_and(|unit| unit.starts_with("Put"));
            if !ahead.bytes().is_empty() && !held_data {
                let whole = came.iter().filter(|unit| !is_last(unit));
                prop_assert!(ahead.within(bytes).map(show).eq(whole.cloned()));
            }
            from = cut;
        }
        loop {
            let before = (pieces.len(), framer.holds());
            framer.finish(|unit| { pieces.push(show(unit)); ControlFlow::Break(()) });
            if (pieces.len(), framer.holds()) == before { break; }
        }
        prop_assert_eq!(pieces, whole);
    }

    /// Every truncation and every bit flip of a frame is an error or another valid frame.
    #[test]
    fn a_damaged_frame_is_refused_or_another_frame(flip in 0_usize..600, end in 0_usize..75) {
        let line = "AT Ball +0.263873386 kiwi +34.068930-118.445127 1700000000.123456789";
        let good = [b"\x01\x07\x09", line.as_bytes()].concat();
        prop_assert!(Frame::parse(&good).is_ok());
        let mut flipped = good.clone();
        let bit = flip % (8 * good.len());
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(Frame::parse(&flipped), Frame::parse(&good));
        let _ = Frame::parse(&good[..end.min(good.len())]);
    }
}
