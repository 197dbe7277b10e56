//! Connections over links: opening, sending, arriving, cutting, noticing.

use herd_core::node::Classic;
use herd_core::time::SECOND;
use herd_core::{ConnId, Input, Opening, PeerId, Style};

use super::wire::is_greeting;
use super::{Event, World};
use crate::check::Happening;
use crate::client::Client;
use crate::log::LogKind;
use crate::net::{Channel, Fate, Link, Over, Parcel, Way, Who};
use crate::options::Bug;
use crate::server;
use crate::sometimes::Sometimes;
use crate::topology::ServerId;
use crate::view::ServerState;

impl World {
    /// A server wants a connection to a neighbour.
    pub(super) fn dial(&mut self, server: u32, peer: PeerId, jitter: u64) {
        let wait = self.dial_wait(server, peer, jitter);
        let to = self.servers[server as usize].peers[peer.index()];
        let reversed = self.links[to.link as usize].a != server;
        let (own, other) = (Who::Server(server), Who::Server(to.server));
        let over = Over::Link { link: to.link, reversed };
        let channel = self.channels.open(own, other, over, peer.0);
        self.see(&Happening::Opened { channel });
        self.busy += 1;
        self.channels[channel].pending += 1;
        self.schedule(self.now.saturating_add(wait), Event::Knock { channel });
    }

    /// The wait is over: the first packet leaves.
    pub(super) fn knock(&mut self, channel: u32) -> Option<ServerId> {
        self.channels[channel].pending -= 1;
        if !self.channels[channel].ends[0].open {
            self.channels.release(channel);
            return None;
        }
        let passes = self.way(channel, 0).passes() && self.way(channel, 1).passes();
        if passes {
            self.post(channel, 0, Parcel::Syn);
        } else {
            // There is no way: that shows after as long as a round trip would take.
            let (there, back) = (self.way(channel, 0).latency(), self.way(channel, 1).latency());
            let after = there.mean().saturating_add(back.mean());
            self.deliver_at(self.now.saturating_add(after), channel, 0, Parcel::Refused);
        }
        None
    }

    /// Sends something over a connection, from one side to the other.
    pub(super) fn post(&mut self, channel: u32, from: u8, parcel: Parcel) {
        if self.channels[channel].dead {
            return;
        }
        let to = 1 - from;
        self.channels[channel].ends[usize::from(to)].comes(parcel.size());
        if let Parcel::Bytes(bytes) = &parcel {
            self.traffic.sent += 1;
            if self.checks.is_some() {
                self.see(&Happening::Posted { channel, to, bytes });
            }
        }
        self.forward(channel, from, parcel);
    }

    /// Lets something leave, unless it has to wait.
    pub(super) fn forward(&mut self, channel: u32, from: u8, parcel: Parcel) {
        let to = 1 - from;
        let Self { channels, links, clients, script, now, .. } = self;
        let place = &mut channels[channel];
        let fate = place.fate(script.options().seed, from, clients);
        let way = way_of(place, from, links, clients);
        if way.waits() {
            self.busy += 1;
            place.waiting().held.push((to, parcel));
            return;
        }
        if let Parcel::Bytes(bytes) = &parcel
            && let Some(lossy) = way.lossy()
            // A datagram link repeats what opens a connection until it arrives.
            && !is_greeting(bytes)
        {
            return self.post_packet(channel, from, bytes, lossy);
        }
        let options = script.options();
        let (jitter, fifo) = (options.jitter, options.bug != Bug::Overtakes);
        let dawdles = options.bug == Bug::Dawdles && way.count % 3 == 2;
        let mut at = way.send(fate, *now, jitter, parcel.size(), fifo);
        if dawdles {
            at += SECOND;
            way.last = at;
        }
        self.deliver_at(at, channel, to, parcel);
    }

    pub(super) fn deliver_at(&mut self, at: u64, channel: u32, to: u8, parcel: Parcel) {
        self.busy += 1;
        self.channels[channel].pending += 1;
        self.schedule(at, Event::Arrive { channel, to, sent: self.now, parcel });
    }

