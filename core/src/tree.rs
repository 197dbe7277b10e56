//! Flood-and-prune trees, one per origin: which neighbour feeds us that origin's updates, and whom
//! we need not feed.
//!
//! A tree is learned from one flood: the *rebuild* push of an epoch, whose first copy makes its
//! sender the parent. Later copies prove that a link is not needed, and it is pruned. Whoever
//! loses its parent floods again until the next epoch. The rules are numbered as in the protocol's
//! specification (A0 to A8); each has a counterexample without it, which `tests/model` finds.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use crate::form::form;
use crate::id::PeerId;
use crate::limits::PROOFS;
use crate::peers::PeerSet;
use crate::time::Instant;

/// One origin's tree, as one server sees it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Tree {
    epoch: u64,
    parent: Option<PeerId>,
    /// A further feed that is not pruned.
    second: Option<PeerId>,
    /// Hops of the copy that was adopted, as far as that can be counted.
    hops: u32,
    /// Neighbours that need no updates of this origin from us in this epoch.
    pruned_out: PeerSet,
    /// Whom we have told that in this epoch.
    pruned: PeerSet,
    /// When one that goes on all the same is told again.
    again: Instant,
    /// What the parent has delivered in this epoch.
    by_parent: Window,
    /// Who else has delivered what the parent has not yet, oldest first.
    others: Others,
    /// One more than the epoch for which a rebuild was asked; 0 if none was.
    wanted: u64,
    /// Updates in a row that had to be pulled although the parent is live.
    misses: u8,
}

/// Updates, and who has delivered them, oldest first: as a rule none, which takes no memory.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::box_collection, reason = "a herd has as many as it has servers, squared")]
struct Others(Option<Box<VecDeque<(u64, PeerSet)>>>);

impl Others {
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |others| others.len())
    }

    /// Takes out who has delivered an update.
    fn take(&mut self, seq: u64) -> Option<PeerSet> {
        let others = self.0.as_mut()?;
        let at = others.iter().position(|(other, _)| *other == seq)?;
        let (_, peers) = others.remove(at)?;
        self.0.take_if(|others| others.is_empty());
        Some(peers)
    }

    /// Somebody has delivered an update.
    fn insert(&mut self, seq: u64, from: PeerId) {
        let others = self.0.get_or_insert_default();
        if let Some((_, peers)) = others.iter_mut().find(|(other, _)| *other == seq) {
            peers.insert(from);
            return;
        }
        if others.len() == PROOFS {
            others.pop_front();
        }
        others.push_back((seq, [from].into_iter().collect()));
    }

    /// What a neighbour has delivered does not count.
    fn forget(&mut self, peer: PeerId) {
        for (_, peers) in self.0.iter_mut().flat_map(|others| others.iter_mut()) {
            peers.remove(peer);
        }
    }
}

/// Which of the last 64 numbers were seen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
struct Window {
    top: u64,
    /// The lowest bit is `top`'s.
    bits: u64,
}

impl Window {
    fn add(&mut self, seq: u64) {
        if let Some(more) = seq.checked_sub(self.top).filter(|more| *more > 0) {
            self.bits =
                u32::try_from(more).ok().and_then(|more| self.bits.checked_shl(more)).unwrap_or(0);
            self.top = seq;
        }
        if self.top - seq < 64 {
            self.bits |= 1 << (self.top - seq);
        }
    }

    fn contains(self, seq: u64) -> bool {
        self.top.checked_sub(seq).is_some_and(|back| back < 64 && self.bits >> back & 1 == 1)
    }
}

/// Which rules hold. All of them do but in comparisons, and where a search is to find what breaks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rules {
    /// Whether equal stamps are told apart (where the preset does).
    pub break_ties: bool,
    /// A1: whether only a rebuild push makes a parent (else whoever delivered the last update first).
    pub adopt_on_rebuild: bool,
    /// A1: whether only a newer epoch makes a new tree (else any other).
    pub epochs_grow: bool,
    /// A1: whether who has lost its parent waits for a rebuild push (else whoever delivers something
    /// next becomes its parent).
    pub orphans_wait: bool,
    /// A3: whether a link is pruned only if the parent has delivered the same update (else whoever
    /// delivers what is known).
    pub prune_with_proof: bool,
    /// A4: whether an orphan tells all its neighbours, and floods.
    pub orphan_floods: bool,
    /// A5: whether who asks to be fed is sent what it lacks.
    pub catch_up: bool,
    /// A7: whether repair leaves trees alone.
    pub repair_apart: bool,
}

impl Rules {
    /// Every rule.
    pub const ALL: Self = Self {
        break_ties: true,
        adopt_on_rebuild: true,
        epochs_grow: true,
        orphans_wait: true,
        prune_with_proof: true,
        orphan_floods: true,
        catch_up: true,
        repair_apart: true,
    };
}

