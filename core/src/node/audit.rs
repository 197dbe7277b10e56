//! The audit: two neighbours that have the same updates hold the same records. If they do not, a
//! memory, a disk or a program has failed, and no coverage says where: so what they hold is
//! compared, range by range, and each gives the other what it lacks.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Node;
use crate::codec::{Digest, Entries, Part, Ranges, Update, put_ranges, put_wish};
use crate::config::Direction;
use crate::id::{ConnId, PeerId};
use crate::limits::{
    ANSWERS_MAX, AUDIT_LEFT_MAX, DIVERGED_AFTER, LOOKED_OVER, ODD_MAX, RANGES_BYTES, RANGES_FRAMES,
    RANGES_PRINTS,
};
use crate::node::flood::{Hearing, Outcome};
use crate::outbox::{Event, Outbox};
use crate::ranges::{Audit, Difference, EVERYWHERE, Items, Range, compare, print_of, put_held};
use crate::record::{Count, Version};
use crate::sync::Answer;
use crate::time::Now;

impl Node {
    /// Compares what a neighbour holds with what we hold, if both have the same; or if what it has finds
    /// no room here to be `counted`, so that nothing else says what we lack.
    pub(super) fn compare_prints(
        &mut self,
        now: Now,
        peer: PeerId,
        digest: &Digest<'_>,
        counted: bool,
        out: &mut Outbox,
    ) {
        let ours = self.origins.summary();
        let (equal, same) = (digest.mine == ours, digest.print == self.store.print());
        let comparable = digest.floor == self.store.floor() && self.config.preset.repairs();
        let leads = self.leads(peer) || !counted;
        let Some(session) = self.links[peer.index()].live_mut().filter(|_| comparable) else {
            return;
        };
        if same && equal {
            session.audit = None;
        }
        if same && !equal && !counted {
            let before = session.audit.as_deref().filter(|audit| audit.pair == (digest.mine, ours));
            let even = before.map_or(0, |audit| audit.even).saturating_add(1).min(DIVERGED_AFTER);
            let audit = Audit { even, pair: (digest.mine, ours), ..Audit::default() };
            session.audit = Some(Box::new(audit));
        }
        if same || !equal && counted {
            return;
        }
        let audit = session.audit.get_or_insert_default();
        audit.odd = audit.odd.saturating_add(1);
        self.changed(now);
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        let Some(audit) = session.audit.as_deref_mut() else { return };
        // Again and again, but less and less often.
        if audit.odd < DIVERGED_AFTER || !audit.odd.is_power_of_two() || audit.number > 0 {
            return;
        }
        out.event(Event::Diverged { peer });
        if leads {
            self.asked += 1;
            (audit.number, audit.todo) = (self.asked, Vec::from([EVERYWHERE]));
            self.ask_ranges(now, peer, out);
        }
    }

    /// Whether it is for us to ask: of two that ask each other, the lower name.
    fn leads(&self, peer: PeerId) -> bool {
        let neighbour = &self.config.peers[peer.index()];
        match neighbour.direction {
            Direction::Both => self.config.name < neighbour.name,
            Direction::In => true,
            Direction::Neither | Direction::Out => false,
        }
    }

    /// Whether a neighbour is to be told again because of what was found.
    pub(super) fn is_odd(&self, peer: PeerId) -> bool {
        let link = self.links.get(peer.index());
        let audit = link.and_then(|link| link.live()?.audit.as_deref());
        audit.is_some_and(|audit| audit.odd > 0 && audit.told < ODD_MAX)
    }

