//! What is heard comes out in units, however it went in.

use super::*;

/// Units as owned text, so that they can be compared.
pub(super) fn cut(framer: &mut Framer, bytes: &[u8]) -> Vec<String> {
    let mut units = Vec::new();
    framer.feed(bytes, |unit| {
        units.push(show(unit));
        ControlFlow::Continue(())
    });
    units
}

fn show(unit: Unit<'_>) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    match unit {
        Unit::Frame(bytes) => alloc::format!("frame {}", text(bytes)),
        Unit::Garbled => "garbled".into(),
        Unit::Line(bytes) => alloc::format!("line {}", text(bytes)),
        Unit::Overlong(bytes) => alloc::format!("overlong {}", bytes.len()),
        Unit::Put(bytes) => alloc::format!("put {}", text(bytes)),
    }
}

/// What comes out of a whole stream that goes in in pieces of that size; nothing stays in.
pub(super) fn in_pieces(stream: &[u8], size: usize) -> Vec<String> {
    let mut framer = Framer::new();
    let mut units: Vec<String> =
        stream.chunks(size).flat_map(|bytes| cut(&mut framer, bytes)).collect();
    framer.finish(|unit| {
        units.push(show(unit));
        ControlFlow::Continue(())
    });
    assert_eq!(framer.holds(), 0);
    units
}

#[test]
fn lines_come_out_whole_however_they_went_in() {
    let stream = b"one\n\ntwo\r\nthree";
    for size in 1..=stream.len() {
        let units = in_pieces(stream, size);
        assert_eq!(units, ["line one", "line ", "line two\r", "line three"]);
    }
}

#[test]
fn frames_follow_a_greeting_on_the_first_line_only() {
    let stream = b"\nHERD 1 herd Ball 7\n\x02ab\x00\x03cde";
    for size in 1..=stream.len() {
        let mut framer = Framer::new();
        let units: Vec<String> =
            stream.chunks(size).flat_map(|bytes| cut(&mut framer, bytes)).collect();
        assert_eq!(units, ["line ", "line HERD 1 herd Ball 7", "frame ab", "frame ", "frame cde"]);
    }
    let mut framer = Framer::new();
    assert_eq!(
        cut(&mut framer, b"LLL\nHERD 1 herd Ball 7\nx\n"),
        ["line LLL", "line HERD 1 herd Ball 7", "line x"]
    );
}

#[test]
fn a_break_holds_the_rest_until_the_next_call() {
    let mut framer = Framer::new();
    let one = |framer: &mut Framer, bytes: &[u8]| {
        let mut units = Vec::new();
        framer.feed(bytes, |unit| {
            units.push(show(unit));
            ControlFlow::Break(())
        });
        units
    };
    assert_eq!(one(&mut framer, b"a\nb\nc"), ["line a"]);
    assert_eq!(framer.holds(), 3);
    assert_eq!(one(&mut framer, b""), ["line b"]);
    assert_eq!(one(&mut framer, b""), [""; 0]);
    let mut last = Vec::new();
    framer.finish(|unit| {
        last.push(show(unit));
        ControlFlow::Break(())
    });
    assert_eq!(last, ["line c"]);
}

#[test]
fn what_is_too_long_costs_bounded_memory() {
    let mut framer = Framer::new();
    assert_eq!(cut(&mut framer, &[b'x'; LINE_MAX]), [""; 0]);
    assert_eq!(cut(&mut framer, b"\n"), [alloc::format!("line {}", "x".repeat(LINE_MAX))]);
    assert_eq!(cut(&mut framer, &[b'x'; LINE_MAX]), [""; 0]);
    assert_eq!(cut(&mut framer, b"x"), [alloc::format!("overlong {LINE_ECHO}")]);
    assert_eq!(cut(&mut framer, &[b'x'; 1 << 20]), [""; 0]);
    assert_eq!(framer.holds(), 0);

    let mut framer = Framer::new();
    cut(&mut framer, b"HERD 1 herd Ball 7\n");
    assert_eq!(FRAME_MAX, 1 << 18);
    let length = [0x81, 0x80, 0x10];
    assert_eq!(cut(&mut framer, &length), ["garbled"]);
    assert_eq!(cut(&mut framer, b"more"), [""; 0]);
}

#[test]
fn what_is_ahead_is_what_will_come() {
    let ahead = |framer: &Framer, bytes| framer.ahead(bytes).map(show).collect::<Vec<_>>();
    let new = Framer::new();
    assert_eq!(ahead(&new, b"one\n"), [""; 0], "nothing is known of a new connection");
    let mut lines = Framer::new();
    cut(&mut lines, b"one\n");
    let data = b"three\nPUT k 1 3\na\nb".as_slice();
    let streams = [
        (lines, [b"two\n\nthree\nfo", b"ur\nfive\n".as_slice(), data, b"four\n"]),
        (Framer::between_frames(), [b"\x02ab\x00\x03cd", b"e\x01f\x05", b"ghi", b"jk\x01l"]),
    ];
    for (mut framer, parts) in streams {
        for bytes in parts {
            let held = framer.holds();
            let told = ahead(&framer, bytes);
            let came = cut(&mut framer, bytes);
            assert_eq!(told, came[came.len().min(usize::from(held > 0))..], "{bytes:?}");
        }
        assert_eq!(framer.holds(), 0);
    }
}

#[test]
fn line_ends_in_data_that_is_missing_begin_nothing() {
    let mut framer = Framer::new();
    cut(&mut framer, b"one\nPUT k 1 8\nab");
    assert_eq!(framer.ahead(b"c\ntwo\nd\n").count(), 0);
}
