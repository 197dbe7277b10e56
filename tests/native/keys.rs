//! Servers that show each other who they are, and clients over TLS and with tokens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use herd_tests::tcp::{self, Client, Server};
use tempfile::TempDir;

use crate::{HERD, servers};

/// Runs `herd` to its end: whether it went well, and all it printed.
fn herd(arguments: &[&str]) -> (bool, String) {
    let ran = tcp::run(HERD, arguments);
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[track_caller]
fn good(arguments: &[&str]) -> String {
    let (good, text) = herd(arguments);
    assert!(good, "{arguments:?}: {text}");
    text
}

#[track_caller]
fn refused(arguments: &[&str], why: &str) {
    let (good, text) = herd(arguments);
    assert!(!good && text.contains(why), "{arguments:?}: {text}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// A folder of keys for these servers.
#[track_caller]
pub(crate) fn keys(names: &[&str]) -> (PathBuf, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let keys = folder.path().join("keys");
    good(&["keys", "init", text(&keys)]);
    for name in names {
        good(&["keys", "add", name, "--dir", text(&keys)]);
    }
    (keys, folder)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// Two neighbours, started with these arguments each.
fn pair(alford: &[&str], ball: &[&str]) -> (Vec<Server>, TempDir) {
    let (mut herd, folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd[0].more(alford);
    herd[1].more(ball);
    herd.iter_mut().for_each(Server::start);
    (herd, folder)
}

#[test]
fn keys_are_made_shown_and_never_written_over() {
    let (keys, _folder) = keys(&["Alford", "Ööü-1"]);
    for name in ["ca.key", "Alford.key", "Ööü-1.key"] {
        assert_eq!(mode(&keys.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&keys), 0o700);
    let shown = good(&["keys", "show", text(&keys)]);
    for expected in ["(authority)", "Alford", "Ööü-1", "825 days", "3650 days"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let secret = fs::read_to_string(keys.join("Alford.key")).expect("a key");
    let secret = secret.lines().nth(1).expect("a line of it");
    assert!(!shown.contains(secret), "{shown}");
    refused(&["keys", "init", text(&keys)], "another authority goes into another folder");
    refused(&["keys", "add", "Alford", "--dir", text(&keys)], "is there already");
    let before = fs::read(keys.join("Alford.pem")).expect("a certificate");
    good(&["keys", "add", "Alford", "--dir", text(&keys), "--renew", "--days", "9"]);
    assert_ne!(fs::read(keys.join("Alford.pem")).expect("a certificate"), before);
    assert_eq!(mode(&keys.join("Alford.key")), 0o600);
    let shown = good(&["keys", "show", text(&keys)]);
    assert!(shown.contains("9 days!") && shown.lines().count() == 4, "{shown}");
    refused(&["keys", "revoke", "Zed", "--dir", text(&keys)], "says which certificates are there");
    refused(&["keys", "add", "ca", "--dir", text(&keys)], "ca.pem is the authority");
    refused(&["keys", "add", "A b", "--dir", text(&keys)], "no white space");
    refused(&["keys", "add", "Ball", "--dir", text(&keys.join("none"))], "herd keys init");
    let shared = keys.join("link.key");
    good(&["keys", "shared", text(&shared)]);
    assert_eq!(mode(&shared), 0o600);
    refused(&["keys", "shared", text(&shared)], "is there already");
}

#[test]
fn keys_that_cannot_be_used_are_refused_at_the_start() {
    let (keys, folder) = keys(&["Alford", "Ball"]);
    let logs = folder.path().join("logs");
    let start = |keys: &Path, why: &str| {
        let own = ["server", "Alford", "--listen", "127.0.0.1:0", "--log-dir", text(&logs)];
        refused(&[&own[..], &["--keys", text(keys)]].concat(), why);
    };
    set_mode(&keys.join("Alford.key"), 0o644);
    start(&keys, "chmod 600");
    set_mode(&keys.join("Alford.key"), 0o600);
    fs::rename(keys.join("Ball.pem"), keys.join("Alford.pem")).expect("it is ours");
    start(&keys, "is the certificate of `Ball`");
    // Another herd's authority has signed one for the same name.
    let (other, _other) = self::keys(&["Alford"]);
    fs::copy(other.join("Alford.pem"), keys.join("Alford.pem")).expect("it can be copied");
    start(&keys, "authority in ca.pem");
    fs::copy(keys.join("ca.key"), keys.join("Alford.pem")).expect("it can be copied");
    start(&keys, "a certificate");
    fs::remove_file(keys.join("Alford.pem")).expect("it is ours");
    start(&keys, "Alford.pem");
}

#[test]
fn servers_link_by_certificates_and_clients_speak_plain_or_tls() {
    let (keys, _keys) = keys(&["Alford", "Ball"]);
    let (herd, _folder) = pair(&["--keys", text(&keys)], &["--keys", text(&keys)]);
    herd[0].linked("Ball");
    herd[1].linked("Alford");
    let told = herd[0].exchange("IAMAT kiwi +1+1 1\n");
    assert!(told.starts_with("AT Alford "), "{told}");
    assert_eq!(format!("{}\n", herd[1].knows("kiwi")), told);
    let (ca, address) = (keys.join("ca.pem"), herd[1].address.to_string());
    let over_tls = good(&["say", "--tls-ca", text(&ca), &address, "IAMAT kiwi +1+1 0"]);
    assert_eq!(over_tls, told);
    // A long answer, and one that had to be waited for.
    let places = good(&["say", "--tls-ca", text(&ca), &address, "WHATSAT kiwi 50 20"]);
    assert!(places.starts_with(&told) && places.ends_with("}\n\n"), "{places}");
    // To a client whose authority is another, it is nobody.
    let (other, _other) = self::keys(&[]);
    refused(&["say", "--tls-ca", text(&other.join("ca.pem")), &address, "x"], "no answer");
}

#[test]
fn certificates_that_end_soon_are_told_of() {
    let (keys, folder) = keys(&[]);
    good(&["keys", "add", "Alford", "--dir", text(&keys), "--days", "7"]);
    assert!(good(&["keys", "show", text(&keys)]).contains("7 days!"));
    // It is said at the start, whatever comes of that.
    let (listen, logs) = (tcp::free_address().to_string(), folder.path().join("logs"));
    let taken = std::net::TcpListener::bind(&listen).expect("it is free");
    let own = ["server", "Alford", "--listen", &listen, "--log-dir", text(&logs)];
    refused(&[&own[..], &["--keys", text(&keys)]].concat(), "lasts 7 days more");
    drop(taken);
}

#[test]
fn where_tls_is_wanted_plain_lines_are_told_so() {
    let (keys, _keys) = keys(&["Alford"]);
    let (server, _folder) = crate::one_server(&["--keys", text(&keys), "--tls-only"]);
    let answer = server.exchange("IAMAT kiwi +1+1 1\n");
    assert_eq!(answer, "? this server is spoken to over TLS\n");
    let ca = keys.join("ca.pem");
    let address = server.address.to_string();
    let answer = good(&["say", "--tls-ca", text(&ca), &address, "IAMAT kiwi +1+1 1"]);
    assert!(answer.starts_with("AT Alford "), "{answer}");
}

#[test]
fn a_stranger_with_another_authority_does_not_get_in() {
    let (keys, _keys) = keys(&["Alford"]);
    let (other, _other) = self::keys(&["Ball"]);
    let (herd, _folder) = pair(&["--keys", text(&keys)], &["--keys", text(&other)]);
    herd[0].logs("neighbour Ball cannot be reached");
    herd[0].logs(" refused   connection from ");
    herd[1].logs("neighbour Alford cannot be reached");
    assert!(!herd[0].log().contains(" up on "), "{}", herd[0].log());
}

#[test]
fn a_server_is_the_one_its_certificate_names() {
    let (keys, _keys) = keys(&["Alford", "Ball", "Campbell"]);
    // Campbell has keys of the herd, and says to be Ball, under Ball's address.
    fs::copy(keys.join("Campbell.pem"), keys.join("Ball.pem")).expect("it can be copied");
    let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    herd[0].more(&["--keys", text(&keys)]);
    herd[0].start();
    let (campbell, _folder) = {
        let folder = TempDir::new().expect("a temporary folder");
        let peer = format!("Alford={}", herd[0].address);
        let more = ["--peer", &peer, "--keys", text(&keys)];
        let address = herd[1].address;
        let mut server = Server::new(HERD, "Campbell", address, folder.path(), &more);
        server.start();
        (server, folder)
    };
    // Dialed as Ball, it is seen to be Campbell; dialing as Campbell, it is no neighbour.
    herd[0].logs("neighbour Ball cannot be reached");
    herd[0].logs("greeting: not from a neighbour");
    assert!(!herd[0].log().contains(" up on "), "{}", herd[0].log());
    drop(campbell);
}

#[test]
fn a_server_whose_key_is_revoked_is_hung_up_on_and_let_in_no_more() {
    for over in [&[][..], &["--quic-links"]] {
        let (keys, folder) = keys(&["Alford", "Ball", "Campbell"]);
        let file = folder.path().join("two.toml");
        let [a, b] = [tcp::free_address(), tcp::free_address()];
        let table = format!(
            "[links]\nkeys = \"keys\"\n[[server]]\nname = \"Alford\"\nlisten = \"{a}\"\n\
             peers = [\"Ball\"]\n[[server]]\nname = \"Ball\"\nlisten = \"{b}\"\n"
        );
        fs::write(&file, table).expect("a file");
        // Ball has keys of its own, as on its own host: it does not know of the list.
        let balls = folder.path().join("balls");
        fs::create_dir(&balls).expect("a folder");
        for name in ["ca.pem", "Ball.pem", "Ball.key"] {
            fs::copy(keys.join(name), balls.join(name)).expect("it can be copied");
        }
        let start = |name: &str, address, keys: &Path| {
            let logs = folder.path().join(format!("logs-{name}"));
            let more = ["--herd", text(&file), "--keys", text(keys)];
            let mut server = Server::new(HERD, name, address, &logs, &[&more[..], over].concat());
            server.start();
            server
        };
        let mut alford = start("Alford", a, &keys);
        let ball = start("Ball", b, &balls);
        alford.linked("Ball");
        assert!(good(&["keys", "revoke", "Campbell", "--dir", text(&keys)]).contains("ca.crl"));
        alford.process().signal("HUP");
        alford.logs(" config ");
        assert!(alford.is_linked("Ball"), "another's key was revoked: {}", alford.log());
        good(&["keys", "revoke", "Ball", "--dir", text(&keys)]);
        let again = good(&["keys", "revoke", "Ball", "--dir", text(&keys)]);
        assert!(again.contains("was revoked before"), "{again}");
        let shown = good(&["keys", "show", text(&keys)]);
        assert_eq!(shown.matches("revoked!").count(), 2, "{shown}");
        alford.process().signal("HUP");
        alford.logs("its certificate is revoked");
        // Neither is it let in when it dials, nor believed when it is dialed.
        alford.logs(" refused   connection from ");
        alford.logs("neighbour Ball cannot be reached");
        assert!(!alford.is_linked("Ball"), "{}", alford.log());
        let (ca, to) = (keys.join("ca.pem"), b.to_string());
        refused(&["say", "--tls-ca", text(&ca), &to, "IAMAT kiwi +1+1 1"], "evoked");
        let own = ["server", "Ball", "--listen", "127.0.0.1:0", "--log-dir", text(&balls)];
        refused(&[&own[..], &["--keys", text(&keys)]].concat(), "it is revoked");
        drop(ball);
        // With another key it is one of the herd again.
        good(&["keys", "add", "Ball", "--dir", text(&keys), "--renew"]);
        let ball = start("Ball", b, &keys);
        ball.linked("Alford");
        // A list of somebody else's is said to be none of ours.
        let (others, _others) = self::keys(&["Alford"]);
        good(&["keys", "revoke", "Alford", "--dir", text(&others)]);
        fs::copy(others.join("ca.crl"), keys.join("ca.crl")).expect("it can be copied");
        refused(&[&own[..], &["--keys", text(&keys)]].concat(), "the list of another authority");
    }
}

#[test]
fn servers_link_by_a_key_they_share() {
    let (keys, _keys) = keys(&[]);
    let [key, other] = ["a.key", "b.key"].map(|name| keys.join(name));
    good(&["keys", "shared", text(&key)]);
    good(&["keys", "shared", text(&other)]);
    let (mut herd, _folder) =
        pair(&["--link-key-file", text(&key)], &["--link-key-file", text(&key)]);
    herd[0].linked("Ball");
    let told = herd[0].exchange("IAMAT kiwi +1+1 1\n");
    assert_eq!(format!("{}\n", herd[1].knows("kiwi")), told);
    // Back with another key, it is nobody any more.
    herd[1].kill();
    herd[1].set("--link-key-file", text(&other));
    herd[1].start();
    herd[1].logs("cannot be reached: it does not have the herd's key");
    herd[0].logs("cannot be reached: it does not have the herd's key");
    assert!(!herd[1].is_linked("Alford"), "{}", herd[1].log());
    set_mode(&key, 0o604);
    let why = "others may read it";
    refused(&["server", "A", "--listen", "127.0.0.1:0", "--link-key-file", text(&key)], why);
}

#[test]
fn who_has_no_keys_may_not_greet_nor_tell() {
    let (keys, _keys) = keys(&["Alford"]);
    let shared = keys.join("link.key");
    good(&["keys", "shared", text(&shared)]);
    for guard in [["--keys", text(&keys)], ["--link-key-file", text(&shared)]] {
        let (mut herd, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
        herd[0].more(&guard);
        herd[0].start();
        let answer = herd[0].exchange("HERD 1 herd Ball 1\n");
        assert_eq!(answer, "? servers show who they are before they greet\n");
        herd[0].logs("it greets as a server and has not shown to be one");
        let forged = "AT Ball +0.1 kiwi +34.068930-118.445127 1520023934.918963997\n";
        assert_eq!(herd[0].exchange(forged), format!("? {forged}"));
        // As a client it is as welcome as any.
        assert!(herd[0].exchange("IAMAT kiwi +1+1 1\n").starts_with("AT Alford "));
        assert!(!herd[0].log().contains(" up on "), "{}", herd[0].log());
    }
}

#[test]
fn plain_links_to_other_machines_have_to_be_asked_for() {
    let folder = TempDir::new().expect("a temporary folder");
    let logs = text(folder.path());
    let own = ["server", "Alford", "--listen", "127.0.0.1:0", "--log-dir", logs];
    let peer = ["--peer", "Ball=ball.invalid:12001"];
    refused(&[&own[..], &peer].concat(), "would be plain");
    let classic = ["--peer", "Ball=192.0.2.1:12001,classic"];
    refused(&[&own[..], &classic].concat(), "can show nobody who it is");
    let mut server = Server::new(
        HERD,
        "Alford",
        tcp::free_address(),
        folder.path(),
        &[&peer[..], &["--plain-links"]].concat(),
    );
    server.start();
    server.logs("Ball cannot be reached");
}

#[test]
fn clients_are_let_in_by_a_token_that_no_log_tells() {
    const TOKEN: &str = "wombat-0123456789";
    let folder = TempDir::new().expect("a temporary folder");
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, format!("# two of them\n{TOKEN}\nanother-0123456789\n")).expect("a file");
    set_mode(&tokens, 0o600);
    let (server, _folder) = crate::one_server(&["--client-tokens", text(&tokens)]);
    let mut client = Client::connect(server.address);
    client.send(format!("TOKEN {TOKEN}\nIAMAT kiwi +1+1 1\n"));
    assert_eq!(client.line(), "TOKEN accepted\n");
    assert!(client.line().starts_with("AT Alford "));
    assert_eq!(client.ask("HERD 1 herd Ball 1"), "? HERD 1 herd Ball 1\n");
    for (said, answer) in [
        ("IAMAT kiwi +1+1 2\n", "? a token is wanted first: TOKEN <token>\n"),
        ("TOKEN\n", "? a token is wanted first: TOKEN <token>\n"),
        ("TOKEN wombat-012345678\n", "? this token is not known\n"),
        ("HERD 1 herd Ball 1\n", "? HERD 1 herd Ball 1\n"),
    ] {
        assert_eq!(server.exchange(said), answer, "{said}");
    }
    let token_file = folder.path().join("token");
    fs::write(&token_file, TOKEN).expect("a file");
    set_mode(&token_file, 0o600);
    let address = server.address.to_string();
    let told = good(&["say", "--token-file", text(&token_file), &address, "IAMAT kiwi +1+1 0"]);
    assert!(told.starts_with("AT Alford "), "{told}");
    // Said where none is wanted, it is in no log either.
    let (open, _open) = crate::one_server(&[]);
    let said = format!("TOKEN {TOKEN}\n");
    assert_eq!(open.exchange(&said), format!("? {said}"));
    open.logs("TOKEN (hidden)");
    for log in [server.log(), open.log()] {
        assert!(!log.contains("wombat"), "{log}");
    }
    fs::write(&tokens, "short\n").expect("a file");
    let start = ["server", "A", "--listen", "127.0.0.1:0", "--client-tokens", text(&tokens)];
    refused(&start, "16 to 256 visible characters");
}

#[test]
fn a_herd_file_says_where_keys_lie() {
    let (keys, folder) = keys(&["Alford", "Ball"]);
    let file = folder.path().join("two.toml");
    let [a, b] = [tcp::free_address(), tcp::free_address()];
    fs::write(
        &file,
        format!(
            "[links]\nkeys = \"keys\"\n[[server]]\nname = \"Alford\"\nlisten = \"{a}\"\n\
             peers = [\"Ball\"]\n[[server]]\nname = \"Ball\"\nlisten = \"{b}\"\n"
        ),
    )
    .expect("a file");
    let logs = folder.path().join("logs");
    let mut herd: Vec<Server> = [("Alford", a), ("Ball", b)]
        .map(|(name, address)| Server::new(HERD, name, address, &logs, &["--herd", text(&file)]))
        .into();
    herd.iter_mut().for_each(Server::start);
    herd[0].linked("Ball");
    let answer = herd[1].exchange("HERD 1 herd Alford 1\n");
    assert_eq!(answer, "? servers show who they are before they greet\n");
    assert!(keys.exists());
    let both = "[links]\nkeys = \"keys\"\nplain = true\n[clients]\ntls_only = true\n\
                [[server]]\nname = \"A\"\nlisten = \"127.0.0.1:1\"\n";
    fs::write(&file, both).expect("a file");
    refused(&["check", text(&file)], "one of `keys`, `key_file` and `plain = true`");
}
