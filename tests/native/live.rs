//! The herd as it is shown live: what those who watch are told, and what may be done to it.

use std::net::SocketAddr;
use std::thread;

use herd_tests::http::{request, request_with};
use herd_tests::tcp::{Client, free_address, until};
use herd_tests::up::{Up, Watching};
use herd_tests::websocket::WebSocket;

use crate::{HERD, one_server};

/// The servers of a herd that speak to Holiday.
const OF_HOLIDAY: [&str; 2] = ["Ball", "Hamilton"];

#[test]
fn who_watches_sees_servers_links_and_every_update_where_it_comes() {
    let up = Up::start(HERD, &[]);
    let mut watching = up.watch();
    assert!(watching.told("HERD ").starts_with("HERD 1 herd grove learned "));
    assert!(watching.was_told("HERD ").ends_with(" wanted memory"));
    assert_eq!(watching.was_told("MEMBER Holiday "), "MEMBER Holiday here - Ball,Hamilton");
    let names: Vec<String> = up.names().map(str::to_owned).collect();
    for name in &names {
        watching.was_told(&format!("SERVER {name} up "));
        watching.was_told(&format!("LINK {name} "));
    }
    for neighbour in OF_HOLIDAY {
        // They may have linked before anybody watched.
        let both =
            [format!("LINK Holiday {neighbour} live "), format!("LINK {neighbour} Holiday live ")];
        both.iter().for_each(|line| drop(watching.was_told(line)));
    }

    watching.say("FOLLOW k%2Fiwi\n");
    up.say("Holiday", "IAMAT k/iwi +34.068930-118.445127 1520023934.918963997\n");
    let record = "k%2Fiwi +34.068930-118.445127 1520023934.918963997 Holiday";
    assert!(watching.told("TOOK Holiday ").ends_with(record));
    for name in names.iter().filter(|name| *name != "Holiday") {
        let told = watching.was_told(&format!("NEWS {name} "));
        assert!(told.ends_with(record), "{told}");
        assert!(told.contains(" push ") || told.contains(" repair "), "{told}");
    }
    for name in &names {
        assert_eq!(watching.was_told(&format!("HOLDS {name} ")), format!("HOLDS {name} {record}"));
        watching.was_told(&format!("SAMPLE {name} 1 1 "));
    }
    // A tree has grown: whoever is fed is fed by somebody.
    watching.say("TREE Holiday");
    watching.told("LINK Hamilton Holiday live parent ");
}

#[test]
fn a_herd_is_listed_for_who_wants_to_find_its_servers() {
    let up = Up::start(HERD, &[]);
    let listing = request(up.http, "GET", "/v1/herd").json();
    assert_eq!((&listing["cluster"], &listing["admin"]), (&"herd".into(), &true.into()));
    let servers = listing["servers"].as_array().expect("servers");
    assert_eq!(servers.len(), 5);
    for server in servers {
        let name = server["name"].as_str().expect("a name");
        assert_eq!(server["address"], up.address(name).to_string());
        assert_eq!(server["http"], format!("/servers/{name}"));
        assert_eq!(server["up"], true);
    }
}

