//! QUIC: what clients and links over it may do, and what they may not.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;

use herd_tests::quic::{QuicClient, first_words};
use herd_tests::tcp::{Client, Server, free_address, run, until};
use herd_tests::tcp_herd::make_keys;
use herd_tests::up::Up;
use tempfile::TempDir;

use crate::{HERD, one_server, servers_with};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// A folder with keys for these servers.
fn keys(names: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    make_keys(&folder.path().join("keys"), names.iter().copied());
    folder
}

/// A server that is spoken to over QUIC, started with these arguments.
fn quic_server(keys: &TempDir, more: &[&str]) -> (Server, TempDir) {
    let keys = keys.path().join("keys");
    one_server(&[&["--keys", text(&keys), "--quic"], more].concat())
}

#[track_caller]
fn connect(server: &Server, keys: &TempDir) -> QuicClient {
    QuicClient::connect(server.address, &keys.path().join("keys")).expect("it lets us in")
}

#[test]
fn a_link_over_quic_heals_and_lets_no_stranger_in() {
    let keys = keys(&["Alford", "Ball"]);
    let folder = keys.path().join("keys");
    let over = ["--keys", text(&folder), "--quic-links"];
    let lists: [(&str, &[&str]); 2] = [("Alford", &["Ball"]), ("Ball", &["Alford"])];
    let (mut herd, _folder) = servers_with(&lists, &over);
    herd.iter_mut().for_each(Server::start);
    herd[0].linked("Ball");
    herd[0].logs(" over QUIC");
    let told = herd[0].exchange("IAMAT kiwi +1+1 1\n");
    assert_eq!(format!("{}\n", herd[1].knows("kiwi")), told);
    // A server that ends says so, and one that is back is found.
    herd[1].process().terminate();
    herd[0].logs("neighbour Ball down: connection lost");
    let told = herd[0].exchange("IAMAT plum +1+1 1\n");
    herd[1].start();
    assert_eq!(format!("{}\n", herd[1].knows("plum")), told);

    let mut stranger = connect(&herd[0], &keys);
    let answer = stranger.ask("HERD 1 herd Ball 1");
    assert_eq!(answer, "? servers show who they are before they greet\n");
    // With another authority's keys, Ball is nobody.
    let others = self::keys(&["Ball"]);
    herd[1].kill();
    herd[0].logs("neighbour Ball down");
    herd[1].set("--keys", text(&others.path().join("keys")));
    herd[1].start();
    herd[1].logs("neighbour Alford cannot be reached");
    assert!(!herd[1].is_linked("Alford"), "{}", herd[1].log());
    let ca = folder.join("ca.pem");
    let to_ball = format!("quic://{}", herd[1].address);
    let said = run(HERD, &["say", "--tls-ca", text(&ca), &to_ball, "IAMAT a +1+1 1"]);
    assert_eq!(said.status.code(), Some(2), "to who knows the herd, it is nobody either");
}

#[test]
fn an_address_is_proven_before_it_costs_anything() {
    let keys = keys(&["Alford"]);
    let (server, _folder) = quic_server(&keys, &["--connections-max", "1"]);
    let first = first_words(&keys.path().join("keys"));
    // Said again from many addresses, each of which could be somebody else's.
    for _ in 0..20 {
        let spoofed = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        spoofed.set_read_timeout(Some(herd_tests::tcp::PATIENCE)).expect("a time");
        spoofed.send_to(&first, server.address).expect("it is sent");
        let mut answer = vec![0; 2_048];
        let (size, _) = spoofed.recv_from(&mut answer).expect("it is asked to prove its address");
        assert!(size * 3 < first.len(), "{size} bytes for {}", first.len());
        // A Retry packet: a long header of type 3 (RFC 9000, section 17.2.5).
        assert_eq!(answer[0] & 0xf0, 0xf0, "{:x}", answer[0]);
        spoofed.set_nonblocking(true).expect("a mode");
        assert!(spoofed.recv_from(&mut answer).is_err(), "and nothing else");
    }
    // None of them takes the one place there is.
    assert!(connect(&server, &keys).ask("IAMAT kiwi +1+1 1").starts_with("AT Alford "));
    assert!(!server.log().contains(" refused "), "{}", server.log());
}

