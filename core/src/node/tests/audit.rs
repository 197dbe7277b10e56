//! What happens when a neighbour has the same and holds something different, and the limits of it.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use alloc::format;

use super::*;
use crate::codec::{
    Entries, Frame, Origin, Part, put_digest, put_entry, put_given, put_list, put_print,
    put_ranges, put_wish,
};
use crate::floor::Floor;
use crate::limits::{
    AUDIT_LEFT_MAX, DIGEST_EVERY, DIVERGED_AFTER, LOOKED_OVER, ODD_MAX, PULL_TIMEOUT, RANGE_LISTED,
    RANGE_SPLIT, RANGES_BYTES, RANGES_FRAMES, RANGES_PRINTS,
};

const WELSH: Origin<'static> = Origin { name: b"Welsh", incarnation: 9 };

fn line(client: usize) -> String {
    format!("AT Welsh +0.1 c{client} +1.5-1.5 1600000000")
}

/// A server with records of so many clients, and one neighbour.
fn holding(name: &str, neighbour: &str, clients: usize) -> Story {
    let mut story =
        Story::of(Config { incarnation: 5, ..Config::new(name, [Peer::new(neighbour)]) });
    for client in 0..clients {
        story.node.restore_counted(line(client).as_bytes(), &WELSH, client as u64 + 1).unwrap();
    }
    story.node.restore_have(&WELSH, 1, clients as u64);
    story.join(1, neighbour);
    story
}

impl Story {
    /// The neighbour has the same, and what it holds has that print.
    fn odd(&mut self, print: u64) {
        let mine = self.node.origins().summary();
        let digest = frame(|out| {
            put_digest(out, (false, false), (mine, mine), (print, Floor::BOTTOM), |_| ())
        });
        self.frame(1, &digest);
    }

    fn diverged(&self) -> bool {
        self.events().contains(&Event::Diverged { peer: PeerId(0) })
    }

    /// What the server has written, frame by frame.
    fn frames(&self) -> Vec<Frame<'_>> {
        let written = self.out.outputs().iter().filter_map(|output| match output {
            Output::Write { bytes, .. } => Some(self.out.bytes(*bytes)),
            _ => None,
        });
        let parse = |bytes: &'_ [u8]| bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
        written.map(|bytes| Frame::parse(&bytes[parse(bytes) + 1..]).unwrap()).collect()
    }

    /// The parts of all ranges that it has written, and the number of the first.
    fn parts(&self) -> (u64, Vec<Part<'_>>) {
        let ranges = self.frames().into_iter().filter_map(|frame| match frame {
            Frame::Ranges(ranges) => Some(ranges),
            _ => None,
        });
        let (mut number, mut all) = (0, Vec::new());
        for ranges in ranges {
            number = ranges.number;
            all.extend(ranges.parts.iter());
        }
        (number, all)
    }
}

fn said(answer: bool, last: bool, number: u64, put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut parts = Vec::new();
    put(&mut parts);
    frame(|out| put_ranges(out, (answer, last), number, &parts))
}

#[test]
fn one_digest_is_not_believed_and_more_are_less_and_less_often() {
    let mut story = holding("Alford", "Ball", 3);
    let mut when = Vec::new();
    for digest in 1..=70 {
        story.odd(7);
        if story.diverged() {
            when.push(digest);
            assert!(!story.parts().1.is_empty(), "it is the lower name that asks");
        }
        // Nobody answers.
        story.later(PULL_TIMEOUT);
    }
    assert_eq!(when, [DIVERGED_AFTER, 4, 8, 16, 32, 64]);
    // The higher name waits to be asked.
    let mut story = holding("Welsh", "Ball", 3);
    story.odd(7);
    story.odd(7);
    assert!(story.diverged() && story.parts().1.is_empty());
    // Equal ones begin anew.
    let same = story.node.store().print();
    story.odd(same);
    story.odd(7);
    assert!(!story.diverged());
}

#[test]
fn who_never_agrees_is_told_so_often_and_no_more() {
    let mut story = holding("Alford", "Ball", 3);
    story.odd(story.node.store().print());
    story.odd(7);
    let mut told = 0;
    for _ in 0..100 {
        story.later(DIGEST_EVERY);
        told += story.frames().iter().filter(|frame| matches!(frame, Frame::Digest(_))).count();
        // It answers, but with the same.
        story.odd(7);
    }
    assert!(told <= ODD_MAX as usize, "{told}");
    assert!(told > 3, "{told}");
}

#[test]
fn floors_that_differ_tell_nothing() {
    let mut story = holding("Alford", "Ball", 3);
    let mine = story.node.origins().summary();
    let floor = Floor { stamp: Wall(1), tie: 1 };
    for _ in 0..5 {
        let digest = frame(|out| put_digest(out, (false, false), (mine, mine), (7, floor), |_| ()));
        story.frame(1, &digest);
        assert!(!story.diverged());
    }
}

