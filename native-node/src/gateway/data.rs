//! Data over HTTP: bytes under a key, as they are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use herd_core::limits::DATA_MAX;
use serde::Serialize;

use super::Gateway;
use super::ask::ask;
use super::clients::{give_tag, is_known, named_in, whole, word};
use super::enter::Asker;
use super::problem::Problem;
use super::record::escaped;
use crate::clock;

/// Where data is.
const PATH: &str = "/v1/data/";

/// What a server says of data: a `KEPT` line, or what stands before the data, taken apart.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    /// The key, as it is in lines.
    key: String,
    /// The key as it stands in an address.
    id: String,
    /// The server that took it.
    server: String,
    /// That server's clock minus the client's, seconds.
    skew: String,
    /// POSIX seconds as sent.
    stamp: String,
    /// Bytes.
    length: usize,
}

impl Head {
    /// The head that a line is, if it is one.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = std::str::from_utf8(line).ok()?;
        let mut fields = line.split(' ');
        let _ = fields.next().filter(|word| matches!(*word, "KEPT" | "DATA"))?;
        let mut field = || fields.next().map(str::to_owned);
        let (server, skew, key, stamp) = (field()?, field()?, field()?, field()?);
        let length = field()?.parse().ok()?;
        Some(Self { id: escaped(key.as_bytes()), key, server, skew, stamp, length })
    }

    /// What tells this version of the data from others, as an entity tag.
    pub(super) fn tag(&self) -> String {
        format!("\"{}@{}\"", self.stamp, escaped(self.server.as_bytes()))
    }
}

/// `GET /v1/data/{key}`: the data, as it was sent.
pub(super) async fn read(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (key, _) = named_in(&uri, PATH)?;
    let line = [b"GET ", &*key].concat();
    let mut answer = ask(&gateway.inbox(), &asker, &line).await?;
    let Some(head) = Head::of(&answer) else {
        let unknown = || Problem::no_data(&gateway.name);
        return Err(Problem::refused_or(&line, &answer, unknown));
    };
    let tag = HeaderValue::from_str(&head.tag()).ok();
    let mut response = if tag.as_ref().is_some_and(|tag| is_known(&headers, tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let start = answer.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        answer.drain(..start);
        answer.truncate(head.length);
        answer.into_response()
    };
    give_tag(&mut response, tag);
    let more = response.headers_mut();
    // Whatever it is, it is no page of this server's.
    for (name, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        more.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in
        [("herd-server", head.server), ("herd-skew", head.skew), ("herd-stamp", head.stamp)]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            more.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

/// `PUT /v1/data/{key}?stamp=…`: a client has data kept.
pub(super) async fn write(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
    body: Body,
) -> Result<Response, Problem> {
    let (key, query) = named_in(&uri, PATH)?;
    let mut stamp = clock::wall().to_string().into_bytes();
    let stamped = !query.is_empty();
    for (name, value) in query {
        match &*name {
            b"stamp" => stamp = word(value)?,
            _ => return Err(Problem::invalid("The query knows stamp.")),
        }
    }
    let data = whole(body, DATA_MAX).await?;
    let length = data.len().to_string().into_bytes();
    let line = [b"PUT", &*key, &*stamp, &*length].join(&b' ');
    let said = [&*line, &data].join(&b'\n');
    let answer = ask(&gateway.inbox(), &asker, &said).await?;
    let head = Head::of(&answer).ok_or_else(|| Problem::refused(&said, &answer))?;
    // The server says what it holds: if that is something else, this was not newer.
    if head.stamp.as_bytes() != stamp || head.length != data.len() {
        return Err(Problem::stale(head));
    }
    if stamped {
        // Something else of that stamp and size may be held.
        let held = ask(&gateway.inbox(), &asker, &[b"GET ", &*key].concat()).await?;
        let start = held.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let is_it = Head::of(&held).is_some_and(|held| held.tag() == head.tag());
        if is_it && held.get(start..start + data.len()) != Some(&*data) {
            return Err(Problem::stale(head));
        }
    }
    let tag = HeaderValue::from_str(&head.tag()).ok();
    let mut response = Json(head).into_response();
    give_tag(&mut response, tag);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn a_head_is_an_object() {
        let head = Head::of(b"DATA Ball +0.5 n/ews 1.50 3\n\n\xff\n\n").expect("a head");
        assert_eq!(
            serde_json::to_string(&head).expect("JSON"),
            r#"{"key":"n/ews","id":"n%2Fews","server":"Ball","skew":"+0.5","stamp":"1.50","length":3}"#
        );
        assert_eq!(head.tag(), "\"1.50@Ball\"");
        assert!(Head::of(b"AT Ball +0.5 n +1-1 3").is_none());
    }
}