#[test]
fn with_the_token_servers_are_killed_and_started_again() {
    let up = Up::start(HERD, &[]);
    let token = Some(up.admin.as_str());
    let mut watching = up.watch();
    // The update may come the other way round.
    watching.was_told("LINK Hamilton Holiday live ");
    up.say("Alford", "IAMAT kiwi +1-1 5\n");
    up.knows("Holiday", "kiwi");
    let done = up.act(token, "Holiday/kill");
    assert_eq!((done.status, done.json()["done"].clone()), (200, "kill".into()));
    watching.told("DOWN Hamilton ");
    watching.was_told("SERVER Holiday down ");
    assert!(Client::try_connect(up.address("Holiday")).is_err(), "nobody listens there");
    assert_eq!(up.act(token, "Holiday/kill").status, 409, "it is down already");
    assert_eq!(request(up.http, "GET", "/servers/Holiday/v1/clients/kiwi").status, 503);
    let lived = up.log("Holiday");
    assert!(lived.contains(" admin ") && lived.contains("killed by 127.0.0.1:"), "{lived}");
    assert!(!lived.contains("told to stop"), "it finishes nothing");

    // The others go on, and what it missed comes back to it.
    up.say("Alford", "IAMAT plum +1-1 5\n");
    assert_eq!(up.act(token, "Holiday/start?disk=empty").status, 409, "there is no disk");
    assert_eq!(up.act(token, "Holiday/start").status, 200);
    watching.told("UP Hamilton ");
    watching.was_told("SERVER Holiday up ");
    for client in ["kiwi", "plum"] {
        up.knows("Holiday", client);
    }
    assert_eq!(up.act(token, "Holiday/start").status, 409, "it runs already");
    assert!(up.log("Holiday").contains("started by 127.0.0.1:"));
    let life = watching.was_told("SERVER Holiday up ");
    assert_eq!(lives(&life), "1", "its second life: {life}");
}

/// How many lives a server had before, by its line.
fn lives(server: &str) -> &str {
    server.split(' ').nth(5).expect("a number")
}

#[test]
fn what_was_kept_comes_back_unless_it_is_thrown_away() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let data = folder.path().display().to_string();
    let up = Up::start(HERD, &["--topology", "line:2", "--data", &data]);
    let token = Some(up.admin.as_str());
    // Nobody else can give it back.
    assert_eq!(up.act(token, "s0/cut?neighbour=s1").status, 200);
    up.say("s0", "IAMAT kiwi +1-1 5\n");
    let holds = |expected: &str| {
        let said = up.say("s0", "WHATSAT kiwi 1 1\n");
        assert!(said.starts_with(expected), "{said}");
    };
    assert_eq!(up.act(token, "s0/kill").status, 200);
    assert_eq!(up.act(token, "s0/start").status, 200);
    holds("AT s0 ");
    assert_eq!(up.act(token, "s0/kill").status, 200);
    assert_eq!(up.act(token, "s0/start?disk=empty").status, 200);
    holds("? WHATSAT");
}

#[test]
fn with_the_token_links_are_cut_and_healed() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    let token = Some(up.admin.as_str());
    let mut watching = up.watch();
    watching.was_told("LINK s1 s0 live ");
    let done = up.act(token, "s0/cut?neighbour=s1");
    assert_eq!((done.status, done.json()["both"].clone()), (200, true.into()));
    watching.told("LINK s1 s0 cut ");
    watching.was_told("LINK s0 s1 cut ");
    assert_eq!(up.act(token, "s1/cut?neighbour=s0").status, 409, "it is cut already");
    assert_eq!(up.act(token, "s1/cut?neighbour=nobody").status, 404);
    assert_eq!(up.act(token, "s1/cut").status, 422);

    // Nothing passes, even when one end has started anew.
    assert_eq!(up.act(token, "s1/kill").status, 200);
    assert_eq!(up.act(token, "s1/start").status, 200);
    up.say("s0", "IAMAT kiwi +1-1 5\n");
    let second = |line: &String| line.starts_with("SERVER s1 up ") && lives(line) == "1";
    until("it lives again", || watching.message().iter().any(second).then_some(()));
    assert!(watching.was_told("LINK s1 s0 ").starts_with("LINK s1 s0 cut "));
    assert!(up.say("s1", "WHATSAT kiwi 1 1\n").starts_with("? "));
    assert_eq!(up.act(token, "s1/heal?neighbour=s0").status, 200);
    watching.told("LINK s1 s0 live ");
    up.knows("s1", "kiwi");
}

