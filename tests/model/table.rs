//! The table of what was explored: each herd by its name, and the property that breaks in it, if one
//! does. The small ones are explored by the tests, the others by hand: `cargo run --release -p
//! herd-tests --example explore`.

use herd_core::limits::RIDE;
use herd_core::tree::Rules;
use herd_core::{Preset, Tuning};

use crate::herd::{Faults, Herd, Update};

/// What is lost if messages are.
pub(crate) const AGREES: &str = "a quiet herd agrees";
/// What feeds that feed each other break.
pub(crate) const NO_RING: &str = "parents form no ring";

const RING: &[(u8, u8)] = &[(0, 1), (1, 2), (0, 2)];
const CYCLE: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3)];
/// A cycle with a chord from the first server.
const CHORD: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)];
/// A cycle with a chord between the two next to the first server.
const DIAMOND: &[(u8, u8)] = &[(0, 1), (1, 2), (2, 3), (0, 3), (1, 3)];
const K4: &[(u8, u8)] = &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
const CALM: Faults = Faults { cuts: 0, breaks: 0, restarts: 0, failures: 0 };
const CUT: Faults = Faults { cuts: 1, ..CALM };
const FAILURE: Faults = Faults { failures: 1, ..CALM };
const RESTART: Faults = Faults { restarts: 1, ..CALM };

/// A herd that is explored completely.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) herd: fn() -> Herd,
    /// What breaks in it.
    pub(crate) breaks: Option<&'static str>,
    /// Whether it is small enough to be explored with every change.
    pub(crate) small: bool,
}

impl Case {
    const fn small(name: &'static str, herd: fn() -> Herd) -> Self {
        Self { name, herd, breaks: None, small: true }
    }

    const fn large(name: &'static str, herd: fn() -> Herd) -> Self {
        Self { small: false, ..Self::small(name, herd) }
    }

    const fn breaking(name: &'static str, property: &'static str, herd: fn() -> Herd) -> Self {
        Self { breaks: Some(property), ..Self::small(name, herd) }
    }
}

