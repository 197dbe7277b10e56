//! Looking ahead: what the next frames will need is read before they are handed in.
//!
//! A driver of thousands of nodes finds few of them in any cache. If it touches the next dozen of
//! those that it is going to hand a frame to, one step for all before the next step, then memory is
//! waited for once a step and not once a node (group prefetching; Chen, Ailamaki, Gibbons & Mowry,
//! "Improving hash join performance through prefetching", 2004). Nothing is changed; the numbers
//! mean nothing, but that what they are made of was read.

use super::Node;
use crate::codec::PushHead;
use crate::id::ConnId;
use crate::link::Link;

impl Node {
    /// The first step: reads a word of each of its parts.
    #[must_use]
    pub fn touch(&self) -> u64 {
        let due = self.pull_at.map_or(0, |at| at.0) ^ self.origins.summary();
        due ^ (self.conns.len() + self.origins.len()) as u64
    }

    /// The second step: reads what every frame on a connection needs.
    #[must_use]
    pub fn touch_tables(&self, conn: ConnId) -> u64 {
        let known = self.conns.get(conn.index()).is_some_and(Option::is_some);
        u64::from(known) ^ self.origins.touch()
    }

    /// The third step: whether a frame is a push that is news.
    #[must_use]
    pub fn is_news(&self, frame: &[u8]) -> bool {
        PushHead::of(frame).is_some_and(|push| {
            let origin = self.origins.find(push.origin.name, push.origin.incarnation);
            !origin.is_some_and(|origin| self.origins.get(origin).have().contains(push.seq))
        })
    }

    /// The fourth step, if it is (or if a deadline comes): reads what it is written to, and who is
    /// told.
    #[must_use]
    pub fn touch_news(&self, frame: &[u8]) -> u64 {
        let tuning = &self.config.tuning;
        let rules = u64::from(tuning.rules.break_ties) ^ tuning.window as u64;
        let unsent = |link: &Link| link.live().map_or(0, |live| live.unsent as u64);
        let links = self.links.iter().map(unsent).sum::<u64>();
        let sends = self.config.peers.iter().filter(|peer| peer.direction.sends()).count() as u64;
        let told = rules ^ links ^ sends;
        let Ok((_, line)) = PushHead::parse(frame) else { return told };
        let client = line.split(|byte| *byte == b' ').nth(3).unwrap_or_default();
        let record = self.store.find(client).and_then(|index| self.store.at(index));
        let end = record.and_then(|record| record.line().last());
        told ^ end.map_or(0, |byte| u64::from(*byte))
    }
}
