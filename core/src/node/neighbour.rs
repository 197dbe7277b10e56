//! What neighbours say, and what they are told.

use super::client::refuse;
use super::{Classic, Conn, Node};
use crate::codec::{At, Command, Frame, Greeting, ParseError, Told, Unit, parse, put_record};
use crate::config::Style;
use crate::flood;
use crate::id::{ConnId, PeerId};
use crate::limits::GREETING_TIMEOUT;
use crate::link::{Dial, Session};
use crate::outbox::{Event, GreetingError, LinkEnd, Outbox, Output};
use crate::sync::Repair;
use crate::time::Now;

/// Version of what is said between servers.
const PROTOCOL: u64 = 1;

/// How a record was heard.
#[derive(Clone, Copy)]
struct Hearing {
    conn: ConnId,
    peer: Option<PeerId>,
    repair: bool,
}

impl Node {
    /// The connection we asked for is open: greet, or tell a classic neighbour one line.
    pub(super) fn dialed(&mut self, now: Now, peer: PeerId, conn: ConnId, out: &mut Outbox) {
        let wanted = self.config.peers[peer.index()].direction.sends();
        if self.is_classic(peer) && wanted {
            return self.tell_classic(peer, conn, out);
        }
        let link = &mut self.links[peer.index()];
        if link.live().is_some() || !wanted {
            // It dialed us meanwhile, or is not to be told anything any more.
            link.dial = Dial::Idle;
            return out.push(Output::Hangup(conn));
        }
        link.dial = Dial::Greeting(conn, now.mono.plus(GREETING_TIMEOUT));
        self.set_conn(conn, Conn::Greeted(peer));
        self.greet(conn, out);
    }

    pub(super) fn dial_failed(&mut self, now: Now, peer: PeerId, out: &mut Outbox) {
        let link = &mut self.links[peer.index()];
        if link.live().is_some() || !self.config.peers[peer.index()].direction.sends() {
            link.dial = Dial::Idle;
        } else {
            self.attempt_failed(now, peer, LinkEnd::Unreachable, out);
        }
    }

    /// An attempt to reach a neighbour came to nothing; said once, not at every repetition.
    pub(super) fn attempt_failed(
        &mut self,
        now: Now,
        peer: PeerId,
        why: LinkEnd,
        out: &mut Outbox,
    ) {
        let link = &mut self.links[peer.index()];
        let classic = self.config.peers[peer.index()].style == Style::Classic;
        let news = if classic { link.set_reachable(false) } else { link.failures() == 0 };
        link.put_off(&self.config.peers[peer.index()], now.mono);
        if news {
            out.event(Event::LinkDown { peer, why });
        }
    }

    pub(super) fn link_lost(&mut self, now: Now, peer: PeerId, why: LinkEnd, out: &mut Outbox) {
        self.links[peer.index()].drop_live(&self.config.peers[peer.index()], now.mono);
        out.event(Event::LinkDown { peer, why });
    }

    /// Somebody greets us: a neighbour, or nobody we know.
    pub(super) fn greeted(
        &mut self,
        now: Now,
        conn: ConnId,
        greeting: &Greeting<'_>,
        line: &[u8],
        out: &mut Outbox,
    ) {
        let known = self.check_greeting(greeting).and_then(|()| {
            let is_it = |peer: &crate::Peer| {
                *peer.name == *greeting.name
                    && peer.style == Style::Herd
                    && peer.direction.receives()
            };
            let index = self.config.peers.iter().position(is_it);
            index
                .and_then(|index| u16::try_from(index).ok())
                .map(PeerId)
                .ok_or(GreetingError::Stranger)
        });
        let settled = known.and_then(|peer| {
            self.make_way(peer, false, greeting.incarnation, out)?;
            Ok(peer)
        });
        match settled {
            Ok(peer) => {
                self.greet(conn, out);
                self.raise(now, peer, conn, false, greeting.incarnation, out);
            }
            Err(why) => {
                refuse(conn, ParseError::Greeting, line, out);
                out.event(Event::GreetingRefused { conn, why });
                self.hang_up(conn, out);
            }
        }
    }

    /// The neighbour we dialed answers our greeting, or says something else.
    pub(super) fn greeted_said(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        unit: Unit<'_>,
        out: &mut Outbox,
    ) {
        let greeting = match unit {
            Unit::Line(line) => match parse(line) {
                Ok(Some(Command::Herd(greeting))) => Some(greeting),
                Ok(_) | Err(_) => None,
            },
            Unit::Frame(_) | Unit::Garbled | Unit::Overlong(_) => None,
        };
        let settled = greeting.ok_or(GreetingError::Stranger).and_then(|greeting| {
            self.check_greeting(&greeting)?;
            if *self.config.peers[peer.index()].name != *greeting.name {
                return Err(GreetingError::Stranger);
            }
            self.make_way(peer, true, greeting.incarnation, out)?;
            Ok(greeting.incarnation)
        });
        match settled {
            Ok(incarnation) => self.raise(now, peer, conn, true, incarnation, out),
            Err(why) => {
                out.event(Event::GreetingRefused { conn, why });
                self.hang_up(conn, out);
                if self.links[peer.index()].live().is_some() {
                    self.links[peer.index()].dial = Dial::Idle;
                } else {
                    self.attempt_failed(now, peer, LinkEnd::Garbled, out);
                }
            }
        }
    }

