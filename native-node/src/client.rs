//! Saying lines to a server, and hearing what it answers: over TCP, over TLS, over QUIC.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::keys::tls;
use crate::quic::{self, QuicStream};

/// How long opening may take, and then each answer: more than a server waits for its Places service.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server says to a token it knows, before any answer.
pub const WELCOME: &[u8] = b"TOKEN accepted\n";

/// What lines go over.
#[derive(Clone, Debug)]
pub enum Over {
    /// TCP.
    Tcp,
    /// TLS, to a server of the herd whose authority [is known](tls::for_clients).
    Tls(Arc<ClientConfig>),
    /// QUIC, to such a server.
    Quic(Arc<ClientConfig>),
}

/// A connection to a server, whatever it goes over.
pub trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

impl Over {
    /// Opens a connection to the server at `HOST:PORT`, for who goes on talking.
    ///
    /// # Errors
    /// What the system, TLS or QUIC says; [`io::ErrorKind::TimedOut`] after ten seconds.
    pub async fn open(&self, address: &str) -> io::Result<Box<dyn Line>> {
        let opening = async {
            if let Self::Quic(config) = self {
                let stream = QuicStream::connect(address, &quic::client_config(config)?).await?;
                return Ok(Box::new(stream) as Box<dyn Line>);
            }
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let Self::Tls(config) = self else { return Ok(Box::new(stream) as Box<dyn Line>) };
            let shaking = TlsConnector::from(Arc::clone(config)).connect(tls::any_name(), stream);
            Ok(Box::new(shaking.await.map_err(tls::explained)?) as Box<dyn Line>)
        };
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it does not answer");
        timeout(PATIENCE, opening).await.map_err(late)?
    }

    /// Says these pieces, one after the other, to the server at `HOST:PORT`, and that no more will
    /// come; whatever it answers is added to `heard`, until it closes.
    ///
    /// # Errors
    /// What the system or TLS says; what was answered before that stays in `heard`, also what was
    /// answered in plain text where TLS was expected: who lets nobody in may say why.
    pub fn say(
        &self,
        address: &str,
        pieces: &[impl AsRef<[u8]>],
        heard: &mut Vec<u8>,
    ) -> io::Result<()> {
        match self {
            Self::Tcp => {
                let mut stream = connect(address)?;
                let said = say_all(&mut stream, pieces);
                // Where it hears no more, it may have said why.
                let ended = said.and_then(|()| stream.shutdown(Shutdown::Write));
                stream.read_to_end(heard).and(ended)
            }
            Self::Tls(config) => {
                let session = ClientConnection::new(Arc::clone(config), tls::any_name());
                let mut session = session.map_err(io::Error::other)?;
                let mut stream = connect(address)?;
                begin_tls(&mut session, &mut stream, heard)?;
                let mut stream = StreamOwned::new(session, stream);
                let said = say_all(&mut stream, pieces);
                stream.conn.send_close_notify();
                let ended = said.and_then(|()| stream.flush());
                stream.read_to_end(heard).and(ended).map_err(tls::explained)
            }
            Self::Quic(config) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(say_over_quic(config, address, pieces, heard))
            }
        }
    }
}

fn say_all(stream: &mut impl Write, pieces: &[impl AsRef<[u8]>]) -> io::Result<()> {
    for piece in pieces {
        stream.write_all(piece.as_ref())?;
        stream.flush()?;
    }
    Ok(())
}

/// Begins TLS, and sees that the other end does.
fn begin_tls(
    session: &mut ClientConnection,
    stream: &mut TcpStream,
    heard: &mut Vec<u8>,
) -> io::Result<()> {
    let hello = session.write_tls(stream);
    let mut first = [0];
    if stream.peek(&mut first)? == 0 || tls::is_spoken(first[0]) {
        return hello.map(|_| ());
    }
    // However that ends, it was no TLS. Nothing more is said, so that it need not wait.
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(heard);
    Err(tls::not_spoken())
}

async fn say_over_quic(
    config: &ClientConfig,
    address: &str,
    pieces: &[impl AsRef<[u8]>],
    heard: &mut Vec<u8>,
) -> io::Result<()> {
    let config = quic::client_config(config)?;
    let connecting = QuicStream::connect(address, &config);
    let mut stream = within(connecting).await?;
    let said = async {
        for piece in pieces {
            within(stream.write_all(piece.as_ref())).await?;
        }
        io::Result::Ok(())
    }
    .await;
    stream.finish();
    while within(stream.read_buf(heard)).await? > 0 {}
    // All is heard; the server need not wait for us. What tells it so leaves in another task, which has
    // one turn before the runtime ends.
    stream.connection().close(quinn::VarInt::from_u32(0), b"");
    tokio::task::yield_now().await;
    said
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer over QUIC");
    timeout(PATIENCE, work).await.map_err(late)?
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        let stream = match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => stream,
            Err(error) => {
                last = error;
                continue;
            }
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        return Ok(stream);
    }
    Err(last)
}
