//! What spreading by other ways than trees takes: who waits for what, and when.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::Node;
use super::forward::News;
use crate::codec::{Notice, PushHead, Word, put_notice, put_push};
use crate::form::form;
use crate::have::Have;
use crate::id::PeerId;
use crate::origin::OriginId;
use crate::outbox::Outbox;
use crate::peers::PeerSet;
use crate::preset::Spread;
use crate::sync::name_of;
use crate::time::{Instant, Now};
use crate::tree::Tree;

/// What is remembered of updates on their way, by all presets together; each has its part.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Spreading {
    /// The tree that all updates share.
    pub(super) shared: Option<OriginId>,
    /// When what was gathered for a neighbour, or waits for a message to go with, leaves.
    pub(super) batch_at: Option<Instant>,
    /// When something is told again, asked for again, or told to the next.
    pub(super) at: Option<Instant>,
    pub(super) more: Option<Box<More>>,
}

/// What only some presets remember.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct More {
    /// Neighbours that are told of updates by name only (`plumtree`).
    pub(super) lazy: PeerSet,
    /// Updates known by name only (`plumtree`).
    pub(super) missing: BTreeMap<(OriginId, u64), Missing>,
    /// Updates that are still to be told (`gossip`), and how often.
    pub(super) rumours: VecDeque<(News, u32)>,
    /// Whose turn it is.
    pub(super) turn: Option<u16>,
    /// Origins that are to be fed to us by a neighbour that is not there, which no other knows yet.
    pub(super) unfed: Vec<OriginId>,
    /// Answers that wait until neighbours have what they say.
    pub(super) unconfirmed: super::confirm::Waiting,
}

/// An update known by name only.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Missing {
    /// Who has it and was not asked.
    pub(super) at: Vec<PeerId>,
    /// When one of them is.
    pub(super) until: Instant,
}

impl More {
    /// Whether an update of an origin is on its way.
    pub(super) fn speaks_of(&self, number: OriginId) -> bool {
        self.missing.keys().any(|(origin, _)| *origin == number)
            || self.rumours.iter().any(|(news, _)| news.origin == number)
            || self.unfed.contains(&number)
            || self.unconfirmed.iter().any(|answer| answer.origin() == number)
    }

    /// Whether all origins and neighbours that it names are these.
    pub(super) fn are_all(
        &self,
        origin: &impl Fn(OriginId) -> bool,
        peer: &impl Fn(PeerId) -> bool,
    ) -> bool {
        let missing = |((of, _), missing): (&(OriginId, u64), &Missing)| {
            origin(*of) && missing.at.iter().all(|at| peer(*at))
        };
        self.missing.iter().all(missing)
            && self.rumours.iter().all(|(news, _)| origin(news.origin))
            && self.unfed.iter().all(|number| origin(*number))
            && self.unconfirmed.iter().all(|answer| origin(answer.origin()))
    }
}

impl Spreading {
    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Something is to be done then, at the latest.
    pub(super) fn by(&mut self, at: Instant) {
        self.at = Some(self.at.map_or(at, |before| before.min(at)));
    }
}

impl Node {
    /// Whether something is under way to a live neighbour, or expected of one: it ends by itself when
    /// both can speak to each other, at once or when it is time.
    #[must_use]
    pub fn owes(&self, peer: PeerId) -> bool {
        let Some(link) = self.links.get(peer.index()) else { return false };
        let Some(session) = link.live() else { return false };
        let more = self.spreading.more.as_ref();
        link.unacked.is_some()
            || session.held.as_ref().is_some_and(|held| !held.bytes.is_empty())
            || more.is_some_and(|more| !(more.missing.is_empty() && more.rumours.is_empty()))
            || self.config.preset.repairs() && self.is_unsettled(peer)
    }

    /// The number of the tree that all updates share, if they share one and it is known.
    #[must_use]
    pub const fn shared_tree(&self) -> Option<OriginId> {
        self.spreading.shared
    }

    /// The tree that an origin's updates go over.
    #[must_use]
    pub fn tree_of(&self, origin: OriginId) -> &Tree {
        self.origins.get(self.spreading.shared.unwrap_or(origin)).tree()
    }

