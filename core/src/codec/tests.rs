mod data;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::*;
use crate::floor::Floor;
use crate::have::Have;
use crate::limits::{
    BOUND_MAX, CLIENT_MAX, FIELD_MAX, FRAME_MAX, LINE_ECHO, LINE_MAX, NAME_MAX, PLACES_DEPTH,
    RADIUS_KM_MAX, WATCHED_MAX,
};
use crate::time::Wall;

#[track_caller]
fn refused(line: &str, why: ParseError) {
    assert_eq!(parse(line.as_bytes()), Err(why), "{line}");
}

#[track_caller]
fn iamat(line: &str) -> IamAt<'_> {
    match parse(line.as_bytes()) {
        Ok(Some(Command::IamAt(iamat))) => iamat,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_client_line_is_read_whatever_white_space_stands_in_it() {
    for line in [
        "IAMAT kiwi +34.068930-118.445127 1520023934.918963997",
        " \tIAMAT \x0b kiwi\x0c+34.068930-118.445127\r1520023934.918963997 \r",
    ] {
        let said = iamat(line);
        assert_eq!(said.client, b"kiwi");
        assert_eq!(said.place.text, b"+34.068930-118.445127");
        assert_eq!(said.place.lat, Degrees(34_068_930_000));
        assert_eq!(said.place.lon, Degrees(-118_445_127_000));
        assert_eq!(said.stamp, Wall(1_520_023_934_918_963_997));
        assert_eq!(said.stamp_text, b"1520023934.918963997");
    }
}

#[test]
fn only_six_ascii_characters_are_white_space() {
    assert_eq!(
        iamat("IAMAT a\u{a0}b\u{85}c\u{2003}d\x1c +1-1 5").client,
        "a\u{a0}b\u{85}c\u{2003}d\x1c".as_bytes()
    );
    assert_eq!(parse(b" \t\r\x0b\x0c "), Ok(None));
    assert_eq!(parse(b""), Ok(None));
}

#[test]
fn ids_that_look_like_commands_are_only_ids() {
    for id in ["IAMAT", "AT", "?", "HERD", "WHATSAT"] {
        assert_eq!(iamat(&alloc::format!("IAMAT {id} +1-1 5")).client, id.as_bytes());
    }
}

#[test]
fn every_refusal_has_its_reason() {
    use ParseError as E;
    refused("LLL", E::Unknown);
    refused("iamat kiwi +1-1 5", E::Unknown);
    refused("IAMAT", E::Fields);
    refused("IAMAT kiwi +1-1", E::Fields);
    refused("IAMAT ki wi +1-1 5", E::Fields);
    refused("WHATSAT kiwi 10", E::Fields);
    refused("WHATSAT kiwi 10 5 5", E::Fields);
    for place in [
        "34-118",
        "+34",
        "+-.",
        "+-",
        "+34.0.1-118.0",
        "+91.0-118.0",
        "+90.0000000001-118",
        "+34.0-180.5",
        "+34.0-118.0/",
        "+34.0-118.0+12.0",
        "+34,0-118,0",
        "NOWHERE",
        "+.5-118",
        "+34.-118",
        "--34-118",
    ] {
        refused(&alloc::format!("IAMAT kiwi {place} 5"), E::Place);
    }
    for stamp in [
        "NOW",
        "-5",
        "+5",
        "1e9",
        "1_000",
        "0x10",
        "nan",
        "inf",
        "1.2.3",
        "5.",
        ".5",
        "1.0000000000",
        "9223372036.854775808",
        "99999999999999999999",
    ] {
        refused(&alloc::format!("IAMAT kiwi +1-1 {stamp}"), E::Stamp);
    }
    for radius in ["0", "0.000", "-1", "50.0001", "50.0000000000001", "51", "r", "nan", "1e1", "+5"]
    {
        refused(&alloc::format!("WHATSAT kiwi {radius} 5"), E::Radius);
    }
    for bound in ["0", "21", "1000", "-1", "l", "5.0", "18446744073709551617"] {
        refused(&alloc::format!("WHATSAT kiwi 10 {bound}"), E::Bound);
    }
    refused(&alloc::format!("IAMAT {} +1-1 5", "x".repeat(CLIENT_MAX + 1)), E::ClientTooLong);
    refused(&alloc::format!("WATCH k {}", "x".repeat(CLIENT_MAX + 1)), E::ClientTooLong);
    refused(&alloc::format!("WATCH {}", "k ".repeat(WATCHED_MAX + 1)), E::TooMany);
    iamat(&alloc::format!("IAMAT {} +1-1 5", "x".repeat(CLIENT_MAX)));
}

#[test]
fn the_limits_themselves_are_fine() {
    for place in
        ["+90.000000-180.000000", "-90+180", "+00.000000-000.000000", "+34.068930000000002-118.4"]
    {
        assert_eq!(iamat(&alloc::format!("IAMAT k {place} 5")).place.text, place.as_bytes());
    }
    assert_eq!(iamat("IAMAT k +1-1 9223372036.854775807").stamp, Wall(i64::MAX));
    let radius = |text: &str| match parse(alloc::format!("WHATSAT k {text} 20").as_bytes()) {
        Ok(Some(Command::WhatsAt(asked))) => (asked.radius_um, asked.bound),
        other => panic!("{other:?}"),
    };
    assert_eq!((RADIUS_KM_MAX, BOUND_MAX), (50, 20));
    assert_eq!(radius("50"), (50_000_000_000, 20));
    assert_eq!(radius("50.000"), (50_000_000_000, 20));
    assert_eq!(radius("10.5871263"), (10_587_126_300, 20));
    assert_eq!(radius("0.00000000001"), (1, 20));
}

#[test]
fn stamps_are_integers_of_nanoseconds() {
    let stamp = |text: &str| iamat(&alloc::format!("IAMAT k +1-1 {text}")).stamp;
    assert!(stamp("1000000000.5") > stamp("999999999.5"));
    assert!(stamp("1520023934.918963998") > stamp("1520023934.918963997"));
    assert_eq!(stamp("1520023934"), stamp("1520023934.0"));
}

#[test]
fn a_record_is_canonical_or_no_record() {
    let good = "AT Alford +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997";
    let at = At::canonical(good.as_bytes()).unwrap();
    assert_eq!(
        (at.server, at.skew, at.client),
        (&b"Alford"[..], &b"+0.263873386"[..], &b"kiwi"[..])
    );
    for bad in [
        "AT  Alford +0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1 5 ",
        "AT Alford\t+0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1 5\n",
        " AT Alford +0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1",
        "AT Alford zero kiwi +1-1 5",
        "IAMAT kiwi +1-1 5",
    ] {
        assert!(At::canonical(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn names_and_fields_of_a_record_are_bounded() {
    let record = |name: usize, skew: usize, decimals: usize| {
        let (name, skew) = ("n".repeat(name), "1".repeat(skew));
        let line = alloc::format!("AT {name} {skew} kiwi +1.{}-1 5", "0".repeat(decimals));
        At::canonical(line.as_bytes()).map(|_| ())
    };
    assert_eq!(record(NAME_MAX, FIELD_MAX, FIELD_MAX - 5), Ok(()));
    assert_eq!(record(NAME_MAX + 1, 1, 1), Err(ParseError::Server));
    assert_eq!(record(1, FIELD_MAX + 1, 1), Err(ParseError::Skew));
    assert_eq!(record(1, 1, FIELD_MAX - 4), Err(ParseError::Place));
    let greeting = |name: usize| {
        Greeting::parse(alloc::format!("HERD 1 herd {} 1", "n".repeat(name)).as_bytes()).is_some()
    };
    assert!(greeting(NAME_MAX) && !greeting(NAME_MAX + 1));
}

#[test]
fn skew_has_a_sign_and_nine_decimals() {
    let text = |ns| {
        let mut out = Vec::new();
        skew_text(&mut out, ns);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(0), "+0.000000000");
    assert_eq!(text(263_873_386), "+0.263873386");
    assert_eq!(text(-1), "-0.000000001");
    assert_eq!(text(100_000_000_000), "+100.000000000");
    assert_eq!(text(i128::from(i64::MIN) - i128::from(i64::MAX)), "-18446744073.709551615");
}

/// Units as owned text, so that they can be compared.
fn cut(framer: &mut Framer, bytes: &[u8]) -> Vec<String> {
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

#[test]
fn lines_come_out_whole_however_they_went_in() {
    let stream = b"one\n\ntwo\r\nthree";
    for size in 1..=stream.len() {
        let mut framer = Framer::new();
        let mut units: Vec<String> =
            stream.chunks(size).flat_map(|bytes| cut(&mut framer, bytes)).collect();
        framer.finish(|unit| {
            units.push(show(unit));
            ControlFlow::Continue(())
        });
        assert_eq!(units, ["line one", "line ", "line two\r", "line three"]);
        assert_eq!(framer.holds(), 0);
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

/// The body of the one frame that was written.
#[track_caller]
fn body(bytes: &[u8]) -> Vec<u8> {
    let mut framer = Framer::new();
    cut(&mut framer, b"HERD 1 herd Ball 7\n");
    let mut bodies = Vec::new();
    framer.feed(bytes, |unit| {
        let Unit::Frame(body) = unit else { panic!("{unit:?}") };
        bodies.push(body.to_vec());
        ControlFlow::Continue(())
    });
    assert_eq!(bodies.len(), 1);
    bodies.remove(0)
}

/// Whatever is cut off, it is no frame any more. (But a shorter stamp is a stamp too, and a list
/// that ends after an item is a list.)
#[track_caller]
fn cannot_be_cut(body: &[u8], but: usize) {
    let shorter = (0..body.len()).filter(|end| Frame::parse(&body[..*end]).is_ok()).count();
    assert_eq!(shorter, but, "{body:?}");
}

const LINE: &[u8] = b"AT Alford +0.2 kiwi +1-1 5";

fn update(name: &'static [u8], seq: u64, incarnation: u64) -> Update<'static> {
    let at = At::canonical(LINE).unwrap();
    Update { origin: Origin { name, incarnation }, seq, at, line: LINE }
}

#[test]
fn a_push_reads_as_it_was_written_and_no_other_way() {
    let most = i64::MAX.unsigned_abs();
    for (seq, incarnation) in [(1, 0), (1, 127), (128, 1 << 40), (most, most)] {
        for (name, epoch, rebuild, acked) in [
            (b"Alford".as_slice(), 0, false, false),
            (b"Ball", 0, false, false),
            (b"Alford", 3, true, false),
            (b"Ball", 0, false, true),
        ] {
            let hops = if name == b"Alford" && epoch == 0 { 0 } else { 7 };
            let update = update(name, seq, incarnation);
            let push = Push { update, epoch, hops, rebuild, acked };
            let mut bytes = Vec::new();
            put_push(&mut bytes, &push.head(), LINE);
            let body = body(&bytes);
            assert_eq!(Frame::parse(&body), Ok(Frame::Push(push)));
            cannot_be_cut(&body, 0);
        }
    }
    let mut short = Vec::new();
    let update = update(b"Alford", 1, 9);
    let push = Push { update, epoch: 0, hops: 5, rebuild: false, acked: false };
    put_push(&mut short, &push.head(), LINE);
    assert_eq!(short, [&[29, 1, 1, 9][..], LINE].concat(), "the seed's flood has no trees");
}

#[test]
fn what_is_said_of_repair_reads_as_it_was_written() {
    let alford = Origin { name: b"Alford", incarnation: 9 };
    let ball = Origin { name: b"Ball", incarnation: 1 << 41 };
    let mut have = Have::up_to(300);
    have.add(302, 302);
    have.add(400, 1 << 50);
    let mut known = Vec::new();
    put_known(&mut known, &alford, &have);
    put_known(&mut known, &ball, &Have::default());
    let known = |bytes: &mut Vec<u8>| bytes.extend_from_slice(&known);
    let mut bytes = Vec::new();
    for floor in [Floor::BOTTOM, Floor { stamp: Wall(-7), tie: 1 << 60 }] {
        bytes.clear();
        put_digest(&mut bytes, (true, false), (u64::MAX, 7), (8, floor), known);
        let digest = body(&bytes);
        let Ok(Frame::Digest(Digest {
            urgent: true,
            asks: false,
            mine: u64::MAX,
            yours: 7,
            print: 8,
            floor: read_floor,
            known: read,
        })) = Frame::parse(&digest)
        else {
            panic!("{digest:?}")
        };
        assert_eq!(read_floor, floor);
        assert!(read.iter().eq([(alford, have.clone()), (ball, Have::default())]));
        cannot_be_cut(&digest, 2);
    }
    for graft in [false, true] {
        let mut bytes = Vec::new();
        put_pull(&mut bytes, graft, 3, known);
        let read = body(&bytes);
        match Frame::parse(&read) {
            Ok(Frame::Pull { answer: 3, known }) if !graft => assert_eq!(known.iter().count(), 2),
            Ok(Frame::Graft { answer: 3, known }) if graft => assert_eq!(known.iter().count(), 2),
            other => panic!("{other:?}"),
        }
    }
    let mut bytes = Vec::new();
    put_sync(&mut bytes, 3, known);
    let sync = body(&bytes);
    let Ok(Frame::Sync { answer: 3, known: read }) = Frame::parse(&sync) else {
        panic!("{sync:?}")
    };
    assert_eq!(read.iter().count(), 2);
    cannot_be_cut(&sync, 2);
    bytes.clear();
    put_vague(&mut bytes, 300);
    let vague = body(&bytes);
    assert_eq!(Frame::parse(&vague), Ok(Frame::Vague(300)));
    cannot_be_cut(&vague, 0);
    assert!(Frame::parse(&[&vague[..], &[0]].concat()).is_err());
    for want in [false, true] {
        let mut bytes = Vec::new();
        put_epochs(&mut bytes, want, |bytes| put_epoch(bytes, &ball, 12));
        let read = body(&bytes);
        match Frame::parse(&read) {
            Ok(Frame::Prune(epochs)) if !want => assert!(epochs.iter().eq([(ball, 12)])),
            Ok(Frame::Want(epochs)) if want => assert!(epochs.iter().eq([(ball, 12)])),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_shared_trees_and_single_updates_are_spoken_of_with_reads_as_it_was_written() {
    let most = i64::MAX.unsigned_abs();
    for (incarnation, count) in [(0, 1), (300, 128), (most, most)] {
        let origin = Origin { name: b"Ball", incarnation };
        let build = Build { root: origin, epoch: count, hops: incarnation };
        let mut bytes = Vec::new();
        put_build(&mut bytes, &build);
        let read = body(&bytes);
        assert_eq!(Frame::parse(&read), Ok(Frame::Build(build)));
        cannot_be_cut(&read, 0);
        for what in [Word::Ack, Word::Have, Word::Graft, Word::Prune] {
            let notice = Notice { what, origin, seq: count };
            let mut bytes = Vec::new();
            put_notice(&mut bytes, &notice);
            let read = body(&bytes);
            assert_eq!(Frame::parse(&read), Ok(Frame::Notice(notice)));
            cannot_be_cut(&read, 0);
        }
    }
}

#[test]
fn an_answer_reads_as_it_was_written() {
    let alford = Origin { name: b"Alford", incarnation: 9 };
    let (mut entries, mut covers) = (Vec::new(), Vec::new());
    for seq in 1..200 {
        put_entry(&mut entries, &alford, seq, LINE);
    }
    put_cover(&mut covers, &alford, 1, 200);
    let repair = Repair {
        answer: 5,
        chunk: 0,
        last: true,
        complete: true,
        entries: Entries::written(&entries),
        covers: Covers::written(&covers),
    };
    let mut bytes = Vec::new();
    put_repair(&mut bytes, &repair);
    let read = body(&bytes);
    let Ok(Frame::Repair(read)) = Frame::parse(&read) else { panic!("{read:?}") };
    assert_eq!(read, repair);
    let expected = (1..200).map(|seq| update(b"Alford", seq, 9));
    assert!(read.entries.iter().eq(expected) && read.covers.iter().eq([(alford, 1, 200)]));
    let mut part = Vec::new();
    put_repair(&mut part, &Repair { chunk: 1, ..repair });
    assert_eq!(Frame::parse(&body(&part)), Err(FrameError::Length), "complete, and a part");
}

#[test]
fn what_servers_say_of_themselves_reads_as_it_was_written() {
    let floor = Floor { stamp: Wall(-5), tie: u64::MAX };
    let hello = Hello { wall: Wall(i64::MIN), floor };
    let mut written = Vec::new();
    put_hello(&mut written, &hello);
    let read = body(&written);
    assert_eq!(Frame::parse(&read), Ok(Frame::Hello(hello)));
    cannot_be_cut(&read, 0);
    assert!(Frame::parse(&[&read[..], &[0]].concat()).is_err());
    written.clear();
    put_stale(&mut written, u64::MAX >> 1);
    let read = body(&written);
    assert_eq!(Frame::parse(&read), Ok(Frame::Stale(u64::MAX >> 1)));
    cannot_be_cut(&read, 0);
    assert!(Frame::parse(&[&read[..], &[0]].concat()).is_err());
    assert_eq!(
        (stale(b"STALE 17\r"), stale(b"STALE 1 7"), stale(b"STALE x")),
        (Some(17), None, None)
    );
}

#[test]
fn what_is_held_in_ranges_reads_as_it_was_written() {
    let mut parts = Vec::new();
    put_print(&mut parts, (0, 9), u64::MAX);
    put_list(&mut parts, (10, u64::MAX), [(11, 12), (u64::MAX, 1)].into_iter());
    put_wish(&mut parts, 300);
    let mut bytes = Vec::new();
    put_ranges(&mut bytes, (true, false), 300, &parts);
    let ranges = body(&bytes);
    let Ok(Frame::Ranges(Ranges { answer: true, last: false, number: 300, parts })) =
        Frame::parse(&ranges)
    else {
        panic!("{ranges:?}")
    };
    let parts: Vec<Part<'_>> = parts.iter().collect();
    let [
        Part::Print { first: 0, last: 9, print: u64::MAX },
        Part::List { ids, .. },
        Part::Wish(300),
    ] = parts[..]
    else {
        panic!("{parts:?}")
    };
    assert!(ids.iter().eq([(11, 12), (u64::MAX, 1)]));
    // Without any, one or two parts it is a list too.
    cannot_be_cut(&ranges, 3);
    let mut entries = Vec::new();
    put_entry(&mut entries, &Origin { name: b"Alford", incarnation: 9 }, 7, LINE);
    let mut bytes = Vec::new();
    put_given(&mut bytes, &entries);
    let given = body(&bytes);
    let Ok(Frame::Given(read)) = Frame::parse(&given) else { panic!("{given:?}") };
    assert!(read.iter().map(|update| (update.seq, update.line)).eq([(7, LINE)]));
    cannot_be_cut(&given, 1);
}

#[test]
fn what_is_no_frame_is_refused() {
    let too_long = [b"\x01\x80\x00\x01".as_slice(), LINE].concat();
    let zeroth = [b"\x01\x00\x01".as_slice(), LINE].concat();
    let unknown_flag = [b"\x02\x04\x01\x01\x01A\x01\x01".as_slice(), LINE].concat();
    for bytes in [
        &too_long[..],
        &zeroth,
        &unknown_flag,
        b"",
        b"\x07\x00\x01\x01",
        b"\x05\x01\x01A\x01\x05\x01\x01\x00",
        b"\x05\x01\x01A\x01\x05\x41",
        b"\x09\x01\x01\x01A\x01\x00",
        b"\x0a\x01\x01A\x01\x00",
        // An unknown flag, a range that ends before it begins, an id that is cut.
        b"\x0f\x04\x01",
        b"\x0f\x00\x01\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x0f\x00\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0",
    ] {
        assert_eq!(Frame::parse(bytes), Err(FrameError::Length), "{bytes:?}");
    }
    let no_part = b"\x0f\x00\x01\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for unknown in [b"\x7f".as_slice(), b"\x0a\x04\x01A\x01\x01", no_part] {
        assert_eq!(Frame::parse(unknown), Err(FrameError::Kind));
    }
    assert!(matches!(Frame::parse(b"\x01\x01\x01AT"), Err(FrameError::Record(_))));
}

#[track_caller]
fn cut_places(body: &str, bound: u8) -> String {
    let mut out = b"before\n".to_vec();
    match places::put_first_results(&mut out, body.as_bytes(), bound) {
        Ok(()) => String::from_utf8(out.split_off(7)).unwrap(),
        Err(places::NotPlaces) => {
            assert_eq!(out, b"before\n");
            "?".into()
        }
    }
}

#[test]
fn places_answers_are_cut_in_their_own_format() {
    let body = "\n{ \"html\" : [],\r\n\n\n \"results\" : [\n\n  {\"a\":[1,2]},\n  {\"b\":\"]}\"},\n  3\n ],\n \"status\" : \"OK\"\n}\n\n";
    assert_eq!(
        cut_places(body, 2),
        "{ \"html\" : [],\n \"results\" : [\n  {\"a\":[1,2]},\n  {\"b\":\"]}\"}\n ],\n \"status\" : \"OK\"\n}"
    );
    assert_eq!(cut_places("{\"results\":[1,2,3]}", 3), "{\"results\":[1,2,3]}");
    assert_eq!(
        cut_places("{\"places\":[{},{}],\"x\":{\"results\":[1,2]}}", 1),
        "{\"places\":[{}],\"x\":{\"results\":[1,2]}}"
    );
    assert_eq!(
        cut_places("{\"results\":[],\"status\":\"ZERO_RESULTS\"}", 1),
        "{\"results\":[],\"status\":\"ZERO_RESULTS\"}"
    );
    assert_eq!(
        cut_places("{\"results\":{\"results\":[1,2]}}", 1),
        "{\"results\":{\"results\":[1,2]}}"
    );
    assert_eq!(cut_places("{}", 1), "{}");
}

#[test]
fn what_is_no_json_object_is_no_places_answer() {
    let nested = |depth: u32| {
        let arrays = depth as usize - 1;
        cut_places(&alloc::format!("{{\"a\":{}{}}}", "[".repeat(arrays), "]".repeat(arrays)), 1)
    };
    assert_ne!(nested(PLACES_DEPTH), "?");
    assert_eq!(nested(PLACES_DEPTH + 1), "?");
    let deep = "[".repeat(100);
    for body in [
        "",
        "<html>",
        "[]",
        "3",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":-}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":tru}",
        "{\"a\":1}x",
        "{\"a\":[1 2]}",
        "{\"a\":[1}",
        "{'a':1}",
        "{\"a\":1e}",
        "{\"results\":[1,2,]}",
        "{\"a\":\"",
        &alloc::format!("{{\"a\":{deep}"),
    ] {
        assert_eq!(cut_places(body, 1), "?", "{body}");
    }
    assert_eq!(
        cut_places(" {\"a\":[-0.5e+3,true,false,null,\"\\u00e9\\n\"]} ", 1),
        "{\"a\":[-0.5e+3,true,false,null,\"\\u00e9\\n\"]}"
    );
    let mut out = vec![];
    assert!(places::put_first_results(&mut out, b"{\"a\":\"\xff\"}", 1).is_err());
}
