//! As many origins as there may be, with the longest names: whatever is said of all of them fits in frames.

use alloc::collections::VecDeque;
use alloc::format;

use super::*;

use crate::codec::{At, Build, Frame, Framer, Origin, Push, Update, put_build, put_push};
use crate::limits::{BATCH, DIGEST_EVERY, FRAME_MAX, LIST_BYTES, NAME_MAX, ORIGINS_MAX};
use crate::store::Store;

/// The connections between the two, at either end, and to a third.
const OTHER: ConnId = ConnId(1);
const THIRD: ConnId = ConnId(2);

/// Two servers and what is on its way between them.
struct Pair {
    stories: [Story; 2],
    coming: [VecDeque<Vec<u8>>; 2],
    framers: [Framer; 2],
    /// The frames that each has sent.
    sent: [Vec<Vec<u8>>; 2],
}

impl Pair {
    /// Takes what a server says to the other, and has it go on.
    fn take(&mut self, from: usize) {
        let Story { out, .. } = &self.stories[from];
        let mut more = false;
        for output in out.outputs() {
            if let Output::Write { conn: OTHER, bytes } = output {
                self.coming[1 - from].push_back(out.bytes(*bytes).to_vec());
            }
            more |= *output == Output::Notify(OTHER);
        }
        if more {
            self.stories[from].on(Input::Writable(OTHER));
            self.take(from);
        }
    }

    /// Until nothing is said any more.
    fn settle(&mut self) {
        while let Some(to) = (0..2).find(|to| !self.coming[*to].is_empty()) {
            let bytes = self.coming[to].pop_front().unwrap();
            let mut units = Vec::new();
            self.framers[to].feed(&bytes, |unit| {
                assert_ne!(unit, Unit::Garbled, "{} bytes are too many", bytes.len());
                if let Unit::Frame(frame) = unit {
                    assert!(frame.len() <= FRAME_MAX);
                    self.sent[1 - to].push(frame.to_vec());
                    units.push(frame.to_vec());
                }
                core::ops::ControlFlow::Continue(())
            });
            for unit in units {
                self.stories[to].frame(OTHER.0, &unit);
                self.take(to);
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("{number:0NAME_MAX$}")
}

/// One that has heard the third update of as many servers as there may be, from a third, and lacks what
/// was before.
fn full(other: &Config) -> Story {
    let Config { preset, root, .. } = other.clone();
    let peers = [Peer::new("Ball"), Peer::new("Welsh")];
    let mut story = Story::of(Config { preset, root, ..Config::new("Alford", peers) });
    story.join(THIRD.0, "Welsh");
    if other.root.is_some() {
        let root = Origin { name: b"Welsh", incarnation: 1 };
        story.frame(THIRD.0, &frame(|out| put_build(out, &Build { root, epoch: 1, hops: 1 })));
    }
    for number in 1..ORIGINS_MAX {
        let line = format!("AT Welsh +0.1 c{number} +1-1 {number}");
        let at = At::canonical(line.as_bytes()).unwrap();
        let name = name(number);
        let origin = Origin { name: name.as_bytes(), incarnation: 1 << 60 };
        let update = Update { origin, seq: 3, at, line: line.as_bytes() };
        let push = Push { update, epoch: 1, hops: 0, rebuild: true, acked: false };
        story.frame(THIRD.0, &frame(|out| put_push(out, &push.head(), line.as_bytes())));
    }
    story
}

#[test]
fn whatever_is_said_of_all_origins_fits_in_frames() {
    const { assert!(ORIGINS_MAX * NAME_MAX >= FRAME_MAX && LIST_BYTES < FRAME_MAX) };
    for (preset, root) in [(Preset::Grove, None), (Preset::GroveBatch, Some("Welsh"))] {
        let root = root.map(Into::into);
        let empty = Config { preset, root, ..Config::new("Ball", [Peer::new("Alford")]) };
        let stories = [full(&empty), Story::of(empty)];
        let (coming, sent) = Default::default();
        let framers = [Framer::new(), Framer::new()];
        let mut pair = Pair { stories, coming, framers, sent };
        for (from, name) in [(1, "Alford"), (0, "Ball")] {
            pair.stories[from].join(OTHER.0, name);
            pair.take(from);
        }
        pair.settle();
        while pair.stories[1].node.store().len() + 1 < ORIGINS_MAX {
            for from in 0..2 {
                let before = pair.stories[from].now;
                pair.stories[from].later(DIGEST_EVERY);
                assert!(before.mono < Instant(3_600 * SECOND), "it never ends");
                pair.take(from);
            }
            pair.settle();
        }
        let stores = pair.stories.each_ref().map(|story| story.node.store());
        let prints = stores.map(Store::print);
        assert_eq!(prints[0], prints[1]);
        // Who has lost the feed of all of them asks to be fed by the other.
        let is_graft = |bytes: &&Vec<u8>| matches!(Frame::parse(bytes), Ok(Frame::Graft { .. }));
        let sent = pair.sent[0].len();
        pair.stories[0].on(Input::Closed(THIRD));
        pair.take(0);
        pair.settle();
        // What was gathered leaves.
        pair.stories[0].later(BATCH);
        pair.take(0);
        pair.settle();
        let grafts = pair.sent[0][sent..].iter().filter(is_graft);
        assert!(grafts.count() > 1, "{preset:?}");
    }
}
