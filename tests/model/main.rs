//! Tiny herds of the shipped node, explored completely: every order in which clients speak,
//! messages arrive, connections are made, cut and lost, and servers crash and come back.

mod checks;
mod explore;
mod herd;
mod repair;
mod table;
mod trees;
mod wires;

use explore::{breaks, holds};
use herd::{Faults, Herd, Update};
use herd_core::Preset;
use herd_sim_wasm::{ServerId, Topology};

const LINE: &[(u8, u8)] = &[(0, 1), (1, 2)];
const RING: &[(u8, u8)] = &[(0, 1), (1, 2), (0, 2)];
const LINE_4: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3)];
const RING_4: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3)];
const STAR_4: &[(u8, u8)] = &[(0, 1), (0, 2), (0, 3)];
const PAIR: &[(u8, u8)] = &[(0, 1)];

/// The links of the five servers.
fn five() -> Vec<(u8, u8)> {
    let herd = Topology::named("places-2016", 1).expect("the default herd");
    let number = |server: ServerId| u8::try_from(server.0).expect("few");
    herd.edges().iter().map(|edge| (number(edge.a), number(edge.b))).collect()
}

fn update(server: u8, stamp: u8, place: u8) -> Update {
    Update { server, client: 0, stamp, place }
}

/// From the first dial on: whoever greets first, each pair ends with one connection.
#[test]
fn neighbours_find_each_other() {
    holds(Herd::new(2, PAIR, &[update(0, 1, 1), update(1, 1, 2)], Faults::default()).strangers());
    holds(
        Herd::new(2, PAIR, &[update(0, 1, 1)], Faults { cuts: 2, ..Faults::default() }).strangers(),
    );
    holds(
        Herd::new(2, PAIR, &[update(0, 1, 1)], Faults { restarts: 1, ..Faults::default() })
            .strangers(),
    );
    holds(Herd::new(3, LINE, &[update(0, 1, 1)], Faults::default()).strangers());
}

#[test]
fn two_updates_reach_all_in_any_order() {
    for links in [LINE, RING] {
        for stamp in [1, 2] {
            let updates = [update(0, 1, 1), update(2, stamp, 2)];
            holds(Herd::new(3, links, &updates, Faults::default()));
        }
    }
}

#[test]
fn a_cut_loses_nothing() {
    let faults = Faults { cuts: 1, ..Faults::default() };
    for links in [LINE, RING] {
        let herd = || Herd::new(3, links, &[update(0, 1, 1), update(2, 1, 2)], faults);
        holds(herd());
        holds(herd().with_preset(Preset::Grove));
    }
}

#[test]
fn a_restart_without_its_store_relearns() {
    let faults = Faults { restarts: 1, ..Faults::default() };
    holds(Herd::new(3, LINE, &[update(0, 1, 1), update(2, 1, 2)], faults));
    holds(Herd::new(3, RING, &[update(0, 1, 1)], faults));
}

#[test]
fn a_cut_and_a_restart_together_lose_nothing_that_was_told() {
    let faults = Faults { cuts: 1, restarts: 1, ..Faults::default() };
    let updates = [update(0, 1, 1), update(2, 1, 2)];
    for preset in [Preset::FloodSync, Preset::Grove] {
        holds(Herd::new(3, LINE, &updates, faults).with_preset(preset));
    }
}

/// Each end of a connection learns of its end when it likes: one may be back before the other has
/// noticed anything.
#[test]
fn a_cut_that_one_end_has_not_noticed_loses_nothing() {
    let faults = Faults { breaks: 1, restarts: 1, ..Faults::default() };
    let updates = [update(0, 1, 1), update(2, 1, 2)];
    for preset in [Preset::FloodSync, Preset::Grove] {
        holds(Herd::new(3, LINE, &updates, faults).with_preset(preset));
        let updates = [update(0, 1, 1), Update { client: 1, ..update(1, 1, 2) }];
        holds(Herd::new(2, PAIR, &updates, faults).with_preset(preset).by_hand());
    }
}

/// Every check of the simulator that has a meaning without time: what is told once, costs what it
/// should, is invented nowhere and answered once; see `herd.rs`.
#[test]
fn floods_cost_what_they_should_in_larger_herds() {
    let two = |a, b| [update(a, 1, 1), Update { client: 1, ..update(b, 1, 2) }];
    let calm = Faults::default();
    holds(Herd::new(4, LINE_4, &two(0, 3), calm));
    holds(Herd::new(4, RING_4, &two(0, 2), calm));
    holds(Herd::new(4, STAR_4, &two(0, 1), calm));
    holds(Herd::new(5, &five(), &two(0, 3), calm));
    // One client, at two servers at once.
    holds(Herd::new(5, &five(), &[update(0, 1, 1), update(3, 1, 2)], calm));
}

#[test]
fn a_cut_loses_nothing_in_the_herd_of_five() {
    let faults = Faults { cuts: 1, ..Faults::default() };
    holds(Herd::new(5, &five(), &[update(0, 1, 1)], faults));
    holds(Herd::new(4, RING_4, &[update(0, 1, 1), update(2, 1, 2)], faults));
}

#[test]
fn two_cuts_lose_nothing() {
    let faults = Faults { cuts: 2, ..Faults::default() };
    holds(Herd::new(3, LINE, &[update(0, 1, 1), update(2, 1, 2)], faults));
}

/// The explorer can find something: the prototypes' rules break in the ways they are known to.
#[test]
fn prototypes_diverge_on_equal_stamps_and_stay_divided_after_a_cut() {
    let classic = |updates: &[Update], faults| {
        Herd::new(2, PAIR, updates, faults).with_preset(Preset::Classic)
    };
    let equal = [update(0, 1, 1), update(1, 1, 2)];
    breaks(classic(&equal, Faults::default()), "a quiet herd agrees");
    let one = [update(0, 1, 1)];
    holds(classic(&one, Faults::default()));
    let cut = Faults { cuts: 1, ..Faults::default() };
    breaks(classic(&one, cut), "a quiet herd agrees");
}
