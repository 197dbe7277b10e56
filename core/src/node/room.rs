//! Room for one more origin: a life that is over gives way, one that has left no record if there is
//! one, else the one of which nothing has come for longest.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Node;
use crate::codec;
use crate::origin::{ANY_LIFE, OriginId};
use crate::outbox::Outbox;
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
    pub(super) fn told_of(
        &mut self,
        origin: &codec::Origin<'_>,
        out: &mut Outbox,
    ) -> Option<OriginId> {
        let known = self.origins.find(origin.name, origin.incarnation);
        if known.is_none() && !self.origins.has_room() && !self.is_latest(origin) {
            return None;
        }
        let number = self.intern(origin, out)?;
        self.origins.get(number).is_counted().then_some(number)
    }

    /// Whether no later life of an origin's server is known.
    pub(super) fn is_latest(&self, origin: &codec::Origin<'_>) -> bool {
        let later = |(_, other): (OriginId, &crate::origin::Origin)| {
            other.name() == origin.name && other.incarnation() > origin.incarnation
        };
        !self.origins.iter().any(later)
    }

    /// Lives after which others are known, and that are neither ours nor spoken of.
    fn lives_over(&self) -> impl Iterator<Item = OriginId> {
        let mut latest: BTreeMap<&[u8], u64> = BTreeMap::new();
        for (_, origin) in self.origins.iter() {
            let life = latest.entry(origin.name()).or_default();
            *life = origin.incarnation().max(*life);
        }
        let is_over = move |(number, origin): &(OriginId, &crate::origin::Origin)| {
            origin.incarnation() < latest[origin.name()]
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
        let used: BTreeSet<OriginId> =
            self.store.iter().map(crate::record::Record::counted_by).collect();
        let mut spare: Vec<OriginId> =
            self.lives_over().filter(|number| !used.contains(number)).collect();
        spare.sort_by_key(|number| core::cmp::Reverse(self.origins.changed(*number)));
        self.origins.set_spare(spare);
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
