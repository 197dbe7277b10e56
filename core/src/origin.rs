//! Origins: the servers that counted the updates, each in each of its lives.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::have::Have;
use crate::id::PeerId;
use crate::limits::{LOG_LENGTH, ORIGINS_MAX};
use crate::time::Instant;
use crate::tree::Tree;

/// An origin, numbered by the server that heard of it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OriginId(pub u32);

impl OriginId {
    /// The index in [`Origins`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A life of a server that counted updates, and what is known of them here.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    name: Box<[u8]>,
    incarnation: u64,
    /// Tells it from all others in the summary.
    salt: u64,
    have: Have,
    /// When `have` last grew, counted in changes of any.
    changed: u64,
    log: Log,
    /// Its flood-and-prune tree as seen from here.
    tree: Option<Box<Tree>>,
    /// Whom what is missing was asked of.
    pub(crate) pull: Option<Box<Pull>>,
}

/// A neighbour was asked for what is missing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Pull {
    pub(crate) peer: PeerId,
    /// What marks its answer.
    pub(crate) answer: u64,
    /// When it has to have answered.
    pub(crate) until: Instant,
    /// Whether the parent should have delivered it meanwhile.
    pub(crate) lazy: bool,
    /// What `changed` was then.
    pub(crate) changed: u64,
}

/// Every origin a server has heard of.
#[derive(Clone, Debug)]
pub struct Origins {
    list: Vec<Origin>,
    /// Indices into `list`, by the hash of name and incarnation.
    index: HashTable<u32>,
    hasher: FixedState,
    changes: u64,
    summary: u64,
}

impl Origin {
    /// The server's name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Which of its lives.
    #[must_use]
    pub const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Which of its updates are here.
    #[must_use]
    pub const fn have(&self) -> &Have {
        &self.have
    }

    /// Its tree as seen from here.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        static UNKNOWN: Tree = Tree::unknown();
        self.tree.as_deref().unwrap_or(&UNKNOWN)
    }

    pub(crate) fn tree_mut(&mut self) -> &mut Tree {
        self.tree.get_or_insert_with(|| Box::new(Tree::unknown()))
    }

    /// The tree, if anything is known of it: who only floods takes no memory for it.
    pub(crate) fn known_tree(&mut self) -> Option<&mut Tree> {
        self.tree.as_deref_mut()
    }

    /// About how many bytes it takes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let tree = self.tree.as_ref().map_or(0, |_| size_of::<Tree>());
        self.name.len() + tree + size_of::<u32>() * self.log.ring.capacity()
    }

    /// When [`have`](Self::have) last grew, counted in changes of any.
    pub(crate) const fn changed(&self) -> u64 {
        self.changed
    }

    /// Where the record of the client that an update was about is, if that is still remembered.
    pub(crate) fn logged(&self, seq: u64) -> Option<u32> {
        self.log.get(seq)
    }

    /// Its share of the summary.
    fn share(&self) -> u64 {
        if self.have.is_empty() {
            return 0;
        }
        let fold = |hash, (first, last)| mix(mix(hash ^ first) ^ last);
        self.have.spans().fold(self.salt, fold)
    }
}

impl Origins {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            list: Vec::new(),
            index: HashTable::new(),
            hasher: FixedState::with_seed(seed),
            changes: 0,
            summary: 0,
        }
    }

    /// The origin of this name and life, if it is known.
    #[must_use]
    pub fn find(&self, name: &[u8], incarnation: u64) -> Option<OriginId> {
        let hash = self.hash(name, incarnation);
        let is_it = |index: &u32| {
            let origin = &self.list[*index as usize];
            origin.incarnation == incarnation && *origin.name == *name
        };
        self.index.find(hash, is_it).copied().map(OriginId)
    }

    /// Adds an origin that is not known; `None` if there are too many.
    pub(crate) fn insert(
        &mut self,
        name: &[u8],
        incarnation: u64,
        tree: Option<Tree>,
    ) -> Option<OriginId> {
        debug_assert!(self.find(name, incarnation).is_none(), "the origin is known");
        let number =
            u32::try_from(self.list.len()).ok().filter(|_| self.list.len() < ORIGINS_MAX)?;
        let hash = self.hash(name, incarnation);
        let Self { list, index, hasher, .. } = self;
        index.insert_unique(hash, number, |other| {
            let origin = &list[*other as usize];
            hash_of(hasher, &origin.name, origin.incarnation)
        });
        list.push(Origin {
            name: name.into(),
            incarnation,
            salt: name.iter().fold(mix(incarnation), |hash, byte| mix(hash ^ u64::from(*byte))),
            have: Have::default(),
            changed: 0,
            log: Log::default(),
            tree: tree.map(Box::new),
            pull: None,
        });
        Some(OriginId(number))
    }

    /// The origin of this number.
    #[must_use]
    pub fn get(&self, origin: OriginId) -> &Origin {
        &self.list[origin.index()]
    }

    pub(crate) fn get_mut(&mut self, origin: OriginId) -> &mut Origin {
        &mut self.list[origin.index()]
    }

    /// All of them, in the order in which they were first heard of.
    pub fn iter(&self) -> impl Iterator<Item = (OriginId, &Origin)> {
        self.list.iter().zip(0..).map(|(origin, number)| (OriginId(number), origin))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (OriginId, &mut Origin)> {
        self.list.iter_mut().zip(0..).map(|(origin, number)| (OriginId(number), origin))
    }

    /// How many are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether none is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether no update of anybody is here.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        self.changes == 0
    }

    /// A hash of everything that is had: equal on servers that have the same; 0 for nothing.
    #[must_use]
    pub const fn summary(&self) -> u64 {
        self.summary
    }

    /// Counts the times that something was added to what is had.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// An update is here, about the client whose record has this index.
    pub(crate) fn note(&mut self, origin: OriginId, seq: u64, record: u32) {
        self.list[origin.index()].log.set(seq, record);
        self.cover(origin, seq, seq);
    }

    /// The store holds something as new as all of these updates; whether that was not known.
    pub(crate) fn cover(&mut self, origin: OriginId, first: u64, last: u64) -> bool {
        let origin = &mut self.list[origin.index()];
        let (before, top) = (origin.share(), origin.have.top());
        origin.have.add(first, last);
        let after = origin.share();
        if before == after {
            return false;
        }
        if origin.have.top() > top {
            origin.log.skip_to(origin.have.top());
        }
        self.changes += 1;
        origin.changed = self.changes;
        self.summary = self.summary.wrapping_sub(before).wrapping_add(after);
        true
    }

    fn hash(&self, name: &[u8], incarnation: u64) -> u64 {
        hash_of(&self.hasher, name, incarnation)
    }
}

