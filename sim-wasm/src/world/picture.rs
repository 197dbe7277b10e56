//! The frame of a world: what can be seen at one instant. Nothing here changes anything.

use std::sync::Arc;

use super::looking::is_down;
use super::{Event, World, wire};
use crate::net::{Parcel, Who};
use crate::view::{
    ClientView, DEATH_SHOWN, DeathView, Frame, Knowledge, LinkState, LinkView, MessageView, NOBODY,
    ServerView, Stage,
};

impl World {
    /// All that can be seen now. `watch` names the clients of whom every server's knowledge is
    /// wanted.
    #[must_use]
    pub fn frame(&self, watch: &[&[u8]]) -> Frame {
        self.frame_on(&self.stage(), watch)
    }

    /// As [`World::frame`], for a caller that paints often and keeps the [stage](World::stage).
    #[must_use]
    pub fn frame_on(&self, stage: &Arc<Stage>, watch: &[&[u8]]) -> Frame {
        Frame {
            time: self.now,
            events: self.events,
            digest: self.digest(),
            servers: self.server_views(stage),
            links: self.link_views(),
            messages: self.message_views(),
            deaths: self.recent_deaths(),
            clients: self.client_views(),
            client_names: self.clients.iter().map(|client| Arc::clone(&client.name)).collect(),
            subjects: self.subjects.names.clone(),
            knowledge: self.knowledge(watch),
            lamps: self.lamps(),
            stage: Arc::clone(stage),
        }
    }

    /// Brings up to date what of a frame changes all the time: the instant, messages and losses. The
    /// rest stays as it is, for who cannot look at ten thousand servers sixty times a second.
    pub fn refresh_flights(&self, frame: &mut Frame) {
        // Of whom nobody had heard before, a message may be about all the same.
        let news = frame.subjects.len() != self.subjects.names.len();
        if news {
            frame.subjects.clone_from(&self.subjects.names);
        }
        if news || !self.fly_on(frame) {
            frame.messages = self.message_views();
        }
        frame.time = self.now;
        frame.events = self.events;
        frame.digest = self.digest();
        frame.deaths = self.recent_deaths();
    }

    /// Lets the messages of an earlier frame fly on, and adds those that were sent since: what a message
    /// is need not be read again while it flies. Whether all that flew then flies on or has arrived; else
    /// something was cut, held or lost, and the frame is to be made anew.
    fn fly_on(&self, frame: &mut Frame) -> bool {
        let (before, now) = (frame.time, self.now);
        if now < before || self.channels.numbers().any(|n| !self.channels[n].held().is_empty()) {
            return false;
        }
        frame.messages.retain_mut(|message| {
            message.fraction = fraction(message.sent, now, message.arrives);
            message.arrives > now
        });
        let known = frame.messages.len();
        let names = |sum: u64, id: u64| sum.wrapping_add(id);
        let expected = frame.messages.iter().map(|message| message.id).fold(0, names);
        let (mut flying, mut found) = (0, 0);
        for (at, event) in self.queue.iter() {
            let Event::Arrive { channel, to, sent, parcel } = event else { continue };
            if *sent > before {
                frame.messages.extend(self.message_view(*channel, *to, *sent, at, parcel));
            } else if self.is_seen(*channel, parcel) {
                flying += 1;
                found = names(found, id(*sent, *channel, *to));
            }
        }
        sort(&mut frame.messages[known..]);
        (flying, found) == (known, expected)
    }

    /// Whether what comes over a connection is a message that can be seen.
    fn is_seen(&self, channel: u32, parcel: &Parcel) -> bool {
        let travels = match parcel {
            Parcel::Drained | Parcel::Go => false,
            Parcel::Packet(packet) => !packet.evicted,
            Parcel::Bytes(_) | Parcel::Fin | Parcel::Refused | Parcel::Syn | Parcel::SynAck => true,
        };
        travels && !self.channels[channel].dead
    }

