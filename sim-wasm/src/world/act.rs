//! What happens to servers, and what they do about it: the driver of every node.

use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::codec::Unit;
use herd_core::{ConnId, Input, Outbox, Output, PeerId, Span};
use herd_core::{PlacesError, Query, RequestId};

use super::wire::{garbled, kind_of, repaired, subjects};
use super::{Event, PlacesResult, World};
use crate::check::Happening;
use crate::log::LogKind;
use crate::net::{Parcel, Who};
use crate::options::{Bug, DENIED, PlacesMode};
use crate::places;
use crate::rng::{Purpose, below, draw};
use crate::sometimes::Sometimes;
use crate::topology::ServerId;
use crate::view::{MessageKind, ServerState};

impl World {
    /// Lets an event happen; the server it happened to, if it is one.
    pub(super) fn happen(&mut self, event: Event) -> Option<ServerId> {
        if !(self.stalls && self.is_stopped(&event))
            && let Some(server) = self.server_of(&event)
        {
            let state = &self.servers[server as usize];
            let paused = state.state == ServerState::Paused;
            let behind = state.serves && !state.inbox.is_empty();
            let busy = state.state == ServerState::Up && (state.slow > 0 || behind);
            let wakes = matches!(event, Event::Wake { .. });
            if paused || (busy && !wakes && self.queues(server)) {
                self.digest.number(u64::from(server));
                let state = &mut self.servers[server as usize];
                // A deadline comes again at once when the server resumes.
                if wakes {
                    state.armed = u64::MAX;
                } else {
                    state.inbox.push_back(event);
                }
                return None;
            }
        }
        self.take_place(event, true)
    }

    /// Nothing is in an event's way any more. What comes to a server comes from the link just now, or
    /// has waited at the server.
    pub(super) fn take_place(&mut self, event: Event, just_now: bool) -> Option<ServerId> {
        if event.is_busy() {
            self.busy -= 1;
        }
        match event {
            Event::Arrive { channel, to, sent, parcel } => {
                self.arrive(channel, to, sent, parcel, just_now)
            }
            Event::Broken { channel, side } => self.broken_off(channel, side),
            Event::Configure { server, life } => self.configured(server, life),
            Event::Client { client, n } => {
                crate::workload::act(self, client, n);
                None
            }
            Event::Knock { channel } => self.knock(channel),
            Event::Notice { link, stall } => {
                self.notice(link, stall);
                None
            }
            Event::Places { server, life, request, result } => {
                self.places_answered(server, life, request, result)
            }
            Event::Serve { server } => self.serve(server),
            Event::Turn { link, cut } => {
                self.turn(link, cut);
                None
            }
            Event::Wake { server } => self.wake(server),
        }
    }

    /// Whether it is something on a way on which nothing passes: it comes to nobody yet.
    fn is_stopped(&self, event: &Event) -> bool {
        let Event::Arrive { channel, to, parcel, .. } = event else { return false };
        !self.channels[*channel].dead && self.is_stalled(*channel, *to, parcel)
    }

    /// The server that an event needs awake.
    fn server_of(&self, event: &Event) -> Option<u32> {
        match event {
            Event::Arrive { channel, to, parcel, .. } => {
                // The kernel answers a connection for a program that does nothing.
                let end = &self.channels[*channel].ends[usize::from(*to)];
                match (end.who, parcel) {
                    (_, Parcel::Syn) | (Who::Client(..), _) => None,
                    (Who::Server(server), _) => end.open.then_some(server),
                }
            }
            Event::Broken { channel, side } => {
                match self.channels[*channel].ends[usize::from(*side)].who {
                    Who::Server(server) => Some(server),
                    Who::Client(..) => None,
                }
            }
            Event::Configure { server, .. }
            | Event::Places { server, .. }
            | Event::Wake { server } => Some(*server),
            Event::Client { .. }
            | Event::Knock { .. }
            | Event::Notice { .. }
            | Event::Serve { .. }
            | Event::Turn { .. } => None,
        }
    }

