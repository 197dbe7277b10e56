//! Coverage, digests, pulls and answers, and the limits of each.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing")]

use super::*;
use crate::codec::{
    At, Covers, Digest, Entries, Frame, Origin, Push, Repair, Update, put_cover, put_digest,
    put_entry, put_epoch, put_epochs, put_known, put_pull, put_push, put_repair, put_sync,
    put_vague,
};
use crate::floor::Floor;
use crate::have::Have;
use crate::limits::{
    ANSWERS_MAX, BULK_BYTES, BULK_LASTS, BULK_RECORDS, DIGEST_ENTRIES, DIGEST_EVERY, DIGEST_FANOUT,
    GRACE, MISSES, ORIGINS_MAX, PROOFS, PRUNE_AGAIN, PULL_TIMEOUT, REBUILD_MIN, RIDE, SILENCE_MAX,
    WINDOW,
};
use crate::time::MILLISECOND;
use crate::tree::Tree;

const WELSH: Origin<'static> = Origin { name: b"Welsh", incarnation: 9 };

/// What a store without records and without a floor is.
const NOTHING: (u64, Floor) = (0, Floor::BOTTOM);

/// Welsh's update of that number, in that epoch of its tree.
fn grown(seq: u64, epoch: u64, rebuild: bool) -> Vec<u8> {
    let line = alloc::format!("AT Welsh +0.1 kiwi +1-1 170000{seq:04}");
    let at = At::canonical(line.as_bytes()).unwrap();
    let update = Update { origin: WELSH, seq, at, line: line.as_bytes() };
    frame(|out| {
        put_push(
            out,
            &Push { update, epoch, hops: 1, rebuild, acked: false }.head(),
            line.as_bytes(),
        )
    })
}

/// "I have these updates of Welsh."
fn digest(urgent: bool, upto: u64) -> Vec<u8> {
    let known = |out: &mut Vec<u8>| put_known(out, &WELSH, &Have::up_to(upto));
    frame(|out| put_digest(out, (urgent, true), (upto, 0), NOTHING, known))
}

fn pair(preset: Preset) -> Story {
    let peers = [Peer::new("Ball"), Peer::new("Alford"), Peer::new("Holiday")];
    let mut story = Story::of(Config { incarnation: 5, preset, ..Config::new("Hamilton", peers) });
    for (conn, name) in [(1, "Ball"), (2, "Alford"), (3, "Holiday")] {
        story.join(conn, name);
    }
    story
}

impl Story {
    fn written(&self, conn: u32) -> Vec<Frame<'_>> {
        let to = |output: &Output| match output {
            Output::Write { conn: to, bytes } if to.0 == conn => Some(self.out.bytes(*bytes)),
            _ => None,
        };
        let mut frames = Vec::new();
        for mut bytes in self.out.outputs().iter().filter_map(to) {
            while let Some(size) = bytes.iter().position(|byte| byte & 0x80 == 0) {
                let length = bytes[..=size]
                    .iter()
                    .rev()
                    .fold(0, |n, byte| n << 7 | usize::from(byte & 0x7f));
                let (frame, more) = bytes[size + 1..].split_at(length);
                frames.push(Frame::parse(frame).unwrap());
                bytes = more;
            }
        }
        frames
    }

    fn tree(&self) -> &Tree {
        let welsh = self.node.origins().find(WELSH.name, WELSH.incarnation).unwrap();
        self.node.origins().get(welsh).tree()
    }
}

fn digests(story: &Story) -> usize {
    let is_digest = |frame: &Frame<'_>| matches!(frame, Frame::Digest(_));
    (1..=3).flat_map(|conn| story.written(conn)).filter(is_digest).count()
}

#[test]
fn what_changes_is_told_in_turns_and_more_and_more_seldom_to_who_says_nothing() {
    let mut story = pair(Preset::FloodSync);
    story.open(9).line(9, "IAMAT kiwi +1-1 1700000000");
    assert_eq!(digests(&story), 0, "not at once");
    let told = |story: &mut Story| {
        story.later(DIGEST_EVERY);
        digests(story)
    };
    assert_eq!([told(&mut story), told(&mut story)], [DIGEST_FANOUT, 1 + 1], "two, then the third");
    let turns = 1000;
    let later: usize = (0..turns).map(|_| told(&mut story)).sum();
    assert!(later <= 3 * (turns >> SILENCE_MAX) + 20, "{later} in {turns} turns");
    assert!(later > 3, "but never not at all");
}

