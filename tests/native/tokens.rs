//! Who is let in over HTTP, by the token it shows.

use std::fs;

use herd_tests::http::{request, request_with};
use herd_tests::tcp::free_address;
use tempfile::TempDir;

use crate::one_server;

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
