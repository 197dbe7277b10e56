//! From tapes to a simulation: the servers as they are, their connections, and what is on its way.

use std::collections::BTreeMap;
use std::sync::Arc;

use herd_core::{ConnId, Framer, Input, PeerId};

use super::{Event, World};
use crate::check::Checks;
use crate::log::LogKind;
use crate::net::{Parcel, Who};
use crate::view::ServerState;

/// What comes to a side of a connection.
#[derive(Debug)]
struct Coming {
    /// When the next of it does, and that.
    time: u64,
    next: Arc<[u8]>,
    /// All of it.
    bytes: i64,
}

impl World {
    /// From now on it is a simulation: what is on its way arrives when it did, connections to whoever
    /// is on no tape are lost, and those that were being made are made anew.
    pub(super) fn leave_tapes(&mut self) {
        let Some(mut taped) = self.taped.take() else { return };
        self.note(None, LogKind::Link, || "the tapes end here: a simulation goes on".into());
        self.trim(&taped.under_way);
        for channel in taped.channels.values() {
            self.takes_over(*channel);
        }
        for (server, conn) in std::mem::take(&mut taped.strangers) {
            self.handle(server, Input::Closed(ConnId(conn)));
        }
        for (server, peer) in std::mem::take(&mut taped.dials) {
            self.dial(server, PeerId(peer), 0);
        }
        for server in 0..self.servers.len() {
            if self.servers[server].state == ServerState::Up {
                self.rearm(u32::try_from(server).unwrap_or(u32::MAX));
            }
        }
        let checks = Checks::from_midway(self);
        self.checks = Some(Box::new(checks));
        self.bare = false;
    }

    /// A connection is the simulation's from now on, if both its ends are there.
    fn takes_over(&mut self, channel: u32) {
        let ends = self.channels[channel].ends;
        let there = |side: usize| ends[side].open && ends[side].conn().is_some();
        if there(0) && there(1) {
            for (side, end) in (0_u8..).zip(ends) {
                let (Who::Server(server), Some(conn)) = (end.who, end.conn()) else { continue };
                if !self.is_classic(channel) && self.has_greeted(server, conn) {
                    self.channels[channel].keep_framer(side, Framer::between_frames());
                }
                self.notify(server, conn);
            }
            return;
        }
        for side in [0_u8, 1] {
            // Who dials it will dial it anew.
            self.channels[channel].ends[usize::from(side)].open = there(usize::from(side));
        }
        self.break_off(channel);
        self.channels.release(channel);
    }

    /// Whether the other end of a connection has said its greeting: frames follow.
    fn has_greeted(&self, server: u32, conn: u32) -> bool {
        let links = self.servers[server as usize].node.links();
        links.iter().any(|link| link.live().is_some_and(|session| session.conn.0 == conn))
    }

    /// Takes out of what is on its way what was heard of it already: of the next message of each way,
    /// its first frames.
    fn trim(&mut self, under_way: &BTreeMap<(u32, u8), i64>) {
        let size = |bytes: &[u8]| i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let mut ways: BTreeMap<(u32, u8), Coming> = BTreeMap::new();
        for (time, event) in self.queue.iter() {
            let Event::Arrive { channel, to, parcel: Parcel::Bytes(bytes), .. } = event else {
                continue;
            };
            let next = || Coming { time, next: Arc::clone(bytes), bytes: 0 };
            let way = ways.entry((*channel, *to)).or_insert_with(next);
            way.bytes += size(bytes);
            if time < way.time {
                (way.time, way.next) = (time, Arc::clone(bytes));
            }
        }
        for event in self.queue.iter_mut() {
            let Event::Arrive { channel, to, parcel: Parcel::Bytes(bytes), .. } = event else {
                continue;
            };
            let way = (*channel, *to);
            let Some(coming) = ways.get(&way) else { continue };
            let heard = coming.bytes - under_way.get(&way).copied().unwrap_or_default();
            let cut = usize::try_from(heard).unwrap_or(0).min(bytes.len());
            if cut > 0 && Arc::ptr_eq(&coming.next, bytes) {
                *bytes = bytes[cut..].into();
                self.channels[way.0].ends[usize::from(way.1)].came(cut as u64);
            }
        }
    }
}
