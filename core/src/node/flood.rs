//! Updates: taken up from a client or a prototype, heard from neighbours, told to neighbours.

use core::cmp::Ordering;

use super::forward::News;
use super::{Classic, Node};
use crate::codec::{At, ParseError, Push, PushHead, Update, What, put_push};
use crate::config::Style;
use crate::have::Have;
use crate::id::{ConnId, PeerId};
use crate::link::Dial;
use crate::origin::OriginId;
use crate::outbox::{Event, Outbox, Output, Span};
use crate::peers::PeerSet;
use crate::preset::Spread;
use crate::record::{Count, Record, Version};
use crate::sync::name_of;
use crate::time::Now;
use crate::tree::Heard;

/// How an update was heard.
#[derive(Clone, Copy)]
pub(super) struct Hearing {
    pub(super) conn: ConnId,
    pub(super) peer: Option<PeerId>,
    pub(super) repair: bool,
}

/// What became of an update that was heard.
pub(super) enum Outcome {
    /// It was kept, here.
    Kept(u32),
    /// What is held is as new: it is here.
    Known(u32),
    /// It is older than what is kept.
    Expired,
}

/// What is kept now of the client that an update is about.
struct Kept {
    index: u32,
    /// How that stands to the update: less if it is newer, greater if it was older.
    order: Ordering,
}

impl Node {
    /// The count of the next update that this server takes up.
    pub(super) fn next_count(&self) -> Count {
        let seq = self.origins.get(self.own).have().top() + 1;
        Count { origin: self.own, incarnation: self.incarnation(), seq }
    }

    /// Tells the neighbours what this server has taken up: the record of this index.
    pub(super) fn tell_own(
        &mut self,
        now: Now,
        index: u32,
        from: Option<PeerId>,
        out: &mut Outbox,
    ) {
        self.build_shared(now, out);
        let rebuild = self.rebuilds_own(now);
        let Some(record) = self.store.at(index) else { unreachable!("it was just kept") };
        let seq = record.seq();
        let own = self.origins.get(self.own);
        let epoch = if self.shares { 0 } else { own.tree().epoch() };
        let acked = self.asks_acks() || self.confirms();
        let head = PushHead { origin: name_of(own), seq, epoch, hops: 1, rebuild, acked };
        let frame = out.put(|bytes| put_push(bytes, &head, record.line()));
        self.origins.note(self.own, seq, index);
        let news = News { origin: self.own, seq, record: index, from };
        self.forward(now, news, frame, out);
        self.forward_classic(index, from, out);
        self.changed(now);
    }

    /// A live update that was heard before (A3).
    ///
    /// # Errors
    /// The frame is something else; the origin of the update that it is of, if that is known.
    pub(super) fn pushed_again(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        frame: &[u8],
        out: &mut Outbox,
    ) -> Result<(), Option<OriginId>> {
        let (head, _) = PushHead::of(frame).ok_or(None)?;
        let known = self.origins.find(head.origin.name, head.origin.incarnation);
        let origin = known.ok_or(None)?;
        let here = self.origins.get(origin);
        let builds = head.rebuild && head.epoch > here.tree().epoch();
        if !here.have().contains(head.seq) || builds {
            return Err(known);
        }
        out.event(Event::Known { conn, peer: Some(peer), repair: false, older: false });
        self.heard_from(peer, origin, &head, false, out);
        self.place_push(now, peer, origin, &head, false, out);
        Ok(())
    }

    /// A live update from a neighbour (A0, A2, A6): one that is new, or builds a new tree.
    pub(super) fn pushed(
        &mut self,
        now: Now,
        (conn, peer): (ConnId, PeerId),
        push: &Push<'_>,
        origin: Option<OriginId>,
        out: &mut Outbox,
    ) {
        let Update { at, seq, line, .. } = push.update;
        let hearing = Hearing { conn, peer: Some(peer), repair: false };
        if self.is_poisoned(now, hearing, &push.update, out) {
            return;
        }
        let Some(origin) = origin.or_else(|| self.intern(&push.update.origin)) else {
            return out.event(Event::Full { conn });
        };
        let (known, have) = (self.origins.get(origin), self.origins.get(origin).have());
        let (fresh, gap) = (!have.contains(seq), seq > have.prefix() + 1 && known.is_counted());
        let hops = push.hops.saturating_add(1);
        let head = PushHead { hops, acked: self.asks_acks(), ..push.head() };
        let frame = out.put(|bytes| put_push(bytes, &head, line));
        let (mut news, mut spreads) =
            (News { origin, seq, record: u32::MAX, from: Some(peer) }, fresh);
        if fresh {
            let incarnation = push.update.origin.incarnation;
            let count = Count { origin, incarnation, seq };
            let outcome = self.hear(hearing, &at, line, count, frame.tail(line.len()), out);
            let kept = matches!(outcome, Outcome::Kept(_));
            match outcome {
                Outcome::Kept(index) | Outcome::Known(index) => {
                    news.record = index;
                    if kept {
                        self.forward_classic(index, Some(peer), out);
                    }
                    self.origins.note(origin, seq, index);
                }
                // It goes on at once or not at all.
                Outcome::Expired => {
                    self.origins.cover(origin, seq, seq);
                }
            }
            self.changed(now);
            // Where too much is missing to note it, what is no news either would go round for ever.
            spreads = kept || self.origins.get(origin).have().contains(seq);
        } else {
            out.event(Event::Known { conn, peer: Some(peer), repair: false, older: false });
        }
        self.heard_from(peer, origin, &push.head(), fresh, out);
        self.build_shared(now, out);
        let adopted = self.place_push(now, peer, origin, &push.head(), fresh, out);
        if spreads || adopted {
            self.forward(now, news, frame, out);
        }
        if fresh && gap && self.config.preset.repairs() {
            self.fill_gap(now, peer, origin, seq, out);
        }
    }

