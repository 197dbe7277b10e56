//! The root of the tree that all share is gone, and comes back.

use alloc::format;

use super::*;
use crate::codec::{Build, Frame, Origin, put_build, put_known, put_pull};
use crate::have::Have;
use crate::limits::{REBUILD_MIN, ROOT_PATIENCE};

/// Hamilton with three neighbours, of which the first is the root that the herd names.
fn herd() -> Story {
    let names = ["P0", "P1", "P2"];
    let mut config = Config { incarnation: 5, ..Config::new("Hamilton", names.map(Peer::new)) };
    config.preset = Preset::GroveBatch;
    (config.tuning.batch, config.tuning.ride) = (Some(0), 0);
    config.root = Some("P0".into());
    let mut story = Story::of(config);
    for (conn, name) in (0..).zip(names) {
        story.join(conn, name);
    }
    story.open(99);
    story
}

/// A build of a root's tree, as it comes from a neighbour.
fn build(root: &str, epoch: u64) -> Vec<u8> {
    let root = Origin { name: root.as_bytes(), incarnation: 9 };
    let mut bytes = Vec::new();
    put_build(&mut bytes, &Build { root, epoch, hops: 1 });
    bytes.split_off(1)
}

/// What was said: to whom, and whose tree in which epoch is built, or asked for.
fn said(story: &Story) -> Vec<(u32, String)> {
    let mut list = Vec::new();
    for output in story.out.outputs() {
        let Output::Write { conn, bytes } = output else { continue };
        let bytes = story.out.bytes(*bytes);
        let size = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
        match Frame::parse(&bytes[size + 1..]) {
            Ok(Frame::Build(Build { root, epoch, .. })) => {
                let root = String::from_utf8_lossy(root.name);
                list.push((conn.0, format!("{root}'s {epoch}")));
            }
            Ok(Frame::Want(epochs)) => {
                let (origin, epoch) = epochs.iter().next().unwrap();
                let root = String::from_utf8_lossy(origin.name);
                list.push((conn.0, format!("after {root}'s {epoch}")));
            }
            _ => {}
        }
    }
    list
}

fn told(story: &mut Story, n: u32) -> Vec<(u32, String)> {
    story.line(99, &format!("IAMAT c{n} +1-1 1600000000"));
    said(story)
}

fn shared(story: &Story) -> (String, u64) {
    let tree = story.node.shared_tree().unwrap();
    let origin = story.node.origins().get(tree);
    (String::from_utf8_lossy(origin.name()).into_owned(), origin.tree().epoch())
}

#[test]
fn whoever_has_no_feed_for_long_takes_the_roots_place() {
    let mut story = herd();
    story.frame(0, &build("P0", 1));
    story.on(Input::Closed(ConnId(0)));
    // Who has lost it as well asks for everything, ours too: that makes us no root.
    let own = Origin { name: b"Hamilton", incarnation: 5 };
    let known = |out: &mut Vec<u8>| put_known(out, &own, &Have::default());
    story.frame(1, &frame(|out| put_pull(out, true, 0, known)));
    assert_eq!(told(&mut story, 1), [], "the root may still hear of it");
    story.now.mono = story.now.mono.plus(ROOT_PATIENCE * REBUILD_MIN - 1);
    assert_eq!(told(&mut story, 2), []);
    story.now.mono = story.now.mono.plus(1);
    let own = |conn| (conn, String::from("Hamilton's 2"));
    assert_eq!(told(&mut story, 3), [own(1), own(2)]);
    assert_eq!(shared(&story), ("Hamilton".into(), 2));
    // Of several that do so the lowest name wins, whoever is heard of first.
    story.frame(1, &build("P1", 2));
    assert_eq!((said(&story), shared(&story)), (Vec::new(), ("Hamilton".into(), 2)));
    story.frame(1, &build("Alford", 2));
    assert_eq!(said(&story), [(2, String::from("Alford's 2"))]);
    assert_eq!(shared(&story), ("Alford".into(), 2));
    // The root is back and knows nothing: it is told how far the others are, and takes its place again.
    story.join(3, "P0");
    story.frame(3, &build("P0", 1));
    assert_eq!(said(&story), [(3, String::from("after P0's 2"))]);
    story.frame(3, &build("P0", 3));
    assert_eq!(shared(&story), ("P0".into(), 3));
    assert_eq!(story.tree_parent(), Some(PeerId(0)));
}

#[test]
fn the_root_takes_its_place_again() {
    let mut story = herd();
    let mut config = (*story.node.config).clone();
    config.root = Some("Hamilton".into());
    story = Story::of(config);
    story.join(1, "P1");
    story.open(99);
    assert_eq!(told(&mut story, 1), [(1, String::from("Hamilton's 1"))]);
    // Somebody who could not reach it has taken it for gone.
    story.frame(1, &build("P1", 2));
    assert_eq!(shared(&story), ("P1".into(), 2));
    story.now.mono = story.now.mono.plus(REBUILD_MIN);
    assert_eq!(told(&mut story, 2), [(1, String::from("Hamilton's 3"))]);
    assert_eq!(shared(&story), ("Hamilton".into(), 3));
}

impl Story {
    fn tree_parent(&self) -> Option<PeerId> {
        let tree = self.node.shared_tree().unwrap();
        self.node.origins().get(tree).tree().parent()
    }
}