#[test]
fn what_is_asked_about_ranges_is_answered_in_so_many_messages_and_no_more() {
    let clients = 40_000;
    let mut story = holding("Ball", "Alford", clients);
    let everything = |out: &mut Vec<u8>| put_print(out, (0, u64::MAX), 1);
    story.frame(1, &said(false, true, 3, everything));
    let (number, parts) = story.parts();
    assert_eq!((number, parts.len()), (3, RANGE_SPLIT));
    // Few are listed.
    let few = |out: &mut Vec<u8>| put_print(out, (0, u64::MAX / clients as u64 * 8), 1);
    story.frame(1, &said(false, true, 3, few));
    let (_, parts) = story.parts();
    let [Part::List { ids, .. }] = parts[..] else { panic!("{parts:?}") };
    assert!((1..=RANGE_LISTED).contains(&ids.iter().count()));
    // Somebody asks about more than is answered.
    let step = u64::MAX / 9_000;
    let many = |out: &mut Vec<u8>| {
        for n in 0..9_000 {
            put_print(out, (n * step, n * step + step - 1), 1);
        }
    };
    story.frame(1, &said(false, true, 3, many));
    let sizes = story.out.outputs().iter().filter_map(|output| match output {
        Output::Write { bytes, .. } => Some(bytes.len()),
        _ => None,
    });
    let sizes: Vec<usize> = sizes.collect();
    assert!(sizes.len() <= RANGES_FRAMES + 1, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < RANGES_BYTES + 1024), "{sizes:?}");
    assert!(sizes.len() > 3, "{sizes:?}");
}

#[test]
fn what_differs_is_asked_about_bit_by_bit() {
    let clients = 40_000;
    let mut story = holding("Alford", "Ball", clients);
    story.odd(7);
    story.odd(7);
    let (number, parts) = story.parts();
    assert_eq!(parts.len(), RANGE_SPLIT);
    // Everything differs, in more ranges than are remembered.
    let step = u64::MAX / 9_000;
    for _ in 0..AUDIT_LEFT_MAX / 9_000 + 2 {
        let many = |out: &mut Vec<u8>| {
            for n in 0..9_000 {
                put_print(out, (n * step, n * step + step - 1), 1);
            }
        };
        story.frame(1, &said(true, false, number, many));
    }
    let todo = |story: &Story| {
        story.node.links()[0].live().unwrap().audit.as_ref().map_or(0, |audit| audit.todo.len())
    };
    assert_eq!(todo(&story), AUDIT_LEFT_MAX);
    story.frame(1, &said(true, true, number, |_| ()));
    let asked = AUDIT_LEFT_MAX - todo(&story);
    assert!((1..=RANGES_PRINTS).contains(&asked), "{asked}");
    // An answer that comes too late is none.
    story.later(PULL_TIMEOUT);
    story.frame(1, &said(true, true, number, |_| ()));
    assert_eq!((todo(&story), story.frames().len()), (0, 0));
}

#[test]
fn what_is_wished_for_is_given_and_who_gives_what_is_older_is_given_what_is_newer() {
    let mut story = holding("Ball", "Alford", 3);
    let place = crate::print::place_of(b"c1");
    story.frame(1, &said(false, true, 3, |out| put_wish(out, place)));
    let given = |story: &Story| -> Vec<Vec<u8>> {
        let entries = story.frames().into_iter().filter_map(|frame| match frame {
            Frame::Given(entries) => Some(entries),
            _ => None,
        });
        entries.flat_map(Entries::iter).map(|update| update.line.to_vec()).collect()
    };
    assert_eq!(given(&story), [line(1).into_bytes()]);
    // One more, one older, one that is the same.
    let lines = ["AT Welsh +0.1 c9 +1-1 5", "AT Welsh +0.1 c1 +1-1 5", &*line(2)];
    let mut entries = Vec::new();
    for (line, seq) in lines.iter().zip(90..) {
        put_entry(&mut entries, &WELSH, seq, line.as_bytes());
    }
    story.frame(1, &frame(|out| put_given(out, &entries)));
    assert_eq!(given(&story), [line(1).into_bytes()]);
    assert!(story.node.store().get(b"c9").is_some());
    // What the neighbour lists and is not held is wished for, and what it does not list is given.
    let mine = story.node.store().get(b"c9").unwrap().print();
    let lists = [(crate::print::place_of(b"c9"), mine), (77, 78)];
    story.frame(1, &said(false, true, 4, |out| put_list(out, (0, u64::MAX), lists.into_iter())));
    assert_eq!(given(&story).len(), 3);
    assert_eq!(story.parts(), (4, Vec::from([Part::Wish(77)])));
}

#[test]
fn a_broken_memory_is_found_out_some_records_at_a_time() {
    let clients = LOOKED_OVER as usize + 10;
    let mut story = holding("Alford", "Ball", clients);
    assert!(story.node.damage(format!("c{}", clients - 1).as_bytes()));
    assert!(!story.node.damage(b"nobody"));
    story.open(9);
    let found = |story: &mut Story| {
        // Something new makes it tell digests.
        let stamp = story.now.mono.0;
        story.line(9, &format!("IAMAT x +1-1 {}", stamp / 1_000_000));
        story.later(DIGEST_EVERY);
        story.events().contains(&Event::Damaged { records: 1 })
    };
    assert!(!found(&mut story));
    assert!(found(&mut story));
    assert_eq!(story.node.store().get(format!("c{}", clients - 1).as_bytes()), None);
    assert!(!found(&mut story));
    assert!(story.node.lose(b"c0") && !story.node.lose(b"c0"));
}
