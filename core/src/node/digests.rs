//! Digests: telling neighbours what is had, until both know that they have the same.

use alloc::vec::Vec;

use super::Node;
use crate::codec::{Digest, put_digest, put_fitting, put_known};
use crate::form::form;
use crate::id::PeerId;
use crate::limits::{
    BULK_LASTS, DIGEST_ENTRIES, DIVERGED_AFTER, GRACE_FADES, GRACE_MAX, GRACE_TRIPS,
};
use crate::link::Session;
use crate::outbox::{Outbox, Span};
use crate::peers::PeerSet;
use crate::sort::sort;
use crate::sync::name_of;
use crate::time::{Instant, Now};

/// When neighbours are told what is had, and whose turn it is.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Digests {
    pub(super) at: Option<Instant>,
    next: u16,
    /// Whether those whose turn it is were chosen already.
    chosen: bool,
    /// Those of them that were not told yet.
    turn: PeerSet,
    /// The longest that something was pulled too early for: it fades.
    late: u64,
    /// Until when what repair brings is announced, however little it is.
    bulk_until: Instant,
}

impl Digests {
    /// Whether what repair brings is announced and not pushed on, because there is much of it or was just
    /// before: the rest of it comes in small pieces, and everybody pulls already.
    pub(super) fn is_bulk(&mut self, now: Now, small: bool) -> bool {
        if !small {
            self.bulk_until = now.mono.plus(BULK_LASTS);
        }
        now.mono < self.bulk_until
    }

    /// Something came by itself so long after it had been waited for and pulled.
    pub(super) fn came_late(&mut self, least: u64, after: u64) {
        let waited = self.late.max(least).saturating_add(after);
        self.late = waited.min(GRACE_MAX);
    }
}

impl Digests {
    /// Whose turn it is first depends on the name: if all servers told the same ones at the same
    /// time, those whose turn is last would hear of nothing for long.
    pub(super) fn of(name: &str) -> Self {
        let next = name.bytes().fold(0_u16, |sum, byte| sum.wrapping_mul(31) ^ u16::from(byte));
        Self { next, ..Self::default() }
    }
}

impl Node {
    /// Something was added to what is had: neighbours are to be told, in a while.
    pub(super) fn changed(&mut self, now: Now) {
        if self.config.preset.repairs() && self.digests.at.is_none() {
            self.digests.at = Some(now.mono.plus(self.config.digests().0));
        }
    }

    /// Tells a few neighbours what is had, those first whose turn it is, while some have not heard.
    pub(super) fn tell_digests(&mut self, now: Now, out: &mut Outbox) {
        self.digests.at = None;
        self.digests.late -= self.digests.late >> GRACE_FADES;
        self.look_over(now, out);
        self.choose_turn();
        self.digests.chosen = false;
        for peer in core::mem::take(&mut self.digests.turn).iter() {
            if self.is_unsettled(peer) {
                self.say_digest(peer, false, out);
            }
        }
        if self.peers().any(|peer| self.is_unsettled(peer)) {
            self.changed(now);
        }
    }

    /// Chooses those whose turn it is to be told what is had, unless they are.
    fn choose_turn(&mut self) {
        if self.digests.chosen {
            return;
        }
        self.digests.chosen = true;
        let count = self.links.len();
        let start = usize::from(self.digests.next) % count.max(1);
        let unsettled: Vec<PeerId> = (0..count)
            .filter_map(|step| u16::try_from((start + step) % count).ok().map(PeerId))
            .filter(|peer| self.is_unsettled(*peer))
            .collect();
        let mut chosen = 0;
        for peer in unsettled {
            let Some(session) = self.links[peer.index()].live_mut() else { continue };
            if chosen == self.config.digests().1 {
                break;
            }
            if session.heard.is_due() {
                chosen += 1;
                self.digests.turn.insert(peer);
                self.digests.next = peer.0.wrapping_add(1);
            }
        }
    }

    /// Whether what goes to neighbours now takes along what is had, to those whose turn it is next:
    /// it is nearly time to tell them, and then nothing need be said apart.
    pub(super) fn digests_ride(&mut self, now: Now) -> bool {
        let early = self.config.digests().0 / 2;
        let nearly = self.digests.at.is_some_and(|at| now.mono.plus(early) > at);
        if !nearly || !self.rides() {
            return false;
        }
        self.choose_turn();
        !self.digests.turn.is_empty()
    }

    /// What is had, for a neighbour whose turn it is: it is told with what goes there now.
    pub(super) fn riding_digest(&mut self, peer: PeerId, out: &mut Outbox) -> Option<Span> {
        let lags = self.links[peer.index()].live().is_none_or(Session::is_lagging);
        if lags || !self.digests.turn.contains(peer) || !self.is_unsettled(peer) {
            return None;
        }
        self.digests.turn.remove(peer);
        self.make_digest(peer, (false, true), out)
    }

    /// How long what a neighbour has is waited for before it is pulled: longer where it takes longer,
    /// so that what is on its way is not asked for.
    pub(super) fn grace(&self) -> u64 {
        let trips = self.links.iter().filter_map(|link| Some(link.live()?.trip.usual()));
        let farthest = GRACE_TRIPS.saturating_mul(trips.max().unwrap_or(0));
        let late = self.digests.late + self.digests.late / 4;
        farthest.max(late).min(GRACE_MAX).max(self.config.grace())
    }

