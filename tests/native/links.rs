//! Neighbours: in any order, killed, back again, and strangers.

use herd_tests::frames::malformed;
use herd_tests::tcp::{Client, Server, until};

use crate::{one_server, servers};

const RING: [(&str, &[&str]); 5] = [
    ("Alford", &["Hamilton", "Welsh"]),
    ("Ball", &["Holiday", "Welsh"]),
    ("Hamilton", &["Alford", "Holiday"]),
    ("Holiday", &["Ball", "Hamilton"]),
    ("Welsh", &["Alford", "Ball"]),
];

fn iamat(server: &Server, client: &str, stamp: u32) -> String {
    let answer = server.exchange(format!("IAMAT {client} +34.068930-118.445127 {stamp}\n"));
    assert!(answer.starts_with(&format!("AT {} +", server.name)), "{answer}");
    answer.trim_end().to_owned()
}

#[test]
fn a_killed_server_relearns_everything_when_it_is_back() {
    let (mut herd, _folder) = servers(&RING);
    herd.iter_mut().for_each(Server::start);
    let early = iamat(&herd[2], "early", 1);
    assert_eq!(herd[3].knows("early"), early);

    herd[3].kill();
    herd[1].logs("neighbour Holiday down: connection lost");
    herd[2].logs("neighbour Holiday down: connection lost");
    let late = iamat(&herd[2], "late", 2);
    let moved = iamat(&herd[0], "early", 3);
    assert_eq!(herd[1].knows("late"), late, "the ring goes around the other way");

    herd[3].start();
    assert_eq!(herd[3].knows("late"), late);
    assert_eq!(herd[3].knows("early"), moved);
    herd[1].linked("Holiday");
    herd[2].linked("Holiday");
    // What neighbours say is in the log in words, not in frames.
    // (Who was linked first gives what is missing.)
    let giver = until("who repairs is logged", || {
        let log = herd[3].log();
        ["Ball", "Hamilton"].into_iter().find(|g| log.contains(&format!(" {g} {late} (repair)\n")))
    });
    herd[3].logs(&format!(" {giver} (end of repair)\n"));
    herd[2].logs(&format!(" Alford {moved}\n"));
}

#[test]
fn neighbours_start_in_any_order() {
    let orders: [&[usize]; 3] = [&[0, 1, 2], &[2, 1, 0], &[1, 2, 0]];
    for order in orders {
        let (mut herd, _folder) =
            servers(&[("Alford", &["Ball"]), ("Ball", &["Alford", "Welsh"]), ("Welsh", &["Ball"])]);
        let first = order[0];
        herd[first].start();
        let told = iamat(&herd[first], "kiwi", 1);
        for &next in &order[1..] {
            herd[next].start();
        }
        for server in &herd {
            assert_eq!(server.knows("kiwi"), told, "order {order:?}");
        }
    }
}

#[test]
fn a_neighbour_that_is_back_is_linked_without_a_wait() {
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd.iter_mut().for_each(Server::start);
    herd[0].linked("Ball");
    herd[1].kill();
    herd[0].logs("neighbour Ball down: connection lost");
    // Long enough away for the other side to have failed to redial it at least once.
    herd[0].logs("Ball cannot be reached");
    herd[1].start();
    herd[1].linked("Alford");
    herd[0].linked("Ball");
    // It dials at once, and is answered: nobody has to wait for a back-off that runs out.
    let life = until("it dials", || {
        let log = herd[1].log();
        let (_, life) = log.rsplit_once(" start ")?;
        life.contains("to neighbour Alford at").then(|| life.to_owned())
    });
    assert!(!life.contains("cannot be reached"), "{life}");
}

#[test]
fn a_neighbour_that_hangs_stops_nobody() {
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd.iter_mut().for_each(Server::start);
    herd[0].linked("Ball");
    herd[1].process().signal("STOP");
    let told = iamat(&herd[0], "kiwi", 1);
    assert!(told.starts_with("AT Alford"), "a stopped neighbour stops nobody: {told}");
    herd[1].process().signal("CONT");
    assert_eq!(herd[1].knows("kiwi"), told);
}

#[test]
fn only_neighbours_may_tell_of_clients() {
    let (server, _folder) = one_server(&[]);
    let forged = "AT Ball +0.1 kiwi +34.068930-118.445127 1520023934.918963997\n";
    assert_eq!(server.exchange(forged), format!("? {forged}"));
    assert_eq!(server.exchange("WHATSAT kiwi 10 5\n"), "? WHATSAT kiwi 10 5\n");
    server.logs("only a configured neighbour may say that");
}

#[test]
fn strangers_are_not_greeted() {
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd[0].start();
    for (greeting, why) in [
        ("HERD 1 herd Nobody 1\n", "not from a neighbour of ours"),
        ("HERD 1 flock Ball 1\n", "of another herd"),
        ("HERD 2 herd Ball 1\n", "another version of the protocol"),
    ] {
        let mut client = Client::connect(herd[0].address);
        client.send(greeting);
        let rest = String::from_utf8_lossy(&client.rest_or_cut()).into_owned();
        assert!(!rest.contains("HERD 1 herd Alford"), "{greeting}: {rest}");
        herd[0].logs(why);
    }
    assert!(!herd[0].log().contains(" up on "), "{}", herd[0].log());
}

#[test]
fn what_is_no_frame_ends_a_link_and_no_server() {
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd[0].start();
    let mut client = Client::connect(herd[0].address);
    assert!(client.ask("HERD 1 herd Ball 1").starts_with("HERD 1 herd Alford "));
    herd[0].linked("Ball");
    client.send([0xff; 64]);
    // It is closed, with or without what was still on its way.
    let _ = client.rest_or_cut();
    herd[0].logs("neighbour Ball down: it said what is no frame");
    herd[1].start();
    herd[0].linked("Ball");
}

#[test]
fn a_malformed_frame_of_every_kind_ends_the_link() {
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd[0].start();
    for (before, frame) in malformed().into_iter().enumerate() {
        let mut client = Client::connect(herd[0].address);
        assert!(client.ask("HERD 1 herd Ball 1").starts_with("HERD 1 herd Alford "));
        herd[0].linked("Ball");
        client.send(&frame);
        let _ = client.rest_or_cut();
        until(&format!("{frame:?} is logged and ends the link\n{}", herd[0].log()), || {
            let ended =
                herd[0].log().matches("neighbour Ball down: it said what is no frame").count();
            (ended == before + 1).then_some(())
        });
    }
    // The server lives, and links the real one.
    herd[1].start();
    let told = iamat(&herd[1], "kiwi", 1);
    assert_eq!(herd[0].knows("kiwi"), told);
}
