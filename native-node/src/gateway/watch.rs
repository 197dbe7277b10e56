//! Updates as server-sent events.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::timeout;

use super::Gateway;
use super::answers::Answers;
use super::clients::{query, word};
use super::data::Head;
use super::enter::{Asker, enter};
use super::problem::Problem;
use super::record::Record;

/// After so much silence a remark is sent: what stands between does not give up.
const REMARK: Duration = Duration::from_secs(15);
/// Bytes read at once.
const READ: usize = 16 << 10;

/// `GET /v1/watch?client=…`: every update from now on, of all clients or of those that are named; and of
/// data by these names, without the data.
///
/// What a slow reader does not take stays in the pipe, and then at the server, which tells it the
/// newest of each client later.
pub(super) async fn events(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    uri: Uri,
) -> Result<Response, Problem> {
    let mut line = b"WATCH".to_vec();
    for (name, value) in query(&uri) {
        if name != b"client" {
            return Err(Problem::invalid("The query knows client, which may stand there often."));
        }
        line.push(b' ');
        line.extend(word(value)?);
    }
    let silent = |error: io::Error| Problem::silent(&error);
    let mut pipe = enter(&gateway.inbox(), &asker).await?;
    pipe.write_all(&[&*line, b"\n"].concat()).await.map_err(silent)?;
    let mut feed = Feed { pipe, answers: Answers::default(), buffer: vec![0; READ] };
    feed.answers.asked(&line);
    let answer = feed.next().await.map_err(silent)?.unwrap_or_default();
    if !answer.starts_with(b"WATCHING ") {
        return Err(Problem::refused(&line, &answer));
    }
    let hello = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b": watching\n\n")) });
    let events = stream::unfold(feed, |mut feed| async move {
        let event = feed.event().await?;
        Some((Ok(event), feed))
    });
    let mut response = Body::from_stream(hello.chain(events)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What is told on a pipe.
struct Feed {
    pipe: DuplexStream,
    answers: Answers,
    buffer: Vec<u8>,
}

impl Feed {
    /// The next event, or remark; `None` at the end.
    async fn event(&mut self) -> Option<Bytes> {
        loop {
            match timeout(REMARK, self.next()).await {
                Err(_) => {
                    // An empty line says nothing but that somebody is there.
                    self.pipe.write_all(b"\n").await.ok()?;
                    return Some(Bytes::from_static(b":\n\n"));
                }
                Ok(Ok(Some(news))) => {
                    if let Some(record) = Record::of(&news) {
                        return Some(event("update", record.tag(), &record));
                    }
                    if let Some(head) = Head::of(&news) {
                        return Some(event("data", &head.tag(), &head));
                    }
                }
                Ok(Ok(None) | Err(_)) => return None,
            }
        }
    }

    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(answer) = self.answers.next() {
                return Ok(Some(answer));
            }
            let size = self.pipe.read(&mut self.buffer).await?;
            if size == 0 {
                return Ok(None);
            }
            self.answers.heard(&self.buffer[..size]);
        }
    }
}

fn event(kind: &str, tag: &str, told: &impl Serialize) -> Bytes {
    // No text in it has a line of its own: JSON escapes them.
    let data = serde_json::to_string(told).unwrap_or_default();
    format!("event: {kind}\nid: {}\ndata: {data}\n\n", tag.trim_matches('"')).into()
}