    /// Something has come to the end of its way.
    pub(super) fn arrive(
        &mut self,
        channel: u32,
        to: u8,
        sent: u64,
        parcel: Parcel,
        just_now: bool,
    ) -> Option<ServerId> {
        self.digest.number(parcel.number() << 32 | u64::from(channel) << 1 | u64::from(to));
        self.channels[channel].pending -= 1;
        let parcel = if let Parcel::Packet(packet) = parcel {
            self.digest.bytes(&packet.sealed);
            let Some(parcel) = self.unpack(channel, to, sent, *packet) else {
                self.channels.release(channel);
                return None;
            };
            parcel
        } else {
            if let Parcel::Bytes(bytes) = &parcel {
                self.digest.bytes(bytes);
            }
            parcel
        };
        let place = &self.channels[channel];
        let end = place.ends[usize::from(to)];
        if place.dead {
            self.traffic.dropped += u64::from(parcel.says());
            self.channels.release(channel);
            return None;
        }
        if just_now && self.is_stalled(channel, to, &parcel) {
            self.busy += 1;
            // It was sent before all that waits to leave.
            let waiting = self.channels[channel].waiting();
            waiting.held.insert(waiting.arrived, (to, parcel));
            waiting.arrived += 1;
            return None;
        }
        if self.leaks(channel, &parcel) {
            return None;
        }
        if let Parcel::Bytes(bytes) = &parcel {
            self.traffic.delivered += 1;
            if self.checks.is_some() {
                self.see(&Happening::Delivered { channel, to, bytes });
            }
        }
        match end.who {
            Who::Server(server) if self.servers[server as usize].state == ServerState::Down => {
                self.arrive_nowhere(channel, to, sent, &parcel);
                None
            }
            Who::Server(server) => {
                self.landed(channel, to, sent, &parcel);
                if self.is_taped() {
                    self.arrives_by_tape(channel, to, &parcel);
                    return Some(ServerId(server));
                }
                self.arrive_at_server(server, channel, to, sent, parcel);
                Some(ServerId(server))
            }
            Who::Client(client) => {
                self.landed(channel, to, sent, &parcel);
                let path = self.channels[channel].path();
                self.arrive_at_client(client, path, channel, parcel);
                None
            }
        }
    }

    /// Whether something does not come to the end of its way, because nothing passes there.
    pub(super) fn is_stalled(&self, channel: u32, to: u8, parcel: &Parcel) -> bool {
        if !self.stalls {
            return false;
        }
        match parcel {
            Parcel::Bytes(_) | Parcel::Fin | Parcel::Packet(_) | Parcel::Syn | Parcel::SynAck => {
                self.way(channel, 1 - to).stalled
            }
            Parcel::Drained => self.way(channel, to).stalled,
            Parcel::Go | Parcel::Refused => false,
        }
    }

    /// Nobody is there.
    fn arrive_nowhere(&mut self, channel: u32, to: u8, sent: u64, parcel: &Parcel) {
        match parcel {
            Parcel::Syn => self.post(channel, to, Parcel::Refused),
            Parcel::Bytes(_) => {
                let (kind, load) = (self.kind(channel, to, parcel), self.load(parcel));
                self.died((channel, to), sent, self.now, kind, load);
                self.sightings.saw(Sometimes::ReachedDead);
                if let Who::Server(server) = self.channels[channel].ends[usize::from(to)].who {
                    self.note(Some(server), LogKind::Lost, || {
                        format!("lost: {kind:?}, server down")
                    });
                }
            }
            Parcel::SynAck => self.post(channel, to, Parcel::Fin),
            Parcel::Drained | Parcel::Fin | Parcel::Go | Parcel::Packet(_) | Parcel::Refused => {}
        }
        self.channels.release(channel);
    }