    /// Says what is held in the next ranges that differ.
    fn ask_ranges(&mut self, now: Now, peer: PeerId, out: &mut Outbox) {
        let Self { config, links, store, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let Some(audit) = session.audit.as_deref_mut() else { return };
        if audit.todo.is_empty() && audit.wishes.is_empty() {
            audit.number = 0;
            return;
        }
        let mut parts = Vec::new();
        for place in audit.wishes.drain(..) {
            put_wish(&mut parts, place);
        }
        // More of them would not fit in any case.
        let next = audit.todo.len().saturating_sub(RANGES_PRINTS);
        let items = Items::of(store, audit.todo[next..].iter().copied());
        let mut prints = 0;
        while let Some(range) = audit.todo.pop() {
            prints += put_held(&mut parts, range, items.within(range));
            if prints >= RANGES_PRINTS || parts.len() >= RANGES_BYTES || audit.todo.len() == next {
                break;
            }
        }
        let until = now.mono.plus(config.tuning.pull_timeout);
        audit.until = until;
        let number = audit.number;
        let frame = out.put(|bytes| put_ranges(bytes, (false, true), number, &parts));
        session.write(frame, config.tuning.window, out);
        self.pull_by(until);
    }

    /// A neighbour says what it holds in some ranges, of itself or because we said that.
    pub(super) fn ranges_heard(
        &mut self,
        now: Now,
        peer: PeerId,
        ranges: &Ranges<'_>,
        out: &mut Outbox,
    ) {
        let direction = self.config.peers[peer.index()].direction;
        let until = now.mono.plus(self.config.tuning.pull_timeout);
        if !ranges.answer && !self.pays_to_compare(now, peer, out) {
            return;
        }
        let Self { links, store, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let audit = session.audit.as_deref_mut();
        let ours = audit.filter(|audit| audit.number > 0 && audit.number == ranges.number);
        let mut heard = Heard { items: Items::of(store, spans(ranges)), ..Heard::default() };
        match ours {
            Some(audit) if ranges.answer => {
                heard.take(ranges, Some(audit));
                audit.until = until;
                if direction.receives() {
                    audit.wishes.append(&mut heard.difference.wishes);
                }
            }
            // It is over.
            _ if ranges.answer => return,
            Some(_) | None => heard.take(ranges, None),
        }
        let Heard { mut frames, mut parts, difference, .. } = heard;
        if direction.sends() {
            self.give(now, peer, difference.gives, out);
        }
        if ranges.answer {
            if ranges.last {
                self.ask_ranges(now, peer, out);
            }
            return;
        }
        for place in difference.wishes.into_iter().filter(|_| direction.receives()) {
            put_wish(&mut parts, place);
        }
        frames.push(parts);
        let Self { config, links, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let count = frames.len();
        for (parts, n) in frames.iter().zip(1..) {
            let frame = out.put(|bytes| {
                put_ranges(bytes, (true, n == count), ranges.number, parts);
            });
            session.budget.spend(now.mono, frame.len(), config.tuning.budget_byte);
            session.write(frame, config.tuning.window, out);
        }
    }

    /// Whether a neighbour may ask what is held in some ranges: all records are looked at for it. What
    /// it may not is found again.
    fn pays_to_compare(&mut self, now: Now, peer: PeerId, out: &mut Outbox) -> bool {
        if !self.pays(now, peer, out) {
            return false;
        }
        let Self { config, links, store, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return false };
        session.budget.spend(now.mono, store.len(), config.tuning.budget_byte);
        session.budget.ready() <= now.mono
    }

    /// Gives a neighbour records that it was found to lack, in slices like all repair.
    fn give(&mut self, now: Now, peer: PeerId, records: Vec<u32>, out: &mut Outbox) {
        if records.is_empty() {
            return;
        }
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        if session.answers.back_mut().is_some_and(|answer| answer.give_also(&records)) {
            return;
        }
        // What finds no room is found again.
        if session.answers.len() < ANSWERS_MAX {
            session.answers.push_back(Answer::given(records));
        }
        if session.answers.len() == 1 {
            self.send_answer(now, peer, out);
        }
    }

    /// A neighbour gives what we were found to lack.
    pub(super) fn given(
        &mut self,
        now: Now,
        (conn, peer): (ConnId, PeerId),
        entries: Entries<'_>,
        out: &mut Outbox,
    ) {
        let (mut records, mut back) = (0, Vec::new());
        for update in entries.iter() {
            match self.take_given(now, conn, peer, &update, out) {
                Some(Outcome::Kept(index)) => {
                    records += 1;
                    self.forward_classic(index, Some(peer), out);
                }
                Some(Outcome::Known(index)) if self.is_older(index, &update) => back.push(index),
                Some(Outcome::Known(_) | Outcome::Expired) | None => {}
            }
        }
        if self.config.peers[peer.index()].direction.sends() {
            self.give(now, peer, back, out);
        }
        if records > 0 {
            out.event(Event::Repaired { peer, records });
            self.tell_again(now);
        }
    }

    fn take_given(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        update: &Update<'_>,
        out: &mut Outbox,
    ) -> Option<Outcome> {
        let hearing = Hearing { conn, peer: Some(peer), repair: true };
        if self.is_poisoned(now, hearing, update, out) {
            return None;
        }
        let Update { at, line, seq, origin } = *update;
        let Some(number) = self.intern(&origin) else {
            out.event(Event::Full { conn });
            return None;
        };
        let span = out.put(|bytes| bytes.extend_from_slice(line));
        let count = Count { origin: number, incarnation: origin.incarnation, seq };
        let outcome = self.hear(hearing, &at, line, count, span, out);
        if let Outcome::Kept(index) | Outcome::Known(index) = outcome
            && number != self.own
        {
            self.origins.note(number, seq, index);
        }
        self.origins.forget_spare();
        Some(outcome)
    }

    /// Whether an update is older than what is held there.
    fn is_older(&self, index: u32, update: &Update<'_>) -> bool {
        let Update { at, line, seq, origin } = *update;
        let incarnation = origin.incarnation;
        let version = Version { stamp: at.stamp, origin: at.server, incarnation, seq, line };
        self.store
            .at(index)
            .is_some_and(|held| held.line() != line && held.compare(&version).is_lt())
    }

    /// All neighbours are to hear what is held, as if they never had.
    fn tell_again(&mut self, now: Now) {
        let never = !self.origins.summary();
        for session in self.links.iter_mut().filter_map(|link| link.live_mut()) {
            session.heard.ours = never;
        }
        self.changed(now);
    }

    /// Looks whether some of what is held is still what was kept; what is not is not held any more.
    pub(super) fn look_over(&mut self, now: Now, out: &mut Outbox) {
        let records = self.store.look_over(LOOKED_OVER);
        if records > 0 {
            out.event(Event::Damaged { records });
            self.tell_again(now);
        }
    }

    /// Comparisons that were not answered are over.
    pub(super) fn end_audits(&mut self, now: Now) {
        for session in self.links.iter_mut().filter_map(|link| link.live_mut()) {
            let Some(audit) = session.audit.as_deref_mut() else { continue };
            if audit.number > 0 && audit.until <= now.mono {
                *audit = Audit { odd: audit.odd, told: audit.told, ..Audit::default() };
            }
        }
    }

    /// When the next of them is.
    pub(super) fn audits_end(&self) -> Option<crate::time::Instant> {
        let audits = self.links.iter().filter_map(|link| link.live()?.audit.as_deref());
        audits.filter(|audit| audit.number > 0).map(|audit| audit.until).min()
    }

    /// Loses what is held of a client, as a failing program might, and does not know it; whether
    /// anything was. For tests and simulations, which show by it what the audit is for.
    pub fn lose(&mut self, client: &[u8]) -> bool {
        let found = self.store.find(client);
        if let Some(index) = found {
            self.store.take_out(index);
        }
        found.is_some()
    }

    /// Changes a digit of what is held of a client, as a broken memory might; whether anything was.
    /// For tests and simulations.
    pub fn damage(&mut self, client: &[u8]) -> bool {
        let found = self.store.find(client);
        if let Some(index) = found {
            self.store.damage(index);
        }
        found.is_some()
    }
}

/// What a neighbour's ranges come to.
struct Heard {
    items: Items,
    difference: Difference,
    /// What is to be answered: bodies of frames that are full, and of the next.
    frames: Vec<Vec<u8>>,
    parts: Vec<u8>,
}

impl Heard {
    /// Compares all ranges. What differs is put on the list of an audit of ours, or answered.
    fn take(&mut self, ranges: &Ranges<'_>, mut ours: Option<&mut Audit>) {
        for part in ranges.parts.iter() {
            match part {
                Part::Print { first, last, print } => {
                    let items = self.items.within((first, last));
                    if print_of(items) == print {
                        continue;
                    }
                    match ours.as_deref_mut() {
                        Some(audit) if audit.todo.len() < AUDIT_LEFT_MAX => {
                            audit.todo.push((first, last));
                        }
                        // What finds no room is found again.
                        Some(_) => {}
                        None if self.frames.len() < RANGES_FRAMES => {
                            put_held(&mut self.parts, (first, last), items);
                        }
                        None => {}
                    }
                }
                Part::List { first, last, ids } => {
                    compare(self.items.within((first, last)), ids, &mut self.difference);
                }
                Part::Wish(place) => {
                    let held = self.items.within((place, place)).iter().map(|item| item.at);
                    self.difference.gives.extend(held);
                }
            }
            if self.parts.len() >= RANGES_BYTES {
                self.frames.push(core::mem::take(&mut self.parts));
            }
        }
    }
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            items: Items::none(),
            difference: Difference::default(),
            frames: Vec::new(),
            parts: Vec::new(),
        }
    }
}

/// All ranges that are spoken of.
fn spans(ranges: &Ranges<'_>) -> impl Iterator<Item = Range> {
    ranges.parts.iter().map(|part| match part {
        Part::Print { first, last, .. } | Part::List { first, last, .. } => (first, last),
        Part::Wish(place) => (place, place),
    })
}
