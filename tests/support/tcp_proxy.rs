//! A wire between two neighbours that a test can cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Forwards connections to an address, unless it is cut.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cut: bool,
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

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forward(&self, stream: TcpStream, target: SocketAddr) {
        let mut state = self.lock();
        if state.cut {
            return;
        }
        let Ok(other) = TcpStream::connect(target) else { return };
        for (from, to) in [(&stream, &other), (&other, &stream)] {
            let _ = from.set_nodelay(true);
            let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone())
            else {
                return;
            };
            state.streams.push(kept);
            thread::spawn(move || copy(from, to));
        }
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(size) = from.read(&mut buffer) {
        if size == 0 || to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    // A half-close is passed on; where all has ended, there is nothing to pass on.
    let _ = to.shutdown(Shutdown::Write);
}