impl Default for Rules {
    fn default() -> Self {
        Self::ALL
    }
}

/// A push, as far as its tree is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) from: PeerId,
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) hops: u64,
    pub(crate) rebuild: bool,
    pub(crate) fresh: bool,
}

impl Tree {
    /// One of which nothing is known: no parent, and everybody is fed.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            epoch: 0,
            parent: None,
            second: None,
            hops: 0,
            pruned_out: PeerSet::none(),
            pruned: PeerSet::none(),
            again: Instant(0),
            by_parent: Window { top: 0, bits: 0 },
            others: Others(None),
            wanted: 0,
            misses: 0,
        }
    }

    /// A tree known beforehand, from a map of the herd. Nobody feeds the origin.
    pub(crate) fn planned(
        parent: Option<PeerId>,
        second: Option<PeerId>,
        pruned_out: PeerSet,
    ) -> Self {
        Self { parent, second, pruned_out, ..Self::unknown() }
    }

    /// Counts how often the origin has rebuilt it.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The neighbour that feeds us.
    #[must_use]
    pub const fn parent(&self) -> Option<PeerId> {
        self.parent
    }

    /// A further neighbour that feeds us.
    #[must_use]
    pub const fn second(&self) -> Option<PeerId> {
        self.second
    }

    /// Neighbours that we do not feed.
    #[must_use]
    pub const fn pruned_out(&self) -> &PeerSet {
        &self.pruned_out
    }

    /// A1 to A3: a push was heard; whether its sender was adopted. Who is to be pruned is added to
    /// `prune`. `feeds` is how many neighbours may feed us.
    pub(crate) fn hear(
        &mut self,
        heard: Heard,
        rules: Rules,
        feeds: u8,
        now: Instant,
        prune: &mut PeerSet,
    ) -> bool {
        let Heard { from, seq, epoch, hops, rebuild, fresh } = heard;
        let newer = epoch > self.epoch || !rules.epochs_grow && epoch != self.epoch;
        if rebuild && newer {
            self.renew(epoch);
            self.parent = Some(from);
            self.hops = u32::try_from(hops).unwrap_or(u32::MAX);
            self.by_parent.add(seq);
            return true;
        }
        let orphaned = self.epoch > 0 && self.parent.is_none();
        if fresh && (!rules.adopt_on_rebuild || !rules.orphans_wait && orphaned) {
            self.parent = Some(from);
        }
        if self.parent == Some(from) {
            self.misses = 0;
        }
        if !rules.prune_with_proof {
            if !fresh && self.pruned.insert(from) {
                prune.insert(from);
            }
            return false;
        }
        if epoch != self.epoch || self.parent.is_none() || self.second == Some(from) {
            return false;
        }
        if rebuild && feeds > 1 && self.is_second(heard) {
            self.second = Some(from);
            return false;
        }
        self.prove(from, seq, now, prune);
        false
    }

    /// Whether a copy of the push that made the parent makes its sender the second feed.
    fn is_second(&self, heard: Heard) -> bool {
        self.second.is_none()
            && self.parent != Some(heard.from)
            && heard.hops <= u64::from(self.hops) + 1
            && !self.pruned.contains(heard.from)
    }

    /// A3: prunes whoever sends what the parent sends too.
    fn prove(&mut self, from: PeerId, seq: u64, now: Instant, prune: &mut PeerSet) {
        if self.parent == Some(from) {
            self.by_parent.add(seq);
            let Some(others) = self.others.take(seq) else { return };
            for other in others.iter() {
                if self.second != Some(other) {
                    self.tell_pruned(other, now, prune);
                }
            }
        } else if self.by_parent.contains(seq) {
            self.tell_pruned(from, now, prune);
        } else {
            self.others.insert(seq, from);
        }
    }

    /// An update of the tree that all share came from a neighbour, which proves nothing: but one that
    /// was told not to feed us may not have heard it.
    pub(crate) fn told_by(&mut self, from: PeerId, fresh: bool, now: Instant, prune: &mut PeerSet) {
        if self.parent == Some(from) {
            self.misses = 0;
        } else if !fresh && self.pruned.contains(from) {
            self.tell_pruned(from, now, prune);
        }
    }

    /// Prunes a neighbour; one that was told before is told again at most once a second.
    pub(crate) fn tell_pruned(&mut self, peer: PeerId, now: Instant, prune: &mut PeerSet) {
        if self.pruned.insert(peer) || now >= self.again {
            self.again = now.plus(crate::limits::PRUNE_AGAIN);
            prune.insert(peer);
        }
    }

    /// A new epoch: nothing of the last one counts.
    pub(crate) fn renew(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.second = None;
        self.pruned_out.clear();
        self.pruned.clear();
        self.unprove();
        self.wanted = 0;
    }

    fn unprove(&mut self) {
        self.by_parent = Window::default();
        self.others = Others::default();
        self.misses = 0;
    }

    /// A4: the parent is lost (or has lost its own); whether there was one.
    pub(crate) fn orphan(&mut self) -> bool {
        self.unprove();
        self.pruned.clear();
        self.parent.take().is_some()
    }

    /// A5: a neighbour asks to be fed.
    pub(crate) fn feed(&mut self, peer: PeerId) {
        self.pruned_out.remove(peer);
    }

    /// A5: a neighbour needs no feeding, if it speaks of this epoch; whether it does.
    pub(crate) fn stop(&mut self, peer: PeerId, epoch: u64) -> bool {
        epoch == self.epoch && self.pruned_out.insert(peer)
    }

    /// A neighbour's link came or went: what it said before no longer counts.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.pruned_out.remove(peer);
        self.pruned.remove(peer);
        if self.second == Some(peer) {
            self.second = None;
        }
        self.others.forget(peer);
    }

    /// Whether a rebuild of what was `epoch` is still to be asked for; from now on it is.
    pub(crate) fn want(&mut self, epoch: u64) -> bool {
        let new = self.wanted <= epoch;
        if new {
            self.wanted = epoch.saturating_add(1);
        }
        new
    }

    /// An update had to be pulled although the parent is live; whether that was once too often.
    pub(crate) fn missed(&mut self) -> bool {
        self.misses = self.misses.saturating_add(1);
        self.parent.is_some() && self.misses >= crate::limits::MISSES
    }

    /// Whether it keeps its bounds.
    pub(crate) fn is_bounded(&self) -> bool {
        self.others.len() <= PROOFS
    }
}

