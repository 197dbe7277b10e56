//! Lines over WebSocket.
//!
//! A message is a line, or several; each answer and each piece of news is a message. Where the
//! browser asks for the subprotocol `herd.json`, those are JSON: a record; a record and places; what is
//! kept under a key, and the data in base64; or what was refused.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use herd_core::limits::{DATA_MAX, LINE_MAX};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};

use super::Gateway;
use super::answers::Answers;
use super::data::Head;
use super::enter::{Asker, enter};
use super::record::Record;

/// Bytes in a message: eight of the longest lines, or one with the longest data.
const MESSAGE_MAX: usize = DATA_MAX + LINE_MAX;
/// Bytes read at once.
const READ: usize = 16 << 10;
/// The subprotocols, the better one first.
const LINES: &str = "herd.lines";
const JSON: &str = "herd.json";

/// What was said and what was heard, seen from both directions.
type Shared = Arc<Mutex<Answers>>;

/// `GET /v1/socket`.
pub(super) async fn open(
    State(gateway): State<Arc<Gateway>>,
    asker: Asker,
    upgrade: WebSocketUpgrade,
) -> Response {
    let pipe = match enter(&gateway.inbox(), &asker).await {
        Ok(pipe) => pipe,
        Err(problem) => return problem.into_response(),
    };
    let upgrade = upgrade.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX);
    let upgrade = upgrade.protocols([LINES, JSON]);
    let json = upgrade.selected_protocol().is_some_and(|chosen| chosen == JSON);
    upgrade.on_upgrade(move |socket| serve(socket, pipe, json))
}

/// Passes lines on until either side has had enough.
async fn serve(socket: WebSocket, pipe: DuplexStream, json: bool) {
    let (mut sink, stream) = socket.split();
    let (from, to) = tokio::io::split(pipe);
    let answers = Shared::default();
    // Both at once: a pipe that is full in one direction must not stop the other.
    let listening = tokio::spawn(listen(stream, to, Arc::clone(&answers)));
    let told = tell(&mut sink, from, &answers, json).await;
    // The answers have ended, or nobody hears them; a message that is half here is not waited for.
    listening.abort();
    if told.is_ok() {
        let reason = "the server closed".into();
        let close = CloseFrame { code: close_code::NORMAL, reason };
        // The browser may be gone.
        let _ = sink.send(Message::Close(Some(close))).await;
    }
}

/// What the browser says goes to the server. When it closes, so does the pipe: WebSocket has no half
/// of that, and what is not answered by then is not heard any more.
async fn listen(mut stream: SplitStream<WebSocket>, mut to: WriteHalf<DuplexStream>, said: Shared) {
    while let Some(Ok(message)) = stream.next().await {
        let mut bytes = match message {
            Message::Text(text) => text.as_bytes().to_vec(),
            Message::Binary(bytes) => bytes.to_vec(),
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) => continue,
        };
        if said.lock().unwrap_or_else(PoisonError::into_inner).said(&bytes) {
            bytes.push(b'\n');
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // It is closed all the same when both halves are dropped.
    let _ = to.shutdown().await;
}

/// What the server says goes to the browser.
async fn tell(
    sink: &mut (impl SinkExt<Message, Error = axum::Error> + Unpin),
    mut from: ReadHalf<DuplexStream>,
    answers: &Shared,
    json: bool,
) -> Result<(), axum::Error> {
    let mut buffer = vec![0; READ];
    loop {
        // A pipe that breaks has ended.
        let size = from.read(&mut buffer).await.unwrap_or(0);
        let whole: Vec<Vec<u8>> = {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.heard(&buffer[..size]);
            std::iter::from_fn(|| answers.next()).collect()
        };
        for answer in whole {
            let message = if json { Message::text(object(&answer)) } else { message(answer) };
            sink.feed(message).await?;
        }
        sink.flush().await?;
        if size == 0 {
            return Ok(());
        }
    }
}

/// An answer as it is: text where it is text.
fn message(answer: Vec<u8>) -> Message {
    match String::from_utf8(answer) {
        Ok(text) => Message::text(text),
        Err(error) => Message::binary(error.into_bytes()),
    }
}

/// An answer as JSON.
fn object(answer: &[u8]) -> String {
    let (line, rest) = match answer.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&answer[..end], &answer[end + 1..]),
        None => (answer, &[][..]),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut told = Told::default();
    if let Some(head) = Head::of(line) {
        told.data = line.starts_with(b"DATA ").then(|| STANDARD.encode(rest));
        told.kept = Some(head);
        return serde_json::to_string(&told).unwrap_or_default();
    }
    match (Record::of(line), line.strip_prefix(b"WATCHING ")) {
        (Some(record), _) => {
            told.record = Some(record);
            told.places = Some(rest)
                .filter(|rest| !rest.is_empty())
                .and_then(|rest| RawValue::from_string(text(rest)).ok());
        }
        (None, Some(watching)) => told.watching = Some(text(watching)),
        (None, None) => told.refused = Some(text(line.strip_prefix(b"? ").unwrap_or(line))),
    }
    serde_json::to_string(&told).unwrap_or_default()
}

/// An answer or a piece of news; what it is not stays out.
#[derive(Default, Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<Head>,
    /// In base64: any bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watching: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn answers_are_objects() {
        let at = "AT A +0 k +1+1 1";
        let record = |answer: &str| {
            let value: serde_json::Value =
                serde_json::from_str(&object(answer.as_bytes())).expect("JSON");
            (value["record"]["client"].clone(), value["places"]["status"].clone())
        };
        assert_eq!(record(at), ("k".into(), serde_json::Value::Null));
        assert_eq!(record(&format!("{at}\n{{\"status\":\"OK\"}}")), ("k".into(), "OK".into()));
        assert_eq!(object(b"? FOO"), r#"{"refused":"FOO"}"#);
        assert_eq!(object(b"WATCHING all"), r#"{"watching":"all"}"#);
        let data: serde_json::Value =
            serde_json::from_str(&object(b"DATA A +0 k 1 3\n\n\xffX")).expect("JSON");
        assert_eq!((&data["kept"]["key"], &data["data"]), (&"k".into(), &"Cv9Y".into()));
    }
}
