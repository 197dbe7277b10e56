//! What two neighbours are linked through, and a test can cut: over TCP a [`Proxy`], over UDP one that
//! forwards datagrams.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::tcp_proxy::Proxy;

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
            Self::Udp(datagrams) => datagrams.cut.store(true, Ordering::Relaxed),
        }
    }

    /// Forwards again.
    pub fn heal(&self) {
        match self {
            Self::Tcp(proxy) => proxy.heal(),
            Self::Udp(datagrams) => datagrams.cut.store(false, Ordering::Relaxed),
        }
    }
}

/// Forwards datagrams to an address, from each sender by a socket of its own, and back.
#[derive(Debug)]
pub struct Datagrams {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Datagrams {
    fn to(target: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let address = socket.local_addr().expect("a socket has an address");
        let cut = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&cut);
        thread::spawn(move || forward(&socket, target, &own));
        Self { address, cut }
    }
}

fn forward(socket: &UdpSocket, target: SocketAddr, cut: &Arc<AtomicBool>) {
    let mut ways: BTreeMap<SocketAddr, UdpSocket> = BTreeMap::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        // Of who has gone the system may say so; others go on.
        let Ok((size, from)) = socket.recv_from(&mut buffer) else { continue };
        if cut.load(Ordering::Relaxed) {
            continue;
        }
        let way = ways.entry(from).or_insert_with(|| {
            let way = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
            way.connect(target).expect("an address of this machine");
            let back = socket.try_clone().expect("a descriptor is free");
            let (there, cut) = (way.try_clone().expect("a descriptor is free"), Arc::clone(cut));
            thread::spawn(move || answer(&there, &back, from, &cut));
            way
        });
        // A datagram may be lost.
        let _ = way.send(&buffer[..size]);
    }
}

fn answer(there: &UdpSocket, back: &UdpSocket, to: SocketAddr, cut: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        // Nobody may listen there now, and somebody again later.
        let Ok(size) = there.recv(&mut buffer) else { continue };
        if !cut.load(Ordering::Relaxed) {
            let _ = back.send_to(&buffer[..size], to);
        }
    }
}