    fn recent_deaths(&self) -> Vec<DeathView> {
        let recent = |death: &&DeathView| death.at.saturating_add(DEATH_SHOWN) > self.now;
        self.deaths.iter().filter(recent).copied().collect()
    }

    /// What does not change. Made anew at every call: a caller that paints often keeps it and hands
    /// it to [`World::frame_on`].
    #[must_use]
    pub fn stage(&self) -> Arc<Stage> {
        let topology = self.topology();
        Arc::new(Stage {
            names: topology.names().to_vec(),
            positions: topology.positions(),
            edges: topology.edges().to_vec(),
        })
    }

    fn server_views(&self, stage: &Stage) -> Vec<ServerView> {
        let view = |(server, (x, y)): (&crate::server::Server, &(f32, f32))| {
            let down = is_down(server.state);
            let count = |n: usize| if down { 0 } else { u32::try_from(n).unwrap_or(u32::MAX) };
            ServerView {
                x: *x,
                y: *y,
                state: server.state,
                away: !server.member,
                blank: server.blank && !down && server.node.store().is_empty(),
                since: server.since,
                life: server.life,
                clock_offset: server.clock.offset(self.now),
                store: count(server.node.store().len()),
                lookups: count(server.node.lookups()),
                waiting: count(server.inbox.len()),
            }
        };
        self.servers.iter().zip(&stage.positions).map(view).collect()
    }

    fn link_views(&self) -> Vec<LinkView> {
        let view = |(link, edge): (&crate::net::Link, &crate::topology::Edge)| {
            let [there, back] = &link.ways;
            let down =
                [link.a, link.b].iter().any(|end| is_down(self.servers[*end as usize].state));
            let state = if !link.there {
                LinkState::Away
            } else if !there.passes() || !back.passes() {
                LinkState::Cut
            } else if down {
                LinkState::Down
            } else if link.classic || self.is_live(link) {
                LinkState::Live
            } else {
                LinkState::Opening
            };
            LinkView {
                a: link.a,
                b: link.b,
                one_way: edge.one_way,
                state,
                cut_ab: !there.passes(),
                cut_ba: !back.passes(),
                half_open: there.stalled || back.stalled,
                lossy: [there, back].iter().any(|way| way.is_lossy()),
                latency_ab: there.latency().mean(),
                latency_ba: back.latency().mean(),
                sent_ab: there.count,
                sent_ba: back.count,
            }
        };
        self.links.iter().zip(self.topology().edges()).map(view).collect()
    }

    fn message_views(&self) -> Vec<MessageView> {
        let mut messages: Vec<MessageView> = self
            .queue
            .iter()
            .filter_map(|(at, event)| {
                let Event::Arrive { channel, to, sent, parcel } = event else { return None };
                self.message_view(*channel, *to, *sent, at, parcel)
            })
            .collect();
        sort(&mut messages);
        for number in self.channels.numbers() {
            for (to, parcel) in self.channels[number].held() {
                messages.extend(self.message_view(number, *to, self.now, u64::MAX, parcel));
            }
        }
        messages
    }

    fn message_view(
        &self,
        number: u32,
        to: u8,
        sent: u64,
        arrives: u64,
        parcel: &Parcel,
    ) -> Option<MessageView> {
        if sent > self.now || !self.is_seen(number, parcel) {
            return None;
        }
        let channel = &self.channels[number];
        let about = match parcel {
            Parcel::Bytes(bytes) => self.about(bytes),
            Parcel::Packet(packet) => self.about(&packet.sealed),
            Parcel::Drained
            | Parcel::Fin
            | Parcel::Go
            | Parcel::Refused
            | Parcel::Syn
            | Parcel::SynAck => None,
        };
        let (subject, stamp) = about.unwrap_or((NOBODY, 0));
        let servers = self.servers.len();
        let from = endpoint(channel.ends[usize::from(1 - to)].who, servers);
        let towards = endpoint(channel.ends[usize::from(to)].who, servers);
        Some(MessageView {
            id: id(sent, number, to),
            from,
            to: towards,
            kind: self.kind(number, to, parcel),
            fraction: fraction(sent, self.now, arrives),
            sent,
            arrives,
            subject,
            stamp,
        })
    }

