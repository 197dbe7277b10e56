//! The rules of the trees (A0 to A8): nothing is lost and parents form no ring, in every order and
//! with digests off; and each rule has a herd that breaks without it.

use herd_core::tree::Rules;
use herd_core::{Preset, Tuning};

use crate::explore::{breaks, holds};
use crate::herd::{Faults, Herd, Update};
use crate::{LINE, RING, update};

const CYCLE: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3)];
const FAILURE: Faults = Faults { failures: 1, ..CALM };
const CALM: Faults = Faults { cuts: 0, breaks: 0, restarts: 0, failures: 0 };

/// A herd over trees whose first server is told so many updates.
fn grove(links: &[(u8, u8)], updates: u8, faults: Faults, rules: Rules) -> Herd {
    let servers = links.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0);
    let said: Vec<Update> =
        (0..updates).map(|n| Update { server: 0, client: n, stamp: 1, place: 1 }).collect();
    let tuning = Tuning { rebuild_min: 0, rules, ..Tuning::default() };
    let herd = Herd::new(servers, links, &said, faults).with_preset(Preset::Grove);
    herd.with_tuning(tuning).in_order()
}

#[test]
fn nothing_is_lost_and_parents_form_no_ring() {
    holds(grove(RING, 4, CALM, Rules::ALL));
    holds(grove(CYCLE, 3, CALM, Rules::ALL));
    holds(grove(RING, 3, FAILURE, Rules::ALL));
    holds(grove(CYCLE, 2, FAILURE, Rules::ALL));
    // A link that comes back while a rebuild is wanted.
    holds(grove(RING, 2, Faults { cuts: 1, ..CALM }, Rules::ALL));
    holds(grove(RING, 1, Faults { cuts: 1, failures: 1, ..CALM }, Rules::ALL));
}

#[test]
fn two_feeds_lose_nothing_either() {
    let two = |links, updates, faults| {
        grove(links, updates, faults, Rules::ALL).with_preset(Preset::Grove2)
    };
    holds(two(RING, 3, FAILURE));
    holds(two(CYCLE, 3, CALM));
    holds(two(CYCLE, 2, FAILURE));
}

/// Trees are told apart by their origins.
#[test]
fn two_origins_lose_nothing_whatever_fails() {
    let updates = [update(0, 1, 1), update(2, 1, 2)];
    for preset in [Preset::Grove, Preset::Grove2] {
        let tuning = Tuning { rebuild_min: 0, ..Tuning::default() };
        let herd = Herd::new(3, RING, &updates, FAILURE).with_preset(preset);
        holds(herd.with_tuning(tuning));
    }
}

/// Published Plumtree: whoever delivers what is known is pruned (Leitão et al., 2007).
#[test]
fn pruning_without_proof_cuts_a_server_off() {
    let rules = Rules { prune_with_proof: false, ..Rules::ALL };
    breaks(grove(RING, 3, CALM, rules), "a quiet herd agrees");
    let published = grove(RING, 3, CALM, Rules::ALL).with_preset(Preset::Plumtree);
    breaks(published, "a quiet herd agrees");
}

#[test]
fn parents_by_first_delivery_cut_a_server_off() {
    let rules = Rules { adopt_on_rebuild: false, ..Rules::ALL };
    breaks(grove(CYCLE, 3, CALM, rules), "a quiet herd agrees");
}

#[test]
fn orphans_that_say_nothing_stay_cut_off() {
    let rules = Rules { orphan_floods: false, ..Rules::ALL };
    breaks(grove(CYCLE, 3, FAILURE, rules), "a quiet herd agrees");
}

#[test]
fn orphans_that_are_given_nothing_miss_what_was_on_its_way() {
    let rules = Rules { catch_up: false, ..Rules::ALL };
    breaks(grove(CYCLE, 3, FAILURE, rules), "a quiet herd agrees");
}

/// Two that take each other for a parent feed each other for ever.
#[test]
fn orphans_that_do_not_wait_for_a_rebuild_form_a_ring() {
    let rules = Rules { orphans_wait: false, ..Rules::ALL };
    breaks(grove(RING, 4, FAILURE, rules), "parents form no ring");
    // The same if repair counts too, and whoever delivers what is known is pruned.
    let rules = Rules { repair_apart: false, prune_with_proof: false, ..rules };
    breaks(grove(RING, 4, FAILURE, rules), "parents form no ring");
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

/// The same with a server that comes back without its store, of whose new life nobody has heard, or
/// that never had the link it counts on: it is told by digests.
#[test]
fn a_plan_that_fails_before_a_new_life_is_known_is_mended_by_digests() {
    let faults = Faults { failures: 1, restarts: 1, ..CALM };
    holds(grove(LINE, 1, faults, Rules::ALL).planned(LINE).with_digests());
    holds(grove(RING, 1, faults, Rules::ALL).planned(RING).with_digests());
}
