//! The shrinker itself: what it may drop, and what it may not.

use herd_sim_wasm::judge::judge_within;
use herd_sim_wasm::shrink::{Shrinker, shrink};
use herd_sim_wasm::swarm::Report;
use herd_sim_wasm::{Script, judge};

#[track_caller]
fn small(text: &str) -> String {
    let script: Script = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    shrink(&script).expect("it fails").script().to_string()
}

const NOISE: &str = "@0.123456789 clock s5 +1.5\n@0.3 latency s1-s2 17ms\n\
    @0.5 say s2 IAMAT plum +1+1 1\n@0.7 pause s3\n@0.9 resume s3\n";

#[test]
fn only_what_is_needed_is_left() {
    let text = format!(
        "herd 1 seed=99 topology=ring:8 latency=5ms..45ms jitter=3ms skew=2s bug=echoes\n\
         {NOISE}@1.234567 say s4 IAMAT kiwi +2+2 2\n@2 kill s1\n@3 restart s1\n"
    );
    let small = small(&text);
    assert_eq!(small.lines().count(), 2, "{small}");
    // Of two servers, another check would break first.
    assert!(small.starts_with("herd 1 seed=1 topology=ring:3 bug=echoes\n"), "{small}");
}

#[test]
fn the_same_check_has_to_fail() {
    // Answers twice breaks answered_once; the echo alone breaks no_echo. Each keeps its own.
    for (bug, check) in [("answers-twice", "answered_once"), ("echoes", "no_echo")] {
        let text =
            format!("herd 1 seed=4 topology=ring:5 bug={bug}\n{}", NOISE.replace("s5", "s4"));
        let script: Script = text.parse().expect("a script");
        let small = shrink(&script).expect("it fails");
        assert_eq!(small.failure().check, check);
        assert_eq!(judge(small.script()).failure.map(|failure| failure.check), Some(check));
    }
}

#[test]
fn what_is_small_stays_as_it_is() {
    let text = "herd 1 seed=1 topology=line:2 bug=echoes\n@1 say s0 IAMAT kiwi +2+2 2\n";
    assert_eq!(small(text), text);
}

#[test]
fn what_does_not_fail_cannot_shrink() {
    let script: Script = format!("herd 1 topology=ring:6\n{NOISE}").parse().expect("a script");
    assert!(Shrinker::new(&script).is_none());
}

#[test]
fn every_step_fails_like_the_first() {
    let text = format!("herd 1 seed=99 topology=grid:3x3 bug=garbles\n{NOISE}@4 heal\n");
    let mut shrinker = Shrinker::new(&text.parse().expect("a script")).expect("it fails");
    let check = shrinker.failure().check;
    while shrinker.step() {
        assert_eq!(judge(shrinker.script()).failure.map(|failure| failure.check), Some(check));
    }
    assert!(!shrinker.step() && shrinker.tries() > 0);
}

#[test]
fn what_may_be_tried_has_an_end_and_the_smallest_so_far_is_kept() {
    let text = format!("herd 1 seed=99 topology=grid:3x3 bug=garbles\n{NOISE}@4 heal\n");
    let script: Script = text.parse().expect("a script");
    let events = judge(&script).events;
    let within = |events: u64| {
        let mut shrinker = Shrinker::within(&script, events).expect("it fails");
        while shrinker.step() {}
        shrinker
    };
    let (whole, few) = (shrink(&script).expect("it fails"), within(events));
    assert!(!whole.is_spent() && whole.spent() < 100);
    assert!(few.is_spent() && few.spent() == 100 && few.tries() < whole.tries());
    let check = |shrinker: &Shrinker| judge(shrinker.script()).failure.map(|failure| failure.check);
    assert_eq!(check(&few), check(&whole));
    assert!(few.script().entries().len() >= whole.script().entries().len());
    // Events are counted, not time: it is the same every time.
    assert_eq!(within(events).script(), few.script());
}

#[test]
fn a_seed_that_goes_on_and_on_is_given_up_and_counted() {
    let text = format!("herd 1 seed=3 topology=ring:6\n{NOISE}");
    let script: Script = text.parse().expect("a script");
    let (verdict, whole) = (judge_within(&script, 20), judge(&script));
    assert!(verdict.given_up && verdict.failure.is_none() && verdict.events == 20);
    assert!(!whole.given_up);
    let mut report = Report::default();
    report.add(7, &script, &verdict);
    report.add(8, &script, &whole);
    let mut other = Report::default();
    other.add(5, &script, &verdict);
    report.merge(other);
    assert_eq!((report.seeds, report.failed, report.given_up), (3, 0, 2));
    assert_eq!(report.endless.iter().copied().collect::<Vec<_>>(), [5, 7]);
    assert_eq!(report.checks["eventually"], 1, "what was given up was not judged to the end");
}
