//! What a connection's bytes come through: a socket, TLS over one, QUIC, or a pipe to another task of this
//! process.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

use crate::quic::{self, QuicStream};

/// What a connection's bytes come through. The server reads and writes lines and frames on it,
/// whatever it is.
#[derive(Debug)]
pub enum Stream {
    /// A socket.
    Tcp(TcpStream),
    /// TLS over a socket, hands shaken.
    Tls(Box<TlsStream<TcpStream>>),
    /// The stream of a QUIC connection.
    Quic(Box<QuicStream>),
    /// A pipe to a task of this process, which translates for somebody: see
    /// [`Inbox::join`](super::Inbox::join).
    Pipe(DuplexStream),
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        // Batches are whole; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        Self::Tcp(stream)
    }
}

impl Stream {
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Quic(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, into),
        }
    }

    /// Whether a read may give more at once, after one that has not filled its buffer. If not, the
    /// waker will hear of more.
    pub(super) fn has_more(&self, cx: &mut Context<'_>) -> bool {
        match self {
            // Costs no system call: such a read has emptied the socket.
            Self::Tcp(stream) => stream.poll_read_ready(cx).is_ready(),
            // Only reading can tell.
            Self::Tls(_) | Self::Quic(_) | Self::Pipe(_) => true,
        }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Quic(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Pipe(pipe) => Pin::new(pipe).poll_write(cx, bytes),
        }
    }

    /// Has what was written leave, where it is held on its way.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(_) | Self::Quic(_) | Self::Pipe(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Tells the other side that nothing more will come.
    pub(super) fn end_writing(&mut self, cx: &mut Context<'_>) {
        match self {
            Self::Tcp(stream) => {
                let _ = SockRef::from(&*stream).shutdown(std::net::Shutdown::Write);
            }
            // All was flushed: the goodbye has room, and so has the end of a pipe.
            Self::Tls(stream) => {
                let _ = Pin::new(stream).poll_shutdown(cx);
            }
            Self::Quic(stream) => stream.finish(),
            Self::Pipe(pipe) => {
                let _ = Pin::new(pipe).poll_shutdown(cx);
            }
        }
    }

    /// Says goodbye before it is closed, where the other side would else take the end for a cut.
    pub(super) fn part(&mut self, cx: &mut Context<'_>) {
        match self {
            Self::Tls(_) => self.end_writing(cx),
            // QUIC says it when it is dropped.
            Self::Tcp(_) | Self::Quic(_) | Self::Pipe(_) => {}
        }
    }

    /// This side's address, if it has one.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            Self::Tls(stream) => stream.get_ref().0.local_addr().ok(),
            Self::Quic(stream) => stream.local(),
            Self::Pipe(_) => None,
        }
    }

    /// The certificate that the other side has shown.
    pub(super) fn certificate(&self) -> Option<CertificateDer<'static>> {
        match self {
            Self::Tls(stream) => {
                let (_, session) = stream.get_ref();
                session.peer_certificates()?.first().cloned()
            }
            Self::Quic(stream) => quic::certificate(&stream.connection()),
            Self::Tcp(_) | Self::Pipe(_) => None,
        }
    }

    /// Makes TCP ask after the other side once it was silent for `idle`, and give up when it
    /// acknowledges nothing for `limit`. A system that cannot still works: the greeting and repair
    /// do not depend on it.
    pub(super) fn watch(&self, idle: Duration, limit: Duration) {
        match self {
            Self::Tcp(stream) => {
                let _ = watch(stream, idle, limit);
            }
            Self::Tls(stream) => {
                let _ = watch(stream.get_ref().0, idle, limit);
            }
            // It asks by itself.
            Self::Quic(_) | Self::Pipe(_) => {}
        }
    }
}

fn watch(stream: &TcpStream, idle: Duration, limit: Duration) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(idle).with_interval(idle / 2);
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    let keepalive = keepalive.with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(limit))?;
    #[cfg(not(target_os = "linux"))]
    let _ = limit;
    Ok(())
}
