//! What is told, and what is seen of it.

use herd_sim_wasm::view::{LinkState, ServerState};

use super::Live;
use super::wave::HOP;

const SECOND: u64 = 1_000_000_000;
const HERD: &str = "HERD 1 herd grove learned 0.1.0 wanted memory\n\
    MEMBER A here - B\nMEMBER B here - A,>C\nMEMBER C here - <B\nNOW 1000000000000\n";

fn server(name: &str, stand: &str, life: u64, print: &str) -> String {
    format!("SERVER {name} {stand} 999000000000 {life} 0 1 {print} 3 0 0 0 9 5 0 0\n")
}

fn link(a: &str, b: &str, stand: &str) -> String {
    format!("LINK {a} {b} {stand} open told 0 0 0 5 0 0\n")
}

/// Three servers in a line, all of them up.
fn line() -> Live {
    let mut live = Live::default();
    let mut text = HERD.to_owned();
    for name in ["A", "B", "C"] {
        text += &server(name, "up", 7, "00000000000000aa");
    }
    for (a, b) in [("A", "B"), ("B", "A"), ("B", "C"), ("C", "B")] {
        text += &link(a, b, "live");
    }
    live.hear(0, &text, SECOND);
    live.advance(SECOND);
    live
}

#[track_caller]
fn broken(live: &Live, name: &str) -> bool {
    let lamp = live.frame().lamps.iter().find(|lamp| lamp.name == name).expect("a lamp");
    lamp.broken.is_some()
}

#[test]
fn what_is_told_stands_on_the_stage() {
    let mut live = line();
    let frame = live.frame();
    assert_eq!(frame.stage.names.iter().map(|name| &**name).collect::<Vec<_>>(), ["A", "B", "C"]);
    assert_eq!((frame.links.len(), frame.links[1].one_way), (2, true));
    assert!(frame.links.iter().all(|link| link.state == LinkState::Live));
    assert!(frame.servers.iter().all(|server| server.state == ServerState::Up));

    live.hear(0, &server("C", "down", 0, "0"), 2 * SECOND);
    live.hear(0, &link("A", "B", "cut"), 2 * SECOND);
    live.advance(2 * SECOND);
    assert_eq!(live.frame().servers[2].state, ServerState::Down);
    assert_eq!(live.frame().links[0].state, LinkState::Cut);
    assert_eq!(live.frame().links[1].state, LinkState::Down);
    let ways = |live: &Live| (live.frame().links[0].cut_ab, live.frame().links[0].cut_ba);
    assert_eq!(ways(&live), (true, true));
    assert_eq!(live.caption(), "C is down.");
    // One way, whichever end says it.
    for (from, to, word, cut) in [
        ("A", "B", "cut-out", (true, false)),
        ("A", "B", "cut-in", (false, true)),
        ("A", "B", "live", (false, false)),
        ("B", "A", "cut-in", (true, false)),
        ("B", "A", "cut-out", (false, true)),
    ] {
        live.hear(0, &link(from, to, word), 2 * SECOND);
        live.advance(2 * SECOND);
        assert_eq!(ways(&live), cut, "{from} says {word} of {to}");
        assert_eq!(live.frame().links[0].state == LinkState::Cut, cut != (false, false));
    }
    // Nothing is known once nobody tells; what is no line is left out.
    live.lost(0);
    live.hear(0, "SERVER\nSERVER A\nLATER x\n\nNEWS Nobody 1 A push k +1-1 1 A\n", 3 * SECOND);
    live.advance(3 * SECOND);
    assert!(live.frame().servers.iter().all(|server| server.state == ServerState::Down));
}

