//! What commands do.

use super::World;
use crate::check::Happening;
use crate::command::{Command, Path};
use crate::fault::Share;
use crate::latency::Latency;
use crate::log::LogKind;
use crate::net::{Parcel, Who};
use crate::sometimes::{Sight, Sometimes};
use crate::topology::ServerId;
use crate::view::ServerState;

impl World {
    /// Does a command. What cannot be done as things are (to kill who is dead) is nothing.
    pub(super) fn perform(&mut self, command: &Command) {
        self.writes(command.text(self.topology()));
        match command {
            Command::Bandwidth { path, rate } => self.set_traits(Some(*path), |t| t.rate = *rate),
            Command::Capacity { path, bytes } => {
                self.set_traits(Some(*path), |traits| traits.capacity = *bytes);
            }
            Command::Clients(habits) => self.habits = *habits,
            Command::Clock { server, offset } => {
                self.servers[server.index()].clock.step(self.now, *offset);
            }
            Command::Clog { path, lasts } => {
                let until = self.now.saturating_add(*lasts);
                self.set_traits(Some(*path), |traits| traits.clogged = until);
            }
            Command::Cut { path, late } => self.cut(*path, *late),
            Command::Datagram { path, lossy } => {
                self.set_traits(*path, |traits| traits.lossy = Some(*lossy));
            }
            Command::Disk { server, sync } => self.set_disk(*server, *sync),
            Command::Drift { server, ppm } => {
                self.servers[server.index()].clock.drift(self.now, *ppm);
            }
            Command::Get { server, terminal, key } => {
                self.say(*server, terminal, &[b"GET ", &**key].concat());
            }
            Command::Hangup { server, terminal } => self.client_ends(*server, terminal),
            // Tapes have ended with it; where there are none, all goes on as ever.
            Command::Continue => {}
            Command::Heal(path) => self.heal(*path),
            Command::Hold(path) => self.hold(*path),
            Command::Join { neighbours, .. } => self.join(neighbours.len()),
            Command::Kill(server) => self.kill(*server),
            Command::Lag { path, extra } => self.set_traits(Some(*path), |t| t.lag = *extra),
            Command::Latency { path, latency } => self.set_latency(*path, *latency),
            Command::Leave(server) => self.leave(*server),
            Command::Link { ends, latency } => self.link(*ends, *latency),
            Command::Lose { server, client, damaged } => self.lose(*server, client, *damaged),
            Command::Meddle { path, nth, deed } => self.meddle(*path, *nth, *deed),
            Command::Partition { sides, one_way } => self.partition(sides, *one_way),
            Command::Pause(server) => self.pause(*server),
            Command::Places(mode) => self.places = (*mode, Share::ALL),
            Command::PlacesSlow(latency) => self.places_delay = *latency,
            Command::PlacesSome(mode, share) => self.places = (*mode, *share),
            Command::Put { server, terminal, key, stamp, data } => {
                let length = format!(" {stamp} {}\n", data.len());
                let bytes = [b"PUT ", &**key, length.as_bytes(), data].concat();
                self.send(*server, terminal, &bytes);
            }
            Command::Release(path) => self.release(*path),
            Command::Restart { server, store } => self.restart(*server, *store),
            Command::RestartLossy { server, loss } => self.restart_lossy(*server, *loss),
            Command::Resume(server) => self.resume(*server),
            Command::Say { server, terminal, line } => self.say(*server, terminal, line),
            Command::Send { server, terminal, bytes } => self.send(*server, terminal, bytes),
            Command::Slow { server, takes } => self.slow(*server, *takes),
            Command::Stream(path) => self.set_traits(*path, |traits| traits.lossy = None),
            Command::Swizzle { links, spacing } => self.swizzle(*links, *spacing),
            Command::Unlink(path) => self.unlink(*path),
            Command::Wobble { server, swing, period } => {
                self.servers[server.index()].clock.wobble(self.now, *swing, *period);
            }
        }
    }

    /// Writes down what is done, before it is.
    fn writes(&mut self, text: String) {
        self.digest.bytes(text.as_bytes());
        self.note(None, LogKind::Command, || text);
    }

    /// Does a command of a client; there is no other in [`World::of_talk`].
    pub(super) fn talk(&mut self, command: &Command) {
        if let Command::Say { server, terminal, line } = command {
            self.writes(Command::said(self.topology(), *server, terminal, line));
            self.say(*server, terminal, line);
        }
    }

    /// The links that a path goes over, all if there is none, and which of their ways are meant.
    pub(super) fn meant(&self, path: Option<Path>) -> Vec<(u32, [bool; 2])> {
        match path {
            Some(path) => self.ways(path).into_iter().collect(),
            None => {
                // What is still to come does not feel it; what is gone may have something held.
                let laid = u32::try_from(self.laid).unwrap_or(u32::MAX);
                (0..laid).map(|link| (link, [true, true])).collect()
            }
        }
    }

