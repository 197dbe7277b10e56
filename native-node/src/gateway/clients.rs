//! Clients over HTTP: each request is a line to the server, and its answer is made of that of the
//! server.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::Gateway;
use super::ask::ask;
use super::enter::Asker;
use super::problem::Problem;
use super::record::{Record, unescaped};
use crate::clock;

/// Bytes in the body of a request: two numbers, a place and a stamp, with room to spare.
const BODY_MAX: usize = 16 << 10;
/// How long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Where a client is, as it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    location: Option<String>,
    latitude: Option<Box<RawValue>>,
    longitude: Option<Box<RawValue>>,
    /// A number or a text: a reader of numbers would round it.
    stamp: Option<Box<RawValue>>,
}

/// What is near a client.
#[derive(Debug, Serialize)]
struct Near {
    record: Record,
    /// As the Places service gave it.
    places: Box<RawValue>,
}

/// `GET /v1/clients/{id}`: what is held of a client.
pub(super) async fn read(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (client, _) = client_in(&uri)?;
    let line = [b"WATCH ", &*client].concat();
    let answer = ask(&gateway.inbox(), &asker, &line).await?;
    let mut lines = answer.split(|byte| *byte == b'\n');
    if !lines.next().is_some_and(|first| first.starts_with(b"WATCHING ")) {
        return Err(Problem::refused(&line, &answer));
    }
    let record = lines.find_map(Record::of).ok_or_else(|| Problem::unknown(&gateway.name))?;
    let tag = HeaderValue::from_str(record.tag()).ok();
    let mut response = if tag.as_ref().is_some_and(|tag| is_known(&headers, tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Json(record).into_response()
    };
    give_tag(&mut response, tag);
    Ok(response)
}

/// `PUT /v1/clients/{id}`: a client says where it is.
pub(super) async fn write(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (client, _) = client_in(&uri)?;
    let given = headers.get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let kind = given.and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::media());
    }
    let body = whole(body, BODY_MAX).await?;
    let update: Update =
        serde_json::from_slice(&body).map_err(|why| Problem::invalid(format!("{why}.")))?;
    let place = update.place()?;
    let stamp = update.stamp()?;
    let line = [b"IAMAT ", &*client, b" ", place.as_bytes(), b" ", stamp.as_bytes()].concat();
    let answer = ask(&gateway.inbox(), &asker, &line).await?;
    let record = answer.strip_suffix(b"\n").and_then(Record::of);
    let record = record.ok_or_else(|| Problem::refused(&line, &answer))?;
    // The server says what it holds: if that is something else, this was not newer.
    if !record.is_of(place.as_bytes(), stamp.as_bytes()) {
        return Err(Problem::stale(record));
    }
    let tag = HeaderValue::from_str(record.tag()).ok();
    let mut response = Json(record).into_response();
    give_tag(&mut response, tag);
    Ok(response)
}

/// `GET /v1/clients/{id}/places?radius_km=10&limit=5`: what is near a client.
pub(super) async fn places(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
) -> Result<Response, Problem> {
    let (client, query) = client_in(&uri)?;
    let (mut radius, mut limit) = (b"10".to_vec(), b"5".to_vec());
    for (name, value) in query {
        match &*name {
            b"radius_km" => radius = value,
            b"limit" => limit = value,
            _ => return Err(Problem::invalid("The query knows radius_km and limit.")),
        }
    }
    let line = [b"WHATSAT ", &*client, b" ", &*word(radius)?, b" ", &*word(limit)?].concat();
    let answer = ask(&gateway.inbox(), &asker, &line).await?;
    let (record, rest) = match answer.iter().position(|byte| *byte == b'\n') {
        Some(end) => (Record::of(&answer[..end]), &answer[end + 1..]),
        None => (None, &[][..]),
    };
    let Some(record) = record else {
        let unknown = || Problem::unknown(&gateway.name);
        return Err(Problem::refused_or(&line, &answer, unknown));
    };
    let text = String::from_utf8_lossy(rest).trim_end().to_owned();
    let places = RawValue::from_string(text).map_err(|_| Problem::refused(&line, b""))?;
    Ok(Json(Near { record, places }).into_response())
}

impl Update {
    fn place(&self) -> Result<String, Problem> {
        match (&self.location, &self.latitude, &self.longitude) {
            (Some(place), None, None) => word(place.clone().into_bytes()).map(|_| place.clone()),
            (None, Some(lat), Some(lon)) => Ok(format!("{}{}", signed(lat)?, signed(lon)?)),
            _ => Err(Problem::invalid(
                "Either `location` says where the client is, like +34.068930-118.445127, or \
                 `latitude` and `longitude` do.",
            )),
        }
    }

    fn stamp(&self) -> Result<String, Problem> {
        let Some(given) = &self.stamp else { return Ok(clock::wall().to_string()) };
        let text = given.get();
        let stamp = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(text) => text,
            None => text,
        };
        word(stamp.as_bytes().to_vec()).map(|_| stamp.to_owned())
    }
}

/// A number with its sign, digit by digit as it was sent.
fn signed(number: &RawValue) -> Result<String, Problem> {
    match number.get() {
        text if text.starts_with('-') => Ok(text.to_owned()),
        text if text.starts_with(|first: char| first.is_ascii_digit()) => Ok(format!("+{text}")),
        _ => Err(Problem::invalid("`latitude` and `longitude` are numbers of degrees.")),
    }
}

/// One field of a line: whatever it is, it begins no other field and no other line.
pub(super) fn word(bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    if bytes.is_empty() || bytes.iter().any(is_space) {
        return Err(Problem::invalid(
            "An id, a place or a number is not empty and has no white space.",
        ));
    }
    Ok(bytes)
}

/// The client that a path names, and what the query says, by name.
pub(super) type Named = (Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

fn client_in(uri: &Uri) -> Result<Named, Problem> {
    named_in(uri, "/v1/clients/")
}

/// What a path names behind this, and what the query says.
pub(super) fn named_in(uri: &Uri, behind: &str) -> Result<Named, Problem> {
    // An id is bytes, not text, and may hold an escaped slash: it is taken from the path as it came.
    let rest = uri.path().split_once(behind).map_or("", |(_, rest)| rest);
    let id = rest.split('/').next().unwrap_or_default();
    Ok((word(unescaped(id))?, query(uri)))
}

/// What a query says, by name, in order.
pub(super) fn query(uri: &Uri) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (unescaped(name), unescaped(value))
    };
    pairs.map(pair).collect()
}

/// All of a body, of at most so many bytes.
pub(super) async fn whole(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let came = timeout(BODY_PATIENCE, Limited::new(body, most).collect()).await;
    match came {
        Ok(Ok(body)) => Ok(body.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("A body has at most {} KiB here.", most >> 10);
            Err(Problem::body(StatusCode::PAYLOAD_TOO_LARGE, &detail))
        }
        Ok(Err(_)) => Err(Problem::body(StatusCode::BAD_REQUEST, "The body broke off.")),
        Err(_) => Err(Problem::body(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.")),
    }
}

/// Whether the asker has this version already.
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = given.filter_map(|given| given.to_str().ok()).flat_map(|given| given.split(','));
    tags.any(|given| {
        let given = given.trim();
        given == "*" || given.strip_prefix("W/").unwrap_or(given).as_bytes() == tag.as_bytes()
    })
}

pub(super) fn give_tag(response: &mut Response, tag: Option<HeaderValue>) {
    let headers = response.headers_mut();
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    // Ask every time, and hear 304.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}
