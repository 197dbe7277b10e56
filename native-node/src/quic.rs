//! QUIC (RFC 9000): a connection of lines, or a link, is the one bidirectional stream of a QUIC
//! connection, so whoever reads it sees the same ordered bytes as over TCP.
//!
//! Keys are those of TLS ([`crate::keys::tls`]); what is spoken is called [`ALPN`]. Nothing is sent
//! before hands are shaken (no early data), datagrams are off, and no connection has a second stream.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use quinn::crypto::HandshakeTokenKey;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, EndpointConfig, IdleTimeout, RecvStream,
    SendStream, ServerConfig, TokioRuntime, TransportConfig, VarInt,
};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::lookup_host;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::keys::tls::ANY_NAME;

/// What is spoken, as hands are shaken (RFC 7301).
pub const ALPN: &[u8] = b"herd/1";

/// Bytes on their way from a client, and to one: all that a connection holds besides what its
/// server has read and written.
const CLIENT_WINDOW: u32 = 64 << 10;
/// The same of a link: what a network of 100 Mbit/s and 300 ms holds.
const LINK_WINDOW: u32 = 4 << 20;
/// A connection of which nothing arrives for so long is lost …
const IDLE: Duration = Duration::from_secs(60);
/// … and so often it is asked whether it is there, which also keeps routers from forgetting it.
const ASK: Duration = Duration::from_secs(20);
/// The same for links, as over TCP: the herd is to notice soon.
const LINK_IDLE: Duration = Duration::from_secs(5);
const LINK_ASK: Duration = Duration::from_secs(2);
/// How long the other side may take to acknowledge what was said last.
const LINGER: Duration = Duration::from_secs(2);
/// Connections whose addresses are proven, and that wait to be looked at; more are refused.
const WAITING: usize = 256;
/// Bytes that are kept of what one of them says meanwhile, and all.
const WAITING_BYTES: u64 = 16 << 10;
const WAITING_BYTES_ALL: u64 = 1 << 20;

/// What proofs of addresses are made with: the same as long as the process lives. Who is sent a second
/// Retry, as its proof is of a key before a reload, would not hear it (RFC 9000, section 17.2.5.2).
static PROOFS: LazyLock<Arc<Prk>> = LazyLock::new(|| {
    let mut drawn = [0_u8; 64];
    SystemRandom::new().fill(&mut drawn).expect("the system draws random numbers");
    Arc::new(Salt::new(HKDF_SHA256, &[]).extract(&drawn))
});

/// How a server is dialed over QUIC, by what its TLS is to be.
///
/// # Errors
/// Its TLS cannot be that of QUIC (which only a bug can cause).
pub fn server_config(tls: &rustls::ServerConfig) -> io::Result<ServerConfig> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let crypto = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.token_key(Arc::clone(&PROOFS) as Arc<dyn HandshakeTokenKey>);
    config.transport_config(Arc::new(transport(IDLE, ASK)));
    config.max_incoming(WAITING);
    config.incoming_buffer_size(WAITING_BYTES);
    config.incoming_buffer_size_total(WAITING_BYTES_ALL);
    Ok(config)
}

/// How a client dials, by what its TLS is to be.
///
/// # Errors
/// As [`server_config`].
pub fn client_config(tls: &rustls::ClientConfig) -> io::Result<ClientConfig> {
    dialing(tls, transport(IDLE, ASK))
}

/// How a server dials its neighbours.
///
/// # Errors
/// As [`server_config`].
pub(crate) fn link_config(tls: &rustls::ClientConfig) -> io::Result<ClientConfig> {
    let mut transport = transport(LINK_IDLE, LINK_ASK);
    transport.receive_window(LINK_WINDOW.into()).send_window(LINK_WINDOW.into());
    dialing(tls, transport)
}

fn dialing(tls: &rustls::ClientConfig, transport: TransportConfig) -> io::Result<ClientConfig> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let crypto = QuicClientConfig::try_from(tls).map_err(io::Error::other)?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

fn transport(idle: Duration, ask: Duration) -> TransportConfig {
    let mut config = TransportConfig::default();
    let idle = IdleTimeout::try_from(idle).expect("a minute is no long time");
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        // What the stream may take is bounded by the connection, whose window a link widens.
        .stream_receive_window(LINK_WINDOW.into())
        .receive_window(CLIENT_WINDOW.into())
        .send_window(CLIENT_WINDOW.into())
        .max_idle_timeout(Some(idle))
        .keep_alive_interval(Some(ask));
    config
}

