//! What a run keeps of its past: never more than there is room for, and most of it near the present.

use herd_core::time::SECOND;
use herd_sim_wasm::History;

const TEXT: &str = "herd 1 clients=20 pace=40ms latency=5ms topology=ring:8\n@100 heal\n";
const ROOM: usize = 1 << 20;

fn run() -> History {
    History::with_room(TEXT.parse().expect("a script"), ROOM)
}

#[test]
fn snapshots_take_no_more_than_there_is_room_for() {
    let mut run = run();
    let mut most = 0;
    for tenth in (0..50).chain([20, 45, 3, 50]) {
        run.seek(tenth * SECOND / 10);
        let (kept, used) = run.snapshots();
        assert!(used <= ROOM, "{kept} snapshots take {used} bytes");
        most = most.max(used);
    }
    assert!(run.world().events() > 20_000, "{} events", run.world().events());
    assert!(most > ROOM / 2, "room is used: {most} bytes at most");
}

#[test]
fn where_there_is_no_room_the_beginning_is_kept() {
    let mut run = History::with_room(TEXT.parse().expect("a script"), 0);
    run.seek(SECOND);
    let digest = run.world().digest();
    assert_eq!(run.snapshots().0, 1);
    run.seek(SECOND / 2);
    run.seek(SECOND);
    assert_eq!(run.world().digest(), digest);
}

#[test]
fn the_nearer_the_less_is_done_again() {
    let mut run = run();
    run.seek(5 * SECOND);
    let (end, per_second) = (run.now(), run.world().events() / 5);
    let mut again = |back: u64| {
        run.seek(end);
        let before = run.executed();
        run.seek(end - back);
        run.executed() - before
    };
    // A fiftieth of a second back, and four seconds.
    assert!(again(SECOND / 50) < 2_500, "{}", again(SECOND / 50));
    assert!(again(4 * SECOND) < 2 * per_second, "{} of {per_second}", again(4 * SECOND));
    // There, it is dense now.
    run.seek(end - 4 * SECOND - SECOND / 50);
    let before = run.executed();
    run.seek(end - 4 * SECOND - SECOND / 25);
    assert!(run.executed() - before < 2_500, "{}", run.executed() - before);
}

#[test]
fn what_is_known_is_not_done_again_on_the_way_on() {
    let mut run = History::with_room(TEXT.parse().expect("a script"), 64 * ROOM);
    run.seek(5 * SECOND);
    let (all, digest) = (run.world().events(), run.world().digest());
    run.seek(SECOND / 2);
    let before = run.executed();
    run.seek(5 * SECOND);
    assert_eq!(run.world().digest(), digest);
    assert!(run.executed() - before < all / 5, "{} of {all}", run.executed() - before);
}

#[test]
fn no_journey_in_a_long_run_is_far() {
    // As many as the budget of the page is about.
    let text = "herd 1 seed=7 topology=random:40:4 latency=20ms..60ms clients=60 pace=500ms\n";
    let mut run = History::new(text.parse().expect("a script"));
    run.seek(49 * SECOND);
    let (events, end) = (run.world().events(), run.now());
    assert!(events > 200_000, "{events} events");
    for part in [990, 10, 500, 730, 120, 870, 333, 666, 50, 950, 410, 580, 1_000] {
        let before = run.executed();
        run.seek(end / 1_000 * part);
        let again = run.executed() - before;
        assert!(again < 8_000, "{again} events are done again on the way to {part} ‰");
    }
    assert_eq!(run.world().events(), events, "at the end nothing is done again");
}
