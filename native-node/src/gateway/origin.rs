//! Which pages of which sites may ask.
//!
//! A browser carries a request of any page to any address that the machine reaches, and a herd tells
//! where people are. So only pages that come from the same host and port may ask, unless an origin was
//! allowed; programs that are no browsers send no origin. (A WebSocket is not bound by a browser's own
//! rule: RFC 6455, §10.2.)
//!
//! A page of anybody's is "from the same host" once its own name leads to this machine (DNS rebinding). So
//! a server is asked by an address, by `localhost` or by a name without a dot, which nobody on the
//! Internet can own; by any other name once an origin of that name was allowed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// What browsers may send beyond what is plain.
const METHODS: &str = "GET, HEAD, PUT";
const HEADERS: &str = "content-type, if-none-match";

/// Origins, like `https://maps.example`, whose pages may ask.
#[derive(Clone, Debug, Default)]
pub struct Origins(Arc<[String]>);

impl Origins {
    /// Those.
    #[must_use]
    pub fn new(allowed: &[String]) -> Self {
        Self(allowed.into())
    }

    /// Reads an origin as it stands in a header: a scheme, a host and maybe a port.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<String, &'static str> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fine = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?']));
        if fine { Ok(text.to_ascii_lowercase()) } else { Err("like https://maps.example") }
    }
}

/// Refuses what pages of others ask, and answers a browser that asks whether it may.
pub(super) async fn check(
    State(origins): State<Origins>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or(" "));
    // Who names no host is no browser.
    if host.is_some_and(|host| !origins.is_ours(host)) {
        return Problem::renamed().into_response();
    }
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let allowed = origins.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
    if !allowed && !is_own(&request, &origin) {
        return Problem::foreign().into_response();
    }
    let asks = request.method() == Method::OPTIONS;
    let mut response =
        if asks { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    }
    if allowed && asks {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    }
    response
}

impl Origins {
    /// Whether a server is asked by a name that nobody can have made for it.
    fn is_ours(&self, host: &str) -> bool {
        let name = without_port(host);
        let is_allowed = |origin: &String| {
            let allowed = origin.split_once("://").map_or("", |(_, host)| without_port(host));
            allowed.eq_ignore_ascii_case(name)
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        bare.parse::<IpAddr>().is_ok()
            || !name.is_empty() && !name.contains(['.', ' ', '/', '@'])
            || self.0.iter().any(is_allowed)
    }
}

/// A host without its port.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// Whether a page comes from where it asks.
fn is_own(request: &Request, origin: &HeaderValue) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((host, origin), (Some(host), Some((_, origin))) if host.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn a_server_is_asked_by_names_that_nobody_can_have_made() {
        let origins = Origins::new(&["https://maps.example".to_owned()]);
        for host in [
            "127.0.0.1:9000",
            "[::1]:9000",
            "[::1]",
            "10.0.0.7",
            "localhost:80",
            "alford",
            "maps.example",
            "MAPS.example:9000",
        ] {
            assert!(origins.is_ours(host), "{host}");
        }
        for host in
            ["evil.example:9000", "127.0.0.1.evil.example", "", ":80", " ", "a@b", "maps.example."]
        {
            assert!(!origins.is_ours(host), "{host}");
        }
    }
}
