//! A world that plays tapes of real servers, and goes on from them as a simulation.
//!
//! While it plays, its nodes are told what stands on the tapes, when it stands there, and what they
//! put out goes nowhere: what was heard of it stands on the tapes as well. Messages are on their way
//! from where one tape says that they were written to where another says that they were heard. The
//! first command ends that; see [`World::leave_tapes`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use herd_core::tape::{Entry, Item, Reader};
use herd_core::{ConnId, Input, Node, Now, Output, Unit};

use super::World;
use crate::clock::Clock;
use crate::latency::Latency;
use crate::log::LogKind;
use crate::net::{Over, Parcel, Who};
use crate::server::{Conn, PeerLink};
use crate::tape::{Moment, NEVER, NONE, Tapes, peer_named};
use crate::text::escape;
use crate::topology::ServerId;
use crate::view::ServerState;

/// How far it is, and what is only known while it plays.
#[derive(Clone, Debug)]
pub(super) struct Taped {
    /// What is done of it: told here, so that a world without tapes refers to none of that.
    pub(super) play: fn(&mut World),
    pub(super) leave: fn(&mut World),
    tapes: Arc<Tapes>,
    /// The next moment.
    next: usize,
    /// The connection of each pair of ends that is open at one of them at least.
    pub(super) channels: BTreeMap<u32, u32>,
    /// Connections of which the other end is on no tape: server and number.
    pub(super) strangers: BTreeSet<(u32, u32)>,
    /// Attempts that have not ended: who dials which neighbour.
    pub(super) dials: BTreeSet<(u32, u16)>,
    /// Bytes on their way to each side of a connection.
    pub(super) under_way: BTreeMap<(u32, u8), i64>,
}

/// Bytes of a line that the log shows.
const SHOWN: usize = 100;

impl World {
    /// Begins to play the tapes of the options, if there are any: until its tape begins, a server is
    /// down.
    pub(super) fn put_tapes_in(&mut self) {
        let Some(tapes) = self.script.options().tape.clone() else { return };
        for server in &mut self.servers {
            server.state = ServerState::Down;
            server.clock = Clock::beginning(tapes.begins());
        }
        for (number, link) in self.links.iter_mut().enumerate() {
            for (way, took) in link.ways.iter_mut().zip(tapes.latency(number)) {
                if took > 0 {
                    way.set_latency(Latency::Constant(took));
                }
            }
        }
        self.taped = Some(Box::new(Taped {
            play: Self::play_moment,
            leave: Self::leave_tapes,
            tapes,
            next: 0,
            channels: BTreeMap::new(),
            strangers: BTreeSet::new(),
            dials: BTreeSet::new(),
            under_way: BTreeMap::new(),
        }));
    }

    /// Whether tapes are played: nothing happens but what stands there.
    #[must_use]
    pub const fn is_taped(&self) -> bool {
        self.taped.is_some()
    }

    /// When the tapes end, ns: with the first command, or by themselves. `None` if there are none.
    #[must_use]
    pub fn tapes_end(&self) -> Option<u64> {
        let end = self.options().tape.as_ref()?.end();
        let first = self.script.entries().iter().find(|entry| entry.on);
        Some(first.map_or(end, |entry| entry.at.min(end)))
    }

    /// When the next thing on a tape was.
    pub(super) fn next_moment(&self) -> Option<u64> {
        let taped = self.taped.as_ref()?;
        taped.tapes.moments().get(taped.next).map(|moment| moment.at)
    }

    /// Plays the next thing on a tape.
    fn play_moment(&mut self) {
        let Some(taped) = &mut self.taped else { return };
        let tapes = Arc::clone(&taped.tapes);
        let Some(moment) = tapes.moments().get(taped.next) else { return };
        taped.next += 1;
        self.now = moment.at;
        self.events += 1;
        if let Some(trace) = &mut self.trace {
            trace.event(self.now, u64::MAX);
        }
        self.digest.number(moment.at);
        self.digest.number(u64::from(moment.server));
        let Some(spot) = moment.spot else {
            return self.goes_down(moment.server, "is not heard of any more");
        };
        let file = Arc::clone(tapes.file(moment.file));
        let Ok(mut reader) = Reader::new(&file) else { return };
        reader.go_to(spot);
        // It was read before, so it can be read now.
        let Some(Ok(entry)) = reader.next() else { return };
        self.digest.number(entry.at);
        self.play_entry(moment, entry);
    }

    fn play_entry(&mut self, moment: &Moment, entry: Entry<'_>) {
        let server = moment.server;
        match entry.item {
            Item::Start { lost, node, .. } => self.begins(server, entry.now, *node, lost),
            Item::Ends { conn, said, heard, .. } => {
                self.names_ends(moment, conn.0, (said, heard));
            }
            Item::Input(input) => {
                self.is_told(server, &input);
                self.servers[server as usize].node.handle(entry.now, input, &mut self.out);
                self.did(moment);
            }
            Item::Reconfigured(config) => {
                let state = &mut self.servers[server as usize];
                // What was refused then is refused now.
                let _ = state.node.reconfigure(entry.now, Arc::clone(&config), &mut self.out);
                self.knows_neighbours(server);
                self.note(Some(server), LogKind::Link, || "is configured anew".into());
                self.did(moment);
            }
            Item::Stopped => self.goes_down(server, "stops as it was told to"),
        }
    }

