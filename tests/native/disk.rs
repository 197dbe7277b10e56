//! Servers that keep what they answer: killed, torn, damaged, full.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use herd_tests::tcp::{self, Client, Process, Server, free_address};
use tempfile::TempDir;

use crate::{HERD, servers};

/// A server without neighbours that keeps what it answers; where.
fn keeping(more: &[&str]) -> (Server, PathBuf, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data");
    let mut arguments = vec!["--data", data.to_str().expect("a path of letters")];
    arguments.extend(more);
    let server = Server::new(HERD, "Alford", free_address(), folder.path(), &arguments);
    let file = data.join("Alford.redb");
    (server, file, folder)
}

/// What the server holds of a client: it says so to what is older.
#[track_caller]
fn held(server: &Server, client: &str) -> String {
    server.exchange(format!("IAMAT {client} +0+0 0\n"))
}

#[test]
fn what_was_answered_outlives_a_kill() {
    let (mut server, _file, _folder) = keeping(&[]);
    server.start();
    let mut client = Client::connect(server.address);
    let mut answers = Vec::new();
    for number in 0..20 {
        answers.push(client.ask(&format!("IAMAT kiwi{number} +1+1 {number}.5")));
    }
    answers.push(client.ask("IAMAT kiwi3 +2+2 99"));
    server.kill();
    server.start();
    for (number, answer) in answers.iter().enumerate().filter(|(number, _)| *number != 3) {
        let name = if number == 20 { "kiwi3".to_owned() } else { format!("kiwi{number}") };
        assert_eq!(held(&server, &name), *answer);
    }
    server.logs("20 records came back");
    server.logs("it had not been closed");
}

#[test]
fn every_answer_given_before_a_kill_in_the_middle_was_true() {
    let (mut server, _file, _folder) = keeping(&["--log", "events"]);
    server.start();
    let mut client = Client::connect(server.address);
    let said: String = (0..4_000).map(|n| format!("IAMAT c{} +1+1 {n}\n", n % 500)).collect();
    client.send(said);
    let mut answers = Vec::new();
    for _ in 0..700 {
        answers.push(client.line());
    }
    server.kill();
    server.start();
    // The newest that was answered, or one that was taken after it.
    for answer in answers.iter().rev().take(500) {
        let fields: Vec<&str> = answer.split(' ').collect();
        let kept = held(&server, fields[3]);
        let stamp = |line: &str| -> u64 {
            line.trim_end().rsplit(' ').next().and_then(|stamp| stamp.parse().ok()).unwrap_or(0)
        };
        assert!(stamp(&kept) >= stamp(answer), "answered {answer:?}, kept {kept:?}");
    }
}

