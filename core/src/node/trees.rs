//! Trees: planned, asked for, lost and rebuilt.

use alloc::vec;
use alloc::vec::Vec;

use super::Node;
use crate::codec::{self, Epochs, Known, put_epoch, put_epochs, put_fitting};
use crate::config::Style;
use crate::form::form;
use crate::id::PeerId;
use crate::origin::{ANY_LIFE, OriginId};
use crate::outbox::{Event, Outbox, Span};
use crate::sync::name_of;
use crate::time::{Instant, Now};
use crate::tree::Tree;

/// This server's own tree.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Rebuild {
    /// Whether somebody has lost their feed.
    wanted: bool,
    /// When it may be rebuilt next.
    next: Instant,
    /// The greatest epoch that others know of the tree that all share: the next one is above it.
    above: u64,
}

impl Rebuild {
    /// Somebody has lost their feed.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    /// The same, not before then, unless it was said before.
    pub(super) fn want_at(&mut self, at: Instant) {
        if !self.wanted {
            (self.wanted, self.next) = (true, at);
        }
    }

    /// Nobody has.
    pub(super) const fn want_not(&mut self) {
        self.wanted = false;
    }

    /// Others know the tree that all share in that epoch.
    pub(super) fn knows(&mut self, epoch: u64) {
        self.above = self.above.max(epoch);
    }

    /// The epoch after all that are known.
    pub(super) fn next_epoch(&self, known: u64) -> u64 {
        self.above.max(known) + 1
    }

    /// Whether the tree is to be built now, because nobody knows one or somebody wants it; from now
    /// on it is.
    pub(super) fn is_due(&mut self, unknown: bool, now: Now, least: u64) -> bool {
        let due = unknown || self.wanted && now.mono >= self.next;
        if due {
            *self = Self { wanted: false, next: now.mono.plus(least), above: self.above };
        }
        due
    }
}

impl Node {
    /// The number of an origin, known or new; `None` if there are too many.
    pub(super) fn intern(&mut self, origin: &codec::Origin<'_>) -> Option<OriginId> {
        if let Some(known) = self.origins.find(origin.name, origin.incarnation) {
            return Some(known);
        }
        // What was said of any of its lives before it was heard of counts.
        let said = self.unheard(origin.name).map(|number| self.origins.get(number).tree().clone());
        let asked = said.as_ref().is_some_and(|tree| tree.parent().is_none());
        let planned = said.or_else(|| self.plan(origin.name));
        let is_live = |parent: PeerId| self.links[parent.index()].live().is_some();
        let lost = !asked
            && origin.name != self.config.name.as_bytes()
            && planned.as_ref().is_some_and(|tree| !tree.parent().is_some_and(is_live));
        let tree = planned.filter(|_| !lost);
        let number = self.add_origin(origin, tree)?;
        if lost {
            // The others count on the plan, and hear that they are not to once what they have has come.
            self.spreading.more().unfed.push(number);
        }
        Some(number)
    }

    /// The tree of an origin as the map has it. Neighbours that are not on the map are fed. Nobody feeds
    /// the origin; whom else nobody feeds has no neighbour any more that the map has for it.
    pub(super) fn plan(&self, origin: &[u8]) -> Option<Tree> {
        let two = self.config.preset.feeds()? > 1;
        if self.config.shared_root().is_some_and(|root| root.as_bytes() != origin) {
            return None;
        }
        let place = self.config.overlay.as_ref()?.place(origin, &self.config.name, two)?;
        let peers = || (0_u16..).map(PeerId).zip(&self.config.peers);
        let unfed = |peer: &crate::Peer| place.unfed.binary_search(&&*peer.name).is_ok();
        let pruned_out = peers().filter(|(_, peer)| unfed(peer)).map(|(id, _)| id).collect();
        let feed = |name: &str| {
            let is_it = |peer: &crate::Peer| *peer.name == *name && peer.style == Style::Herd;
            peers().find(|(_, peer)| is_it(peer))
        };
        // A feed that is no neighbour any more is one that is lost.
        let parent = place.parent.and_then(feed);
        let second = place.second.and_then(feed).filter(|(_, peer)| peer.direction.receives());
        Some(Tree::planned(parent.map(|(id, _)| id), second.map(|(id, _)| id), pruned_out))
    }

    /// Whether the herd's servers know a map.
    pub(super) fn is_planned(&self) -> bool {
        self.config.overlay.is_some()
    }

