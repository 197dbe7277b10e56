//! Clients: many, slow, endless, half-closed.

use std::thread;

use herd_native_node::run::descriptors;
use herd_tests::tcp::Client;

use crate::one_server;

#[test]
fn a_thousand_connections_are_open_at_once() {
    const CLIENTS: usize = 1_000;
    assert!(descriptors() > CLIENTS + 64, "raise the limit of open files: ulimit -n 4096");
    let (server, _folder) = one_server(&[]);
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::connect(server.address)).collect();
    for round in 1..=2 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(format!("IAMAT c{number} +1+1 {round}\n"));
        }
        for (number, client) in clients.iter_mut().enumerate() {
            let answer = client.line();
            assert!(answer.ends_with(&format!(" c{number} +1+1 {round}\n")), "{answer}");
        }
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let (server, _folder) = one_server(&["--connections-max", "2"]);
    let mut first = Client::connect(server.address);
    let mut second = Client::connect(server.address);
    assert!(first.ask("IAMAT a +1+1 1").starts_with("AT "));
    assert!(second.ask("IAMAT b +1+1 1").starts_with("AT "));
    assert_eq!(Client::connect(server.address).line(), "? this server has too many connections\n");
    first.end();
    assert_eq!(first.rest(), b"");
    // The place that is free again is given to the next.
    herd_tests::tcp::until("a connection is accepted again", || {
        let mut third = Client::try_connect(server.address).ok()?;
        third.send("IAMAT c +1+1 1\n");
        third.end();
        third.rest_or_cut().starts_with(b"AT ").then_some(())
    });
    assert!(second.ask("IAMAT b +1+1 2").starts_with("AT "));
}

#[test]
fn a_slow_reader_slows_nobody_and_misses_nothing() {
    const LINES: usize = 150_000;
    let (server, _folder) = one_server(&["--log", "events"]);
    let address = server.address;
    let (started, has_started) = std::sync::mpsc::channel();
    let writer = Client::connect(address);
    let mut reader = writer.again();
    let sender = thread::spawn(move || {
        let mut writer = writer;
        for number in 0..LINES {
            writer.send(format!("IAMAT slow +1+1 {}\n", number + 1));
            if number == LINES / 3 {
                let _ = started.send(());
            }
        }
        writer.end();
    });
    has_started.recv().expect("a third is sent");
    // Nothing of 50,000 answers was read; another client does not notice.
    let mut quick = Client::connect(address);
    for stamp in 1..=200 {
        assert!(quick.ask(&format!("IAMAT quick +1+1 {stamp}")).starts_with("AT "));
    }
    for number in 0..LINES {
        let answer = reader.line();
        assert!(answer.ends_with(&format!(" {}\n", number + 1)), "line {number}: {answer}");
    }
    assert_eq!(reader.line(), "", "and then it closes");
    sender.join().expect("everything could be sent");
}

#[test]
fn who_asks_for_much_at_once_gets_it_all() {
    const QUESTIONS: usize = 3_000;
    let (server, _folder) = one_server(&["--log", "events"]);
    let mut client = Client::connect(server.address);
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
    client.send("WHATSAT kiwi 50 20\n".repeat(QUESTIONS));
    client.send("IAMAT kiwi +1+1 2\n");
    client.end();
    let rest = String::from_utf8_lossy(&client.rest()).into_owned();
    assert_eq!(rest.matches("AT Alford ").count(), QUESTIONS + 1);
    assert!(rest.ends_with(" kiwi +1+1 2\n"), "{}", server.log());
}

#[test]
fn a_reader_that_takes_nothing_is_hung_up_on() {
    let (server, _folder) = one_server(&["--log", "events", "--stuck-after", "1"]);
    let mut client = Client::connect(server.address);
    let line = format!("IAMAT {} +1+1 1\n", "x".repeat(4_000)).repeat(16);
    herd_tests::tcp::until("the server hangs up", || client.try_send(&line).err().map(|_| ()));
    server.logs("hung up on: it takes nothing");
    assert!(server.exchange("IAMAT kiwi +1+1 1\n").starts_with("AT "));
}

#[test]
fn a_megabyte_without_a_newline_gets_one_short_answer() {
    let (server, _folder) = one_server(&[]);
    let mut client = Client::connect(server.address);
    let sent = "x".repeat(1 << 20);
    // The server closes before it has heard everything.
    let _ = client.try_send(&sent);
    let answer = client.rest_or_cut();
    assert_eq!(answer, format!("? {}\n", &sent[..64]).as_bytes());
    assert!(server.exchange("IAMAT kiwi +1+1 1\n").starts_with("AT "));
}

#[test]
fn a_half_closed_client_gets_its_answers_in_order() {
    let (server, _folder) = one_server(&[]);
    let text =
        "IAMAT kiwi +34.06-118.44 1\nWHATSAT kiwi 1 1\nBOGUS\nWHATSAT nobody 1 1\nIAMAT x +1+1 2";
    let answer = server.exchange(text);
    let lines: Vec<&str> = answer.lines().collect();
    assert!(lines[0].starts_with("AT Alford +") && lines[0].ends_with(" kiwi +34.06-118.44 1"));
    assert_eq!(lines[1], lines[0]);
    assert!(answer.contains("\n\n? BOGUS\n? WHATSAT nobody 1 1\nAT Alford +"), "{answer}");
    assert!(answer.ends_with(" x +1+1 2\n"), "a last line without newline counts: {answer}");
}

#[test]
fn a_line_may_come_in_pieces() {
    let (server, _folder) = one_server(&[]);
    let mut client = Client::connect(server.address);
    for piece in ["IAM", "AT ki", "wi +1", "+1 1\r", "\nBOGUS\n"] {
        client.send(piece);
    }
    assert!(client.line().ends_with(" kiwi +1+1 1\n"));
    assert_eq!(client.line(), "? BOGUS\n");
}

#[test]
fn the_log_has_every_line_or_events_only() {
    let (full, _folder) = one_server(&[]);
    full.exchange("IAMAT kiwi +1+1 1\nBOGUS \x1b[2J\n");
    full.logs(" in        #0 IAMAT kiwi +1+1 1\n");
    full.logs(" out       #0 AT Alford +");
    full.logs(" in        #0 BOGUS \\x1b[2J\n");
    full.logs(" invalid   #0 commands are IAMAT, WHATSAT, WATCH, PUT and GET\n");

    let (events, _folder) = one_server(&["--log", "events"]);
    events.exchange("IAMAT kiwi +1+1 1\nBOGUS\n");
    events.logs(" invalid   #0 commands are IAMAT, WHATSAT, WATCH, PUT and GET\n");
    events.logs(" close     #0 closed\n");
    assert!(!events.log().contains("IAMAT kiwi"), "{}", events.log());
}
