//! Time travel: what was is what it was, and the past can be changed.

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::nemesis::{self, Setup};
use herd_sim_wasm::view::{Frame, MessageView};
use herd_sim_wasm::{Command, History, Options, Script, ServerId, Sometimes, end_of};
use herd_tests::chaos;

const TEXT: &str = "herd 1 seed=3 clients=3 pace=200ms latency=5ms..45ms\n\
    @2 say Alford IAMAT kiwi +34-118 1\n\
    @3 cut Ball-Welsh\n\
    @4 kill Holiday\n\
    @6 heal\n\
    @7 restart Holiday empty\n";

fn run(text: &str) -> History {
    History::new(text.parse().expect("a script"))
}

#[test]
fn the_past_is_what_it_was() {
    let mut run = run(TEXT);
    let mut seen = Vec::new();
    for tick in 0..200 {
        run.seek(tick * 100 * MILLISECOND);
        seen.push((run.frame(&[b"kiwi"]), run.log().len(), run.answers().len()));
    }
    let log = run.log().to_vec();
    for tick in [150_u8, 20, 199, 0, 41, 42, 100] {
        let (frame, lines, answers) = &seen[usize::from(tick)];
        run.seek(u64::from(tick) * 100 * MILLISECOND);
        assert_eq!(run.frame(&[b"kiwi"]), *frame, "at {tick}00 ms");
        assert_eq!(run.log(), &log[..*lines]);
        assert_eq!(run.answers().len(), *answers);
    }
}

/// All that can be told of a run at an instant.
fn told(run: &History) -> (Frame, [u32; Sometimes::ALL.len()], usize, usize, usize) {
    let seen = *run.world().sightings();
    (run.frame(&[b"kiwi"]), seen, run.log().len(), run.answers().len(), run.flights().len())
}

#[test]
fn what_checks_have_found_is_known_in_the_past_too() {
    // The one breaks late in the run, the others see a lot.
    let planted = "herd 1 bug=answers-twice\n@2 say Ball WHATSAT kiwi 1 1\n@3 kill Holiday\n\
        @5 say Ball IAMAT kiwi +1+1 1\n@8 heal\n";
    let scripts = [planted.parse().expect("a script")];
    let mut broken = 0;
    for script in scripts.into_iter().chain((0..10).map(chaos::script)) {
        let step = end_of(&script) / 40;
        let mut run = History::new(script);
        let mut seen = Vec::new();
        for tick in 0..40 {
            run.seek(tick * step);
            seen.push(told(&run));
        }
        for tick in [0, 39, 13, 14, 2, 31, 38, 20] {
            run.seek(tick * step);
            assert!(told(&run) == seen[usize::try_from(tick).expect("small")], "at {tick}");
        }
        broken += usize::from(run.world().is_red());
    }
    assert!(broken > 0, "the planted bug is found");
}

#[test]
fn who_goes_another_way_in_the_past_is_judged_from_the_beginning() {
    for (script, part) in (0..10).map(chaos::script).zip([3, 7, 1, 5, 9, 2, 8, 4, 6, 0]) {
        let end = end_of(&script);
        let mut run = History::new(script);
        run.seek(end);
        run.seek(end * part / 10);
        // In the middle of an instant too.
        run.step_back();
        run.act(Command::Pause(ServerId(1))).expect("it can be paused");
        run.seek(end);
        let mut straight = History::new(run.script().clone());
        straight.seek(end);
        assert!(told(&run) == told(&straight), "{}", run.script());
    }
}

