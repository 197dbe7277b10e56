//! Five servers under everything that can happen to them, and restarted one after the other.

use std::sync::atomic::Ordering;

use herd_tests::storm::{self, Crew, Five, Forecast};
use herd_tests::tcp::until;

use crate::HERD;

#[test]
fn nothing_answered_is_lost_in_a_storm() {
    let forecast = Forecast { seed: 1, steps: 100, answers: 300, most: None };
    let report = storm::run(HERD, &Crew::default(), &forecast);
    let times: u64 = report.happened.iter().map(|(_, times)| times).sum();
    assert_eq!(times, 100);
    assert!(report.answered > 15_000, "{report}");
    assert!(report.refused > 0, "no disk was ever full: {report}");
    for (what, times) in &report.happened {
        assert!(*times > 0, "no {what}: {report}");
    }
}

#[test]
fn nor_where_links_are_over_tls() {
    let (keys, _keys) = crate::keys::keys(&["Alford", "Ball", "Hamilton", "Holiday", "Welsh"]);
    let forecast = Forecast { seed: 3, steps: 30, answers: 300, most: None };
    let keys = keys.to_str().expect("a path of letters");
    let report = storm::run(HERD, &Crew { more: &["--keys", keys], over_quic: 0 }, &forecast);
    assert!(report.answered > 5_000, "{report}");
}

#[test]
fn nor_where_some_dial_over_quic_and_some_over_tls() {
    let (keys, _keys) = crate::keys::keys(&["Alford", "Ball", "Hamilton", "Holiday", "Welsh"]);
    let forecast = Forecast { seed: 4, steps: 30, answers: 300, most: None };
    let keys = keys.to_str().expect("a path of letters");
    let crew = Crew { more: &["--keys", keys, "--quic"], over_quic: 3 };
    let report = storm::run(HERD, &crew, &forecast);
    assert!(report.answered > 5_000, "{report}");
}

#[test]
fn a_rolling_restart_loses_no_answer() {
    let mut five = Five::start(HERD, &Crew::default());
    let report = five.under(2, |five, answers| {
        for index in 0..five.len() {
            let target = answers.load(Ordering::Relaxed) + 500;
            let enough = || (answers.load(Ordering::Relaxed) >= target).then_some(());
            until("clients are answered", enough);
            five.end(index);
            assert!(five.raise(index, None), "it starts again");
        }
        vec![("restarts", 5)]
    });
    assert_eq!(report.refused, 0, "{report}");
    // Each restart ends four clients' talk at most, and finds each at its door once or twice.
    assert!(report.answered > 2_500, "{report}");
}