impl PartialEq for Origins {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list && self.changes == other.changes
    }
}

impl Eq for Origins {}

impl core::hash::Hash for Origins {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.list.hash(state);
    }
}

/// About which client the last updates of an origin were.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Log {
    /// The number of the newest.
    top: u64,
    /// Indices of records; [`UNKNOWN`] where an update was not seen itself.
    ring: VecDeque<u32>,
}

const UNKNOWN: u32 = u32::MAX;

impl Log {
    fn get(&self, seq: u64) -> Option<u32> {
        let back = usize::try_from(self.top.checked_sub(seq)?).ok()?;
        let at = self.ring.len().checked_sub(back + 1)?;
        Some(self.ring[at]).filter(|record| *record != UNKNOWN)
    }

    fn set(&mut self, seq: u64, record: u32) {
        if seq > self.top {
            self.skip_to(seq);
        }
        let back = usize::try_from(self.top - seq).unwrap_or(usize::MAX);
        if let Some(at) = self.ring.len().checked_sub(back.saturating_add(1)) {
            self.ring[at] = record;
        }
    }

    /// The newest is now `seq`; about whom those in between were is not known.
    fn skip_to(&mut self, seq: u64) {
        let Some(more) = seq.checked_sub(self.top) else { return };
        self.top = seq;
        if more >= LOG_LENGTH as u64 {
            self.ring.clear();
        }
        for _ in 0..more.min(LOG_LENGTH as u64) {
            if self.ring.len() == LOG_LENGTH {
                self.ring.pop_front();
            }
            self.ring.push_back(UNKNOWN);
        }
    }
}

fn hash_of(hasher: &FixedState, name: &[u8], incarnation: u64) -> u64 {
    // Not `hash_one`: a slice hashes its length as a `usize`, which differs between machines.
    let mut state = hasher.build_hasher();
    state.write(name);
    state.write_u64(incarnation);
    state.finish()
}

/// Mixes the bits of a number (the finalizer of SplitMix64; Steele, Lea & Flood, 2014).
const fn mix(mut n: u64) -> u64 {
    n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_coverage_has_equal_summaries_whatever_its_order() {
        let one = |order: [(&[u8], u64); 4]| {
            let mut origins = Origins::new(7);
            for (name, seq) in order {
                let known = origins.find(name, 1);
                let origin = known.or_else(|| origins.insert(name, 1, None)).unwrap();
                origins.note(origin, seq, 0);
            }
            origins.summary()
        };
        let (a, b) = (b"Alford".as_slice(), b"Ball".as_slice());
        assert_eq!(one([(a, 1), (b, 1), (a, 2), (b, 3)]), one([(b, 3), (a, 2), (b, 1), (a, 1)]));
        assert_ne!(one([(a, 1), (b, 1), (a, 2), (b, 3)]), one([(b, 3), (b, 2), (b, 1), (a, 1)]));
        assert_eq!(Origins::new(7).summary(), 0);
    }

    #[test]
    fn the_log_remembers_the_last_updates_it_saw() {
        let mut log = Log::default();
        log.set(3, 30);
        log.set(1, 10);
        log.skip_to(5);
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(|seq| log.get(seq)),
            [Some(10), None, Some(30), None, None, None]
        );
        log.set(LOG_LENGTH as u64 + 2, 40);
        assert_eq!((log.get(1), log.get(3)), (None, Some(30)));
        log.set(1 << 40, 50);
        assert_eq!((log.get(3), log.get(1 << 40)), (None, Some(50)));
    }
}
