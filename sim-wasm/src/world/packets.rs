//! Datagram links: what is said is lost, doubled, overtaken and damaged on the way.

use std::sync::Arc;

use herd_core::codec;
use herd_core::sort::sort;

use super::{Event, World};
use crate::check::Happening;
use crate::fault::Lossy;
use crate::log::LogKind;
use crate::net::{Packet, Parcel, Who};
use crate::options::Bug;
use crate::rng::{Purpose, below};
use crate::sometimes::Sometimes;
use crate::topology::ServerId;
use crate::view::{Load, MessageKind};

/// Draws about one datagram that one number would not tell apart.
const DRAWS: u64 = 4;

impl World {
    /// Sends what is said as a datagram, and perhaps once more.
    pub(super) fn post_packet(&mut self, channel: u32, from: u8, bytes: &[u8], lossy: Lossy) {
        let (fate, now, jitter) = (self.fate(channel, from), self.now, self.options().jitter);
        let to = 1 - from;
        self.see(&Happening::Loosened { channel });
        let mut sealed = bytes.to_vec();
        codec::seal(&mut sealed);
        let more = sealed.len() as u64 - bytes.len() as u64;
        // The seal travels too.
        self.channels[channel].ends[usize::from(to)].comes(more);
        let size = sealed.len() as u64;
        let (n, at) =
            self.way_mut(channel, from).send_packet(fate, now, jitter, size, lossy.reorder);
        let twice = lossy.duplicate.takes(fate.draw(Purpose::Duplicate, n));
        let packet = |n, sealed| Parcel::Packet(Box::new(Packet { n, evicted: false, sealed }));
        if twice {
            self.traffic.copies += 1;
            self.channels[channel].ends[usize::from(to)].comes(size);
            let reorder = lossy.reorder;
            let way = self.way_mut(channel, from);
            let (n, at) = way.send_packet(fate, now, jitter, size, reorder);
            self.deliver_at(at, channel, to, packet(n, sealed.clone()));
        }
        self.deliver_at(at, channel, to, packet(n, sealed));
        self.make_room(channel, from, n);
    }

    /// A full datagram link loses messages, drawn, until it is not.
    fn make_room(&mut self, channel: u32, from: u8, n: u64) {
        let fate = self.fate(channel, from);
        let mut round = 0;
        loop {
            let way = self.way(channel, from);
            let Some(traits) = &way.traits else { return };
            if traits.capacity == 0 || traits.in_flight <= traits.capacity {
                return;
            }
            let luck = fate.draw(Purpose::Evict, n * DRAWS + round % DRAWS);
            round += 1;
            let mut candidates = self.packets_on(channel, from);
            sort(&mut candidates);
            let Some(count) = u64::try_from(candidates.len()).ok().filter(|count| *count > 0)
            else {
                return;
            };
            let at = usize::try_from(below(luck, count)).unwrap_or(0);
            self.evict(candidates[at]);
        }
    }

    /// The datagrams on the way that a side of a connection sends on: number and connection.
    fn packets_on(&self, channel: u32, from: u8) -> Vec<(u64, u32, u8)> {
        let way = |channel: u32, from: u8| {
            self.channels[channel].link().map(|(link, reversed)| (link, (from == 1) != reversed))
        };
        let own = way(channel, from);
        self.queue
            .iter()
            .filter_map(|(_, event)| {
                let Event::Arrive { channel, to, parcel: Parcel::Packet(packet), .. } = event
                else {
                    return None;
                };
                let flies = !packet.evicted && way(*channel, 1 - to) == own;
                flies.then_some((packet.n, *channel, *to))
            })
            .collect()
    }