#[test]
fn with_the_token_a_link_is_cut_one_way() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    let token = Some(up.admin.as_str());
    let mut watching = up.watch();
    watching.was_told("LINK s1 s0 live ");
    let done = up.act(token, "s0/cut?neighbour=s1&way=out");
    assert_eq!((done.status, done.json()["way"].clone()), (200, "out".into()));
    watching.told("LINK s0 s1 cut-out ");
    watching.was_told("LINK s1 s0 cut-in ");
    assert_eq!(up.act(token, "s1/cut?neighbour=s0&way=in").status, 409, "it is that already");
    assert_eq!(up.act(token, "s1/heal?neighbour=s0&way=out").status, 409, "that way passes");
    assert_eq!(up.act(token, "s1/cut?neighbour=s0&way=up").status, 422);

    // What s1 says still comes; what s0 says waits.
    up.say("s1", "IAMAT plum +1-1 5\n");
    up.knows("s0", "plum");
    up.say("s0", "IAMAT kiwi +1-1 5\n");
    // TCP would not wait for ever: both ends lose it, and no other connection is made.
    for server in ["s0", "s1"] {
        until("it is lost", || {
            up.log(server).contains("lost: it is cut by hand one way").then_some(())
        });
    }
    up.say("s1", "IAMAT fig +1-1 5\n");
    assert!(up.say("s1", "WHATSAT kiwi 1 1\n").starts_with("? "));
    // Both ways now, then one way again: as long as one is cut, nobody links.
    assert_eq!(up.act(token, "s0/cut?neighbour=s1").status, 200);
    watching.told("LINK s0 s1 cut ");
    assert_eq!(up.act(token, "s0/heal?neighbour=s1&way=out").status, 200);
    watching.told("LINK s0 s1 cut-in ");
    assert!(up.say("s0", "WHATSAT fig 1 1\n").starts_with("? "));
    assert_eq!(up.act(token, "s0/heal?neighbour=s1&way=in").status, 200);
    watching.told("LINK s0 s1 live ");
    up.knows("s1", "kiwi");
    up.knows("s0", "fig");
}

#[test]
fn what_waited_at_a_cut_comes_when_it_is_healed_soon() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    let token = Some(up.admin.as_str());
    let mut watching = up.watch();
    watching.was_told("LINK s1 s0 live ");
    watching.was_told("LINK s0 s1 live ");
    assert_eq!(up.act(token, "s1/cut?neighbour=s0&way=in").status, 200);
    up.say("s0", "IAMAT kiwi +1-1 5\n");
    assert!(up.say("s1", "WHATSAT kiwi 1 1\n").starts_with("? "));
    assert_eq!(up.act(token, "s1/heal?neighbour=s0&way=in").status, 200);
    up.knows("s1", "kiwi");
    // On a machine that is busy it may have been lost before it was healed, which is said.
    let lost = up.log("s0").contains("lost: it is cut by hand one way");
    let anew = up.log("s0").matches("neighbour s1 up").count() > 1;
    assert_eq!(anew, lost, "{}", up.log("s0"));
}

#[test]
fn without_the_token_nothing_is_done_and_no_log_tells_it() {
    let up = Up::start(HERD, &[]);
    let mut watching = up.watch();
    let wrong = format!("{}x", up.admin);
    for token in [None, Some(""), Some("0123456789abcdef"), Some(&*wrong)] {
        for what in ["Holiday/kill", "Holiday/start", "Holiday/cut?neighbour=Hamilton"] {
            let refused = up.act(token, what);
            assert_eq!(refused.status, 401, "{token:?} {what}");
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
            assert_eq!(refused.json()["type"], "/v1/docs#admin");
        }
    }
    // However often somebody tries, the log says it once a second.
    for _ in 0..300 {
        assert_eq!(up.act(None, "Holiday/kill").status, 401);
    }
    up.say("Holiday", "IAMAT kiwi +1-1 5\n");
    until("it is logged", || up.log("Holiday").contains("may not kill").then_some(()));
    let said = up.log("Holiday").matches(" may not ").count();
    assert!(said < 100, "{said} lines for 312");
    // A watcher that shows one that is none is not told any more.
    watching.say("TOKEN 0123456789abcdef");
    until("it is closed", || watching.socket.is_closed().then_some(()));
    let mut watching = up.watch();
    watching.say(&format!("TOKEN {}", up.admin));
    let greeted = |line: &str| line.starts_with("HERD ") && line.contains(" given ");
    until("it is known", || watching.message().iter().any(|line| greeted(line)).then_some(()));

    assert_eq!(up.act(Some(&up.admin), "Holiday/kill").status, 200);
    for name in up.names() {
        assert!(!up.log(name).contains(&up.admin), "{name} logs the token");
    }
    // Where there is none, nobody may.
    let http = free_address().to_string();
    let (_server, _folder) = one_server(&["--http", &http]);
    let http: SocketAddr = http.parse().expect("an address");
    let refused = request_with(http, "POST", "/v1/admin/servers/Alford/kill", &[], "");
    assert_eq!((refused.status, refused.json()["title"].clone()), (403, "No admin".into()));
}