#[test]
fn what_a_neighbour_has_is_waited_for_and_then_pulled_and_then_from_another() {
    let mut story = pair(Preset::FloodSync);
    for conn in [1, 2] {
        story.frame(conn, &digest(false, 4));
    }
    let pulls = |story: &Story, conn| {
        story.written(conn).iter().filter(|frame| matches!(frame, Frame::Pull { .. })).count()
    };
    assert_eq!(pulls(&story, 1) + pulls(&story, 2), 0);
    story.later(GRACE - 1);
    assert_eq!(pulls(&story, 1) + pulls(&story, 2), 0);
    story.later(1);
    assert_eq!((pulls(&story, 1), pulls(&story, 2)), (1, 0));
    // Ball does not answer.
    story.later(PULL_TIMEOUT);
    assert_eq!((pulls(&story, 1), pulls(&story, 2)), (0, 1));
}

/// An answer that says no more than that all of Welsh's updates up to there are covered.
fn covered(answer: u64, upto: u8) -> Vec<u8> {
    let answer = u8::try_from(answer).unwrap();
    [&[3, 1, answer, 0, 0, 5][..], b"Welsh", &[9, 1, upto]].concat()
}

#[test]
fn what_comes_late_is_waited_for_longer_and_that_fades() {
    let mut story = pair(Preset::FloodSync);
    let pulled = |story: &Story| {
        story.written(1).iter().find_map(|frame| match frame {
            Frame::Pull { answer, .. } => Some(*answer),
            _ => None,
        })
    };
    // Ball has it, and it comes by itself just after it was asked for.
    story.frame(1, &digest(false, 1));
    story.later(GRACE);
    let answer = pulled(&story).expect("it is asked for");
    story.frame(2, &grown(1, 1, true));
    story.now.mono = story.now.mono.plus(40 * MILLISECOND);
    story.frame(1, &covered(answer, 1));
    // A quarter more than it took, which is more than four round trips of 40 ms.
    let longer = (GRACE + 40 * MILLISECOND) * 5 / 4;
    assert_eq!(story.node.grace(), longer);
    story.frame(1, &digest(false, 2));
    story.later(longer - 1);
    assert_eq!(pulled(&story), None);
    story.later(1);
    let answer = pulled(&story).expect("it is asked for, later");
    // A neighbour that is far away is given four round trips.
    story.now.mono = story.now.mono.plus(SECOND);
    story.frame(1, &covered(answer, 2));
    let far = 4 * (40 * MILLISECOND * 7 / 8 + SECOND / 8);
    assert_eq!(story.node.grace(), far);
    story.on(Input::Closed(ConnId(1)));
    for _ in 0..2 * 64 {
        story.later(DIGEST_EVERY);
    }
    assert_eq!(story.node.grace(), GRACE);
}

#[test]
fn answers_wait_in_line_and_no_more_than_a_few() {
    let mut story = pair(Preset::FloodSync);
    story.open(9);
    for client in 0..2_000 {
        story.line(9, &alloc::format!("IAMAT client-{client} +1-1 1700000000"));
    }
    let own = Origin { name: b"Hamilton", incarnation: 5 };
    for answer in 1..20 {
        let known = |out: &mut Vec<u8>| put_known(out, &own, &Have::default());
        story.frame(1, &frame(|out| put_pull(out, false, answer, known)));
    }
    let mut answered = 0;
    loop {
        story.on(Input::Writable(ConnId(1)));
        let written = story.written(1);
        let last = |frame: &&Frame<'_>| matches!(frame, Frame::Repair(repair) if repair.last);
        answered += written.iter().filter(last).count();
        if written.is_empty() {
            break;
        }
    }
    assert_eq!(answered, ANSWERS_MAX);
}

