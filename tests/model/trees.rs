//! The rules of the trees (A0 to A8): nothing is lost and parents form no ring, in every order and
//! with digests off; and each rule has a herd that breaks without it.

use std::collections::BTreeSet;

use herd_core::tree::Rules;
use herd_core::{Preset, Tuning};

use crate::explore::{breaks, holds};
use crate::herd::{Faults, Herd, Update};
use crate::table::TABLE;
use crate::{LINE, RING, update};

const CYCLE: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3)];
const FAILURE: Faults = Faults { failures: 1, ..CALM };
const CALM: Faults = Faults { cuts: 0, breaks: 0, restarts: 0, failures: 0 };

/// A herd over trees whose first server is told so many updates.
fn grove(links: &[(u8, u8)], updates: u8, faults: Faults, rules: Rules) -> Herd {
    let servers = links.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0);
    let said: Vec<Update> =
        (0..updates).map(|n| Update { server: 0, client: n, stamp: 1, place: 1 }).collect();
    let tuning = Tuning { rebuild_min: 0, ride: 0, budget_byte: 0, rules, ..Tuning::default() };
    let herd = Herd::new(servers, links, &said, faults).with_preset(Preset::Grove);
    herd.with_tuning(tuning).in_order()
}

/// Nothing is lost and parents form no ring, in every order and with digests off.
#[test]
fn the_rules_lose_nothing_and_form_no_ring() {
    for case in TABLE.iter().filter(|case| case.small && case.breaks.is_none()) {
        holds((case.herd)());
    }
}

/// Each rule has a herd that breaks without it, which shows that the search can find one.
#[test]
fn without_a_rule_a_herd_breaks() {
    for case in TABLE {
        if let Some(property) = case.breaks {
            breaks((case.herd)(), property);
        }
    }
}

#[test]
fn every_case_has_its_own_name() {
    let names: BTreeSet<_> = TABLE.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), TABLE.len());
}

/// Trees are told apart by their origins.
#[test]
fn two_origins_lose_nothing_whatever_fails() {
    let updates = [update(0, 1, 1), update(2, 1, 2)];
    for preset in [Preset::Grove, Preset::Grove2] {
        let tuning = Tuning { rebuild_min: 0, ride: 0, budget_byte: 0, ..Tuning::default() };
        let herd = Herd::new(3, RING, &updates, FAILURE).with_preset(preset);
        holds(herd.with_tuning(tuning));
    }
}

/// A planned tree says who feeds whom before anything was heard of its origin. A server that loses
/// its feed then does not know of what, and its other neighbours count on the plan: it asks to be fed
/// by the names on the map.
#[test]
fn a_plan_that_fails_before_its_origin_is_known_loses_nothing() {
    let planned = |links, updates| grove(links, updates, FAILURE, Rules::ALL).planned(links);
    holds(planned(RING, 2));
    holds(planned(RING, 1).with_digests());
    holds(planned(CYCLE, 1));
    holds(grove(CYCLE, 3, CALM, Rules::ALL).planned(CYCLE));
}

/// The same with a server that comes back without its store, of whose new life nobody has heard: it is
/// told by digests.
#[test]
fn a_plan_that_fails_before_a_new_life_is_known_is_mended_by_digests() {
    let faults = Faults { failures: 1, restarts: 1, ..CALM };
    holds(grove(LINE, 1, faults, Rules::ALL).planned(LINE).with_digests());
}
