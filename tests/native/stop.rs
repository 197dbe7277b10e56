//! Ending: by signal, with answers in flight.

use herd_tests::tcp::{Client, until};
use herd_tests::tcp_places::{Manner, Stub};

use crate::one_server;

#[test]
fn a_signal_ends_an_idle_server() {
    for signal in ["TERM", "INT"] {
        let (mut server, _folder) = one_server(&[]);
        let idle = Client::connect(server.address);
        server.process().signal(signal);
        assert_eq!(server.process().ended(), Some(0), "SIG{signal}");
        server.logs("stopped;");
        drop(idle);
    }
}

#[test]
fn answers_in_flight_are_finished() {
    let stub = Stub::start(Manner::Held("{\"results\":[],\"status\":\"ZERO_RESULTS\"}".into()));
    let url = stub.url();
    let (mut server, _folder) = one_server(&["--places", "google-legacy", "--places-url", &url]);
    let mut client = Client::connect(server.address);
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
    // Said together: the second is heard, and waits for the first.
    client.send("WHATSAT kiwi 1 1\nIAMAT kiwi +1+1 2\nIAMAT ki");
    until("the service is asked", || (!stub.requests().is_empty()).then_some(()));
    server.process().terminate();
    server.logs("told to stop");
    until("nobody listens any more", || Client::try_connect(server.address).err());
    stub.release();
    let answer = String::from_utf8_lossy(&client.rest_or_cut()).into_owned();
    assert!(answer.contains("ZERO_RESULTS"), "{answer}");
    assert!(answer.ends_with(" kiwi +1+1 2\n"), "what was said before is answered: {answer}");
    assert_eq!(server.process().ended(), Some(0));
}

#[test]
fn what_is_said_too_late_takes_no_answer_away() {
    let stub = Stub::start(Manner::Held("{\"results\":[],\"status\":\"ZERO_RESULTS\"}".into()));
    let url = stub.url();
    let (mut server, _folder) = one_server(&["--places", "google", "--places-url", &url]);
    let mut client = Client::connect(server.address);
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
    client.send("WHATSAT kiwi 1 1\n");
    until("the service is asked", || (!stub.requests().is_empty()).then_some(()));
    server.process().terminate();
    server.logs("told to stop");
    // Unread bytes of a closed connection would make TCP throw away the answer before them.
    client.send("IAMAT late +1+1 1\n".repeat(1_000));
    stub.release();
    let answer = String::from_utf8_lossy(&client.rest_or_cut()).into_owned();
    assert!(answer.ends_with("ZERO_RESULTS\"}\n\n"), "{answer}");
    assert_eq!(server.process().ended(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let stub = Stub::start(Manner::Held(String::new()));
    let url = stub.url();
    let (mut server, _folder) = one_server(&["--places", "google", "--places-url", &url]);
    let mut client = Client::connect(server.address);
    client.send("IAMAT kiwi +1+1 1\nWHATSAT kiwi 1 1\n");
    until("the service is asked", || (!stub.requests().is_empty()).then_some(()));
    server.process().terminate();
    server.logs("told to stop");
    server.process().terminate();
    assert_eq!(server.process().ended(), Some(130));
}

#[test]
fn a_server_can_be_started_again_at_once() {
    let (mut server, _folder) = one_server(&[]);
    for _ in 0..3 {
        // The server closes first, so that its side of the connection lingers in the system.
        let mut client = Client::connect(server.address);
        assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
        server.process().terminate();
        assert_eq!(client.rest_or_cut(), b"");
        assert_eq!(server.process().ended(), Some(0));
        server.start();
    }
}
