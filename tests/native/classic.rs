//! A prototype as a neighbour: plain `AT` lines, each on a connection of its own, no greeting.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use herd_tests::tcp::{Client, PATIENCE, Server, free_address};
use tempfile::TempDir;

use crate::HERD;

/// The listening half of a prototype: every connection says one line and is closed.
fn prototype() -> (String, mpsc::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address").to_string();
    let (tell, heard) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lines: Vec<String> = BufReader::new(stream).lines().map_while(Result::ok).collect();
            // The test may have heard enough.
            let _ = tell.send(lines);
        }
    });
    (address, heard)
}

/// Servers Alford and Ball, neighbours, and a prototype that is Alford's neighbour.
fn herd(address: &str) -> (Server, Server, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let (at, bt) = (free_address(), free_address());
    let (to_a, to_b) = (format!("Alford={at}"), format!("Ball={bt}"));
    let proto = format!("Proto={address},classic");
    let more = ["--peer", &to_b, "--peer", &proto];
    let mut alford = Server::new(HERD, "Alford", at, folder.path(), &more);
    let mut ball = Server::new(HERD, "Ball", bt, folder.path(), &["--peer", &to_a]);
    alford.start();
    ball.start();
    alford.linked("Ball");
    (alford, ball, folder)
}

#[test]
fn a_prototype_hears_each_update_on_a_connection_of_its_own() {
    let (address, heard) = prototype();
    let (alford, ball, _folder) = herd(&address);
    let mut told = Vec::new();
    for (server, client) in [(&alford, "one"), (&ball, "two"), (&alford, "three")] {
        let answer =
            server.exchange(format!("IAMAT {client} +34.068930-118.445127 1520023934.918963997\n"));
        told.push(answer.trim_end().to_owned());
        let lines = heard.recv_timeout(PATIENCE).expect("the prototype is told");
        assert_eq!(lines, told[told.len() - 1..], "one line, and no greeting");
    }
}

#[test]
fn a_prototype_is_believed_and_told_nothing() {
    let (address, heard) = prototype();
    let (alford, ball, _folder) = herd(&address);
    let line = "AT Proto +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997";
    let mut client = Client::connect(alford.address);
    client.send(format!("{line}\r\n"));
    client.end();
    assert_eq!(client.rest(), b"", "a prototype waits for no answer");
    assert_eq!(alford.knows("kiwi"), line);
    assert_eq!(ball.knows("kiwi"), line);

    // What it told is not told back; what comes next is.
    let next = alford.exchange("IAMAT next +1+1 1\n");
    let lines = heard.recv_timeout(PATIENCE).expect("the prototype is told");
    assert_eq!(lines, [next.trim_end()]);
}

#[test]
fn a_prototype_that_is_away_stops_nobody() {
    let nobody = free_address().to_string();
    let (alford, ball, _folder) = herd(&nobody);
    let told = alford.exchange("IAMAT kiwi +1+1 1\n");
    assert_eq!(ball.knows("kiwi"), told.trim_end());
    alford.logs("Proto cannot be reached");
}
