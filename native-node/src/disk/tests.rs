use std::sync::Arc;

use herd_core::time::MILLISECOND;
use herd_core::{Config, Node, Now};

use super::*;

#[test]
fn a_disk_that_is_slower_than_the_interval_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let interval = Durability::Interval(Duration::from_millis(100));
    let path = Disk::path(folder.path(), "Alford");
    let mut disk = Disk::open(&path, "herd", "Alford", interval).expect("a new file");
    // Nobody is told how a commit ends: as far as anybody knows it takes for ever.
    disk.start(|_| ()).expect("a thread");
    let node = Node::new(Arc::new(Config::new("Alford", [])), Now::default());
    let at = |ms: u64| Instant(ms * MILLISECOND);
    disk.change(at(1_000), b"kiwi");
    assert_eq!(disk.due(), Some(at(1_050)), "half of the time is for writing");
    disk.write(&node);
    disk.change(at(1_060), b"owl");
    assert_eq!(disk.waits_for(at(1_100), b"owl"), None);
    assert_eq!(disk.waits_for(at(1_101), b"owl"), Some(2));
    assert_eq!(disk.waits_for(at(1_101), b"kiwi"), Some(1));
    assert_eq!(disk.waits_for(at(1_101), b"emu"), None, "what is on the disk is");
    // It fails: both are in the next commit, and still late.
    let broken = Kept { number: 1, result: Err("no room".to_owned()) };
    assert_eq!(disk.ended(at(1_200), &broken), Some(false));
    assert_eq!(disk.waits_for(at(1_200), b"kiwi"), Some(2));
    disk.write(&node);
    assert_eq!(disk.ended(at(1_300), &Kept { number: 2, result: Ok(()) }), Some(true));
    disk.change(at(1_300), b"owl");
    assert_eq!(disk.waits_for(at(1_400), b"owl"), None, "it is in time again");
}