#[test]
fn an_update_is_drawn_hop_by_hop_in_the_order_in_which_it_came() {
    let mut live = line();
    // C is told of first, although it heard last.
    live.hear(
        0,
        "NEWS C 1000000900000 B push kiwi +1-1 5 A\nNEWS B 1000000500000 A push kiwi +1-1 5 A\n\
         TOOK A 1000000000000 kiwi +1-1 5 A\nSAMPLE A 1 1 0 0 0\n",
        2 * SECOND,
    );
    let known = |live: &mut Live, at: u64| {
        live.advance(at);
        let frame = live.frame();
        frame.knowledge.iter().map(|known| known.version).collect::<Vec<_>>()
    };
    assert_eq!(known(&mut live, 2 * SECOND), [1, 0, 0]);
    let on_way = |live: &Live| {
        let frame = live.frame();
        frame.messages.iter().map(|message| (message.from, message.to)).collect::<Vec<_>>()
    };
    assert_eq!(on_way(&live), [(0, 1)]);
    assert_eq!(known(&mut live, 2 * SECOND + HOP), [1, 1, 0]);
    assert_eq!(on_way(&live), [(1, 2)]);
    assert!(live.arrivals().iter().any(|arrival| arrival.server == 1 && arrival.news));
    assert_eq!(known(&mut live, 2 * SECOND + 2 * HOP), [1, 1, 1]);
    assert_eq!(live.caption(), "A took an update of kiwi: 3 of 3 had it after 0.9 ms.");
    // A newer one colours those that have only the older one.
    live.hear(0, "TOOK A 1000000001000 kiwi +1-1 6 A\n", 4 * SECOND);
    assert_eq!(known(&mut live, 4 * SECOND), [2, 1, 1]);
    assert!(!live.frame().knowledge[1].newest);
    assert_eq!(live.asked(), ["kiwi"]);
    assert_eq!(live.held(0).next().map(|record| &*record.time), Some("6"));
}

#[test]
fn a_sample_says_how_large_it_is() {
    let mut live = line();
    live.hear(0, "SAMPLE A 100 100 0 0 0\n", 2 * SECOND);
    assert!(!live.remark().contains("sample"));
    live.hear(0, "SAMPLE A 50100 200 0 0 0\n", 3 * SECOND);
    live.advance(3 * SECOND);
    assert_eq!(live.caption(), "50,000 updates a second are news to servers.");
    assert!(live.remark().starts_with("A sample: about 1 of 500 updates is drawn."));
    // Nothing more comes.
    live.advance(9 * SECOND);
    assert!(!live.remark().contains("sample"));
}

#[test]
fn servers_that_hold_something_different_light_a_lamp() {
    let mut live = line();
    live.advance(7 * SECOND);
    assert!(!broken(&live, "same_knowledge"));
    live.hear(0, &server("B", "up", 7, "00000000000000bb"), 8 * SECOND);
    live.advance(8 * SECOND);
    assert!(broken(&live, "same_knowledge"));
    // Who cannot be reached may hold what it likes.
    for (a, b) in [("A", "B"), ("B", "A"), ("B", "C"), ("C", "B")] {
        live.hear(0, &link(a, b, "waiting"), 9 * SECOND);
    }
    live.advance(9 * SECOND);
    assert!(!broken(&live, "same_knowledge"));
}

#[test]
fn a_server_that_goes_back_lights_a_lamp_and_one_with_another_life_does_not() {
    let mut live = line();
    let holds = |stamp: u64| format!("HOLDS B kiwi +1-1 {stamp}.5 A\n");
    // Servers are asked for those one has heard of.
    live.hear(0, "TOOK B 1000000000000 kiwi +1-1 9.5 A\n", 2 * SECOND);
    live.hear(0, &holds(9), 2 * SECOND);
    live.hear(0, &server("B", "up", 8, "00000000000000aa"), 3 * SECOND);
    live.hear(0, &holds(8), 3 * SECOND);
    live.advance(3 * SECOND);
    assert!(!broken(&live, "goes_back"));
    live.hear(0, &holds(7), 4 * SECOND);
    live.advance(4 * SECOND);
    assert!(broken(&live, "goes_back"));
}

