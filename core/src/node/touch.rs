//! Looking ahead: what the next frames will need is read before they are handed in.
//!
//! A driver of thousands of nodes finds few of them in any cache. If it touches the next dozen of
//! those that it is going to hand a frame to, one step for all before the next step, then memory is
//! waited for once a step and not once a node (group prefetching; Chen, Ailamaki, Gibbons & Mowry,
//! "Improving hash join performance through prefetching", 2004). Nothing is changed; the numbers
//! mean nothing, but that what they are made of was read.
//!
//! A driver of one node has most of it in its caches, but not the records: it [touches
//! those](Node::touch_clients) of the next dozens of units that it has read.

use super::Node;
use crate::codec::{At, PushHead, Unit};
use crate::id::ConnId;
use crate::link::Link;
use crate::origin::OriginId;
use crate::record::Record;

/// An update in a frame that is going to be handed in, as far as it was looked at.
#[derive(Clone, Copy)]
pub struct Glance<'a> {
    head: PushHead<'a>,
    line: &'a [u8],
    /// The hash of what is looked for next.
    hash: u64,
    /// Who probably counted it.
    origin: Option<OriginId>,
    /// Where the record of its client probably is.
    record: Option<u32>,
}

impl Node {
    /// Reads what is held of the clients that the next units are about, [`TOGETHER`] of them. Where the
    /// whole store lies in a cache, none is taken.
    #[must_use]
    pub fn touch_clients<'a>(&self, units: &mut impl Iterator<Item = Unit<'a>>) -> u64 {
        if self.store.len() < MANY {
            return 0;
        }
        let (mut hashes, mut places) = ([0; TOGETHER], [None; TOGETHER]);
        let mut count = 0;
        for unit in units.take(TOGETHER) {
            if let Some(client) = client_of(unit) {
                hashes[count] = self.store.hash(client);
                count += 1;
            }
        }
        for (place, hash) in places.iter_mut().zip(&hashes[..count]) {
            *place = self.store.find_probably(*hash);
        }
        // A record lies in three cache lines; the one between is brought with these.
        let records = places.iter().flatten().filter_map(|place| self.store.at(*place));
        let ends = |record: &Record| record.line().last().map_or(0, |byte| u64::from(*byte));
        records.fold(0, |sum, record| sum ^ record.print() ^ ends(record))
    }

    /// The first step: reads a word of each part that everything needs.
    #[must_use]
    pub fn touch(&self) -> u64 {
        let due = self.pull_at.map_or(0, |at| at.0) ^ self.origins.summary();
        let tables = self.conns.len() + self.origins.len() + self.links.len() + self.store.len();
        due ^ u64::from(self.spreading.at.is_some()) ^ self.clocks.touch() ^ tables as u64
    }

    /// The second step: what is to be looked for. Reads nothing new.
    #[must_use]
    pub fn glance<'a>(&self, frame: &'a [u8]) -> Option<Glance<'a>> {
        let (head, line) = PushHead::of(frame)?;
        let hash = self.origins.hash(head.origin.name, head.origin.incarnation);
        Some(Glance { head, line, hash, origin: None, record: None })
    }

    /// The third step: reads what every frame on a connection needs, and finds where an update's
    /// origin probably is.
    #[must_use]
    pub fn find_origin(&self, conn: ConnId, glance: Option<&mut Glance<'_>>) -> u64 {
        if let Some(glance) = glance {
            glance.origin = self.origins.find_probably(glance.hash);
        }
        u64::from(self.conns.get(conn.index()).is_some_and(Option::is_some))
    }

    /// The fourth step: reads what is known of its origin; of other frames, what is known of any.
    #[must_use]
    pub fn touch_origin(&self, glance: Option<&Glance<'_>>) -> u64 {
        match glance {
            Some(glance) => {
                glance.origin.map_or(0, |origin| self.origins.get(origin).incarnation())
            }
            None => {
                let all = self.origins.iter().take(ORIGINS);
                all.fold(0, |sum, (_, origin)| sum ^ origin.incarnation())
            }
        }
    }

    /// The fifth step: whether it is news; then, its client is to be looked for. Reads nothing new.
    #[must_use]
    pub fn is_news(&self, glance: &mut Glance<'_>) -> bool {
        let Glance { head, origin, line, hash, .. } = glance;
        let news = !origin.is_some_and(|origin| self.origins.get(origin).have().contains(head.seq));
        if news {
            *hash = self.store.hash(At::client_of(line).unwrap_or_default());
        }
        news
    }

    /// The sixth step, if it is (or if it is something else): reads who is told, and finds what is
    /// written to.
    #[must_use]
    pub fn touch_news(&self, glance: Option<&mut Glance<'_>>) -> u64 {
        if let Some(glance) = glance {
            glance.record = self.store.find_probably(glance.hash);
        }
        let unsent = |link: &Link| link.live().map_or(0, |live| live.unsent as u64);
        let links = self.links.iter().map(unsent).sum::<u64>();
        links ^ self.config.hard_future.cast_unsigned()
    }

    /// The last step: reads what is written to.
    #[must_use]
    pub fn touch_record(&self, glance: &Glance<'_>) -> u64 {
        let record = glance.record.and_then(|index| self.store.at(index));
        let end = record.and_then(|record| record.line().last());
        let origin = glance.origin.map_or(0, |origin| self.origins.changed(origin));
        origin ^ end.map_or(0, |byte| u64::from(*byte))
    }
}

/// Units whose clients are looked for together: memory brings about so many things at once.
pub const TOGETHER: usize = 32;
/// Records of which some are in no cache: they take half a megabyte.
pub(super) const MANY: usize = 4_096;

/// The client that a unit is about, if it is an update.
fn client_of(unit: Unit<'_>) -> Option<&[u8]> {
    match unit {
        Unit::Frame(frame) => At::client_of(PushHead::of(frame)?.1),
        Unit::Line(line) => line.strip_prefix(b"IAMAT ")?.split(|byte| *byte == b' ').next(),
        Unit::Garbled | Unit::Overlong(_) | Unit::Put(_) => None,
    }
}

/// Origins that are looked at for what is no update: a digest is about some of them.
const ORIGINS: usize = 32;
