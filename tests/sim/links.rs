//! What links, pauses, clocks and restarts do, exactly.

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::view::{LinkState, MessageKind, ServerState};
use herd_sim_wasm::{Command, History, Script, ServerId};

fn at(text: &str, time: u64) -> History {
    let script: Script = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let mut run = History::new(script);
    run.seek(time);
    run
}

/// The place at which the first server's record of `kiwi` is, as text; empty if it has none.
fn kiwi(run: &History, server: u32) -> String {
    let store = run.world().store_of(ServerId(server));
    let row = store.iter().find(|row| *row.client == *b"kiwi");
    row.map_or_else(String::new, |row| String::from_utf8_lossy(&row.line).into_owned())
}

#[test]
fn a_message_takes_its_latency_and_is_seen_on_its_way() {
    let text = "herd 1 topology=line:2 latency=100ms client-latency=10ms\n\
        @1 say s0 IAMAT kiwi +1+1 7\n";
    // Connecting takes a round trip, the line half of one: 30 ms.
    let run = at(text, SECOND + 80 * MILLISECOND);
    let frame = run.frame(&[b"kiwi"]);
    let update = frame.messages.iter().find(|m| m.kind == MessageKind::Update).expect("on its way");
    assert_eq!((update.from, update.to), (0, 1));
    assert!((update.fraction - 0.5).abs() < 1e-6, "{}", update.fraction);
    assert_eq!(&*frame.subjects[update.subject as usize], b"kiwi");
    assert_eq!(update.stamp, 7 * SECOND.cast_signed());
    assert_eq!((frame.knowledge[0].version, frame.knowledge[1].version), (1, 0));
    assert_eq!((frame.servers[0].store, frame.servers[1].store), (1, 0));
    let run = at(text, SECOND + 130 * MILLISECOND);
    assert!(run.frame(&[b"kiwi"]).knowledge[1].newest);
}

#[test]
fn what_is_in_flight_on_a_cut_link_is_lost_and_shown() {
    let text = "herd 1 topology=line:2 latency=100ms client-latency=0s\n\
        @1 say s0 IAMAT kiwi +1+1 7\n@1.05 cut s0-s1\n";
    let run = at(text, SECOND + 60 * MILLISECOND);
    let frame = run.frame(&[]);
    assert_eq!(frame.links[0].state, LinkState::Cut);
    assert!(frame.messages.iter().all(|m| m.kind != MessageKind::Update));
    assert_eq!(frame.deaths.len(), 1);
    assert!((frame.deaths[0].fraction - 0.5).abs() < 1e-6);
    assert_eq!(kiwi(&at(text, 9 * SECOND), 1), "");
    // Repair brings it after the link is healed.
    let healed = format!("{text}@2 heal\n");
    assert_ne!(kiwi(&at(&healed, 9 * SECOND), 1), "");
}

#[test]
fn a_half_open_connection_is_noticed_late_or_goes_on() {
    let text = "herd 1 topology=line:2 latency=100ms client-latency=0s\n\
        @1 cut s0>s1 late 3s\n@2 say s0 IAMAT kiwi +1+1 7\n";
    let frame = at(text, 3 * SECOND).frame(&[]);
    assert!(frame.links[0].half_open && frame.links[0].cut_ab && !frame.links[0].cut_ba);
    let mut updates = frame.messages.iter().filter(|m| m.kind == MessageKind::Update);
    let held = updates.next().expect("it is held up");
    assert_eq!((held.arrives, updates.next()), (u64::MAX, None));
    assert_eq!(at(text, 3 * SECOND).world().links_of(ServerId(0))[0].state, "live");
    // Noticed: the connection is gone, and what was held with it.
    let late = at(text, 4 * SECOND + MILLISECOND);
    assert_ne!(late.world().links_of(ServerId(0))[0].state, "live");
    assert!(!late.frame(&[]).links[0].half_open);
    // Healed before that: nothing was lost, and nothing was dialed anew.
    let run = at(&format!("{text}@3 heal\n"), 3 * SECOND + 101 * MILLISECOND);
    assert_ne!(kiwi(&run, 1), "");
    let links = run.log().iter().filter(|line| line.text.starts_with("- ")).count();
    assert_eq!(links, 0, "no link went down");
}

#[test]
fn messages_of_one_way_arrive_in_order() {
    let text = "herd 1 topology=line:2 latency=1ms+80ms jitter=50ms client-latency=0s\n";
    let says: String = (0..50).map(|n| format!("@1.0{n:02} say s0 IAMAT c{n} +1+1 1\n")).collect();
    let run = at(&format!("{text}{says}"), 5 * SECOND);
    let order = |server| -> Vec<Box<[u8]>> {
        run.world().store_of(ServerId(server)).into_iter().map(|row| row.client).collect()
    };
    assert_eq!(order(0).len(), 50);
    assert_eq!(order(1), order(0));
}

#[test]
fn a_paused_server_answers_when_it_resumes() {
    let text = "herd 1 client-latency=10ms\n@1 pause Ball\n@2 say Ball IAMAT kiwi +1+1 1\n\
        @3 say Alford IAMAT plum +1+1 1\n@5 resume Ball\n";
    let run = at(text, 5 * SECOND - 1);
    assert_eq!(run.frame(&[]).servers[1].state, ServerState::Paused);
    assert!(run.frame(&[]).servers[1].waiting > 0);
    assert_eq!(run.world().store_of(ServerId(1)).len(), 0);
    let run = at(text, 6 * SECOND);
    assert_eq!(run.world().store_of(ServerId(1)).len(), 2);
    let answer = run.answers().iter().find(|answer| &*answer.terminal == "kiwi").expect("answered");
    assert_eq!(answer.at, 5 * SECOND + 10 * MILLISECOND);
}

