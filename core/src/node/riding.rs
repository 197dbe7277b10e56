//! Riding: a word that can wait goes with the next message to the same neighbour, and costs none. It
//! leaves before whatever is said next, so that all is as if it had been said at once on a slower link.

use super::Node;
use crate::id::PeerId;
use crate::link::{Held, Link, Session};
use crate::outbox::{Outbox, Span};
use crate::time::{Instant, Now};

impl Node {
    /// Whether words wait for a message to go with. Where messages are gathered, they do so anyway.
    pub(super) fn rides(&self) -> bool {
        self.config.tuning.ride > 0 && self.policy.batch == 0
    }

    /// Says something that can wait a little.
    pub(super) fn say_along(&mut self, now: Now, peer: PeerId, frame: Span, out: &mut Outbox) {
        let rides = self.rides();
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        if !rides {
            return session.write(frame, self.config.tuning.window, out);
        }
        session.carries = true;
        let Held { bytes, last } = &mut **session.held.get_or_insert_default();
        bytes.extend_from_slice(out.bytes(frame));
        let leaves = last.get_or_insert(now.mono).plus(self.config.tuning.ride);
        let before = self.spreading.batch_at;
        self.spreading.batch_at = Some(before.map_or(leaves, |before| before.min(leaves)));
    }

    /// Messages are gathered no more: those that were leave with the next to the same neighbour.
    pub(super) fn let_gathered_ride(&mut self) {
        for session in self.links.iter_mut().filter_map(Link::live_mut) {
            carry(session);
        }
    }

    /// What has waited long enough leaves by itself.
    pub(super) fn let_ride(&mut self, now: Now, out: &mut Outbox) {
        let mut next: Option<Instant> = None;
        for link in &mut self.links {
            let Some(session) = link.live_mut() else { continue };
            // Whatever was gathered before messages were not gathered any more leaves too.
            if !carry(session) {
                continue;
            }
            let since = session.held.as_deref().and_then(|held| held.last).unwrap_or(now.mono);
            let leaves = since.plus(self.config.tuning.ride);
            if leaves <= now.mono {
                let nothing = out.put(|_| ());
                session.write(nothing, self.config.tuning.window, out);
            } else {
                next = Some(next.map_or(leaves, |before| before.min(leaves)));
            }
        }
        self.spreading.batch_at = next;
    }
}

/// What waits leaves with the next message; whether anything does.
fn carry(session: &mut Session) -> bool {
    session.carries = session.held.as_ref().is_some_and(|held| !held.bytes.is_empty());
    session.carries
}