/// Every herd of the table.
pub(crate) const TABLE: &[Case] = &[
    // The rules A0 to A8 lose nothing.
    Case::small("triangle-calm", || grove(RING, 4, CALM)),
    Case::small("cycle-calm", || grove(CYCLE, 3, CALM)),
    Case::small("triangle-3", || grove(RING, 3, FAILURE)),
    Case::large("triangle", || grove(RING, 4, FAILURE)),
    Case::large("triangle-restart", || grove(RING, 2, Faults { restarts: 1, ..FAILURE })),
    Case::small("cycle-2", || grove(CYCLE, 2, FAILURE)),
    Case::large("cycle", || grove(CYCLE, 3, FAILURE)),
    Case::large("cycle-4", || grove(CYCLE, 4, FAILURE)),
    Case::large("chord", || grove(CHORD, 2, FAILURE)),
    Case::large("chord-two-failures", || grove(CHORD, 2, Faults { failures: 2, ..CALM })),
    Case::large("diamond", || grove(DIAMOND, 2, FAILURE)),
    Case::large("k4", || grove(K4, 2, FAILURE)),
    Case::small("k4-calm", || grove(K4, 1, CALM)),
    // Prunes that wait for a message to go with.
    Case::small("triangle-riding", || tuned(RING, 3, CALM, |tuning| tuning.ride = RIDE)),
    Case::small("triangle-riding-failure", || tuned(RING, 2, FAILURE, |tuning| tuning.ride = RIDE)),
    Case::large("triangle-riding-3", || tuned(RING, 3, FAILURE, |tuning| tuning.ride = RIDE)),
    // Planned trees.
    Case::small("triangle-planned", || grove(RING, 4, CALM).planned(RING)),
    Case::small("cycle-planned", || grove(CYCLE, 3, CALM).planned(CYCLE)),
    Case::small("k4-planned", || grove(K4, 2, CALM).planned(K4)),
    Case::large("triangle-planned-failure", || {
        grove(RING, 3, FAILURE).planned(RING).with_digests()
    }),
    Case::large("triangle-planned-restart", || {
        grove(RING, 1, Faults { restarts: 1, ..FAILURE }).planned(RING).with_digests()
    }),
    // Two feeds.
    Case::small("triangle-two-feeds", || two_feeds(RING, 3, FAILURE)),
    Case::small("cycle-two-feeds", || two_feeds(CYCLE, 2, FAILURE)),
    Case::small("triangle-two-feeds-restart", || two_feeds(RING, 1, RESTART)),
    Case::large("chord-two-feeds", || two_feeds(CHORD, 2, FAILURE)),
    // One tree for all, and what is gathered leaves at once.
    Case::small("triangle-shared", || shared(RING, &[0, 2], CALM)),
    Case::small("triangle-shared-failure", || shared(RING, &[0], FAILURE)),
    Case::small("triangle-shared-failure-leaf", || shared(RING, &[1], FAILURE)),
    Case::small("cycle-shared", || shared(CYCLE, &[0, 2], CALM)),
    // What was on its way up over a link that fails is not had by the side above, which asks for it when it
    // is grafted onto: at once, or when it should have come by itself.
    Case::small("triangle-shared-two-failure", || shared(RING, &[0, 2], FAILURE)),
    Case::small("triangle-shared-failure-later", || {
        shared(RING, &[2], FAILURE).with(|config| config.tuning.grace = 1).with_digests()
    }),
    Case::large("triangle-shared-cut", || shared(RING, &[0, 2], CUT)),
    Case::large("cycle-shared-failure", || shared(CYCLE, &[0, 2], FAILURE)),
    Case::large("cycle-shared-failure-leaf", || shared(CYCLE, &[1, 2], FAILURE)),
    Case::large("triangle-shared-restart", || shared(RING, &[0], RESTART)),
    // Repair that is announced, neighbours that lag, restarts, links that come back while a rebuild is wanted.
    Case::small("triangle-announced", || tuned(RING, 2, CUT, |tuning| tuning.bulk = 0)),
    Case::small("triangle-lagging", || tuned(RING, 1, CUT, |tuning| tuning.window = 1)),
    Case::large("triangle-lagging-2", || tuned(RING, 2, CUT, |tuning| tuning.window = 1)),
    Case::small("triangle-in-parts", || tuned(RING, 1, RESTART, |tuning| tuning.slice = 1)),
    Case::large("triangle-in-parts-2", || tuned(RING, 2, RESTART, |tuning| tuning.slice = 1)),
    Case::small("triangle-healed", || grove(RING, 2, CUT)),
    Case::small("triangle-healed-failure", || grove(RING, 1, Faults { cuts: 1, ..FAILURE })),
    Case::small("pair-stale", || grove(&[(0, 1)], 2, RESTART).stale()),
    Case::small("line-stale", || grove(&[(0, 1), (1, 2)], 1, RESTART).stale()),
    Case::large("triangle-stale", || grove(RING, 2, RESTART).stale()),
    // Two servers that are told at once, with one stamp.
    Case::small("triangle-equal-stamps", || {
        let said = [said(0, 0, 1), said(2, 0, 2)];
        Herd::new(3, RING, &said, CALM).with_preset(Preset::Grove).with_tuning(at_once())
    }),
    Case::breaking("pair-equal-stamps-classic", AGREES, || {
        Herd::new(2, &[(0, 1)], &[said(0, 0, 1), said(1, 0, 2)], CALM).with_preset(Preset::Classic)
    }),
    // Each rule has a herd that breaks without it. Published Plumtree: whoever delivers what is known is
    // pruned (Leitão et al., 2007).
    Case::breaking("without-proof", AGREES, || {
        without(RING, 3, CALM, Rules { prune_with_proof: false, ..Rules::ALL })
    }),
    Case::breaking("plumtree", AGREES, || grove(RING, 3, CALM).with_preset(Preset::Plumtree)),
    // A parent is whoever delivered last first; the old one is pruned at once, or once the new one has
    // delivered the same.
    Case::breaking("first-deliverer", AGREES, || {
        let rules = Rules { adopt_on_rebuild: false, prune_with_proof: false, ..Rules::ALL };
        without(CYCLE, 3, CALM, rules)
    }),
    Case::breaking("make-before-break", AGREES, || {
        without(CYCLE, 3, CALM, Rules { adopt_on_rebuild: false, ..Rules::ALL })
    }),
    Case::breaking("orphans-silent", AGREES, || {
        without(CYCLE, 3, FAILURE, Rules { orphan_floods: false, ..Rules::ALL })
    }),
    Case::breaking("no-catch-up", AGREES, || {
        without(CYCLE, 3, FAILURE, Rules { catch_up: false, ..Rules::ALL })
    }),
    // Two that take each other for a parent feed each other for ever.
    Case::breaking("orphans-adopt-pushers", NO_RING, || {
        without(RING, 4, FAILURE, Rules { orphans_wait: false, ..Rules::ALL })
    }),
    Case::breaking("orphans-adopt-anyone", NO_RING, || {
        let rules = Rules { orphans_wait: false, repair_apart: false, ..Rules::ALL };
        without(RING, 4, FAILURE, Rules { prune_with_proof: false, ..rules })
    }),
    Case::breaking("epochs-turn-back", "no step breaks a rule", || {
        without(RING, 2, CUT, Rules { epochs_grow: false, ..Rules::ALL })
    }),
];

const fn said(server: u8, client: u8, place: u8) -> Update {
    Update { server, client, stamp: 1, place }
}

/// Whatever is due is done at once.
fn at_once() -> Tuning {
    Tuning { rebuild_min: 0, ride: 0, budget_byte: 0, ..Tuning::default() }
}

fn told(links: &[(u8, u8)], at: &[u8], faults: Faults) -> Herd {
    let servers = links.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0);
    let said: Vec<Update> =
        (0_u8..).zip(at).map(|(client, server)| said(*server, client, 1)).collect();
    Herd::new(servers, links, &said, faults)
}

/// A herd over trees whose first server is told so many updates.
fn grove(links: &[(u8, u8)], updates: u8, faults: Faults) -> Herd {
    let herd = told(links, &vec![0; usize::from(updates)], faults).with_preset(Preset::Grove);
    herd.with_tuning(at_once()).in_order()
}

fn two_feeds(links: &[(u8, u8)], updates: u8, faults: Faults) -> Herd {
    grove(links, updates, faults).with_preset(Preset::Grove2)
}

fn without(links: &[(u8, u8)], updates: u8, faults: Faults, rules: Rules) -> Herd {
    grove(links, updates, faults).with_tuning(Tuning { rules, ..at_once() })
}

fn tuned(links: &[(u8, u8)], updates: u8, faults: Faults, change: fn(&mut Tuning)) -> Herd {
    let mut tuning = at_once();
    change(&mut tuning);
    grove(links, updates, faults).with_tuning(tuning)
}

/// A herd with one tree for all, whose root is the first server; these servers are told updates.
fn shared(links: &[(u8, u8)], at: &[u8], faults: Faults) -> Herd {
    let herd = told(links, at, faults).with_preset(Preset::GroveBatch);
    let herd = herd.with_tuning(Tuning { batch: Some(0), grace: 0, ..at_once() });
    herd.with(|config| config.root = Some("A".into()))
}
