//! Repair: pulling what is lacked, giving what is asked for.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::flood::{Hearing, Outcome};
use super::{Conn, Node};
use crate::codec::{
    Known, PushHead, Repair, Update, put_fitting, put_known, put_pull, put_repair, put_sync,
    put_vague,
};
use crate::have::Have;
use crate::id::{ConnId, PeerId};
use crate::limits::{ANSWERS_MAX, BULK_BYTES};
use crate::link::Answering;
use crate::origin::{OriginId, Pull};
use crate::outbox::{Event, Outbox};
use crate::peers::PeerSet;
use crate::record::Count;
use crate::sync::{Answer, name_of};
use crate::time::{Instant, Now};

impl Node {
    /// Asks a neighbour for what is lacked of these origins, but for those that are asked for.
    /// `lazy` says that it may be on its way otherwise.
    pub(super) fn pull(
        &mut self,
        now: Now,
        peer: PeerId,
        origins: &[OriginId],
        lazy: bool,
        out: &mut Outbox,
    ) {
        let free = |number: &&OriginId| self.origins.get(**number).pull().is_none();
        let mut list: Vec<OriginId> = origins.iter().filter(free).copied().collect();
        let until = now.mono.plus(self.config.tuning.pull_timeout);
        while !list.is_empty() {
            self.asked += 1;
            let (answer, sent, again) = (self.asked, now.mono, false);
            let fit = self.say_known(peer, Some(answer), &list, out);
            for number in list.drain(..fit) {
                let changed = self.origins.changed(number);
                let pull = Pull { peer, answer, sent, until, lazy, changed, again };
                self.origins.get_mut(number).begin_pull(pull);
            }
            self.pull_by(until);
        }
    }

    /// Says a pull of that number, or else a graft, of the first origins, as many as fit in a frame; how
    /// many those are. Nobody is told who is not there.
    pub(super) fn say_known(
        &mut self,
        peer: PeerId,
        pull: Option<u64>,
        list: &[OriginId],
        out: &mut Outbox,
    ) -> usize {
        let Self { config, links, origins, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return list.len() };
        let mut fit = 0;
        let frame = out.put(|bytes| {
            put_pull(bytes, pull.is_none(), pull.unwrap_or(0), |bytes| {
                fit = put_fitting(bytes, list.iter(), |bytes, number| {
                    let origin = origins.get(*number);
                    put_known(bytes, &name_of(origin), origin.have());
                });
            });
        });
        session.write(frame, config.tuning.window, out);
        fit
    }

    /// Something is to be pulled then, at the latest.
    pub(super) fn pull_by(&mut self, at: Instant) {
        self.pull_at = Some(self.pull_at.map_or(at, |before| before.min(at)));
    }

    /// What neighbours offer is to be pulled then, which may be now.
    pub(super) fn pull_then(&mut self, now: Now, due: Instant, out: &mut Outbox) {
        if due > now.mono {
            self.pull_by(due);
        } else {
            self.pull_offers(now, out);
        }
    }

    /// Pulls what neighbours have and we still lack although it should have come, each origin from one
    /// of them.
    pub(super) fn pull_offers(&mut self, now: Now, out: &mut Outbox) {
        for peer in self.live().iter() {
            let Self { links, origins, .. } = self;
            let Some(session) = links[peer.index()].live_mut() else { continue };
            session.offers.retain(|number, have| have.exceeds(origins.get(number).have()));
            let free = |number: &OriginId| origins.get(*number).pull().is_none();
            let wanted: Vec<OriginId> = session.offers.due(now.mono).filter(free).collect();
            if !wanted.is_empty() {
                self.pull(now, peer, &wanted, true, out);
            }
        }
    }