    /// A tape begins: with a new life, or in the middle of one.
    fn begins(&mut self, server: u32, now: Now, node: Node, lost: u64) {
        let state = &mut self.servers[server as usize];
        let same = state.state == ServerState::Up
            && state.config.incarnation == node.config().incarnation
            && lost == 0;
        if !same {
            self.drop_conns(server);
        }
        let at = self.now;
        let state = &mut self.servers[server as usize];
        if state.state != ServerState::Up {
            // The node that it has until its first tape begins has lived never.
            state.life += u32::from(state.since > 0);
            state.state = ServerState::Up;
            state.since = at;
        }
        state.config = Arc::clone(node.config());
        state.node = node;
        state.clock.show(at, now);
        self.knows_neighbours(server);
        let lines: Vec<Box<[u8]>> = self.servers[server as usize]
            .node
            .store()
            .iter()
            .map(|record| record.line().into())
            .collect();
        for line in &lines {
            self.accepted(line);
        }
        if !same {
            let known = lines.len();
            self.note(Some(server), LogKind::Link, || format!("starts, knows {known} clients"));
        }
    }

    fn goes_down(&mut self, server: u32, how: &str) {
        self.drop_conns(server);
        let now = self.now;
        let state = &mut self.servers[server as usize];
        state.state = ServerState::Down;
        state.since = now;
        self.note(Some(server), LogKind::Lost, || how.to_owned());
    }

    /// Where the neighbours of a server's configuration are.
    fn knows_neighbours(&mut self, server: u32) {
        let config = Arc::clone(self.servers[server as usize].node.config());
        let topology = self.script.topology();
        let own = ServerId(server);
        let place = |name: &str| {
            let other = topology.server(name)?;
            let link = u32::try_from(topology.link(own, other)?).ok()?;
            Some(PeerLink { server: other.0, link })
        };
        let peers: Option<Arc<[PeerLink]>> =
            config.peers.iter().map(|peer| place(&peer.name)).collect();
        // The topology was made of these configurations.
        let Some(peers) = peers else { return };
        for peer in peers.iter() {
            let link = &mut self.links[peer.link as usize];
            let name = self.script.topology().name(ServerId(peer.server));
            link.peers[usize::from(link.a != server)] = peer_named(&config, name).unwrap_or(0);
        }
        let state = &mut self.servers[server as usize];
        state.config = config;
        state.peers = peers;
    }

    /// A connection has these ends; if both are known, what is said over it can be followed.
    fn names_ends(&mut self, moment: &Moment, conn: u32, (said, heard): (u64, u64)) {
        let Some(mut taped) = self.taped.take() else { return };
        let (server, side) = (moment.server, moment.side);
        let known = self.servers[server as usize].conn(conn).is_some();
        if moment.pair == NONE {
            taped.strangers.insert((server, conn));
        } else if !known && let Some(channel) = self.channel_of(&mut taped, moment) {
            let end = &mut self.channels[channel].ends[usize::from(side)];
            end.open = true;
            end.set_conn(conn);
            let conns = &mut self.servers[server as usize].conns;
            if conns.len() <= conn as usize {
                conns.resize(conn as usize + 1, None);
            }
            conns[conn as usize] = Some(Conn::new(channel, side));
            *taped.under_way.entry((channel, 1 - side)).or_default() += said.cast_signed();
            *taped.under_way.entry((channel, side)).or_default() -= heard.cast_signed();
        }
        self.taped = Some(taped);
    }

    /// The connection of a pair of ends, new if this is the first that is named.
    fn channel_of(&mut self, taped: &mut Taped, moment: &Moment) -> Option<u32> {
        if let Some(channel) = taped.channels.get(&moment.pair) {
            return Some(*channel);
        }
        let other = taped.tapes.other_end(moment)?;
        let (from, to) =
            if moment.side == 0 { (moment.server, other) } else { (other, moment.server) };
        let link = self.script.topology().link(ServerId(from), ServerId(to))?;
        let number = u32::try_from(link).ok()?;
        let reversed = self.links[link].a != from;
        let peer = self.links[link].peers[usize::from(reversed)];
        let over = Over::Link { link: number, reversed };
        let channel = self.channels.open(Who::Server(from), Who::Server(to), over, peer);
        taped.channels.insert(moment.pair, channel);
        taped.under_way.remove(&(channel, 0));
        taped.under_way.remove(&(channel, 1));
        Some(channel)
    }

