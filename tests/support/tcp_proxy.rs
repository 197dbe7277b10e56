//! A wire between two neighbours that a test can cut, and make slow.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use herd_native_node::clock::Clock;

/// Forwards connections to an address, unless it is cut.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cut: bool,
    /// How long what passes is held.
    delay: Duration,
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy on a free port that forwards to `target`.
    ///
    /// # Panics
    /// If the machine has no port left.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let proxy = Self { address, state: Arc::default() };
        let own = proxy.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                own.forward(stream, target);
            }
        });
        proxy
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, and every new one at once.
    pub fn cut(&self) {
        let mut state = self.lock();
        state.cut = true;
        for stream in state.streams.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Forwards new connections again.
    pub fn heal(&self) {
        self.lock().cut = false;
    }

    /// Holds what passes for so long from now on: each read before the next, as a line of that
    /// delay and little bandwidth does.
    pub fn slow(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forward(&self, stream: TcpStream, target: SocketAddr) {
        let mut state = self.lock();
        if state.cut {
            return;
        }
        let Ok(other) = TcpStream::connect(target) else { return };
        // Those that have ended are not kept.
        state.streams.retain(|stream| stream.peer_addr().is_ok());
        for (from, to) in [(&stream, &other), (&other, &stream)] {
            let _ = from.set_nodelay(true);
            let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone())
            else {
                return;
            };
            state.streams.push(kept);
            let proxy = self.clone();
            thread::spawn(move || proxy.copy(from, to));
        }
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(size) = from.read(&mut buffer) {
            let delay = self.lock().delay;
            hold(delay);
            if size == 0 || to.write_all(&buffer[..size]).is_err() {
                break;
            }
        }
        // A half-close is passed on; where all has ended, there is nothing to pass on.
        let _ = to.shutdown(Shutdown::Write);
    }
}

/// Waits for so long: that is what a slow wire does.
pub(crate) fn hold(delay: Duration) {
    let clock = Clock::start();
    while let Some(left) = delay.checked_sub(clock.elapsed()).filter(|left| !left.is_zero()) {
        thread::park_timeout(left);
    }
}
