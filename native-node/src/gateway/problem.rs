//! What went wrong, as RFC 9457 says it.

use std::io;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use herd_core::codec;
use http_body_util::{BodyExt, Collected, Limited};
use serde::Serialize;

use super::data::Head;
use super::record::Record;

/// The kind of their bodies.
const PROBLEM: &str = "application/problem+json";
/// Bytes of what somebody else says about a request.
const SAID_MAX: usize = 1 << 10;
/// Where the problems are explained.
const TYPES: &str = "/v1/docs#";

/// An answer that is no success.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// What is held instead, if that is the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Box<Current>>,
}

/// What is held instead of what was sent.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Current {
    Client(Record),
    Data(Head),
}

impl From<Record> for Current {
    fn from(record: Record) -> Self {
        Self::Client(record)
    }
}

impl From<Head> for Current {
    fn from(head: Head) -> Self {
        Self::Data(head)
    }
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &'static str, detail: String) -> Self {
        let r#type = format!("{TYPES}{kind}");
        Self { r#type, title, status: status.as_u16(), detail, current: None }
    }

    /// Nobody has told this server of the client.
    pub(super) fn unknown(server: &str) -> Self {
        let detail = format!("Nobody has told {server} of that client.");
        Self::new(StatusCode::NOT_FOUND, "unknown", "Unknown client", detail)
    }

    /// Nothing is kept under the key.
    pub(super) fn no_data(server: &str) -> Self {
        let detail = format!("{server} has no data under that key.");
        Self::new(StatusCode::NOT_FOUND, "unknown", "Unknown key", detail)
    }

    /// Nothing is at that address.
    pub(super) fn nowhere() -> Self {
        let detail = "The interface is described at /v1/docs.".to_owned();
        Self::new(StatusCode::NOT_FOUND, "nowhere", "Nothing is here", detail)
    }

    /// No server of that name is here.
    pub(super) fn no_such_server() -> Self {
        let detail = "No server of that name is here (/v1/herd says which are), or it has no such \
                      address."
            .to_owned();
        Self::new(StatusCode::NOT_FOUND, "nowhere", "Nothing is here", detail)
    }

    /// That is not asked so at this address.
    fn request(status: StatusCode, detail: String) -> Self {
        Self::new(status, "request", "Asked otherwise", detail)
    }

    /// The request is not understood.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Not understood", detail.into())
    }

    /// The body is no JSON.
    pub(super) fn media() -> Self {
        let detail = "The body is a JSON object; its Content-Type is application/json.".to_owned();
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media", "Not JSON", detail)
    }

    /// The body is larger than one can be, or took too long to come.
    pub(super) fn body(status: StatusCode, detail: &str) -> Self {
        Self::new(status, "body", "No whole body", detail.to_owned())
    }

    /// A browser asks for a page of somebody else.
    pub(super) fn foreign() -> Self {
        let detail = "Pages of that origin may not ask (--http-origin allows one).".to_owned();
        Self::new(StatusCode::FORBIDDEN, "foreign", "Foreign page", detail)
    }

    /// A browser was led here by a name that is not ours.
    pub(super) fn misled() -> Self {
        let detail = "No server here goes by that name (--http-name says one).".to_owned();
        Self::new(StatusCode::MISDIRECTED_REQUEST, "misled", "Another's name", detail)
    }

    /// Nobody may do that here.
    pub(super) fn no_admin() -> Self {
        let detail = "Nobody may do that here: it was started without an admin token.".to_owned();
        Self::new(StatusCode::FORBIDDEN, "admin", "No admin", detail)
    }

    /// Who asks may not do that.
    pub(super) fn not_admin(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "admin", "Not the admin", detail.to_owned())
    }

    /// No such server is here, or no such link.
    pub(super) fn no_server(detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "nowhere", "Nothing is here", detail)
    }

    /// It is so already, or cannot be so here.
    pub(super) fn already(detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, "already", "Nothing to do", detail)
    }

    /// It cannot be done now.
    pub(super) fn busy(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Not now", detail.to_owned())
    }

    /// The server holds something that is as new.
    pub(super) fn stale(current: impl Into<Current>) -> Self {
        let detail = "The stamp is not newer than that of what the server holds.".to_owned();
        let problem = Self::new(StatusCode::CONFLICT, "stale", "Not newer", detail);
        Self { current: Some(Box::new(current.into())), ..problem }
    }

    /// Who asks has not shown a token that is known.
    pub(super) fn stranger(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "stranger", "No known token", detail.to_owned())
    }

    /// The server has ended, or does not answer.
    pub(super) fn silent(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut {
            let detail = "The server has not answered in time.".to_owned();
            return Self::new(StatusCode::GATEWAY_TIMEOUT, "silent", "No answer", detail);
        }
        let detail = "The server takes no more connections.".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ended", "No server", detail)
    }

    /// The server answered the line (and the data behind it, if any) with `?`.
    pub(super) fn refused(said: &[u8], answer: &[u8]) -> Self {
        Self::refused_or(said, answer, || {
            Self::invalid(
                "The time stamp is too far in the future, or older than all that is kept; or \
                 there is no room for more data; or the disk of the server fails.",
            )
        })
    }

    /// The same; `well_said` is what it means where nothing is wrong with the line itself.
    pub(super) fn refused_or(said: &[u8], answer: &[u8], well_said: impl FnOnce() -> Self) -> Self {
        let line = said.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let reason = String::from_utf8_lossy(answer.strip_prefix(b"? ").unwrap_or(answer));
        let reason = reason.trim_end().to_owned();
        if answer.is_empty() {
            return Self::silent(&io::ErrorKind::ConnectionReset.into());
        }
        let repeated = answer.strip_prefix(b"? ").map(<[u8]>::trim_ascii_end) == Some(line);
        if reason.contains("token") && !repeated {
            return Self::stranger(&capital(&reason));
        }
        if !repeated {
            // It does not repeat what was said, but says why it cannot do it.
            return Self::busy(&reason);
        }
        match codec::parse(said) {
            Err(why) => Self::invalid(capital(why.why())),
            Ok(_) => well_said(),
        }
    }
}

/// Says what was refused before anything of ours was asked as all problems are said.
pub(super) async fn of_all(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let is_said = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM);
    let failed = parts.status.is_client_error() || parts.status.is_server_error();
    if is_said || !failed {
        return Response::from_parts(parts, body);
    }
    let detail = match parts.status {
        StatusCode::METHOD_NOT_ALLOWED => {
            "The header Allow says which methods this address takes.".to_owned()
        }
        _ => {
            let said = Limited::new(body, SAID_MAX).collect().await.map(Collected::to_bytes);
            capital(
                String::from_utf8_lossy(&said.unwrap_or_default()).trim_end_matches(['.', '\n']),
            )
        }
    };
    let (problem, body) = Problem::request(parts.status, detail).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

/// As a sentence.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