    /// The wait is over: what did not come is pulled, and from somebody else what was not answered.
    pub(super) fn wake_pulls(&mut self, now: Now, out: &mut Outbox) {
        self.pull_at = None;
        let Self { links, origins, .. } = self;
        for (number, origin) in origins.iter_mut() {
            if let Some(pull) = origin.end_pull(|pull| pull.until <= now.mono)
                && let Some(session) = links[pull.peer.index()].live_mut()
            {
                session.offers.remove(number);
            }
        }
        self.pull_offers(now, out);
        self.end_audits(now);
        self.serve_waiting(now, out);
        let pulls = self.origins.iter().filter_map(|(_, origin)| origin.pull());
        let sessions = self.links.iter().filter_map(|link| link.live());
        let offers = sessions.filter_map(|session| session.offers.next_due(now.mono));
        let next = pulls.map(|pull| pull.until).chain(offers).chain(self.audits_end()).min();
        if let Some(at) = next {
            self.pull_by(at);
        }
    }

    /// A neighbour cannot tell what was pulled from the rest: it is told all that is had.
    pub(super) fn sync(&mut self, now: Now, peer: PeerId, answer: u64, out: &mut Outbox) {
        let Self { config, links, origins, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        self.asked += 1;
        let until = now.mono.plus(config.tuning.pull_timeout);
        for (_, origin) in origins.iter_mut() {
            if let Some(pull) = origin.pull_mut()
                && (pull.peer, pull.answer) == (peer, answer)
            {
                (pull.answer, pull.until) = (self.asked, until);
            }
        }
        // What does not fit is given although it is here.
        let known = origins.iter().filter(|(_, origin)| !origin.have().is_empty());
        let frame = out.put(|bytes| {
            put_sync(bytes, self.asked, |bytes| {
                put_fitting(bytes, known, |bytes, (_, origin)| {
                    put_known(bytes, &name_of(origin), origin.have());
                });
            });
        });
        session.write(frame, config.tuning.window, out);
        self.pull_by(until);
    }

    /// A neighbour asks for what it lacks: of these origins, or (`all`) of all.
    pub(super) fn answer(
        &mut self,
        now: Now,
        peer: PeerId,
        number: u64,
        known: Known<'_>,
        all: bool,
        out: &mut Outbox,
    ) {
        if !self.config.peers[peer.index()].direction.sends() || !self.pays(now, peer, out) {
            return;
        }
        let mut theirs = BTreeMap::new();
        for (origin, have) in known.iter() {
            // Whoever knows a name only has nothing of any life.
            for life in self.lives(&origin) {
                theirs.entry(life).or_default();
            }
            if let Some(number) = self.origins.find(origin.name, origin.incarnation) {
                theirs.insert(number, have);
            }
        }
        if all {
            for (number, _) in self.origins.iter() {
                theirs.entry(number).or_default();
            }
        }
        let answer = Answer::new(number, theirs, all, &self.origins, &self.store);
        let Self { config, links, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let Some(answer) = answer else {
            let frame = out.put(|bytes| put_vague(bytes, number));
            return session.write(frame, config.tuning.window, out);
        };
        if number == 0 && answer.is_empty() {
            return;
        }
        // Who asks for everything again does not wait for the answer before.
        if let Some(answer) = session.answers.replace(answer)
            && session.answers.len() < ANSWERS_MAX
        {
            session.answers.push_back(answer);
        }
        if session.answers.len() == 1 {
            self.send_answer(now, peer, out);
        }
    }

    /// What was written has left: the next slice may follow, and who lagged catches up.
    pub(super) fn writable(&mut self, now: Now, conn: ConnId, out: &mut Outbox) {
        let Some(Conn::Live { peer, .. }) = self.conn(conn) else { return };
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        session.unsent = session.unsent.saturating_sub(session.leaving);
        session.leaving = 0;
        if session.lagging && session.unsent == 0 {
            session.lagging = false;
            out.event(Event::CaughtUp { peer });
            self.say_digest(peer, true, out);
        }
        self.send_answer(now, peer, out);
        let window = self.config.tuning.window;
        if let Some(session) = self.links[peer.index()].live_mut()
            && session.unsent > 0
            && (session.lagging || session.unsent >= window / 8)
        {
            session.notify(out);
        }
    }

    /// A neighbour gives what was missing, or a part of it (A7: trees stay as they are).
    pub(super) fn repaired(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        repair: &Repair<'_>,
        out: &mut Outbox,
    ) {
        let changes = self.origins.changes();
        let mut records = 0;
        for update in repair.entries.iter() {
            records += 1;
            self.repair_with(now, conn, peer, &update, out);
        }
        let fresh = self.origins.changes() != changes;
        let part = Answering { answer: repair.answer, next: repair.chunk + 1, records, fresh };
        let (whole, part) = self.take_part(peer, repair, part);
        if whole {
            for (origin, first, last) in repair.covers.iter() {
                if let Some(number) = self.told_of(&origin) {
                    self.origins.cover(number, first, last);
                }
            }
        }
        let fresh = self.origins.changes() != changes;
        if fresh {
            self.changed(now);
        }
        let small = repair.complete
            && records <= self.config.tuning.bulk as u64
            && repair.entries.bytes().len() <= BULK_BYTES;
        let bulk = fresh && self.digests.is_bulk(now, small);
        if fresh && !bulk {
            self.push_on(peer, repair, out);
        } else if repair.last && (fresh || part.fresh) {
            self.offer_others(peer, out);
        }
        self.answered(now, peer, repair, (whole, fresh), out);
        if repair.last && part.records > 0 {
            out.event(Event::Repaired { peer, records: part.records });
        }
    }

    /// Tells all other neighbours at once that repair has brought something.
    pub(super) fn offer_others(&mut self, from: PeerId, out: &mut Outbox) {
        for other in self.live().iter().filter(|other| *other != from) {
            if self.config.preset.repairs() && self.is_unsettled(other) {
                self.say_digest(other, true, out);
            }
        }
    }

    fn repair_with(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        update: &Update<'_>,
        out: &mut Outbox,
    ) {
        let hearing = Hearing { conn, peer: Some(peer), repair: true };
        let Update { at, line, seq, origin } = *update;
        if self.is_poisoned(now, hearing, update, out) {
            return;
        }
        let Some(number) = self.intern(&origin) else {
            return out.event(Event::Full { conn });
        };
        let fresh = !self.origins.get(number).have().contains(seq);
        if !self.config.tuning.rules.repair_apart {
            let epoch = self.origins.get(number).tree().epoch();
            let head = PushHead { origin, seq, epoch, hops: 0, rebuild: false, acked: false };
            self.place_push(now, peer, number, &head, fresh, out);
        }
        if !fresh {
            return out.event(Event::Known { conn, peer: Some(peer), repair: true, older: false });
        }
        let span = out.put(|bytes| bytes.extend_from_slice(line));
        let count = Count { origin: number, incarnation: origin.incarnation, seq };
        match self.hear(hearing, &at, line, count, span, out) {
            Outcome::Kept(index) => {
                self.origins.note(number, seq, index);
                self.forward_classic(index, Some(peer), out);
            }
            Outcome::Known(index) => self.origins.note(number, seq, index),
            Outcome::Expired => {
                self.origins.cover(number, seq, seq);
            }
        }
    }

    /// Counts a part of an answer; whether all parts up to it have been heard, in order, and what
    /// they have brought together.
    fn take_part(
        &mut self,
        peer: PeerId,
        repair: &Repair<'_>,
        mut part: Answering,
    ) -> (bool, Answering) {
        let Some(session) = self.links[peer.index()].live_mut() else { return (false, part) };
        let before = session
            .answering
            .as_deref()
            .filter(|before| (before.answer, before.next) == (repair.answer, repair.chunk));
        let whole = repair.chunk == 0 || before.is_some();
        if let Some(before) = before {
            part.records += before.records;
            part.fresh |= before.fresh;
        }
        if repair.chunk > 0 || !repair.last {
            session.answering = (whole && !repair.last).then(|| Box::new(part));
        }
        (whole, part)
    }

    /// A neighbour has answered, or goes on answering.
    fn answered(
        &mut self,
        now: Now,
        peer: PeerId,
        repair: &Repair<'_>,
        (whole, fresh): (bool, bool),
        out: &mut Outbox,
    ) {
        if repair.answer == 0 {
            return;
        }
        let mut orphaned = Vec::new();
        let later = now.mono.plus(self.grace());
        let Self { links, origins, config, digests, spreading, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        for number in origins.numbers() {
            let changed = origins.changed(number);
            let origin = origins.get_mut(number);
            let is_it = |pull: &&mut Pull| pull.peer == peer && pull.answer == repair.answer;
            let Some(pull) = origin.pull_mut().filter(is_it) else { continue };
            if repair.chunk == 0 {
                session.trip.took(now.mono.since(pull.sent));
            }
            if !repair.last {
                pull.until = now.mono.plus(config.tuning.pull_timeout);
                continue;
            }
            let missed = pull.lazy && changed > pull.changed && (fresh || repair.chunk > 0);
            if pull.lazy && repair.chunk == 0 && !fresh {
                // It came by itself: it was only asked for too early.
                digests.came_late(config.grace(), now.mono.since(pull.sent));
            }
            let again = pull.again;
            origin.end_pull(|_| true);
            if !whole {
                session.offers.put_off(number, later);
            } else if !again {
                session.offers.remove(number);
            }
            let fed_by = spreading.shared.unwrap_or(number);
            if missed
                && config.preset.feeds().is_some()
                && let tree = origins.get_mut(fed_by).tree_mut()
                && tree.missed()
            {
                tree.orphan();
                orphaned.push(fed_by);
            }
        }
        self.orphan(&orphaned, out);
        if repair.last && whole {
            self.pull_offers(now, out);
        } else if repair.last {
            self.pull_by(later);
        }
    }

    /// Whether a neighbour has said that it has all that a repair brings.
    fn has_all(&self, peer: PeerId, repair: &Repair<'_>) -> bool {
        let Some(session) = self.links[peer.index()].live() else { return true };
        let has = |origin: crate::codec::Origin<'_>, first: u64, last: u64| {
            let number = self.origins.find(origin.name, origin.incarnation);
            let said = number.and_then(|number| session.offers.get(number));
            said.is_some_and(|have| {
                let mut span = Have::default();
                span.add(first, last);
                !span.exceeds(have)
            })
        };
        repair.entries.iter().all(|update| has(update.origin, update.seq, update.seq))
            && repair.covers.iter().all(|(origin, first, last)| has(origin, first, last))
    }

    /// Gives a small repair to the neighbours that are fed by us.
    fn push_on(&mut self, from: PeerId, repair: &Repair<'_>, out: &mut Outbox) {
        let about =
            |update: Update<'_>| self.origins.find(update.origin.name, update.origin.incarnation);
        let mut origins: Vec<OriginId> = repair.entries.iter().filter_map(about).collect();
        let covered = repair.covers.iter();
        origins.extend(
            covered.filter_map(|(origin, ..)| self.origins.find(origin.name, origin.incarnation)),
        );
        let fed = |peer: &PeerId| {
            *peer != from
                && self.config.peers[peer.index()].direction.sends()
                && origins.iter().any(|origin| self.tells(*peer, *origin))
                && !self.has_all(*peer, repair)
        };
        let peers: PeerSet = self.live().iter().filter(fed).collect();
        if peers.is_empty() {
            return;
        }
        let frame = out.put(|bytes| put_repair(bytes, &Repair { answer: 0, ..*repair }));
        for peer in peers.iter() {
            if let Some(session) = self.links[peer.index()].live_mut() {
                session.push(peer, frame, self.config.tuning.window, out);
            }
        }
    }
}
