//! The shrinker itself: what it may drop, and what it may not.

use herd_sim_wasm::shrink::{Shrinker, shrink};
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