#[test]
fn a_connection_has_one_stream_and_no_datagrams() {
    let keys = keys(&["Alford"]);
    let (server, _folder) = quic_server(&keys, &[]);
    let mut client = connect(&server, &keys);
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
    assert_eq!(client.connection.max_datagram_size(), None, "datagrams are off");
    let connection = client.connection.clone();
    // Neither is opened while the first is answered again and again.
    let mut more = Box::pin(async move {
        tokio::select! {
            _ = connection.open_bi() => "a second stream",
            _ = connection.open_uni() => "a stream of one way",
        }
    });
    for stamp in 2..10 {
        let opened = client.wait(async {
            tokio::select! {
                biased;
                opened = &mut more => Some(opened),
                () = std::future::ready(()) => None,
            }
        });
        assert_eq!(opened, None);
        assert!(client.ask(&format!("IAMAT kiwi +1+1 {stamp}")).starts_with("AT "));
    }
}

#[test]
fn limits_hold_over_quic() {
    let keys = keys(&["Alford"]);
    let limits = ["--limit-loopback", "--connections-per-address", "2", "--idle-after", "2"];
    let (server, _folder) = quic_server(&keys, &limits);
    let mut silent = connect(&server, &keys);
    let mut spoke = connect(&server, &keys);
    assert!(spoke.ask("IAMAT a +1+1 1").starts_with("AT "));
    let third = QuicClient::connect(server.address, &keys.path().join("keys"));
    assert!(third.is_err(), "it is refused");
    server.logs("its address has or makes too many");
    // Who opens no stream is closed, and who says nothing more is told so.
    let closed = silent.connection.clone();
    silent.wait(closed.closed());
    server.logs("it did not show who it is in time");
    assert_eq!(spoke.line(), "? nothing was said for too long\n");
    assert_eq!(spoke.line(), "", "and it closes");
    until("there is room again", || {
        silent = QuicClient::connect(server.address, &keys.path().join("keys")).ok()?;
        Some(())
    });

    // Connections count as lines.
    let (server, _folder) = quic_server(&keys, &["--limit-loopback", "--lines-per-second", "1"]);
    let _first = connect(&server, &keys);
    until("a second one is too much", || {
        QuicClient::connect(server.address, &keys.path().join("keys")).is_err().then_some(())
    });
    // There is one place in all.
    let (server, _folder) = quic_server(&keys, &["--connections-max", "1"]);
    let mut first = connect(&server, &keys);
    assert!(first.ask("IAMAT a +1+1 1").starts_with("AT "));
    assert!(QuicClient::connect(server.address, &keys.path().join("keys")).is_err());
    assert_eq!(Client::connect(server.address).line(), "? this server has too many connections\n");
}

#[test]
fn a_client_that_moves_keeps_its_connection() {
    let keys = keys(&["Alford"]);
    let (server, _folder) = quic_server(&keys, &[]);
    let mut client = connect(&server, &keys);
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT "));
    client.moves();
    assert!(client.ask("IAMAT kiwi +1+1 2").ends_with(" kiwi +1+1 2\n"));
    assert_eq!(server.log().matches(" open ").count(), 1, "{}", server.log());
}

#[test]
fn a_reader_that_takes_nothing_is_hung_up_on_over_quic() {
    let keys = keys(&["Alford"]);
    let (server, _folder) = quic_server(&keys, &["--log", "events", "--stuck-after", "1"]);
    let mut stuck = connect(&server, &keys);
    // Each answer is some 20 kB; windows and queues hold a few.
    stuck.send("IAMAT kiwi +1+1 1\n");
    stuck.send("WHATSAT kiwi 50 20\n".repeat(60));
    let mut quick = connect(&server, &keys);
    for stamp in 1..=20 {
        assert!(quick.ask(&format!("IAMAT quick +1+1 {stamp}")).starts_with("AT "));
    }
    server.logs("hung up on: it takes nothing");
}

