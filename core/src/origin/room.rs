//! Room for origins: there is no end to the lives of servers, and some to what is remembered of them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Origin, OriginId, Origins, Spare, UNCOUNTED};
use crate::limits::{ORIGINS_MAX, ROOM_AFTER, UNCOUNTED_MAX};
use crate::tree::Tree;

impl Origins {
    /// Whether one more may be counted.
    pub(crate) const fn has_room(&self) -> bool {
        self.list.len() - self.uncounted < ORIGINS_MAX
    }

    /// Nothing of an origin is counted any more, so that another one may be: only that it counted the
    /// records that are here stays known.
    pub(crate) fn uncount(&mut self, number: OriginId) -> bool {
        if self.uncounted == UNCOUNTED_MAX {
            return false;
        }
        self.forget(number);
        let origin = &mut self.list[number.index()];
        *origin =
            Origin { salt: UNCOUNTED, ..Origin::new(origin.name(), origin.incarnation, None) };
        self.uncounted += 1;
        true
    }

    /// Adds an origin of which nothing is counted; `None` if there are too many.
    pub(crate) fn insert_uncounted(&mut self, name: &[u8], incarnation: u64) -> Option<OriginId> {
        let number = u32::try_from(self.list.len()).ok();
        let number = number.filter(|_| self.uncounted < UNCOUNTED_MAX)?;
        self.list.push(Origin { salt: UNCOUNTED, ..Origin::new(name, incarnation, None) });
        self.changed.push(0);
        self.add_to_index(number);
        self.uncounted += 1;
        Some(OriginId(number))
    }

    /// Takes the place of one that nothing speaks of any more.
    pub(crate) fn replace(
        &mut self,
        number: OriginId,
        name: &[u8],
        incarnation: u64,
        tree: Option<Tree>,
    ) {
        self.forget(number);
        let old = &self.list[number.index()];
        self.uncounted -= usize::from(!old.is_counted());
        let hash = self.hash(old.name(), old.incarnation);
        if let Ok(entry) = self.index.find_entry(hash, |other| *other == number.0) {
            entry.remove();
        }
        self.list[number.index()] = Origin::new(name, incarnation, tree);
        self.add_to_index(number.0);
    }

    /// What is had of an origin is had no more, as far as is told; another takes its place.
    fn forget(&mut self, number: OriginId) {
        self.summary = self.summary.wrapping_sub(self.list[number.index()].share());
        self.changed[number.index()] = 0;
    }

    /// Whether it is time to look again who may be replaced.
    pub(crate) fn may_look(&self) -> bool {
        self.spare.as_ref().is_none_or(|spare| self.changes >= spare.looked + ROOM_AFTER)
    }

    /// These may be replaced, the last of them first.
    pub(crate) fn set_spare(&mut self, lives: Vec<OriginId>) {
        self.spare = Some(Box::new(Spare { lives, looked: self.changes }));
    }

    /// One that may be replaced, if nothing has come of it since that was looked.
    pub(crate) fn take_spare(&mut self) -> Option<OriginId> {
        let Self { spare, changed, .. } = self;
        let spare = spare.as_deref_mut()?;
        let looked = spare.looked;
        while let Some(number) = spare.lives.pop() {
            if changed[number.index()] <= looked {
                return Some(number);
            }
        }
        None
    }

    /// A record came that may have been counted by anybody.
    pub(crate) fn forget_spare(&mut self) {
        if let Some(spare) = &mut self.spare {
            spare.lives.clear();
        }
    }
}
