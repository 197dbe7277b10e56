//! Planned trees of servers that were not heard of yet.
//!
//! A plan says who feeds whom before anything was said. Who loses a feed then does not know the lives
//! of those whose updates it would have brought; so it asks to be fed by their names alone. A name
//! stands for every life of its server: in the list of origins it is the life [`ANY_LIFE`], which
//! counts no updates, and whose tree every life that is heard of later begins with.

use alloc::vec::Vec;

use super::Node;
use super::room::is_last;
use crate::codec;
use crate::id::PeerId;
use crate::limits::{ORIGINS_MAX, UNHEARD_MAX};
use crate::link::Link;
use crate::origin::{ANY_LIFE, Origin, OriginId};
use crate::outbox::Outbox;
use crate::sort::{set, sort};
use crate::sync::name_of;

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
    pub(super) fn meant(&mut self, origin: &codec::Origin<'_>) -> Vec<OriginId> {
        if let Some(shared) = self.current(origin) {
            return Vec::from([shared]);
        }
        if self.is_any_life(origin) && origin.name == self.config.name.as_bytes() {
            return Vec::from([self.own]);
        }
        let number = self.intern(origin);
        let mut all: Vec<OriginId> = number.into_iter().collect();
        all.extend(self.lives(origin).filter(|life| Some(*life) != number));
        all
    }

    /// The lives that a name stands for, if it is one.
    pub(super) fn lives(&self, origin: &codec::Origin<'_>) -> impl Iterator<Item = OriginId> {
        let name = self.is_any_life(origin).then_some(origin.name);
        let of_it = move |(number, origin): (OriginId, &Origin)| {
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
        let of = |number: &OriginId| self.origins.get(*number);
        let is_any = |origin: &&Origin| self.is_any_life(&name_of(origin));
        let names = set(origins.iter().map(of).filter(is_any).map(Origin::name));
        let is_of = |(_, origin): &(OriginId, &Origin)| names.binary_search(&origin.name()).is_ok();
        let mut all = origins.to_vec();
        all.extend(self.origins.iter().filter(is_of).map(|(number, _)| number));
        sort(&mut all);
        all.dedup();
        all
    }

    /// A neighbour came that may not have heard which parts of the plan have failed here: it counts on
    /// the whole of it if it has begun anew, or hears of an origin only now.
    pub(super) fn graft_lost(&mut self, peer: PeerId, out: &mut Outbox) {
        let has_feeds = self.is_planned() && self.config.preset.feeds().is_some();
        if !has_feeds || !self.config.peers[peer.index()].direction.receives() {
            return;
        }
        let lost = if self.shares { self.lost_root() } else { self.lost_feeds() };
        if !lost.is_empty() {
            self.say_graft(peer, &self.with_lives(&lost), out);
        }
    }

    /// Asks to be fed what the plan has no feed for any more, once what neighbours have of it has come:
    /// else each of them would give the same.
    pub(super) fn graft_unfed(&mut self, out: &mut Outbox) {
        let Some(unfed) = self.spreading.more.as_mut().map(|more| core::mem::take(&mut more.unfed))
        else {
            return;
        };
        let comes = |number: OriginId| {
            let origin = self.origins.get(number);
            let lacked = |link: &Link| {
                let offered = link.live().and_then(|session| session.offers.get(number));
                offered.is_some_and(|have| have.exceeds(origin.have()))
            };
            origin.pull().is_some() || self.links.iter().any(lacked)
        };
        let comes = |number: &OriginId| {
            comes(*number) || self.lives(&name_of(self.origins.get(*number))).any(comes)
        };
        let (later, now): (Vec<_>, Vec<_>) = unfed.into_iter().partition(comes);
        if !later.is_empty() {
            self.spreading.more().unfed = later;
        }
        self.graft(&now, out);
    }

    /// What has a place in the plan and no feed: names of which any life may be heard, and of each
    /// server the latest life. (Nothing more comes of the others.)
    fn lost_feeds(&self) -> Vec<OriginId> {
        let Some(overlay) = self.config.overlay.as_deref() else { return Vec::new() };
        let lives = self.lives_in_order();
        let is_lost = |(number, origin): &(OriginId, &Origin)| {
            origin.tree().parent().is_none()
                && origin.name() != self.config.name.as_bytes()
                && (origin.incarnation() == ANY_LIFE || is_last(&lives, origin))
                && overlay.spans(origin.name(), &self.config.name)
                && !self.spreading.more.as_ref().is_some_and(|more| more.unfed.contains(number))
        };
        self.origins.iter().filter(is_lost).map(|(number, _)| number).collect()
    }

    /// What the tree that all share is known by, if we have lost it.
    fn lost_root(&self) -> Vec<OriginId> {
        let Some(shared) = self.spreading.shared.filter(|shared| !self.builds(*shared)) else {
            return Vec::new();
        };
        if self.origins.get(shared).tree().parent().is_some() {
            return Vec::new();
        }
        let root = self.config.shared_root().map(str::as_bytes);
        let is_it = |(number, origin): &(OriginId, &Origin)| {
            *number == shared || root == Some(origin.name())
        };
        self.origins.iter().filter(is_it).map(|(number, _)| number).collect()
    }
}
