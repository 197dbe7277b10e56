//! How what a client says goes to a server: as lines over TCP, TLS and QUIC, as messages over WebSocket,
//! as requests over HTTP.
//!
//! Where a way is different is said here, and nowhere else:
//!
//! - *TLS, QUIC*: lines as over TCP, by what the commands of `herd` use.
//! - *WebSocket*: a message ends its last line, so pieces of a line go in one message. An answer comes
//!   without what ends it. There is no half-closing: who has asked waits for its answers, then closes; data
//!   that breaks off goes over TCP.
//! - *HTTP*: a request is one command that is whole and well written; everything else, and `WATCH`, goes
//!   over TCP. What is refused has no copy of the line.

use std::net::SocketAddr;
use std::path::Path;

use herd_core::codec::{self, Command};
use herd_native_node::client::Over;
use herd_native_node::keys::tls::for_clients;
use serde_json::value::RawValue;

use crate::http::{request, request_with};
use crate::tcp::Client;
use crate::websocket::WebSocket;

/// A way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Lines over TCP.
    Tcp,
    /// Lines over TLS, as links are.
    Tls,
    /// Lines over QUIC, as links are.
    Quic,
    /// A message is a line or several.
    WebSocket,
    /// A request is a line.
    Http,
}

/// Where a server is reached.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a> {
    /// Where it listens.
    pub lines: SocketAddr,
    /// Where it is reached over HTTP.
    pub http: SocketAddr,
    /// The herd's keys, if it has some.
    pub keys: Option<&'a Path>,
}

impl Way {
    /// Whether servers need keys for it.
    #[must_use]
    pub const fn needs_keys(self) -> bool {
        matches!(self, Self::Tls | Self::Quic)
    }

    /// Says the pieces to a server, and that no more will come; everything that is answered.
    ///
    /// # Panics
    /// If there are no keys, and it needs some.
    #[must_use]
    pub fn say(self, to: Reached<'_>, pieces: &[Vec<u8>]) -> Vec<u8> {
        let Reached { lines: tcp, http, keys } = to;
        let authority = || {
            let file = keys.expect("the herd has keys").join("ca.pem");
            for_clients(&file).expect("the herd's authority")
        };
        match self {
            Self::Tcp => over_tcp(tcp, pieces),
            Self::Tls => over(&Over::Tls(authority()), tcp, pieces),
            Self::Quic => over(&Over::Quic(authority()), tcp, pieces),
            Self::WebSocket => {
                over_websocket(http, &pieces.concat()).unwrap_or_else(|| over_tcp(tcp, pieces))
            }
            Self::Http => {
                over_http(http, &pieces.concat()).unwrap_or_else(|| over_tcp(tcp, pieces))
            }
        }
    }
}

fn over_tcp(at: SocketAddr, pieces: &[Vec<u8>]) -> Vec<u8> {
    let Ok(mut client) = Client::try_connect(at) else { return Vec::new() };
    for piece in pieces {
        client.send(piece);
    }
    client.end();
    client.rest_or_cut()
}

fn over(way: &Over, at: SocketAddr, pieces: &[Vec<u8>]) -> Vec<u8> {
    if Client::try_connect(at).is_err() {
        return Vec::new();
    }
    let mut heard = Vec::new();
    // Cut or closed, what came is what counts.
    let _ = way.say(&at.to_string(), pieces, &mut heard);
    heard
}

/// `None` for data that breaks off.
fn over_websocket(at: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let asked = asked(bytes)?;
    if Client::try_connect(at).is_err() {
        return Some(Vec::new());
    }
    let mut socket = WebSocket::open(at, "/v1/socket", None);
    socket.send(bytes);
    let mut all = Vec::new();
    for answer in socket.end(asked) {
        // Only places and data have lines of their own.
        let places = answer.contains(&b'\n') && !answer.starts_with(b"DATA ");
        let end: &[u8] = if places { b"\n\n" } else { b"\n" };
        all.extend([&answer, end].concat());
    }
    Some(all)
}

