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

impl Node {
    /// What stands for every life of a server, if anything was said of it.
    pub(super) fn unheard(&self, name: &[u8]) -> Option<OriginId> {
        if !self.plans_each() {
            return None;
        }
        self.origins.find(name, ANY_LIFE)
    }

    /// Whether there is a planned tree for each origin.
    fn plans_each(&self) -> bool {
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

    /// A neighbour is lost that was to feed us, by the plan: whatever it would have brought of
    /// servers that were not heard of in their present lives is to come from others.
    pub(super) fn bereave_unheard(&mut self, peer: PeerId, out: &mut Outbox) {
        if !self.plans_each() {
            return;
        }
        let Some(overlay) = self.config.overlay.clone() else { return };
        let feed = &*self.config.peers[peer.index()].name;
        let mut list = Vec::new();
        for name in overlay.fed_by(&self.config.name, feed).take(UNHEARD_MAX) {
            let known = self.origins.find(name.as_bytes(), ANY_LIFE).is_some();
            // What is counted needs its room more.
            if !known && self.origins.len() < ORIGINS_MAX / 2 {
                list.extend(self.origins.insert(name.as_bytes(), ANY_LIFE, None));
            }
        }
        self.graft(&list, out);
    }

    /// A neighbour came that has not heard which parts of the plan have failed here.
    pub(super) fn graft_unheard(&mut self, peer: PeerId, out: &mut Outbox) {
        if !self.plans_each() || !self.config.peers[peer.index()].direction.receives() {
            return;
        }
        let is_lost = |(number, origin): (OriginId, &crate::origin::Origin)| {
            let tree = origin.tree();
            (number != self.own && tree.epoch() == 0 && tree.parent().is_none()).then_some(number)
        };
        let list: Vec<OriginId> = self.origins.iter().filter_map(is_lost).collect();
        if !list.is_empty() {
            self.say_known(peer, true, 0, &list, out);
        }
    }
}
