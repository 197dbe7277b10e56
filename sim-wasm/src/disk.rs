//! What a server has on its disk, and since when: what a crash takes and an older disk lacks.

use std::collections::{BTreeMap, VecDeque};

use herd_core::codec;
use herd_core::record::Record;

use crate::fault::DiskLoss;
use crate::rng::below;

/// Records whose time is remembered; older ones are only known to be on the disk.
const REMEMBERED: usize = 1_024;

/// The records of a server in the order in which it kept them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    /// How long between two syncs, ns; 0 is at once.
    pub(crate) sync: u64,
    base: BTreeMap<Box<[u8]>, Record>,
    tail: VecDeque<(u64, Record)>,
}

impl Disk {
    /// A disk that is synced so often and holds these records.
    pub(crate) fn new<'a>(sync: u64, records: impl Iterator<Item = &'a Record>) -> Self {
        let base = records.map(|record| (record.client().into(), record.clone())).collect();
        Self { sync, base, tail: VecDeque::new() }
    }

    /// How many records are remembered.
    pub(crate) fn records(&self) -> usize {
        self.base.len() + self.tail.len()
    }

    /// A record is written.
    pub(crate) fn write(&mut self, at: u64, record: &Record) {
        self.tail.push_back((at, record.clone()));
        if self.tail.len() > REMEMBERED
            && let Some((_, oldest)) = self.tail.pop_front()
        {
            self.base.insert(oldest.client().into(), oldest);
        }
    }

    /// The last sync before a crash. (A record of that very instant is in it.)
    pub(crate) const fn synced(sync: u64, crash: u64) -> u64 {
        match crash.checked_rem(sync) {
            Some(since) => crash - since,
            None => crash,
        }
    }

    /// What is read back after a crash.
    pub(crate) fn read(&self, crash: u64, loss: DiskLoss, draw: u64) -> Vec<Record> {
        let until = match loss {
            DiskLoss::Unsynced | DiskLoss::Torn => Self::synced(self.sync, crash),
            DiskLoss::Older(by) => crash.saturating_sub(by),
        };
        let mut records = self.base.clone();
        let kept = self.tail.partition_point(|(at, _)| *at <= until);
        for (_, record) in self.tail.iter().take(kept) {
            records.insert(record.client().into(), record.clone());
        }
        if loss == DiskLoss::Torn
            && let Some((_, next)) = self.tail.get(kept)
            && is_whole(next, draw)
        {
            records.insert(next.client().into(), next.clone());
        }
        records.into_values().collect()
    }
}

/// Writes the beginning of a record and reads it back: whether that is taken for all of it.
fn is_whole(record: &Record, draw: u64) -> bool {
    let mut written = record.line().to_vec();
    codec::seal(&mut written);
    let length = usize::try_from(below(draw, written.len() as u64)).unwrap_or(0);
    codec::open(&written[..length]).is_some()
}
