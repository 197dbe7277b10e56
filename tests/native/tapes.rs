//! Servers that tape what they are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use herd_core::tape::{Item, Reader};
use herd_tests::tcp::{Client, Server, free_address, until};
use herd_tests::up::Up;
use tempfile::TempDir;

use crate::{HERD, servers};

/// Two linked servers that tape what they are told; the folder of the tapes is `tapes` there.
fn taped(more: &[&str]) -> (Vec<Server>, TempDir) {
    let (mut herd, folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    let tapes = folder.path().join("tapes");
    for server in &mut herd {
        server.more(&["--tape", tapes.to_str().expect("a path of letters"), "--log", "events"]);
        server.more(more);
        server.start();
    }
    herd[0].linked("Ball");
    (herd, folder)
}

fn tape_of(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join("tapes").join(name)
}

fn herd_tape(arguments: &[&str], file: &Path) -> Output {
    let (command, rest) = arguments.split_first().expect("a command");
    let run = Command::new(HERD).arg("tape").arg(command).arg(file).args(rest).output();
    run.expect("the command runs")
}

/// What `herd tape` says of a tape, and its status.
fn told(arguments: &[&str], file: &Path) -> (String, Option<i32>) {
    let output = herd_tape(arguments, file);
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.code())
}

#[track_caller]
fn verified(file: &Path) -> String {
    let (text, status) = told(&["verify"], file);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("the same"), "{text}");
    text
}

/// Waits until a tape holds a line; what is told is handed over a moment later.
#[track_caller]
fn holds(file: &Path, line: &str) {
    until(&format!("{} holds {line}", file.display()), || {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(line.len()).any(|window| window == line.as_bytes()).then_some(())
    });
}

#[test]
fn what_servers_were_told_is_told_again_with_the_same_outcome() {
    let (mut herd, folder) = taped(&[]);
    let mut client = Client::connect(herd[0].address);
    for number in 0..50 {
        client.ask(&format!("IAMAT kiwi{number} +1+1 {number}.5"));
    }
    client.ask("WHATSAT kiwi3 10 5");
    client.ask("TOKEN open-sesame");
    herd[1].knows("kiwi49");
    for server in &mut herd {
        server.process().terminate();
        assert_eq!(server.process().ended(), Some(0));
    }
    for name in ["Alford", "Ball"] {
        let file = tape_of(&folder, &format!("{name}.tape"));
        assert!(verified(&file).contains(name));
        let secret = b"open-sesame";
        let bytes = fs::read(&file).expect("the tape");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{name}");
        let (text, status) = told(&["show", "--kind", "heard"], &file);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("IAMAT kiwi49") || text.contains("push AT Alford"), "{text}");
        let (text, _) = told(&["show"], &file);
        assert!(text.lines().last().is_some_and(|line| line.contains("stopped")), "{text}");
    }
    // A folder is all that is in it.
    let all = verified(&folder.path().join("tapes"));
    assert!(all.contains("Alford") && all.contains("Ball") && all.lines().count() == 2, "{all}");
    let (text, status) = told(&["verify"], folder.path());
    assert!(status == Some(2) && text.contains("has no tapes"), "{text}");
}

