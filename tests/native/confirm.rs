//! Answers that wait until neighbours have what they say.

use herd_tests::http::request;
use herd_tests::tcp::{Client, Process, free_address, run, until};
use tempfile::TempDir;

use crate::{HERD, servers_with};

const PAIR: [(&str, &[&str]); 2] = [("Alford", &["Ball"]), ("Ball", &["Alford"])];

/// Says an update until it is answered: who is not answered is hung up on, and says it again.
fn answered(address: std::net::SocketAddr, line: &str) -> String {
    until("it is answered", || {
        let mut client = Client::connect(address);
        client.send(format!("{line}\n"));
        client.end();
        let answer = String::from_utf8(client.rest_or_cut()).expect("text");
        (!answer.is_empty()).then_some(answer)
    })
}

#[test]
fn what_is_answered_is_with_a_neighbour_and_counted_when_it_is_answered() {
    let data = TempDir::new().expect("a temporary folder");
    let folder = data.path().to_str().expect("a path of letters");
    // The disk is waited for as well.
    let (mut herd, _folder) = servers_with(&PAIR, &["--ack-after", "1", "--data", folder]);
    let http = free_address();
    herd[0].more(&["--http", &http.to_string()]);
    herd[0].start();
    let count = |name: &str| {
        let text = String::from_utf8(request(http, "GET", "/metrics").body).expect("text");
        let line = text.lines().find(|line| line.starts_with(name)).expect("a metric").to_owned();
        line.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number")
    };
    let accepted = "herd_updates_total{server=\"Alford\",result=\"accepted\"}";
    let answers = "herd_answer_duration_seconds_count{server=\"Alford\"}";
    // Alone, it takes the update and answers nothing.
    let mut client = Client::connect(herd[0].address);
    client.send("IAMAT kiwi +34.068930-118.445127 5\n");
    assert_eq!(client.rest_or_cut(), b"");
    herd[0].logs("too few neighbours had its update in time");
    assert_eq!((count(accepted), count(answers)), (1, 0));
    // With a neighbour it answers, and then that has it whatever happens to who answered.
    herd[1].start();
    herd[0].linked("Ball");
    let answer = answered(herd[0].address, "IAMAT plum +1-1 6");
    assert!(answer.starts_with("AT Alford "), "{answer}");
    assert!(count(answers) >= 1);
    herd[0].kill();
    let held = herd[1].exchange("WHATSAT plum 1 1\n");
    assert!(held.starts_with(answer.trim_end()), "{held}");
    assert_eq!(herd[1].knows("kiwi").split(' ').nth(3), Some("kiwi"));
}

#[test]
fn whoever_has_too_few_neighbours_does_not_start() {
    for arguments in [
        &["--topology", "line:3", "--no-page", "--ack-after", "2"][..],
        &["server", "Alford", "--listen", "127.0.0.1:0", "--ack-after", "1"],
    ] {
        let output = run(HERD, arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("--ack-after") && text.contains("never be answered"), "{text}");
    }
}

#[test]
fn a_whole_herd_waits_for_neighbours() {
    let port = free_address().port();
    let base = port.min(60_000).to_string();
    let arguments = ["--topology", "ring:3", "--no-page", "--log", "off", "--ack-after", "2"];
    let arguments = [&arguments[..], &["--base-port", &base]].concat();
    let herd = Process::start(HERD, &arguments);
    let address = herd.line(|line| {
        let found = line.split_whitespace().find(|word| word.starts_with("127.0.0.1:"));
        found.and_then(|address| address.parse().ok())
    });
    assert!(answered(address, "IAMAT kiwi +1-1 5").starts_with("AT s0 "));
}
