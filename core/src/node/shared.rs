//! The tree that all updates share: only its root builds it, by a flood of its own, and an update goes
//! up and down it from wherever it was told. One tree takes the fewest messages if they are gathered,
//! for each way is used by all; the way is longer, by way of the root at worst.
//!
//! The herd names a root. If that is gone, whoever has had no feed for a while builds a tree of its own,
//! in the next epoch; of several that do, the one whose name is lowest wins. The root that was named
//! takes its place again when it hears of one. Trees are ordered by epoch, then by root; a server goes
//! over to a greater one only, so that parents form no ring, as with one root (A1).

use core::cmp::Reverse;

use super::Node;
use crate::codec::{Build, Origin, put_build};
use crate::id::PeerId;
use crate::limits::ROOT_PATIENCE;
use crate::origin::OriginId;
use crate::outbox::{Event, Outbox};
use crate::peers::PeerSet;
use crate::sync::name_of;
use crate::time::Now;
use crate::tree::Heard;

impl Node {
    /// The tree that all updates share, as it was planned, if nothing newer is known; `None` if each
    /// origin has its own.
    pub(super) fn shared(&mut self) -> Option<OriginId> {
        if !self.shares {
            return None;
        }
        let root = self.config.shared_root()?;
        if self.spreading.shared.is_none() {
            let name = alloc::boxed::Box::<[u8]>::from(root.as_bytes());
            self.spreading.shared = self.intern(&Origin { name: &name, incarnation: 0 });
        }
        self.spreading.shared
    }

    /// The tree that all share as it is now, if an older or newer one of its root is meant, or of the
    /// root that the herd names.
    pub(super) fn current(&self, origin: &Origin<'_>) -> Option<OriginId> {
        let shared = self.spreading.shared?;
        let root = self.config.shared_root().map(str::as_bytes);
        let meant = root == Some(origin.name) || self.origins.get(shared).name() == origin.name;
        meant.then_some(shared)
    }

    /// Whether we are the root that the herd names.
    fn is_named(&self) -> bool {
        self.config.shared_root() == Some(&*self.config.name)
    }

    /// Whether we are the root of the tree that all share.
    fn is_root(&self) -> bool {
        let is_ours = |shared| self.origins.get(shared).name() == self.config.name.as_bytes();
        self.spreading.shared.map_or_else(|| self.is_named(), is_ours)
    }

    /// Whether a tree is ours to build.
    pub(super) fn builds(&self, tree: OriginId) -> bool {
        if self.shares {
            self.is_root() && self.spreading.shared == Some(tree)
        } else {
            tree == self.own
        }
    }

    /// Whether a neighbour is next to us on the tree that all share. Whoever is not on it feeds all.
    pub(super) fn feeds_shared(&self, peer: PeerId) -> bool {
        let Some(tree) = self.spreading.shared.map(|tree| self.origins.get(tree).tree()) else {
            return true;
        };
        let lost = |parent: PeerId| self.links[parent.index()].live().is_none();
        let open = !self.is_root() && tree.parent().is_none_or(lost);
        open || tree.parent() == Some(peer) || !tree.pruned_out().contains(peer)
    }

    /// A8: builds the tree that all share, if that is ours to do and due.
    pub(super) fn build_shared(&mut self, now: Now, out: &mut Outbox) {
        let Some(shared) = self.shared() else { return };
        let tree = self.origins.get(shared).tree();
        let (epoch, is_root) = (tree.epoch(), self.is_root());
        let known = epoch > 0 || self.is_planned();
        if !is_root && !self.is_named() {
            // Until the root has had the time to hear of it, and to build anew.
            let patience = self.config.tuning.rebuild_min.saturating_mul(ROOT_PATIENCE);
            if tree.parent().is_some() || !known {
                self.rebuild.want_not();
            } else {
                self.rebuild.want_at(now.mono.plus(patience));
            }
        }
        let unknown = is_root && epoch == 0 && !(self.is_planned() && self.reaches(tree));
        if !self.rebuild.is_due(unknown, now, self.config.tuning.rebuild_min) {
            return;
        }
        let epoch = self.rebuild.next_epoch(epoch.max(self.origins.get(self.own).tree().epoch()));
        self.origins.get_mut(self.own).tree_mut().renew(epoch);
        self.spreading.shared = Some(self.own);
        self.flood_build(epoch, 1, None, out);
    }

