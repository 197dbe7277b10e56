//! Repair: in parts that break off, to neighbours that lag, from servers that have restarted.

use herd_core::{Preset, Tuning};

use crate::explore::holds;
use crate::herd::{Faults, Herd, Update};
use crate::{LINE, PAIR, RING, update};

/// What one client says after the other, all of it to the first server.
fn at_one_server<const N: u8>() -> Vec<Update> {
    (0..N).map(|n| Update { client: n, ..update(0, 1, 1) }).collect()
}

fn with(change: impl Fn(&mut Tuning)) -> Tuning {
    let mut tuning = Tuning { rebuild_min: 0, ride: 0, budget_byte: 0, ..Tuning::default() };
    change(&mut tuning);
    tuning
}

/// Each record is a part of its own, and the link is cut before and after each. What is new meanwhile
/// is offered while the answer goes on.
#[test]
fn an_answer_in_parts_may_break_off_anywhere() {
    let parts = with(|tuning| tuning.slice = 1);
    let cuts = Faults { cuts: 2, ..Faults::default() };
    holds(Herd::new(2, PAIR, &at_one_server::<3>(), cuts).with_tuning(parts));
    for preset in [Preset::FloodSync, Preset::Grove] {
        let herd = Herd::new(3, LINE, &at_one_server::<2>(), cuts).with_preset(preset);
        holds(herd.with_tuning(parts));
    }
}

/// Nothing is passed on unasked.
#[test]
fn what_is_announced_is_pulled() {
    let announced = with(|tuning| tuning.bulk = 0);
    let cut = Faults { cuts: 1, ..Faults::default() };
    let herd = Herd::new(3, RING, &at_one_server::<2>(), cut).with_preset(Preset::Grove);
    holds(herd.with_tuning(announced).in_order());
    holds(
        Herd::new(3, LINE, &at_one_server::<2>(), Faults { cuts: 2, ..cut }).with_tuning(announced),
    );
}

/// Whatever is on its way to a neighbour is too much.
#[test]
fn neighbours_that_lag_all_the_time_lose_nothing() {
    let narrow = with(|tuning| tuning.window = 1);
    let updates = [update(0, 1, 1), update(2, 1, 2)];
    for faults in
        [Faults { cuts: 1, ..Faults::default() }, Faults { restarts: 1, ..Faults::default() }]
    {
        holds(Herd::new(3, LINE, &updates, faults).with_tuning(narrow));
    }
}

#[test]
fn a_restart_in_a_ring_relearns_what_two_have_said() {
    let restart = Faults { restarts: 1, ..Faults::default() };
    // Of one client, with one stamp, and of two.
    holds(Herd::new(3, RING, &[update(0, 1, 1), update(2, 1, 2)], restart));
    holds(Herd::new(3, RING, &at_one_server::<2>(), restart));
    let herd = Herd::new(3, RING, &[update(0, 1, 1)], restart).with_preset(Preset::Grove);
    holds(herd.with_tuning(with(|_| ())));
}
