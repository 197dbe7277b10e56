//! New connections: those others open, and those we do.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::task::{Context, Poll, Waker};

use herd_core::node::Classic;
use herd_core::time::MILLISECOND;
use herd_core::{Input, Opening, PeerId};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::Server;
use super::conn::Conn;
use super::stream::Stream;

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
                Poll::Ready(Ok((stream, from))) => self.joined(stream.into(), from),
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

    /// Somebody has connected, over the network or through a task of this process.
    pub(super) fn joined(&mut self, mut stream: Stream, from: SocketAddr) {
        if self.stop_at.is_some() {
            // As if it had come after the listener was gone.
            return;
        }
        let most = self.settings.limits.connections;
        if self.conns.len() >= most {
            self.journal.refused(self.now, from, most);
            // What is new has room for a line; if not, closing says enough.
            let _ = stream.poll_write(
                &mut Context::from_waker(Waker::noop()),
                b"? this server has too many connections\n",
            );
            return;
        }
        let classic = match stream {
            Stream::Tcp(_) => self.settings.classic(from.ip()),
            // Prototypes have sockets.
            Stream::Pipe(_) => Classic::No,
        };
        let conn = Conn::new(stream, from, self.ready.ear(self.conns.next().0));
        conn.watch();
        self.opened(conn, Opening::Accepted { classic });
    }

    /// A connection to a neighbour is open, or could not be opened.
    pub(super) fn dialed(&mut self, peer: PeerId, result: io::Result<TcpStream>) {
        let opened = result.and_then(|stream| stream.peer_addr().map(|from| (stream, from)));
        match opened {
            Ok((stream, from)) => {
                let mut conn = Conn::new(stream.into(), from, self.ready.ear(self.conns.next().0));
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

    fn opened(&mut self, conn: Conn, how: Opening) {
        self.now = self.clock.now();
        let from = conn.from;
        let ear = conn.ear.clone();
        let id = self.conns.add(conn);
        self.journal.opened(self.now, id, from, how);
        self.handle(Input::Opened { conn: id, how });
        // It may have said something already; if not, this registers the ear.
        ear.ring();
    }
}

/// Whether an error is about the one connection that was not accepted.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
