//! Every frame reads as it was written, and no other way.

use super::framer::cut;
use super::*;

/// The body of the one frame that was written.
#[track_caller]
pub(super) fn body(bytes: &[u8]) -> Vec<u8> {
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
