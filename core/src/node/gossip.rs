//! `gossip`: what is new is told to a few neighbours in turn, as many times as the size of the herd
//! asks for.

use alloc::vec::Vec;

use super::Node;
use super::forward::News;
use crate::id::PeerId;
use crate::limits::{
    GOSSIP_EVERY, GOSSIP_FANOUT, GOSSIP_TIMES, RUMOURS_BYTES, RUMOURS_MAX, RUMOURS_TOLD,
};
use crate::outbox::Outbox;
use crate::time::Now;

impl Node {
    /// An update is to be told, from the next time on.
    pub(super) fn remember_rumour(&mut self, now: Now, news: News) {
        // Serf's count: with servers that were never heard of it is too few, and comparing helps.
        let servers = self.origins.len().max(self.links.len() + 1);
        let times = GOSSIP_TIMES * (servers.ilog10() + 1);
        let rumours = &mut self.spreading.more().rumours;
        if rumours.len() == RUMOURS_MAX {
            rumours.pop_front();
        }
        rumours.push_back((news, times));
        self.spreading.by(now.mono.plus(GOSSIP_EVERY));
    }

    /// Tells the next few neighbours what is to be told, least told first.
    pub(super) fn tell_rumours(&mut self, now: Now, out: &mut Outbox) {
        let mut rumours = core::mem::take(&mut self.spreading.more().rumours);
        let next = self.next_in_turn();
        if next.is_empty() {
            // Whoever comes is told all there is.
            return;
        }
        for peer in next {
            rumours.make_contiguous().sort_by_key(|(_, times)| core::cmp::Reverse(*times));
            let mut told = 0;
            let message = out.put(|bytes| {
                let start = bytes.len();
                for (news, times) in &mut rumours {
                    if told == RUMOURS_TOLD || bytes.len() - start >= RUMOURS_BYTES {
                        break;
                    }
                    // What has become newer meanwhile is a rumour of its own.
                    let held = self.store.at(news.record);
                    let same = held.is_some_and(|held| {
                        (held.counted_by(), held.seq()) == (news.origin, news.seq)
                    });
                    *times = if same { times.saturating_sub(1) } else { 0 };
                    if same && news.from != Some(peer) {
                        told += 1;
                        self.put_record(news.record, bytes);
                    }
                }
            });
            rumours.retain(|(_, times)| *times > 0);
            let window = self.config.tuning.window;
            if let Some(session) = self.links[peer.index()].live_mut().filter(|_| told > 0) {
                session.push(peer, message, window, out);
            }
        }
        if !rumours.is_empty() {
            self.spreading.by(now.mono.plus(GOSSIP_EVERY));
        }
        self.spreading.more().rumours = rumours;
    }

    /// The neighbours whose turn it is.
    fn next_in_turn(&mut self) -> Vec<PeerId> {
        let live: Vec<PeerId> = self
            .live()
            .iter()
            .filter(|peer| self.config.peers[peer.index()].direction.sends())
            .collect();
        let turn = self.spreading.more().turn;
        // Not all begin with the same neighbours: they would tell the same few.
        let start = match turn {
            None => {
                self.config.name.bytes().fold(0, |sum, byte| 31 * (sum % 997) + usize::from(byte))
            }
            Some(turn) => live.partition_point(|peer| peer.0 < turn),
        };
        let next: Vec<PeerId> = live
            .iter()
            .cycle()
            .skip(start % live.len().max(1))
            .take(live.len().min(GOSSIP_FANOUT))
            .copied()
            .collect();
        if let Some(last) = next.last() {
            self.spreading.more().turn = Some(last.0.wrapping_add(1));
        }
        next
    }
}
