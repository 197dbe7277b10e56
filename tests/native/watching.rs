//! `WATCH` with many, and with slow ones; the commands that watch; logs for machines.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use herd_core::limits::WATCH_WINDOW;
use herd_tests::tcp::{Client, Process, free_address, run, until};
use herd_tests::tcp_herd::make_keys;
use serde_json::Value;
use tempfile::TempDir;

use crate::{HERD, one_server};

/// Connections that watch all.
fn watchers(at: SocketAddr, count: usize) -> Vec<Client> {
    let watch = |_| {
        let mut client = Client::connect(at);
        client.send("WATCH\n");
        client
    };
    let mut all: Vec<Client> = (0..count).map(watch).collect();
    for client in &mut all {
        assert_eq!(client.line(), "WATCHING all\n");
    }
    all
}

#[test]
fn a_thousand_watchers_are_told_and_cost_little() {
    let (mut server, _folder) = one_server(&["--log", "events"]);
    let before = server.process().resident();
    let mut all = watchers(server.address, 1000);
    let mut teller = Client::connect(server.address);
    for stamp in 1..=10 {
        let at = teller.ask(&format!("IAMAT kiwi +1-1 {stamp}"));
        for client in &mut all {
            assert_eq!(client.line(), at);
        }
    }
    let each = (server.process().resident().saturating_sub(before)) / 1000;
    assert!(each < 32 << 10, "{each} bytes for each");
}

#[test]
fn stuck_watchers_cost_their_windows_and_hear_the_newest() {
    let (mut server, _folder) = one_server(&["--log", "events", "--stuck-after", "600"]);
    let mut stuck = watchers(server.address, 100);
    let mut teller = Client::connect(server.address);
    let before = server.process().resident();
    // Far more than the system takes for them: 40 MB of updates of a hundred clients, each.
    let name = "k".repeat(1000);
    for round in 1..=400 {
        let lines: String = (0..100).map(|n| format!("IAMAT {name}{n} +1-1 {round}\n")).collect();
        teller.send(lines);
        for _ in 0..100 {
            assert!(teller.line().starts_with("AT "));
        }
    }
    let grown = server.process().resident().saturating_sub(before);
    let windows = 100 * (WATCH_WINDOW as u64);
    assert!(grown < 3 * windows + (16 << 20), "{grown} bytes more, for windows of {windows}");
    // They wake up: the newest of each is told at last, and far from all of it.
    for client in &mut stuck[..3] {
        let (mut heard, mut newest) = (0, 0);
        while newest < 100 {
            let line = client.line();
            assert!(!line.is_empty(), "the server closed");
            heard += 1;
            newest += usize::from(line.ends_with(" 400\n"));
        }
        assert!(heard < 40_000, "{heard} of 40,000");
    }
}

#[test]
fn the_command_prints_updates_as_they_come() {
    let (server, _folder) = one_server(&[]);
    let at = server.address.to_string();
    let told = server.exchange("IAMAT kiwi +34.0-118.5 1520023934\n");
    let arguments = ["watch", &at, "kiwi", "fig"];
    let mut watch = Process::start(HERD, &arguments);
    assert_eq!(watch.line(|line| Some(line.to_owned())), told.trim_end());
    server.exchange("IAMAT plum +1-1 1\nIAMAT fig +1-1 1520023935\n");
    assert!(watch.line(|line| Some(line.to_owned())).contains(" fig +1-1 1520023935"));
    watch.signal("INT");
    assert_eq!(watch.ended(), Some(0), "Ctrl-C is how one ends it");

    let printed = run(HERD, &["watch", &at, "--count", "1", "--json", "kiwi"]);
    let record: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    assert_eq!((&record["client"], &record["longitude"]), (&"kiwi".into(), &(-118.5).into()));
    assert_eq!(run(HERD, &["watch", &at, "two words"]).status.code(), Some(2));
    let nobody = run(HERD, &["watch", &free_address().to_string()]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("is it running?"));
}