/// `tests/model` found what happened before: who asked for some origins only was told that an update
/// is covered, and not given what covers it, for that was counted by an origin it did not ask for.
#[test]
fn who_asks_for_what_is_covered_by_others_is_told_to_ask_for_everything() {
    let mut story = pair(Preset::FloodSync);
    let newer = Origin { name: b"Alford", incarnation: 1 };
    let line = b"AT Alford +0.1 kiwi +2-2 1700000002";
    let (mut entry, mut cover) = (Vec::new(), Vec::new());
    put_entry(&mut entry, &newer, 1, line);
    put_cover(&mut cover, &WELSH, 1, 1);
    let (entries, covers) = (Entries::written(&entry), Covers::written(&cover));
    let repair = Repair { answer: 0, chunk: 0, last: true, complete: true, entries, covers };
    story.frame(1, &frame(|out| put_repair(out, &repair)));
    let nothing = |out: &mut Vec<u8>| put_known(out, &WELSH, &Have::default());
    story.frame(3, &frame(|out| put_pull(out, false, 7, nothing)));
    assert_eq!(story.written(3), [Frame::Vague(7)]);
    story.frame(3, &frame(|out| put_sync(out, 8, |_| ())));
    let [Frame::Repair(Repair { answer: 8, last: true, entries, covers, .. })] =
        story.written(3)[..]
    else {
        panic!("{:?}", story.written(3))
    };
    let sent: Vec<_> = entries.iter().map(|update| (update.origin, update.line)).collect();
    assert_eq!(sent, [(newer, &line[..])]);
    assert!(covers.iter().any(|cover| cover == (WELSH, 1, 1)));
    // Who is told so does it.
    story.frame(2, &frame(|out| put_vague(out, 3)));
    let [Frame::Sync { known, .. }] = story.written(2)[..] else { panic!() };
    assert!(known.iter().eq([(newer, Have::up_to(1)), (WELSH, Have::up_to(1))]));
}

/// What a neighbour of that name answers from its log, if it was told so many updates.
fn answered(name: &'static str, records: usize) -> Vec<u8> {
    let mut story =
        Story::of(Config { incarnation: 9, ..Config::new(name, [Peer::new("Hamilton")]) });
    story.open(9);
    for client in 0..records {
        story.line(9, &alloc::format!("IAMAT {name}{client} +1-1 1700000000"));
    }
    story.join(1, "Hamilton");
    let origin = Origin { name: name.as_bytes(), incarnation: 9 };
    let known = |out: &mut Vec<u8>| put_known(out, &origin, &Have::default());
    story.frame(1, &frame(|out| put_pull(out, false, 1, known)));
    let Some(Output::Write { bytes, .. }) = story.out.outputs().first() else { panic!() };
    let repair = story.out.bytes(*bytes);
    assert!(repair.len() <= BULK_BYTES);
    let length = repair.iter().position(|byte| byte & 0x80 == 0).unwrap();
    repair[length + 1..].to_vec()
}

#[test]
fn a_small_repair_is_passed_on_and_a_large_one_announced() {
    let passed = |story: &mut Story, repair: &[u8]| {
        story.frame(1, repair);
        let written = [2, 3].iter().flat_map(|conn| story.written(*conn));
        written.map(|frame| matches!(frame, Frame::Repair(_))).collect::<Vec<_>>()
    };
    let mut story = pair(Preset::Grove);
    assert_eq!(passed(&mut story, &answered("Welsh", BULK_RECORDS)), [true; 2]);
    assert_eq!(passed(&mut story, &answered("Juzang", BULK_RECORDS + 1)), [false; 2]);
    // Small ones are announced for a while after a large one.
    assert_eq!(passed(&mut story, &answered("Parker", 1)), [false; 2]);
    story.now.mono = story.now.mono.plus(BULK_LASTS);
    assert_eq!(passed(&mut story, &answered("Wilkes", 1)), [true; 2]);
}

