//! Neighbours that come, move and go while servers run.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use herd_tests::tcp::{Server, free_address, until};
use herd_tests::up::Up;
use tempfile::TempDir;

use crate::HERD;

/// A herd file: servers, where they are, and their neighbours.
fn write(file: &Path, servers: &[(&str, SocketAddr, &[&str])]) {
    let tables = servers.iter().map(|(name, address, peers)| {
        format!("[[server]]\nname = \"{name}\"\nlisten = \"{address}\"\npeers = {peers:?}\n")
    });
    fs::write(file, tables.collect::<String>()).expect("a file");
}

#[test]
fn neighbours_change_without_a_restart() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("herd.toml");
    let path = file.display().to_string();
    let [a, b, c] = [free_address(), free_address(), free_address()];
    write(&file, &[("Alford", a, &["Ball"]), ("Ball", b, &[])]);
    let server =
        |name: &str, address| Server::new(HERD, name, address, folder.path(), &["--herd", &path]);
    let (mut alford, mut ball) = (server("Alford", a), server("Ball", b));
    alford.start();
    ball.start();
    alford.linked("Ball");

    // Campbell comes.
    write(&file, &[("Alford", a, &["Ball", "Campbell"]), ("Ball", b, &[]), ("Campbell", c, &[])]);
    let mut campbell = server("Campbell", c);
    campbell.start();
    alford.process().signal("HUP");
    alford.logs(" config    new neighbours: Campbell");
    alford.linked("Campbell");
    let told = ball.exchange("IAMAT kiwi +1+1 1\n");
    assert_eq!(format!("{}\n", campbell.knows("kiwi")), told);

    // What cannot be read changes nothing.
    fs::write(&file, "cluster = 7\n").expect("a file");
    alford.process().signal("HUP");
    // What cannot be while it runs changes nothing either, and is said.
    let renamed = "cluster = \"flock\"\n[[server]]\nname = \"Alford\"\nlisten = \"127.0.0.1:1\"\n";
    fs::write(&file, renamed).expect("a file");
    alford.process().signal("HUP");
    alford.logs("a server keeps its name, its herd, its preset and its incarnation");
    assert!(alford.is_linked("Ball") && alford.is_linked("Campbell"));

    // Ball goes, Campbell moves.
    let elsewhere = free_address();
    write(&file, &[("Alford", a, &["Campbell"]), ("Campbell", elsewhere, &[])]);
    alford.process().signal("HUP");
    alford.logs("no neighbours any more: Ball; 1 at another address");
    alford.logs("neighbour Ball down: its configuration changed");
    campbell.kill();
    let mut campbell = Server::new(HERD, "Campbell", elsewhere, folder.path(), &["--herd", &path]);
    campbell.start();
    campbell.linked("Alford");
    until("Alford has linked it again", || alford.is_linked("Campbell").then_some(()));
    assert!(!alford.is_linked("Ball"));
    // Ball was not told, and goes on dialing; it is a stranger now.
    alford.logs("greeting: not from a neighbour");
}

#[test]
fn keys_are_new_without_a_restart() {
    let (keys, folder) = crate::keys::keys(&["Alford", "Ball"]);
    let (new, _new) = crate::keys::keys(&["Alford", "Ball"]);
    let file = folder.path().join("herd.toml");
    let path = file.display().to_string();
    let [a, b] = [free_address(), free_address()];
    write(&file, &[("Alford", a, &["Ball"]), ("Ball", b, &[])]);
    let servers = fs::read_to_string(&file).expect("a file");
    fs::write(&file, format!("[links]\nkeys = \"keys\"\n{servers}")).expect("a file");
    let server =
        |name: &str, address| Server::new(HERD, name, address, folder.path(), &["--herd", &path]);
    let (mut alford, mut ball) = (server("Alford", a), server("Ball", b));
    alford.start();
    ball.start();
    alford.linked("Ball");
    // What cannot be is refused, and said where one looks.
    let good = fs::read_to_string(&file).expect("a file");
    fs::write(&file, format!("[links]\nkeyz = \"keys\"\n{servers}")).expect("a file");
    alford.process().signal("HUP");
    alford.logs("herd.toml is no herd file that can be used");
    fs::write(&file, good).expect("a file");
    // Another authority's keys take the place of these, for both.
    for name in ["ca.pem", "Alford.pem", "Alford.key", "Ball.pem", "Ball.key"] {
        fs::copy(new.join(name), keys.join(name)).expect("it can be copied");
    }
    alford.process().signal("HUP");
    alford.logs(" config    the same neighbours");
    ball.kill();
    alford.logs("neighbour Ball down");
    ball.start();
    ball.linked("Alford");
}

#[test]
fn keys_and_tokens_are_new_without_a_herd_file() {
    let (keys, folder) = crate::keys::keys(&["Alford"]);
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "the-token-of-before\n").expect("a file");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let (keys, file) = (keys.display().to_string(), tokens.display().to_string());
    let more = ["--keys", &keys, "--quic", "--client-tokens", &file];
    let mut alford = Server::new(HERD, "Alford", free_address(), folder.path(), &more);
    alford.start();
    fs::write(&tokens, "the-token-of-today\n").expect("a file");
    alford.process().signal("HUP");
    alford.logs(" config    the same neighbours");
    let asked = |token: &str| alford.exchange(format!("TOKEN {token}\nIAMAT kiwi +1+1 1\n"));
    assert!(asked("the-token-of-today").contains("AT Alford"));
    assert!(!asked("the-token-of-before").contains("AT Alford"));
}

#[test]
fn what_has_nothing_to_read_again_goes_on() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    up.process.signal("HUP");
    for name in ["s0", "s1"] {
        until(&format!("{name} says that there is nothing to be read"), || {
            up.log(name).contains("a reload: there is no herd file").then_some(())
        });
    }
    assert!(up.say("s0", "IAMAT kiwi +1-1 5\n").starts_with("AT s0"));
}

#[test]
fn a_refused_reload_stands_in_the_log_of_every_server_that_runs() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("herd.toml");
    let places = ["Alford", "Ball", "Campbell"].map(|name| (name, free_address()));
    write(&file, &places.map(|(name, address)| (name, address, &[][..])));
    let up = Up::start(HERD, &["--topology", &file.display().to_string()]);
    fs::write(&file, "cluster = 7\n").expect("a file");
    let refusals = |name: &str| up.log(name).matches("a reload: ").count();
    for killed in [None, Some("Alford")] {
        if let Some(name) = killed {
            assert_eq!(up.act(Some(&up.admin), &format!("{name}/kill")).status, 200);
        }
        let before = refusals("Alford");
        let wanted = if killed.is_some() { 2 } else { 1 };
        up.process.signal("HUP");
        for name in up.names().filter(|name| Some(*name) != killed) {
            until(&format!("{name} tells of it"), || (refusals(name) == wanted).then_some(()));
        }
        assert!(killed.is_none() || refusals("Alford") == before, "it is down");
    }
}
