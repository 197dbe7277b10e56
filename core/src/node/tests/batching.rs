//! What stands in one message with what makes no difference.

use super::*;
use crate::codec::{
    At, Covers, Entries, Origin, Push, Repair, Update, put_cover, put_entry, put_push, put_repair,
};

const WELSH: Origin<'static> = Origin { name: b"Welsh", incarnation: 9 };

fn two_neighbours() -> Story {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    story
}

/// Updates as they are counted, and as they are given again in any batches, each a repair: the same is
/// held and had, whatever stands in one message with what.
#[test]
fn however_updates_are_batched_the_same_is_held_and_had() {
    let line = |seq: u64| {
        // Clients and stamps that repeat: some are no news.
        alloc::format!("AT Welsh +0.1 c{} +{seq}-1 170000000{}", seq % 3, seq * 5 % 7)
    };
    let lines: Vec<String> = (1..=6).map(line).collect();
    let update = |seq: usize| {
        let line = &lines[seq - 1];
        let at = At::canonical(line.as_bytes()).unwrap();
        Update { origin: WELSH, seq: seq as u64, at, line: line.as_bytes() }
    };
    let told = |seq| {
        let push = Push { update: update(seq), epoch: 0, hops: 1, rebuild: false, acked: false };
        frame(|out| put_push(out, &push.head(), push.update.line))
    };
    let given = |seqs: &[usize]| {
        let (mut entries, mut covers) = (Vec::new(), Vec::new());
        for seq in seqs {
            put_entry(&mut entries, &WELSH, *seq as u64, lines[*seq - 1].as_bytes());
            put_cover(&mut covers, &WELSH, *seq as u64, *seq as u64);
        }
        let (entries, covers) = (Entries::written(&entries), Covers::written(&covers));
        let repair = Repair { answer: 0, chunk: 0, last: true, complete: true, entries, covers };
        frame(|out| put_repair(out, &repair))
    };
    let mut once = two_neighbours();
    for seq in 1..=6 {
        once.frame(1, &told(seq));
    }
    let had = |story: &Story| {
        let welsh = story.node.origins().find(WELSH.name, WELSH.incarnation).unwrap();
        story.node.origins().get(welsh).have().clone()
    };
    let held = |story: &Story| {
        let mut all: Vec<_> = story.node.store().iter().map(|held| held.line().to_vec()).collect();
        all.sort();
        all
    };
    for cuts in 0_u32..1 << 5 {
        for backwards in [false, true] {
            let mut order: Vec<usize> = (1..=6).collect();
            if backwards {
                order.reverse();
            }
            let mut story = two_neighbours();
            let mut rest = &order[..];
            while !rest.is_empty() {
                let ends = |at: &usize| cuts >> (6 - rest.len() + at - 1) & 1 == 1;
                let size = (1..rest.len()).find(ends).unwrap_or(rest.len());
                let (batch, more) = rest.split_at(size);
                // One alone may as well be told live, and twice.
                story.frame(1, &given(batch));
                story.frame(2, &told(batch[0]));
                rest = more;
            }
            assert_eq!((had(&story), held(&story)), (had(&once), held(&once)), "{cuts:b}");
            assert_eq!(story.node.store().print(), once.node.store().print());
        }
    }
}
