//! The generator's connections.

use std::io::Write;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use super::{BenchError, Load, Target};
use crate::clock;

/// Sends the whole load; every update was accepted when it returns.
pub(super) async fn send(servers: &[Target], load: &Load) -> Result<(), BenchError> {
    let mut connections = JoinSet::new();
    let start = stamp_base();
    for number in 0..load.connections {
        let server = servers[number % servers.len()].clone();
        connections.spawn(connection(server, share(load, number), start));
    }
    while let Some(ended) = connections.join_next().await {
        ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    }
    Ok(())
}

/// What one connection sends: `updates` about clients of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) updates: u64,
    first: u64,
    step: u64,
    clients: u64,
    depth: u64,
}

pub(super) fn share(load: &Load, number: usize) -> Share {
    let step = load.connections as u64;
    let first = number as u64;
    let part = |whole: u64| whole / step + u64::from(first < whole % step);
    Share {
        updates: part(load.updates),
        first,
        step,
        clients: part(load.clients).max(1),
        depth: load.depth as u64,
    }
}

impl Share {
    /// Appends the `index`-th update of this connection.
    fn line(&self, out: &mut Vec<u8>, start: u64, index: u64) {
        let client = self.client(index);
        let micros = start + index;
        let (lat, lon) = (index % 90, index % 180);
        writeln!(
            out,
            "IAMAT {client} +{lat:02}.{:06}-{lon:03}.{:06} {}.{:06}",
            index % 1_000_000,
            client_digits(index),
            micros / 1_000_000,
            micros % 1_000_000
        )
        .expect("memory takes everything");
    }

    /// The client that the `index`-th update is about.
    pub(super) fn client(&self, index: u64) -> String {
        format!("client-{}", self.first + self.step * (index % self.clients))
    }

    /// The last update about the client that the `index`-th is about.
    pub(super) fn last(&self, index: u64) -> u64 {
        let rounds = (self.updates - 1 - index) / self.clients;
        index + rounds * self.clients
    }
}

const fn client_digits(index: u64) -> u64 {
    index.wrapping_mul(2_654_435_761) % 1_000_000
}

/// Microseconds since the epoch, an hour ago: no update is from the future.
pub(super) fn stamp_base() -> u64 {
    u64::try_from(clock::wall().0 / 1_000).unwrap_or_default().saturating_sub(3_600_000_000)
}

async fn connection(server: Target, share: Share, start: u64) -> Result<(), BenchError> {
    let error = |error| BenchError::Connection(server.address, error);
    let mut stream = server.open().await?;
    let (mut sent, mut answered) = (0, 0);
    let mut lines = Vec::new();
    let mut answers = vec![0; 64 << 10];
    let mut at_start = true;
    while answered < share.updates {
        lines.clear();
        while sent < share.updates && sent - answered < share.depth {
            share.line(&mut lines, start, sent);
            sent += 1;
        }
        stream.write_all(&lines).await.map_err(error)?;
        stream.flush().await.map_err(error)?;
        let size = stream.read(&mut answers).await.map_err(error)?;
        if size == 0 {
            return Err(error(std::io::ErrorKind::UnexpectedEof.into()));
        }
        for &byte in &answers[..size] {
            if at_start && byte != b'A' {
                let answer = String::from_utf8_lossy(&answers[..size]).into_owned();
                return Err(BenchError::Refused(answer));
            }
            at_start = byte == b'\n';
            answered += u64::from(at_start);
        }
    }
    Ok(())
}