    /// Passes the flood that builds the tree on to all, but to the one it came from.
    fn flood_build(&mut self, epoch: u64, hops: u64, from: Option<PeerId>, out: &mut Outbox) {
        let Some(shared) = self.spreading.shared else { return };
        let root = name_of(self.origins.get(shared));
        let frame = out.put(|bytes| put_build(bytes, &Build { root, epoch, hops }));
        for peer in self.peers().filter(|peer| Some(*peer) != from) {
            let sends = self.config.peers[peer.index()].direction.sends();
            if let Some(session) = self.links[peer.index()].live_mut().filter(|_| sends) {
                session.write(frame, self.config.tuning.window, out);
            }
        }
    }

    /// The tree that all share is built anew (A1, A3).
    pub(super) fn built(&mut self, now: Now, peer: PeerId, build: &Build<'_>, out: &mut Outbox) {
        let Some(shared) = self.shared() else { return };
        let Build { root, epoch, hops } = *build;
        let Some(number) = self.known_root(&root) else { return };
        let before = self.origins.get(shared);
        let order =
            self.rank(&root, epoch).cmp(&self.rank(&name_of(before), before.tree().epoch()));
        let mut prune = PeerSet::none();
        if number == self.own {
            // Nobody has to tell us what we said.
            let tree = self.origins.get_mut(number).tree_mut();
            if epoch == tree.epoch() {
                tree.tell_pruned(peer, now.mono, &mut prune);
            }
        } else if order.is_lt() && self.config.tuning.rules.epochs_grow {
            let known = before.tree().epoch();
            if epoch < known && self.config.shared_root().map(str::as_bytes) == Some(root.name) {
                // It came back with nothing, and does not know how far the others are.
                self.say_wanted(peer, &[(number, known)], out);
            }
            return;
        } else {
            let heard = Heard { from: peer, seq: 0, epoch, hops, rebuild: true, fresh: true };
            let tree = self.origins.get_mut(number).tree_mut();
            if tree.hear(heard, self.config.tuning.rules, 1, now.mono, &mut prune) {
                self.spreading.shared = Some(number);
                out.event(Event::Adopted { peer, origin: number });
                self.flood_build(epoch, hops.saturating_add(1), Some(peer), out);
                if self.is_named() {
                    self.rebuild.want();
                }
            }
        }
        self.say_pruned(now, number, &prune, out);
    }

    /// The number of a tree's root, known or new.
    fn known_root(&mut self, root: &Origin<'_>) -> Option<OriginId> {
        let known = self.origins.find(root.name, root.incarnation);
        known.or_else(|| self.add_origin(root, None))
    }

    /// What orders the trees that all could share: the greatest is the one that is.
    fn rank<'a>(&self, root: &Origin<'a>, epoch: u64) -> (u64, bool, Reverse<&'a [u8]>, u64) {
        let named = self.config.shared_root().is_some_and(|name| name.as_bytes() == root.name);
        (epoch, named, Reverse(root.name), root.incarnation)
    }

    /// What an update says of the tree that all share: nothing, but that a neighbour is alive, or has
    /// not heard that it need not feed us.
    pub(super) fn place_shared(&mut self, now: Now, peer: PeerId, fresh: bool, out: &mut Outbox) {
        let Some(shared) = self.shared() else { return };
        let is_root = self.is_root();
        let asks = self.is_planned();
        let tree = self.origins.get_mut(shared).tree_mut();
        let mut prune = PeerSet::none();
        tree.told_by(peer, fresh, now.mono, &mut prune);
        let (epoch, lost) = (tree.epoch(), tree.parent().is_none() && !is_root);
        let wants = fresh && lost && (asks || epoch > 0) && tree.want(epoch);
        if wants {
            self.say_wanted(peer, &[(shared, epoch)], out);
        }
        self.say_pruned(now, shared, &prune, out);
    }

    /// A link came up that the tree does not know: it is to be built anew.
    pub(super) fn welcome_shared(&mut self, out: &mut Outbox) {
        let Some(shared) = self.spreading.shared else { return };
        if self.is_root() {
            return self.rebuild.want();
        }
        let tree = self.origins.get_mut(shared).tree_mut();
        let epoch = tree.epoch();
        if let Some(parent) = tree.parent()
            && tree.want(epoch)
        {
            self.say_wanted(parent, &[(shared, epoch)], out);
        }
    }

    /// Tells neighbours that they need not feed us.
    pub(super) fn say_pruned(
        &mut self,
        now: Now,
        origin: OriginId,
        prune: &PeerSet,
        out: &mut Outbox,
    ) {
        let epoch = self.origins.get(origin).tree().epoch();
        for peer in prune.iter() {
            let frame = self.put_pruned(origin, epoch, out);
            self.say_along(now, peer, frame, out);
            out.event(Event::Pruned { peer, origin });
        }
    }
}
