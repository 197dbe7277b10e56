//! Planted bugs in what a server makes of its neighbours' bytes: the search has to find each.

use std::sync::Arc;

use herd_core::codec::Update;

use super::World;
use super::wire::{kind_of, pushed, pushes};
use crate::check::Happening;
use crate::net::{Parcel, Who};
use crate::options::Bug;
use crate::topology::ServerId;

/// Messages that may be under way while known records are flooded on: without dedup there would be
/// no end to them.
const STORM_MAX: u64 = 1_000;

impl World {
    /// What came to one side of a connection is about to be read by the server there; whether the
    /// planted bug lets it.
    pub(super) fn is_read(&mut self, server: u32, channel: u32, bytes: &Arc<[u8]>) -> bool {
        let bug = self.options().bug;
        if bug == Bug::None || self.channels[channel].link().is_none() {
            return true;
        }
        let Some((repair, Update { at, seq, .. })) = pushed(bytes) else { return true };
        let node = &self.servers[server as usize].node;
        let held = node.store().get(at.client);
        if bug == Bug::DropsSilently && held.is_none() && node.store().len() >= 2 {
            return false;
        }
        if repair {
            // Several records at once: only the bug that is about repair touches them.
            return bug != Bug::NoRepair;
        }
        let news = held.is_none_or(|held| held.stamp() < at.stamp);
        match bug {
            Bug::ConfusesLives => {
                let confused = &mut self.servers[server as usize].confused;
                let new = confused.get_or_insert_default().insert((at.server.into(), seq));
                new || held_is(self, server, at.client, bytes)
            }
            Bug::TimesAsText => {
                let older = held.and_then(|held| herd_core::codec::At::canonical(held.line()).ok());
                !(news && older.is_some_and(|held| held.stamp_text > at.stamp_text))
            }
            Bug::None
            | Bug::AdoptsInHaste
            | Bug::AnswersTwice
            | Bug::Believes
            | Bug::BelievesTheFuture
            | Bug::Dawdles
            | Bug::DropsSilently
            | Bug::Echoes
            | Bug::Evades
            | Bug::ForgetsOnRestart
            | Bug::Garbles
            | Bug::HangsUp
            | Bug::Leaks
            | Bug::NeverFull
            | Bug::NoDedup
            | Bug::NoRepair
            | Bug::NoTieBreak
            | Bug::OrphansKeepStill
            | Bug::Overtakes
            | Bug::PrunesUnproven
            | Bug::ReusesLives
            | Bug::Swallows
            | Bug::TellsTwice
            | Bug::TurnsEpochsBack => true,
        }
    }

    /// Shows the live updates that a server is about to read to the checks.
    pub(super) fn see_heard(&mut self, server: u32, channel: u32, side: u8, bytes: &[u8]) {
        if !self.judges() {
            return;
        }
        let Who::Server(from) = self.channels[channel].ends[usize::from(1 - side)].who else {
            return;
        };
        for push in pushes(bytes) {
            let (server, from) = (ServerId(server), ServerId(from));
            self.see(&Happening::Heard { server, from, push });
        }
    }

    /// What a planted bug makes a server tell on before it has read it.
    pub(super) fn blurt(&mut self, server: u32, channel: u32, side: u8, bytes: &Arc<[u8]>) {
        let bug = self.options().bug;
        if !matches!(bug, Bug::Echoes | Bug::NoDedup) || self.channels[channel].link().is_none() {
            return;
        }
        let Some((false, Update { at, .. })) = pushed(bytes) else { return };
        let held = self.servers[server as usize].node.store().get(at.client);
        let news = held.is_none_or(|held| held.stamp() < at.stamp);
        if bug == Bug::Echoes && news {
            self.tell_again(server, channel, side, bytes);
        }
        if bug == Bug::NoDedup && !news && self.busy < STORM_MAX {
            self.flood_again(server, channel, bytes);
        }
    }

    fn flood_again(&mut self, server: u32, from: u32, bytes: &Arc<[u8]>) {
        let state = &self.servers[server as usize];
        let live = state.node.links().iter().filter_map(|link| Some(link.live()?.conn.0));
        let ends = live.filter_map(|conn| state.conns.get(conn as usize)?.as_ref());
        let ways: Vec<(u32, u8)> = ends.map(|end| (end.channel(), end.side())).collect();
        for (channel, side) in ways.into_iter().filter(|(channel, _)| *channel != from) {
            self.tell_again(server, channel, side, bytes);
        }
    }

    fn tell_again(&mut self, server: u32, channel: u32, side: u8, bytes: &Arc<[u8]>) {
        let Who::Server(to) = self.channels[channel].ends[usize::from(1 - side)].who else {
            return;
        };
        let kind = kind_of(bytes, self.is_classic(channel));
        let at = pushed(bytes).map(|(_, update)| update.at);
        self.post(channel, side, Parcel::Bytes(Arc::clone(bytes)));
        let (from, to) = (ServerId(server), ServerId(to));
        self.see(&Happening::Sent { from, to, kind, at, in_flight: 0 });
    }
}

/// Whether a server holds just what a message tells.
fn held_is(world: &World, server: u32, client: &[u8], bytes: &[u8]) -> bool {
    let held = world.servers[server as usize].node.store().get(client);
    held.is_some_and(|held| bytes.ends_with(held.line()))
}
