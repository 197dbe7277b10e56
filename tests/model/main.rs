//! Tiny herds of the shipped node, explored completely: every order in which clients speak,
//! messages arrive, connections are made, cut and lost, and servers crash and come back.

mod herd;

use herd::{Faults, Herd, State, Step, Update};
use herd_core::Preset;
use herd_sim_wasm::{ServerId, Topology};
use stateright::{Checker, HasDiscoveries, Model, Path};

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

/// Explores everything; the properties that do not hold, each with the shortest way there.
#[expect(clippy::print_stdout, reason = "how many states there are, for who asks with --nocapture")]
fn explore(herd: Herd) -> Vec<(&'static str, String)> {
    let name = format!("{herd}");
    let checker =
        herd.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!("{name}: {} states", checker.unique_state_count());
    let way = |path: Path<State, Step>| {
        let why = path.last_state().broken.unwrap_or_default();
        format!("{why} {:?}", path.into_actions())
    };
    let mut broken: Vec<_> =
        checker.discoveries().into_iter().map(|(property, path)| (property, way(path))).collect();
    broken.sort_unstable();
    broken
}

#[track_caller]
fn holds(herd: Herd) {
    assert_eq!(explore(herd), []);
}

#[track_caller]
fn breaks(herd: Herd, property: &str) {
    let broken = explore(herd);
    assert!(matches!(&broken[..], [(name, _)] if *name == property), "{broken:?}");
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
    holds(Herd::new(3, RING, &[update(0, 1, 1)], faults).linked());
}

#[test]
fn a_cut_and_a_restart_together_lose_nothing_that_was_told() {
    let faults = Faults { cuts: 1, restarts: 1 };
    holds(Herd::new(3, LINE, &[update(0, 1, 1)], faults).linked());
}

/// Every check of the simulator that has a meaning without time: what is told once, costs what it
/// should, is invented nowhere and answered once; see `herd.rs`.
#[test]
fn floods_cost_what_they_should_in_larger_herds() {
    let two = |a, b| [update(a, 1, 1), Update { client: 1, ..update(b, 1, 2) }];
    let calm = Faults::default();
    holds(Herd::new(4, LINE_4, &two(0, 3), calm).linked());
    holds(Herd::new(4, RING_4, &two(0, 2), calm).linked());
    holds(Herd::new(4, STAR_4, &two(0, 1), calm).linked());
    holds(Herd::new(5, &five(), &two(0, 3), calm).linked());
    // One client, at two servers at once.
    holds(Herd::new(5, &five(), &[update(0, 1, 1), update(3, 1, 2)], calm).linked());
}

#[test]
fn a_cut_loses_nothing_in_the_herd_of_five() {
    let faults = Faults { cuts: 1, ..Faults::default() };
    holds(Herd::new(5, &five(), &[update(0, 1, 1)], faults).linked());
    holds(Herd::new(4, RING_4, &[update(0, 1, 1), update(2, 1, 2)], faults).linked());
}

#[test]
fn two_cuts_lose_nothing() {
    let faults = Faults { cuts: 2, ..Faults::default() };
    holds(Herd::new(3, LINE, &[update(0, 1, 1), update(2, 1, 2)], faults).linked());
}

/// The explorer can find something: the prototypes' rules break in the ways they are known to.
#[test]
fn prototypes_diverge_on_equal_stamps_and_stay_divided_after_a_cut() {
    let classic = |updates: &[Update], faults| {
        Herd::new(2, PAIR, updates, faults).with_preset(Preset::Classic).linked()
    };
    let equal = [update(0, 1, 1), update(1, 1, 2)];
    breaks(classic(&equal, Faults::default()), "a quiet herd agrees");
    let one = [update(0, 1, 1)];
    holds(classic(&one, Faults::default()));
    let cut = Faults { cuts: 1, ..Faults::default() };
    breaks(classic(&one, cut), "a quiet herd agrees");
}
