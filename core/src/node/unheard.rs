//! Planned trees of servers that were not heard of yet.
//!
//! A plan says who feeds whom before anything was said. Who loses a feed then does not know the lives
//! of those whose updates it would have brought; so it asks to be fed by their names alone. A name
//! stands for every life of its server: in the list of origins it is the life [`ANY_LIFE`], which
//! counts no updates, and whose tree every life that is heard of later begins with.

use alloc::vec::Vec;

use super::Node;
use crate::codec;
use crate::id::PeerId;
use crate::limits::{ORIGINS_MAX, UNHEARD_MAX};
use crate::origin::{ANY_LIFE, OriginId};
use crate::outbox::Outbox;
use crate::sort::sort;

impl Node {
    /// What stands for every life of a server, if anything was said of it.
    pub(super) fn unheard(&self, name: &[u8]) -> Option<OriginId> {
        if !self.plans_each() {
            return None;
        }
        self.origins.find(name, ANY_LIFE)
    }

    /// Whether there is a planned tree for each origin.
    pub(super) fn plans_each(&self) -> bool {
        self.is_planned() && !self.shares && self.config.preset.feeds().is_some()
    }

    /// Whether an origin is a name that stands for every life.
    pub(super) fn is_any_life(&self, origin: &codec::Origin<'_>) -> bool {
        origin.incarnation == ANY_LIFE && self.plans_each()
    }

    /// The origins whose trees a neighbour speaks of.
    pub(super) fn meant(&mut self, origin: &codec::Origin<'_>, out: &mut Outbox) -> Vec<OriginId> {
        if let Some(shared) = self.current(origin) {
            return Vec::from([shared]);
        }
        if self.is_any_life(origin) && origin.name == self.config.name.as_bytes() {
            return Vec::from([self.own]);
        }
        let number = self.intern(origin, out);
        let mut all: Vec<OriginId> = number.into_iter().collect();
        all.extend(self.lives(origin).filter(|life| Some(*life) != number));
        all
    }

    /// The lives that a name stands for, if it is one.
    pub(super) fn lives(&self, origin: &codec::Origin<'_>) -> impl Iterator<Item = OriginId> {
        let name = self.is_any_life(origin).then_some(origin.name);
        let of_it = move |(number, origin): (OriginId, &crate::origin::Origin)| {
            (name == Some(origin.name())).then_some(number)
        };
        self.origins.iter().filter_map(of_it)
    }

    /// A neighbour is lost that was to feed us, by the plan: the servers whose updates it would have
    /// brought, whatever their present lives are, and of which that was not said before.
    pub(super) fn unheard_of(&mut self, peer: PeerId) -> Vec<OriginId> {
        let mut list = Vec::new();
        let Some(overlay) = self.config.overlay.clone() else { return list };
        let feed = &*self.config.peers[peer.index()].name;
        for name in overlay.fed_by(&self.config.name, feed).take(UNHEARD_MAX) {
            let known = self.origins.find(name.as_bytes(), ANY_LIFE).is_some();
            // What is counted needs its room more.
            if !known && self.origins.len() < ORIGINS_MAX / 2 {
                list.extend(self.origins.insert(name.as_bytes(), ANY_LIFE, None));
            }
        }
        list
    }

    /// These and, for each that stands for all lives of a server, those that are known: so that nothing
    /// of them is given that is here.
    pub(super) fn with_lives(&self, origins: &[OriginId]) -> Vec<OriginId> {
        let mut all = origins.to_vec();
        for number in origins {
            let origin = self.origins.get(*number);
            let origin = codec::Origin { name: origin.name(), incarnation: origin.incarnation() };
            all.extend(self.lives(&origin));
        }
        sort(&mut all);
        all.dedup();
        all
    }

    /// A neighbour came that has not heard which parts of the plan have failed here.
    pub(super) fn graft_unheard(&mut self, peer: PeerId, out: &mut Outbox) {
        if !self.plans_each() || !self.config.peers[peer.index()].direction.receives() {
            return;
        }
        let is_unheard = |number: &OriginId| {
            let origin = self.origins.get(*number);
            let lives = self.origins.iter().filter(|(_, other)| other.name() == origin.name());
            origin.incarnation() == ANY_LIFE
                && origin.tree().parent().is_none()
                && lives.count() == 1
        };
        // Of whom some life is known, the neighbours tell each other what they have.
        let list: Vec<OriginId> = self.origins.numbers().filter(is_unheard).collect();
        if !list.is_empty() {
            self.say_known(peer, true, 0, &list, out);
        }
    }
}