    fn arrive_at_server(&mut self, server: u32, channel: u32, to: u8, sent: u64, parcel: Parcel) {
        let end = self.channels[channel].ends[usize::from(to)];
        match (&parcel, end.conn()) {
            (Parcel::Syn, _) => return self.accept(server, channel),
            (Parcel::SynAck, None) if end.open => {
                let conn = self.servers[server as usize].take_conn(channel, to);
                self.channels[channel].ends[usize::from(to)].set_conn(conn);
                let peer = PeerId(self.channels[channel].peer);
                let how = Opening::Dialed(peer);
                return self.handle(server, Input::Opened { conn: ConnId(conn), how });
            }
            (Parcel::Refused, None) if end.open => {
                self.channels[channel].ends[0].open = false;
                let peer = PeerId(self.channels[channel].peer);
                self.channels.release(channel);
                return self.handle(server, Input::DialFailed(peer));
            }
            _ => {}
        }
        let Some(conn) = end.conn().filter(|_| end.open) else {
            // It hung up, or was killed and is back: what comes for the old connection is lost.
            match &parcel {
                Parcel::Bytes(_) => {
                    let (kind, load) = (self.kind(channel, to, &parcel), self.load(&parcel));
                    self.died((channel, to), sent, self.now, kind, load);
                }
                Parcel::SynAck => self.post(channel, to, Parcel::Fin),
                Parcel::Drained
                | Parcel::Fin
                | Parcel::Go
                | Parcel::Packet(_)
                | Parcel::Refused
                | Parcel::Syn => {}
            }
            return self.channels.release(channel);
        };
        match parcel {
            Parcel::Drained => return self.handle(server, Input::Writable(ConnId(conn))),
            Parcel::Go => {
                self.read(server, conn, channel, to, None);
                return self.drain(server, conn);
            }
            Parcel::Bytes(..) | Parcel::Fin => {}
            Parcel::Packet(_) | Parcel::Refused | Parcel::Syn | Parcel::SynAck => return,
        }
        if end.paused || end.behind {
            let place = &mut self.channels[channel];
            place.waiting().unread[usize::from(to)].push_back(parcel);
            place.ends[usize::from(to)].behind = true;
            return self.drain(server, conn);
        }
        self.take_in(server, conn, channel, to, parcel);
        if self.channels[channel].ends[usize::from(to)].behind {
            self.drain(server, conn);
        }
    }

    /// Reads what lies unread at a connection, until an answer is outstanding.
    fn drain(&mut self, server: u32, conn: u32) {
        while let Some(end) = self.servers[server as usize].conn(conn)
            && let Some(parcel) = self.channels[end.channel()].next_unread(end.side())
        {
            self.take_in(server, conn, end.channel(), end.side(), parcel);
        }
    }

    /// Reads one thing that came on a connection.
    fn take_in(&mut self, server: u32, conn: u32, channel: u32, side: u8, parcel: Parcel) {
        self.channels[channel].ends[usize::from(side)].came(parcel.size());
        match parcel {
            Parcel::Bytes(bytes) => {
                if self.is_read(server, channel, &bytes) {
                    self.see_heard(server, channel, side, &bytes);
                    self.blurt(server, channel, side, &bytes);
                    self.read(server, conn, channel, side, Some(bytes));
                }
            }
            Parcel::Fin => {
                if self.read_end(server, conn) {
                    self.close_conn(server, conn);
                } else {
                    // An answer is outstanding: the end comes after it.
                    let place = &mut self.channels[channel];
                    place.waiting().unread[usize::from(side)].push_front(Parcel::Fin);
                    place.ends[usize::from(side)].behind = true;
                }
            }
            Parcel::Drained
            | Parcel::Go
            | Parcel::Packet(_)
            | Parcel::Refused
            | Parcel::Syn
            | Parcel::SynAck => {}
        }
    }

    /// A server reads on where it paused.
    pub(super) fn resume_conn(&mut self, server: u32, conn: u32) {
        let Some(end) = self.servers[server as usize].conn(conn) else { return };
        let (channel, side) = (end.channel(), end.side());
        self.channels[channel].ends[usize::from(side)].paused = false;
        // Not here: the outbox is being worked through. At once, but as an event of its own.
        self.deliver_at(self.now, channel, side, Parcel::Go);
    }

    /// The server is told that a connection is over, unless it knows.
    pub(super) fn close_conn(&mut self, server: u32, conn: u32) {
        let Some(end) = self.forget_conn(server, conn) else { return };
        if self.channels[end.channel()].ends[usize::from(1 - end.side())].open {
            // The other end has only said that it will send no more.
            self.post(end.channel(), end.side(), Parcel::Fin);
        }
        self.channels.release(end.channel());
        self.handle(server, Input::Closed(ConnId(conn)));
    }