    fn wake(&mut self, server: u32) -> Option<ServerId> {
        let state = &mut self.servers[server as usize];
        if state.armed != self.now || state.state == ServerState::Down {
            return None;
        }
        state.armed = u64::MAX;
        let due =
            state.node.next_deadline().is_some_and(|(at, _)| state.clock.time_of(at) <= self.now);
        if due {
            self.handle(server, Input::Wake);
        } else {
            self.rearm(server);
        }
        Some(ServerId(server))
    }

    /// Tells a node something, and does what it wants done.
    pub(super) fn handle(&mut self, server: u32, input: Input<'_>) {
        let state = &mut self.servers[server as usize];
        state.node.handle(state.clock.read(self.now), input, &mut self.out);
        self.act(server, None);
    }

    /// Gives a server bytes that came on a connection, as far as it reads them; or goes on with those
    /// that it has not read.
    pub(super) fn read(
        &mut self,
        server: u32,
        conn: u32,
        channel: u32,
        side: u8,
        heard: Option<Arc<[u8]>>,
    ) {
        let state = &mut self.servers[server as usize];
        let now = state.clock.read(self.now);
        let (node, out) = (&mut state.node, &mut self.out);
        let mut framer = self.channels[channel].take_framer(side);
        framer.feed(heard.as_deref().unwrap_or_default(), |unit| hear(node, now, conn, unit, out));
        self.channels[channel].keep_framer(side, framer);
        self.act(server, heard);
    }

    /// Tells a server that no more will come on a connection; whether it has read all there was.
    pub(super) fn read_end(&mut self, server: u32, conn: u32) -> bool {
        let state = &mut self.servers[server as usize];
        let now = state.clock.read(self.now);
        let Some(end) = state.conn(conn) else { return true };
        let (channel, side) = (end.channel(), end.side());
        let (node, out) = (&mut state.node, &mut self.out);
        let mut framer = self.channels[channel].take_framer(side);
        framer.finish(|unit| hear(node, now, conn, unit, out));
        let held = framer.holds();
        self.channels[channel].keep_framer(side, framer);
        self.act(server, None);
        // It may have hung up.
        self.servers[server as usize]
            .conn(conn)
            .is_none_or(|_| held == 0 && !self.channels[channel].ends[usize::from(side)].paused)
    }

    /// Sees to it that the server is woken at its next deadline.
    pub(super) fn rearm(&mut self, server: u32) {
        let state = &mut self.servers[server as usize];
        let Some((at, _)) = state.node.next_deadline() else { return };
        let at = state.clock.time_of(at).max(self.now);
        if self.taped.is_none() && at < state.armed {
            state.armed = at;
            self.schedule(at, Event::Wake { server });
        }
    }

    /// Does what the outbox says, in order. What was heard is often what is said on.
    pub(super) fn act(&mut self, server: u32, heard: Option<Arc<[u8]>>) {
        let mut out = std::mem::take(&mut self.out);
        let mut written: Option<(Span, Arc<[u8]>)> = None;
        for index in 0..out.outputs().len() {
            match out.outputs()[index] {
                Output::Dial { peer, jitter } => self.dial(server, peer, jitter),
                Output::Event(event) => self.told(server, event, &out),
                Output::Hangup(conn) => self.hang_up(server, conn.0),
                Output::Lookup { request, query } => self.look_up(server, request, query),
                Output::Notify(conn) => self.notify(server, conn.0),
                Output::Pause(conn) => {
                    if let Some(end) = self.servers[server as usize].conn(conn.0) {
                        self.channels[end.channel()].ends[usize::from(end.side())].paused = true;
                    }
                }
                Output::Resume(conn) => self.resume_conn(server, conn.0),
                Output::Write { conn, bytes } => {
                    let shared = match written.take() {
                        Some((span, shared)) if span == bytes => shared,
                        Some(_) | None => share(out.bytes(bytes), heard.as_ref()),
                    };
                    self.write(server, conn, &shared);
                    written = Some((bytes, shared));
                }
            }
        }
        out.clear();
        self.out = out;
        self.rearm(server);
    }