/// How many answers these lines get; `None` if data breaks off.
fn asked(bytes: &[u8]) -> Option<usize> {
    let (mut asked, mut rest) = (0, bytes);
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        asked += usize::from(!matches!(codec::parse(&rest[..end]), Ok(None)));
        let data = codec::sent_after(&rest[..end]).ok().flatten().unwrap_or(0);
        rest = match rest.get(end + 1 + data..) {
            Some(rest) => rest,
            None if data == 0 => &[],
            None => return None,
        };
    }
    Some(asked)
}

/// `None` for what is no request.
fn over_http(at: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let line = match codec::parse(bytes) {
        // Of data all belongs to it.
        Ok(Some(Command::Put(_))) => bytes,
        Ok(_) | Err(_) => bytes.strip_suffix(b"\n")?,
    };
    let command = codec::parse(line).ok()??;
    if Client::try_connect(at).is_err() {
        return Some(Vec::new());
    }
    let first = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let refused = [b"? ", first.trim_ascii(), b"\n"].concat();
    let id = |name: &[u8]| name.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let path = |client: &[u8]| format!("/v1/clients/{}", id(client));
    match command {
        Command::IamAt(iamat) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (place, stamp) = (text(iamat.place.text), text(iamat.stamp_text));
            let body = format!("{{\"location\":\"{place}\",\"stamp\":\"{stamp}\"}}");
            let json = [("Content-Type", "application/json")];
            let answer = request_with(at, "PUT", &path(iamat.client), &json, &body);
            let record = match answer.status {
                200 => answer.json(),
                409 => answer.json()["current"].clone(),
                _ => return Some(refused),
            };
            Some(written(&record))
        }
        Command::WhatsAt(whatsat) => {
            let (radius, limit) = (whatsat.radius_um, whatsat.bound);
            let radius = format!("{}.{:09}", radius / 1_000_000_000, radius % 1_000_000_000);
            let query = format!("/places?radius_km={radius}&limit={limit}");
            let answer = request(at, "GET", &format!("{}{query}", path(whatsat.client)));
            if answer.status != 200 {
                return Some(refused);
            }
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let near: Near = serde_json::from_str(&text).expect("a record and places");
            let record = serde_json::from_str(near.record.get()).expect("a record");
            Some([&*written(&record), near.places.get().as_bytes(), b"\n\n"].concat())
        }
        Command::Put(put) => {
            let stamp = String::from_utf8_lossy(put.stamp_text).into_owned();
            let path = format!("/v1/data/{}?stamp={stamp}", id(put.key));
            let answer = request_with(at, "PUT", &path, &[], put.data);
            let head = match answer.status {
                200 => answer.json(),
                409 => answer.json()["current"].clone(),
                _ => return Some(refused),
            };
            let text = |name: &str| head[name].as_str().expect(name).to_owned();
            let (server, skew, key) = (text("server"), text("skew"), text("key"));
            let (stamp, length) = (text("stamp"), &head["length"]);
            Some(format!("KEPT {server} {skew} {key} {stamp} {length}\n").into_bytes())
        }
        Command::Get(get) => {
            let answer = request(at, "GET", &format!("/v1/data/{}", id(get.key)));
            if answer.status != 200 {
                return Some(refused);
            }
            let text = |name: &str| answer.header(name).expect(name).to_owned();
            let (server, skew) = (text("herd-server"), text("herd-skew"));
            let (key, stamp) = (String::from_utf8_lossy(get.key), text("herd-stamp"));
            let head = format!("DATA {server} {skew} {key} {stamp} {}\n", answer.body.len());
            Some([head.as_bytes(), &*answer.body, b"\n"].concat())
        }
        Command::At(_) | Command::Herd(_) | Command::Watch(_) => None,
    }
}

#[derive(serde::Deserialize)]
struct Near {
    record: Box<RawValue>,
    places: Box<RawValue>,
}

/// A record as it is written, whatever bytes its client is of.
fn written(record: &serde_json::Value) -> Vec<u8> {
    let text = |name: &str| record[name].as_str().expect(name).to_owned();
    let mut line = format!("AT {} {} ", text("server"), text("skew")).into_bytes();
    let id = text("id");
    let mut rest = id.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two digits");
                line.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = after;
            }
            (byte, _) => line.push(*byte),
        }
    }
    line.extend(format!(" {} {}\n", text("location"), text("stamp")).as_bytes());
    line
}
