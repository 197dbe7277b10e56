//! What a command cannot print: it says so and ends with 2; servers go on without their greeting.

use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};

use herd_tests::tcp::{Client, exchange, free_address, until};
use tempfile::TempDir;

use crate::keys::keys;
use crate::{HERD, one_server};

/// The command, to be started with its output to a disk that is full.
fn to_a_full_disk(arguments: &[&str]) -> Command {
    let mut command = Command::new(HERD);
    let full = OpenOptions::new().write(true).open("/dev/full").expect("this system has one");
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null()).stdout(full);
    command
}

/// Runs it to its end: it says why it has failed.
#[track_caller]
fn fails(arguments: &[&str]) {
    let Output { status, stderr, .. } =
        to_a_full_disk(arguments).stderr(Stdio::piped()).output().expect("herd can be started");
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains("the standard output cannot be written: "), "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
}

#[test]
fn a_command_that_cannot_print_says_so() {
    let folder = TempDir::new().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (keys, _keys) = keys(&["Alford"]);
    let tape = at("Alford.tape");
    let http = free_address().to_string();
    let (server, _folder) = one_server(&["--tape", &tape, "--http", &http]);
    let address = server.address.to_string();
    let data = at("data");
    fs::write(&data, "without an end of a line").expect("a writable folder");
    exchange(server.address, "PUT key 1 3\nabc\nIAMAT kiwi +34-118 1\n");
    let run = "herd 1 seed=1\n@1 say Alford IAMAT kiwi +34-118 1\n";
    fs::write(at("run"), run).expect("a writable folder");
    let herd = "[[server]]\nname = \"A\"\nlisten = \"127.0.0.1:1\"\n";
    fs::write(at("herd.toml"), herd).expect("a writable folder");
    let (run, herd, keys) = (at("run"), at("herd.toml"), keys.display().to_string());
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["bench", "--updates", "9", "--clients", "1", "--to", &address],
        &["check", &herd],
        &["get", &address, "key"],
        &["iamat", &address, "kiwi", "+34-118"],
        &["keys", "init", &at("others")],
        &["keys", "show", &keys],
        &["put", &address, "key", &data],
        &["say", &address, "WHATSAT kiwi 1 1"],
        &["sim", "costs", &run, "--preset", "flood"],
        &["sim", "link", &run],
        &["sim", "list"],
        &["sim", "maelstrom", "--time", "1", "--rate", "1", "--preset", "flood"],
        &["sim", "run", &run],
        &["sim", "run", "--quiet", &run],
        &["sim", "swarm", "--seeds", "1"],
        &["tape", "script", &tape],
        &["tape", "show", &tape],
        &["tape", "verify", &tape],
        &["top", "--once", &http],
        &["watch", "--count", "1", &address, "kiwi"],
        &["whatsat", &address, "kiwi"],
    ] {
        fails(arguments);
    }
}

/// A process that is ended with its test.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn servers_go_on_without_their_greeting() {
    let folder = TempDir::new().expect("a temporary folder");
    let logs = folder.path().display().to_string();
    let answers = |address: SocketAddr, arguments: &[&str]| {
        let name = format!("{}.stderr", address.port());
        let path = folder.path().join(name);
        let said = File::create(&path).expect("a writable folder");
        let mut command = to_a_full_disk(arguments);
        let started = command.args(["--log-dir", &logs]).stderr(said).spawn();
        let _started = Started(started.expect("herd can be started"));
        let answer = until("it answers", || {
            let mut client = Client::try_connect(address).ok()?;
            client.try_send("WHATSAT nobody 1 1\n").ok()?;
            client.end();
            Some(client.rest_or_cut()).filter(|answer| !answer.is_empty())
        });
        assert_eq!(answer, b"? WHATSAT nobody 1 1\n", "{arguments:?}");
        let warned = until("it warns", || fs::read_to_string(&path).ok().filter(|s| !s.is_empty()));
        assert!(warned.contains("warning: "), "{warned}");
        until("it says what of", || {
            fs::read_to_string(&path).ok().filter(|said| said.contains("the servers go on"))
        });
    };
    let server = free_address();
    let web = free_address().to_string();
    answers(server, &["server", "Alford", "--listen", &server.to_string(), "--http", &web]);
    let herd = free_address();
    let file = folder.path().join("herd.toml");
    let text = format!("[[server]]\nname = \"Alford\"\nlisten = \"{herd}\"\n");
    fs::write(&file, text).expect("a writable folder");
    answers(herd, &["--topology", &file.display().to_string(), "--no-page"]);
}

#[test]
fn nobody_who_reads_is_no_failure() {
    let mut child = Command::new(HERD)
        .args(["sim", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("herd can be started");
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().expect("it is our child");
    assert_eq!((status.code(), String::from_utf8_lossy(&stderr).as_ref()), (Some(0), ""));
}