    fn check_greeting(&self, greeting: &Greeting<'_>) -> Result<(), GreetingError> {
        if greeting.version != PROTOCOL {
            return Err(GreetingError::Version);
        }
        if *self.config.cluster != *greeting.cluster {
            return Err(GreetingError::OtherCluster);
        }
        if *self.config.name == *greeting.name {
            return Err(GreetingError::Stranger);
        }
        Ok(())
    }

    /// Decides between a new connection of a neighbour and the one there is: a new life of the
    /// neighbour and a newer connection of the same dialer win; else the one dialed by the lower
    /// name. If the new one is to stay, the other is gone after this.
    fn make_way(
        &mut self,
        peer: PeerId,
        dialed: bool,
        incarnation: u64,
        out: &mut Outbox,
    ) -> Result<(), GreetingError> {
        let ours_wins = self.config.name < self.config.peers[peer.index()].name;
        let link = &mut self.links[peer.index()];
        if let Some(old) = link.live().copied() {
            let same = old.incarnation == incarnation && old.dialed != dialed;
            if same && dialed != ours_wins {
                return Err(GreetingError::Duplicate);
            }
            self.hang_up(old.conn, out);
            out.event(Event::LinkDown { peer, why: LinkEnd::Replaced });
        } else if let Dial::Greeting(conn, _) = link.dial()
            && !dialed
        {
            if ours_wins {
                return Err(GreetingError::Duplicate);
            }
            self.hang_up(conn, out);
        }
        Ok(())
    }

    fn greet(&self, conn: ConnId, out: &mut Outbox) {
        let Self { config, .. } = self;
        let greeting = alloc::format!(
            "HERD {PROTOCOL} {} {} {}\n",
            config.cluster,
            config.name,
            config.incarnation
        );
        let bytes = out.put(|bytes| bytes.extend_from_slice(greeting.as_bytes()));
        out.write(conn, bytes);
    }

    /// The neighbour is live on this connection, and is sent what it may have missed.
    fn raise(
        &mut self,
        now: Now,
        peer: PeerId,
        conn: ConnId,
        dialed: bool,
        incarnation: u64,
        out: &mut Outbox,
    ) {
        let mut session = Session::new(conn, dialed, incarnation, now.mono);
        if self.config.preset.repairs() && self.config.peers[peer.index()].direction.sends() {
            session.repair = Repair::of(&self.store);
        }
        self.links[peer.index()].raise(session);
        self.change_conn(conn, Conn::Live(peer));
        out.event(Event::LinkUp { peer, conn, incarnation });
        self.send_repair(peer, out);
    }

    /// What was written has left: the next slice of repair may follow.
    pub(super) fn writable(&mut self, conn: ConnId, out: &mut Outbox) {
        if let Some(Conn::Live(peer)) = self.conn(conn) {
            self.send_repair(peer, out);
        }
    }

    fn send_repair(&mut self, peer: PeerId, out: &mut Outbox) {
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        let Some(repair) = &mut session.repair else { return };
        let mut sent = None;
        let bytes = out.put(|bytes| sent = repair.put_slice(&self.store, bytes));
        out.write(session.conn, bytes);
        match sent {
            Some(records) => {
                session.repair = None;
                out.event(Event::RepairSent { peer, records });
            }
            None => out.push(Output::Notify(session.conn)),
        }
    }

    pub(super) fn neighbour_said(
        &mut self,
        now: Now,
        conn: ConnId,
        peer: PeerId,
        unit: Unit<'_>,
        out: &mut Outbox,
    ) {
        let frame = match unit {
            Unit::Frame(bytes) => Some(bytes),
            Unit::Garbled | Unit::Line(_) | Unit::Overlong(_) => None,
        };
        let frame = frame.filter(|_| self.config.peers[peer.index()].direction.receives());
        if let Some(told) = frame.and_then(Told::of)
            && self.holds(now, &told)
        {
            let repair = told.repair;
            return out.event(Event::Known { conn, peer: Some(peer), repair, older: false });
        }
        match frame.and_then(|bytes| Frame::parse(bytes).ok()) {
            Some(Frame::Done { records }) => out.event(Event::Repaired { peer, records }),
            Some(Frame::Push { repair, seq, incarnation, at, line }) => {
                let hearing = Hearing { conn, peer: Some(peer), repair };
                self.hear(now, hearing, &at, line, seq, incarnation, out);
            }
            None => {
                self.hang_up(conn, out);
                self.link_lost(now, peer, LinkEnd::Garbled, out);
            }
        }
    }