#[test]
fn what_is_read_in_pieces_or_at_once_is_told_again_one_by_one() {
    let (mut herd, folder) = taped(&[]);
    let mut client = Client::connect(herd[0].address);
    client.ask("IAMAT first +1+1 1");
    let taken = |client: &mut Client, count| {
        for _ in 0..count {
            assert!(client.line().starts_with("AT Alford"));
        }
    };
    // Each piece is answered in part before the next one is sent: it is read by itself, and what is left
    // of it is held.
    client.send("IAMAT a +1+1 2\nIAMAT b +1+1 2\nIAM");
    taken(&mut client, 2);
    client.send("AT c +1+1 2\nIAMAT d +1+1 2\nPUT news");
    taken(&mut client, 2);
    // The rest of a PUT line, and data that looks like lines.
    client.send(" 2 15\nIAMAT e +9+9 9\n\nIAMAT f +1+1 2\nPUT more 2 10\nhalf");
    assert!(client.line().starts_with("DATA Alford") || client.line().starts_with("AT Alford"));
    client.send(" of it\nIAMAT g +1+1 2\n");
    client.ask("GET more");
    client.send("IAMAT TOKENS +1+1 2\n TOKEN open-sesame\nIAMAT h +1+1 2\n");
    client.ask("IAMAT last +1+1 3");
    client.send(format!("IAMAT i +1+1 2\nWHATSAT i 10 1\nIAMAT j +1+1 2\n{}", "x".repeat(70_000)));
    herd[1].knows("j");
    for server in &mut herd {
        server.process().terminate();
        server.process().ended();
    }
    let text = verified(&folder.path().join("tapes"));
    assert!(text.contains("tokens that are blotted out"), "{text}");
    let (text, _) = told(&["show", "--kind", "heard"], &tape_of(&folder, "Alford.tape"));
    let heard = text.lines().filter_map(|line| line.split_once(" #1 ").map(|(_, heard)| heard));
    let (known, overlong): (Vec<&str>, Vec<&str>) = heard.partition(|heard| !heard.contains('x'));
    let expected = [
        "IAMAT first +1+1 1",
        "IAMAT a +1+1 2",
        "IAMAT b +1+1 2",
        "IAMAT c +1+1 2",
        "IAMAT d +1+1 2",
        "PUT news 2 15 and 15 bytes",
        "",
        "IAMAT f +1+1 2",
        "PUT more 2 10 and 10 bytes",
        "",
        "IAMAT g +1+1 2",
        "GET more",
        "IAMAT TOKENS +1+1 2",
        "TOKEN ************",
        "IAMAT h +1+1 2",
        "IAMAT last +1+1 3",
        "IAMAT i +1+1 2",
        "WHATSAT i 10 1",
        "IAMAT j +1+1 2",
    ];
    assert_eq!(known, expected);
    assert!(overlong.len() == 1 && overlong[0].contains("(too long)"), "{overlong:?}");
}

#[test]
fn a_link_that_was_cut_and_healed_by_hand_is_told_again_too() {
    let folder = TempDir::new().expect("a temporary folder");
    let tapes = folder.path().to_str().expect("a path of letters");
    let mut up = Up::start(HERD, &["--topology", "line:2", "--tape", tapes]);
    let token = Some(up.admin.clone());
    for what in ["s0/cut?neighbour=s1", "s0/heal?neighbour=s1"] {
        assert_eq!(up.act(token.as_deref(), what).status, 200, "{what}");
    }
    up.say("s0", "IAMAT kiwi +1-1 5\n");
    up.knows("s1", "kiwi");
    up.process.terminate();
    assert_eq!(up.process.ended(), Some(0));
    for name in ["s0", "s1"] {
        let file = folder.path().join(format!("{name}.tape"));
        verified(&file);
        let (text, _) = told(&["show"], &file);
        assert!(text.contains(" config "), "{text}");
    }
}

#[test]
fn a_tape_of_a_killed_server_is_cut_where_it_was_torn() {
    let (mut herd, folder) = taped(&[]);
    let file = tape_of(&folder, "Alford.tape");
    herd[0].exchange("IAMAT kiwi +1+1 1\n");
    holds(&file, "IAMAT kiwi +1+1 1");
    herd[0].kill();
    let bytes = fs::read(&file).expect("the tape");
    verified(&file);
    // As if the system had written only a part of the last batch.
    fs::write(&file, &bytes[..bytes.len() - 3]).expect("written");
    let (text, status) = told(&["verify"], &file);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("torn") && text.contains("at byte"), "{text}");
    // The next life begins another tape, and leaves this one beside it.
    herd[0].start();
    herd[0].linked("Ball");
    holds(&file, "Alford");
    verified(&tape_of(&folder, "Alford.tape.1"));
}