#[test]
fn messages_fly_on_as_if_they_were_looked_at_anew() {
    let sorted = |messages: &[MessageView]| {
        let mut messages = messages.to_vec();
        // Several may leave at one instant, by one way, and under one name.
        messages.sort_by_key(|message| format!("{message:?}"));
        messages
    };
    let busy =
        "herd 1 seed=4 topology=grid:9x9 latency=80ms..120ms clients=9 pace=50ms\n@1 cut s0-s1\n";
    let scripts = [text(busy)];
    let mut most = 0;
    for script in scripts.into_iter().chain((0..10).map(chaos::script)) {
        let end = end_of(&script).min(3 * SECOND);
        let mut run = History::new(script);
        let mut frame = run.frame(&[]);
        for at in (0..end).step_by(7_300_000) {
            run.seek(at);
            run.refresh_flights(&mut frame);
            let anew = run.frame(&[]);
            let same = sorted(&frame.messages) == sorted(&anew.messages);
            assert!(same, "at {at}: {}", run.script());
            let rest =
                |frame: &Frame| (frame.time, frame.events, frame.digest, frame.deaths.clone());
            assert!(rest(&frame) == rest(&anew), "at {at}");
            most = most.max(frame.messages.len());
        }
    }
    assert!(most > 300, "{most} messages at most");
}

#[test]
fn long_runs_are_sought_from_snapshots() {
    let mut run = run("herd 1 clients=20 pace=4ms latency=5ms topology=ring:8\n@100 heal\n");
    let end = 4 * SECOND;
    run.seek(end);
    let (events, digest) = (run.world().events(), run.world().digest());
    assert!(events > 40_000, "{events} events");
    run.seek(end / 3);
    run.seek(end);
    assert_eq!((run.world().events(), run.world().digest()), (events, digest));
}

#[test]
fn one_step_back_and_on_again() {
    let mut run = run(TEXT);
    run.seek(4 * SECOND + 50 * MILLISECOND);
    for _ in 0..30 {
        let (events, digest) = (run.world().events(), run.world().digest());
        assert!(run.step_back());
        assert_eq!(run.world().events(), events - 1);
        assert!(run.step());
        assert_eq!((run.world().events(), run.world().digest()), (events, digest));
        run.step_back();
    }
    run.seek(0);
    while run.step_back() {}
    assert_eq!(run.world().events(), 0);
}

#[test]
fn to_act_in_the_past_makes_a_branch() {
    let mut run = run(TEXT);
    run.seek(10 * SECOND);
    run.seek(3_500 * MILLISECOND);
    let before = run.script().clone();
    run.act(Command::Kill(ServerId(0))).expect("Alford can be killed");
    assert_eq!(run.branches(), [before]);
    let script = run.script().to_string();
    assert!(script.ends_with("@3 cut Ball-Welsh\n@3.5 kill Alford\n"), "{script}");
    assert_eq!(run.now(), 3_500 * MILLISECOND);
    run.seek(10 * SECOND);
    // What was acted is what the script says.
    let mut again = History::new(run.script().clone());
    again.seek(10 * SECOND);
    assert_eq!(again.world().digest(), run.world().digest());
    assert_eq!(again.log(), run.log());
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let mut run = run(TEXT);
    run.seek(10 * SECOND);
    run.seek(3 * SECOND);
    let digest = run.world().digest();
    assert!(run.act(Command::Kill(ServerId(9))).is_err());
    assert!(run.insert(SECOND, Command::Kill(ServerId(9))).is_err());
    assert_eq!((run.world().digest(), run.branches().len()), (digest, 0));
    assert_eq!(run.script().to_string(), TEXT.parse::<Script>().expect("a script").to_string());
}

#[test]
fn an_entry_can_be_switched_off_and_on() {
    let mut run = run(TEXT);
    run.seek(9 * SECOND);
    let (digest, log) = (run.world().digest(), run.log().to_vec());
    let kill = run.script().entries()[2].id;
    assert!(run.toggle(kill, false));
    assert_eq!(run.now(), 9 * SECOND);
    assert_ne!(run.world().digest(), digest);
    assert!(run.script().to_string().contains("off @4 kill Holiday"));
    // As if it had never been said.
    let mut without = History::new(TEXT.replace("@4 kill Holiday\n", "").parse().expect("ok"));
    without.seek(9 * SECOND);
    assert_eq!(run.world().digest(), without.world().digest());
    assert!(run.toggle(kill, true));
    assert_eq!(run.world().digest(), digest);
    assert_eq!(run.log(), log);
    assert!(run.remove(kill) && !run.toggle(kill, true) && !run.remove(kill));
    assert_eq!(run.world().digest(), without.world().digest());
}