    /// A live update came from a neighbour.
    pub(super) fn heard_from(
        &mut self,
        peer: PeerId,
        origin: OriginId,
        push: &PushHead<'_>,
        fresh: bool,
        out: &mut Outbox,
    ) {
        if push.acked {
            self.say_notice(peer, Word::Ack, origin, push.seq, out);
        }
        match self.policy.spread {
            Spread::Acked => self.acknowledged(peer, origin, push.seq),
            Spread::Eager => self.heard_eagerly(peer, origin, push.seq, fresh, out),
            Spread::Flood | Spread::Gossip | Spread::Trees(_) => {}
        }
    }

    /// A neighbour says a word about an update.
    pub(super) fn noticed(
        &mut self,
        now: Now,
        peer: PeerId,
        notice: &Notice<'_>,
        out: &mut Outbox,
    ) {
        let Notice { what, origin, seq } = *notice;
        let spread = self.policy.spread;
        let known = self.origins.find(origin.name, origin.incarnation);
        match (what, spread) {
            (Word::Ack, _) => {
                if let Some(origin) = known {
                    self.acknowledged(peer, origin, seq);
                    if origin == self.own {
                        let mut have = Have::default();
                        have.add(seq, seq);
                        self.confirmed(peer, &have, out);
                    }
                }
            }
            (Word::Have, _) => {
                if let Some(origin) = known.or_else(|| self.intern(&origin)) {
                    self.heard_of(now, peer, origin, seq);
                }
            }
            (Word::Graft, _) => self.feed_again(peer, known, seq, out),
            (Word::Prune, Spread::Eager) => {
                self.spreading.more().lazy.insert(peer);
            }
            // Whoever spreads otherwise feeds whom it feeds, and repeats nothing.
            (Word::Prune, _) => {}
        }
    }

    /// Something was waited for long enough.
    pub(super) fn wake_spreading(&mut self, now: Now, out: &mut Outbox) {
        self.spreading.at = None;
        self.give_up_confirming(now, out);
        match self.policy.spread {
            Spread::Acked => self.repeat_unacked(now, out),
            Spread::Gossip => self.tell_rumours(now, out),
            Spread::Eager | Spread::Flood | Spread::Trees(_) => {}
        }
        self.ask_for_missing(now, out);
    }

    /// A link came up or went: what counted for its neighbour begins anew.
    pub(super) fn relinked(&mut self, peer: PeerId) {
        if let Some(more) = &mut self.spreading.more {
            more.lazy.remove(peer);
            for missing in more.missing.values_mut() {
                missing.at.retain(|other| *other != peer);
            }
        }
    }

    /// Says a word about an update.
    pub(super) fn say_notice(
        &mut self,
        peer: PeerId,
        what: Word,
        origin: OriginId,
        seq: u64,
        out: &mut Outbox,
    ) {
        let Self { config, links, origins, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let notice = Notice { what, origin: name_of(origins.get(origin)), seq };
        let frame = out.put(|bytes| put_notice(bytes, &notice));
        session.write(frame, config.tuning.window, out);
    }

    /// Appends the push of what the store holds at an index; what counted that.
    pub(super) fn put_record(&self, record: u32, bytes: &mut Vec<u8>) -> Option<(OriginId, u64)> {
        let held = self.store.at(record)?;
        let (origin, seq) = (held.counted_by(), held.seq());
        let acked = self.asks_acks();
        let known = name_of(self.origins.get(origin));
        let head = PushHead { origin: known, seq, epoch: 0, hops: 1, rebuild: false, acked };
        put_push(bytes, &head, held.line());
        Some((origin, seq))
    }

    /// Whether what we tell is to be acknowledged.
    pub(super) fn asks_acks(&self) -> bool {
        matches!(self.policy.spread, Spread::Acked)
    }
}

form!(struct Spreading { shared, batch_at, at, more });
form!(struct More { lazy, missing, rumours, turn, unfed, unconfirmed });
form!(struct Missing { at, until });
