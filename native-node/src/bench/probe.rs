//! Whether every server has what was sent.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::time;

use super::load::share;
use super::{BenchError, Load, Target};
use crate::client::Line;
use crate::clock;

/// How long updates may take to get everywhere.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a server that does not have it yet is asked again.
const AGAIN: Duration = Duration::from_micros(500);
/// Clients whose last update is looked for at every server.
const SAMPLE: u64 = 20;

/// Waits until every server has a sentinel from every server.
pub(super) async fn replicated(servers: &[Target], load: &Load) -> Result<(), BenchError> {
    let told = &servers[..servers.len().min(load.connections)];
    let stamp = clock::wall();
    for (number, server) in told.iter().enumerate() {
        let line = format!("IAMAT sentinel-{number} +00.0+000.0 {stamp}\n");
        let answer = Probe::open(server).await?.ask(&line).await?;
        if !answer.starts_with("AT ") {
            return Err(BenchError::Refused(answer));
        }
    }
    let stamp = stamp.to_string();
    for server in servers {
        let mut probe = Probe::open(server).await?;
        for number in 0..told.len() {
            probe.wait_for(&format!("sentinel-{number}"), &stamp).await?;
        }
    }
    Ok(())
}

/// Looks for the last update of some clients at every server.
pub(super) async fn sample(servers: &[Target], load: &Load) -> Result<(), BenchError> {
    for server in servers {
        let mut probe = Probe::open(server).await?;
        for pick in 0..SAMPLE {
            let number = usize::try_from(pick).unwrap_or_default() % load.connections;
            let share = share(load, number);
            if share.updates == 0 {
                continue;
            }
            let index = pick.wrapping_mul(7_919) % share.updates;
            // The latitude of an update ends in its number.
            let client = share.client(index);
            let digits = format!(".{:06}-", share.last(index) % 1_000_000);
            probe.wait_for(&client, &digits).await?;
        }
    }
    Ok(())
}

struct Probe {
    address: SocketAddr,
    stream: BufStream<Box<dyn Line>>,
}

impl Probe {
    async fn open(server: &Target) -> Result<Self, BenchError> {
        let stream = server.open().await?;
        Ok(Self { address: server.address, stream: BufStream::new(stream) })
    }

    /// Says a line; the first line of the answer.
    async fn ask(&mut self, line: &str) -> Result<String, BenchError> {
        let exchange = async {
            self.stream.write_all(line.as_bytes()).await?;
            self.stream.flush().await?;
            let mut answer = String::new();
            self.stream.read_line(&mut answer).await?;
            Ok(answer)
        };
        exchange.await.map_err(|error| BenchError::Connection(self.address, error))
    }

    /// Asks about `client` until its line has `what` in it.
    async fn wait_for(&mut self, client: &str, what: &str) -> Result<(), BenchError> {
        let line = format!("WHATSAT {client} 1 1\n");
        let until_there = async {
            loop {
                let answer = self.ask(&line).await?;
                if answer.starts_with("AT ") {
                    self.skip_places().await?;
                    if answer.contains(what) {
                        return Ok(());
                    }
                }
                time::sleep(AGAIN).await;
            }
        };
        match time::timeout(PATIENCE, until_there).await {
            Ok(found) => found,
            Err(_) => Err(BenchError::NotReplicated(self.address, format!("{client} {what}"))),
        }
    }

    /// Reads what follows the line: the answer ends in an empty line.
    async fn skip_places(&mut self) -> Result<(), BenchError> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.stream.read_line(&mut line).await;
            read.map_err(|error| BenchError::Connection(self.address, error))?;
            if line == "\n" || line.is_empty() {
                return Ok(());
            }
        }
    }
}
