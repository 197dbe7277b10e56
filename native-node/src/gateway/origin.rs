//! Which pages of which sites may ask.
//!
//! A browser carries a request of any page to any address that the machine reaches, and a herd tells
//! where people are. So only pages that come from the same host and port may ask, unless an origin was
//! allowed; programs that are no browsers send no origin. (A WebSocket is not bound by a browser's own
//! rule: RFC 6455, §10.2.)

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

/// Whether a page comes from where it asks.
fn is_own(request: &Request, origin: &HeaderValue) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((host, origin), (Some(host), Some((_, origin))) if host.eq_ignore_ascii_case(origin))
}
