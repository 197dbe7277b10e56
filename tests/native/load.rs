//! Many at once, and what is stuck beside them.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;

use herd_native_node::run::descriptors;
use herd_tests::tcp::{Client, PATIENCE, Process, free_address};
use herd_tests::tcp_places::{Manner, Stub};
use tempfile::TempDir;

use crate::{HERD, one_server};

#[test]
fn open_connections_cost_little() {
    const COUNT: usize = 2000;
    assert!(descriptors() > COUNT + 100, "this system allows too few descriptors");
    let (mut server, _folder) = one_server(&["--log", "events"]);
    let before = server.process().resident();
    let mut all: Vec<Client> = (0..COUNT).map(|_| Client::connect(server.address)).collect();
    for (number, client) in all.iter_mut().enumerate() {
        let at = client.ask(&format!("IAMAT c{} +1-1 {}", number % 10, number + 1));
        assert!(at.starts_with("AT "), "{at}");
    }
    let each = server.process().resident().saturating_sub(before) / COUNT as u64;
    assert!(each < 8 << 10, "{each} bytes for each");
}

/// A thousand clients, on connections of their own, update and ask at once; how many were answered.
fn thousand(at: SocketAddr) -> usize {
    const THREADS: usize = 20;
    let group = move |group: usize| {
        let mut clients: Vec<Client> = (0..1000 / THREADS).map(|_| Client::connect(at)).collect();
        let mut answered = 0;
        for round in 1..=5 {
            for (number, client) in clients.iter_mut().enumerate() {
                let name = format!("c{group}-{number}");
                client.send(format!("IAMAT {name} +1-1 {round}\nIAMAT {name} +1-1 0\n"));
            }
            for client in &mut clients {
                for _ in 0..2 {
                    let at = client.line();
                    let right = at.starts_with("AT ") && at.ends_with(&format!(" {round}\n"));
                    answered += usize::from(right);
                }
            }
        }
        answered
    };
    let threads: Vec<_> = (0..THREADS).map(|n| thread::spawn(move || group(n))).collect();
    threads.into_iter().map(|thread| thread.join().expect("its clients were answered")).sum()
}

/// Clients without end, on connections of their own, ask what needs no disk; how many were answered.
fn ask_what_is_kept(at: SocketAddr) -> usize {
    let group = move |group: usize| {
        let mut clients: Vec<Client> = (0..50).map(|_| Client::connect(at)).collect();
        let mut answered = 0;
        for round in 0..4 {
            for client in &mut clients {
                // What is outdated is answered with what is on the disk; nobody is known by the other.
                client.send(format!("IAMAT kiwi +1-1 0\nWHATSAT nobody{group} 1 {round}\n"));
            }
            for client in &mut clients {
                answered += usize::from(client.line().ends_with(" kiwi +1-1 1\n"));
                answered += usize::from(client.line().starts_with("? WHATSAT nobody"));
            }
        }
        answered
    };
    let threads: Vec<_> = (0..4).map(|n| thread::spawn(move || group(n))).collect();
    threads.into_iter().map(|thread| thread.join().expect("its clients were answered")).sum()
}