    /// A6: what lies before an update has not come. Over a link it would have come before; but what
    /// is gathered on different ways is overtaken, and is waited for.
    fn fill_gap(&mut self, now: Now, peer: PeerId, origin: OriginId, seq: u64, out: &mut Outbox) {
        if self.policy.batch == 0 {
            return self.pull(now, peer, &[origin], false, out);
        }
        let at = now.mono.plus(self.grace());
        let Self { links, origins, .. } = self;
        if let Some(session) = links[peer.index()].live_mut() {
            let ours = origins.get(origin).have();
            session.offers.insert(origin, Have::up_to(seq), ours, at);
            self.pull_by(at);
        }
    }

    /// What a live update says of its origin's tree (A1, A3, A8); whether its sender feeds us from
    /// now on.
    pub(super) fn place_push(
        &mut self,
        now: Now,
        peer: PeerId,
        origin: OriginId,
        push: &PushHead<'_>,
        fresh: bool,
        out: &mut Outbox,
    ) -> bool {
        let PushHead { epoch, hops, rebuild, seq, .. } = *push;
        let Spread::Trees(feeds) = self.policy.spread else { return false };
        if self.shares {
            self.place_shared(now, peer, fresh, out);
            return false;
        }
        let rules = self.config.tuning.rules;
        let tree = self.origins.get_mut(origin).tree_mut();
        let mut prune = PeerSet::none();
        let mut adopted = false;
        if origin != self.own {
            let heard = Heard { from: peer, seq, epoch, hops, rebuild, fresh };
            adopted = tree.hear(heard, rules, feeds, now.mono, &mut prune);
            let misplaced = tree.parent().is_none() || tree.epoch() != epoch;
            // Who floods builds no trees.
            let built = epoch > 0 || self.config.overlay.is_some();
            if fresh && !adopted && misplaced && built && tree.want(epoch) {
                self.say_wanted(peer, &[(origin, epoch)], out);
            }
        } else if epoch == tree.epoch() {
            // Nobody has to tell us what we said.
            tree.tell_pruned(peer, now.mono, &mut prune);
        }
        if adopted {
            out.event(Event::Adopted { peer, origin });
        }
        self.say_pruned(now, origin, &prune, out);
        adopted
    }

    /// Whether an update lies too far in the future; it is not kept then, and counts as heard.
    pub(super) fn is_poisoned(
        &mut self,
        now: Now,
        hearing: Hearing,
        update: &Update<'_>,
        out: &mut Outbox,
    ) -> bool {
        let stamp = update.at.stamp;
        let is_near = |node: &Self| stamp <= node.clocks.latest(now).plus(node.config.hard_future);
        if is_near(self) {
            return false;
        }
        // It may be our clock that has jumped.
        self.pass_time(now, out);
        if is_near(self) {
            return false;
        }
        if let Some(origin) = self.intern(&update.origin) {
            self.origins.cover(origin, update.seq, update.seq);
            self.changed(now);
        }
        out.event(Event::Poisoned { conn: hearing.conn, stamp });
        true
    }

    /// Keeps an update if it is news, and says what became of it. `span` is where the outbox holds
    /// the line.
    pub(super) fn hear(
        &mut self,
        hearing: Hearing,
        at: &At<'_>,
        line: &[u8],
        count: Count,
        span: Span,
        out: &mut Outbox,
    ) -> Outcome {
        let Hearing { conn, peer, repair } = hearing;
        let (outcome, event) = match self.keep(at, line, count) {
            Some(Kept { index, order: Ordering::Greater }) => {
                (Outcome::Kept(index), Event::Learned { conn, peer, repair, line: span })
            }
            Some(Kept { index, order }) => {
                let older = order.is_lt();
                (Outcome::Known(index), Event::Known { conn, peer, repair, older })
            }
            None => (Outcome::Expired, Event::Expired { conn, stamp: at.stamp }),
        };
        out.event(event);
        self.fit_store(out);
        outcome
    }

