//! `plumtree`: one set of neighbours is fed all updates at once, the others are told their names.
//! Whoever is told what it knows prunes; whoever misses what it was named grafts.

use alloc::vec::Vec;

use super::Node;
use super::forward::News;
use super::spreading::Missing;
use crate::codec::Word;
use crate::id::PeerId;
use crate::limits::{MISSING_AGAIN, MISSING_MAX, MISSING_WAIT};
use crate::origin::OriginId;
use crate::outbox::Outbox;
use crate::time::Now;

impl Node {
    /// Whether a neighbour is told updates by name only.
    pub(super) fn is_lazy(&self, peer: PeerId) -> bool {
        self.spreading.more.as_ref().is_some_and(|more| more.lazy.contains(peer))
    }

    /// Names an update to those that are not told it.
    pub(super) fn announce(&mut self, news: News, out: &mut Outbox) {
        for peer in self
            .peers()
            .filter(|peer| Some(*peer) != news.from && self.is_lazy(*peer))
            .collect::<Vec<_>>()
        {
            if self.config.peers[peer.index()].direction.sends() {
                self.say_notice(peer, Word::Have, news.origin, news.seq, out);
            }
        }
    }

    /// An update came: whoever tells news feeds us and is fed, whoever tells what is known neither.
    pub(super) fn heard_eagerly(
        &mut self,
        peer: PeerId,
        origin: OriginId,
        seq: u64,
        fresh: bool,
        out: &mut Outbox,
    ) {
        let more = self.spreading.more();
        if fresh {
            more.lazy.remove(peer);
            more.missing.remove(&(origin, seq));
        } else {
            more.lazy.insert(peer);
            self.say_notice(peer, Word::Prune, origin, seq, out);
        }
    }

    /// A neighbour names an update: if it does not come by itself, it is asked for.
    pub(super) fn heard_of(&mut self, now: Now, peer: PeerId, origin: OriginId, seq: u64) {
        if self.origins.get(origin).have().contains(seq) {
            return;
        }
        let until = now.mono.plus(MISSING_WAIT);
        let missing = &mut self.spreading.more().missing;
        if missing.len() < MISSING_MAX || missing.contains_key(&(origin, seq)) {
            let entry = missing.entry((origin, seq));
            let missing = entry.or_insert_with(|| Missing { at: Vec::new(), until });
            if !missing.at.contains(&peer) {
                missing.at.push(peer);
            }
            self.spreading.by(until);
        }
    }

    /// What was named and has not come is asked for, of one neighbour after the other.
    pub(super) fn ask_for_missing(&mut self, now: Now, out: &mut Outbox) {
        let Self { spreading, origins, .. } = self;
        let Some(more) = &mut spreading.more else { return };
        let mut asked = Vec::new();
        more.missing.retain(|(origin, seq), missing| {
            if origins.get(*origin).have().contains(*seq) {
                return false;
            }
            if missing.until > now.mono {
                return true;
            }
            if missing.at.is_empty() {
                return false;
            }
            let peer = missing.at.remove(0);
            more.lazy.remove(peer);
            asked.push((peer, *origin, *seq));
            missing.until = now.mono.plus(MISSING_AGAIN);
            true
        });
        if let Some(at) = more.missing.values().map(|missing| missing.until).min() {
            spreading.by(at);
        }
        for (peer, origin, seq) in asked {
            self.say_notice(peer, Word::Graft, origin, seq, out);
        }
    }

    /// A neighbour asks for an update, and to be fed: it is told what is remembered.
    pub(super) fn feed_again(
        &mut self,
        peer: PeerId,
        origin: Option<OriginId>,
        seq: u64,
        out: &mut Outbox,
    ) {
        if let Some(more) = &mut self.spreading.more {
            more.lazy.remove(peer);
        }
        let record = origin.and_then(|origin| self.origins.get(origin).logged(seq));
        let sends = self.config.peers[peer.index()].direction.sends();
        let Some(record) = record.filter(|_| sends) else { return };
        let push = out.put(|bytes| {
            self.put_record(record, bytes);
        });
        if let Some(session) = self.links[peer.index()].live_mut() {
            session.push(peer, push, self.config.tuning.window, out);
        }
    }
}
