//! A store as bytes: the records in their places, since others name them by those.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cmp::Reverse;

use hashbrown::HashTable;

use super::{Order, Store, hash_client};
use crate::form::{Form, Source, put_number};
use crate::record::Record;

impl Store {
    /// Appends it, but for the seed of its hash function.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.records.put(out);
        self.vacant.put(out);
        self.floor.put(out);
        self.newest.put(out);
        let order = self.order.as_deref();
        order.is_some().put(out);
        if let Some(order) = order {
            put_number(out, order.len() as u64);
            for Reverse(place) in order {
                place.put(out);
            }
        }
        (self.print, self.looked_at).put(out);
    }

    /// Reads one whose hash function is drawn from `seed`.
    pub(crate) fn take(from: &mut Source<'_>, seed: u64) -> Option<Self> {
        let mut store = Self::new(seed);
        store.records = Form::take(from)?;
        store.vacant = Form::take(from)?;
        store.floor = Form::take(from)?;
        store.newest = Form::take(from)?;
        if bool::take(from)? {
            let places: Vec<_> = Form::take(from)?;
            let order: Order = places.into_iter().map(Reverse).collect();
            store.order = Some(order.into());
        }
        (store.print, store.looked_at) = Form::take(from)?;
        store.data = store.records.iter().map(Record::data_size).sum();
        store.fill_index()?;
        store.is_consistent().then_some(store)
    }

    /// Puts every record into the index; `None` if a client has two, or a vacant place is none or
    /// named twice.
    fn fill_index(&mut self) -> Option<()> {
        let Self { records, index, hasher, vacant, .. } = self;
        *index = HashTable::with_capacity(records.len());
        for (place, record) in (0_u32..).zip(&*records) {
            if record.is_vacant() {
                continue;
            }
            let hash = hash_client(hasher, record.client());
            let same = |other: &u32| records[*other as usize].client() == record.client();
            if index.find(hash, same).is_some() {
                return None;
            }
            index.insert_unique(hash, place, |other| {
                hash_client(hasher, records[*other as usize].client())
            });
        }
        let gone = |place: &u32| records.get(*place as usize).is_some_and(Record::is_vacant);
        let different = vacant.iter().collect::<BTreeSet<_>>().len();
        (vacant.iter().all(gone) && different == vacant.len()).then_some(())
    }
}
