//! `herd up`, `say`, `iamat`, `whatsat`, `bench`: what they print and how they end.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use herd_tests::tcp::{Process, exchange, free_address, run, until};
use tempfile::TempDir;

use crate::keys::keys;
use crate::{HERD, one_server};

fn words(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Starts `herd` with free ports; the process, and the name and address of each server.
fn up(more: &[&str]) -> (Process, Vec<(String, SocketAddr)>, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let logs = folder.path().display().to_string();
    // A herd file has its own ports.
    let is_file = more.iter().any(|argument| argument.ends_with(".toml"));
    let ports = if is_file { &[][..] } else { &["--base-port", "0"] };
    let arguments = [&["--no-page", "--log-dir", &logs][..], ports, more].concat();
    let process = Process::start(HERD, &arguments);
    let mut servers = Vec::new();
    process.line(|line| {
        let mut fields = line.split_whitespace();
        if let (Some(name), Some(Ok(address))) = (fields.next(), fields.next().map(str::parse)) {
            servers.push((name.to_owned(), address));
        }
        line.contains("Ctrl-C").then_some(())
    });
    (process, servers, folder)
}

#[test]
fn the_built_in_herd_floods() {
    let (mut process, servers, folder) = up(&[]);
    let names: Vec<&str> = servers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"]);
    let told = exchange(servers[2].1, "IAMAT kiwi +34.068930-118.445127 1520023934.918963997\n");
    for (name, address) in &servers {
        until(&format!("{name} knows"), || {
            exchange(*address, "WHATSAT kiwi 10 5\n").starts_with(&told).then_some(())
        });
        assert!(folder.path().join(format!("{name}.log")).exists());
    }
    process.terminate();
    assert_eq!(process.ended(), Some(0));
}

#[test]
fn a_herd_file_can_be_run_and_its_directions_hold() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("three.toml");
    let [a, b, c] = [free_address(), free_address(), free_address()];
    let text = format!(
        "[[server]]\nname = \"A\"\nlisten = \"{a}\"\npeers_out = [\"B\"]\n\
         [[server]]\nname = \"B\"\nlisten = \"{b}\"\npeers = [\"C\"]\n\
         [[server]]\nname = \"C\"\nlisten = \"{c}\"\n"
    );
    fs::write(&file, text).expect("a writable folder");
    let (_process, servers, _logs) = up(&["--topology", &file.display().to_string()]);
    assert_eq!(servers.iter().map(|(_, address)| *address).collect::<Vec<_>>(), [a, b, c]);
    let told = exchange(a, "IAMAT down +1+1 1\n");
    until("C hears of A", || exchange(c, "WHATSAT down 1 1\n").starts_with(&told).then_some(()));
    let told = exchange(c, "IAMAT up +1+1 1\n");
    until("B hears of C", || exchange(b, "WHATSAT up 1 1\n").starts_with(&told).then_some(()));
    // A sends to B only; B's next update would come after, if it came at all.
    assert_eq!(exchange(a, "WHATSAT up 1 1\n"), "? WHATSAT up 1 1\n");
}

#[test]
fn a_port_in_use_is_named_with_the_option_that_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("a listener has an address");
    let (port, whole) = (address.port().to_string(), address.to_string());
    let folder = TempDir::new().expect("a temporary folder");
    let logs = folder.path().display().to_string();
    for (arguments, option) in [
        (vec!["up", "--no-page", "--base-port", &port, "--log-dir", &logs], "--base-port"),
        (vec!["up", "--base-port", "0", "--http", &whole, "--log-dir", &logs], "--http"),
        (vec!["server", "Alford", "--listen", &whole, "--log-dir", &logs], "--listen"),
    ] {
        let (status, out, err) = words(&run(HERD, &arguments));
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(&format!("port {port} is in use")), "{err}");
        assert!(err.contains(&whole) && err.contains(option), "{err}");
    }
}

#[test]
fn one_command_says_its_answer_and_whether_it_was_understood() {
    let (server, _folder) = one_server(&[]);
    let address = server.address.to_string();
    let check = |arguments: &[&str], expected: i32, out: &str| {
        let (status, got, err) = words(&run(HERD, arguments));
        assert_eq!(status, Some(expected), "{arguments:?}: {got}{err}");
        assert!(got.starts_with(out), "{arguments:?}: {got}{err}");
    };
    check(&["iamat", &address, "kiwi", "-34.06+118.44"], 0, "AT Alford +");
    check(&["whatsat", &address, "kiwi", "10", "5"], 0, "AT Alford +");
    check(&["whatsat", &address, "nobody"], 1, "? WHATSAT nobody 10 5\n");
    check(&["say", &address, "IAMAT", "x", "+1-1", "1"], 0, "AT Alford +");
    check(&["say", &address, "BOGUS  two"], 1, "? BOGUS  two\n");

    let nobody = free_address().to_string();
    let (status, out, err) = words(&run(HERD, &["say", &nobody, "BOGUS"]));
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("is it running?"), "{err}");
    let (status, _, err) = words(&run(HERD, &["say", "Nobody", "BOGUS"]));
    assert_eq!(status, Some(2));
    assert!(err.contains("its servers are Alford, Ball, Hamilton, Holiday, Welsh"), "{err}");
}