#[test]
fn a_server_that_returns_is_given_only_what_it_missed() {
    let (mut herd, folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    let data = folder.path().join("data");
    for server in &mut herd {
        server.more(&["--data", data.to_str().expect("a path of letters")]);
        server.start();
    }
    herd[0].linked("Ball");
    let mut client = Client::connect(herd[0].address);
    for number in 0..300 {
        client.ask(&format!("IAMAT kiwi{number} +1+1 1"));
    }
    herd[1].knows("kiwi299");
    herd[0].kill();
    assert!(herd[1].exchange("IAMAT owl +1+1 1\n").starts_with("AT Ball "));
    herd[0].start();
    herd[0].knows("owl");
    herd[0].logs("300 records came back");
    herd[0].logs("Ball has given 1 records");
    assert!(!herd[1].log().contains("Alford has given"), "{}", herd[1].log());
}

#[test]
fn an_interval_answers_at_once_and_keeps_soon_after() {
    let (mut server, _file, _folder) = keeping(&["--durability", "interval:50"]);
    server.start();
    let answer = server.exchange("IAMAT kiwi +1+1 1\n");
    assert!(answer.starts_with("AT Alford"), "{answer}");
    server.process().terminate();
    assert_eq!(server.process().ended(), Some(0), "what is left is written at the end");
    server.start();
    assert_eq!(held(&server, "kiwi"), answer);
    assert!(!server.log().contains("it had not been closed"));
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_said_and_nothing_answered_is_lost() {
    let (mut server, file, _folder) = keeping(&["--log", "events"]);
    server.start();
    let first = server.exchange("IAMAT first +1+1 1\n");
    server.process().terminate();
    server.process().ended();
    server.kill();
    // No file of this process may grow beyond what it is, and a megabyte: a full disk.
    let size = fs::metadata(&file).expect("the file").len();
    server.file_blocks = Some(size / 512 + 2_048);
    server.start();
    let long = "x".repeat(3_000);
    let mut answered = vec![("first".to_owned(), first)];
    let mut refused = None;
    for number in 0..2_000 {
        let name = format!("{number}-{long}");
        let Ok(mut client) = Client::try_connect(server.address) else { break };
        client.send(format!("IAMAT {name} +1+1 1\n"));
        client.end();
        let answer = String::from_utf8_lossy(&client.rest_or_cut()).into_owned();
        if answer.starts_with("AT ") {
            answered.push((name, answer));
        } else {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the disk is full at some time");
    assert_eq!(refused, "? not kept: the disk of this server fails\n");
    let again = server.exchange("IAMAT other +1+1 1\n");
    assert_eq!(again, "? IAMAT other +1+1 1\n", "it goes on refusing");
    server.kill();
    server.file_blocks = None;
    server.start();
    for (name, answer) in &answered {
        assert_eq!(held(&server, name), *answer);
    }
}

#[test]
fn a_damaged_file_is_told_and_never_believed() {
    let (mut server, file, _folder) = keeping(&[]);
    server.start();
    let mut client = Client::connect(server.address);
    let answers: Vec<String> =
        (0..400).map(|number| client.ask(&format!("IAMAT kiwi{number} +1+1 1"))).collect();
    server.kill();
    let whole = fs::read(&file).expect("the file");
    let mut refused = 0;
    for round in 0..12_usize {
        fs::write(&file, &whole).expect("the file is written");
        damage(&file, round, whole.len());
        let arguments = server.arguments().to_vec();
        let process = Process::start(HERD, &arguments);
        if !process.listens() {
            let ran = tcp::run(HERD, &arguments);
            let text = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert_eq!(ran.status.code(), Some(2), "{text}");
            assert!(text.contains("Alford.redb cannot be used"), "{text}");
            refused += 1;
            continue;
        }
        for (number, answer) in answers.iter().enumerate() {
            let kept = held(&server, &format!("kiwi{number}"));
            assert!(
                kept == *answer || kept.starts_with("AT Alford") && kept.ends_with(" 0\n"),
                "round {round}: {answer:?} became {kept:?}"
            );
        }
    }
    assert!(refused < 12, "some damage can be mended");
}

/// Cuts the file, or changes bytes in it.
fn damage(file: &Path, round: usize, length: usize) {
    let mut open = fs::OpenOptions::new().read(true).write(true).open(file).expect("the file");
    if round % 4 == 3 {
        open.set_len(u64::try_from(length * (round + 1) / 14).expect("a length"))
            .expect("it is cut");
        return;
    }
    let at = u64::try_from(length * (round + 1) / 13).expect("a place");
    let mut bytes = [0; 64];
    open.seek(SeekFrom::Start(at)).expect("a place in it");
    let read = open.read(&mut bytes).expect("it can be read");
    bytes.iter_mut().for_each(|byte| *byte ^= 0x5a);
    open.seek(SeekFrom::Start(at)).expect("a place in it");
    open.write_all(&bytes[..read]).expect("it can be written");
}

#[test]
fn a_file_belongs_to_one_server_and_one_process() {
    let (mut server, file, folder) = keeping(&[]);
    server.start();
    let data = folder.path().join("data");
    let start = |name: &str| {
        let listen = free_address().to_string();
        let data = data.to_str().expect("a path of letters");
        let logs = folder.path().to_str().expect("a path of letters");
        let ran = tcp::run(
            HERD,
            &["server", name, "--listen", &listen, "--data", data, "--log-dir", logs],
        );
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let (status, text) = start("Alford");
    assert_eq!(status, Some(2));
    assert!(text.contains("another process has it open"), "{text}");
    server.kill();
    fs::rename(&file, data.join("Ball.redb")).expect("it can be moved");
    let (status, text) = start("Ball");
    assert_eq!(status, Some(2));
    assert!(text.contains("it is that of the herd and server herd / Alford"), "{text}");
}

#[test]
fn whether_records_are_kept_is_said_at_the_start() {
    let folder = TempDir::new().expect("a temporary folder");
    let [data, tapes, logs] =
        ["data", "tapes", "logs"].map(|name| folder.path().join(name).display().to_string());
    let kept = ["--data", &data, "--tape", &tapes];
    for (more, says) in [(&[][..], "in memory"), (&kept[..], "keeps its records in ")] {
        let address = free_address().to_string();
        let own = ["server", "Alford", "--listen", &address, "--log-dir", &logs];
        let server = Process::start(HERD, &[&own[..], more].concat());
        let line = server.line(|line| line.contains("listens on").then(|| line.to_owned()));
        assert!(line.contains(says), "{line}");
        assert_eq!(line.contains("Alford.tape"), !more.is_empty(), "{line}");
    }
}
