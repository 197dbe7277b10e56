//! Origins: the servers that counted the updates, each in each of its lives.

mod compare;
mod form;
mod log;
mod name;
mod room;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::grow;
use crate::have::Have;
use crate::id::PeerId;
use crate::time::Instant;
use crate::tree::Tree;
use log::{Log, UNKNOWN};
use name::Name;

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

/// Stands for every life of a server, where only its name is known. No server lives it.
pub const ANY_LIFE: u64 = 0;

/// A life of a server that counted updates, and what is known of them here. What every update needs
/// comes first; a herd has as many of these as it has servers, squared. They are not aligned to cache
/// lines: a list that is would have to be moved whenever it grows.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Origin {
    name: Name,
    incarnation: u64,
    have: Have,
    /// Where the record of the client is that the [top](Have::top) update was about; [`UNKNOWN`] if
    /// that was not seen itself.
    newest: u32,
    /// The same of the update before.
    older: u32,
    /// Tells it from all others in the summary; [`UNCOUNTED`] if it has no part in it.
    salt: u64,
    /// What few have.
    more: Option<Box<More>>,
}

const _: () = assert!(size_of::<Origin>() <= 64, "as much as a cache line");

/// The salt of an origin of which nothing is counted.
const UNCOUNTED: u64 = 0;

/// What is known of an origin that more than two updates came of, or that is fed by a tree.
#[derive(Clone, Debug, Default)]
struct More {
    /// The updates before the newest two.
    log: Log,
    /// Its share of the summary, so that it need not be made again to be taken out.
    share: u64,
    /// Its flood-and-prune tree as seen from here.
    tree: Option<Tree>,
    /// Whom what is missing was asked of.
    pull: Option<Box<Pull>>,
}

/// A neighbour was asked for what is missing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Pull {
    pub(crate) peer: PeerId,
    /// What marks its answer.
    pub(crate) answer: u64,
    /// When it was asked.
    pub(crate) sent: Instant,
    /// When it has to have answered.
    pub(crate) until: Instant,
    /// Whether the parent should have delivered it meanwhile.
    pub(crate) lazy: bool,
    /// What `changed` was then.
    pub(crate) changed: u64,
    /// Whether it has told since that it has more.
    pub(crate) again: bool,
}

/// Every origin a server has heard of. What finding one needs comes first.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Origins {
    /// Indices into `list`, by the hash of name and incarnation.
    index: HashTable<u32>,
    hasher: FixedState,
    list: Vec<Origin>,
    /// When what is had of each last grew, counted in changes of any.
    changed: Vec<u64>,
    changes: u64,
    summary: u64,
    /// How many of the list are not counted.
    uncounted: usize,
    /// Whose place may be taken.
    spare: Option<Box<Spare>>,
}

/// Lives that are over and have left no records, as far as was looked.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Spare {
    /// The one to be replaced first stands last.
    lives: Vec<OriginId>,
    /// After how many changes that was looked.
    looked: u64,
}

impl Origin {
    fn new(name: &[u8], incarnation: u64, tree: Option<Tree>) -> Self {
        let salt = name.iter().fold(mix(incarnation), |hash, byte| mix(hash ^ u64::from(*byte)));
        Self {
            name: Name::new(name),
            incarnation,
            salt: if salt == UNCOUNTED { 1 } else { salt },
            have: Have::default(),
            more: tree.map(|tree| Box::new(More { tree: Some(tree), ..More::default() })),
            newest: UNKNOWN,
            older: UNKNOWN,
        }
    }

