//! Google's Places services, against a stand-in that checks and misbehaves.

use herd_tests::tcp::{Client, Server};
use herd_tests::tcp_places::{Manner, Stub};
use tempfile::TempDir;

use crate::one_server;

const KEY: &str = "s3cret-key";
const LEGACY: &str =
    "{\"results\" : [\n\n\n{\"name\":\"A\"},{\"name\":\"B\"}],\"status\" : \"OK\"}\n\n";
const NEW: &str = "{\"places\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}";

/// A server that asks `stub`, with a key from a file.
fn asking(stub: &Stub, provider: &str) -> (Server, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let key = folder.path().join("key");
    std::fs::write(&key, format!("{KEY}\n")).expect("a writable folder");
    let (url, key) = (stub.url(), key.display().to_string());
    let more = ["--places", provider, "--places-url", &url, "--places-key-file", &key];
    let (server, logs) = one_server(&more);
    server.exchange("IAMAT kiwi -34.068930+118.445127 1\n");
    drop(folder);
    (server, logs)
}

#[test]
fn the_legacy_service_is_asked_in_its_form() {
    let stub = Stub::start(Manner::Whole(LEGACY.into()));
    let (server, _logs) = asking(&stub, "google-legacy");
    let answer = server.exchange("WHATSAT kiwi 10.5 1\n");
    let [request] = &stub.requests()[..] else { panic!("one request: {:?}", stub.requests()) };
    assert_eq!(
        request.line,
        format!(
            "GET /maps/api/place/nearbysearch/json?location=-34.068930000,118.445127000\
             &radius=10500&key={KEY} HTTP/1.1"
        )
    );
    assert!(answer.starts_with("AT Alford +"), "{answer}");
    assert!(answer.contains("\"A\"") && !answer.contains("\"B\""), "one result at most: {answer}");
    assert!(answer.ends_with("\n\n") && !answer.ends_with("\n\n\n"), "{answer:?}");
    assert_eq!(answer.matches("\n\n").count(), 1, "runs of newlines are folded: {answer:?}");
}

#[test]
fn the_new_service_is_asked_in_its_form() {
    let stub = Stub::start(Manner::Chunked(NEW.into()));
    let (server, _logs) = asking(&stub, "google");
    let answer = server.exchange("WHATSAT kiwi 0.0005 1\n");
    let [request] = &stub.requests()[..] else { panic!("one request: {:?}", stub.requests()) };
    assert_eq!(request.line, "POST /v1/places:searchNearby HTTP/1.1");
    assert_eq!(request.header("x-goog-api-key"), Some(KEY));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let mask = request.header("x-goog-fieldmask").expect("nothing is given without");
    assert!(mask.contains("places.id") && mask.contains("places.location"), "{mask}");
    let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    let expected = serde_json::json!({
        "maxResultCount": 1,
        "locationRestriction": { "circle": {
            "center": { "latitude": -34.068930, "longitude": 118.445127 },
            "radius": 0.5,
        }},
    });
    assert_eq!(body, expected);
    assert!(answer.contains("\"a\"") && !answer.contains("\"b\""), "one result at most: {answer}");
}

#[test]
fn a_service_that_fails_is_said_so_and_no_more() {
    let stub = Stub::start(Manner::HangUp);
    for provider in ["google-legacy", "google"] {
        let (server, _logs) = asking(&stub, provider);
        for (manner, status) in [
            (Manner::HangUp, "UNKNOWN_ERROR"),
            (Manner::Short, "UNKNOWN_ERROR"),
            (Manner::Status(500), "UNKNOWN_ERROR"),
            (Manner::Status(403), "REQUEST_DENIED"),
            (Manner::Status(429), "OVER_QUERY_LIMIT"),
            (Manner::Whole("<html>not json</html>".into()), "UNKNOWN_ERROR"),
            (Manner::Chunked("{\"results\": [".into()), "UNKNOWN_ERROR"),
            (Manner::Endless(2 << 20), "UNKNOWN_ERROR"),
        ] {
            stub.behave(manner.clone());
            let answer = server.exchange("WHATSAT kiwi 10 5\n");
            let (line, json) = answer.split_once('\n').expect("two parts");
            assert!(line.starts_with("AT Alford +"), "{provider}, {manner:?}: {answer}");
            let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(json["status"], status, "{provider}, {manner:?}: {answer}");
            assert_eq!(json["results"], serde_json::json!([]), "{provider}, {manner:?}");
            assert!(json["error_message"].is_string(), "{provider}, {manner:?}: {answer}");
        }
        stub.behave(Manner::Whole(LEGACY.into()));
        server.logs("no answer: ");
    }
}

#[test]
fn a_service_that_is_away_or_silent_keeps_nobody_else_waiting() {
    let stub = Stub::start(Manner::Held(LEGACY.into()));
    let (server, _logs) = asking(&stub, "google-legacy");
    let mut waiting = Client::connect(server.address);
    waiting.send("WHATSAT kiwi 10 5\n");
    // Others are served while it waits; the deadline ends the wait.
    let mut other = Client::connect(server.address);
    assert!(other.ask("IAMAT other +1+1 1").starts_with("AT "));
    assert!(waiting.line().starts_with("AT Alford +"));
    let mut rest = String::new();
    while !rest.ends_with("\n\n") {
        rest.push_str(&waiting.line());
    }
    assert!(rest.contains("UNKNOWN_ERROR") && rest.contains("did not answer in time"), "{rest}");
    stub.release();
}

#[test]
fn connections_are_kept() {
    let stub = Stub::start(Manner::Whole(LEGACY.into()));
    let (server, _logs) = asking(&stub, "google-legacy");
    let mut client = Client::connect(server.address);
    for _ in 0..10 {
        assert!(client.ask("WHATSAT kiwi 10 5").starts_with("AT "));
        while client.line() != "\n" {}
    }
    assert_eq!(stub.requests().len(), 10);
    assert_eq!(stub.connections(), 1, "ten requests in turn share one connection");
}

#[test]
fn the_key_is_in_no_log_and_no_answer() {
    for provider in ["google-legacy", "google"] {
        let stub = Stub::start(Manner::HangUp);
        let (server, _logs) = asking(&stub, provider);
        for manner in [Manner::HangUp, Manner::Status(403), Manner::Whole("nonsense".into())] {
            stub.behave(manner);
            assert!(!server.exchange("WHATSAT kiwi 10 5\n").contains(KEY));
        }
        server.logs("no answer: ");
        assert!(!server.log().contains(KEY), "{}", server.log());
    }
}