    /// Which client a message is about, and the stamp it carries.
    pub(super) fn about(&self, bytes: &[u8]) -> Option<(u32, i64)> {
        use herd_core::codec::{Command, parse};
        let number = |client: &[u8]| self.subjects.numbers.get(client).copied();
        if let Some(at) = wire::subject(bytes) {
            return Some((number(at.client)?, at.stamp.0));
        }
        let line = bytes.split(|byte| *byte == b'\n').next()?;
        match parse(line).ok()?? {
            Command::At(at) => Some((number(at.client)?, at.stamp.0)),
            Command::IamAt(iamat) => Some((number(iamat.client).unwrap_or(NOBODY), iamat.stamp.0)),
            Command::WhatsAt(whatsat) => Some((number(whatsat.client)?, 0)),
            Command::Watch(watch) => Some((number(watch.clients().next()?)?, 0)),
            Command::Get(get) => Some((number(&herd_core::codec::data_key(get.key))?, 0)),
            Command::Put(put) => {
                let key = herd_core::codec::data_key(put.key);
                Some((number(&key).unwrap_or(NOBODY), put.stamp.0))
            }
            Command::Herd(_) => None,
        }
    }

    fn client_views(&self) -> Vec<ClientView> {
        let view = |client: &crate::client::Client| {
            let (lat, lon) = client.place.unwrap_or_default();
            let waiting = client.paths.iter().map(|path| path.asked.len() + path.unsent.len());
            ClientView {
                placed: client.place.is_some(),
                lat,
                lon,
                server: client.server,
                waiting: u32::try_from(waiting.sum::<usize>()).unwrap_or(u32::MAX),
            }
        };
        self.clients.iter().map(view).collect()
    }

    fn knowledge(&self, watch: &[&[u8]]) -> Vec<Knowledge> {
        let mut knowledge = Vec::with_capacity(self.servers.len() * watch.len());
        for server in self.topology().servers() {
            for client in watch {
                let number = self.subjects.numbers.get(*client);
                let stamps = number.map_or(&[][..], |at| &self.subjects.stamps[*at as usize]);
                let held = self.node(server).and_then(|node| node.store().get(client));
                knowledge.push(held.map_or_else(Knowledge::default, |record| {
                    let stamp = record.stamp().0;
                    let older = stamps.partition_point(|known| *known <= stamp);
                    Knowledge {
                        version: u32::try_from(older.max(1)).unwrap_or(u32::MAX),
                        newest: older == stamps.len(),
                        stamp,
                    }
                }));
            }
        }
        knowledge
    }
}

/// Those that were sent first come first.
fn sort(messages: &mut [MessageView]) {
    messages.sort_unstable_by_key(|message| (message.sent, message.arrives, message.id));
}

/// What names a message while it is on its way.
pub(super) fn id(sent: u64, channel: u32, to: u8) -> u64 {
    sent << 20 ^ u64::from(channel) << 1 ^ u64::from(to)
}

/// The number of an endpoint, see [`crate::view`].
pub(super) fn endpoint(who: Who, servers: usize) -> u32 {
    match who {
        Who::Server(server) => server,
        Who::Client(client) => u32::try_from(servers).unwrap_or(u32::MAX).saturating_add(client),
    }
}

/// How far a message is: for the picture only.
#[expect(clippy::cast_precision_loss, reason = "a pixel is enough")]
pub(super) fn fraction(sent: u64, now: u64, arrives: u64) -> f32 {
    let (part, whole) = (now.saturating_sub(sent), arrives.saturating_sub(sent));
    if whole == 0 || part >= whole { 1.0 } else { part as f32 / whole as f32 }
}
