//! Tiny herds of the shipped node, explored completely: every order in which clients speak,
//! messages arrive, connections are made, cut and lost, and servers crash and come back.

mod herd;

use std::time::Instant;

use herd::{Faults, Herd, Update};
use herd_core::Preset;
use stateright::{Checker, HasDiscoveries, Model};

const LINE: &[(u8, u8)] = &[(0, 1), (1, 2)];
const RING: &[(u8, u8)] = &[(0, 1), (1, 2), (0, 2)];
const PAIR: &[(u8, u8)] = &[(0, 1)];

fn update(server: u8, stamp: u8, place: u8) -> Update {
    Update { server, client: 0, stamp, place }
}

/// Explores everything; the names of the properties that do not hold.
fn explore(herd: Herd) -> Vec<&'static str> {
    let begun = Instant::now();
    let name = format!("{herd}");
    let checker =
        herd.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!(
        "{name}: {} states, {:.1} s",
        checker.unique_state_count(),
        begun.elapsed().as_secs_f64()
    );
    for (property, path) in checker.discoveries() {
        let last = path.last_state().clone();
        println!("not so: {property}: {:?}, after {:?}", last.broken, path.into_actions());
    }
    let mut broken: Vec<_> = checker.discoveries().into_keys().collect();
    broken.sort_unstable();
    broken
}

#[track_caller]
fn holds(herd: Herd) {
    assert_eq!(explore(herd), [""; 0]);
}

/// From the first dial on: whoever greets first, each pair ends with one connection.
#[test]
fn neighbours_find_each_other() {
    holds(Herd::new(2, PAIR, &[update(0, 1, 1), update(1, 1, 2)], Faults::default()));
    holds(Herd::new(2, PAIR, &[update(0, 1, 1)], Faults { cuts: 2, ..Faults::default() }));
    holds(Herd::new(2, PAIR, &[update(0, 1, 1)], Faults { restarts: 1, ..Faults::default() }));
    holds(Herd::new(3, LINE, &[update(0, 1, 1)], Faults::default()));
}

#[test]
fn two_updates_reach_all_in_any_order() {
    for links in [LINE, RING] {
        for stamp in [1, 2] {
            let updates = [update(0, 1, 1), update(2, stamp, 2)];
            holds(Herd::new(3, links, &updates, Faults::default()).linked());
        }
    }
}

#[test]
fn a_cut_loses_nothing() {
    let faults = Faults { cuts: 1, ..Faults::default() };
    for links in [LINE, RING] {
        holds(Herd::new(3, links, &[update(0, 1, 1), update(2, 1, 2)], faults).linked());
    }
}

#[test]
fn a_restart_without_its_store_relearns() {
    let faults = Faults { restarts: 1, ..Faults::default() };
    holds(Herd::new(3, LINE, &[update(0, 1, 1), update(2, 1, 2)], faults).linked());
}

#[test]
fn a_cut_and_a_restart_together_lose_nothing_that_was_told() {
    let faults = Faults { cuts: 1, restarts: 1 };
    holds(Herd::new(3, LINE, &[update(0, 1, 1), update(2, 1, 2)], faults).linked());
}

/// The explorer can find something: the prototypes' rules break in the ways they are known to.
#[test]
fn prototypes_diverge_on_equal_stamps_and_stay_divided_after_a_cut() {
    let classic = |updates: &[Update], faults| {
        Herd::new(2, PAIR, updates, faults).with_preset(Preset::Classic).linked()
    };
    let equal = [update(0, 1, 1), update(1, 1, 2)];
    assert_eq!(explore(classic(&equal, Faults::default())), ["a quiet herd agrees"]);
    let one = [update(0, 1, 1)];
    assert_eq!(explore(classic(&one, Faults::default())), [""; 0]);
    let cut = Faults { cuts: 1, ..Faults::default() };
    assert_eq!(explore(classic(&one, cut)), ["a quiet herd agrees"]);
}
