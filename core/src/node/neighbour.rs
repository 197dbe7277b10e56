//! What neighbours say, and what they are told.

use super::client::refuse;
use super::{Conn, Node};
use crate::codec::{Command, Frame, Greeting, ParseError, Unit, parse, put_hello, stale};
use crate::config::Style;
use crate::id::{ConnId, PeerId};
use crate::limits::{GREETING_TIMEOUT, REDIAL_FIRST};
use crate::link::{Dial, Session};
use crate::outbox::{Event, GreetingError, LinkEnd, Outbox, Output};
use crate::time::Now;

/// Version of what is said between servers.
const PROTOCOL: u64 = 1;

impl Node {
    /// Asks the driver to connect. A wait before is spread, so that a herd that comes back together
    /// does not dial in step.
    pub(super) fn dial(&mut self, peer: PeerId, out: &mut Outbox) {
        let link = &mut self.links[peer.index()];
        link.dial = Dial::Connecting;
        let jitter = if link.failures() == 0 { 0 } else { REDIAL_FIRST };
        out.push(Output::Dial { peer, jitter });
    }

    pub(super) fn is_classic(&self, peer: PeerId) -> bool {
        self.config.peers[peer.index()].style == Style::Classic
    }

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
        self.greet(now, conn, out);
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
        let link = &mut self.links[peer.index()];
        let brought = link.live().and_then(|session| session.answering.as_deref());
        let unannounced = brought.is_some_and(|part| part.fresh);
        link.drop_live(&self.config.peers[peer.index()], now.mono);
        out.event(Event::LinkDown { peer, why });
        self.compare_clocks();
        self.relinked(peer);
        if unannounced {
            self.offer_others(peer, out);
        }
        self.bereave(peer, out);
        self.pull_offers(now, out);
        self.serve_waiting(now, out);
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
        if let Ok(peer) = known
            && let Some(life) = self.later_life(peer, greeting.incarnation)
        {
            let line = out.put(|bytes| {
                bytes.extend_from_slice(alloc::format!("STALE {life}\n").as_bytes());
            });
            out.write(conn, line);
            out.event(Event::GreetingRefused { conn, why: GreetingError::Stale });
            return self.hang_up(conn, out);
        }
        let settled = known.and_then(|peer| {
            self.make_way(now, peer, false, greeting.incarnation, out)?;
            Ok(peer)
        });
        match settled {
            Ok(peer) => {
                self.greet(now, conn, out);
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
            Unit::Line(line) if let Some(life) = stale(line) => {
                return self.greet_anew(now, conn, peer, life, out);
            }
            Unit::Line(line) => match parse(line) {
                Ok(Some(Command::Herd(greeting))) => Some(greeting),
                Ok(_) | Err(_) => None,
            },
            Unit::Frame(_) | Unit::Garbled | Unit::Overlong(_) | Unit::Put(_) => None,
        };
        let settled = greeting.ok_or(GreetingError::Stranger).and_then(|greeting| {
            self.check_greeting(&greeting)?;
            if *self.config.peers[peer.index()].name != *greeting.name {
                return Err(GreetingError::Stranger);
            }
            self.make_way(now, peer, true, greeting.incarnation, out)?;
            Ok(greeting.incarnation)
        });
        match settled {
            Ok(incarnation) => {
                let later = self.later_life(peer, incarnation);
                self.raise(now, peer, conn, true, incarnation, out);
                if let Some(later) = later {
                    self.say_stale(peer, later, out);
                }
            }
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

    /// The neighbour we dialed knows a later life of ours: we take one after that, and dial again.
    fn greet_anew(&mut self, now: Now, conn: ConnId, peer: PeerId, life: u64, out: &mut Outbox) {
        out.event(Event::GreetingRefused { conn, why: GreetingError::Stale });
        self.hang_up(conn, out);
        self.renew(life, out);
        let link = &mut self.links[peer.index()];
        if link.live().is_some() {
            link.dial = Dial::Idle;
        } else {
            link.greet_anew(&self.config.peers[peer.index()], now.mono);
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
        now: Now,
        peer: PeerId,
        dialed: bool,
        incarnation: u64,
        out: &mut Outbox,
    ) -> Result<(), GreetingError> {
        let ours_wins = self.config.name < self.config.peers[peer.index()].name;
        let link = &mut self.links[peer.index()];
        if let Some(old) = link.live() {
            let (conn, same) = (old.conn, old.incarnation == incarnation && old.dialed != dialed);
            if same && dialed != ours_wins {
                return Err(GreetingError::Duplicate);
            }
            // Whatever was on its way on the old one is lost, as if it had been cut.
            self.hang_up(conn, out);
            self.link_lost(now, peer, LinkEnd::Replaced, out);
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

    fn greet(&self, now: Now, conn: ConnId, out: &mut Outbox) {
        let Self { config, .. } = self;
        let greeting = alloc::format!(
            "HERD {PROTOCOL} {} {} {}\n",
            config.cluster,
            config.name,
            self.incarnation()
        );
        let bytes = out.put(|bytes| {
            bytes.extend_from_slice(greeting.as_bytes());
            put_hello(bytes, &self.hello(now));
        });
        out.write(conn, bytes);
    }

    /// The neighbour is live on this connection, and is told what there is.
    fn raise(
        &mut self,
        now: Now,
        peer: PeerId,
        conn: ConnId,
        dialed: bool,
        incarnation: u64,
        out: &mut Outbox,
    ) {
        self.links[peer.index()].raise(Session::new(conn, dialed, incarnation, now.mono));
        let direction = self.config.peers[peer.index()].direction;
        self.change_conn(conn, Conn::Live { peer, receives: direction.receives() });
        out.event(Event::LinkUp { peer, conn, incarnation });
        self.relinked(peer);
        if direction.sends() && self.config.preset.repairs() && !self.origins.is_blank() {
            self.say_digest(peer, true, out);
            self.changed(now);
        }
        // After what is had: who begins anew pulls that first, and asks to be fed once it has come.
        self.welcome(peer, out);
    }

    pub(super) fn neighbour_said(
        &mut self,
        now: Now,
        (conn, peer, receives): (ConnId, PeerId, bool),
        unit: Unit<'_>,
        out: &mut Outbox,
    ) {
        let frame = match unit {
            Unit::Frame(bytes) => Some(bytes),
            Unit::Garbled | Unit::Line(_) | Unit::Overlong(_) | Unit::Put(_) => None,
        };
        let mut origin = None;
        if receives && let Some(frame) = frame {
            // In a flood most are known, and need not be read to the end.
            match self.pushed_again(now, conn, peer, frame, out) {
                Ok(()) => return,
                Err(known) => origin = known,
            }
        }
        match frame.and_then(|frame| Frame::parse(frame).ok()) {
            Some(Frame::Build(build)) if receives => self.built(now, peer, &build, out),
            Some(Frame::Digest(digest)) => self.digested(now, peer, &digest, out),
            Some(Frame::Hello(hello)) => self.introduced(now, peer, &hello),
            Some(Frame::Stale(life)) => self.renew(life, out),
            Some(Frame::Given(entries)) if receives => self.given(now, (conn, peer), entries, out),
            Some(Frame::Ranges(ranges)) => self.ranges_heard(now, peer, &ranges, out),
            Some(Frame::Graft { answer, known }) => self.grafted(now, peer, answer, known, out),
            Some(Frame::Notice(notice)) => self.noticed(now, peer, &notice, out),
            Some(Frame::Prune(epochs)) => self.pruned(peer, epochs),
            Some(Frame::Pull { answer, known }) => {
                self.answer(now, peer, answer, known, false, out)
            }
            Some(Frame::Push(push)) if receives => {
                self.pushed(now, (conn, peer), &push, origin, out);
            }
            Some(Frame::Repair(repair)) if receives => {
                self.repaired(now, conn, peer, &repair, out);
            }
            Some(Frame::Sync { answer, known }) => self.answer(now, peer, answer, known, true, out),
            Some(Frame::Vague(answer)) => self.sync(now, peer, answer, out),
            Some(Frame::Want(epochs)) => self.wanted(peer, epochs, out),
            // Records come from those that are to send them only.
            Some(Frame::Build(_) | Frame::Given(_) | Frame::Push(_) | Frame::Repair(_)) | None => {
                self.hang_up(conn, out);
                self.link_lost(now, peer, LinkEnd::Garbled, out);
            }
        }
    }
}
