//! Serving: neighbours are given what they asked for, slice by slice, few of them everything at once, and
//! none more than its budget.

use super::Node;
use crate::id::PeerId;
use crate::limits::{BUDGET_QUESTION, SYNCS_SERVED};
use crate::outbox::{Event, LinkEnd, Outbox};
use crate::time::Now;

impl Node {
    /// A neighbour asks something, which counts; whether it is to be answered. Who goes on asking
    /// far beyond its budget is hung up on.
    pub(super) fn pays(&mut self, now: Now, peer: PeerId, out: &mut Outbox) -> bool {
        let each = self.config.tuning.budget_byte;
        let Some(session) = self.links[peer.index()].live_mut() else { return false };
        session.budget.spend(now.mono, BUDGET_QUESTION, each);
        if !session.budget.is_overdrawn(now.mono) {
            return true;
        }
        let conn = session.conn;
        self.hang_up(conn, out);
        self.link_lost(now, peer, LinkEnd::Greedy, out);
        false
    }

    /// Sends the next slice of the answers a neighbour waits for, if it may have more now.
    pub(super) fn send_answer(&mut self, now: Now, peer: PeerId, out: &mut Outbox) {
        if !self.is_its_turn(now, peer) {
            return;
        }
        let Self { config, links, origins, store, .. } = self;
        let Some(session) = links[peer.index()].live_mut() else { return };
        let ready = session.budget.ready();
        if ready > now.mono {
            return self.pull_by(ready);
        }
        let Some(answer) = session.answers.front_mut() else { return };
        let (mut sent, whole) = (None, answer.is_whole());
        let frame =
            out.put(|bytes| sent = answer.put_slice(config.tuning.slice, origins, store, bytes));
        session.budget.spend(now.mono, frame.len(), config.tuning.budget_byte);
        session.write(frame, config.tuning.window, out);
        if let Some(records) = sent {
            session.answers.pop_front();
            if records > 0 {
                out.event(Event::RepairSent { peer, records });
            }
        }
        if !session.answers.is_empty() {
            session.notify(out);
        }
        if whole && sent.is_some() {
            self.serve_waiting(now, out);
        }
    }

    /// Whether what a neighbour waits for next may begin, or go on.
    fn is_its_turn(&self, now: Now, peer: PeerId) -> bool {
        let next = |peer: PeerId| self.links[peer.index()].live()?.answers.front();
        match next(peer) {
            None => false,
            Some(answer) if answer.has_begun() || !answer.is_whole() => true,
            Some(_) => {
                // One that takes nothing holds up nobody.
                let within = self.config.tuning.pull_timeout;
                let is_served = |other: &PeerId| {
                    let session = self.links[other.index()].live();
                    next(*other).is_some_and(|answer| answer.has_begun() && answer.is_whole())
                        && session.is_some_and(|live| live.budget.is_used(now.mono, within))
                };
                self.peers().filter(is_served).count() < SYNCS_SERVED
            }
        }
    }

    /// Goes on with the answers that waited for others, or for a budget.
    pub(super) fn serve_waiting(&mut self, now: Now, out: &mut Outbox) {
        for peer in self.peers() {
            let session = self.links[peer.index()].live();
            // What was written last is to leave first.
            if session.is_some_and(|live| !live.answers.is_empty() && live.leaving == 0) {
                self.send_answer(now, peer, out);
            }
        }
    }
}
