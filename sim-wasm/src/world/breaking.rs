//! Links that stop: what is lost, who notices, and what goes on when they are healed.

use herd_core::Input;
use herd_core::PeerId;

use super::{Event, World};
use crate::log::LogKind;
use crate::net::{Parcel, Who};
use crate::sometimes::Sometimes;
use crate::topology::ServerId;
use crate::view::{DEATH_SHOWN, DeathView, Flight, Load, MessageKind};

/// Losses that are remembered for the picture.
const DEATHS: usize = 256;

impl World {
    /// A connection is lost with all that is on it; both ends notice, at once.
    pub(super) fn break_off(&mut self, channel: u32) {
        if self.channels[channel].dead {
            return;
        }
        self.bury(channel);
        let place = &mut self.channels[channel];
        place.dead = true;
        let (held, _) = place.take_held();
        self.busy -= held.len() as u64;
        self.traffic.dropped += held.iter().filter(|(_, parcel)| parcel.says()).count() as u64;
        for side in [0_u8, 1] {
            if self.channels[channel].ends[usize::from(side)].open {
                self.busy += 1;
                self.channels[channel].pending += 1;
                self.schedule(self.now, Event::Broken { channel, side });
            }
        }
    }

    /// One end notices that its connection is lost.
    pub(super) fn broken_off(&mut self, channel: u32, side: u8) -> Option<ServerId> {
        self.channels[channel].pending -= 1;
        let end = self.channels[channel].ends[usize::from(side)];
        self.digest.number(u64::from(channel) << 1 | u64::from(side));
        if !end.open {
            self.channels.release(channel);
            return None;
        }
        self.channels[channel].ends[usize::from(side)].open = false;
        match (end.who, end.conn()) {
            (Who::Server(server), Some(conn)) => {
                self.close_conn(server, conn);
                Some(ServerId(server))
            }
            (Who::Server(server), None) => {
                let peer = PeerId(self.channels[channel].peer);
                self.channels.release(channel);
                self.handle(server, Input::DialFailed(peer));
                Some(ServerId(server))
            }
            (Who::Client(client), _) => {
                self.client_lost(client, self.channels[channel].path(), channel);
                self.channels.release(channel);
                None
            }
        }
    }

    /// A cut that nobody had noticed is noticed now.
    pub(super) fn notice(&mut self, link: u32, stall: u32) {
        let place = &mut self.links[link as usize];
        // A cut that was healed in time is no cut.
        if place.stalls != stall || !place.ways.iter().any(|way| way.stalled) {
            return;
        }
        self.sightings.saw(Sometimes::HalfOpen);
        let place = &mut self.links[link as usize];
        for way in &mut place.ways {
            way.cut |= way.stalled;
            way.stalled = false;
        }
        self.break_link(link);
    }

    /// Every connection over a link is lost.
    pub(super) fn break_link(&mut self, link: u32) {
        for channel in self.channels.numbers() {
            let over = self.channels[channel].link().is_some_and(|(of, _)| of == link);
            if over && !self.channels[channel].dead {
                self.break_off(channel);
            }
        }
    }

    /// What waited for a stalled way goes on.
    pub(super) fn release_held(&mut self, link: u32) {
        for channel in self.channels.numbers() {
            if self.channels[channel].link().is_none_or(|(of, _)| of != link) {
                continue;
            }
            let (held, arrived) = self.channels[channel].take_held();
            for (number, (to, parcel)) in held.into_iter().enumerate() {
                let own = if matches!(parcel, Parcel::Drained) { to } else { 1 - to };
                // What has come to the end of its way does not wait to leave.
                let way = self.way(channel, own);
                if way.stalled || (number >= arrived && way.waits()) {
                    let waiting = self.channels[channel].waiting();
                    waiting.held.push((to, parcel));
                    waiting.arrived += usize::from(number < arrived);
                    continue;
                }
                self.busy -= 1;
                if matches!(parcel, Parcel::Drained) {
                    let at = self.way(channel, to).drained().max(self.now);
                    self.deliver_at(at, channel, to, parcel);
                } else if number < arrived {
                    // It has its way behind it: what was sent after it may still be on it.
                    self.deliver_at(self.now, channel, to, parcel);
                } else {
                    self.forward(channel, own, parcel);
                }
            }
        }
    }

    /// Remembers where the messages of a connection were when it was lost.
    fn bury(&mut self, channel: u32) {
        let mut lost = Vec::new();
        for (at, event) in self.queue.iter() {
            if let Event::Arrive { channel: of, to, sent, parcel } = event
                && *of == channel
                && parcel.says()
                && !matches!(parcel, Parcel::Packet(packet) if packet.evicted)
            {
                lost.push((*to, *sent, at, self.kind(channel, *to, parcel), self.load(parcel)));
            }
        }
        for (to, sent, at, kind, load) in lost {
            self.died((channel, to), sent, at, kind, load);
            self.sightings.saw(Sometimes::DiedOnCut);
            self.note(None, LogKind::Lost, || format!("lost on the way: {kind:?}"));
        }
    }

    /// What was on its way to a side of a connection is lost.
    pub(super) fn died(
        &mut self,
        (channel, to): (u32, u8),
        sent: u64,
        arrives: u64,
        kind: MessageKind,
        load: Load,
    ) {
        let (from, to) = self.endpoints(channel, to);
        let fraction = super::picture::fraction(sent, self.now, arrives);
        let now = self.now;
        let lost = Some(fraction);
        self.end_flight(Flight { number: 0, from, to, kind, sent, end: now, lost, load });
        self.deaths.retain(|death| death.at.saturating_add(DEATH_SHOWN) > now);
        if self.deaths.len() < DEATHS {
            self.deaths.push(DeathView { from, to, kind, fraction, at: now });
        }
    }
}