#[test]
fn a_disk_that_hangs_makes_nobody_wait_who_does_not_need_it() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, hangs) = (path("data"), path("hangs"));
    let places = Stub::start(Manner::Held(String::new())).url();
    let options = ["--data", &data, "--disk-hangs-while", &hangs, "--log", "events"];
    let stuck = ["--places", "google-legacy", "--places-url", &places, "--stuck-after", "600"];
    let bound = ["--waiting-max-mb", "4"];
    let (mut server, _folder) = one_server(&[&options[..], &stuck, &bound].concat());
    assert!(server.exchange("IAMAT kiwi +1-1 1\n").starts_with("AT "), "it is kept");
    let before = server.process().resident();
    fs::write(&hangs, "").expect("a file");

    // Who updates waits for the disk, and who asks for places for the service.
    let connect = |_| TcpStream::connect(server.address).expect("the server listens");
    let mut updating: Vec<TcpStream> = (0..50).map(connect).collect();
    for (number, client) in updating.iter_mut().enumerate() {
        let line = format!("IAMAT plum{number} +1-1 1\n");
        client.write_all(line.as_bytes()).expect("the connection holds");
    }
    let mut asking: Vec<Client> = (0..20).map(|_| Client::connect(server.address)).collect();
    asking.iter_mut().for_each(|client| client.send("WHATSAT kiwi 1 1\n"));
    // These take nothing of what they are answered, and what they say needs the disk, without end.
    let long = format!("IAMAT {} +1-1 1\n", "k".repeat(4_000)).repeat(500);
    let greedy: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, long) = (Client::connect(server.address), long.clone());
            // It is read until too much waits for it, or is hung up on.
            thread::spawn(move || drop(client.try_send(long)))
        })
        .collect();

    assert_eq!(ask_what_is_kept(server.address), 4 * 50 * 4 * 2);
    let grown = server.process().resident().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes more");
    for client in &updating {
        client.set_nonblocking(true).expect("a mode");
        let peeked = client.peek(&mut [0]).map_err(|why| why.kind());
        assert_eq!(peeked, Err(ErrorKind::WouldBlock), "nothing is answered that is not kept");
        client.set_nonblocking(false).expect("a mode");
        client.set_read_timeout(Some(PATIENCE)).expect("a time");
    }
    fs::remove_file(&hangs).expect("it is ours");
    for (number, client) in updating.into_iter().enumerate() {
        let mut line = String::new();
        BufReader::new(client).read_line(&mut line).expect("it is answered");
        assert!(line.ends_with(&format!(" plum{number} +1-1 1\n")), "{line}");
    }
    for client in &mut asking {
        assert!(client.line().starts_with("AT Alford "));
    }
    server.kill();
    for client in greedy {
        client.join().expect("it has said what it could");
    }
    server.start();
    assert!(server.exchange("IAMAT plum49 +1-1 0\n").ends_with(" plum49 +1-1 1\n"));
}

#[test]
fn what_is_stuck_slows_nobody_else() {
    // A log that takes nothing more, as that of a disk that hangs: a pipe that nobody reads.
    let folder = TempDir::new().expect("a temporary folder");
    let log = folder.path().join("Alford.log");
    assert!(Command::new("mkfifo").arg(&log).status().expect("there is mkfifo").success());
    let _held = OpenOptions::new().read(true).write(true).open(&log).expect("a pipe");
    // A Places service that takes the question and never answers.
    let places = Stub::start(Manner::Held(String::new())).url();
    let address = free_address();
    let [at, logs] = [address.to_string(), folder.path().display().to_string()];
    let mut arguments = vec!["server", "Alford", "--listen", &at, "--log-dir", &logs];
    arguments.extend([
        "--places",
        "google-legacy",
        "--places-url",
        &places,
        "--stuck-after",
        "600",
    ]);
    let server = Process::start(HERD, &arguments);
    server.line(|line| line.contains("listens on").then_some(()));

    // A reader that takes nothing of its answers, and a watcher that takes nothing of the news.
    let mut slow = Client::connect(address);
    let long = format!("IAMAT {} +1-1 1\n", "k".repeat(4000)).repeat(500);
    // It is read until too many of its answers wait; then the system takes no more of it.
    thread::spawn(move || {
        let _ = slow.try_send(long);
        slow
    });
    let mut watcher = Client::connect(address);
    assert_eq!(watcher.ask("WATCH"), "WATCHING all\n");
    // Every client that asks for places waits for them, and for nothing else.
    let mut waiting: Vec<Client> = (0..50).map(|_| Client::connect(address)).collect();
    waiting[0].ask("IAMAT kiwi +1-1 1");
    waiting.iter_mut().for_each(|client| client.send("WHATSAT kiwi 1 1\n"));

    assert_eq!(thousand(address), 10_000);
    // And they are answered, too, as soon as their patience is over.
    for client in &mut waiting {
        assert!(client.line().starts_with("AT Alford "));
    }
}
