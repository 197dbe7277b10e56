//! Who is not let in, and what it is told; who speaks TLS where none is spoken.

use std::process::Output;

use herd_tests::tcp::{Client, Server, free_address, run};

use crate::keys::keys;
use crate::{HERD, one_server, servers_with};

#[track_caller]
fn check(arguments: &[&str], status: i32, expected: &str) {
    let Output { status: ended, stdout, stderr } = run(HERD, arguments);
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains(expected), "{arguments:?}: {said}");
    assert_eq!(ended.code(), Some(status), "{arguments:?}: {said}");
}

/// All commands that speak to a server show what it says to who is one too many.
#[track_caller]
fn shows(server: &Server, manner: &[&str], expected: &str) {
    let address = server.address.to_string();
    for words in [
        &["say", &address, "FOO"][..],
        &["iamat", &address, "kiwi", "+34-118"],
        &["whatsat", &address, "kiwi"],
        &["get", &address, "key"],
    ] {
        // Whether the server has hung up before or after the command speaks is up to the two.
        for _ in 0..5 {
            check(&[words, manner].concat(), 1, expected);
        }
    }
}

#[test]
fn who_is_turned_away_is_shown_why() {
    let (keys, _keys) = keys(&["Alford"]);
    let keys = keys.display().to_string();
    let authority = format!("{keys}/ca.pem");
    for (limit, expected) in [
        (
            &["--limit-loopback", "--connections-per-address", "1"][..],
            "? too many connections from one",
        ),
        (&["--connections-max", "1"], "? this server has too many connections"),
    ] {
        let (server, _folder) = one_server(&[limit, &["--keys", &keys]].concat());
        let mut inside = Client::connect(server.address);
        assert!(inside.ask("IAMAT a +1+1 1").starts_with("AT "));
        shows(&server, &[], expected);
        shows(&server, &["--tls-ca", &authority], expected);
        check(&["watch", &server.address.to_string()], 1, expected);
    }
    let (server, _folder) = one_server(&["--limit-loopback", "--lines-per-second", "1"]);
    let mut fast = Client::connect(server.address);
    fast.send("FOO\n".repeat(100));
    assert!(fast.rest_or_cut().starts_with(b"? "));
    // Lines, or connections, whichever it says first.
    shows(&server, &[], "? too many ");
}

#[test]
fn tls_where_none_is_spoken_is_called_that() {
    let (keys, _keys) = keys(&["Alford"]);
    let (keyless, _folder) = one_server(&[]);
    let address = keyless.address.to_string();
    let keys = keys.display().to_string();
    let tls = ["--tls-ca", &format!("{keys}/ca.pem")].map(str::to_owned);
    let tls = [tls[0].as_str(), tls[1].as_str()];
    let expected = "it does not speak TLS (was it started with --keys?)";
    check(&[&["say", &address, "FOO"], &tls[..]].concat(), 2, expected);
    check(&[&["watch", &address], &tls[..]].concat(), 2, expected);
    check(&[&["bench", "--updates", "9", "--to", &address], &tls[..]].concat(), 2, expected);
    // A neighbour says it in its log.
    let (mut herd, _folder) = servers_with(&[("Alford", &["Ball"]), ("Ball", &["Alford"])], &[]);
    herd[0].more(&["--keys", &keys]);
    herd.iter_mut().for_each(Server::start);
    herd[0].logs(expected);
}

#[test]
fn an_address_stands_once_in_what_is_said() {
    let nobody = free_address().to_string();
    let output = run(HERD, &["say", &nobody, "FOO"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches(nobody.as_str()).count(), 1, "{said}");
}