    /// Whether a record is held to the byte, so that it need not be read to be known: in a flood
    /// most are.
    fn holds(&self, now: Now, told: &Told<'_>) -> bool {
        let Some(record) = At::client_of(told.line).and_then(|client| self.store.get(client))
        else {
            return false;
        };
        record.line() == told.line
            && (record.seq(), record.incarnation()) == (told.seq, told.incarnation)
            && record.stamp() <= now.wall.plus(self.config.hard_future)
    }

    /// An `AT` line: only a classic neighbour may say it.
    pub(super) fn classic_told(
        &mut self,
        now: Now,
        conn: ConnId,
        classic: Classic,
        at: &At<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        let peer = match classic {
            Classic::No => return Err(ParseError::NotAPeer),
            Classic::One(peer) => Some(peer),
            Classic::Several => None,
        };
        if let Some(peer) = peer {
            if !self.config.peers[peer.index()].direction.receives() {
                return Err(ParseError::NotAPeer);
            }
            // It is up, so what waits for it need not wait longer.
            if matches!(self.links[peer.index()].dial(), Dial::Waiting(_)) {
                self.dial(peer, out);
            }
        }
        let line =
            [&b"AT"[..], at.server, at.skew, at.client, at.place.text, at.stamp_text].join(&b' ');
        let at = At::canonical(&line)?;
        let hearing = Hearing { conn, peer, repair: false };
        self.hear(now, hearing, &at, &line, 0, 0, out);
        Ok(())
    }

    /// A record another server tells us: kept and flooded on if it is news.
    #[expect(clippy::too_many_arguments, reason = "a record is its line and what counted it")]
    fn hear(
        &mut self,
        now: Now,
        hearing: Hearing,
        at: &At<'_>,
        line: &[u8],
        seq: u64,
        incarnation: u64,
        out: &mut Outbox,
    ) {
        let Hearing { conn, peer, repair } = hearing;
        if at.stamp > now.wall.plus(self.config.hard_future) {
            return out.event(Event::Poisoned { conn, stamp: at.stamp });
        }
        match self.learn(at, line, seq, incarnation) {
            Ok(Ok(index)) => {
                let line = self.flood(index, peer, repair, out);
                out.event(Event::Learned { conn, peer, repair, line });
            }
            Ok(Err(older)) => out.event(Event::Known { conn, peer, repair, older }),
            Err(_) => out.event(Event::Full { conn }),
        }
    }

    /// Tells a record to every neighbour but the one it came from; the span of its line.
    pub(super) fn flood(
        &mut self,
        index: u32,
        from: Option<PeerId>,
        repair: bool,
        out: &mut Outbox,
    ) -> crate::Span {
        let Some(record) = self.store.at(index) else { unreachable!("it was just kept") };
        let (seq, incarnation, length) = (record.seq(), record.incarnation(), record.line().len());
        let frame = out.put(|bytes| put_record(bytes, repair, seq, incarnation, record.line()));
        for conn in flood::targets(&self.config.peers, &self.links, from) {
            out.write(conn, frame);
        }
        if self.config.peers.iter().any(|peer| peer.style == Style::Classic) {
            self.flood_classic(index, from, out);
        }
        frame.tail(length)
    }

    fn flood_classic(&mut self, index: u32, from: Option<PeerId>, out: &mut Outbox) {
        for number in 0..self.config.peers.len() {
            let Ok(peer) = u16::try_from(number).map(PeerId) else { break };
            let sends = self.config.peers[number].direction.sends();
            if !self.is_classic(peer) || !sends || Some(peer) == from {
                continue;
            }
            if self.links[number].waiting_mut().push(index) {
                out.event(Event::Dropped { peer, records: 1 });
            }
            if self.links[number].dial() == Dial::Idle {
                self.dial(peer, out);
            }
        }
    }

    /// Tells a classic neighbour one line and hangs up: that is all every prototype understands.
    fn tell_classic(&mut self, peer: PeerId, conn: ConnId, out: &mut Outbox) {
        let link = &mut self.links[peer.index()];
        if link.set_reachable(true) {
            out.event(Event::LinkUp { peer, conn, incarnation: 0 });
        }
        link.dial = Dial::Idle;
        if let Some(record) = link.waiting_mut().pop().and_then(|index| self.store.at(index)) {
            let line = out.put(|bytes| {
                bytes.extend_from_slice(record.line());
                bytes.push(b'\n');
            });
            out.write(conn, line);
        }
        out.push(Output::Hangup(conn));
        if self.links[peer.index()].waiting() > 0 {
            self.dial(peer, out);
        }
    }
}
