//! What became of every message, for a picture of the whole run: kept while the world records.

use super::World;
use crate::net::Parcel;
use crate::view::{Flight, Load, NOBODY};

impl World {
    /// The flights that ended since they were last taken.
    pub fn take_flights(&mut self) -> Vec<Flight> {
        std::mem::take(&mut self.flights)
    }

    /// How many flights have ended.
    #[must_use]
    pub const fn flown(&self) -> u64 {
        self.flown
    }

    /// A message that says something has come to the end of its way.
    pub(super) fn landed(&mut self, channel: u32, to: u8, sent: u64, parcel: &Parcel) {
        if !parcel.says() {
            return;
        }
        if !self.records {
            self.flown += 1;
            return;
        }
        let kind = self.kind(channel, to, parcel);
        let (from, to) = self.endpoints(channel, to);
        let load = self.load(parcel);
        self.end_flight(Flight {
            number: 0,
            from,
            to,
            kind,
            sent,
            end: self.now,
            lost: None,
            load,
        });
    }

    /// What a message carries.
    pub(super) fn load(&self, parcel: &Parcel) -> Load {
        let bytes = match parcel {
            Parcel::Bytes(bytes) => bytes,
            Parcel::Packet(packet) => &packet.sealed[..],
            Parcel::Drained
            | Parcel::Fin
            | Parcel::Go
            | Parcel::Refused
            | Parcel::Syn
            | Parcel::SynAck => &[],
        };
        let subject = self.about(bytes).map_or(NOBODY, |(subject, _)| subject);
        Load { subject, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX) }
    }

    /// Keeps a flight that has ended, and counts it.
    pub(super) fn end_flight(&mut self, flight: Flight) {
        let number = self.flown;
        self.flown += 1;
        if self.records {
            self.flights.push(Flight { number, ..flight });
        }
    }

    /// The endpoints of what goes to a side of a connection.
    pub(super) fn endpoints(&self, channel: u32, to: u8) -> (u32, u32) {
        let endpoint = |who| super::picture::endpoint(who, self.servers.len());
        let (from, to) = self.who(channel, to);
        (endpoint(from), endpoint(to))
    }
}
