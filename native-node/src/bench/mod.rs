//! Load: how many updates a herd accepts and replicates, and what that costs.
//!
//! A generator thread keeps a fixed number of `IAMAT` lines unanswered on each of its connections.
//! An update is *accepted* when its `AT` line has come back, and *replicated* when every server
//! of the herd answers with it. The latter is asked about a sentinel client told to each server
//! after everything else (links keep the order, so what came before it is there, too), and then
//! checked on a sample of the clients.

mod load;
mod probe;
mod target;

use std::fmt;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

pub use self::target::Target;
use crate::clock::{self, Clock};

/// What is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Load {
    /// Updates in all.
    pub updates: u64,
    /// Different clients; each belongs to one connection.
    pub clients: u64,
    /// Connections, spread over the servers in turn.
    pub connections: usize,
    /// Unanswered lines per connection.
    pub depth: usize,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Report {
    /// Updates sent.
    pub updates: u64,
    /// From the first line to the last answer.
    pub accepted: Duration,
    /// From the first line to the last server having the last update.
    pub replicated: Duration,
    /// Processor time of everything in this process but the generator, where the system says.
    pub cpu: Option<Duration>,
}

/// Why there is no report.
#[derive(Debug)]
pub enum BenchError {
    /// A connection failed.
    Connection(SocketAddr, std::io::Error),
    /// A server did not accept the token.
    Stranger(SocketAddr),
    /// A server did not accept an update; what it said.
    Refused(String),
    /// Not every server had every update after a minute.
    NotReplicated(SocketAddr, String),
    /// The system gave no thread.
    System(std::io::Error),
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(address, error) => write!(f, "the connection to {address}: {error}"),
            Self::Stranger(address) => write!(f, "{address} did not accept the token"),
            Self::Refused(answer) => write!(f, "an update was not accepted: {answer}"),
            Self::NotReplicated(address, what) => {
                write!(f, "{address} does not have {what} after a minute")
            }
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl std::error::Error for BenchError {}

impl Report {
    /// Updates a second, of a duration in this report.
    #[must_use]
    pub fn rate(&self, duration: Duration) -> u64 {
        let nanos = duration.as_nanos().max(1);
        u64::try_from(u128::from(self.updates) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
    }

    /// Processor milliseconds for a million updates.
    #[must_use]
    pub fn cpu_ms_per_million(&self) -> Option<u64> {
        let nanos = self.cpu?.as_nanos() / u128::from(self.updates.max(1));
        u64::try_from(nanos).ok()
    }
}

/// Sends a load to a herd, and waits until all its servers have it.
///
/// # Errors
/// Why there is no report.
pub fn run(servers: &[Target], load: &Load) -> Result<Report, BenchError> {
    let process_before = clock::process_cpu();
    let (servers, load) = (servers.to_vec(), load.clone());
    let generator = thread::Builder::new().name("load".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BenchError::System)?;
        let started = Clock::start();
        runtime.block_on(load::send(&servers, &load))?;
        let accepted = started.elapsed();
        runtime.block_on(probe::replicated(&servers, &load))?;
        let report = Report {
            updates: load.updates,
            accepted,
            replicated: started.elapsed(),
            cpu: clock::thread_cpu(),
        };
        runtime.block_on(probe::sample(&servers, &load))?;
        Ok(report)
    });
    let generator = generator.map_err(BenchError::System)?;
    let mut report = generator.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    report.cpu = match (process_before, clock::process_cpu(), report.cpu) {
        (Some(before), Some(after), Some(own)) => after.checked_sub(before + own),
        _ => None,
    };
    Ok(report)
}
