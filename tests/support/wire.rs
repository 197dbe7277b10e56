//! What two neighbours are linked through, and a test can cut: over TCP a [`Proxy`], over UDP one that
//! forwards datagrams.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::tcp_proxy::{Proxy, hold};

/// What forwards, unless it is cut.
#[derive(Debug)]
pub enum Wire {
    /// Connections.
    Tcp(Proxy),
    /// Datagrams: when it is cut, nobody is told.
    Udp(Datagrams),
}

impl Wire {
    /// A wire to `target`, for TCP or for datagrams.
    ///
    /// # Panics
    /// If the machine has no port left.
    #[must_use]
    pub fn to(target: SocketAddr, datagrams: bool) -> Self {
        if datagrams { Self::Udp(Datagrams::to(target)) } else { Self::Tcp(Proxy::to(target)) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        match self {
            Self::Tcp(proxy) => proxy.address(),
            Self::Udp(datagrams) => datagrams.address,
        }
    }

    /// Forwards nothing any more.
    pub fn cut(&self) {
        match self {
            Self::Tcp(proxy) => proxy.cut(),
            Self::Udp(datagrams) => datagrams.line.cut.store(true, Ordering::Relaxed),
        }
    }

    /// Forwards again.
    pub fn heal(&self) {
        match self {
            Self::Tcp(proxy) => proxy.heal(),
            Self::Udp(datagrams) => datagrams.line.cut.store(false, Ordering::Relaxed),
        }
    }

    /// Holds what passes for so long from now on: what is there, before what comes after it.
    pub fn slow(&self, delay: Duration) {
        match self {
            Self::Tcp(proxy) => proxy.slow(delay),
            Self::Udp(datagrams) => {
                let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                datagrams.line.delay_ms.store(ms, Ordering::Relaxed);
            }
        }
    }
}

/// Forwards datagrams to an address, from each sender by a socket of its own, and back.
#[derive(Debug)]
pub struct Datagrams {
    address: SocketAddr,
    line: Arc<Line>,
}

#[derive(Debug, Default)]
struct Line {
    cut: AtomicBool,
    delay_ms: AtomicU64,
}

impl Datagrams {
    fn to(target: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let address = socket.local_addr().expect("a socket has an address");
        let line = Arc::new(Line::default());
        let own = Arc::clone(&line);
        thread::spawn(move || forward(&socket, target, &own));
        Self { address, line }
    }
}

impl Line {
    /// Takes what comes to a socket, for ever, and passes on what is not cut.
    fn pass(&self, socket: &UdpSocket, mut on: impl FnMut(&[u8], SocketAddr)) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // Of who has gone the system may say so; others go on, and somebody may come.
            let mut came = socket.recv_from(&mut buffer);
            let delay = Duration::from_millis(self.delay_ms.load(Ordering::Relaxed));
            hold(delay);
            while let Ok((size, from)) = came {
                if !self.cut.load(Ordering::Relaxed) {
                    on(&buffer[..size], from);
                }
                if delay.is_zero() {
                    break;
                }
                // What has come meanwhile was held as well.
                socket.set_nonblocking(true).expect("a socket of ours");
                came = socket.recv_from(&mut buffer);
                socket.set_nonblocking(false).expect("a socket of ours");
            }
        }
    }
}

fn forward(socket: &UdpSocket, target: SocketAddr, line: &Arc<Line>) {
    let mut ways: BTreeMap<SocketAddr, UdpSocket> = BTreeMap::new();
    line.pass(socket, |datagram, from| {
        let way = ways.entry(from).or_insert_with(|| {
            let way = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
            way.connect(target).expect("an address of this machine");
            let back = socket.try_clone().expect("a descriptor is free");
            let (there, line) = (way.try_clone().expect("a descriptor is free"), Arc::clone(line));
            thread::spawn(move || {
                // A datagram may be lost.
                line.pass(&there, |datagram, _| drop(back.send_to(datagram, from)));
            });
            way
        });
        drop(way.send(datagram));
    });
}