    /// Whether every neighbour that such a tree feeds can be told.
    pub(super) fn reaches(&self, tree: &Tree) -> bool {
        self.peers().zip(&self.config.peers).all(|(id, peer)| {
            let fed = peer.style == Style::Herd
                && peer.direction.sends()
                && !tree.pruned_out().contains(id);
            !fed || self.links[id.index()].live().is_some()
        })
    }

    /// A8: whether this server's next update builds its tree; from then on its epoch is new.
    pub(super) fn rebuilds_own(&mut self, now: Now) -> bool {
        if self.config.preset.feeds().is_none() || self.shares {
            return false;
        }
        let first = self.origins.get(self.own).have().is_empty();
        if first
            && !self.rebuild.wanted
            && let Some(tree) = self.plan(self.config.name.as_bytes())
            && self.reaches(&tree)
        {
            *self.origins.get_mut(self.own).tree_mut() = tree;
            return false;
        }
        if !self.rebuild.is_due(first, now, self.config.tuning.rebuild_min) {
            return false;
        }
        let tree = self.origins.get_mut(self.own).tree_mut();
        let epoch = tree.epoch() + 1;
        tree.renew(epoch);
        true
    }

    /// A neighbour came: whatever was said of it before no longer counts, and it is fed.
    pub(super) fn welcome(&mut self, peer: PeerId, out: &mut Outbox) {
        for (_, origin) in self.origins.iter_mut() {
            if let Some(tree) = origin.known_tree() {
                tree.forget(peer);
            }
        }
        self.welcome_shared(out);
        self.graft_lost(peer, out);
    }

    /// A4: a neighbour is lost. Whoever it fed floods from now on, and says so.
    pub(super) fn bereave(&mut self, peer: PeerId, out: &mut Outbox) {
        if self.is_planned() {
            // The tree that all share is lost also where nothing has gone over it yet.
            self.shared();
        }
        let mut orphaned = Vec::new();
        for (number, origin) in self.origins.iter_mut() {
            if let Some(tree) = origin.known_tree() {
                tree.forget(peer);
                if tree.parent() == Some(peer) && tree.orphan() {
                    orphaned.push(number);
                }
            }
            origin.end_pull(|pull| pull.peer == peer);
        }
        if self.plans_each() {
            orphaned.extend(self.unheard_of(peer));
        }
        self.orphan(&orphaned, out);
    }

    /// A4: these origins' updates have lost their feed.
    pub(super) fn orphan(&mut self, orphaned: &[OriginId], out: &mut Outbox) {
        for origin in orphaned {
            if self.origins.get(*origin).incarnation() != ANY_LIFE {
                out.event(Event::Orphaned { origin: *origin });
            }
        }
        if !self.config.tuning.rules.orphan_floods {
            return;
        }
        // Over a tree that all share, whoever has lost it may miss anybody's updates.
        if orphaned.iter().any(|origin| self.spreading.shared == Some(*origin)) {
            let all: Vec<OriginId> = self.origins.iter().map(|(number, _)| number).collect();
            return self.graft(&all, out);
        }
        self.graft(orphaned, out);
    }

    /// Asks every neighbour to be fed; one that we only feed hears by it that its feed has lost its own.
    pub(super) fn graft(&mut self, origins: &[OriginId], out: &mut Outbox) {
        if origins.is_empty() {
            return;
        }
        let origins = self.with_lives(origins);
        for number in 0..self.links.len() {
            if let Ok(peer) = u16::try_from(number).map(PeerId) {
                self.say_graft(peer, &origins, out);
            }
        }
    }

    /// Asks one neighbour, in as many frames as it takes.
    pub(super) fn say_graft(&mut self, peer: PeerId, origins: &[OriginId], out: &mut Outbox) {
        let mut rest = origins;
        while !rest.is_empty() {
            let fit = self.say_known(peer, None, rest, out);
            rest = &rest[fit..];
        }
    }

    /// A5: a neighbour asks to be fed.
    pub(super) fn grafted(
        &mut self,
        now: Now,
        peer: PeerId,
        answer: u64,
        known: Known<'_>,
        out: &mut Outbox,
    ) {
        let mut orphaned = Vec::new();
        let mut wants = vec![Vec::new(); self.links.len()];
        for (origin, _) in known.iter() {
            for number in self.meant(&origin) {
                let own = self.builds(number);
                self.rebuild.wanted |= own;
                let Some(tree) = self.origins.get_mut(number).known_tree() else { continue };
                tree.feed(peer);
                if own {
                    continue;
                }
                if tree.parent() == Some(peer) {
                    tree.orphan();
                    orphaned.push(number);
                } else if let Some(parent) = tree.parent()
                    && tree.want(tree.epoch())
                {
                    wants[parent.index()].push((number, tree.epoch()));
                }
            }
        }
        if self.shares {
            self.compare_known(now, peer, known, out);
        } else if self.config.tuning.rules.catch_up {
            self.answer(now, peer, answer, known, false, out);
        }
        self.orphan(&orphaned, out);
        for (parent, list) in (0..).map(PeerId).zip(wants).filter(|(_, list)| !list.is_empty()) {
            self.say_wanted(parent, &list, out);
        }
    }