    /// The link that a path goes over, and which of its ways are meant.
    fn ways(&self, path: Path) -> Option<(u32, [bool; 2])> {
        let link = self.topology().link(path.from, path.to)?;
        let number = u32::try_from(link).ok()?;
        let forward = self.links[link].a == path.from.0;
        Some((number, [forward || !path.one_way, !forward || !path.one_way]))
    }

    pub(super) fn cut(&mut self, path: Path, late: u64) {
        let Some((link, which)) = self.ways(path) else { return };
        let place = &mut self.links[link as usize];
        for (way, meant) in place.ways.iter_mut().zip(which) {
            if meant && late == 0 {
                way.cut = true;
                way.stalled = false;
            } else if meant && !way.cut {
                way.stalled = true;
                self.stalls = true;
            }
        }
        self.see(&Happening::Fault);
        if late == 0 {
            return self.break_link(link);
        }
        let place = &mut self.links[link as usize];
        place.stalls += 1;
        let stall = place.stalls;
        self.schedule(self.now.saturating_add(late), super::Event::Notice { link, stall });
    }

    pub(super) fn heal(&mut self, path: Option<Path>) {
        for (link, which) in self.meant(path) {
            let mut stalled = false;
            for (way, meant) in self.links[link as usize].ways.iter_mut().zip(which) {
                if meant {
                    stalled |= way.stalled;
                    way.cut = false;
                    way.stalled = false;
                }
            }
            if stalled {
                self.release_held(link);
            }
        }
        if self.is_whole() {
            self.see(&Happening::Mended);
        }
    }

    pub(super) fn set_latency(&mut self, path: Path, latency: Latency) {
        let Some((link, which)) = self.ways(path) else { return };
        for (way, meant) in self.links[link as usize].ways.iter_mut().zip(which) {
            if meant {
                way.set_latency(latency);
                // What was sent before stands before what is sent from now on.
                self.steady = self.steady.max(way.last);
            }
        }
        self.see(&Happening::Changed);
    }

    pub(super) fn kill(&mut self, server: ServerId) {
        let state = &mut self.servers[server.index()];
        if state.state == ServerState::Down {
            return;
        }
        state.state = ServerState::Down;
        state.since = self.now;
        state.armed = u64::MAX;
        if self.checks.is_some() && self.floods() && self.is_bridge(server) {
            self.sightings.saw(Sometimes::BridgeDied);
        }
        let state = &mut self.servers[server.index()];
        let mut inbox = std::mem::take(&mut state.inbox);
        let conns = std::mem::take(&mut state.conns);
        for conn in conns.into_iter().flatten() {
            let (channel, side) = (conn.channel(), conn.side());
            self.channels[channel].leave(side);
            // The kernel says so to the other end, behind all that was sent.
            self.post(channel, side, Parcel::Fin);
            self.channels.release(channel);
        }
        for channel in self.channels.numbers() {
            let end = &mut self.channels[channel].ends[0];
            if end.who == Who::Server(server.0) && end.open {
                end.open = false;
                self.channels.release(channel);
            }
        }
        // What waited for a paused server finds a dead one. (It has the link behind it.)
        while let Some(event) = inbox.pop_front() {
            self.take_place(event, false);
        }
        self.see(&Happening::Fault);
    }

    fn restart(&mut self, server: ServerId, store: bool) {
        if !self.is_member(server) {
            return;
        }
        self.kill(server);
        let (now, bug) = (self.now, self.options().bug);
        let state = &mut self.servers[server.index()];
        let records = if store { state.stored(bug) } else { Vec::new() };
        state.restart(now, &records, bug);
        state.blank = !store;
        self.rearm(server.0);
        if !store {
            self.sightings.see(Sight::Blank(server));
        }
        self.sightings.see(Sight::Restarted(server));
        self.see(&Happening::Restarted { server, store });
    }

    fn pause(&mut self, server: ServerId) {
        let state = &mut self.servers[server.index()];
        if state.state == ServerState::Up {
            state.state = ServerState::Paused;
            state.since = self.now;
            self.see(&Happening::Fault);
        }
    }

    fn resume(&mut self, server: ServerId) {
        let state = &mut self.servers[server.index()];
        if state.state != ServerState::Paused {
            return;
        }
        state.state = ServerState::Up;
        state.since = self.now;
        // In the order in which it came, before anything that comes now.
        if !state.inbox.is_empty() {
            self.serve_later(server.0);
        }
        self.rearm(server.0);
    }
}
