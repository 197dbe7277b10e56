//! What is wrong with a command, and what to do about it: hints can be followed.

use herd_tests::tcp::{exchange, free_address, run};
use tempfile::TempDir;

use crate::keys::keys;
use crate::{HERD, one_server};

/// Runs `herd`: the status, what it prints, what it complains of.
fn herd(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(HERD, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// It prints nothing, and complains of this, without any of those other words.
#[track_caller]
fn refused(arguments: &[&str], expected: &str, without: &str) {
    let (status, out, err) = herd(arguments);
    assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
    assert!(err.contains(expected), "{arguments:?}: {err}");
    assert!(without.is_empty() || !err.contains(without), "{arguments:?}: {err}");
}

#[test]
fn files_of_keys_that_are_missing_get_a_hint_that_fits_or_none() {
    let (keys, _keys) = keys(&["Alford"]);
    let folder = TempDir::new().expect("a temporary folder");
    let nope = folder.path().join("nope").display().to_string();
    let logs = folder.path().display().to_string();
    let server = ["server", "Ball", "--listen", "127.0.0.1:0", "--log-dir", &logs];
    let keys = keys.display().to_string();
    let (show, init) = ("herd keys show", format!("herd keys init {nope}"));
    refused(&["keys", "show", &nope], &init, show);
    refused(&["say", "--tls-ca", &nope, "a:1", "x"], &nope, "hint:");
    refused(&["say", "--token-file", &nope, "a:1", "x"], &nope, "hint:");
    refused(&[&server[..], &["--client-tokens", &nope]].concat(), &nope, "hint:");
    refused(&[&server[..], &["--link-key-file", &nope]].concat(), &nope, "hint:");
    refused(&[&server[..], &["--keys", &nope]].concat(), &init, show);
    // The folder is there, and has no certificate of that server.
    refused(&[&server[..], &["--keys", &keys]].concat(), &format!("{show} {keys}"), "");
    let link = folder.path().join("link.key").display().to_string();
    assert_eq!(herd(&["keys", "shared", &link]).0, Some(0));
    refused(&["keys", "shared", &link], &format!("move {link} away"), "--renew");
    refused(&["keys", "add", "Alford", "--dir", &keys], "--renew", "");
}

#[test]
fn the_hint_for_a_revoked_certificate_makes_one_that_is_good() {
    let (keys, folder) = keys(&["Alford"]);
    let keys = keys.display().to_string();
    assert_eq!(herd(&["keys", "revoke", "Alford", "--dir", &keys]).0, Some(0));
    let logs = folder.path().display().to_string();
    let listen = free_address().to_string();
    let (status, _, err) =
        herd(&["server", "Alford", "--listen", &listen, "--log-dir", &logs, "--keys", &keys]);
    assert_eq!(status, Some(2), "{err}");
    let hint = err.lines().find_map(|line| line.trim().strip_prefix("hint: herd "));
    let words: Vec<&str> = hint.unwrap_or_else(|| panic!("{err}")).split(' ').collect();
    assert_eq!(herd(&words).0, Some(0), "{words:?}");
    let (_, shown, _) = herd(&["keys", "show", &keys]);
    assert!(!shown.contains("revoked!"), "{shown}");
}

#[test]
fn hosts_that_nobody_could_dial_are_in_no_certificate() {
    let (keys, _folder) = keys(&[]);
    let keys = keys.display().to_string();
    let add = |host: &str| herd(&["keys", "add", "X", "--renew", "--dir", &keys, "--host", host]);
    for host in
        ["my host", "*", "", "999.1.1.1", "a..b", "a-.b", "h:1", "*.example", "ööü", "[::1]", "1.2"]
    {
        let (status, _, err) = add(host);
        assert_eq!(status, Some(2), "{host}: {err}");
        assert!(err.contains(&format!("`{host}` is no host")), "{err}");
    }
    for host in ["ball.example", "ball", "10.0.0.7", "::1", "xn--bcher-kva.example", "herd_0"] {
        let (status, _, err) = add(host);
        assert_eq!(status, Some(0), "{host}: {err}");
    }
}

#[test]
fn options_behind_a_line_are_options() {
    let (server, _folder) = one_server(&[]);
    let address = server.address.to_string();
    let says = |words: &[&str], expected: &str| {
        let (_, out, err) = herd(&[&["say", &address], words].concat());
        assert!(out.starts_with(expected), "{words:?}: {out}{err}");
    };
    says(&["FOO", "--base-port", "21000"], "? FOO\n");
    says(&["FOO", "BAR", "--topology", "ring:8"], "? FOO BAR\n");
    says(&["IAMAT", "kiwi", "-34.06+118.44", "1"], "AT Alford +");
    says(&["IAMAT", "kiwi", "+34.06-118.44", "2"], "AT Alford +");
    says(&["--", "FOO", "--base-port", "21000"], "? FOO --base-port 21000\n");
    says(&["FOO", "--", "--bar"], "? FOO --bar\n");
    // A name is looked for where the option behind the line says.
    let port = server.address.port().to_string();
    let (status, out, err) = herd(&["say", "Alford", "FOO", "--base-port", &port]);
    assert_eq!((status, out.as_str()), (Some(1), "? FOO\n"), "{err}");
    refused(
        &["say", &address, "FOO", "--base-prt", "1"],
        "similar argument exists: '--base-port'",
        "",
    );
    refused(&["say", &address], "<LINE>", "");
    refused(&["say"], "<ADDR|NAME>", "");
    let (_, help, _) = herd(&["say", "--help"]);
    assert!(help.contains("behind `--` everything is the line"), "{help}");
}

#[test]
fn commands_refuse_what_cannot_be_meant() {
    let folder = TempDir::new().expect("a temporary folder");
    let tape = folder.path().join("Alford.tape").display().to_string();
    let (server, _folder) = one_server(&["--tape", &tape]);
    exchange(server.address, "IAMAT kiwi +34-118 1\n");
    let tapes = folder.path().display().to_string();
    refused(&["tape", "show", &tape, "--kind", "nope"], "heard, opened, closed", "");
    refused(&["tape", "show", &tapes], &tape, "--tape DIR");
    refused(&["sim", "maelstrom", "--topology", "grid,nope"], "grid, line, tree, tree2", "msgs/op");
    refused(&["sim", "maelstrom", "--topology", "grid", "--servers", "7"], "no square grid", "");
    let nobody = free_address().to_string();
    refused(&["bench", "--updates", "9", "--to", &nobody], &nobody, "");
    refused(&["bench", "--updates", "9", "--token-file", "x"], "go with --to", "");
    for command in ["say", "iamat", "whatsat", "watch", "put", "get"] {
        refused(&[command, "--base-port", "0", "Alford", "a", "b"], "--base-port", "");
        let (_, help, _) = herd(&[command, "--help"]);
        assert!(!help.contains("0: free ports"), "{command}: {help}");
    }
}

#[test]
fn every_kind_of_thing_on_a_tape_can_be_asked_for() {
    let folder = TempDir::new().expect("a temporary folder");
    let tape = folder.path().join("Alford.tape").display().to_string();
    let (server, _folder) = one_server(&["--tape", &tape]);
    exchange(server.address, "IAMAT kiwi +34-118 1\n");
    let whole = herd_tests::tcp::until("the tape has it", || {
        let (_, out, _) = herd(&["tape", "show", &tape]);
        out.contains(" closed ").then_some(out)
    });
    let kinds = |text: &str| -> std::collections::BTreeSet<String> {
        text.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
    };
    for kind in kinds(&whole) {
        let (status, out, err) = herd(&["tape", "show", &tape, "--kind", &kind]);
        assert_eq!(status, Some(0), "{err}");
        assert_eq!(kinds(&out), [kind].into());
    }
}

#[test]
fn defaults_of_a_load_can_be_typed() {
    let (_, help, _) = herd(&["bench", "--help"]);
    assert!(help.contains("[default: 1,50]") && help.contains("[default: events,full]"), "{help}");
}
