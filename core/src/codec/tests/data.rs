//! Data: the line before it, and the record of it.

use super::framer::{cut, in_pieces};
use super::frames::body;
use super::*;
use crate::limits::DATA_MAX;

#[track_caller]
fn put(bytes: &[u8]) -> Put<'_> {
    match parse(bytes) {
        Ok(Some(Command::Put(put))) => put,
        other => panic!("{other:?}"),
    }
}

#[test]
fn data_is_what_follows_the_line_whatever_it_is() {
    for line in ["PUT news 1.50 4\n", " \tPUT\x0b news 1.50\x0c4 \r\n"] {
        let said = [line.as_bytes(), b" \n\x00\xff"].concat();
        let said = put(&said);
        assert_eq!(
            (said.key, said.stamp_text, said.data),
            (&b"news"[..], &b"1.50"[..], &b" \n\x00\xff"[..])
        );
        assert_eq!(said.stamp, Wall(1_500_000_000));
    }
    assert_eq!(put(b"PUT news 1 0").data, b"");
    assert_eq!(put("PUT \u{2603}\u{a0} 1 0\n".as_bytes()).key, "\u{2603}\u{a0}".as_bytes());
}

#[test]
fn what_is_no_put_says_why() {
    let long = alloc::format!("PUT {} 1 0", "k".repeat(CLIENT_MAX + 1));
    for (said, why) in [
        (&b"PUT"[..], ParseError::Fields),
        (b"PUT k 1", ParseError::Fields),
        (b"PUT k 1 0 0", ParseError::Fields),
        (b"PUT k\xff 1 0", ParseError::Key),
        (long.as_bytes(), ParseError::ClientTooLong),
        (b"PUT k -1 0", ParseError::Stamp),
        (b"PUT k 1 -1", ParseError::Data),
        (b"PUT k 1 +0", ParseError::Data),
        (b"PUT k 1 1", ParseError::Data),
        (b"PUT k 1 1\n", ParseError::Data),
        (b"PUT k 1 1\nab", ParseError::Data),
        (b"PUT k 1 65537", ParseError::Data),
        (b"put k 1 0", ParseError::Unknown),
        (b"GET", ParseError::Fields),
        (b"GET a b", ParseError::Fields),
        (b"GET k\xff", ParseError::Key),
        (b"DATA A +0 k 1 0", ParseError::Unknown),
        (b"KEPT A +0 k 1 0", ParseError::Unknown),
    ] {
        assert_eq!(parse(said), Err(why), "{}", String::from_utf8_lossy(said));
    }
}

