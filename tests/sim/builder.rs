//! The test-writer's builder.

use herd_sim_wasm::nemesis::Kind;
use herd_sim_wasm::{Bug, Herd, Link, Sometimes, judge};

#[test]
fn a_sound_herd_passes_with_every_fault_on() {
    Herd::test("bridge")
        .topology("line:5")
        .seeds(200)
        .check("converged")
        .expect_sometimes(Sometimes::BridgeDied)
        .expect_sometimes(Sometimes::HealedByRepair)
        .run();
}

#[test]
fn a_failure_says_how_to_repeat_it() {
    let test = Herd::test("forgets").topology("ring:5").bug(Bug::ForgetsOnRestart).seeds(500);
    let why = test.outcome().expect_err("it forgets");
    assert!(why.contains("never_back") && why.contains("bug=forgets-on-restart"), "{why}");
    let link = why.split("herd sim run ").nth(1).expect("a command to repeat it");
    let script = Link::parse(link.trim()).expect("a link").script;
    assert_eq!(judge(&script).failure.map(|failure| failure.check), Some("never_back"));
}

#[test]
fn a_check_that_was_not_asked_for_may_break() {
    Herd::test("echoes").bug(Bug::Echoes).check("never_back").seeds(20).run();
    assert!(Herd::test("echoes").bug(Bug::Echoes).seeds(20).outcome().is_err());
}

#[test]
fn what_is_never_seen_fails() {
    let why = Herd::test("calm").calm().expect_sometimes(Sometimes::BridgeDied).outcome();
    let why = why.expect_err("nobody dies in a calm herd");
    assert!(why.contains("bridge_died was never seen"), "{why}");
    let kinds = [Kind::Crashes];
    Herd::test("dead").faults(&kinds).expect_sometimes(Sometimes::ReachedDead).run();
}

#[test]
fn a_herd_that_does_not_exist_is_an_error() {
    let why = Herd::test("nowhere").topology("nowhere").outcome();
    assert!(why.is_err_and(|why| why.contains("nowhere")));
}
