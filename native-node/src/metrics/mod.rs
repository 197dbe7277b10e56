//! What a server counts, for those who watch it.
//!
//! One task writes, anybody reads: a number is an atomic that is loaded and stored, which costs no
//! more than a plain one. `text` writes them in the text format of Prometheus.

mod histogram;
mod text;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub use self::histogram::{BOUNDS, Histogram};
pub use self::text::{CONTENT_TYPE, Server, of_all};

/// A number that its server changes and others read.
#[derive(Debug, Default)]
pub struct Number(AtomicU64);

impl Number {
    /// Adds; only the one task that writes may.
    pub fn add(&self, more: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    /// Says what it is.
    pub fn set(&self, value: usize) {
        self.0.store(value as u64, Ordering::Relaxed);
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything one server counts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Lines heard from clients (and from neighbours that are prototypes).
    pub lines: Number,
    /// Updates of clients that were taken.
    pub accepted: Number,
    /// Updates of clients that were not newer than what is held.
    pub stale: Number,
    /// Lines that were answered with `?`.
    pub refused: Number,
    /// Bytes heard from clients: lines, without what separates them.
    pub client_bytes_in: Number,
    /// Bytes written to clients.
    pub client_bytes_out: Number,
    /// Connections that were opened, by whomever.
    pub opened: Number,
    /// Connections that are open.
    pub connections: Number,
    /// Connections that watch.
    pub watchers: Number,
    /// Servers, in each of their lives, that have counted updates.
    pub origins: Number,
    /// Clients that are known.
    pub records: Number,
    /// Places requests in flight.
    pub lookups: Number,
    /// Bytes that wait to be written, to anybody.
    pub queued: Number,
    /// Places requests that failed.
    pub places_failed: Number,
    /// Whether clients' updates cannot be kept, because the disk fails.
    pub disk_fails: AtomicBool,
    /// Bytes that were written to tapes.
    pub tape_bytes: Number,
    /// What the server was told and stands on no tape, though one is wanted.
    pub tape_lost: Number,
    /// Whether the tape stands still.
    pub tape_stands: AtomicBool,
    /// How long clients wait for their answers: from when a line was read to when the answer was
    /// handed to the system, or held back until the disk has it.
    pub answers: Histogram,
    /// How long updates are on their way from the server that took them, by both servers' wall
    /// clocks. One in [`PROPAGATION_EVERY`] is measured.
    pub propagation: Histogram,
    /// In the order in which they are configured, which may change.
    neighbours: RwLock<Arc<[Arc<Neighbour>]>>,
}

/// One update in so many that are learned has its way measured: reading its skew costs time.
pub const PROPAGATION_EVERY: u64 = 16;

/// What is counted of a neighbour.
#[derive(Debug, Default)]
pub struct Neighbour {
    /// Its name.
    pub name: Box<str>,
    /// Whether it can be spoken to.
    pub up: AtomicBool,
    /// Live updates it sent.
    pub pushes_in: Number,
    /// Records it sent as repair.
    pub repairs_in: Number,
    /// How many of both were news.
    pub news: Number,
    /// Messages to it.
    pub messages_out: Number,
    /// Records it was sent as repair.
    pub repairs_out: Number,
    /// Bytes heard from it: messages, without their lengths.
    pub bytes_in: Number,
    /// Bytes written to it.
    pub bytes_out: Number,
}

impl Metrics {
    /// The neighbours.
    #[must_use]
    pub fn neighbours(&self) -> Arc<[Arc<Neighbour>]> {
        // Nothing is half done under the lock.
        Arc::clone(&self.neighbours.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Neighbours of these names are configured from now on, in this order; what was counted of one
    /// that stays is counted on.
    pub fn meet<'a>(&self, names: impl Iterator<Item = &'a str>) -> Arc<[Arc<Neighbour>]> {
        let known = self.neighbours();
        let neighbour = |name: &str| {
            let known = known.iter().find(|known| *known.name == *name).cloned();
            let new = || Arc::new(Neighbour { name: name.into(), ..Neighbour::default() });
            known.unwrap_or_else(new)
        };
        let neighbours: Arc<[_]> = names.map(neighbour).collect();
        *self.neighbours.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&neighbours);
        neighbours
    }

    /// Whether a server that listens is of use: it has no neighbours, or speaks to one.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let neighbours = self.neighbours();
        neighbours.is_empty() || neighbours.iter().any(|neighbour| neighbour.is_up())
    }
}

impl Neighbour {
    /// Whether it can be spoken to.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }
}
