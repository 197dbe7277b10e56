//! The newest record of every client, and the newest data under every key.

mod form;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::codec::At;
use crate::floor::{Floor, Order};
use crate::grow;
use crate::limits::FORGOTTEN_AT_ONCE;
use crate::record::{Count, Record};
use crate::time::Wall;

/// The newest record of every client, by client id. A record stays in its place until it falls below
/// the floor; only then another client's may take that place.
#[derive(Clone)]
pub struct Store {
    records: Vec<Record>,
    /// Indices into `records`, by the hash of the client id.
    index: HashTable<u32>,
    hasher: FixedState,
    /// Places that are vacant.
    vacant: Vec<u32>,
    floor: Floor,
    /// The latest stamp there ever was.
    newest: Wall,
    /// Who falls below the floor next; not before anybody may.
    order: Option<Box<Order>>,
    /// The sum of the prints of all records.
    print: u64,
    /// Bytes in records of data.
    data: usize,
    /// Whether what is held is still what was kept is looked at from here on next.
    looked_at: u32,
}

impl Store {
    /// An empty store whose hash function is drawn from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            records: Vec::new(),
            index: HashTable::new(),
            hasher: FixedState::with_seed(seed),
            vacant: Vec::new(),
            floor: Floor::BOTTOM,
            newest: Floor::BOTTOM.stamp,
            order: None,
            print: 0,
            data: 0,
            looked_at: 0,
        }
    }

    /// What is held of a client.
    #[must_use]
    pub fn get(&self, client: &[u8]) -> Option<&Record> {
        self.find(client).map(|index| &self.records[index as usize])
    }

    /// Every record, in the order in which clients were first heard of (as long as nothing was
    /// forgotten).
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| !record.is_vacant())
    }

    /// How many clients are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len() - self.vacant.len()
    }

    /// Whether no client is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in records of data.
    #[must_use]
    pub const fn data(&self) -> usize {
        self.data
    }

    /// Whether a record of data of that many bytes may take the place of the one that is there, where there
    /// is room for so many of all.
    pub(crate) fn has_room(&self, place: Option<u32>, size: usize, room: usize) -> bool {
        let before = place.and_then(|at| self.at(at)).map_or(0, Record::data_size);
        size <= before || self.data - before + size <= room
    }

    /// The sum of the prints of all records: equal where the same is held.
    #[must_use]
    pub const fn print(&self) -> u64 {
        self.print
    }

    /// What is at it or below is not kept.
    #[must_use]
    pub const fn floor(&self) -> Floor {
        self.floor
    }

    /// Whether a record of a client with this stamp is below the floor.
    #[must_use]
    pub fn is_below(&self, stamp: Wall, client: &[u8]) -> bool {
        // The hash is wanted for equal stamps only.
        stamp <= self.floor.stamp
            && (stamp < self.floor.stamp || Floor::of(stamp, client) <= self.floor)
    }

    /// The latest stamp there ever was.
    pub(crate) const fn newest(&self) -> Wall {
        self.newest
    }

    /// One more than the greatest index there is.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.records.len()).unwrap_or(u32::MAX)
    }

    /// The record of this index.
    pub(crate) fn at(&self, index: u32) -> Option<&Record> {
        self.records.get(index as usize).filter(|record| !record.is_vacant())
    }

    /// Where a client's record is.
    pub(crate) fn find(&self, client: &[u8]) -> Option<u32> {
        let hash = self.hash(client);
        self.index.find(hash, |index| self.records[*index as usize].client() == client).copied()
    }

    /// Where a client's record probably is, told from its hash alone: no record is read.
    pub(crate) fn find_probably(&self, hash: u64) -> Option<u32> {
        self.index.find(hash, |_| true).copied()
    }

    /// Keeps a newer record of a client in the place of the one that is there.
    pub(crate) fn set(&mut self, index: u32, at: &At<'_>, line: &[u8], count: Count) {
        self.newest = self.newest.max(at.stamp);
        let record = &mut self.records[index as usize];
        let before = record.print();
        if at.is_data() {
            self.data = self.data - record.data_size() + line.len();
        }
        record.set(at, line, count);
        self.print = self.print.wrapping_sub(before).wrapping_add(record.print());
    }

    /// Keeps the first record of a client; where it is.
    pub(crate) fn insert(&mut self, at: &At<'_>, line: &[u8], count: Count) -> u32 {
        debug_assert!(self.find(at.client).is_none(), "the client is known");
        self.newest = self.newest.max(at.stamp);
        let place = match self.vacant.pop() {
            Some(place) => {
                self.records[place as usize].set(at, line, count);
                place
            }
            None => {
                grow::push(&mut self.records, Record::new(at, line, count));
                u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.print = self.print.wrapping_add(self.records[place as usize].print());
        if at.is_data() {
            self.data += line.len();
        }
        let Self { records, index, hasher, order, .. } = self;
        index.insert_unique(hash_client(hasher, at.client), place, |other| {
            hash_client(hasher, records[*other as usize].client())
        });
        if let Some(order) = order {
            order.push(Reverse((Floor::of(at.stamp, at.client), place)));
        }
        place
    }

    /// Whether a client that is not known would be the first to be forgotten again, because there is
    /// room for no more than `most`: the floor rises to it as if it had been kept for a moment.
    pub(crate) fn turns_away(&mut self, most: usize, stamp: Wall, client: &[u8]) -> bool {
        if self.len() < most {
            return false;
        }
        let place = Floor::of(stamp, client);
        if self.lowest().is_some_and(|(lowest, _)| lowest < place) {
            return false;
        }
        self.floor = self.floor.max(place);
        true
    }

    /// Keeps no more than `most` records, those with the newest stamps; how many were forgotten.
    pub(crate) fn fit(&mut self, most: usize) -> u32 {
        let mut forgotten = 0;
        while self.len() > most && self.forget_below(Floor { stamp: Wall(i64::MAX), tie: u64::MAX })
        {
            forgotten += 1;
        }
        forgotten
    }

    /// Raises the floor to `target`, or as far as many records are forgotten for it; how many were.
    pub(crate) fn raise_to(&mut self, target: Floor) -> u32 {
        let mut forgotten = 0;
        while self.floor < target {
            if forgotten == FORGOTTEN_AT_ONCE {
                return forgotten;
            }
            if !self.forget_below(target) {
                self.floor = target;
                break;
            }
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets the record that is the next to fall below the floor, if it is not above `target`, and
    /// raises the floor to where it was; whether there was one.
    fn forget_below(&mut self, target: Floor) -> bool {
        let Some((place, at)) = self.lowest().filter(|(place, _)| *place <= target) else {
            return false;
        };
        let record = &mut self.records[at as usize];
        let hash = hash_client(&self.hasher, record.client());
        if let Ok(entry) = self.index.find_entry(hash, |other| *other == at) {
            entry.remove();
        }
        self.print = self.print.wrapping_sub(record.print());
        self.data -= record.data_size();
        record.vacate();
        self.vacant.push(at);
        self.floor = self.floor.max(place);
        if let Some(order) = &mut self.order {
            order.pop();
        }
        true
    }

    /// The record that is the next to fall below the floor, at the top of the order: its place, and
    /// where it is.
    fn lowest(&mut self) -> Option<(Floor, u32)> {
        let Self { records, order, .. } = self;
        let order = order.get_or_insert_with(|| {
            let kept = (0..).zip(&*records).filter(|(_, record)| !record.is_vacant());
            Box::new(kept.map(|(at, record)| Reverse((record.falls_at(), at))).collect())
        });
        loop {
            let mut lowest = order.peek_mut()?;
            let Reverse((known, at)) = *lowest;
            let place = records[at as usize].falls_at();
            if place == known {
                return Some((place, at));
            }
            // It has moved up since.
            *lowest = Reverse((place, at));
        }
    }

    /// Looks at the next so many records; how many were not any more what was kept. Those are not
    /// held from then on: whoever has them can give them again.
    pub(crate) fn look_over(&mut self, most: u32) -> u32 {
        let end = self.end();
        let mut damaged = 0;
        for _ in 0..most.min(end) {
            let at = self.looked_at % end.max(1);
            self.looked_at = at + 1;
            if self.at(at).is_some_and(|record| !record.is_sound()) {
                self.take_out(at);
                damaged += 1;
            }
        }
        damaged
    }

    /// Does not hold a record any more, although nothing came in its place.
    pub(crate) fn take_out(&mut self, at: u32) {
        let Some(record) = self.records.get_mut(at as usize).filter(|it| !it.is_vacant()) else {
            return;
        };
        // Its client may not be readable any more.
        self.index.retain(|other| *other != at);
        self.print = self.print.wrapping_sub(record.print());
        self.data -= record.data_size();
        record.vacate();
        self.vacant.push(at);
        self.order = None;
    }

    /// Changes a record behind the back of its print, as a broken memory might.
    pub(crate) fn damage(&mut self, at: u32) {
        if let Some(record) = self.records.get_mut(at as usize).filter(|it| !it.is_vacant()) {
            record.damage();
        }
    }

    /// Whether every record can be found by its client, is above the floor, and has its turn to fall.
    pub(crate) fn is_consistent(&self) -> bool {
        let prints = self.iter().fold(0_u64, |sum, record| sum.wrapping_add(record.print()));
        let ordered = prints == self.print
            && self.iter().map(Record::data_size).sum::<usize>() == self.data
            && self.order.as_ref().is_none_or(|order| order.len() == self.len());
        let is_right = |(at, record): (u32, &Record)| {
            record.is_vacant()
                || self.find(record.client()) == Some(at)
                    && !self.is_below(record.stamp(), record.client())
        };
        ordered && self.index.len() == self.len() && (0_u32..).zip(&self.records).all(is_right)
    }

    pub(crate) fn hash(&self, client: &[u8]) -> u64 {
        hash_client(&self.hasher, client)
    }
}

fn hash_client(hasher: &FixedState, client: &[u8]) -> u64 {
    // Not `hash_one`: a slice hashes its length as a `usize`, which differs between machines.
    let mut state = hasher.build_hasher();
    state.write(client);
    state.finish()
}

/// Equal contents and floors, whatever order they came in.
impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.floor == other.floor
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
        self.floor.hash(state);
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

#[cfg(test)]
mod tests;