#[test]
fn a_server_takes_its_admin_token_from_a_file() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("admin");
    std::fs::write(&file, "correct-horse-battery\n").expect("a file");
    let path = file.display().to_string();
    let http = free_address();
    let arguments = ["--http", &http.to_string(), "--admin-token-file", &path];
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
        mode(0o644).expect("a mode");
        let mut all = vec!["server", "Alford", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let refused = herd_tests::tcp::run(HERD, &all);
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(text.contains("others may read it") && text.contains("chmod 600"), "{text}");
        mode(0o600).expect("a mode");
    }
    let (server, _folder) = one_server(&arguments);
    let headers = [("Authorization", "Bearer correct-horse-battery")];
    let kill = || request_with(http, "POST", "/v1/admin/servers/Alford/kill", &headers, "");
    assert_eq!(kill().status, 200);
    assert_eq!(kill().status, 409);
    assert!(!server.log().contains("correct-horse"));
}

/// Updates over one connection, and all the answers.
fn burst(at: SocketAddr, lines: Vec<String>) {
    let mut client = Client::connect(at);
    let mut more = client.again();
    let count = lines.len();
    let telling = thread::spawn(move || {
        for part in lines.chunks(500) {
            more.send(part.concat());
        }
    });
    for _ in 0..count {
        assert!(client.line().starts_with("AT "));
    }
    telling.join().expect("all is said");
}

#[test]
fn of_many_updates_a_share_is_told_and_all_are_counted() {
    let up = Up::start(HERD, &["--log", "off"]);
    let mut watching = up.watch();
    watching.was_told("SERVER Ball up ");
    let started = watching.lines.len();
    const MANY: usize = 40_000;
    burst(up.address("Alford"), (0..MANY).map(|n| format!("IAMAT k{n} +1-1 7\n")).collect());
    watching.told(&format!("SAMPLE Alford {MANY} "));
    let counted = watching.was_told("SAMPLE Alford ");
    let told =
        |word: &str| watching.lines[started..].iter().filter(|line| line.starts_with(word)).count();
    let number = |line: &str, at: usize| -> usize {
        line.split(' ').nth(at).and_then(|number| number.parse().ok()).expect("a number")
    };
    let (shown, missed) = (number(&counted, 3), number(&counted, 6));
    assert_eq!(told("TOOK Alford ") + missed, shown, "what is told is what is said to be told");
    assert!((32..MANY / 10).contains(&shown), "{shown} of {MANY}");
    // When there is little again, all are told.
    let mut stamp = 0;
    until("all are told again", || {
        stamp += 1;
        up.say("Alford", &format!("IAMAT plum +1-1 {stamp}\n"));
        watching.message().iter().any(|line| line.contains(" plum ")).then_some(())
    });
}