    fn write(&mut self, server: u32, conn: ConnId, bytes: &Arc<[u8]>) {
        let Some(end) = self.servers[server as usize].conn(conn.0) else { return };
        let (channel, side) = (end.channel(), end.side());
        let bug = self.options().bug;
        let to = self.channels[channel].ends[usize::from(1 - side)].who;
        match to {
            Who::Client(..) => {
                if bug == Bug::Swallows {
                    return;
                }
                if bug == Bug::HangsUp {
                    return self.post(channel, side, Parcel::Fin);
                }
                let evades =
                    bug == Bug::Evades && bytes.starts_with(b"AT ") && bytes.ends_with(b"\n\n");
                let bytes = match evades {
                    true => Arc::from(&b"? WHATSAT kiwi 10 1\n"[..]),
                    false => Arc::clone(bytes),
                };
                self.see(&Happening::Answers { server: ServerId(server), bytes: &bytes });
                if bug == Bug::AnswersTwice {
                    self.post(channel, side, Parcel::Bytes(Arc::clone(&bytes)));
                }
                self.post(channel, side, Parcel::Bytes(bytes));
            }
            Who::Server(_) => {
                let garbled = (bug == Bug::Garbles).then(|| garbled(bytes));
                let bytes = garbled.as_ref().unwrap_or(bytes);
                let coming = self.channels[channel].ends[usize::from(1 - side)].coming();
                let in_flight = coming + bytes.len() as u64;
                let way = self.way(channel, side);
                let window = match &way.traits {
                    // A full datagram link evicts instead.
                    Some(traits) if traits.lossy.is_none() && traits.capacity > 0 => {
                        self.options().window.min(traits.capacity)
                    }
                    Some(_) | None => self.options().window,
                };
                let full = in_flight > window;
                if full && bug != Bug::NeverFull {
                    self.sightings.saw(Sometimes::FullLink);
                    // What takes no more is closed, never waited for: repair does the rest.
                    self.note(Some(server), LogKind::Lost, || "connection full: cut".into());
                    return self.break_off(channel);
                }
                let times = if bug == Bug::TellsTwice { 2 } else { 1 };
                for _ in 0..times {
                    self.tell(channel, side, bytes, in_flight);
                }
            }
        }
    }

    /// Sends what one server tells another.
    fn tell(&mut self, channel: u32, side: u8, bytes: &Arc<[u8]>, in_flight: u64) {
        let (Who::Server(other), Who::Server(server)) = self.who(channel, side) else { return };
        self.post(channel, side, Parcel::Bytes(Arc::clone(bytes)));
        if !self.judges() && self.meter.is_none() {
            return;
        }
        let kind = kind_of(bytes, self.is_classic(channel));
        if let Some(meter) = &mut self.meter {
            meter.sent(kind, bytes.len(), repaired(bytes));
        }
        if self.judges() {
            let (from, to) = (ServerId(server), ServerId(other));
            let mut about = subjects(bytes).peekable();
            if about.peek().is_none() {
                self.see(&Happening::Sent { from, to, kind, at: None, in_flight });
            }
            for (kind, at) in about {
                self.see(&Happening::Sent { from, to, kind, at: Some(at), in_flight });
            }
        }
    }

    fn look_up(&mut self, server: u32, request: RequestId, query: Query) {
        let state = &mut self.servers[server as usize];
        let (life, n) = (state.life, u64::from(state.lookups));
        state.lookups += 1;
        let luck = draw(self.options().seed, Purpose::Places, u64::from(server), 0, n);
        let (mode, share) = self.places;
        let fails =
            share.takes(draw(self.options().seed, Purpose::Places, u64::from(server), 1, n));
        let result = match if fails { mode } else { PlacesMode::Ok } {
            PlacesMode::Ok => PlacesResult::Answer(Box::new(query)),
            PlacesMode::Down => PlacesResult::Failure(PlacesError::Unavailable),
            PlacesMode::Error => PlacesResult::Error,
            PlacesMode::Garbage => PlacesResult::Garbage,
            PlacesMode::Silent => return,
        };
        let at = self.now.saturating_add(self.places_delay.sample(luck));
        self.busy += 1;
        self.schedule(at, Event::Places { server, life, request, result });
    }

