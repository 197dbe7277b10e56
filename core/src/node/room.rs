//! Room for one more origin: a life that is over gives way, one that has left no record if there is
//! one, else the one of which nothing has come for longest.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::Node;
use crate::codec;
use crate::origin::{ANY_LIFE, Origin, OriginId};
use crate::sort::{set, sort};
use crate::tree::Tree;

impl Node {
    /// Adds an origin that is not known; `None` if there are too many.
    pub(super) fn add_origin(
        &mut self,
        origin: &codec::Origin<'_>,
        tree: Option<Tree>,
    ) -> Option<OriginId> {
        let codec::Origin { name, incarnation } = *origin;
        if self.origins.has_room() {
            return self.origins.insert(name, incarnation, tree);
        }
        if !self.is_latest(origin) {
            return self.origins.insert_uncounted(name, incarnation);
        }
        if let Some(number) = self.spare_origin() {
            for session in self.links.iter_mut().filter_map(|link| link.live_mut()) {
                session.offers.remove(number);
            }
            let counted = self.origins.get(number).is_counted();
            let instead = if counted { None } else { self.longest_over().or(Some(number)) };
            self.origins.replace(number, name, incarnation, tree);
            if let Some(instead) = instead {
                self.origins.uncount(instead);
            }
            return Some(number);
        }
        match self.longest_over() {
            Some(number) if self.origins.uncount(number) => {
                self.origins.insert(name, incarnation, tree)
            }
            Some(_) | None => self.origins.insert_uncounted(name, incarnation),
        }
    }

    /// The number of an origin of which a neighbour only says that it has something; `None` if it finds
    /// no room, or is of a life that is over and finds none.
    pub(super) fn told_of(&mut self, origin: &codec::Origin<'_>) -> Option<OriginId> {
        let known = self.origins.find(origin.name, origin.incarnation);
        if known.is_none() && !self.origins.has_room() && !self.is_latest(origin) {
            return None;
        }
        let number = self.intern(origin)?;
        self.origins.get(number).is_counted().then_some(number)
    }

    /// Whether no later life of an origin's server is known.
    pub(super) fn is_latest(&self, origin: &codec::Origin<'_>) -> bool {
        let later = |(_, other): (OriginId, &Origin)| {
            other.name() == origin.name && other.incarnation() > origin.incarnation
        };
        !self.origins.iter().any(later)
    }

    /// Every life: of each server, one after the other.
    pub(super) fn lives_in_order(&self) -> Vec<(&[u8], u64)> {
        set(self.origins.iter().map(|(_, life)| (life.name(), life.incarnation())))
    }

    /// Lives after which others are known, and that are neither ours nor spoken of.
    fn lives_over(&self) -> impl Iterator<Item = OriginId> {
        let lives = self.lives_in_order();
        let is_over = move |(number, origin): &(OriginId, &Origin)| {
            !is_last(&lives, origin)
                && origin.incarnation() != ANY_LIFE
                && *number != self.own
                && self.spreading.shared != Some(*number)
                && origin.pull().is_none()
        };
        self.origins.iter().filter(is_over).map(|(number, _)| number)
    }

    /// One that has left no record, and whose place may be taken.
    fn spare_origin(&mut self) -> Option<OriginId> {
        if let Some(number) = self.next_spare() {
            return Some(number);
        }
        if !self.origins.may_look() {
            return None;
        }
        let used = set(self.store.iter().map(crate::record::Record::counted_by));
        let unused = self.lives_over().filter(|number| used.binary_search(number).is_err());
        let mut spare: Vec<_> =
            unused.map(|number| (Reverse(self.origins.changed(number)), number)).collect();
        sort(&mut spare);
        self.origins.set_spare(spare.into_iter().map(|(_, number)| number).collect());
        self.next_spare()
    }

    fn next_spare(&mut self) -> Option<OriginId> {
        while let Some(number) = self.origins.take_spare() {
            if !self.is_spoken_of(number) {
                return Some(number);
            }
        }
        None
    }

    /// Whether an origin is known by its number elsewhere.
    fn is_spoken_of(&self, number: OriginId) -> bool {
        let more = self.spreading.more.as_deref();
        let told = |link: &crate::link::Link| {
            let unacked = link.unacked.as_ref();
            unacked.is_some_and(|list| list.keys().any(|(origin, _)| *origin == number))
                || link.live().is_some_and(|session| session.answers.concern(number))
        };
        number == self.own
            || self.spreading.shared == Some(number)
            || self.origins.get(number).pull().is_some()
            || self.links.iter().any(told)
            || more.is_some_and(|more| more.speaks_of(number))
    }

    /// The counted one of which nothing has come for longest.
    fn longest_over(&self) -> Option<OriginId> {
        let counted = |number: &OriginId| self.origins.get(*number).is_counted();
        self.lives_over().filter(counted).min_by_key(|number| self.origins.changed(*number))
    }
}

/// Whether no later life of its server is among these, which are in order.
pub(super) fn is_last(lives: &[(&[u8], u64)], origin: &Origin) -> bool {
    let life = (origin.name(), origin.incarnation());
    let later = lives.get(lives.partition_point(|other| *other <= life));
    later.is_none_or(|(name, _)| *name != origin.name())
}
