//! `flood_ack`: an update is told again until it is acknowledged, whether the link is up or not.

use alloc::vec::Vec;

use super::Node;
use super::forward::News;
use crate::config::Style;
use crate::id::PeerId;
use crate::limits::{RETRY_EVERY, UNACKED_MAX};
use crate::link::Unacked;
use crate::origin::OriginId;
use crate::outbox::{Event, Outbox};
use crate::time::Now;

impl Node {
    /// An update goes to every neighbour but the one it came from: each is to acknowledge it.
    pub(super) fn await_acks(&mut self, now: Now, news: News) {
        let until = now.mono.plus(RETRY_EVERY);
        for peer in self.peers().filter(|peer| Some(*peer) != news.from) {
            let neighbour = &self.config.peers[peer.index()];
            if neighbour.style == Style::Herd && neighbour.direction.sends() {
                let waits = self.links[peer.index()].unacked_mut();
                waits.insert((news.origin, news.seq), Unacked { record: news.record, until });
                self.spreading.by(until);
            }
        }
    }

    /// A neighbour has an update: it acknowledged it, or told it itself.
    pub(super) fn acknowledged(&mut self, peer: PeerId, origin: OriginId, seq: u64) {
        let waits = &mut self.links[peer.index()].unacked;
        if let Some(list) = waits {
            list.remove(&(origin, seq));
            if list.is_empty() {
                *waits = None;
            }
        }
    }

    /// What was not acknowledged in time is told again.
    pub(super) fn repeat_unacked(&mut self, now: Now, out: &mut Outbox) {
        let again = now.mono.plus(RETRY_EVERY);
        for peer in self.peers() {
            let Some(mut waits) = self.links[peer.index()].unacked.take() else { continue };
            let due: Vec<_> = waits
                .iter()
                .filter(|(_, waits)| waits.until <= now.mono)
                .map(|(key, _)| *key)
                .collect();
            for key in due {
                let Some(Unacked { record, .. }) = waits.remove(&key) else { continue };
                // What has become newer meanwhile is told instead.
                let mut told = None;
                let push = out.put(|bytes| told = self.put_record(record, bytes));
                let Some(key) = told else { continue };
                waits.insert(key, Unacked { record, until: again });
                if let Some(session) = self.links[peer.index()].live_mut() {
                    session.push(peer, push, self.config.tuning.window, out);
                }
            }
            let dropped = waits.len().saturating_sub(UNACKED_MAX);
            for _ in 0..dropped {
                waits.pop_first();
            }
            if let Ok(records @ 1..) = u32::try_from(dropped) {
                out.event(Event::Dropped { peer, records });
            }
            if let Some(until) = waits.values().map(|waits| waits.until).min() {
                self.spreading.by(until);
                self.links[peer.index()].unacked = Some(waits);
            }
        }
    }
}
