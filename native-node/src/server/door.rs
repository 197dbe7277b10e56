//! Who is at the other end, before the node hears of a connection.
//!
//! All come through the same door: a first byte tells TLS from the enquiry of a shared key, and
//! both from a plain line. Hands are shaken outside the server's task, within a bounded time.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use herd_core::limits;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::Stream;
use crate::keys::shared::{self, ENQUIRY, Myself, SharedKey};
use crate::keys::tls::{self, Tls, any_name};
use crate::keys::tokens::Tokens;
use crate::keys::{Proof, folder};

/// How long two may take to show each other who they are: a few round trips of the slowest link.
pub(super) const PATIENCE: Duration = Duration::from_nanos(limits::GREETING_TIMEOUT);
/// Bytes that are read of who is not let in.
const UNREAD: u64 = 64 << 10;
/// How a TLS connection begins: the type of a handshake's record (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// Who is let in.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// How servers know each other.
    pub links: Links,
    /// Whether clients have to use TLS.
    pub tls_only: bool,
    /// Whether it is spoken to over QUIC, too, where there are certificates.
    pub quic: bool,
    /// Whether its neighbours are dialed over QUIC.
    pub quic_links: bool,
    /// The tokens of which a client has to show one.
    pub tokens: Option<Arc<Tokens>>,
    /// Where hands are shaken; else beside the server.
    pub runtime: Option<Handle>,
}

/// How servers know each other.
#[derive(Clone, Debug)]
pub enum Links {
    /// By what they say: on this machine only, or from everywhere.
    Plain {
        /// From everywhere.
        everywhere: bool,
    },
    /// By certificates. Clients may use TLS, too.
    Tls(Tls),
    /// By a key they share.
    Shared(SharedKey),
}

impl Default for Links {
    fn default() -> Self {
        Self::Plain { everywhere: false }
    }
}

/// A connection, and who has shown to be at its other end.
#[derive(Debug)]
pub struct Arrival {
    /// What is read and written.
    pub(super) stream: Stream,
    /// Who it is, if that was shown: a server of the herd.
    pub(super) proof: Option<Proof>,
}

/// How a neighbour is dialed.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Over TCP; what it is shown there.
    Tcp(Shown),
    /// Over QUIC, whose certificates are shown as hands are shaken.
    Quic(Box<quinn::ClientConfig>),
}

/// What a neighbour that is dialed is shown, and has to show.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    Nothing,
    Certificate(Arc<ClientConfig>),
    Key(SharedKey, Myself),
}

impl Door {
    /// Whether a connection shows who it is before anything else.
    pub(super) const fn asks(&self) -> bool {
        !matches!(self.links, Links::Plain { .. })
    }

    /// Runs `work` where it does not keep the server from its own.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        match &self.runtime {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        };
    }

    /// How the neighbour `name` is dialed, and what it is shown.
    ///
    /// # Errors
    /// What rustls says about the keys.
    pub(super) fn way_to(&self, name: &str, myself: Myself) -> io::Result<Way> {
        Ok(Way::Tcp(match &self.links {
            Links::Tls(tls) if self.quic_links => {
                return tls.quic_client(name).map(|config| Way::Quic(Box::new(config)));
            }
            Links::Plain { .. } => Shown::Nothing,
            Links::Tls(tls) => Shown::Certificate(tls.client(name).map_err(io::Error::other)?),
            Links::Shared(key) => Shown::Key(key.clone(), myself),
        }))
    }
}

/// Lets somebody in who has connected: hears how the connection begins, and shakes hands. Waits
/// for the first byte as long as `silence`.
///
/// # Errors
/// Who it is was not shown, or nothing was said in time.
pub(super) async fn receive(
    stream: TcpStream,
    door: Door,
    myself: Myself,
    silence: Option<Duration>,
) -> io::Result<Arrival> {
    let mut first = [0];
    let begins = stream.peek(&mut first);
    let size = match silence {
        Some(silence) => within(silence, begins).await?,
        None => begins.await?,
    };
    match (&door.links, first[0]) {
        (_, _) if size == 0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it said nothing")),
        (Links::Tls(tls), HANDSHAKE) => {
            let accepting = TlsAcceptor::from(tls.server()).accept(stream);
            let stream = within(PATIENCE, accepting).await?;
            let (_, session) = stream.get_ref();
            let certificate = session.peer_certificates().and_then(|chain| chain.first());
            // The authority has signed it; without a name of a server it is nobody's.
            let name = certificate.and_then(|certificate| folder::name_of(certificate));
            let proof = name.map(|name| Proof { name: name.into(), incarnation: None });
            Ok(Arrival { stream: Stream::Tls(Box::new(stream.into())), proof })
        }
        (Links::Shared(key), ENQUIRY) => {
            let mut stream = stream;
            let proof = within(PATIENCE, shared::dialed(&mut stream, key, &myself)).await?;
            Ok(Arrival { stream: stream.into(), proof: Some(proof) })
        }
        _ if door.tls_only => {
            within(PATIENCE, tell(stream, b"? this server is spoken to over TLS\n")).await?;
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it does not use TLS"))
        }
        _ => Ok(Arrival { stream: stream.into(), proof: None }),
    }
}

/// Says one thing and closes. What the other side says is thrown away until it closes, or has said
/// too much: closing with unread bytes would make TCP throw away what was told.
async fn tell(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(UNREAD);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(|_| ())
}

/// Shows a neighbour that was dialed who we are, and sees that it is `name`.
///
/// # Errors
/// It is not, or not in time.
pub(super) async fn enter(mut stream: TcpStream, name: &str, shown: Shown) -> io::Result<Arrival> {
    match shown {
        Shown::Nothing => Ok(Arrival { stream: stream.into(), proof: None }),
        Shown::Certificate(config) => {
            let connecting = TlsConnector::from(config).connect(any_name(), stream);
            let stream = within(PATIENCE, connecting).await.map_err(tls::explained)?;
            // Its certificate names it: nobody else would have been spoken to.
            let proof = Proof { name: name.into(), incarnation: None };
            Ok(Arrival { stream: Stream::Tls(Box::new(stream.into())), proof: Some(proof) })
        }
        Shown::Key(key, myself) => {
            let proof = within(PATIENCE, shared::dial(&mut stream, &key, &myself)).await?;
            if *proof.name != *name {
                let why = format!("it is {}", proof.name);
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
            }
            Ok(Arrival { stream: stream.into(), proof: Some(proof) })
        }
    }
}

pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it did not show who it is in time");
    time::timeout(patience, work).await.map_err(late)?
}