    /// Over a tree that all share, updates go both ways: what was on its way up over the link that was lost is
    /// lacked here. What either lacks is asked for once it should have come by itself: where messages are
    /// gathered, much is on its way.
    fn compare_known(&mut self, now: Now, peer: PeerId, known: Known<'_>, out: &mut Outbox) {
        if !self.pays(now, peer, out) {
            return;
        }
        let receives = self.config.peers[peer.index()].direction.receives();
        let due = now.mono.plus(self.grace());
        let mut lacks = false;
        for (origin, have) in known.iter().filter(|_| receives) {
            let Some(number) = self.told_of(&origin) else { continue };
            let Self { links, origins, .. } = self;
            let Some(session) = links[peer.index()].live_mut() else { return };
            let ours = origins.get(number).have();
            if have.exceeds(ours) {
                session.offers.insert(number, have, ours, due);
                lacks = true;
            }
        }
        if lacks {
            self.pull_then(now, due, out);
        }
        if self.is_unsettled(peer) {
            self.say_digest(peer, false, out);
        }
    }

    /// A5: a neighbour is fed by somebody else.
    pub(super) fn pruned(&mut self, peer: PeerId, epochs: Epochs<'_>) {
        for (origin, epoch) in epochs.iter() {
            if let Some(number) = self.origins.find(origin.name, origin.incarnation) {
                self.origins.get_mut(number).tree_mut().stop(peer, epoch);
            }
        }
    }

    /// A8: somebody asks the origins to rebuild; passed on parent by parent, once per epoch.
    pub(super) fn wanted(&mut self, peer: PeerId, epochs: Epochs<'_>, out: &mut Outbox) {
        let mut wants = vec![Vec::new(); self.links.len()];
        for (origin, epoch) in epochs.iter() {
            let known = self.origins.find(origin.name, origin.incarnation);
            if known.is_none() && !self.is_any_life(&origin) && self.current(&origin).is_none() {
                continue;
            }
            for number in self.meant(&origin) {
                let own = self.builds(number);
                let tree = self.origins.get(number).tree();
                if own {
                    self.rebuild.wanted |= epoch >= tree.epoch();
                    self.rebuild.knows(epoch);
                } else if let Some(parent) = tree.parent()
                    && parent != peer
                    && epoch >= tree.epoch()
                    && self.origins.get_mut(number).tree_mut().want(epoch)
                {
                    wants[parent.index()].push((number, epoch));
                }
            }
        }
        for (parent, list) in (0..).map(PeerId).zip(wants).filter(|(_, list)| !list.is_empty()) {
            self.say_wanted(parent, &list, out);
        }
    }

    /// Asks a neighbour for these trees to be built anew.
    pub(super) fn say_wanted(&mut self, peer: PeerId, trees: &[(OriginId, u64)], out: &mut Outbox) {
        let mut rest = trees;
        while !rest.is_empty() {
            let (frame, fit) = self.put_trees(true, rest, out);
            rest = &rest[fit..];
            if let Some(session) = self.links[peer.index()].live_mut() {
                session.write(frame, self.config.tuning.window, out);
            }
        }
    }

    /// Appends that a neighbour need not feed us an origin's updates.
    pub(super) fn put_pruned(&self, origin: OriginId, epoch: u64, out: &mut Outbox) -> Span {
        self.put_trees(false, &[(origin, epoch)], out).0
    }

    /// Appends a want, or a prune, of the first trees, as many as fit in a frame; how many those are.
    fn put_trees(&self, want: bool, trees: &[(OriginId, u64)], out: &mut Outbox) -> (Span, usize) {
        let mut fit = 0;
        let frame = out.put(|bytes| {
            put_epochs(bytes, want, |bytes| {
                fit = put_fitting(bytes, trees.iter(), |bytes, (origin, epoch)| {
                    put_epoch(bytes, &name_of(self.origins.get(*origin)), *epoch);
                });
            });
        });
        (frame, fit)
    }
}

form!(struct Rebuild { wanted, next, above });
