//! Watchers in the simulator: the pacing that sockets have, on simulated connections.

use std::collections::BTreeMap;

use herd_sim_wasm::Options;
use herd_tests::scenario::Herd;
use herd_tests::sim::SimHerd;

#[test]
fn who_is_told_too_much_at_once_hears_the_newest_of_each() {
    let options = Options::parse("herd 1 topology=places-2016").expect("options");
    let mut herd = SimHerd::start(&options);
    herd.watch("watcher", "Ball", "");
    // Fifty clients, far more than a watcher's window, and at once all of them again.
    let line = |n: usize| format!("IAMAT {}{:02} +1+1 {n}\n", "k".repeat(2000), n % 50);
    let round = |all: std::ops::Range<usize>| all.map(line).collect::<String>().into_bytes();
    let answers = herd.say("Ball", &[round(100..150), round(150..200)]);
    assert_eq!(answers.iter().filter(|byte| **byte == b'\n').count(), 100);
    let heard = String::from_utf8(herd.heard("watcher")).expect("text");
    let news: Vec<&str> = heard.lines().filter(|line| line.starts_with("AT ")).collect();
    assert!((50..100).contains(&news.len()), "{} of 100", news.len());
    let mut newest = BTreeMap::new();
    for line in &news {
        let fields: Vec<&str> = line.split(' ').collect();
        newest.insert(fields[3], fields[5]);
    }
    assert_eq!(newest.len(), 50);
    assert!(newest.values().all(|stamp| *stamp >= "150"), "the newest is told at last: {newest:?}");
}
