//! The newest record of every client.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::grow;
use crate::record::Record;

/// The newest record of every client, by client id, and in the order in which clients were first
/// heard of. Records are never taken out, so an index stays good and repair can count on it.
#[derive(Clone)]
pub struct Store {
    records: Vec<Record>,
    /// Indices into `records`, by the hash of the client id.
    index: HashTable<u32>,
    hasher: FixedState,
}

impl Store {
    /// An empty store whose hash function is drawn from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { records: Vec::new(), index: HashTable::new(), hasher: FixedState::with_seed(seed) }
    }

    /// What is held of a client.
    #[must_use]
    pub fn get(&self, client: &[u8]) -> Option<&Record> {
        self.find(client).map(|index| &self.records[index as usize])
    }

    /// Every record, in the order in which clients were first heard of.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter()
    }

    /// How many clients are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether no client is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record of this index.
    pub(crate) fn at(&self, index: u32) -> Option<&Record> {
        self.records.get(index as usize)
    }

    /// Where a client's record is.
    pub(crate) fn find(&self, client: &[u8]) -> Option<u32> {
        let hash = self.hash(client);
        self.index.find(hash, |index| self.records[*index as usize].client() == client).copied()
    }

    /// The record of this index, to be overwritten by a newer one of the same client.
    pub(crate) fn at_mut(&mut self, index: u32) -> &mut Record {
        &mut self.records[index as usize]
    }

    /// Keeps the first record of a client; where it is.
    pub(crate) fn insert(&mut self, record: Record) -> u32 {
        debug_assert!(self.find(record.client()).is_none(), "the client is known");
        let at = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let Self { records, index, hasher } = self;
        index.insert_unique(hash_client(hasher, record.client()), at, |other| {
            hash_client(hasher, records[*other as usize].client())
        });
        grow::push(records, record);
        at
    }

    /// Whether every record can be found by its client.
    pub(crate) fn is_consistent(&self) -> bool {
        self.index.len() == self.records.len()
            && (0_u32..)
                .zip(&self.records)
                .all(|(at, record)| self.find(record.client()) == Some(at))
    }

    fn hash(&self, client: &[u8]) -> u64 {
        hash_client(&self.hasher, client)
    }
}

fn hash_client(hasher: &FixedState, client: &[u8]) -> u64 {
    // Not `hash_one`: a slice hashes its length as a `usize`, which differs between machines.
    let mut state = hasher.build_hasher();
    state.write(client);
    state.finish()
}

/// Equal contents, whatever order they came in.
impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|record| other.get(record.client()) == Some(record))
    }
}

impl Eq for Store {}

impl Hash for Store {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let sum = self
            .iter()
            .fold(0_u64, |sum, record| sum.wrapping_add(FixedState::default().hash_one(record)));
        state.write_u64(sum);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.iter().map(|record| alloc::string::String::from_utf8_lossy(record.line())),
            )
            .finish()
    }
}