form!(struct Tree {
    epoch, parent, second, hops, pruned_out, pruned, again, by_parent, others, wanted, misses,
});
form!(struct Others(list));
form!(struct Window { top, bits });
form!(struct Rules {
    break_ties, adopt_on_rebuild, epochs_grow, orphans_wait, prune_with_proof, orphan_floods,
    catch_up, repair_apart,
});

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const FIRST: PeerId = PeerId(0);
    const OTHER: PeerId = PeerId(1);

    /// Hears a push in epoch 1; whether it was adopted, and who is pruned.
    fn push(tree: &mut Tree, from: PeerId, seq: u64, rebuild: bool) -> (bool, PeerSet) {
        let heard = Heard { from, seq, epoch: 1, hops: 1, rebuild, fresh: true };
        let mut prune = PeerSet::none();
        let adopted = tree.hear(heard, Rules::ALL, 1, Instant(0), &mut prune);
        (adopted, prune)
    }

    #[test]
    fn only_a_rebuild_makes_a_parent_and_only_its_deliveries_prune() {
        let mut tree = Tree::default();
        assert_eq!(push(&mut tree, OTHER, 1, false), (false, PeerSet::none()));
        assert_eq!(tree.parent(), None);
        assert!(push(&mut tree, FIRST, 2, true).0);
        assert_eq!(tree.parent(), Some(FIRST));
        // The other one is ahead: no proof until the parent has delivered the same.
        assert_eq!(push(&mut tree, OTHER, 3, false).1, PeerSet::none());
        assert_eq!(push(&mut tree, FIRST, 3, false).1, [OTHER].into_iter().collect());
        // What was still on its way is not answered again.
        assert_eq!(push(&mut tree, OTHER, 2, true), (false, PeerSet::none()));
        assert!(tree.orphan() && !tree.orphan());
        assert_eq!(push(&mut tree, OTHER, 3, false).1, PeerSet::none());
    }

    #[test]
    fn a_second_feed_is_kept_if_it_is_not_farther() {
        let mut tree = Tree::default();
        let mut prune = PeerSet::none();
        for (from, hops) in [(0, 2), (1, 4), (2, 3), (3, 2)] {
            let heard = Heard {
                from: PeerId(from),
                seq: 1,
                epoch: 1,
                hops,
                rebuild: true,
                fresh: from == 0,
            };
            tree.hear(heard, Rules::ALL, 2, Instant(0), &mut prune);
        }
        assert_eq!(tree.second(), Some(PeerId(2)));
        assert_eq!(prune, [PeerId(1), PeerId(3)].into_iter().collect());
    }

    #[test]
    fn the_window_remembers_the_last_64() {
        let mut window = Window::default();
        for seq in [5, 3, 70, 68] {
            window.add(seq);
        }
        let seen: Vec<u64> = (0..80).filter(|seq| window.contains(*seq)).collect();
        assert_eq!(seen, [68, 70]);
        window.add(6);
        assert!(!window.contains(6) && !window.contains(1 << 50));
    }
}