    /// Loses a datagram where it is.
    fn evict(&mut self, (n, channel, to): (u64, u32, u8)) {
        let mut size = 0;
        let mut lost = (0, 0);
        for (time, event) in self.queue.iter() {
            if let Event::Arrive { channel: c, to: t, parcel: Parcel::Packet(packet), sent } = event
                && (packet.n, *c, *t) == (n, channel, to)
            {
                size = packet.sealed.len() as u64;
                lost = (*sent, time);
            }
        }
        for event in self.queue.iter_mut() {
            if let Event::Arrive { channel: c, to: t, parcel: Parcel::Packet(packet), .. } = event
                && (packet.n, *c, *t) == (n, channel, to)
            {
                packet.evicted = true;
            }
        }
        self.way_mut(channel, 1 - to).traits_mut().in_flight -= size;
        self.traffic.evicted += 1;
        self.sightings.saw(Sometimes::Evicted);
        self.leak(channel);
        self.died((channel, to), lost.0, lost.1, MessageKind::Update, Load::default());
        self.note(None, LogKind::Lost, || "link full: a message gives way".into());
    }

    /// A datagram has come to the end of its way; what it says, if it survived.
    pub(super) fn unpack(
        &mut self,
        channel: u32,
        to: u8,
        sent: u64,
        mut packet: Packet,
    ) -> Option<Parcel> {
        let fate = self.fate(channel, 1 - to);
        let size = packet.sealed.len() as u64;
        let live = !self.channels[channel].dead;
        if live {
            self.channels[channel].ends[usize::from(to)].came(size);
        }
        if packet.evicted {
            return None;
        }
        let way = self.way_mut(channel, 1 - to);
        way.traits_mut().in_flight -= size;
        let lossy = way.lossy().unwrap_or_default();
        let lost = lossy.loss.takes(fate.draw(Purpose::Loss, packet.n));
        let flip = fate.draw(Purpose::Corrupt, packet.n * DRAWS);
        let place = below(fate.draw(Purpose::Corrupt, packet.n * DRAWS + 1), size * 8);
        if !live {
            self.traffic.dropped += 1;
            return None;
        }
        if lost {
            self.lost_on_the_way(channel, to, sent, "lost on the way");
            return None;
        }
        if lossy.corrupt.takes(flip)
            && let Some(byte) =
                usize::try_from(place / 8).ok().and_then(|at| packet.sealed.get_mut(at))
        {
            *byte ^= 1 << (place % 8);
            let believed = self.options().bug == Bug::Believes;
            if believed || codec::open(&packet.sealed).is_some() {
                packet.sealed.truncate(packet.sealed.len() - 4);
            } else {
                packet.sealed.clear();
            }
            let believed = !packet.sealed.is_empty();
            if let (Who::Server(from), Who::Server(to)) = self.who(channel, to) {
                let (from, to) = (ServerId(from), ServerId(to));
                self.see(&Happening::Damaged { from, to, believed });
            }
            if !believed {
                self.lost_on_the_way(channel, to, sent, "damaged: refused");
                return None;
            }
        } else {
            packet.sealed.truncate(codec::open(&packet.sealed)?.len());
        }
        let bytes: Arc<[u8]> = packet.sealed.into();
        self.channels[channel].ends[usize::from(to)].comes(bytes.len() as u64);
        Some(Parcel::Bytes(bytes))
    }

    fn lost_on_the_way(&mut self, channel: u32, to: u8, sent: u64, why: &'static str) {
        self.traffic.dropped += 1;
        self.leak(channel);
        self.died((channel, to), sent, self.now, MessageKind::Update, Load::default());
        self.note(None, LogKind::Lost, || why.into());
    }

    /// Remembers that the two ends of a link may know different things now.
    pub(super) fn leak(&mut self, channel: u32) {
        if let Some((link, _)) = self.channels[channel].link() {
            self.links[link as usize].leak();
        }
        self.see(&Happening::Fault);
    }

    /// Who sends and who hears on the way to a side of a connection.
    pub(super) fn who(&self, channel: u32, to: u8) -> (Who, Who) {
        let ends = &self.channels[channel].ends;
        (ends[usize::from(1 - to)].who, ends[usize::from(to)].who)
    }

    /// The planted bug: whether a message between servers vanishes on arrival, and nobody counts it.
    pub(super) fn leaks(&self, channel: u32, parcel: &Parcel) -> bool {
        let Parcel::Bytes(bytes) = parcel else { return false };
        self.options().bug == Bug::Leaks
            && self.channels[channel].link().is_some()
            && !super::wire::is_greeting(bytes)
            && self.traffic.delivered.is_multiple_of(5)
    }
}
