//! Which pages of which sites may ask.
//!
//! A browser carries a request of any page to any address that the machine reaches, and a herd tells
//! where people are. So only pages that come from the same host and port may ask, unless an origin was
//! allowed; programs that are no browsers send no origin. (A WebSocket is not bound by a browser's own
//! rule: RFC 6455, §10.2.)
//!
//! A site can have its own name lead to this machine (DNS rebinding): its pages then come from the same
//! host and port, by that name. So whoever asks has to call us by an address, or by a
//! name that is ours or that nobody can own there.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// What a page of another site may see of an answer, besides what every page may.
const TOLD: &str = "etag, herd-server, herd-skew, herd-stamp";
/// What browsers may send beyond what is plain.
const METHODS: &str = "GET, HEAD, POST, PUT";
const HEADERS: &str = "authorization, content-type, if-none-match";

/// Origins, like `https://maps.example`, whose pages may ask.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Arc<[String]>,
    /// What we are called, in lower case.
    names: Arc<[String]>,
}

impl Origins {
    /// Those.
    #[must_use]
    pub fn new(allowed: &[String]) -> Self {
        Self { allowed: allowed.into(), names: Arc::default() }
    }

    /// The same, where we go by these names, too: each a host, or `HOST:PORT`.
    #[must_use]
    pub fn by_names<'a>(self, names: impl Iterator<Item = &'a str>) -> Self {
        let host = |name: &str| split(name).to_ascii_lowercase();
        Self { names: names.map(host).collect(), ..self }
    }

    /// Whether that is what we are called: an address, this machine, a name of ours or of an origin that
    /// was allowed, or one without a dot, which nobody on the Internet can own.
    fn are_called(&self, host: &str) -> bool {
        let host = split(host).to_ascii_lowercase();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.names.contains(&host)
            || self.allowed.iter().any(|origin| is_of(origin, &host))
            || !host.contains(['.', ' ', '@']) && !host.is_empty()
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
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    if host.is_some_and(|host| !origins.are_called(host)) {
        return Problem::misled().into_response();
    }
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let allowed = origins.allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
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
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD));
    }
    if allowed && asks {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    }
    response
}

/// Whether a page comes from where it asks.
fn is_own(request: &Request, origin: &HeaderValue) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((host, origin), (Some(host), Some((_, origin))) if host.eq_ignore_ascii_case(origin))
}

/// Whether an origin, as it stands in a header, has that host.
fn is_of(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, name)| split(name) == host)
}

/// The host in `HOST:PORT`, or in a host.
fn split(name: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let split = name.rsplit_once(':').filter(|(_, port)| is_port(port));
    split.map_or(name, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn who_asks_calls_us_by_an_address_or_a_name_of_ours() {
        let names = ["Alford.Example:8080", "herd"];
        let ours = Origins::new(&[]).by_names(names.into_iter());
        for host in
            ["127.0.0.1", "127.0.0.1:8080", "[::1]:80", "[::1]", "localhost", "a.localhost:1"]
        {
            assert!(ours.are_called(host) && Origins::new(&[]).are_called(host), "{host}");
        }
        for host in ["alford.example", "ALFORD.example:9", "herd:1"] {
            assert!(ours.are_called(host), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", " ", "a@b"]
        {
            assert!(!ours.are_called(host), "{host}");
        }
    }
}
