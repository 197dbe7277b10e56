//! Going to where something happens, on and back, and what a change in the past costs.

use herd_core::time::SECOND;
use herd_sim_wasm::{Condition, History};

const TEXT: &str = "herd 1 topology=ring:5\n@1 say s0 IAMAT kiwi +1+1 1\n@3 kill s2\n\
    @4 say s4 IAMAT kiwi +2+2 2\n@6 restart s2 empty\n";

fn run() -> History {
    History::new(TEXT.parse().expect("a script"))
}

#[test]
fn on_to_what_happens_next() {
    let mut run = run();
    let knows = Condition::EveryoneKnows(b"kiwi".as_slice().into());
    assert!(run.run_to(&Condition::Delivery, 20 * SECOND));
    assert!(run.log().last().is_some_and(|line| line.text.contains("kiwi")));
    assert!(run.run_to(&knows, 20 * SECOND));
    let all = run.now();
    let holders = run.frame(&[b"kiwi"]).knowledge.iter().filter(|of| of.newest).count();
    assert_eq!(holders, 5);
    assert!(run.run_to(&Condition::Command, 20 * SECOND));
    assert_eq!(run.now(), 3 * SECOND);
    assert!(run.run_to(&Condition::Fault, 20 * SECOND));
    assert!(run.run_to(&knows, 20 * SECOND) && run.now() > all);
    assert!(!run.run_to(&Condition::Broken, 20 * SECOND));
    assert_eq!(run.now(), 20 * SECOND);
}

#[test]
fn back_to_what_happened_last() {
    let mut run = run();
    run.seek(20 * SECOND);
    let (log, answers) = (run.log().to_vec(), run.answers().len());
    let mut found = 0;
    let mut before = u64::MAX;
    while run.run_back_to(&Condition::Command) {
        assert!(run.now() < before);
        before = run.now();
        found += 1;
        // On again is the same way.
        let mut fork = run.fork();
        fork.seek(20 * SECOND);
        assert_eq!((fork.log(), fork.answers().len()), (&log[..], answers));
    }
    assert_eq!(found, 4);
    assert_eq!(run.now(), SECOND);
    assert!(!run.run_back_to(&Condition::Broken));
    assert_eq!(run.now(), SECOND);
}

#[test]
fn an_answer_that_is_not_the_newest_is_found_and_so_are_words() {
    let text = "herd 1 topology=line:3\n@1 say s0 IAMAT kiwi +1+1 1\n\
        @2 say s2 WHATSAT kiwi 10 1\n@3 say s0 IAMAT kiwi +2+2 2\n\
        @3.1 say s2 WHATSAT kiwi 10 1\n@3.2 say s2 WHATSAT plum 10 1\n";
    let mut run = History::new(text.parse().expect("a script"));
    assert!(run.run_to(&Condition::Stale, 20 * SECOND));
    let found = run.now();
    assert!((3_100_000_000..4_000_000_000).contains(&found), "{found}");
    let heard = run.answers().last().expect("an answer").text.clone().expect("it came");
    assert!(heard.starts_with(b"AT s0 "));
    assert!(!run.run_to(&Condition::Stale, 20 * SECOND), "who is nowhere is not stale");
    assert!(run.run_back_to(&Condition::Stale));
    assert_eq!(run.now(), found);
    assert!(run.run_back_to(&Condition::Written("accepts kiwi".into())));
    assert!(run.log().last().is_some_and(|line| line.text.contains("accepts kiwi")));
}

#[test]
fn a_broken_check_is_gone_to_and_back_to() {
    let text = "herd 1 bug=answers-twice\n@1 say Ball IAMAT kiwi +1+1 1\n@5 heal\n";
    let mut run = History::new(text.parse().expect("a script"));
    assert!(run.run_to(&Condition::Broken, 20 * SECOND));
    let at = (run.now(), run.world().events(), run.world().digest());
    run.seek(10 * SECOND);
    assert!(run.run_back_to(&Condition::Broken));
    assert_eq!((run.now(), run.world().events(), run.world().digest()), at);
}

#[test]
fn a_change_late_in_a_long_run_costs_what_lies_behind_it() {
    let text =
        "herd 1 clients=40 pace=4ms latency=5ms topology=ring:8\n@9.5 cut s0-s1\n@100 heal\n";
    let mut run = History::new(text.parse().expect("a script"));
    run.seek(10 * SECOND);
    let (total, digest) = (run.world().events(), run.world().digest());
    assert!(total > 200_000, "{total} events");
    let cut = run.script().entries()[0].id;
    let mut whole = 0;
    for on in [false, true] {
        let before = run.executed();
        assert!(run.toggle(cut, on));
        assert_eq!(run.now(), 10 * SECOND);
        let cost = run.executed() - before;
        assert!(cost < total / 5, "{cost} of {total} events were done again");
        whole += cost;
    }
    assert!(whole > 0);
    assert_eq!((run.world().events(), run.world().digest()), (total, digest));
}
