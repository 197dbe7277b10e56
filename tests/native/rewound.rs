//! The tapes of a real herd as one run, which is gone on with.

use herd_sim_wasm::view::{LinkState, ServerState};
use herd_sim_wasm::{Bug, Command, History, Options, Script, Tapes};
use herd_tests::tapes::five;

use crate::HERD;

/// The run that begins with tapes.
fn run_of(tapes: &[(String, Vec<u8>)]) -> History {
    let tapes = Tapes::merge(tapes).expect("tapes");
    assert_eq!(tapes.taped(), 5);
    History::new(Script::of_tapes(tapes).expect("a script"))
}

#[test]
fn tapes_of_a_herd_are_one_run_that_can_be_gone_on_with() {
    let tapes = five(HERD).tapes;
    assert_eq!(tapes.len(), 6, "Welsh has lived twice");
    let mut run = run_of(&tapes);
    let end = run.world().tapes_end().expect("tapes");
    run.seek(end);
    assert!(run.world().lamps().is_empty(), "what tapes leave out cannot be judged");
    let texts: Vec<&str> = run.log().iter().map(|line| &*line.text).collect();
    let told = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    assert_eq!(told("accepts kiwi"), 2, "{texts:#?}");
    assert!(told("learns kiwi") >= 4 + 4, "{texts:#?}");
    assert_eq!(told("starts"), 6);
    assert!(told("is not heard of any more") == 1 && told("stops as it was told to") == 5);
    let heard = run.flights().iter().filter(|flight| flight.kind.is_update()).count();
    assert!(heard >= 8, "messages are seen on their way: {heard}");
    assert!(run.flights().iter().all(|flight| flight.end > flight.sent), "none is heard before");
    // Back to when everybody knew the first place, and nobody any other.
    let plum = run.log().iter().find(|line| line.text.contains("accepts plum")).expect("it was").at;
    let digest = run.world().digest();
    run.seek(plum - 1);
    let frame = run.frame(&[b"kiwi"]);
    let up = frame.servers.iter().filter(|server| server.state == ServerState::Up).count();
    assert_eq!(up, 4, "Welsh was killed before");
    let held: Vec<u32> = frame.servers.iter().map(|server| server.store).collect();
    assert_eq!(held.iter().sum::<u32>(), 4, "{held:?}");
    let links = frame.links.iter().filter(|link| link.state == LinkState::Live).count();
    assert_eq!(links, 3);
    run.seek(end);
    assert_eq!(run.world().digest(), digest, "the same the second time");
    // On in simulation from there: a message is lost on no link, and all come to agree.
    run.seek(plum + 1);
    run.act(Command::Continue).expect("it goes on");
    assert!(!run.world().is_taped());
    let lamps = run.world().lamps();
    assert_eq!(lamps.len(), 16, "those that need not have seen the beginning: {lamps:?}");
    assert!(lamps.iter().all(|lamp| lamp.name != "never_invented" && lamp.broken.is_none()));
    run.run_until(plum + 10_000_000_000);
    let frame = run.frame(&[b"plum"]);
    let known = frame.knowledge.iter().filter(|known| known.version > 0).count();
    assert_eq!(known, 4, "{:?}", run.log().iter().rev().take(30).collect::<Vec<_>>());
    let welsh = run.world().topology().server("Welsh").expect("a server");
    run.act(Command::Restart { server: welsh, store: true }).expect("it starts");
    run.run_until(plum + 20_000_000_000);
    assert!(run.world().is_at_rest());
    let frame = run.frame(&[b"plum"]);
    assert!(frame.knowledge.iter().all(|known| known.version > 0), "repaired");
    let lamps = run.world().lamps();
    let broken: Vec<_> = lamps.iter().filter_map(|lamp| lamp.broken.as_ref()).collect();
    assert!(broken.is_empty(), "{broken:?}");
    for judged in ["never_back", "one_truth", "converged", "covered", "counted_once", "all_fed"] {
        assert!(lamps.iter().any(|lamp| lamp.name == judged && lamp.tried), "{judged}: {lamps:?}");
    }
    // The script is all of it.
    let text = run.script().to_string();
    let mut again = History::new(text.parse().expect("a script"));
    again.seek(plum + 20_000_000_000);
    assert_eq!(again.world().digest(), run.world().digest());
    goes_red(&tapes, plum);
}

/// What servers held where the tapes end is known to those that judge what follows.
fn goes_red(tapes: &[(String, Vec<u8>)], at: u64) {
    let script = Script::of_tapes(Tapes::merge(tapes).expect("tapes")).expect("a script");
    for (bug, check) in
        [(Bug::ForgetsOnRestart, "never_back"), (Bug::AnswersTwice, "answered_once")]
    {
        let options = Options { bug, ..script.options().clone() };
        let mut run = History::new(Script::new(options).expect("options"));
        run.seek(at);
        run.act(Command::Continue).expect("it goes on");
        let server = run.world().topology().server("Alford").expect("a server");
        run.act(Command::Restart { server, store: true }).expect("it starts");
        run.act(Command::say(server, "IAMAT fig +1+1 4")).expect("it is said");
        run.run_until(at + 5_000_000_000);
        let lamps = run.world().lamps();
        let red = |name: &str| lamps.iter().any(|lamp| lamp.name == name && lamp.broken.is_some());
        assert!(red(check), "{bug:?}: {lamps:?}");
    }
}