    /// Keeps an update if it is news; `None` if it is older than what is kept.
    fn keep(&mut self, at: &At<'_>, line: &[u8], count: Count) -> Option<Kept> {
        if self.store.is_below(at.stamp, at.client) {
            return None;
        }
        let Some(index) = self.store.find(at.client) else {
            if self.store.turns_away(self.config.clients_max, at.stamp, at.client) {
                return None;
            }
            let index = self.store.insert(at, line, count);
            return Some(Kept { index, order: Ordering::Greater });
        };
        let Some(known) = self.store.at(index) else { unreachable!("it was just found") };
        let Count { incarnation, seq, .. } = count;
        let version = Version { stamp: at.stamp, origin: at.server, incarnation, seq, line };
        if at.stamp == known.stamp() && line == known.line() {
            // The same record, counted by two servers that each heard it from a prototype or found
            // it on their disks. All agree on one of the counts; it is no news.
            if known.compare(&version).is_gt() {
                self.store.set(index, at, line, count);
            }
            return Some(Kept { index, order: Ordering::Equal });
        }
        let order = if self.config.preset.breaks_ties() && self.config.tuning.rules.break_ties {
            known.compare(&version)
        } else {
            at.stamp.cmp(&known.stamp())
        };
        if order.is_gt() {
            self.store.set(index, at, line, count);
        }
        Some(Kept { index, order })
    }

    /// An `AT` line: only a classic neighbour may say it. What is news is taken up as if a client
    /// had said it, for a prototype counts nothing.
    pub(super) fn classic_told(
        &mut self,
        now: Now,
        conn: ConnId,
        classic: Classic,
        at: &At<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        let peer = match classic {
            Classic::No => return Err(ParseError::NotAPeer),
            Classic::One(peer) => Some(peer),
            Classic::Several => None,
        };
        if let Some(peer) = peer {
            if !self.config.peers[peer.index()].direction.receives() {
                return Err(ParseError::NotAPeer);
            }
            // It is up, so what waits for it need not wait longer.
            if matches!(self.links[peer.index()].dial(), Dial::Waiting(_)) {
                self.dial(peer, out);
            }
        }
        if at.stamp > self.clocks.latest(now).plus(self.config.hard_future) {
            out.event(Event::Poisoned { conn, stamp: at.stamp });
            return Ok(());
        }
        let span = out.put(|bytes| {
            let What::Place(place) = at.what else { unreachable!("an `AT` line has a place") };
            let fields = [at.server, at.skew, at.client, place.text, at.stamp_text];
            bytes.extend_from_slice(b"AT");
            for field in fields {
                bytes.push(b' ');
                bytes.extend_from_slice(field);
            }
        });
        let line = out.bytes(span).to_vec();
        let at = At::canonical(&line)?;
        let hearing = Hearing { conn, peer, repair: false };
        let count = self.next_count();
        if let Outcome::Kept(index) = self.hear(hearing, &at, &line, count, span, out) {
            self.tell_own(now, index, peer, out);
        }
        Ok(())
    }

    pub(super) fn forward_classic(&mut self, index: u32, from: Option<PeerId>, out: &mut Outbox) {
        if !self.links.iter().any(|link| link.style == Style::Classic) {
            return;
        }
        // No prototype knows of data.
        if self.store.at(index).is_some_and(Record::is_data) {
            return;
        }
        for number in 0..self.config.peers.len() {
            let Ok(peer) = u16::try_from(number).map(PeerId) else { break };
            let sends = self.config.peers[number].direction.sends();
            if !self.is_classic(peer) || !sends || Some(peer) == from {
                continue;
            }
            if self.links[number].waiting_mut().push(index) {
                out.event(Event::Dropped { peer, records: 1 });
            }
            if self.links[number].dial() == Dial::Idle {
                self.dial(peer, out);
            }
        }
    }

    /// Tells a classic neighbour one line and hangs up: that is all every prototype understands.
    pub(super) fn tell_classic(&mut self, peer: PeerId, conn: ConnId, out: &mut Outbox) {
        let link = &mut self.links[peer.index()];
        if link.set_reachable(true) {
            out.event(Event::LinkUp { peer, conn, incarnation: 0 });
        }
        link.dial = Dial::Idle;
        if let Some(record) = link.waiting_mut().pop().and_then(|index| self.store.at(index)) {
            let line = out.put(|bytes| {
                bytes.extend_from_slice(record.line());
                bytes.push(b'\n');
            });
            out.write(conn, line);
        }
        out.push(Output::Hangup(conn));
        if self.links[peer.index()].waiting() > 0 {
            self.dial(peer, out);
        }
    }
}
