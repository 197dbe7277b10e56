//! Restarts with wall clocks that are years off, and neighbours that stop reading, over TCP.

use herd_tests::tcp::{Client, Server, until};

use crate::servers_with;

/// Ten years, seconds.
const YEARS: i64 = 315_360_000;
const LINE: [(&str, &[&str]); 3] =
    [("Alford", &["Ball"]), ("Ball", &["Alford", "Welsh"]), ("Welsh", &["Ball"])];

fn iamat(server: &Server, client: &str, stamp: u64) -> String {
    let answer = server.exchange(format!("IAMAT {client} +34.068930-118.445127 {stamp}\n"));
    assert!(answer.starts_with(&format!("AT {} ", server.name)), "{answer}");
    answer.trim_end().to_owned()
}

#[test]
fn a_server_that_restarts_with_its_clock_years_off_knows_all_and_is_heard() {
    for ahead in [YEARS, -YEARS] {
        let (mut herd, _folder) = servers_with(&LINE, &[]);
        herd.iter_mut().for_each(Server::start);
        let kiwi = iamat(&herd[0], "kiwi", 1_700_000_001);
        let fig = iamat(&herd[2], "fig", 1_700_000_002);
        assert_eq!(herd[2].knows("kiwi"), kiwi);
        herd[2].kill();
        herd[1].logs("neighbour Welsh down: connection lost");

        herd[2].set("--clock-ahead", &ahead.to_string());
        herd[2].start();
        // With no disk, and whatever it takes the time to be.
        assert_eq!(herd[2].knows("kiwi"), kiwi);
        assert_eq!(herd[2].knows("fig"), fig);
        let plum = iamat(&herd[2], "plum", 1_700_000_003);
        assert_eq!(herd[0].knows("plum"), plum);
        let told = herd[2].log().contains("a later life of this server was known");
        assert_eq!(told, ahead < 0, "{}", herd[2].log());
        // And once more, with a right clock: after ten years ahead that is an earlier life.
        herd[2].kill();
        herd[2].set("--clock-ahead", "0");
        herd[2].start();
        assert_eq!(herd[2].knows("plum"), plum);
        let lime = iamat(&herd[2], "lime", 1_700_000_004);
        assert_eq!(herd[0].knows("lime"), lime);
        assert!(herd[2].log().contains("a later life of this server was known"), "in one of both");
    }
}

#[test]
fn a_neighbour_that_stops_reading_costs_bounded_memory_and_slows_nobody() {
    const SAID: u64 = 6_000;
    let (mut herd, _folder) = servers_with(&LINE, &["--log", "events"]);
    herd.iter_mut().for_each(Server::start);
    herd[1].linked("Alford");
    herd[1].linked("Welsh");
    herd[2].process().signal("STOP");
    // Some 20 MB for Welsh, about a few clients whose names are long.
    let client = |n: u64| format!("{}{}", "x".repeat(3_500), n % 10);
    let mut talker = Client::connect(herd[1].address);
    let mut listener = talker.again();
    let reader = std::thread::spawn(move || {
        (0..SAID).filter(|_| listener.line().starts_with("AT ")).count()
    });
    let before = herd[1].process().resident();
    let mut most = before;
    for n in 0..SAID {
        talker.send(format!("IAMAT {} +1+1 {}\n", client(n), 1_600_000_000 + n));
        if n % 500 == 0 {
            most = most.max(herd[1].process().resident());
        }
    }
    assert_eq!(reader.join().expect("all is answered"), usize::try_from(SAID).unwrap_or(0));
    herd[1].logs("Welsh lags: too much is on its way");
    most = most.max(herd[1].process().resident());
    // A window of 1 MiB, buffers of the system's sizes, a store of ten clients.
    assert!(most < before + (12 << 20), "{before} bytes grew to {most}");
    // Alford has heard it all meanwhile.
    let last = |server: &Server, n: u64| {
        let answer = server.exchange(format!("IAMAT {} +1+1 0\n", client(n)));
        answer.contains(&format!(" {}\n", 1_600_000_000 + n))
    };
    until("Alford has heard the last", || last(&herd[0], SAID - 1).then_some(()));
    assert!(!herd[1].log().contains("Welsh has caught up"));
    herd[2].process().signal("CONT");
    herd[1].logs("Welsh has caught up");
    for n in SAID - 10..SAID {
        until("Welsh has heard the last", || last(&herd[2], n).then_some(()));
    }
}
