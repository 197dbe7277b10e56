//! Strangers: what they cannot take. This machine's own connections are held to the limits here.

use herd_tests::tcp::{Client, until};

use crate::one_server;

#[test]
fn one_address_has_only_so_many_connections() {
    let (server, _folder) = one_server(&["--limit-loopback", "--connections-per-address", "2"]);
    let mut first = Client::connect(server.address);
    let mut second = Client::connect(server.address);
    assert!(first.ask("IAMAT a +1+1 1").starts_with("AT "));
    assert!(second.ask("IAMAT b +1+1 1").starts_with("AT "));
    let answer = Client::connect(server.address).line();
    assert_eq!(answer, "? too many connections from one address\n");
    server.logs("its address has or makes too many");
    drop(first);
    until("there is room again", || {
        let mut third = Client::try_connect(server.address).ok()?;
        third.try_send("IAMAT c +1+1 1\n").ok()?;
        third.line().starts_with("AT ").then_some(())
    });
}

#[test]
fn who_says_too_much_is_told_so() {
    let (server, _folder) = one_server(&["--limit-loopback", "--lines-per-second", "50"]);
    let mut client = Client::connect(server.address);
    client.send("IAMAT a +1+1 1\n".repeat(1_000));
    client.end();
    let rest = String::from_utf8_lossy(&client.rest_or_cut()).into_owned();
    let last = "? too many lines from one address: wait and connect again\n";
    assert!(rest.ends_with(last), "{rest}");
    let answered = rest.lines().filter(|line| line.starts_with("AT ")).count();
    assert!((10..500).contains(&answered), "{answered}");
    server.logs("too many lines from its address");
}

#[test]
fn a_line_that_does_not_end_is_not_waited_for() {
    let (server, _folder) = one_server(&["--limit-loopback", "--line-within", "1"]);
    let mut client = Client::connect(server.address);
    client.send("IAMAT half");
    assert_eq!(client.line(), "? the line was not ended in time\n");
    assert_eq!(client.line(), "", "and it closes");
}

#[test]
fn who_says_nothing_is_hung_up_on() {
    let (server, _folder) = one_server(&["--limit-loopback", "--idle-after", "1"]);
    let mut silent = Client::connect(server.address);
    assert_eq!(silent.line(), "? nothing was said for too long\n");
    assert_eq!(silent.line(), "", "and it closes");
    let (keys, _keys) = crate::keys::keys(&["Alford"]);
    let keys = keys.to_str().expect("a path of letters");
    // Nor before it has shown who it is.
    let (server, _folder) = one_server(&["--limit-loopback", "--idle-after", "1", "--keys", keys]);
    let mut silent = Client::connect(server.address);
    assert_eq!(silent.line(), "");
    server.logs("it did not show who it is in time");
}

#[test]
fn hands_are_shaken_in_time() {
    let (keys, _keys) = crate::keys::keys(&["Alford"]);
    let keys = keys.to_str().expect("a path of letters");
    let (server, _folder) = one_server(&["--keys", keys]);
    // It begins as TLS does, and says nothing more.
    let mut stranger = Client::connect(server.address);
    stranger.send([0x16, 0x03]);
    assert_eq!(stranger.rest_or_cut(), b"");
    server.logs("it did not show who it is in time");
}

#[test]
fn this_machine_is_not_held_to_limits() {
    let limits = ["--connections-per-address", "1", "--lines-per-second", "1"];
    let (server, _folder) = one_server(&limits);
    let mut clients: Vec<_> = (0..5).map(|_| Client::connect(server.address)).collect();
    for client in &mut clients {
        for stamp in 1..=20 {
            assert!(client.ask(&format!("IAMAT a +1+1 {stamp}")).contains(" a +1+1 "));
        }
    }
}

#[test]
fn answers_that_nobody_takes_do_not_fill_the_memory() {
    let most = ["--waiting-max-mb", "1", "--log", "events"];
    let (mut server, _folder) = one_server(&most);
    assert!(server.exchange("IAMAT a +1+1 1\n").starts_with("AT "));
    let before = server.process().resident();
    // Each asks for much and takes nothing; the system's buffers hold some megabytes of it.
    let mut greedy: Vec<_> = (0..8).map(|_| Client::connect(server.address)).collect();
    for client in &mut greedy {
        let _ = client.try_send("WHATSAT a 50 20\n".repeat(5_000));
    }
    server.logs("too much waits for clients, and most of it for this one");
    let grown = server.process().resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert!(server.exchange("IAMAT b +1+1 1\n").starts_with("AT "), "others are served");
}

#[test]
fn invalid_lines_do_not_fill_the_disk() {
    let (server, folder) = one_server(&["--log-max-mb", "1"]);
    let line = format!("{}\n", "nonsense ".repeat(800));
    for _ in 0..4 {
        let mut client = Client::connect(server.address);
        client.send(line.repeat(100));
        client.end();
        let _ = client.rest();
    }
    let size = || -> u64 {
        let files = std::fs::read_dir(folder.path()).expect("the folder of logs");
        files.map(|file| file.and_then(|file| file.metadata()).expect("a file").len()).sum()
    };
    until("the log began anew", || folder.path().join("Alford.log.1").exists().then_some(()));
    assert!(server.exchange("IAMAT b +1+1 1\n").starts_with("AT "));
    // Two files, and what was handed over at once.
    assert!(size() < 4 << 20, "{} bytes", size());
}
