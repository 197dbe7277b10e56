//! Servers over HTTP: JSON, events, WebSocket, and what machines that watch them read.

use std::net::SocketAddr;

use herd_tests::http::{Answer, request, request_with};
use herd_tests::tcp::{Client, Server, free_address, run, until};
use herd_tests::up::Up;
use herd_tests::websocket::WebSocket;
use serde_json::Value;
use tempfile::TempDir;

use crate::{HERD, one_server, servers};

/// One server that is reached over HTTP, too.
fn reached(more: &[&str]) -> (Server, SocketAddr, TempDir) {
    let http = free_address();
    let address = http.to_string();
    let all: Vec<&str> = ["--http", &address].into_iter().chain(more.iter().copied()).collect();
    let (server, folder) = one_server(&all);
    (server, http, folder)
}

#[track_caller]
fn put(at: SocketAddr, path: &str, body: &str) -> Answer {
    request_with(at, "PUT", path, &[("Content-Type", "application/json")], body)
}

#[test]
fn a_client_is_written_and_read() {
    let (server, http, _folder) = reached(&[]);
    let body = r#"{"location":"+34.068930-118.445127","stamp":"1520023934.918963997"}"#;
    let answer = put(http, "/v1/clients/kiwi", body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let record = answer.json();
    assert_eq!(record["stamp"], "1520023934.918963997");
    assert_eq!(record["latitude"], 34.068_93);
    // It is the record of the lines.
    assert_eq!(server.knows("kiwi"), record["line"].as_str().expect("a line"));

    let read = request(http, "GET", "/v1/clients/kiwi");
    assert_eq!((read.status, read.json()), (200, record));
    let tag = read.header("etag").expect("a tag");
    assert_eq!(tag, "\"1520023934.918963997@Alford\"");
    for given in [tag, "W/\"x\", *", &format!("\"y\", {tag}")] {
        let again = request_with(http, "GET", "/v1/clients/kiwi", &[("If-None-Match", given)], "");
        assert_eq!((again.status, &*again.body), (304, &b""[..]), "{given}");
    }
    let head = request(http, "HEAD", "/v1/clients/kiwi");
    assert_eq!((head.status, &*head.body), (200, &b""[..]));
    assert_eq!(head.header("content-length"), read.header("content-length"));

    // The same once more is the same; what is older is not taken, and what is held comes back.
    assert_eq!(put(http, "/v1/clients/kiwi", body).status, 200);
    let stale = put(http, "/v1/clients/kiwi", r#"{"location":"+1-1","stamp":5}"#);
    assert_eq!(stale.status, 409);
    assert_eq!(stale.header("content-type"), Some("application/problem+json"));
    assert_eq!(stale.json()["current"]["location"], "+34.068930-118.445127");

    // Numbers keep their digits; without a stamp it is now.
    let exact = r#"{"latitude":34.10,"longitude":-0.0000000001,"stamp":1520023935.000000001}"#;
    assert_eq!(put(http, "/v1/clients/plum", exact).json()["location"], "+34.10-0.0000000001");
    assert!(server.knows("plum").ends_with(" 1520023935.000000001"));
    assert_eq!(put(http, "/v1/clients/now", r#"{"location":"+1-1"}"#).status, 200);
}

#[test]
fn an_id_is_any_bytes() {
    let (server, http, _folder) = reached(&[]);
    let path = "/v1/clients/%00%ff%2F%3f%25+";
    assert_eq!(put(http, path, r#"{"location":"+1-1","stamp":1}"#).status, 200);
    let record = request(http, "GET", path).json();
    assert_eq!(record["id"], "%00%FF%2F%3F%25%2B");
    let mut client = Client::connect(server.address);
    client.send(b"IAMAT \x00\xff/?%+ +2-2 0\n");
    assert!(client.line().ends_with(" +1-1 1\n"));
    for id in ["a%20b", "a%0Ab", "%09"] {
        let answer = put(http, &format!("/v1/clients/{id}"), r#"{"location":"+1-1"}"#);
        assert_eq!(answer.status, 422, "white space would begin another field: {id}");
    }
    let long = "k".repeat(4097);
    assert_eq!(put(http, &format!("/v1/clients/{long}"), r#"{"location":"+1-1"}"#).status, 422);
}

#[test]
fn what_is_near_a_client_comes_as_places_gave_it() {
    let (server, http, _folder) = reached(&[]);
    server.exchange("IAMAT kiwi +34.068930-118.445127 1520023934\n");
    let path = "/v1/clients/kiwi/places?radius_km=10.5&limit=2";
    let near = request(http, "GET", path).json();
    let lines = server.exchange("WHATSAT kiwi 10.5 2\n");
    let (line, places) = lines.split_once('\n').expect("two parts");
    assert_eq!(near["record"]["line"], line);
    let places: Value = serde_json::from_str(places).expect("JSON");
    assert_eq!(near["places"], places);
    assert_eq!(places["results"].as_array().map(Vec::len), Some(2));
    for (query, status) in [
        ("", 200),
        ("?radius_km=50.0001", 422),
        ("?limit=0", 422),
        ("?limit=5&radius=3", 422),
        ("?limit=1%0AIAMAT", 422),
    ] {
        let answer = request(http, "GET", &format!("/v1/clients/kiwi/places{query}"));
        assert_eq!(answer.status, status, "{query}: {answer:?}");
    }
    assert_eq!(request(http, "GET", "/v1/clients/nobody/places").status, 404);
}

#[test]
fn problems_say_what_is_wrong() {
    let (_server, http, _folder) = reached(&[]);
    let unknown = request(http, "GET", "/v1/clients/nobody");
    assert_eq!(unknown.json()["type"], "/v1/docs#unknown");
    assert_eq!(unknown.json()["status"], 404);
    for (body, part) in [
        ("{", "EOF"),
        ("\"text\"", "invalid type"),
        (r#"{"location":"34-118"}"#, "signed latitude"),
        (r#"{"location":"+91-118"}"#, "signed latitude"),
        (r#"{"location":"+1-1","stamp":"NOW"}"#, "POSIX seconds"),
        (r#"{"location":"+1-1","stamp":1e300}"#, "POSIX seconds"),
        (r#"{"location":"+1-1","stamp":99999999999}"#, "POSIX seconds"),
        (r#"{"location":"+1-1","stamp":9000000000}"#, "too far in the future"),
        (r#"{"location":"+1-1\nIAMAT x +1-1 1"}"#, "white space"),
        (r#"{"latitude":1}"#, "Either"),
        (r#"{"latitude":"1","longitude":2}"#, "numbers of degrees"),
        (r#"{"location":"+1-1","colour":1}"#, "unknown field"),
    ] {
        let answer = put(http, "/v1/clients/kiwi", body);
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(part), "{body}: {detail}");
    }
    assert_eq!(request_with(http, "PUT", "/v1/clients/kiwi", &[], "{}").status, 415);
    let large = format!("{{\"location\":\"{}\"}}", "+".repeat(20_000));
    assert_eq!(put(http, "/v1/clients/kiwi", &large).status, 413);
    assert_eq!(request(http, "DELETE", "/v1/clients/kiwi").status, 405);
    assert_eq!(request(http, "GET", "/v1/nothing").json()["title"], "Nothing is here");
    assert_eq!(request(http, "GET", "/v1/clients/kiwi").status, 404, "none of it was taken");
}

#[test]
fn pages_of_others_may_not_ask_unless_they_were_allowed() {
    let (_server, http, _folder) = reached(&["--http-origin", "https://maps.example"]);
    let own = format!("http://{http}");
    for (origin, status) in
        [(&*own, 404), ("https://maps.example", 404), ("https://evil.example", 403)]
    {
        let answer = request_with(http, "GET", "/v1/clients/kiwi", &[("Origin", origin)], "");
        assert_eq!(answer.status, status, "{origin}");
    }
    let asks = [("Origin", "https://maps.example"), ("Access-Control-Request-Method", "PUT")];
    let may = request_with(http, "OPTIONS", "/v1/clients/kiwi", &asks, "");
    assert_eq!(may.status, 204);
    assert_eq!(may.header("access-control-allow-origin"), Some("https://maps.example"));
    assert!(may.header("access-control-allow-methods").is_some_and(|all| all.contains("PUT")));
    let mut foreign = WebSocket::refused(http, "/v1/socket", "https://evil.example");
    assert!(foreign.line().contains(" 403 "));
}

#[test]
fn updates_are_events() {
    let (server, http, _folder) = reached(&[]);
    server.exchange("IAMAT kiwi +1-1 1520023934\n");
    let mut events = Client::connect(http);
    events.send("GET /v1/watch?client=kiwi&client=fig HTTP/1.1\r\nHost: herd\r\n\r\n");
    let data = |events: &mut Client| loop {
        let line = events.line();
        assert!(!line.is_empty(), "the server closed");
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str::<Value>(data).expect("JSON");
        }
    };
    assert_eq!(data(&mut events)["location"], "+1-1", "what is held comes first");
    server.exchange("IAMAT plum +2-2 1520023935\nIAMAT kiwi +3-3 1520023935\n");
    assert_eq!(data(&mut events)["location"], "+3-3", "and nothing of others");
    assert_eq!(request(http, "GET", "/v1/watch?name=kiwi").status, 422);
    let many = (0..257).map(|n| format!("client=c{n}")).collect::<Vec<_>>().join("&");
    assert_eq!(request(http, "GET", &format!("/v1/watch?{many}")).status, 422);
}

#[test]
fn lines_go_through_a_websocket() {
    let (server, http, _folder) = reached(&[]);
    let mut socket = WebSocket::open(http, "/v1/socket", None);
    socket.send("IAMAT kiwi +34.068930-118.445127 1520023934");
    let at = socket.text();
    assert_eq!(at, server.knows("kiwi"));
    socket.send("WHATSAT kiwi 10 1\nFOO\n");
    let near = socket.text();
    assert!(near.starts_with(&format!("{at}\n{{")) && near.ends_with('}'), "{near}");
    assert_eq!(socket.text(), "? FOO");
    socket.send("WATCH");
    assert_eq!(socket.text(), "WATCHING all");
    server.exchange("IAMAT plum +2-2 1520023935\n");
    assert!(socket.text().contains(" plum +2-2 "));

    let mut json = WebSocket::open(http, "/v1/socket", Some("herd.json"));
    json.send("WATCH kiwi");
    assert_eq!(json.text(), r#"{"watching":"1"}"#);
    let told: Value = serde_json::from_str(&json.text()).expect("JSON");
    assert_eq!(told["record"]["client"], "kiwi");
    json.send("IAMAT kiwi +1-1 1");
    assert_eq!(json.text(), r#"{"refused":"IAMAT kiwi +1-1 1"}"#);
}

#[test]
fn a_socket_that_does_not_listen_is_not_waited_for() {
    let (server, http, _folder) = reached(&[]);
    let line = format!("IAMAT {} +1-1 1", "k".repeat(4000));
    let mut socket = WebSocket::open(http, "/v1/socket", None);
    // Answers pile up here, in the pipe and at the server; then no more is read of it.
    let sent = socket.send_until_stuck(&line);
    assert!(sent > 100, "{sent}");
    assert!(server.exchange("IAMAT kiwi +1-1 1520023934\n").starts_with("AT "));
    for _ in 0..100 {
        assert!(socket.text().starts_with("AT "), "and all of it is answered");
    }
}

#[test]
fn the_interface_is_described() {
    let (_server, http, _folder) = reached(&[]);
    let document = request(http, "GET", "/v1/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_ne!(document["info"]["version"], "VERSION");
    let page = request(http, "GET", "/v1/docs");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(!text.contains("http://") || !text.contains("<script"), "it loads nothing");
}

#[test]
fn who_watches_a_server_is_told_how_it_is() {
    let (mut servers, _folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    let http = free_address();
    servers[0].more(&["--http", &http.to_string()]);
    servers[0].start();
    assert_eq!(request(http, "GET", "/healthz").status, 200);
    assert_eq!(request(http, "GET", "/readyz").status, 503, "it speaks to no neighbour");
    servers[1].start();
    servers[0].linked("Ball");
    until("it is ready", || (request(http, "GET", "/readyz").status == 200).then_some(()));

    servers[0].exchange("IAMAT kiwi +1-1 5\nIAMAT kiwi +1-1 4\nFOO\nWHATSAT kiwi 1 1\n");
    servers[1].exchange("IAMAT plum +1-1 5\n");
    servers[0].knows("plum");
    let metrics = || {
        let answer = request(http, "GET", "/metrics");
        String::from_utf8(answer.body).expect("text")
    };
    let text = metrics();
    let expected = [
        "herd_updates_total{server=\"Alford\",result=\"accepted\"} 1",
        "herd_updates_total{server=\"Alford\",result=\"stale\"} 1",
        "herd_lines_refused_total{server=\"Alford\"} ",
        "herd_records{server=\"Alford\"} 2",
        "herd_links_up{server=\"Alford\"} 1",
        "herd_neighbour_up{server=\"Alford\",neighbour=\"Ball\"} 1",
        "herd_neighbour_news_total{server=\"Alford\",neighbour=\"Ball\"} 1",
        "herd_neighbour_records_received_total{server=\"Alford\",neighbour=\"Ball\",kind=\"push\"} 1",
        "herd_propagation_delay_seconds_count{server=\"Alford\"} 1",
    ];
    for line in expected {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    check_format(&text);
    // Answers were counted, each once.
    let count = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect(name);
        line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a number")
    };
    assert!(count(&text, "herd_answer_duration_seconds_count") >= 4);
    servers[1].kill();
    until("it is not ready", || (request(http, "GET", "/readyz").status == 503).then_some(()));
}

/// The rules of the text format: HELP and TYPE once and first, samples of their family only, names
/// and labels of their alphabets, buckets that do not fall, counters that end in `_total`.
fn check_format(text: &str) {
    let is_name = |name: &str| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    assert!(text.ends_with('\n'));
    let (mut family, mut kind) = ("", "");
    let mut seen = std::collections::BTreeSet::new();
    let (mut series, mut before) = (String::new(), 0.0);
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().expect("a name");
            assert!(seen.insert(family), "{family} twice");
            continue;
        }
        if let Some(of) = line.strip_prefix("# TYPE ") {
            let (name, what) = of.split_once(' ').expect("a kind");
            assert_eq!(name, family);
            kind = what;
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            continue;
        }
        let (name, rest) = line.split_once('{').expect("labels");
        assert!(is_name(name), "{line}");
        let base = match kind {
            "histogram" => {
                ["_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end))
            }
            "counter" | "gauge" => Some(name),
            other => panic!("{other}"),
        };
        assert_eq!(base, Some(family), "{line}");
        let (labels, value) = rest.rsplit_once("} ").expect("a value");
        let value: f64 = value.parse().expect("a number");
        for label in labels.split("\",") {
            assert!(is_name(label.split_once("=\"").expect("a label").0), "{line}");
        }
        if name.ends_with("_bucket") {
            let this = labels.split(",le=").next().expect("labels").to_owned() + name;
            if this != series {
                (series, before) = (this, 0.0);
            }
            assert!(value >= before, "{line}");
            before = value;
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn a_server_that_is_down_is_seen_to_be() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    let metrics =
        || String::from_utf8(request(up.http, "GET", "/metrics").body).expect("it is text");
    for line in ["herd_up{server=\"s0\"} 1\n", "herd_links_up{server=\"s0\"} 1\n"] {
        until(line, || metrics().contains(line).then_some(()));
    }
    assert!(up.say("s0", "IAMAT kiwi +1-1 5\n").starts_with("AT s0"));
    assert_eq!(up.act(Some(&up.admin), "s0/kill").status, 200);
    let text = metrics();
    for line in [
        "herd_up{server=\"s0\"} 0\n",
        "herd_up{server=\"s1\"} 1\n",
        "herd_links_up{server=\"s0\"} 0\n",
        "herd_connections{server=\"s0\"} 0\n",
        "herd_neighbours{server=\"s0\"} 1\n",
        "herd_neighbour_up{server=\"s0\",neighbour=\"s1\"} 0\n",
        "herd_updates_total{server=\"s0\",result=\"accepted\"} 1\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    check_format(&text);
    let output = run(HERD, &["top", "--once", &up.http.to_string()]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let links = |name: &str| {
        let row = table.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        row.split_whitespace().nth(2).expect("a third column").to_owned()
    };
    assert_eq!(links("s0"), "down", "{table}");
    assert!(links("s1").ends_with("/1"), "{table}");
}

#[test]
fn whatever_is_no_success_is_said_as_a_problem() {
    let up = Up::start(HERD, &["--topology", "line:2"]);
    for (method, path, status, detail) in [
        ("DELETE", "/v1/clients/kiwi", 405, "Allow"),
        ("GET", "/v1/admin/servers/s0/kill", 405, "Allow"),
        ("POST", "/servers/s1/v1/watch", 405, "Allow"),
        ("GET", "/servers/Nope/v1/clients/kiwi", 404, "No server of that name is here"),
        ("GET", "/servers/s0/v2", 404, "No server of that name is here"),
        ("GET", "/servers/s1/v1/nope", 404, "described at /v1/docs"),
        ("GET", "/v1/live", 400, "pgrade"),
        ("GET", "/v1/socket", 400, "pgrade"),
    ] {
        let answer = request(up.http, method, path);
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{path}");
        let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(problem["status"], status);
        let said = problem["detail"].as_str().expect("a text");
        assert!(said.contains(detail), "{method} {path}: {said}");
    }
}

#[test]
fn a_server_that_stops_finishes_what_it_is_asked() {
    let (mut server, http, _folder) = reached(&[]);
    server.exchange("IAMAT kiwi +1-1 5\n");
    let mut events = Client::connect(http);
    events.send("GET /v1/watch HTTP/1.1\r\nHost: herd\r\n\r\n");
    until("it watches", || events.line().contains("watching").then_some(()));
    let mut socket = WebSocket::open(http, "/v1/socket", None);
    socket.send("WATCH kiwi");
    assert_eq!(socket.text(), "WATCHING 1");
    server.process().terminate();
    assert_eq!(server.process().ended(), Some(0));
    assert!(socket.text().contains(" kiwi ") && socket.is_closed(), "it says goodbye");
    // The last chunk says that nothing was cut off.
    assert!(String::from_utf8_lossy(&events.rest()).ends_with("0\r\n\r\n"));
}