#[test]
fn a_killed_server_loses_what_comes_and_what_it_sent_goes_on() {
    // Ball sends to Holiday and Welsh, and is killed while that is on its way.
    let text = "herd 1 latency=100ms client-latency=0s\n@1 say Ball IAMAT kiwi +1+1 1\n\
        @1.05 kill Ball\n@1.2 say Holiday IAMAT plum +1+1 1\n";
    let run = at(text, 2 * SECOND);
    for server in [0, 2, 3, 4] {
        assert_ne!(kiwi(&run, server), "", "server {server}");
    }
    assert!(run.world().store_of(ServerId(1)).is_empty());
    assert_eq!(run.frame(&[]).servers[1].state, ServerState::Down);
    // With its store it knows at once; without, it has to be told.
    let soon = 2 * SECOND + MILLISECOND;
    assert_ne!(kiwi(&at(&format!("{text}@2 restart Ball\n"), soon), 1), "");
    assert_eq!(kiwi(&at(&format!("{text}@2 restart Ball empty\n"), soon), 1), "");
    assert_ne!(kiwi(&at(&format!("{text}@2 restart Ball empty\n"), 4 * SECOND), 1), "");
}

#[test]
fn a_clock_that_is_off_shows_in_the_answer_and_nowhere_else() {
    let text = "herd 1 client-latency=0s\n@1 say Ball IAMAT kiwi +1+1 1700000000\n";
    let line = |text: &str| kiwi(&at(text, 2 * SECOND), 1);
    assert_eq!(line(text), "AT Ball +1.000000000 kiwi +1+1 1700000000");
    let ahead = text.replace("@1", "@0.5 clock Ball -2.5\n@1");
    assert_eq!(line(&ahead), "AT Ball -1.500000000 kiwi +1+1 1700000000");
    assert_eq!(at(&ahead, 2 * SECOND).frame(&[]).servers[1].clock_offset, -2_500_000_000);
}

#[test]
fn switching_a_command_off_shifts_nobody_elses_luck() {
    // Plum's flood and the kill have nothing to do with how long kiwi's messages take: they use
    // other links.
    let text = "herd 1 seed=9 topology=line:4 latency=5ms..200ms client-latency=0s\n\
        @3 cut s1-s2\n@4 say s0 IAMAT kiwi +1+1 1\n@4 say s2 IAMAT plum +1+1 1\n@4.5 kill s3\n";
    let learned = |run: &History| {
        let line = run
            .log()
            .iter()
            .find(|line| line.server == Some(1) && &*line.text == "learns kiwi < s0");
        line.expect("s1 learns it").at
    };
    let mut run = at(text, 10 * SECOND);
    let before = learned(&run);
    for entry in [2, 3] {
        let id = run.script().entries()[entry].id;
        run.toggle(id, false);
        assert_eq!(learned(&run), before);
    }
    // Another seed is another luck.
    assert_ne!(learned(&at(&text.replace("seed=9", "seed=8"), 10 * SECOND)), before);
}

#[test]
fn the_inspector_says_what_comes_next_and_why() {
    let run = at("herd 1\n@1 kill Holiday\n", 1_120 * MILLISECOND);
    let deadline = run.world().deadline_of(ServerId(1)).expect("Ball dials");
    assert_eq!(deadline.why, "Holiday is dialed again");
    assert!(deadline.at >= run.now());
    let rows = run.world().links_of(ServerId(1));
    assert_eq!(rows.len(), 2);
    let live: Vec<&str> = rows.iter().map(|row| row.state).collect();
    assert!(live.contains(&"live") && live.len() == 2, "{live:?}");
}

#[test]
fn a_client_hears_the_very_lines() {
    let mut run = at("herd 1\n", SECOND);
    run.say(ServerId(0), "IAMAT kiwi +34.068930-118.445127 1700000000.5").expect("said");
    run.seek(2 * SECOND);
    run.say(ServerId(4), "WHATSAT kiwi 10 1").expect("said");
    run.seek(3 * SECOND);
    let [said, asked] = run.answers() else { panic!("{:?}", run.answers()) };
    let line = "AT Alford +0.560000000 kiwi +34.068930-118.445127 1700000000.5\n";
    assert_eq!(said.text.as_deref(), Some(line.as_bytes()));
    let text = asked.text.as_deref().expect("answered");
    assert!(text.starts_with(line.as_bytes()) && text.ends_with(b"\"OK\"\n}\n\n"));
    let frame = run.frame(&[]);
    assert_eq!(&*frame.client_names[0], "kiwi");
    assert_eq!((frame.clients[0].lat, frame.clients[0].server), (34_068_930_000, 4));
    // A server that is down cannot be asked.
    run.act(Command::Kill(ServerId(0))).expect("killed");
    run.say(ServerId(0), "WHATSAT kiwi 10 1").expect("said");
    run.seek(4 * SECOND);
    assert_eq!(run.answers().last().map(|answer| answer.text.is_none()), Some(true));
}
