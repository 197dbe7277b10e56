//! Connections to a server for those who ask over HTTP, and what they show to be let in.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::problem::Problem;
use crate::server::Inbox;

/// Bytes in what a server says to a token: less than a line it repeats.
const SAID_MAX: usize = 9 << 10;

/// Where a connection comes from: put into each of its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whence(pub(super) SocketAddr);

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    from: SocketAddr,
    /// The token of `Authorization: Bearer`.
    token: Option<Vec<u8>>,
}

impl Asker {
    /// Where it asks from.
    pub(super) const fn from(&self) -> SocketAddr {
        self.from
    }

    /// The token it shows.
    pub(super) fn token(&self) -> Option<&[u8]> {
        self.token.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let from = parts.extensions.get::<Whence>().map_or(nowhere, |from| from.0);
        let given = parts.headers.get(header::AUTHORIZATION).map(|given| given.as_bytes());
        let token = given.and_then(|given| given.split_at_checked(b"Bearer ".len()));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "));
        Ok(Self { from, token: token.map(|(_, token)| token.trim_ascii().to_vec()) })
    }
}

/// Opens a connection to a server, and shows the token if one was given.
pub(super) async fn enter(inbox: &Inbox, asker: &Asker) -> Result<DuplexStream, Problem> {
    let silent = |error: io::Error| Problem::silent(&error);
    let mut pipe = inbox.join(asker.from).await.map_err(silent)?;
    let Some(token) = &asker.token else { return Ok(pipe) };
    if token.is_empty() || token.iter().any(u8::is_ascii_whitespace) {
        return Err(Problem::stranger("A token has no white space."));
    }
    let line = [b"TOKEN ", &**token, b"\n"].concat();
    pipe.write_all(&line).await.map_err(silent)?;
    let mut said = Vec::new();
    while said.last() != Some(&b'\n') && said.len() < SAID_MAX {
        said.push(pipe.read_u8().await.map_err(silent)?);
    }
    // Where no token is wanted the line is repeated, as others that are not understood.
    if said == b"TOKEN accepted\n" || said == [b"? ", &*line].concat() {
        return Ok(pipe);
    }
    Err(Problem::refused(&line, &said))
}