#[test]
fn every_life_stays_on_a_tape_while_there_is_room() {
    let folder = TempDir::new().expect("a temporary folder");
    let tapes = folder.path().join("tapes");
    let more = ["--tape", tapes.to_str().expect("a path of letters")];
    let mut server = Server::new(HERD, "Welsh", free_address(), folder.path(), &more);
    for life in 1..=4 {
        server.start();
        server.exchange(format!("IAMAT c{life} +1+1 {life}\n"));
        server.process().terminate();
        assert_eq!(server.process().ended(), Some(0));
    }
    assert_eq!(verified(&tapes).lines().count(), 4);
    for (life, name) in (1..).zip(["tape.3", "tape.2", "tape.1", "tape"]) {
        holds(&tapes.join(format!("Welsh.{name}")), &format!("IAMAT c{life} +1+1 {life}"));
    }
    assert_eq!(fs::read_dir(&tapes).expect("the tapes").count(), 4, "nothing else is left");
    let script = Command::new(HERD).args(["tape", "script"]).arg(&tapes).output();
    assert!(script.expect("the command runs").status.success());
}

#[cfg(unix)]
#[test]
fn a_tape_that_another_process_writes_is_left_to_it() {
    let (mut herd, folder) = taped(&[]);
    let tapes = folder.path().join("tapes");
    let names = || {
        let files = fs::read_dir(&tapes).expect("the tapes").flatten();
        let mut names: Vec<_> = files.map(|file| file.file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    for what in [&["up"][..], &["server", "Alford", "--listen", "127.0.0.1:0"]] {
        let logs = folder.path().join("other-logs");
        let mut second = Command::new(HERD);
        second.args(what).arg("--tape").arg(&tapes).arg("--log-dir").arg(logs);
        if what[0] != "server" {
            second.args(["--base-port", "0", "--no-page"]);
        }
        let output = second.output().expect("the command runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("another process has it open"), "{text}");
        assert!(text.contains("is it running already?"), "{text}");
    }
    assert_eq!(names(), before, "nothing was moved");
    herd[0].exchange("IAMAT kiwi +1+1 1\n");
    holds(&tapes.join("Alford.tape"), "IAMAT kiwi +1+1 1");
    // Whoever was killed keeps nobody from going on.
    herd[0].kill();
    herd[0].start();
    herd[0].linked("Ball");
    verified(&tapes.join("Alford.tape.1"));
}

#[test]
fn a_tape_that_was_changed_is_found_out() {
    let (mut herd, folder) = taped(&[]);
    let file = tape_of(&folder, "Alford.tape");
    herd[0].exchange("IAMAT kiwi +1+1 1\n");
    herd[0].process().terminate();
    herd[0].process().ended();
    let bytes = fs::read(&file).expect("the tape");
    let place = bytes.windows(10).position(|window| window == b"IAMAT kiwi").expect("it is there");
    let mut changed = bytes.clone();
    changed[place + 6] = b'l';
    fs::write(&file, &changed).expect("written");
    let (text, status) = told(&["verify"], &file);
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("damaged") && text.contains("expected a chunk as it was written"),
        "{text}"
    );
    // Whoever mends the check as well is told by what the node puts out.
    fs::write(&file, forged(&bytes, place + 6)).expect("written");
    let (text, status) = told(&["verify"], &file);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("differs") && text.contains("IAMAT liwi"), "{text}");
    // So is who takes away what is known.
    fs::write(&file, unmarked(&bytes)).expect("written");
    let (text, status) = told(&["verify"], &file);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("damaged") && text.contains("no mark stands behind input"), "{text}");
    fs::write(&file, b"no tape at all").expect("written");
    let (text, status) = told(&["verify"], &file);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("expected a tape"), "{text}");
}

/// The same tape with a letter changed, and the check of its chunk made to fit.
fn forged(tape: &[u8], place: usize) -> Vec<u8> {
    replaced(tape, place, 1, b"l")
}