    fn places_answered(
        &mut self,
        server: u32,
        life: u32,
        request: RequestId,
        result: PlacesResult,
    ) -> Option<ServerId> {
        let state = &self.servers[server as usize];
        if state.life != life || state.state == ServerState::Down {
            return None;
        }
        let body = match result {
            PlacesResult::Answer(query) => Ok(places::answer(&query)),
            PlacesResult::Failure(error) => Err(error),
            PlacesResult::Error => Ok(DENIED.to_owned()),
            PlacesResult::Garbage => Ok("<html>504 Gateway Time-out</html>".to_owned()),
        };
        let result = body.as_ref().map(|body| body.as_bytes()).map_err(|error| *error);
        self.handle(server, Input::Places { request, result });
        Some(ServerId(server))
    }

    /// How long a neighbour waits before it dials, of at most `jitter`.
    pub(super) fn dial_wait(&mut self, server: u32, peer: PeerId, jitter: u64) -> u64 {
        let seed = self.options().seed;
        let state = &mut self.servers[server as usize];
        let n = u64::from(state.dials);
        state.dials += 1;
        if jitter == 0 {
            return 0;
        }
        let luck = draw(seed, Purpose::Dial, u64::from(server), u64::from(peer.0), n);
        below(luck, jitter)
    }

    /// What a parcel is, told from its ends and its first bytes: only the picture, the log of losses
    /// and the checks want to know.
    pub(super) fn kind(&self, channel: u32, to: u8, parcel: &Parcel) -> MessageKind {
        let bytes: &[u8] = match parcel {
            Parcel::Bytes(bytes) => bytes,
            Parcel::Packet(packet) => &packet.sealed,
            Parcel::Drained
            | Parcel::Fin
            | Parcel::Go
            | Parcel::Refused
            | Parcel::Syn
            | Parcel::SynAck => return MessageKind::Control,
        };
        let ends = &self.channels[channel].ends;
        match (ends[usize::from(1 - to)].who, ends[usize::from(to)].who) {
            (Who::Client(..), _) => MessageKind::Line,
            (_, Who::Client(..)) => MessageKind::Answer,
            (Who::Server(_), Who::Server(_)) => kind_of(bytes, self.is_classic(channel)),
        }
    }

    pub(super) fn is_classic(&self, channel: u32) -> bool {
        self.channels[channel].link().is_some_and(|(link, _)| self.links[link as usize].classic)
    }
}

impl Event {
    /// Whether the herd is not at rest while it is to come.
    pub(super) const fn is_busy(&self) -> bool {
        match self {
            Self::Arrive { .. }
            | Self::Broken { .. }
            | Self::Configure { .. }
            | Self::Knock { .. }
            | Self::Places { .. } => true,
            // The cuts and heals of a swizzle are still to come; so is what a slow server will do.
            Self::Turn { .. } => true,
            Self::Client { .. } | Self::Notice { .. } | Self::Serve { .. } | Self::Wake { .. } => {
                false
            }
        }
    }
}

/// Bytes that many may be sent: those that were heard, if they are the same.
fn share(bytes: &[u8], heard: Option<&Arc<[u8]>>) -> Arc<[u8]> {
    heard.filter(|heard| ***heard == *bytes).map_or_else(|| bytes.into(), Arc::clone)
}

/// Hands one unit to a node, and stops the framer if it wants no more.
fn hear(
    node: &mut herd_core::Node,
    now: herd_core::Now,
    conn: u32,
    unit: Unit<'_>,
    out: &mut Outbox,
) -> ControlFlow<()> {
    let before = out.outputs().len();
    node.handle(now, Input::Heard { conn: ConnId(conn), unit }, out);
    let stops = |output: &Output| match output {
        Output::Pause(of) | Output::Hangup(of) => of.0 == conn,
        Output::Dial { .. }
        | Output::Event(_)
        | Output::Lookup { .. }
        | Output::Notify(_)
        | Output::Resume(_)
        | Output::Write { .. } => false,
    };
    if out.outputs()[before..].iter().any(stops) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