#[test]
fn a_neighbour_that_reads_slowly_lags_and_is_told_to_pull() {
    let mut story = pair(Preset::FloodSync);
    story.open(9);
    let mut written = 0;
    let mut stamp = 1_700_000_000;
    while story.node.links()[0].live().is_some_and(|session| !session.is_lagging()) {
        stamp += 1;
        story.line(9, &alloc::format!("IAMAT kiwi +1-1 {}", stamp - 1_000_000));
        written += story.written(1).len();
        // The others read.
        for conn in [2, 3] {
            story.on(Input::Writable(ConnId(conn)));
        }
    }
    assert!(written * 50 < WINDOW && WINDOW < written * 100, "{written} updates of 60 bytes");
    story.line(9, &alloc::format!("IAMAT kiwi +1-1 {stamp}"));
    assert_eq!((story.written(1).len(), story.written(2).len()), (0, 1), "nobody else is held up");
    // What was asked to be told has left; not yet all.
    story.on(Input::Writable(ConnId(1)));
    assert!(story.node.links()[0].live().is_some_and(crate::link::Session::is_lagging));
    story.on(Input::Writable(ConnId(1)));
    assert!(matches!(story.written(1)[..], [Frame::Digest(Digest { urgent: true, .. })]));
    assert!(story.events().contains(&Event::CaughtUp { peer: PeerId(0) }));
}

#[test]
fn there_are_origins_only_up_to_a_limit_and_digests_tell_some_at_a_time() {
    let mut story = pair(Preset::FloodSync);
    for incarnation in 0..5_000 {
        let origin = Origin { name: b"Welsh", incarnation };
        let known = |out: &mut Vec<u8>| put_known(out, &origin, &Have::up_to(1));
        story.frame(1, &frame(|out| put_digest(out, (false, false), (1, 0), NOTHING, known)));
    }
    assert_eq!(story.node.origins().len(), ORIGINS_MAX);
    let mut story = pair(Preset::FloodSync);
    for incarnation in 1..700 {
        let line = alloc::format!("AT Welsh +0.1 c{incarnation} +1-1 1");
        let at = At::canonical(line.as_bytes()).unwrap();
        let origin = Origin { name: b"Welsh", incarnation };
        let update = Update { origin, seq: 1, at, line: line.as_bytes() };
        let push = Push { update, epoch: 0, hops: 0, rebuild: false, acked: false };
        story.frame(1, &frame(|out| put_push(out, &push.head(), line.as_bytes())));
    }
    story.later(DIGEST_EVERY);
    let told = (1..=3).flat_map(|conn| story.written(conn)).find_map(|frame| match frame {
        Frame::Digest(digest) => Some(digest.known.iter().count()),
        _ => None,
    });
    assert_eq!(told, Some(DIGEST_ENTRIES));
}

#[test]
fn who_goes_on_although_pruned_is_told_again_but_not_at_once() {
    let mut story = pair(Preset::Grove);
    story.frame(1, &grown(1, 1, true));
    assert_eq!(story.tree().parent(), Some(PeerId(0)));
    let prunes = |story: &mut Story| {
        story.frame(2, &grown(1, 1, true));
        story.later(RIDE);
        story.written(2).iter().filter(|frame| matches!(frame, Frame::Prune(_))).count()
    };
    assert_eq!(prunes(&mut story), 1);
    assert_eq!(prunes(&mut story), 0);
    story.now.mono = story.now.mono.plus(PRUNE_AGAIN);
    assert_eq!(prunes(&mut story), 1);
    // However far ahead of the parent somebody is, only so much of it is remembered.
    for seq in 2..100 {
        story.frame(2, &grown(seq, 1, false));
    }
    assert!(story.tree().is_bounded() && PROOFS < 98);
}

#[test]
fn whose_parent_delivers_nothing_looks_for_another() {
    let mut story = pair(Preset::Grove);
    story.frame(1, &grown(1, 1, true));
    for miss in 1..=u64::from(MISSES) {
        assert_eq!(story.tree().parent(), Some(PeerId(0)));
        // Alford has one more, the parent does not bring it, and it has to be pulled.
        story.frame(2, &digest(false, miss + 1));
        story.later(GRACE);
        let answer = story.written(2).iter().find_map(|frame| match frame {
            Frame::Pull { answer, .. } => Some(*answer),
            _ => None,
        });
        let covers = alloc::vec![5, b'W', b'e', b'l', b's', b'h', 9];
        let upto = u8::try_from(miss + 1).unwrap();
        let repair =
            [&[3, 1, u8::try_from(answer.unwrap()).unwrap(), 0, 0][..], &covers, &[upto, upto]]
                .concat();
        story.frame(2, &repair);
    }
    assert_eq!(story.tree().parent(), None);
    let grafts = (1..=3).flat_map(|conn| story.written(conn));
    assert_eq!(
        grafts.filter(|frame| matches!(frame, Frame::Graft { .. })).count(),
        3,
        "A4: to all"
    );
}

