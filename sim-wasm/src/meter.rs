//! What a run costs: messages, bytes, and how long updates take.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::topology::ServerId;
use crate::view::MessageKind;

/// What a run has cost since it was [asked for](crate::World::measure). A message is what is written
/// to a neighbour at once, whatever it carries.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// Messages that carry live updates.
    pub pushes: u64,
    /// Messages that carry repair.
    pub repairs: u64,
    /// All others: digests, prunes, and what trees and repair are asked with.
    pub control: u64,
    /// Those of them that ask a neighbour for what it has.
    pub pulls: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Records that were sent as repair.
    pub copies: u64,
    /// Records that came as repair, and were news.
    pub repaired: u64,
    /// Updates that servers were told by clients.
    pub updates: u64,
    /// Who learned an update, and how long after it was told, ns.
    pub arrivals: Vec<(ServerId, u64)>,
    /// When anybody last learned anything, ns from the beginning.
    pub last: u64,
    told: BTreeMap<Arc<[u8]>, u64>,
    /// How long each update took to the last server that learned it, ns.
    took: BTreeMap<Arc<[u8]>, u64>,
}

impl Meter {
    /// How long an update takes to half the servers, ns; 0 if nobody learned any.
    #[must_use]
    pub fn median(&self) -> u64 {
        let mut delays: Vec<u64> = self.arrivals.iter().map(|(_, delay)| *delay).collect();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied().unwrap_or(0)
    }

    /// How long an update takes at most, ns.
    #[must_use]
    pub fn worst(&self) -> u64 {
        self.arrivals.iter().map(|(_, delay)| *delay).max().unwrap_or(0)
    }

    /// How many updates took longer than that to somebody.
    #[must_use]
    pub fn later_than(&self, limit: u64) -> usize {
        self.took.values().filter(|took| **took > limit).count()
    }

    pub(crate) const fn sent(&mut self, kind: MessageKind, bytes: usize, copies: usize) {
        if kind.is_update() {
            self.pushes += 1;
        } else if matches!(kind, MessageKind::Repair) {
            self.repairs += 1;
        } else {
            self.control += 1;
        }
        if matches!(kind, MessageKind::Pull) {
            self.pulls += 1;
        }
        self.bytes += bytes as u64;
        self.copies += copies as u64;
    }

    pub(crate) fn accepted(&mut self, now: u64, line: &[u8]) {
        self.updates += 1;
        self.told.insert(line.into(), now);
    }

    pub(crate) fn learned(&mut self, now: u64, server: ServerId, line: &[u8], repair: bool) {
        self.last = now;
        self.repaired += u64::from(repair);
        // What was told before is not measured.
        if let Some((line, told)) = self.told.get_key_value(line) {
            let delay = now - told;
            self.arrivals.push((server, delay));
            let took = self.took.entry(Arc::clone(line)).or_default();
            *took = delay.max(*took);
        }
    }
}
