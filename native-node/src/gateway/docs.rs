//! What people and programs read about the interface.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The interface for programs (OpenAPI 3.1), with the version filled in.
const OPENAPI: &str = include_str!("openapi.json");
/// The interface for people: one page that loads nothing.
const PAGE: &str = include_str!("docs.html");

/// `GET /v1/openapi.json`
pub(super) async fn openapi() -> Response {
    let text = OPENAPI.replacen("VERSION", env!("CARGO_PKG_VERSION"), 1);
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// `GET /v1/docs`
pub(super) async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE).into_response()
}

#[cfg(test)]
mod tests {
    use super::{OPENAPI, PAGE};

    #[test]
    fn both_tell_of_the_same_paths_and_problems() {
        let document: serde_json::Value = serde_json::from_str(OPENAPI).expect("JSON");
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().expect("paths");
        assert_eq!(paths.len(), 8);
        for path in paths.keys() {
            assert!(PAGE.contains(path.as_str()), "the page is silent about {path}");
        }
        for problem in [
            "unknown", "nowhere", "invalid", "media", "body", "foreign", "stranger", "stale",
            "silent", "ended", "busy", "misled", "admin", "already", "request",
        ] {
            assert!(PAGE.contains(&format!("id=\"{problem}\"")), "the page lacks {problem}");
        }
    }
}