    fn forget_conn(&mut self, server: u32, conn: u32) -> Option<server::Conn> {
        let end = self.servers[server as usize].conns.get_mut(conn as usize)?.take()?;
        self.channels[end.channel()].leave(end.side());
        Some(end)
    }

    /// A server closes a connection; the other end hears of it behind all that was sent.
    pub(super) fn hang_up(&mut self, server: u32, conn: u32) {
        let Some(end) = self.forget_conn(server, conn) else { return };
        self.post(end.channel(), end.side(), Parcel::Fin);
        self.channels.release(end.channel());
    }

    /// A server wants to know when what it wrote has left: that is, has arrived.
    pub(super) fn notify(&mut self, server: u32, conn: u32) {
        let Some(end) = self.servers[server as usize].conn(conn) else { return };
        let (channel, side) = (end.channel(), end.side());
        let at = self.way(channel, side).drained().max(self.now);
        if self.way(channel, side).waits() {
            self.busy += 1;
            self.channels[channel].waiting().held.push((side, Parcel::Drained));
        } else {
            self.deliver_at(at, channel, side, Parcel::Drained);
        }
    }

    fn accept(&mut self, server: u32, channel: u32) {
        if !self.channels[channel].ends[0].open {
            return self.channels.release(channel);
        }
        let conn = self.servers[server as usize].take_conn(channel, 1);
        let end = &mut self.channels[channel].ends[1];
        end.open = true;
        end.set_conn(conn);
        self.post(channel, 1, Parcel::SynAck);
        let state = &self.servers[server as usize];
        let classic = match (self.channels[channel].ends[0].who, self.channels[channel].over) {
            (_, Over::Link { link, reversed }) => {
                let peer = self.links[link as usize].peers[usize::from(!reversed)];
                // It may not have read yet that it has one more.
                let known = state.node.config().peers.get(usize::from(peer));
                let classic = known.is_some_and(|peer| peer.style == Style::Classic);
                if classic { Classic::One(PeerId(peer)) } else { Classic::No }
            }
            (Who::Client(client), Over::Path(path)) => {
                self.clients[client as usize].paths[path as usize].life = state.life;
                Classic::No
            }
            (Who::Server(_), Over::Path(_)) => unreachable!("servers dial over links"),
        };
        let how = Opening::Accepted { classic };
        let input = Input::Opened { conn: ConnId(conn), how };
        // A paused server's kernel has accepted; the program learns no sooner of what comes on the
        // connection than of the connection itself, so it may as well be told now.
        self.handle(server, input);
    }

    /// The way from one side of a connection to the other.
    pub(super) fn way(&self, channel: u32, from: u8) -> &Way {
        let place = &self.channels[channel];
        match (place.over, place.ends[0].who) {
            (Over::Link { link, reversed }, _) => {
                &self.links[link as usize].ways[usize::from((from == 1) != reversed)]
            }
            (Over::Path(path), Who::Client(client)) => {
                &self.clients[client as usize].paths[path as usize].ways[usize::from(from)]
            }
            (Over::Path(_), Who::Server(_)) => unreachable!("servers dial over links"),
        }
    }

    /// What the draws about that way hang on.
    pub(super) fn fate(&self, channel: u32, from: u8) -> Fate {
        self.channels[channel].fate(self.options().seed, from, &self.clients)
    }

    pub(super) fn way_mut(&mut self, channel: u32, from: u8) -> &mut Way {
        way_of(&self.channels[channel], from, &mut self.links, &mut self.clients)
    }
}

fn way_of<'a>(
    place: &Channel,
    from: u8,
    links: &'a mut [Link],
    clients: &'a mut [Client],
) -> &'a mut Way {
    match (place.over, place.ends[0].who) {
        (Over::Link { link, reversed }, _) => {
            &mut links[link as usize].ways[usize::from((from == 1) != reversed)]
        }
        (Over::Path(path), Who::Client(client)) => {
            &mut clients[client as usize].paths[path as usize].ways[usize::from(from)]
        }
        (Over::Path(_), Who::Server(_)) => unreachable!("servers dial over links"),
    }
}
