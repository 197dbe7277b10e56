//! Exploring a herd completely.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Path};

use crate::herd::{Herd, State, Step};

/// Explores everything, or until something does not hold; what does not, and the way there.
#[expect(clippy::print_stdout, reason = "how many states there are, for who asks with --nocapture")]
fn explore(herd: Herd, until: HasDiscoveries) -> Vec<(&'static str, String)> {
    let name = format!("{herd}");
    let checker = herd.checker().threads(2).finish_when(until).spawn_bfs().join();
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

/// Every state has every property.
#[track_caller]
pub(crate) fn holds(herd: Herd) {
    assert_eq!(explore(herd, HasDiscoveries::AnyFailures), []);
}

/// Some state lacks this property.
#[track_caller]
pub(crate) fn breaks(herd: Herd, property: &'static str) {
    let broken = explore(herd, HasDiscoveries::AnyOf(BTreeSet::from([property])));
    assert!(broken.iter().any(|(name, _)| *name == property), "{broken:?}");
}
