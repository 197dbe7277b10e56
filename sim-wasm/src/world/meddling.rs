//! One message in flight, by hand: dropped, held, doubled or delayed.

use std::sync::Arc;

use herd_core::sort::sort;

use super::wire::is_greeting;
use super::{Event, World};
use crate::check::Happening;
use crate::command::Path;
use crate::fault::Deed;
use crate::log::LogKind;
use crate::net::{Packet, Parcel, Who};
use crate::topology::ServerId;

/// A message between servers in flight, in the order in which messages are counted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Flying {
    arrives: u64,
    sent: u64,
    channel: u32,
    to: u8,
}

impl World {
    /// The message in flight that a picture calls `id`, as a command names it: on which way it is,
    /// and the how manieth it is to arrive there, from 1. `None` for what cannot be meddled with:
    /// what opens and closes connections, and what clients say and hear.
    #[must_use]
    pub fn in_flight(&self, id: u64) -> Option<(Path, u32)> {
        let named =
            |message: &Flying| super::picture::id(message.sent, message.channel, message.to);
        self.queue.iter().find_map(|(at, event)| {
            let message = self.flying(at, event).filter(|message| named(message) == id)?;
            let (Who::Server(from), Who::Server(to)) = self.who(message.channel, message.to) else {
                return None;
            };
            let path = Path { from: ServerId(from), to: ServerId(to), one_way: true };
            let nth = self.on_way(path).iter().position(|other| *other == message)?;
            Some((path, u32::try_from(nth + 1).ok()?))
        })
    }

    /// Does something to the n-th message in flight on a way; nothing if there are not so many.
    pub(super) fn meddle(&mut self, path: Path, nth: u32, deed: Deed) {
        let place = usize::try_from(nth).ok().and_then(|nth| nth.checked_sub(1));
        let Some(message) = place.and_then(|at| self.on_way(path).get(at).copied()) else { return };
        let Flying { arrives, sent, channel, to } = message;
        let Some(parcel) = self.snatch(message, deed == Deed::Copy) else { return };
        // From now on nobody may count on what is said there coming once, and in order.
        self.see(&Happening::Loosened { channel });
        self.see(&Happening::Fault);
        match deed {
            Deed::Copy => {
                self.traffic.copies += 1;
                self.channels[channel].ends[usize::from(to)].comes(parcel.size());
                if matches!(parcel, Parcel::Packet(_)) {
                    self.way_mut(channel, 1 - to).traits_mut().in_flight += parcel.size();
                }
                self.send_on(arrives, sent, channel, to, parcel);
            }
            Deed::Delay(longer) => {
                self.send_on(arrives.saturating_add(longer), sent, channel, to, parcel);
            }
            Deed::Drop => {
                let (kind, load) = (self.kind(channel, to, &parcel), self.load(&parcel));
                self.channels[channel].ends[usize::from(to)].came(parcel.size());
                if matches!(parcel, Parcel::Packet(_)) {
                    self.way_mut(channel, 1 - to).traits_mut().in_flight -= parcel.size();
                }
                self.traffic.dropped += 1;
                self.leak(channel);
                self.died((channel, to), sent, arrives, kind, load);
                self.note(None, LogKind::Lost, || "dropped by hand".into());
            }
            Deed::Keep => {
                self.keeps = true;
                self.busy += 1;
                self.channels[channel].waiting().held.push((to, parcel));
            }
        }
    }

    fn send_on(&mut self, at: u64, sent: u64, channel: u32, to: u8, parcel: Parcel) {
        self.busy += 1;
        self.channels[channel].pending += 1;
        self.schedule(at, Event::Arrive { channel, to, sent, parcel });
    }

    /// What is in flight on a way and says something, in the order in which it arrives.
    fn on_way(&self, path: Path) -> Vec<Flying> {
        let meant = |message: &Flying| {
            let (from, to) = (Who::Server(path.from.0), Who::Server(path.to.0));
            self.who(message.channel, message.to) == (from, to)
        };
        let flying = self.queue.iter().filter_map(|(at, event)| self.flying(at, event));
        let mut flying: Vec<Flying> = flying.filter(meant).collect();
        sort(&mut flying);
        flying
    }

    fn flying(&self, arrives: u64, event: &Event) -> Option<Flying> {
        let Event::Arrive { channel, to, sent, parcel } = event else { return None };
        let place = &self.channels[*channel];
        let says = match parcel {
            Parcel::Bytes(bytes) => !is_greeting(bytes),
            Parcel::Packet(packet) => !packet.evicted,
            Parcel::Drained
            | Parcel::Fin
            | Parcel::Go
            | Parcel::Refused
            | Parcel::Syn
            | Parcel::SynAck => false,
        };
        let flies = says && !place.dead && *sent <= self.now && place.link().is_some();
        flies.then_some(Flying { arrives, sent: *sent, channel: *channel, to: *to })
    }

    /// Takes a message out of the air, or copies it. What is left of it arrives as nothing.
    fn snatch(&mut self, message: Flying, copy: bool) -> Option<Parcel> {
        let here = |event: &Event| {
            matches!(event, Event::Arrive { channel, to, sent, parcel: Parcel::Bytes(_) | Parcel::Packet(_) }
                if (*sent, *channel, *to) == (message.sent, message.channel, message.to))
        };
        // Several may have left at one instant: the one that arrives at this one is meant.
        let place = self.queue.iter().find_map(|(at, event)| {
            let Event::Arrive { parcel, .. } = event else { return None };
            (at == message.arrives && here(event)).then(|| identity(parcel))
        })?;
        let found = self.queue.iter_mut().find_map(|event| {
            let is_it = here(event);
            let Event::Arrive { parcel, .. } = event else { return None };
            (is_it && identity(parcel) == place).then_some(parcel)
        })?;
        if copy {
            return Some(found.clone());
        }
        let nothing = Packet { n: 0, evicted: true, sealed: Vec::new() };
        Some(std::mem::replace(found, Parcel::Packet(Box::new(nothing))))
    }
}

/// What tells two parcels of one instant apart.
fn identity(parcel: &Parcel) -> (usize, u64) {
    match parcel {
        Parcel::Bytes(bytes) => (Arc::as_ptr(bytes).addr(), 0),
        Parcel::Packet(packet) => (0, packet.n + 1),
        Parcel::Drained
        | Parcel::Fin
        | Parcel::Go
        | Parcel::Refused
        | Parcel::Syn
        | Parcel::SynAck => (0, 0),
    }
}
