//! What a server is told before it starts.

use std::collections::BTreeMap;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use herd_core::node::{Classic, incarnation_after, incarnation_at};
use herd_core::{Config, Direction, Overlay, PeerId, Style};

use super::Door;
use crate::config::{Herd, Member};
use crate::disk::Disk;
use crate::live::{Cut, Feed};
use crate::log::Log;
use crate::tape::Tape;
use crate::{clock, server};

/// What a server is told before it starts.
#[derive(Debug)]
pub struct Settings {
    /// What its node is told.
    pub config: Arc<Config>,
    /// Where each neighbour is reached; `None` where it only dials us.
    pub addresses: Vec<Option<String>>,
    /// Bounds of the driver's own.
    pub limits: Limits,
    /// Who is let in.
    pub door: Door,
    /// Its log. (Taken by the server.)
    pub log: Option<Log>,
    /// Its disk, if it has one. (Taken by the server.)
    pub(crate) disk: Option<Disk>,
    /// Its tape, if it has one. (Taken by the server.)
    pub(crate) tape: Option<Tape>,
    /// Its socket for QUIC, if it is to have one. (Taken by the server.)
    pub(crate) udp: Option<UdpSocket>,
    /// What is noted for those who watch.
    pub(crate) feed: Arc<Feed>,
    /// What was done by hand before it starts.
    pub(crate) hand: Hand,
}

/// What a server has for itself, for one life.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) log: Option<Log>,
    pub(crate) disk: Option<Disk>,
    pub(crate) tape: Option<Tape>,
    pub(crate) udp: Option<UdpSocket>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) hand: Hand,
}

/// What was done by hand before a server starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hand {
    /// The neighbours it is cut from, and how.
    pub(crate) cuts: BTreeMap<Box<str>, Cut>,
    /// Who starts it, in words, if somebody does.
    pub(crate) by: Option<String>,
}

/// Bounds of the driver's own. Those of addresses and times do not hold for this machine's own
/// connections, unless they are to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections open at once.
    pub connections: usize,
    /// Of them from one address.
    pub per_address: usize,
    /// Lines a second from one address, and connections that open count as lines; 0: any number.
    pub lines_per_second: u32,
    /// How long a client may say nothing and be told nothing; zero: for ever.
    pub idle: Duration,
    /// How long a line may take from its first byte to its end; zero: for ever.
    pub half_line: Duration,
    /// Whether all this holds for connections from this machine, too.
    pub loopback: bool,
    /// How long a connection may take nothing of what is written to it.
    pub stuck: Duration,
    /// Bytes that may wait for all clients together: the largest Places answers for hundreds.
    pub waiting: usize,
    /// How far the servers' wall clocks are made to be ahead of the machine's, ns.
    pub clock_ahead: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            per_address: 256,
            lines_per_second: 10_000,
            idle: Duration::from_secs(600),
            half_line: Duration::from_secs(30),
            loopback: false,
            stuck: Duration::from_secs(30),
            waiting: 256 << 20,
            clock_ahead: 0,
        }
    }
}

impl Settings {
    /// What the server `member` of `herd` is told when it starts now, with [its map](Herd::map).
    #[must_use]
    pub(crate) fn of(
        herd: &Herd,
        member: &Member,
        map: Option<Arc<Overlay>>,
        limits: Limits,
        door: Door,
        own: Own,
    ) -> Self {
        let Own { log, disk, tape, udp, feed, hand } = own;
        // Later than every life the disk knows of, whatever the clock says.
        let drawn = server::random();
        let earlier = disk.as_ref().map_or(0, |disk| incarnation_after(disk.incarnation(), drawn));
        let started = clock::wall().plus(limits.clock_ahead);
        let incarnation = incarnation_at(started, drawn).max(earlier);
        let config = herd.core_config(member, map, incarnation, server::random());
        let addresses = member.neighbours.iter().map(|neighbour| neighbour.address.clone());
        let (config, addresses) = (Arc::new(config), addresses.collect());
        Self { config, addresses, limits, door, log, disk, tape, udp, feed, hand }
    }

    /// Whether a classic neighbour is configured with this address, and which.
    pub(super) fn classic(&self, from: IpAddr) -> Classic {
        let mut found = Classic::No;
        for (index, peer) in (0_u16..).zip(&self.config.peers) {
            if peer.style != Style::Classic || peer.direction == Direction::Out {
                continue;
            }
            let host = self.addresses[usize::from(index)].as_deref().and_then(host_of);
            if host == Some(from.to_canonical()) {
                found = match found {
                    Classic::No => Classic::One(PeerId(index)),
                    Classic::One(_) | Classic::Several => Classic::Several,
                };
            }
        }
        found
    }
}

/// The IP address in `HOST:PORT`. A classic neighbour is known by its address, so it needs one:
/// a name (but localhost) is none.
fn host_of(address: &str) -> Option<IpAddr> {
    let (host, _) = address.rsplit_once(':')?;
    if host == "localhost" {
        return Some(IpAddr::from([127, 0, 0, 1]));
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}
