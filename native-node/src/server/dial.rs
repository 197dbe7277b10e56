//! Connecting to neighbours. The waits are the node's; only the jitter is ours.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::time::Duration;

use herd_core::{PeerId, limits};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time;

use super::News;

/// How long a connection may take to open.
const PATIENCE: Duration = Duration::from_nanos(limits::GREETING_TIMEOUT);

/// Opens a connection to `address` after a random wait below `jitter` ns and reports how it went.
/// Names are resolved anew every time.
pub(super) fn dial(peer: PeerId, address: String, jitter: u64, report: mpsc::Sender<News>) {
    tokio::spawn(async move {
        if jitter > 0 {
            time::sleep(Duration::from_nanos(random() % jitter)).await;
        }
        let result = match time::timeout(PATIENCE, TcpStream::connect(&address)).await {
            // A port that nobody listens on may be given to the very connection that is made to
            // it, which then talks to itself.
            Ok(Ok(stream)) if stream.local_addr().ok() == stream.peer_addr().ok() => {
                Err(io::Error::new(io::ErrorKind::ConnectionRefused, "nobody but ourselves"))
            }
            Ok(result) => result,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
        };
        // Where nobody listens any more, the server has ended.
        let _ = report.send(News::Dialed(peer, result)).await;
    });
}

/// A number nobody can foretell.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}