#[test]
fn quic_is_turned_on_and_keys_are_new_without_a_restart() {
    let keys = keys(&["Alford", "Ball"]);
    let file = keys.path().join("two.toml");
    let [a, b] = [free_address(), free_address()];
    let write = |over: &str| {
        let text = format!(
            "[links]\nkeys = \"keys\"\n{over}[[server]]\nname = \"Alford\"\nlisten = \"{a}\"\n\
             peers = [\"Ball\"]\n[[server]]\nname = \"Ball\"\nlisten = \"{b}\"\n"
        );
        fs::write(&file, text).expect("a file");
    };
    write("");
    let logs = keys.path().join("logs");
    let mut herd: Vec<Server> = [("Alford", a), ("Ball", b)]
        .map(|(name, at)| Server::new(HERD, name, at, &logs, &["--herd", text(&file)]))
        .into();
    herd.iter_mut().for_each(Server::start);
    herd[0].linked("Ball");
    assert!(!herd[0].log().contains("QUIC"), "{}", herd[0].log());
    write("quic = true\n");
    for server in &mut herd {
        server.process().signal("HUP");
        server.logs(" config ");
    }
    assert!(connect(&herd[0], &keys).ask("IAMAT kiwi +1+1 1").starts_with("AT Alford "));
    // Links that are open stay; those that follow are over QUIC, but for what was on its way before.
    let is_over_quic = |ball: &mut Server| {
        ball.kill();
        ball.start();
        ball.linked("Alford");
        let log = ball.log();
        let (_, life) = log.rsplit_once(" start ").expect("its last life");
        let (_, up) = life.split_once("neighbour Alford up on #").expect("it is linked");
        let opened = format!(" open      #{} ", up.split_once(',').expect("a number").0);
        life.lines().any(|line| line.contains(&opened) && line.ends_with(" over QUIC"))
    };
    assert!((0..5).any(|_| is_over_quic(&mut herd[1])), "{}", herd[1].log());

    // Another authority: who knows the old one only is not believed any more, on either side.
    let new = self::keys(&["Alford", "Ball"]);
    for name in ["ca.pem", "Alford.pem", "Alford.key"] {
        let (from, to) = (new.path().join("keys").join(name), keys.path().join("keys").join(name));
        fs::copy(from, to).expect("it can be copied");
    }
    herd[0].process().signal("HUP");
    until("it has new keys", || QuicClient::connect(a, &new.path().join("keys")).ok().map(|_| ()));
}

#[test]
fn a_server_killed_by_hand_is_back_at_its_port_over_quic() {
    let keys = keys(&["Alford", "Ball"]);
    let file = keys.path().join("two.toml");
    let [a, b] = [free_address(), free_address()];
    let text_of = format!(
        "[links]\nkeys = \"keys\"\nquic = true\n[[server]]\nname = \"Alford\"\nlisten = \"{a}\"\n\
         peers = [\"Ball\"]\n[[server]]\nname = \"Ball\"\nlisten = \"{b}\"\n"
    );
    fs::write(&file, text_of).expect("a file");
    let up = Up::start(HERD, &["--topology", text(&file)]);
    let token = Some(up.admin.as_str());
    up.say("Alford", "IAMAT kiwi +1-1 5\n");
    up.knows("Ball", "kiwi");
    assert_eq!(up.act(token, "Ball/kill").status, 200);
    until("it is seen to have gone", || {
        up.log("Alford").contains("neighbour Ball down").then_some(())
    });
    assert_eq!(up.act(token, "Ball/start").status, 200);
    up.knows("Ball", "kiwi");
    let mut client = QuicClient::connect(b, &keys.path().join("keys")).expect("it is back");
    assert!(client.ask("IAMAT kiwi +1-1 0").starts_with("AT Alford "));
}

#[test]
fn quic_without_certificates_is_refused() {
    let refused = |arguments: &[&str], why: &str| {
        let ran = run(HERD, arguments);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains(why), "{arguments:?}: {said}");
    };
    let listen = ["server", "A", "--listen", "127.0.0.1:0"];
    for option in ["--quic", "--quic-links"] {
        refused(&[&listen[..], &[option]].concat(), "QUIC cannot be spoken without certificates");
    }
    refused(&["say", "quic://127.0.0.1:1", "x"], "--tls-ca FILE");
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("one.toml");
    let table = "quic = true\n[[server]]\nname = \"A\"\nlisten = \"127.0.0.1:1\"\n";
    for place in ["[links]", "[clients]"] {
        fs::write(&file, format!("{place}\n{table}")).expect("a file");
        refused(&["check", text(&file)], "where the servers have `keys`");
    }
}