#[test]
fn a_watcher_that_does_not_listen_slows_nobody() {
    let up = Up::start(HERD, &["--log", "off"]);
    let mut stuck: Vec<Watching> = (0..8).map(|_| up.watch()).collect();
    let mut quick = up.watch();
    quick.was_told("SERVER Ball up ");
    // What is told of it are some 600 kB at a time: all that is told below would be 250 MB for eight.
    let name = "x".repeat(4_000);
    let mut stamp = 0;
    let mut tell = |server: &str| {
        let updates = (stamp..stamp + 1_000).map(|n| format!("IAMAT {name}{} +1-1 {n}\n", n % 20));
        burst(up.address(server), updates.collect());
        stamp += 1_000;
    };
    (0..3).for_each(|_| tell("Alford"));
    let before = up.process.resident();
    let mut told = 0;
    until("a lot was told", || {
        tell("Ball");
        told += quick.message().iter().map(String::len).sum::<usize>();
        (told > 30 << 20).then_some(())
    });
    let grown = up.process.resident().saturating_sub(before);
    assert!(grown < 128 << 20, "{grown} bytes more");
    // Until there is little again, not all are told.
    let mut stamp = 0;
    let last = until("all are told again", || {
        stamp += 1;
        up.say("Alford", &format!("IAMAT last +1-1 {stamp}\n"));
        let told = quick.message().iter().find(|line| line.contains(" last +1-1 "));
        told.and_then(|line| line.split(" last ").nth(1)).map(str::to_owned)
    });
    for watching in &mut stuck {
        until("the newest comes at last", || {
            watching.message().iter().any(|line| line.ends_with(&last)).then_some(())
        });
    }
}

#[test]
fn only_so_many_watch() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    let mut all: Vec<Watching> = (0..64).map(|_| up.watch()).collect();
    let mut one_more = WebSocket::refused(up.http, "/v1/live", &format!("http://{}", up.http));
    let said = String::from_utf8_lossy(&read_head(&mut one_more)).into_owned();
    assert!(said.starts_with("HTTP/1.1 503"), "{said}");
    // Whoever goes makes room.
    drop(all.pop());
    until("there is room", || {
        let mut asks = WebSocket::refused(up.http, "/v1/live", &format!("http://{}", up.http));
        read_head(&mut asks).starts_with(b"HTTP/1.1 101").then_some(())
    });
}

fn read_head(client: &mut Client) -> Vec<u8> {
    client.line().into_bytes()
}

#[test]
fn where_clients_need_a_token_so_do_those_who_watch() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("tokens");
    std::fs::write(&file, "a-token-of-a-client\n").expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, mode).expect("a mode");
    }
    let up = Up::start(HERD, &["--client-tokens", &file.display().to_string()]);
    for token in ["a-token-of-a-client", &up.admin] {
        let mut watching = up.watch();
        assert_eq!(watching.message(), ["WANTED a token: TOKEN <token>"]);
        watching.say(&format!("TOKEN {token}"));
        assert!(watching.message()[0].starts_with("HERD 1 "));
        watching.was_told("SERVER Ball up ");
    }
    let mut watching = up.watch();
    watching.message();
    watching.say("TOKEN another-token-of-nobody");
    assert!(watching.socket.is_closed());
}

#[test]
fn pages_of_others_are_told_nothing_whatever_they_call_us() {
    let up = Up::start(HERD, &["--http-name", "herd.example"]);
    let ask = |host: &str, path: &str| {
        let mut client = Client::connect(up.http);
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        client.line()
    };
    for path in ["/v1/herd", "/v1/clients/kiwi", "/servers/Ball/v1/clients/kiwi", "/v1/live"] {
        // A name of somebody else that leads here: DNS rebinding.
        for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"] {
            assert!(ask(host, path).starts_with("HTTP/1.1 421"), "{host} {path}");
        }
    }
    for host in ["herd.example", "HERD.example:80", "localhost:9", "[::1]"] {
        assert!(ask(host, "/v1/herd").starts_with("HTTP/1.1 200"), "{host}");
    }
    assert!(ask("herd.svc:9000", "/healthz").starts_with("HTTP/1.1 200"), "a probe");
    let mut foreign = WebSocket::refused(up.http, "/v1/live", "http://evil.example");
    assert!(foreign.line().starts_with("HTTP/1.1 403"));
}