#[test]
fn it_is_known_how_much_follows_a_line() {
    let most = alloc::format!("PUT k 1 {DATA_MAX}");
    for (line, length) in [
        ("PUT k 1 0", Ok(Some(0))),
        ("\tPUT k 1 007 \r", Ok(Some(7))),
        (&most, Ok(Some(DATA_MAX))),
        // Whatever else is wrong, data is not taken for lines.
        ("PUT k NOW 7", Ok(Some(7))),
        ("PUT k 1 65537", Err(ParseError::Data)),
        ("PUT k 1 99999999999999999999", Err(ParseError::Data)),
        ("PUT k 1 x", Ok(None)),
        ("PUT k 1", Ok(None)),
        ("PUT k 1 7 7", Ok(None)),
        ("GET k 1 7", Ok(None)),
        ("DATA A +0 k 1 7", Ok(None)),
        ("", Ok(None)),
    ] {
        assert_eq!(sent_after(line.as_bytes()), length, "{line}");
    }
    assert_eq!(told_after(b"DATA A +0 k 1 7"), Some(8));
    for other in ["DATA A +0 k 1 65537", "DATA A +0 k 1", "KEPT A +0 k 1 7", "PUT k 1 7", ""] {
        assert_eq!(told_after(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn a_put_comes_out_whole_however_it_went_in() {
    let stream =
        b"GET a\nPUT k 1 9\r\nGET b\n\n\n\n\nGET c\nPUT k x 2\nabPUT k 1 0\n\nPUT k 1 5\nend";
    for size in 1..=stream.len() {
        let units = in_pieces(stream, size);
        let expected = [
            "line GET a",
            "put PUT k 1 9\r\nGET b\n\n\n\n",
            "line ",
            "line GET c",
            "put PUT k x 2\nab",
            "put PUT k 1 0\n",
            "line ",
            "put PUT k 1 5\nend",
        ];
        assert_eq!(units, expected, "in pieces of {size}");
    }
}

#[test]
fn data_costs_bounded_memory() {
    let mut framer = Framer::new();
    let line = alloc::format!("PUT k 1 {DATA_MAX}\n");
    assert_eq!(cut(&mut framer, line.as_bytes()), [""; 0]);
    assert_eq!(cut(&mut framer, &[b'x'; DATA_MAX - 1]), [""; 0]);
    let units = cut(&mut framer, b"xGET k");
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].len(), "put ".len() + line.len() + DATA_MAX);
    assert_eq!(framer.holds(), 5);
    assert_eq!(cut(&mut framer, b"\n"), ["line GET k"]);
    let line = alloc::format!("PUT k 1 {}", DATA_MAX + 1);
    let too_long = alloc::format!("{line}\nIAMAT k +1-1 1\n");
    assert_eq!(cut(&mut framer, too_long.as_bytes()), [alloc::format!("overlong {}", line.len())]);
    assert_eq!(cut(&mut framer, b"GET k\n"), [""; 0], "nothing after it is looked at");
    assert_eq!(framer.holds(), 0);
}

#[test]
fn frames_are_no_lines_even_if_they_look_like_one() {
    let mut framer = Framer::new();
    let units = cut(&mut framer, b"HERD 1 herd Ball 7\n\x0aPUT k 1 9\n\x01x");
    assert_eq!(units, ["line HERD 1 herd Ball 7", "frame PUT k 1 9\n", "frame x"]);
}

#[test]
fn a_record_of_data_reads_as_it_was_written_and_no_other_way() {
    let line = b"DATA Alford +0.2 news 1.50 4\n \n\x00\xff";
    let at = At::canonical(line).unwrap();
    assert_eq!((at.server, at.skew, at.client), (&b"Alford"[..], &b"+0.2"[..], &b" news"[..]));
    assert_eq!((at.what, at.stamp), (What::Data(b" \n\x00\xff"), Wall(1_500_000_000)));
    assert_eq!(At::client_of(line), Some(&b" news"[..]));
    assert_eq!(At::server_of(line), Some(&b"Alford"[..]));
    assert_eq!(At::head_of(line), b"DATA Alford +0.2 news 1.50 4");
    assert_eq!(data_key(b"news"), at.client);
    let at = b"AT Alford +0.2 kiwi +1-1 5";
    assert_eq!((At::client_of(at), At::head_of(at)), (Some(&b"kiwi"[..]), &at[..]));
    for end in 0..line.len() {
        assert!(At::canonical(&line[..end]).is_err(), "{end}");
    }
    for other in [
        &b"DATA Alford +0.2 news 1.50 4\n \n\x00\xff\xff"[..],
        b"DATA Alford +0.2 news 1.50 4",
        b"DATA Alford +0.2 news 1.50  4\nabcd",
        b"DATA Alford  +0.2 news 1.50 4\nabcd",
        b"DATA Alford +0.2 news 1.50 4 \nabcd",
        b"DATA Alford x news 1.50 4\nabcd",
        b"DATA Alford +0.2 n\xff 1.50 4\nabcd",
        b"DATA Alford +0.2 news NOW 4\nabcd",
        b"KEPT Alford +0.2 news 1.50 4\nabcd",
    ] {
        assert!(At::canonical(other).is_err(), "{}", String::from_utf8_lossy(other));
    }
    let most =
        [alloc::format!("DATA A +0 k 1 {DATA_MAX}\n").as_bytes(), &[b'x'; DATA_MAX]].concat();
    assert!(At::canonical(&most).is_ok());
    let line = alloc::format!("DATA A +0 k 1 {}\n", DATA_MAX + 1);
    let more = [line.as_bytes(), &[b'x'; DATA_MAX + 1]].concat();
    assert_eq!(At::canonical(&more), Err(ParseError::Data));
}

#[test]
fn a_push_of_data_is_a_push() {
    let line = b"DATA Alford +0.2 news 1.50 4\nabcd";
    let at = At::canonical(line).unwrap();
    let origin = Origin { name: b"Alford", incarnation: 7 };
    let update = Update { origin, seq: 3, at, line };
    let push = Push { update, epoch: 0, hops: 0, rebuild: false, acked: false };
    let mut out = Vec::new();
    put_push(&mut out, &push.head(), line);
    let body = body(&out);
    assert_eq!(body.len(), 3 + line.len(), "the short form");
    assert_eq!(Frame::parse(&body), Ok(Frame::Push(push)));
}
