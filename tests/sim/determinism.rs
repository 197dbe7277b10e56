//! The same script is the same run: twice, in slices, sought, and whatever is looked at meanwhile.

use herd_sim_wasm::{History, Script, World, digest_of, end_of};
use herd_tests::chaos;

/// Runs with all faults on.
const SEEDS: u64 = 25;
const SLICES: u64 = 600;

#[test]
fn the_same_script_twice_is_the_same_run() {
    for seed in 0..SEEDS {
        let text = chaos::script(seed).to_string();
        assert_eq!(digest_of(&text), digest_of(&text), "{text}");
    }
}

#[test]
fn seeds_make_different_runs() {
    let digest = |seed| digest_of(&chaos::script(seed).to_string());
    assert_ne!(digest(1), digest(2));
}

#[test]
fn one_run_or_six_hundred_slices() {
    for seed in 0..SEEDS {
        let script = chaos::script(seed);
        let end = end_of(&script);
        let mut whole = World::new(script.clone());
        whole.run_until(end);
        let mut sliced = World::new(script.clone());
        sliced.record(true);
        for slice in 1..=SLICES {
            sliced.run_until(end * slice / SLICES);
            if slice % 50 == 0 {
                let frame = sliced.frame(&[b"c1"]);
                assert_eq!(frame.digest, sliced.digest());
            }
        }
        assert_eq!(whole.digest(), sliced.digest(), "{script}");
        assert_eq!(whole.events(), sliced.events(), "{script}");
    }
}

#[test]
fn checks_and_records_change_nothing() {
    for seed in 0..SEEDS {
        let script = chaos::script(seed);
        let end = end_of(&script);
        let mut bare = World::new(script.clone());
        bare.without_checks();
        bare.run_until(end);
        let mut run = History::new(script.clone());
        run.seek(end);
        assert_eq!(bare.digest(), run.world().digest(), "{script}");
    }
}

#[test]
fn a_run_that_was_acted_is_its_script() {
    for seed in 0..SEEDS {
        let script = chaos::script(seed);
        let mut acted = World::new(Script::new(script.options().clone()).expect("ok"));
        for entry in script.entries() {
            acted.run_until(entry.at);
            acted.apply(entry.command.clone()).expect("it could be done before");
        }
        acted.run_until(end_of(&script));
        let said = acted.script().to_string();
        assert_eq!(said, script.to_string());
        assert_eq!(digest_of(&said), Ok(acted.digest()), "{said}");
    }
}
