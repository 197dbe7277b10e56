//! The door for QUIC: a UDP socket beside the listening one.
//!
//! Who knocks proves its address first (a Retry packet, RFC 9000, section 8.1.2), so that nobody is
//! counted, answered at length, or shaken hands with on behalf of somebody else.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use quinn::{Endpoint, Incoming, VarInt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::conns::Conns;
use super::door::{Arrival, Door, Links, PATIENCE, within};
use super::{News, Server, Stream};
use crate::keys::tls::Tls;
use crate::keys::{Proof, folder};
use crate::quic::{self, QuicStream, plain_words};

/// How long what was said last may take to be acknowledged when the server stops.
const LINGER_AT_END: Duration = Duration::from_millis(250);

/// The door.
#[derive(Debug)]
pub(super) struct Knocks {
    endpoint: Endpoint,
}

impl Drop for Knocks {
    /// Everybody is told at once that the connection is closed, as when a process ends.
    fn drop(&mut self) {
        self.endpoint.close(VarInt::from_u32(0), b"");
    }
}

impl Knocks {
    /// Hears knocks on a socket, and reports them. On the door's runtime, if it has one.
    ///
    /// # Errors
    /// What the system or the keys say.
    fn open(
        socket: UdpSocket,
        tls: &Tls,
        runtime: Option<&Handle>,
        report: mpsc::Sender<News>,
    ) -> io::Result<Self> {
        let here = Handle::current();
        let _on = runtime.unwrap_or(&here).enter();
        let endpoint = quic::endpoint(socket, Some(tls.quic()?))?;
        tokio::spawn(hear(endpoint.clone(), report));
        Ok(Self { endpoint })
    }
}

/// Reports all who knock and have proven where they are.
async fn hear(endpoint: Endpoint, report: mpsc::Sender<News>) {
    while let Some(incoming) = endpoint.accept().await {
        if !incoming.remote_address_validated() {
            if let Err(unneeded) = incoming.retry() {
                unneeded.into_incoming().ignore();
            }
        } else if report.send(News::Knocked(Box::new(incoming))).await.is_err() {
            return;
        }
    }
}

impl Server {
    /// Opens the door for QUIC if there is to be one, gives it new keys, or shuts it. Connections
    /// that are open stay.
    ///
    /// # Errors
    /// What the system or the keys say; the door is as it was.
    pub(super) fn hang_door(&mut self, door: &Door, socket: Option<UdpSocket>) -> io::Result<()> {
        let tls = match &door.links {
            Links::Tls(tls) if door.quic => tls,
            Links::Tls(_) | Links::Plain { .. } | Links::Shared(_) => {
                if let Some(knocks) = &self.knocks {
                    knocks.endpoint.set_server_config(None);
                }
                return Ok(());
            }
        };
        if let Some(knocks) = &self.knocks {
            knocks.endpoint.set_server_config(Some(tls.quic()?));
            return Ok(());
        }
        let at = self.listener.as_ref().map(tokio::net::TcpListener::local_addr);
        let socket = match (socket, at) {
            (Some(socket), _) => socket,
            (None, Some(at)) => quic::listen(at?)?,
            // It is ending.
            (None, None) => return Ok(()),
        };
        let report = self.report.clone();
        self.knocks = Some(Knocks::open(socket, tls, door.runtime.as_ref(), report)?);
        Ok(())
    }

    /// Somebody knocks, from an address that is its own.
    pub(super) fn knocked(&mut self, incoming: Incoming) {
        if self.stop_at.is_some() {
            return incoming.refuse();
        }
        let from = incoming.remote_address();
        // There is no room for an answer in a refusal; it costs next to nothing instead.
        let Ok(guest) = self.enters(from) else { return incoming.refuse() };
        self.at_door += 1;
        let silence = guest.map(|_| self.settings.limits.idle).filter(|idle| !idle.is_zero());
        let at = self.listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let report = self.report.clone();
        self.settings.door.spawn(async move {
            let received = receive(incoming, at, silence);
            // Where nobody listens any more, the server has ended.
            let arrival = tokio::select! {
                arrival = received => arrival,
                () = report.closed() => return,
            };
            let _ = report.send(News::Received { arrival, from, guest }).await;
        });
    }

    /// Closes what is spoken over QUIC at once, as the system does with sockets of who is killed.
    pub(super) fn cut_quic(&mut self) {
        for connection in self.conns.iter_mut().filter_map(|(_, conn)| conn.quic()) {
            connection.close(VarInt::from_u32(0), b"");
        }
        self.knocks = None;
    }

    /// Waits until what was said over QUIC is acknowledged, not for long, and closes the door.
    pub(super) async fn shut_door(&mut self) {
        let Some(knocks) = self.knocks.take() else { return };
        let open: Vec<_> = self.conns.iter_mut().filter_map(|(_, conn)| conn.quic()).collect();
        // Each says that nothing more will come, and closes once that is known.
        self.conns = Conns::default();
        let ended = async {
            for connection in open {
                connection.closed().await;
            }
            knocks.endpoint.wait_idle().await;
        };
        // In time, or not.
        let _ = timeout(LINGER_AT_END, ended).await;
    }
}

/// Shakes hands with who knocks, and waits for its stream as long as `silence`.
async fn receive(
    incoming: Incoming,
    at: Option<SocketAddr>,
    silence: Option<Duration>,
) -> io::Result<Arrival> {
    let shaking = async { incoming.accept().map_err(plain_words)?.await.map_err(plain_words) };
    let connection = within(PATIENCE, shaking).await?;
    let opened = async { connection.accept_bi().await.map_err(plain_words) };
    let stream = match silence {
        Some(silence) => within(silence, opened).await?,
        None => opened.await?,
    };
    // The authority has signed it; without a name of a server it is nobody's.
    let name = quic::certificate(&connection).and_then(|shown| folder::name_of(&shown));
    let proof = name.map(|name| Proof { name: name.into(), incarnation: None });
    let ip = connection.local_ip();
    let local = at.map(|at| SocketAddr::new(ip.unwrap_or_else(|| at.ip()), at.port()));
    let stream = QuicStream::new(connection, stream, local);
    if proof.is_some() {
        stream.widen();
    }
    Ok(Arrival { stream: Stream::Quic(Box::new(stream)), proof })
}
