//! New connections: those others open, and those we do.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::task::{Context, Poll, Waker};

use herd_core::node::Classic;
use herd_core::time::MILLISECOND;
use herd_core::{Input, Opening, PeerId};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::conn::Conn;
use super::door::{self, Arrival, Links};
use super::gate::{Gate, LinkGate};
use super::guests::Guest;
use super::stream::Stream;
use super::{News, Server};
use crate::keys::Proof;
use crate::keys::shared::Myself;

/// Connections the system holds for us until we accept them: a thousand clients at once connect
/// without a retry.
const BACKLOG: i32 = 4096;
/// Connections accepted in one turn, so that a flood of them stops nobody else.
const ACCEPTED: usize = 256;
/// How long nothing is accepted when the system has no descriptor left.
const ACCEPT_PAUSE: u64 = 100 * MILLISECOND;

/// Listens on `address` (with `SO_REUSEADDR`, so that a restart works at once).
///
/// # Errors
/// What the system says; `AddrInUse` when somebody listens there.
pub fn listen(address: &str) -> io::Result<std::net::TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_on(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let two servers share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Server {
    /// Accepts whoever waits.
    pub(super) fn accept(&mut self) {
        self.listener_ear.taken();
        for _ in 0..ACCEPTED {
            let Some(listener) = &self.listener else { return };
            let mut cx = Context::from_waker(&self.listener_ear.waker);
            match listener.poll_accept(&mut cx) {
                Poll::Pending => return,
                Poll::Ready(Ok((stream, from))) => self.arrived(stream, from),
                Poll::Ready(Err(error)) if is_passing(&error) => {}
                Poll::Ready(Err(error)) => {
                    self.journal.error(self.now, &format!("no connection accepted: {error}"));
                    self.accept_again = Some(self.now.mono.plus(ACCEPT_PAUSE));
                    return;
                }
            }
        }
        self.listener_ear.ring();
    }

    /// Somebody has connected to our socket: shows who it is first, if that is asked.
    fn arrived(&mut self, stream: TcpStream, from: SocketAddr) {
        if !self.settings.door.asks() {
            return self.joined(stream.into(), from);
        }
        let guest = match self.enters(from) {
            Ok(guest) => guest,
            Err(answer) => return tell(&mut stream.into(), answer),
        };
        self.at_door += 1;
        let silence = guest.map(|_| self.settings.limits.idle).filter(|idle| !idle.is_zero());
        let (door, myself) = (self.settings.door.clone(), self.myself());
        let report = self.report.clone();
        self.settings.door.spawn(async move {
            let received = door::receive(stream, door, myself, silence);
            // Where nobody listens any more, the server has ended.
            let arrival = tokio::select! {
                arrival = received => arrival,
                () = report.closed() => return,
            };
            let news = News::Received { arrival, from, guest };
            let _ = report.send(news).await;
        });
    }

    /// Who was let in at the door, or not.
    pub(super) fn received(
        &mut self,
        arrival: io::Result<Arrival>,
        from: SocketAddr,
        guest: Option<Guest>,
    ) {
        self.at_door -= 1;
        let plain = matches!(&arrival, Ok(Arrival { stream: Stream::Tcp(_), proof: None }));
        if let Some(guest) = guest.filter(|_| !plain) {
            self.guests.shakes_hands(guest, self.now.mono);
        }
        match arrival.and_then(|arrival| self.believed(arrival)) {
            Ok(Arrival { stream, proof }) if self.stop_at.is_none() => {
                self.open(stream, from, proof, guest);
            }
            // It comes too late, as if after the listener was gone.
            Ok(_) => self.leaves(guest),
            Err(error) => {
                let why = format!("connection from {from}: {error}");
                self.journal.refused(self.now, &why);
                self.leaves(guest);
            }
        }
    }

    /// Somebody has connected, over the network or through a task of this process.
    pub(super) fn joined(&mut self, mut stream: Stream, from: SocketAddr) {
        if self.stop_at.is_some() {
            // As if it had come after the listener was gone.
            return;
        }
        match self.enters(from) {
            Ok(guest) => self.open(stream, from, None, guest),
            Err(answer) => tell(&mut stream, answer),
        }
    }

    /// Counts somebody in; whom the connection counts for. If there is no room, what to say.
    pub(super) fn enters(&mut self, from: SocketAddr) -> Result<Option<Guest>, &'static [u8]> {
        let most = self.settings.limits.connections;
        let guest = self.guests.guest(from.ip());
        if self.conns.len() + self.at_door >= most {
            let why = format!("connection from {from}: {most} are open already");
            self.journal.refused(self.now, &why);
            return Err(b"? this server has too many connections\n");
        }
        if guest.is_some_and(|guest| !self.guests.enters(guest, self.now.mono)) {
            let why = format!("connection from {from}: its address has or makes too many");
            self.journal.refused(self.now, &why);
            return Err(b"? too many connections from one address\n");
        }
        Ok(guest)
    }

    /// Counts somebody out.
    pub(super) fn leaves(&mut self, guest: Option<Guest>) {
        if let Some(guest) = guest {
            self.guests.leaves(guest);
        }
    }

    fn open(
        &mut self,
        stream: Stream,
        from: SocketAddr,
        proof: Option<Proof>,
        guest: Option<Guest>,
    ) {
        let door = &self.settings.door;
        let (classic, link) = match (&stream, proof) {
            (_, Some(proof)) => (Classic::No, LinkGate::Proven(proof)),
            // Neighbours have sockets, also those that are prototypes.
            (Stream::Pipe(_), None) => (Classic::No, LinkGate::Shut),
            (Stream::Tcp(_), None) => {
                let here = from.ip().to_canonical().is_loopback();
                let link = match door.links {
                    Links::Plain { everywhere } if everywhere || here => LinkGate::Open,
                    Links::Plain { .. } | Links::Tls(_) | Links::Shared(_) => LinkGate::Shut,
                };
                (self.settings.classic(from.ip()), link)
            }
            (Stream::Tls(_) | Stream::Quic(_), None) => (Classic::No, LinkGate::Shut),
        };
        // A prototype has no tokens.
        let tokens = door.tokens.as_ref().filter(|_| classic == Classic::No);
        let gate = Gate::new(tokens, link, &self.settings.hand.cuts);
        let mut conn = Conn::new(stream, from, self.ready.ear(self.conns.next().0));
        conn.gate = gate;
        conn.guest = guest;
        conn.watch();
        self.opened(conn, Opening::Accepted { classic });
        if guest.is_some() {
            self.sweep_later();
        }
    }

    /// A connection to a neighbour is open, or could not be opened.
    pub(super) fn dialed(&mut self, peer: PeerId, result: io::Result<(Arrival, SocketAddr)>) {
        let believed = |(arrival, from)| match self.is_cut(peer) {
            true => Err(cut()),
            false => Ok((self.believed(arrival)?, from)),
        };
        match result.and_then(believed) {
            Ok((Arrival { stream, proof }, from)) => {
                let mut conn = Conn::new(stream, from, self.ready.ear(self.conns.next().0));
                conn.gate = proof
                    .and_then(|proof| Gate::new(None, LinkGate::Proven(proof), &BTreeMap::new()));
                conn.link = Some(peer);
                conn.watch_closely();
                self.opened(conn, Opening::Dialed(peer));
            }
            Err(error) => {
                self.journal.unreachable(self.now, peer, &error);
                self.handle(Input::DialFailed(peer));
            }
        }
    }

    /// Who has come, unless that is somebody whose certificate was revoked while hands were shaken.
    fn believed(&self, arrival: Arrival) -> io::Result<Arrival> {
        if let Links::Tls(tls) = &self.settings.door.links
            && arrival.stream.certificate().is_some_and(|shown| tls.is_revoked(&shown))
        {
            let why = "its certificate is revoked";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        Ok(arrival)
    }

    /// Who we are, to who asks.
    pub(super) fn myself(&self) -> Myself {
        let config = &self.settings.config;
        Myself {
            cluster: config.cluster.clone(),
            name: config.name.clone(),
            incarnation: self.node.incarnation(),
        }
    }

    fn opened(&mut self, mut conn: Conn, how: Opening) {
        self.now = self.clock.now();
        conn.active = self.now.mono;
        let from = conn.from;
        let own = conn.local();
        let ear = conn.ear.clone();
        self.journal.opened(self.now, self.conns.next(), &conn, how);
        let id = self.conns.add(conn);
        if let (Some(tape), Some(own)) = (&mut self.tape, own) {
            tape.ends(self.now, id, &own.to_string(), &from.to_string());
        }
        self.handle(Input::Opened { conn: id, how });
        // It may have said something already; if not, this registers the ear.
        ear.ring();
    }
}

/// Why a neighbour that somebody has cut is not reached.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "cut by hand")
}

/// Says one thing to a connection that is closed then. What is new has room for a line; if not,
/// closing says enough.
fn tell(stream: &mut Stream, answer: &[u8]) {
    let _ = stream.poll_write(&mut Context::from_waker(Waker::noop()), answer);
}

/// Whether an error is about the one connection that was not accepted.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