#[test]
fn a_link_whose_ends_disagree_lights_a_lamp_once_it_has_lasted() {
    let mut live = line();
    live.hear(0, &link("A", "B", "waiting"), 2 * SECOND);
    live.advance(3 * SECOND);
    assert!(!broken(&live, "link_symmetric"));
    live.advance(9 * SECOND);
    assert!(broken(&live, "link_symmetric"));
    live.hear(0, &link("A", "B", "live"), 10 * SECOND);
    live.advance(10 * SECOND);
    assert!(!broken(&live, "link_symmetric"));
    // In another process nobody knows that this end is cut.
    live.hear(0, &link("A", "B", "cut-out"), 11 * SECOND);
    live.advance(19 * SECOND);
    assert!(!broken(&live, "link_symmetric"));
}

#[test]
fn an_answer_that_does_not_arrive_lights_a_lamp() {
    let mut live = line();
    live.hear(0, "TOOK A 1000000000000 kiwi +1-1 5 A\n", 2 * SECOND);
    live.advance(3 * SECOND);
    assert!(!broken(&live, "answered_arrives"));
    live.advance(9 * SECOND);
    assert!(broken(&live, "answered_arrives"));
    live.hear(0, "HOLDS B kiwi +1-1 5 A\nHOLDS C kiwi +1-1 5 A\n", 10 * SECOND);
    live.advance(10 * SECOND);
    assert!(!broken(&live, "answered_arrives"));
}

#[test]
fn servers_of_several_processes_make_one_herd() {
    let mut live = Live::default();
    let herd = "HERD 1 herd grove learned 0.1.0 none memory\n";
    live.hear(0, &format!("{herd}MEMBER A here - B\n"), SECOND);
    live.hear(1, &format!("{herd}MEMBER B here - A\n"), SECOND);
    for (source, name) in [(0, "A"), (1, "B")] {
        live.hear(source, &server(name, "up", 1, "0"), SECOND);
    }
    live.hear(0, &link("A", "B", "live"), SECOND);
    live.hear(1, &link("B", "A", "live"), SECOND);
    live.advance(SECOND);
    assert_eq!((live.frame().servers.len(), live.frame().links.len()), (2, 1));
    assert_eq!(live.frame().links[0].state, LinkState::Live);
    live.lost(1);
    live.advance(SECOND);
    let states: Vec<_> = live.frame().servers.iter().map(|server| server.state).collect();
    assert_eq!(states, [ServerState::Up, ServerState::Down]);
}

#[test]
fn whoever_is_met_later_stops_nothing_that_is_on_its_way() {
    let mut live = line();
    live.hear(
        0,
        "TOOK A 1000000000000 kiwi +1-1 5 A\nNEWS B 1000000500000 A push kiwi +1-1 5 A\n",
        2 * SECOND,
    );
    live.advance(2 * SECOND);
    assert_eq!(live.frame().messages.len(), 1);
    live.hear(1, "MEMBER D here - C\n", 2 * SECOND + HOP / 2);
    live.advance(2 * SECOND + HOP / 2);
    assert_eq!((live.frame().servers.len(), live.frame().messages.len()), (4, 1));
    assert_eq!(live.frame().links[0].state, LinkState::Live, "both ends have told of it");
    live.advance(2 * SECOND + HOP);
    assert_eq!(live.frame().knowledge[1].version, 1);
}

#[test]
fn a_picture_that_is_held_stands_still_while_the_herd_goes_on() {
    let mut live = line();
    live.hear(0, "TOOK A 1000000000000 kiwi +1-1 5 A\n", 2 * SECOND);
    live.hear(0, "NEWS B 1000000500000 A push kiwi +1-1 5 A\n", 2 * SECOND);
    live.advance(2 * SECOND);
    live.freeze(true);
    let held = live.frame().clone();
    live.hear(0, &server("C", "down", 0, "0"), 3 * SECOND);
    live.advance(3 * SECOND);
    assert_eq!(live.frame(), &held);
    assert!(live.caption().contains("held"));
    live.freeze(false);
    assert_eq!(live.frame().servers[2].state, ServerState::Down);
    assert_eq!((live.frame().messages.len(), live.frame().knowledge[1].version), (0, 1));
    assert_eq!(live.caption(), "C is down.");
}