    /// The server's name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.bytes()
    }

    /// Which of its lives.
    #[must_use]
    pub const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Whether its updates are counted.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.salt != UNCOUNTED
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
        self.more.as_ref().and_then(|more| more.tree.as_ref()).unwrap_or(&UNKNOWN)
    }

    pub(crate) fn tree_mut(&mut self) -> &mut Tree {
        self.more().tree.get_or_insert_with(Tree::unknown)
    }

    fn more(&mut self) -> &mut More {
        if self.more.is_none() {
            self.more = Some(Box::new(More { share: self.share(), ..More::default() }));
        }
        self.more.get_or_insert_default()
    }

    /// The tree, if anything is known of it: who only floods takes no memory for it.
    pub(crate) fn known_tree(&mut self) -> Option<&mut Tree> {
        self.more.as_mut()?.tree.as_mut()
    }

    /// Whom what is missing was asked of.
    pub(crate) fn pull(&self) -> Option<&Pull> {
        self.more.as_ref()?.pull.as_deref()
    }

    /// The same, to be changed, unless nobody was asked.
    pub(crate) fn pull_mut(&mut self) -> Option<&mut Pull> {
        self.more.as_mut()?.pull.as_deref_mut()
    }

    /// Somebody was asked for what is missing.
    pub(crate) fn begin_pull(&mut self, pull: Pull) {
        self.more().pull = Some(Box::new(pull));
    }

    /// Nobody is asked any more; who was, if `ends` says that it is over.
    pub(crate) fn end_pull(&mut self, ends: impl FnOnce(&mut Pull) -> bool) -> Option<Pull> {
        self.more.as_mut()?.pull.take_if(|pull| ends(pull)).map(|pull| *pull)
    }

    /// About how many bytes it takes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let more = self.more.as_ref();
        self.name.heap_bytes() + more.map_or(0, |more| size_of::<More>() + more.log.heap_bytes())
    }

    /// Where the record of the client that an update was about is, if that is still remembered.
    pub(crate) fn logged(&self, seq: u64) -> Option<u32> {
        let back = usize::try_from(self.have.top().checked_sub(seq)?).ok()?;
        let record = match back {
            0 => self.newest,
            1 => self.older,
            _ => self.more.as_ref()?.log.get(back - 2)?,
        };
        Some(record).filter(|record| *record != UNKNOWN)
    }

    /// Remembers about whom one of its updates was, if that is one of the last.
    fn log(&mut self, seq: u64, record: u32) {
        let Some(back) = self.have.top().checked_sub(seq) else { return };
        match usize::try_from(back).unwrap_or(usize::MAX) {
            0 => self.newest = record,
            1 => self.older = record,
            back => {
                if let Some(more) = &mut self.more {
                    more.log.set(back - 2, record);
                }
            }
        }
    }

    /// Its newest update, which was `before`, is another one, and not seen yet; so are those between.
    fn age(&mut self, before: u64) {
        let steps = self.have.top() - before;
        let newest = core::mem::replace(&mut self.newest, UNKNOWN);
        let older = core::mem::replace(&mut self.older, if steps == 1 { newest } else { UNKNOWN });
        if before > 1 {
            self.more().log.push(older);
        }
        if before > 0 && steps > 1 {
            self.more().log.push(newest);
        }
        if steps > 2 {
            self.more().log.skip(steps - 2);
        }
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
            changed: Vec::new(),
            index: HashTable::new(),
            hasher: FixedState::with_seed(seed),
            changes: 0,
            summary: 0,
            uncounted: 0,
            spare: None,
        }
    }

    /// The origin of this name and life, if it is known.
    #[must_use]
    pub fn find(&self, name: &[u8], incarnation: u64) -> Option<OriginId> {
        let hash = self.hash(name, incarnation);
        let is_it = |index: &u32| {
            let origin = &self.list[*index as usize];
            origin.incarnation == incarnation && origin.name() == name
        };
        self.index.find(hash, is_it).copied().map(OriginId)
    }

    /// Which origin that probably is, told from its hash alone: what is known of it is not read.
    pub(crate) fn find_probably(&self, hash: u64) -> Option<OriginId> {
        self.index.find(hash, |_| true).copied().map(OriginId)
    }

    /// Adds an origin that is not known; `None` if there are too many.
    pub(crate) fn insert(
        &mut self,
        name: &[u8],
        incarnation: u64,
        tree: Option<Tree>,
    ) -> Option<OriginId> {
        debug_assert!(self.find(name, incarnation).is_none(), "the origin is known");
        let number = u32::try_from(self.list.len()).ok().filter(|_| self.has_room())?;
        grow::push(&mut self.list, Origin::new(name, incarnation, tree));
        grow::push(&mut self.changed, 0);
        self.add_to_index(number);
        Some(OriginId(number))
    }

    fn add_to_index(&mut self, number: u32) {
        let Self { list, index, hasher, .. } = self;
        let hash = |number: &u32| {
            let origin = &list[*number as usize];
            hash_of(hasher, origin.name(), origin.incarnation)
        };
        index.insert_unique(hash(&number), number, hash);
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

    /// Their numbers, in that order.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = OriginId> + use<> {
        (0..u32::try_from(self.list.len()).unwrap_or(u32::MAX)).map(OriginId)
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
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// When what is had of an origin last grew, counted in changes of any.
    pub(crate) fn changed(&self, origin: OriginId) -> u64 {
        self.changed[origin.index()]
    }

    /// The origins that grew after so many changes, and when they last did.
    pub fn changed_since(&self, since: u64) -> impl Iterator<Item = (u64, OriginId)> {
        let all = self.changed.iter().copied().zip((0..).map(OriginId));
        all.filter(move |(changed, _)| *changed > since)
    }

    /// An update is here, about the client whose record has this index.
    pub(crate) fn note(&mut self, origin: OriginId, seq: u64, record: u32) {
        self.cover(origin, seq, seq);
        let origin = &mut self.list[origin.index()];
        if origin.have.contains(seq) {
            origin.log(seq, record);
        }
    }

    /// The store holds something as new as all of these updates; whether that was not known.
    pub(crate) fn cover(&mut self, number: OriginId, first: u64, last: u64) -> bool {
        let origin = &mut self.list[number.index()];
        if !origin.is_counted() {
            return false;
        }
        let (top, known) = (origin.have.top(), origin.more.as_ref().map(|more| more.share));
        let before = known.unwrap_or_else(|| origin.share());
        if !origin.have.add(first, last) {
            return false;
        }
        let after = origin.share();
        if origin.have.top() > top {
            origin.age(top);
        }
        if let Some(more) = &mut origin.more {
            more.share = after;
        }
        self.changes += 1;
        self.changed[number.index()] = self.changes;
        self.summary = self.summary.wrapping_sub(before).wrapping_add(after);
        true
    }

    pub(crate) fn hash(&self, name: &[u8], incarnation: u64) -> u64 {
        hash_of(&self.hasher, name, incarnation)
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
mod tests;