    /// What a server is told, as far as the world has to know.
    fn is_told(&mut self, server: u32, input: &Input<'_>) {
        let Some(taped) = &mut self.taped else { return };
        match *input {
            Input::Heard { conn, unit } => {
                let place = self.servers[server as usize].conn(conn.0);
                if let Some(end) = place {
                    let (channel, side) = (end.channel(), end.side());
                    let size = i64::try_from(unit.size()).unwrap_or(i64::MAX);
                    *taped.under_way.entry((channel, side)).or_default() -= size;
                } else if let Unit::Line(line) = unit
                    && !line.starts_with(b"HERD ")
                {
                    let text = escape(&line[..line.len().min(SHOWN)]);
                    self.note(Some(server), LogKind::Said, || format!("#{}: {text}", conn.0));
                }
            }
            Input::Opened { conn, how } => {
                if self.servers[server as usize].conn(conn.0).is_none() {
                    taped.strangers.insert((server, conn.0));
                }
                if let herd_core::Opening::Dialed(peer) = how {
                    taped.dials.remove(&(server, peer.0));
                }
            }
            Input::DialFailed(peer) => {
                taped.dials.remove(&(server, peer.0));
            }
            Input::Closed(conn) => self.let_go(server, conn.0),
            Input::Keeping(_) | Input::Places { .. } | Input::Wake | Input::Writable(_) => {}
        }
    }

    /// What a server did: it is shown, and goes nowhere.
    fn did(&mut self, moment: &Moment) {
        let server = moment.server;
        let mut out = std::mem::take(&mut self.out);
        let mut number = 0;
        for &output in out.outputs() {
            match output {
                Output::Dial { peer, .. } => {
                    if let Some(taped) = &mut self.taped {
                        taped.dials.insert((server, peer.0));
                    }
                }
                Output::Event(event) => {
                    if let herd_core::Event::Learned { line, .. } = event {
                        // Where it was accepted may be on no tape.
                        self.accepted(out.bytes(line));
                    }
                    self.told(server, event, &out);
                }
                Output::Hangup(conn) => self.let_go(server, conn.0),
                Output::Pause(conn) | Output::Resume(conn) => {
                    if let Some(end) = self.servers[server as usize].conn(conn.0) {
                        let paused = matches!(output, Output::Pause(_));
                        self.channels[end.channel()].ends[usize::from(end.side())].paused = paused;
                    }
                }
                Output::Write { conn, bytes } => {
                    let bytes = out.bytes(bytes);
                    match self.servers[server as usize].conn(conn.0) {
                        Some(place) => {
                            self.flies(place, moment, number, bytes);
                            number += 1;
                        }
                        None => self.answers_stranger(server, conn, bytes),
                    }
                }
                Output::Lookup { .. } | Output::Notify(_) => {}
            }
        }
        out.clear();
        self.out = out;
    }

    /// Something is on its way from now until a tape says that it was heard.
    fn flies(&mut self, place: Conn, moment: &Moment, number: u32, bytes: &[u8]) {
        let (channel, side) = (place.channel(), place.side());
        let Some(taped) = &mut self.taped else { return };
        let at = taped.tapes.arrival(moment, number);
        let to = 1 - side;
        *taped.under_way.entry((channel, to)).or_default() +=
            i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        self.way_mut(channel, side).count += 1;
        if at == NEVER {
            return;
        }
        self.way_mut(channel, side).last = at;
        self.channels[channel].ends[usize::from(to)].comes(bytes.len() as u64);
        self.traffic.sent += 1;
        self.deliver_at(at.max(self.now), channel, to, Parcel::Bytes(bytes.into()));
    }

    /// Something has come to where a tape says that it was heard: its server will be told.
    pub(super) fn arrives_by_tape(&mut self, channel: u32, to: u8, parcel: &Parcel) {
        self.channels[channel].ends[usize::from(to)].came(parcel.size());
        self.channels.release(channel);
    }

    fn answers_stranger(&mut self, server: u32, conn: ConnId, bytes: &[u8]) {
        let text = bytes.strip_suffix(b"\n").filter(|line| !line.starts_with(b"HERD "));
        if let Some(line) = text {
            let text = escape(&line[..line.len().min(SHOWN)]);
            self.note(Some(server), LogKind::Answer, || format!("#{} <- {text}", conn.0));
        }
    }

    /// A connection is over at this end.
    fn let_go(&mut self, server: u32, conn: u32) {
        let entry = self.servers[server as usize].conns.get_mut(conn as usize);
        let place = entry.and_then(Option::take);
        let Some(taped) = &mut self.taped else { return };
        let Some(end) = place else {
            taped.strangers.remove(&(server, conn));
            return;
        };
        let (channel, side) = (end.channel(), end.side());
        self.channels[channel].leave(side);
        let ends = &self.channels[channel].ends;
        if !ends[0].open && !ends[1].open {
            taped.channels.retain(|_, other| *other != channel);
        }
        self.channels.release(channel);
    }

    fn drop_conns(&mut self, server: u32) {
        let count = u32::try_from(self.servers[server as usize].conns.len()).unwrap_or(0);
        for conn in 0..count {
            self.let_go(server, conn);
        }
        if let Some(taped) = &mut self.taped {
            taped.strangers.retain(|(of, _)| *of != server);
            taped.dials.retain(|(of, _)| *of != server);
        }
    }
}
