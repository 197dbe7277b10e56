//! The search is searched: every planted bug is found, and made small.

use herd_sim_wasm::nemesis::{Setup, draw};
use herd_sim_wasm::{Bug, judge, shrink};

/// Seeds within which a bug has to be found.
const SEEDS: u64 = 2_000;
/// Commands to which it has to shrink.
const COMMANDS: usize = 12;

#[track_caller]
fn found(bug: Bug, checks: &[&str]) {
    let setup = Setup { bug: Some(bug), ..Setup::default() };
    let failing = (0..SEEDS).find_map(|seed| {
        let script = draw(seed, &setup).expect("drawn");
        judge(&script).failure.map(|failure| (seed, script, failure))
    });
    let (seed, script, failure) =
        failing.unwrap_or_else(|| panic!("{} is not found in {SEEDS} seeds", bug.name()));
    let name = bug.name();
    assert!(checks.contains(&failure.check), "{name}, seed {seed}: {failure:?}");
    let small = shrink::shrink(&script).expect("it fails");
    let text = small.script();
    assert_eq!(small.failure().check, failure.check);
    assert!(text.entries().len() <= COMMANDS, "{name}, seed {seed}:\n{text}");
    // What is left is all needed, and the bug is what it needs.
    assert_eq!(judge(text).failure.as_ref(), Some(small.failure()));
    let sound = text.to_string().replace(&format!(" bug={name}"), "");
    let sound = judge(&sound.parse().expect("a script")).failure;
    assert_eq!(sound, None, "{name}, seed {seed}:\n{text}");
}

#[test]
fn no_dedup() {
    found(Bug::NoDedup, &["eventually", "flood_cost", "no_storms", "told_once"]);
}

#[test]
fn echo_to_the_sender() {
    found(Bug::Echoes, &["flood_cost", "no_echo", "told_once"]);
}

#[test]
fn trees_without_their_rules() {
    found(Bug::AdoptsInHaste, &["pruned_with_proof"]);
    found(Bug::OrphansKeepStill, &["all_fed"]);
    found(Bug::PrunesUnproven, &["pruned_with_proof"]);
    // Whoever goes back to an older tree may be fed by servers that the origin feeds no more: at rest
    // no way of feeds leads to it.
    found(Bug::TurnsEpochsBack, &["all_fed", "epochs_grow", "no_ring"]);
}

#[test]
fn lives_and_clocks_that_are_believed() {
    found(Bug::ReusesLives, &["counted_once", "one_truth"]);
    found(Bug::BelievesTheFuture, &["no_future"]);
}

#[test]
fn dedup_by_the_wrong_key() {
    let checks = ["converged", "covered", "eventually", "flood_cost", "in_time", "same_knowledge"];
    found(Bug::ConfusesLives, &checks);
}

#[test]
fn forgets_on_restart() {
    found(Bug::ForgetsOnRestart, &["never_back"]);
}

#[test]
fn compares_times_as_text() {
    found(Bug::TimesAsText, &["converged", "eventually", "flood_cost", "in_time"]);
}

#[test]
fn no_tie_break() {
    found(Bug::NoTieBreak, &["converged", "covered", "same_knowledge"]);
}

#[test]
fn no_repair_on_reconnection() {
    found(Bug::NoRepair, &["converged", "eventually"]);
}

#[test]
fn silent_drop_on_a_full_queue() {
    found(Bug::DropsSilently, &["converged", "eventually", "flood_cost", "in_time"]);
}

#[test]
fn damaged_bytes() {
    found(Bug::Garbles, &["one_truth", "never_invented"]);
}

#[test]
fn no_limit_to_a_queue() {
    found(Bug::NeverFull, &["bounded"]);
}

#[test]
fn answers_that_are_too_many_too_few_and_hangups() {
    for bug in [Bug::AnswersTwice, Bug::Swallows, Bug::HangsUp] {
        found(bug, &["answered_once"]);
    }
}