/// A socket at this address.
///
/// # Errors
/// What the system says; `AddrInUse` when somebody listens there.
pub fn listen(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Who speaks QUIC on a socket. To be called on a runtime, which then does its work.
///
/// # Errors
/// What the system says.
pub fn endpoint(socket: UdpSocket, config: Option<ServerConfig>) -> io::Result<Endpoint> {
    Endpoint::new(EndpointConfig::default(), config, socket, Arc::new(TokioRuntime))
}

/// The certificate that the other side of a connection has shown.
pub(crate) fn certificate(connection: &Connection) -> Option<CertificateDer<'static>> {
    let shown = connection.peer_identity()?;
    shown.downcast::<Vec<CertificateDer<'static>>>().ok()?.first().cloned()
}

/// The stream of a QUIC connection.
#[derive(Debug)]
pub struct QuicStream {
    send: SendStream,
    recv: RecvStream,
    connection: Connection,
    local: Option<SocketAddr>,
    runtime: Handle,
}

impl QuicStream {
    /// The stream that was opened on a connection; `local` is where this side is. To be called on
    /// the runtime that does the connection's work.
    #[must_use]
    pub fn new(
        connection: Connection,
        (send, recv): (SendStream, RecvStream),
        local: Option<SocketAddr>,
    ) -> Self {
        Self { send, recv, connection, local, runtime: Handle::current() }
    }

    /// Dials `HOST:PORT`, on a socket of its own, and opens the stream.
    ///
    /// # Errors
    /// What the system or the other side says.
    pub async fn connect(address: &str, config: &ClientConfig) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for to in lookup_host(address).await? {
            match Self::connect_to(to, config).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_to(to: SocketAddr, config: &ClientConfig) -> io::Result<Self> {
        let endpoint = endpoint(socket_to(to)?, None)?;
        let connecting = endpoint.connect_with(config.clone(), to, ANY_NAME);
        let connection = connecting.map_err(io::Error::other)?.await.map_err(plain_words)?;
        let stream = connection.open_bi().await.map_err(plain_words)?;
        Ok(Self::new(connection, stream, endpoint.local_addr().ok()))
    }

    /// Where the other side is.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.connection.remote_address()
    }

    /// Where this side is, if that is known.
    #[must_use]
    pub const fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// It is a link: more may be on its way.
    pub(crate) fn widen(&self) {
        self.connection.set_receive_window(LINK_WINDOW.into());
        self.connection.set_send_window(LINK_WINDOW.into());
    }

    /// Says that nothing more will come.
    pub fn finish(&mut self) {
        // It may have ended already, or the other side wants no more.
        let _ = self.send.finish();
    }

    /// The connection, to be closed whatever was not acknowledged, or watched.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }
}

impl Drop for QuicStream {
    /// As the system does with a socket: what was said still arrives, then the connection closes.
    fn drop(&mut self) {
        self.finish();
        let (taken, connection) = (self.send.stopped(), self.connection.clone());
        self.runtime.spawn(async move {
            // Taken, lost, or not in time.
            let _ = timeout(LINGER, taken).await;
            connection.close(VarInt::from_u32(0), b"");
        });
    }
}

impl AsyncRead for QuicStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        AsyncRead::poll_read(Pin::new(&mut self.recv), cx, into)
    }
}

impl AsyncWrite for QuicStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.send), cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.finish();
        Poll::Ready(Ok(()))
    }
}

/// A socket from which that address is dialed, bound to the address it will be seen from: whoever
/// compares what two servers have seen knows the connection by that.
fn socket_to(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let way = UdpSocket::bind((any, 0))?;
    // Sends nothing: the system only chooses the way.
    way.connect(to)?;
    listen(SocketAddr::new(way.local_addr()?.ip(), 0))
}

/// What quinn says, where it says it in names of its own.
pub(crate) fn plain_words(why: ConnectionError) -> io::Error {
    let why = match why {
        ConnectionError::TransportError(error) if !error.reason.is_empty() => error.reason,
        ConnectionError::ConnectionClosed(close) if !close.reason.is_empty() => {
            String::from_utf8_lossy(&close.reason).into_owned()
        }
        ConnectionError::TimedOut => {
            return io::Error::new(io::ErrorKind::TimedOut, "no answer over QUIC");
        }
        other @ (ConnectionError::VersionMismatch
        | ConnectionError::TransportError(_)
        | ConnectionError::ConnectionClosed(_)
        | ConnectionError::ApplicationClosed(_)
        | ConnectionError::Reset
        | ConnectionError::LocallyClosed
        | ConnectionError::CidsExhausted) => return other.into(),
    };
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}
