//! A client that speaks QUIC, for what the commands of `herd` do not do.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use herd_native_node::keys::tls::{ANY_NAME, for_clients};
use herd_native_node::quic::{client_config, endpoint};
use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::tcp::PATIENCE;

/// A connection of a client.
#[derive(Debug)]
pub struct QuicClient {
    /// What does its work, beside the test.
    runtime: Arc<Runtime>,
    /// Its socket.
    pub endpoint: Endpoint,
    /// The connection.
    pub connection: Connection,
    stream: Option<(SendStream, RecvStream)>,
}

/// A socket of this machine.
fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a port is free")
}

/// What a client says first to a server of that herd.
///
/// # Panics
/// If the keys or the machine are not as they should be.
#[must_use]
pub fn first_words(keys: &Path) -> Vec<u8> {
    let runtime = Runtime::new().expect("a runtime");
    let tls = for_clients(&keys.join("ca.pem")).expect("the herd's authority");
    let config = client_config(&tls).expect("it is of TLS 1.3");
    // Who takes it down stands in a server's place.
    let ear = socket();
    let there = ear.local_addr().expect("a socket has an address");
    let _on = runtime.enter();
    let endpoint = endpoint(socket(), None).expect("a socket");
    let _knocking = endpoint.connect_with(config, there, ANY_NAME).expect("an address");
    let mut first = vec![0; 2_048];
    let (size, _) = ear.recv_from(&mut first).expect("a client knocks");
    first.truncate(size);
    first
}

impl QuicClient {
    /// Dials a server of the herd whose keys lie in `keys`.
    ///
    /// # Errors
    /// It does not let us in.
    ///
    /// # Panics
    /// If the keys or the machine are not as they should be, or nothing comes of it.
    pub fn connect(server: SocketAddr, keys: &Path) -> Result<Self, ConnectionError> {
        let runtime = Arc::new(Runtime::new().expect("a runtime"));
        let tls = for_clients(&keys.join("ca.pem")).expect("the herd's authority");
        let config = client_config(&tls).expect("it is of TLS 1.3");
        let own = Arc::clone(&runtime);
        runtime.block_on(async move {
            let endpoint = endpoint(socket(), None).expect("a socket");
            let connecting = endpoint.connect_with(config, server, ANY_NAME);
            let connecting = connecting.expect("an address that can be dialed");
            let connected = timeout(PATIENCE, connecting).await.expect("in time");
            connected.map(|connection| Self { runtime: own, endpoint, connection, stream: None })
        })
    }

    /// Waits for something, not for ever.
    ///
    /// # Panics
    /// If it takes too long.
    #[track_caller]
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { timeout(PATIENCE, what).await.expect("in time") })
    }

    /// Is somewhere else from now on.
    ///
    /// # Panics
    /// If the machine has no port left.
    pub fn moves(&self) {
        let _on = self.runtime.enter();
        self.endpoint.rebind(socket()).expect("a socket");
    }

    fn stream(&mut self) -> &mut (SendStream, RecvStream) {
        if self.stream.is_none() {
            let opened = self.wait(self.connection.open_bi());
            self.stream = Some(opened.expect("one stream may be opened"));
        }
        self.stream.as_mut().expect("it was opened")
    }

    /// Says something.
    ///
    /// # Panics
    /// If the connection is lost.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let runtime = Arc::clone(&self.runtime);
        let (send, _) = self.stream();
        let sent =
            runtime.block_on(async { timeout(PATIENCE, send.write_all(bytes.as_ref())).await });
        sent.expect("in time").expect("the connection holds");
    }

    /// The next line, with its LF; what there is of it when the server has ended.
    ///
    /// # Panics
    /// If none comes.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let runtime = Arc::clone(&self.runtime);
        let (_, recv) = self.stream();
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") {
            let read = runtime.block_on(async { timeout(PATIENCE, recv.read(&mut byte)).await });
            match read.expect("a line or the end, in time") {
                Ok(Some(_)) => line.extend(byte),
                Ok(None) | Err(_) => break,
            }
        }
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Says a line; the first line of the answer.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\n"));
        self.line()
    }
}
