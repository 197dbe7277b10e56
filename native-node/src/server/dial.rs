//! Connecting to neighbours. The waits are the node's; only the jitter is ours.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use herd_core::{PeerId, limits};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time;

use super::door::{self, Arrival, Door, Way};
use super::{News, Stream};
use crate::keys::Proof;
use crate::quic::QuicStream;

/// How long a connection may take to open.
const PATIENCE: Duration = Duration::from_nanos(limits::GREETING_TIMEOUT);

/// A neighbour that is dialed.
#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) peer: PeerId,
    /// Who it has to be.
    pub(super) name: Box<str>,
    /// `HOST:PORT`. A name is resolved anew every time.
    pub(super) address: String,
    /// How, and what it is shown.
    pub(super) way: Way,
}

/// Opens a connection to a neighbour after a random wait below `jitter` ns and reports how it went.
/// QUIC is spoken where the door is kept.
pub(super) fn dial(to: Neighbour, jitter: u64, door: &Door, report: mpsc::Sender<News>) {
    let over_quic = matches!(to.way, Way::Quic(_));
    let dialing = async move {
        if jitter > 0 {
            time::sleep(Duration::from_nanos(random() % jitter)).await;
        }
        let peer = to.peer;
        let result = connect(to).await;
        // Where nobody listens any more, the server has ended.
        let _ = report.send(News::Dialed(peer, result)).await;
    };
    if over_quic {
        door.spawn(dialing);
    } else {
        tokio::spawn(dialing);
    }
}

async fn connect(to: Neighbour) -> io::Result<(Arrival, SocketAddr)> {
    let shown = match to.way {
        Way::Tcp(shown) => shown,
        Way::Quic(config) => {
            let connecting = QuicStream::connect(&to.address, &config);
            let stream = door::within(PATIENCE, connecting).await?;
            let from = stream.peer();
            // Its certificate names it: nobody else would have been spoken to.
            let proof = Some(Proof { name: to.name, incarnation: None });
            return Ok((Arrival { stream: Stream::Quic(Box::new(stream)), proof }, from));
        }
    };
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer");
    let connecting = TcpStream::connect(&to.address);
    let stream = time::timeout(PATIENCE, connecting).await.map_err(late)??;
    let from = stream.peer_addr()?;
    if stream.local_addr().is_ok_and(|own| own == from) {
        // A port that nobody listens on may be given to the very connection that is made to it,
        // which then talks to itself.
        return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "nobody but ourselves"));
    }
    let arrival = door::enter(stream, &to.name, shown).await?;
    Ok((arrival, from))
}

/// A number nobody can foretell.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}