/// The same tape of a server that has stopped, without its last mark.
fn unmarked(tape: &[u8]) -> Vec<u8> {
    let last = Reader::new(tape).expect("a tape").last().expect("an entry").expect("no fault");
    assert!(matches!(last.item, Item::Stopped));
    let end = usize::try_from(last.at).expect("small");
    replaced(tape, end - 5, 5, b"")
}

/// The same tape with so many bytes at a place replaced, and the length and the check of their chunk made
/// to fit.
fn replaced(tape: &[u8], place: usize, count: usize, by: &[u8]) -> Vec<u8> {
    let mut at = herd_core::tape::HEAD;
    loop {
        let word = |at: usize| tape[at..at + 4].try_into().expect("four bytes");
        let end = at + 8 + u32::from_le_bytes(word(at)) as usize;
        if end > place {
            let items = [&tape[at + 8..place], by, &tape[place + count..end]].concat();
            let length = u32::try_from(items.len()).expect("short").to_le_bytes();
            let check = xxhash_rust::xxh3::xxh3_64(&items).to_le_bytes();
            return [&tape[..at], &length, &check[..4], &items, &tape[end..]].concat();
        }
        at = end;
    }
}

#[test]
fn a_tape_begins_anew_when_it_is_long_and_is_whole_by_itself() {
    let (mut herd, folder) = taped(&["--tape-max-mb", "1"]);
    let mut client = Client::connect(herd[0].address);
    let long = "x".repeat(3_000);
    let aside = tape_of(&folder, "Ball.tape.1");
    for number in 0..1_000 {
        client.ask(&format!("IAMAT {long}{} +1+1 {number}", number % 20));
        if number % 50 == 49 && aside.exists() {
            break;
        }
    }
    until("a tape was put aside", || aside.exists().then_some(()));
    for number in 0..20 {
        client.ask(&format!("IAMAT {long}{number} +2+2 5000"));
    }
    herd[1].knows(&format!("{long}19"));
    for server in &mut herd {
        server.process().terminate();
        server.process().ended();
    }
    for name in ["Ball.tape", "Ball.tape.1", "Alford.tape", "Alford.tape.1"] {
        let file = tape_of(&folder, name);
        verified(&file);
        let bytes = fs::read(&file).expect("the tape");
        let size = bytes.len();
        assert!(size < 1 << 20, "{name} has {size} bytes");
        let mut reader = Reader::new(&bytes).expect("a tape");
        let first = reader.next().expect("an entry").expect("no fault");
        assert!(matches!(first.item, Item::Start { lost: 0, .. }));
    }
    let (text, _) = told(&["show", "--to", "0"], &tape_of(&folder, "Ball.tape"));
    assert!(text.contains("Ball, incarnation"), "{text}");
    assert!(text.contains(" and "), "connections that are open are named: {text}");
}

#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_tape_and_nothing_else() {
    let (mut herd, folder) = servers(&[("Alford", &[])]);
    let server = &mut herd[0];
    let tapes = folder.path().join("tapes");
    server.more(&["--tape", tapes.to_str().expect("a path of letters"), "--log", "events"]);
    // No file of this process may grow beyond half a megabyte: a full disk.
    server.file_blocks = Some(1_024);
    server.start();
    let mut client = Client::connect(server.address);
    let long = "x".repeat(3_000);
    for number in 0..600 {
        let answer = client.ask(&format!("IAMAT {long}{} +1+1 {number}", number % 20));
        assert!(answer.starts_with("AT Alford"), "{answer}");
    }
    server.logs("the tape stands still");
    assert!(client.ask("IAMAT kiwi +1+1 1").starts_with("AT Alford"));
    let (text, status) = told(&["verify"], &tapes.join("Alford.tape"));
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("torn") || text.contains("the same"), "{text}");
}

#[test]
fn several_servers_want_a_folder() {
    let run = Command::new(HERD).args(["--tape", "all.tape", "--no-page"]).output();
    let output = run.expect("the command runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cannot be the tape of 5 servers") && text.contains("folder"), "{text}");
}