#[test]
fn an_entry_can_be_put_in_before_and_after_now() {
    let mut run = run(TEXT);
    run.seek(5 * SECOND);
    run.insert(4_500 * MILLISECOND, Command::Pause(ServerId(1))).expect("Ball can be paused");
    run.insert(8 * SECOND, Command::Resume(ServerId(1))).expect("and resumed");
    assert_eq!(run.now(), 5 * SECOND);
    run.seek(12 * SECOND);
    let mut again = History::new(run.script().clone());
    again.seek(12 * SECOND);
    assert_eq!(again.world().digest(), run.world().digest());
}

#[test]
fn who_acts_in_the_past_loses_no_row_that_was_switched_off_before() {
    let mut script = text("herd 1 topology=places-2016\n@2 kill Holiday\n@4 restart Holiday\n");
    let off = script.entries()[0].id;
    script.switch(off, false);
    let mut run = History::new(script);
    run.seek(6 * SECOND);
    // Nothing happens between that row and the present.
    for part in 0..8 {
        let mut run = run.fork();
        let now = 2 * SECOND + part * SECOND / 8;
        run.seek(now);
        run.act(Command::Kill(ServerId(1))).expect("it can be done");
        assert_eq!(run.now(), now);
        let rows: Vec<_> =
            run.script().entries().iter().map(|entry| (entry.at, entry.on)).collect();
        assert_eq!(rows, [(2 * SECOND, false), (now, true)]);
    }
}

#[test]
fn random_journeys_end_where_straight_ones_do() {
    for seed in 0..10 {
        let script = chaos::script(seed);
        let end = end_of(&script);
        let mut run = History::new(script.clone());
        for part in [9, 2, 7, 3, 3, 10, 1, 5] {
            run.seek(end * part / 10);
        }
        let entry = script.entries()[script.entries().len() / 2].id;
        run.toggle(entry, false);
        run.seek(end / 4);
        run.toggle(entry, true);
        run.seek(end);
        let mut straight = History::new(script.clone());
        straight.seek(end);
        assert_eq!(run.world().digest(), straight.world().digest(), "{script}");
        assert_eq!(run.log(), straight.log(), "{script}");
    }
}

#[test]
fn another_script_is_played_from_where_it_differs() {
    let drawn = |seed| nemesis::draw(seed, &Setup::default()).expect("a run");
    for script in (0..20).map(chaos::script).chain((0..20).map(drawn)) {
        let end = end_of(&script);
        let mut run = History::new(script.clone());
        run.seek(end);
        let count = script.entries().len();
        for place in [0, count / 2, count - 1] {
            let mut other = script.clone();
            other.switch(script.entries()[place].id, false);
            let jittery = Options { jitter: 7 * MILLISECOND, ..script.options().clone() };
            let jittery =
                script.to_string().replacen(&script.options().to_string(), &jittery.to_string(), 1);
            let later = format!("{script}@99 heal\n");
            for other in [other, text(&later), text(&jittery), script.clone()] {
                run.rewrite(other.clone());
                let mut fresh = History::new(other);
                fresh.seek(end);
                assert_eq!(run.now(), end);
                assert_eq!(run.world().digest(), fresh.world().digest(), "{}", run.script());
                assert_eq!(run.log(), fresh.log());
                assert_eq!(run.script(), fresh.script());
                assert_eq!(run.frame(&[]), fresh.frame(&[]));
            }
        }
    }
}

fn text(script: &str) -> Script {
    script.parse().expect("a script")
}