    /// Whether a live neighbour may lack something, or has something, or does not know that we know,
    /// or holds something different. That ends by itself when both can speak to each other.
    #[must_use]
    pub fn is_unsettled(&self, peer: PeerId) -> bool {
        self.is_untold(peer) || self.is_odd(peer)
    }

    /// The same, as far as it is said what is had.
    fn is_untold(&self, peer: PeerId) -> bool {
        let Some(direction) = self.config.peers.get(peer.index()).map(|peer| peer.direction) else {
            return false;
        };
        let Some(session) = self.links[peer.index()].live() else { return false };
        let ours = self.origins.summary();
        let agreed = session.audit.as_deref().is_some_and(|audit| {
            audit.even >= DIVERGED_AFTER && audit.pair == (session.heard.theirs, ours)
        });
        let all = !direction.receives() || session.heard.theirs == ours || agreed;
        direction.sends() && !(all && session.heard.ours == ours)
    }

    /// Says what is had: of the origins that changed since the neighbour last confirmed.
    pub(super) fn say_digest(&mut self, peer: PeerId, urgent: bool, out: &mut Outbox) {
        let asks = self.is_unsettled(peer);
        self.put_digest(peer, (urgent, asks), out);
    }

    /// The same because it was asked for. Two that hold something different do not ask each other back
    /// and forth.
    fn answer_digest(&mut self, peer: PeerId, out: &mut Outbox) {
        let asks = self.is_untold(peer);
        self.put_digest(peer, (false, asks), out);
    }

    fn put_digest(&mut self, peer: PeerId, how: (bool, bool), out: &mut Outbox) {
        if let Some(frame) = self.make_digest(peer, how, out)
            && let Some(session) = self.links[peer.index()].live_mut()
        {
            session.write(frame, self.config.tuning.window, out);
        }
    }

    /// Appends a digest for a live neighbour, which is told so from now on.
    fn make_digest(
        &mut self,
        peer: PeerId,
        (urgent, asks): (bool, bool),
        out: &mut Outbox,
    ) -> Option<Span> {
        let Self { links, origins, store, .. } = self;
        let session = links[peer.index()].live_mut()?;
        if let Some(audit) = session.audit.as_deref_mut() {
            audit.told += 1;
        }
        let held = (store.print(), store.floor());
        let summary = origins.summary();
        let since = session.heard.confirmed;
        let mut list: Vec<_> = origins.changed_since(since).collect();
        if list.is_empty() && session.heard.theirs != summary {
            // It knows all of that and is still elsewhere: from the beginning.
            list.extend(origins.changed_since(0));
        }
        list.retain(|(_, number)| !origins.get(*number).have().is_empty());
        sort(&mut list);
        let all = list.len();
        list.truncate(DIGEST_ENTRIES);
        let mut fit = 0;
        let frame = out.put(|bytes| {
            put_digest(bytes, (urgent, asks), (summary, session.heard.theirs), held, |bytes| {
                fit = put_fitting(bytes, list.iter(), |bytes, (_, number)| {
                    let origin = origins.get(*number);
                    put_known(bytes, &name_of(origin), origin.have());
                });
            });
        });
        let upto = match fit.checked_sub(1) {
            Some(last) if fit < all => list[last].0,
            Some(_) | None => origins.changes(),
        };
        session.heard.told = (summary, upto);
        if asks {
            session.heard.ask();
        }
        Some(frame)
    }

    /// A neighbour says what it has.
    pub(super) fn digested(
        &mut self,
        now: Now,
        peer: PeerId,
        digest: &Digest<'_>,
        out: &mut Outbox,
    ) {
        let Digest { urgent, asks, mine, yours, known, .. } = *digest;
        let direction = self.config.peers[peer.index()].direction;
        let due = if urgent { now.mono } else { now.mono.plus(self.grace()) };
        let mut counted = true;
        if direction.receives() {
            for (origin, have) in known.iter() {
                let Some(number) = self.told_of(&origin) else {
                    counted = false;
                    continue;
                };
                if number == self.own {
                    self.confirmed(peer, &have, out);
                }
                let lacked = have.exceeds(self.origins.get(number).have());
                if let Some(pull) = self.origins.get_mut(number).pull_mut()
                    && pull.peer == peer
                {
                    // Its answer is of what it had when it was asked.
                    pull.again = true;
                }
                let Self { links, origins, .. } = self;
                let Some(session) = links[peer.index()].live_mut() else { return };
                if lacked {
                    session.offers.insert(number, have, origins.get(number).have(), due);
                } else {
                    session.offers.remove(number);
                }
            }
        }
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        let asked = session.heard.answers();
        session.heard.theirs = mine;
        session.heard.ours = yours;
        if yours == session.heard.told.0 {
            session.heard.confirmed = session.heard.told.1;
        }
        if !session.offers.is_empty() {
            self.pull_then(now, due, out);
        }
        self.compare_prints(now, peer, digest, counted, out);
        let ours = self.origins.summary();
        let passive = !self.config.preset.repairs() || !direction.sends();
        if asks && (mine == ours || passive) {
            let Some(session) = self.links[peer.index()].live_mut() else { return };
            // It hears what is had by the answer, or by what has crossed this, or asks again.
            if mine == ours {
                session.heard.ours = ours;
            }
            if passive || !(asked && session.heard.told.0 == ours) {
                self.answer_digest(peer, out);
            }
        } else if mine != ours {
            self.changed(now);
        }
    }
}

form!(struct Digests { at, next, late, bulk_until, chosen, turn });