#[test]
fn an_origin_builds_its_tree_anew_when_it_is_wanted_but_not_all_the_time() {
    let mut story = pair(Preset::Grove);
    let own = Origin { name: b"Hamilton", incarnation: 5 };
    let mut stamp = 1_600_000_000;
    let mut said = |story: &mut Story| {
        stamp += 1;
        story.line(9, &alloc::format!("IAMAT kiwi +1-1 {stamp}"));
        story.written(1).iter().find_map(|frame| match frame {
            Frame::Push(push) => Some((push.epoch, push.rebuild)),
            _ => None,
        })
    };
    story.open(9);
    assert_eq!([said(&mut story), said(&mut story)], [Some((1, true)), Some((1, false))]);
    let want = frame(|out| put_epochs(out, true, |out| put_epoch(out, &own, 1)));
    story.frame(2, &want);
    assert_eq!(said(&mut story), Some((1, false)), "too soon");
    story.now.mono = story.now.mono.plus(REBUILD_MIN);
    assert_eq!([said(&mut story), said(&mut story)], [Some((2, true)), Some((2, false))]);
    // One that comes late wants what has been done.
    story.frame(2, &want);
    story.now.mono = story.now.mono.plus(REBUILD_MIN);
    assert_eq!(said(&mut story), Some((2, false)));
}

#[test]
fn whoever_loses_its_parent_asks_all_to_be_fed_and_its_children_do_the_same() {
    let mut story = pair(Preset::Grove);
    story.frame(1, &grown(1, 1, true));
    // Alford is fed by somebody else, Holiday by us.
    story.frame(2, &frame(|out| put_epochs(out, false, |out| put_epoch(out, &WELSH, 1))));
    story.frame(1, &grown(2, 1, false));
    assert_eq!((story.written(2).len(), story.written(3).len()), (0, 1));
    story.on(Input::Closed(ConnId(1)));
    let graft = |frame: &Frame<'_>| matches!(frame, Frame::Graft { .. });
    assert!(story.written(2).iter().any(graft) && story.written(3).iter().any(graft));
    // An orphan is fed by all, feeds all, and prunes nobody.
    let known = |out: &mut Vec<u8>| put_known(out, &WELSH, &Have::up_to(2));
    story.frame(2, &frame(|out| put_pull(out, true, 0, known)));
    story.frame(3, &grown(3, 1, false));
    let fed = story.written(2);
    assert!(matches!(fed[..], [Frame::Push(_)]), "{fed:?}");
    story.frame(2, &grown(3, 1, false));
    assert!(story.written(2).is_empty());
}

#[test]
fn grace_grows_fades_and_ends_by_its_limits() {
    use crate::limits::{GRACE_FADES, GRACE_MAX, GRACE_TRIPS};
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    assert_eq!(story.node.grace(), GRACE);
    story.node.digests.came_late(GRACE, 3 * GRACE);
    assert_eq!(story.node.grace(), 5 * GRACE, "a quarter more than it took");
    story.node.tell_digests(story.now, &mut story.out);
    assert_eq!(story.node.grace(), 5 * (GRACE - (GRACE >> GRACE_FADES)));
    story.node.digests.came_late(0, u64::MAX);
    assert_eq!(story.node.grace(), GRACE_MAX, "nothing is waited for without end");
    let mut far = Story::with([Peer::new("Ball")]);
    far.join(1, "Ball");
    far.node.links[0].live_mut().expect("it is live").trip.took(GRACE);
    assert_eq!(far.node.grace(), GRACE_TRIPS * GRACE, "what is far takes longer");
}