#[test]
fn the_command_watches_over_tls_and_quic_and_shows_a_token() {
    let folder = TempDir::new().expect("a temporary folder");
    let keys = folder.path().join("keys");
    make_keys(&keys, ["Alford"]);
    let token = folder.path().join("token");
    fs::write(&token, "wombat-0123456789\n").expect("a file");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("our file");
    let [ca, keys, token] =
        [&keys.join("ca.pem"), &keys, &token].map(|path| path.display().to_string());
    let (server, _folder) =
        one_server(&["--keys", &keys, "--quic", "--tls-only", "--client-tokens", &token]);
    let at = server.address.to_string();
    let quic = format!("quic://{at}");
    let shown = ["--tls-ca", &ca, "--token-file", &token];
    let put = run(HERD, &[&["say"], &shown[..], &[&at, "IAMAT kiwi +1-1 5"]].concat());
    let told = String::from_utf8_lossy(&put.stdout).into_owned();
    assert!(told.starts_with("AT "), "{told}");
    for server in [&at, &quic] {
        let first = [&["watch"], &shown[..], &["--count", "1", server, "kiwi"]].concat();
        let printed = run(HERD, &first);
        assert_eq!(String::from_utf8_lossy(&printed.stdout), told, "{server}");
        assert_eq!(printed.status.code(), Some(0));
        let without = run(HERD, &["watch", "--tls-ca", &ca, server, "kiwi"]);
        assert_eq!(without.stdout, b"? a token is wanted first: TOKEN <token>\n", "{server}");
        assert_eq!(without.status.code(), Some(1));
    }
    let unsaid = run(HERD, &["watch", &quic]);
    assert_eq!(unsaid.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unsaid.stderr).contains("--tls-ca FILE"));
}

#[test]
fn a_watcher_is_told_when_its_server_goes() {
    let (mut server, _folder) = one_server(&[]);
    let mut watch = Process::start(HERD, &["watch", &server.address.to_string()]);
    server.logs("WATCHING all");
    server.process().terminate();
    assert_eq!(server.process().ended(), Some(0));
    assert_eq!(watch.ended(), Some(1));
}

#[test]
fn logs_for_machines_say_the_same() {
    let (server, _folder) = one_server(&["--log-format", "json"]);
    let mut client = Client::connect(server.address);
    client.send(b"FOO \"\\\xff\n");
    assert!(!client.line().is_empty());
    let log = until("the line is there", || {
        let log = server.log();
        log.contains("\"kind\":\"invalid\"").then_some(log)
    });
    let objects: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let of = |kind: &str| objects.iter().find(|object| object["kind"] == kind).expect(kind);
    assert!(of("start")["text"].as_str().is_some_and(|text| text.contains("listens on")));
    assert_eq!(of("in")["line"], "FOO \"\\\\xff");
    assert_eq!(of("in")["conn"], of("out")["conn"]);
    assert!(of("invalid")["text"].as_str().is_some_and(|text| text.contains("commands are")));
    assert!(objects.iter().all(|object| object["time"].as_str().is_some_and(|t| t.ends_with('Z'))));
}

#[test]
fn top_prints_a_table_and_says_who_is_silent() {
    let http = free_address().to_string();
    let (server, _folder) = one_server(&["--http", &http]);
    server.exchange("IAMAT kiwi +1-1 5\nIAMAT kiwi +1-1 4\n");
    let silent = free_address().to_string();
    let printed = run(HERD, &["top", "--once", &http, &silent]);
    assert_eq!(printed.status.code(), Some(1), "one of them does not answer");
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    let row = text.lines().nth(1).expect("a row").split_whitespace().collect::<Vec<_>>();
    assert_eq!(
        (row[0], row[1], row[2], row[5], row[6]),
        ("Alford", "1", "0/0", "1", "1"),
        "{text}"
    );
    assert!(text.contains(&format!("{silent} does not answer")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let nobody = run(HERD, &["top", "--once", &silent]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("--http HOST:PORT"));
}
