//! Whom a live update is passed on to, in each of the ways of spreading.

use super::Node;
use crate::config::Direction;
use crate::form::form;
use crate::id::PeerId;
use crate::origin::OriginId;
use crate::outbox::{Outbox, Span};
use crate::peers::PeerSet;
use crate::preset::Spread;
use crate::time::Now;

/// An update that is to be spread.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct News {
    pub(super) origin: OriginId,
    pub(super) seq: u64,
    /// Where the store holds it.
    pub(super) record: u32,
    /// Who told us.
    pub(super) from: Option<PeerId>,
}

impl Node {
    /// Spreads a live update, whose push is `frame`, to all that it is to be told by us, but to the
    /// one it came from (A2).
    pub(super) fn forward(&mut self, now: Now, news: News, frame: Span, out: &mut Outbox) {
        match self.policy.spread {
            Spread::Gossip => return self.remember_rumour(now, news),
            Spread::Acked => self.await_acks(now, news),
            Spread::Eager => self.announce(news, out),
            Spread::Flood | Spread::Trees(_) => {}
        }
        let ride = self.digests_ride(now);
        for peer in self.peers() {
            if Some(peer) == news.from || !self.tells(peer, news.origin) {
                continue;
            }
            let told = self.links[peer.index()].live().map(|session| session.heard);
            let digest = if ride { self.riding_digest(peer, out) } else { None };
            let window = self.config.tuning.window;
            if let Some(session) = self.links[peer.index()].live_mut() {
                let message = digest.map_or(frame, |digest| out.join(&[frame, digest]));
                let goes = session.push(peer, message, window, out);
                if let Some(told) = told.filter(|_| !goes) {
                    // What did not go was not told.
                    session.heard = told;
                }
            }
        }
    }

    /// Whether a live neighbour is told what is heard of an origin's updates at once, if it is not
    /// where that came from.
    #[must_use]
    pub fn feeds(&self, peer: PeerId, origin: OriginId) -> bool {
        self.links[peer.index()].live().is_some() && self.tells(peer, origin)
    }

    /// Whether a neighbour is told some origin's updates by us at once.
    pub(super) fn tells(&self, peer: PeerId, origin: OriginId) -> bool {
        let direction = self.links[peer.index()].direction;
        direction.sends()
            && match self.policy.spread {
                Spread::Flood | Spread::Acked | Spread::Gossip => true,
                Spread::Eager => !self.is_lazy(peer),
                Spread::Trees(_) if self.shares => {
                    direction != Direction::Both || self.feeds_shared(peer)
                }
                Spread::Trees(_) => !self.origins.get(origin).tree().pruned_out().contains(peer),
            }
    }

    /// Every neighbour.
    pub(super) fn peers(&self) -> impl Iterator<Item = PeerId> + use<> {
        (0..u16::try_from(self.links.len()).unwrap_or(u16::MAX)).map(PeerId)
    }

    /// Those that are live.
    pub(super) fn live(&self) -> PeerSet {
        self.peers().filter(|peer| self.links[peer.index()].live().is_some()).collect()
    }
}

form!(struct News { origin, seq, record, from });