/// The beginning of a command for one server.
const ALONE: [&str; 4] = ["server", "A", "--listen", "127.0.0.1:0"];

#[test]
fn wrong_options_are_explained() {
    for (arguments, expected) in [
        (&["server", "Alford", "--listen", "nowhere"][..], "the port is missing"),
        (&["server", "Al ford", "--listen", "127.0.0.1:0"][..], "no white space"),
        (&["server", "A", "--listen", "127.0.0.1:0", "--peer", "B"][..], "NAME=HOST:PORT"),
        (&["server", "A", "--listen", "127.0.0.1:0", "--peer", "A=h:1"][..], "own neighbour"),
        (&["up", "--topology", "nothing"][..], "no topology is called nothing"),
        (&["up", "--base-port", "65534", "--no-page"][..], "pass 65535"),
        (&["up", "--places", "google", "--no-page"][..], "HERD_PLACES_KEY"),
        (&["up", "--topology", "absent.toml"][..], "absent.toml cannot be read"),
        // What would have no effect.
        (&["up", "--topology", "absent.toml", "--base-port", "1"][..], "has its own ports"),
        (&["up", "--no-page", "--http", "127.0.0.1:0"][..], "cannot be used with"),
        (&["up", "--no-page", "--admin-token-file", "x"][..], "cannot be used with"),
        (&["up", "--places-url", "http://127.0.0.1:1"][..], "--places google"),
        (&["up", "--places-key-file", "x"][..], "--places google"),
        (&["up", "--trees", "planned", "--preset", "flood"][..], "grove, grove2, grove_batch"),
        (&["up", "--connections-max", "0"][..], "0 is not in 1.."),
        (&["up", "--connections-per-address", "0"][..], "0 is not in 1.."),
        (&[&ALONE[..], &["--root", "B", "--preset", "gossip"]].concat()[..], "there are no trees"),
        (&[&ALONE[..], &["--http-origin", "https://a.example"]].concat()[..], "with --http HOST"),
        (&[&ALONE[..], &["--http-name", "a.example"]].concat()[..], "with --http HOST:PORT"),
        (&[&ALONE[..], &["--admin-token-file", "x"]].concat()[..], "with --http HOST"),
    ] {
        let (status, _, err) = words(&run(HERD, arguments));
        assert_eq!(status, Some(2), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
}

#[test]
fn every_command_has_examples() {
    for command in ["up", "server", "say", "iamat", "whatsat", "check", "bench"] {
        let (status, out, _) = words(&run(HERD, &[command, "--help"]));
        assert_eq!(status, Some(0));
        assert!(out.contains("Examples:\n  herd"), "herd {command} --help:\n{out}");
    }
}

#[test]
fn a_load_is_sent_to_a_herd_that_runs_over_tls_and_quic_and_with_a_token() {
    let (keys, folder) = keys(&["Alford"]);
    let token = folder.path().join("token");
    fs::write(&token, "0123456789abcdef\n").expect("a writable folder");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let (authority, token) =
        (keys.join("ca.pem").display().to_string(), token.display().to_string());
    let keys = keys.display().to_string();
    let (server, _folder) =
        one_server(&["--keys", &keys, "--quic", "--tls-only", "--client-tokens", &token]);
    let small = ["bench", "--updates", "300", "--clients", "30", "--connections", "3"];
    for to in [server.address.to_string(), format!("quic://{}", server.address)] {
        let shown = ["--tls-ca", &authority, "--to", &to, "--token-file", &token];
        let (status, out, err) = words(&run(HERD, &[&small[..], &shown].concat()));
        assert_eq!(status, Some(0), "{to}: {out}{err}");
        let (status, _, err) = words(&run(HERD, &[&small[..], &shown[..4]].concat()));
        assert_eq!(status, Some(1), "{to}: {err}");
        assert!(err.contains("TOKEN"), "{to}: {err}");
        // Options may stand behind a line, too.
        let (status, out, err) =
            words(&run(HERD, &[&["say", &to, "FOO"], &shown[..2], &shown[4..]].concat()));
        assert_eq!((status, out.as_str()), (Some(1), "? FOO\n"), "{to}: {err}");
    }
}

#[test]
fn a_load_is_accepted_and_replicated() {
    let arguments = [
        "bench",
        "--updates",
        "3000",
        "--clients",
        "100",
        "--connections",
        "1,7",
        "--log",
        "events",
        "--over",
        "tcp,tls,quic",
    ];
    let (status, out, err) = words(&run(HERD, &arguments));
    assert_eq!(status, Some(0), "{err}");
    let rows: Vec<&str> = out.lines().filter(|line| line.contains(" events ")).collect();
    assert_eq!(rows.len(), 6, "{out}");
    for over in [" tcp ", " tls (", " quic ("] {
        assert_eq!(rows.iter().filter(|row| row.contains(over)).count(), 2, "{out}");
    }
}
