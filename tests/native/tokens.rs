//! Who is let in over HTTP: by the name it asks for, and by the token it shows.

use std::fs;

use herd_tests::http::{request, request_with};
use herd_tests::tcp::{Client, free_address};
use tempfile::TempDir;

use crate::one_server;

#[test]
fn who_asks_by_a_name_of_its_own_making_is_refused() {
    let http = free_address();
    let address = http.to_string();
    let (server, _folder) =
        one_server(&["--http", &address, "--http-origin", "http://herd.example"]);
    server.exchange("IAMAT kiwi +1-1 5\n");
    let asked = |path: &str, host: &str, more: &str| {
        let mut client = Client::connect(http);
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        client.send(head);
        client.line()
    };
    // A browser says where a page is from, which is the same name, or nothing.
    for more in ["", "Origin: http://evil.example:9000\r\n"] {
        for path in ["/v1/clients/kiwi", "/servers/Alford/v1/clients/kiwi"] {
            let line = asked(path, "evil.example:9000", more);
            assert!(line.contains(" 421 "), "{line}");
        }
    }
    for host in [&*address, "localhost:9000", "alford", "herd.example:9000"] {
        assert!(asked("/v1/clients/kiwi", host, "").contains(" 200 "), "{host}");
    }
    assert!(asked("/healthz", "alford.herd.svc:9000", "").contains(" 200 "), "a probe");
}

#[test]
fn over_http_a_token_is_shown_in_a_header() {
    let folder = TempDir::new().expect("a temporary folder");
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "wombat-0123456789\nanother-0123456789\n").expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("our file");
    }
    let http = free_address();
    let (address, path) = (http.to_string(), tokens.to_str().expect("a path of letters"));
    let (server, _folder) = one_server(&["--http", &address, "--client-tokens", path]);
    let json = ("Content-Type", "application/json");
    let asked = |method: &str, path: &str, token: &str, body: &str| {
        request_with(http, method, path, &[("Authorization", token), json], body)
    };
    let body = r#"{"location":"+1-1","stamp":5}"#;
    let stranger = request_with(http, "PUT", "/v1/clients/kiwi", &[json], body);
    assert_eq!((stranger.status, stranger.header("www-authenticate")), (401, Some("Bearer")));
    for token in ["Bearer wallaby-123456789", "Bearer ", "Bearer a b", "Basic wombat-0123456789"] {
        let answer = asked("PUT", "/v1/clients/kiwi", token, body);
        assert_eq!(answer.status, 401, "{token}: {answer:?}");
        assert_eq!(answer.json()["type"], "/v1/docs#stranger");
    }
    for token in ["Bearer wombat-0123456789", "bearer another-0123456789"] {
        assert_eq!(asked("PUT", "/v1/clients/kiwi", token, body).status, 200, "{token}");
        assert_eq!(asked("GET", "/v1/clients/kiwi/places", token, "").status, 200, "{token}");
        assert_eq!(asked("PUT", "/v1/data/kiwi?stamp=5", token, "data").status, 200, "{token}");
        assert_eq!(asked("GET", "/v1/data/kiwi", token, "").body, b"data", "{token}");
    }
    for path in ["/v1/watch", "/v1/data/kiwi", "/v1/clients/kiwi"] {
        assert_eq!(request(http, "GET", path).status, 401, "{path}");
    }
    // A probe needs none.
    assert_eq!(request(http, "GET", "/healthz").status, 200);
    let log = server.log();
    assert!(!log.contains("wombat") && !log.contains("another-"), "{log}");
}
