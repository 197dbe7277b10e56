//! Servers that join and leave: who is one of the herd, and how its neighbours learn of it.
//!
//! A server that joins has its number and its links from the beginning of the run, but is not there
//! until its entry of the script is reached. One that has left is never there again. So it is with
//! links that are laid, but for one that was taken away: it may come back.

use std::sync::Arc;

use herd_core::{Direction, Node, Peer, Style};

use crate::command::Command;

use super::{Event, World};
use crate::check::Happening;
use crate::net::{Link, Way};
use crate::options::Options;
use crate::script::Script;
use crate::server::{self, PeerLink};
use crate::sometimes::Sight;
use crate::topology::{Edge, ServerId, Topology};
use crate::view::ServerState;

impl World {
    /// Makes room for every server and link that is still to come, and for none that is not.
    pub(super) fn fit(&mut self) {
        let (arrived, laid) = (self.arrived, self.laid);
        let (options, topology) = (self.script.options(), self.script.topology());
        if self.servers.len().max(topology.names().len()) == arrived
            && self.links.len().max(topology.edges().len()) == laid
        {
            return;
        }
        self.servers.truncate(arrived);
        self.links.truncate(laid);
        let absent = topology.servers().skip(arrived);
        let map = self.servers.first().and_then(|founder| founder.config.overlay.clone());
        let absent = absent.map(|id| server::absent(options, topology, map.clone(), id));
        self.servers.extend(absent);
        let edges = topology.edges()[self.links.len()..].iter();
        self.links.extend(edges.map(|edge| link(options, topology, edge)));
    }

    /// An entry has had its time, whether it is done or not: what comes by it has its number.
    pub(super) fn grow(&mut self, command: &Command) {
        if let Command::Join { neighbours, .. } = command {
            self.arrived += 1;
            self.laid += neighbours.len();
        } else if let Command::Link { ends, .. } = command {
            let link = self.topology().link(ends.from, ends.to);
            self.laid += usize::from(link.is_some_and(|link| link >= self.laid));
        }
    }

    /// The same script so far, another from here on.
    pub(crate) fn set_script(&mut self, script: Arc<Script>) {
        self.script = script;
        self.fit();
    }

    /// How many servers are one of the herd now.
    pub(crate) const fn members(&self) -> u64 {
        self.members
    }

    /// Whether a server is one of the herd now.
    pub(crate) fn is_member(&self, server: ServerId) -> bool {
        self.servers[server.index()].member
    }

    /// The links between servers that are neighbours now, or ever were.
    pub(crate) fn edges(&self, ever: bool) -> impl Iterator<Item = &Edge> {
        let edges = self.script.topology().edges().iter().zip(&self.links);
        edges.filter(move |(_, link)| link.there || ever && link.was_there).map(|(edge, _)| edge)
    }

    /// Counts the servers that joined or left, and the links that were laid or taken away.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether every server of the herd runs, and nothing is in the way of any link.
    pub(super) fn is_whole(&self) -> bool {
        let mut links = self.links.iter().filter(|link| link.there);
        let mut members = self.servers.iter().filter(|server| server.member);
        links.all(|link| link.ways.iter().all(Way::passes))
            && members.all(|server| server.state == ServerState::Up)
    }

    /// The next server joins, with its neighbours: the next so many links are theirs.
    pub(super) fn join(&mut self, neighbours: usize) {
        let Ok(number) = u32::try_from(self.arrived) else { return };
        for link in self.laid..self.laid + neighbours {
            let other = self.links[link].b;
            if self.servers[other as usize].member {
                self.introduce(link);
                self.configure(other);
            }
        }
        let now = self.now;
        let state = &mut self.servers[number as usize];
        state.node = Node::new(Arc::clone(&state.config), state.clock.read(now));
        state.state = ServerState::Up;
        state.since = now;
        state.member = true;
        self.members += 1;
        self.rearm(number);
        self.changed();
    }

    /// A server stops for good.
    pub(super) fn leave(&mut self, server: ServerId) {
        if !self.is_member(server) {
            return;
        }
        self.kill(server);
        self.servers[server.index()].member = false;
        self.members -= 1;
        for link in 0..self.links.len() {
            let place = &mut self.links[link];
            let (other, peer) = match (place.a == server.0, place.b == server.0) {
                (true, _) => (place.b, place.peers[1]),
                (_, true) => (place.a, place.peers[0]),
                (false, false) => continue,
            };
            if std::mem::replace(&mut place.there, false) {
                self.turn_to(other, peer, Direction::Neither);
            }
        }
        self.changed();
    }

    /// A server reads its changed configuration, unless it was restarted since: then it has.
    pub(super) fn configured(&mut self, server: u32, life: u32) -> Option<ServerId> {
        self.digest.number(u64::from(server));
        let state = &mut self.servers[server as usize];
        if state.life != life || state.state == ServerState::Down {
            return None;
        }
        let (now, config) = (state.clock.read(self.now), Arc::clone(&state.config));
        let done = state.node.reconfigure(now, config, &mut self.out);
        done.expect("only neighbours change, and they keep their places");
        self.act(server, None);
        Some(ServerId(server))
    }

    /// A running server is told that its configuration is another.
    pub(super) fn configure(&mut self, server: u32) {
        let state = &self.servers[server as usize];
        if state.state != ServerState::Down {
            let life = state.life;
            self.busy += 1;
            self.schedule(self.now, Event::Configure { server, life });
        }
    }

    /// What a server and a neighbour may tell each other is another; it reads so at once.
    pub(super) fn turn_to(&mut self, server: u32, peer: u16, direction: Direction) {
        let config = Arc::make_mut(&mut self.servers[server as usize].config);
        config.peers[usize::from(peer)].direction = direction;
        self.configure(server);
    }

    /// The ends of a link become neighbours, and are still to read it.
    pub(super) fn introduce(&mut self, link: usize) {
        let place = &self.links[link];
        let (a, b) = (place.a, place.b);
        let style = if place.classic { Style::Classic } else { Style::Herd };
        let peers = [self.add_peer(a, b, link, style), self.add_peer(b, a, link, style)];
        let place = &mut self.links[link];
        (place.peers, place.there, place.was_there) = (peers, true, true);
    }

    /// One more neighbour of a server; its number.
    fn add_peer(&mut self, of: u32, to: u32, link: usize, style: Style) -> u16 {
        let name = self.script.topology().name(ServerId(to));
        let state = &mut self.servers[of as usize];
        let number = u16::try_from(state.peers.len()).unwrap_or(u16::MAX);
        let link = u32::try_from(link).unwrap_or(u32::MAX);
        let more = [PeerLink { server: to, link }];
        state.peers = state.peers.iter().copied().chain(more).collect();
        let config = Arc::make_mut(&mut state.config);
        let mut peers = std::mem::take(&mut config.peers).into_vec();
        peers.push(Peer { style, ..Peer::new(name) });
        config.peers = peers.into();
        number
    }

    /// Who counts on the herd as it was begins anew.
    pub(super) fn changed(&mut self) {
        self.changes += 1;
        self.sightings.see(Sight::LinksChanged);
        self.see(&Happening::Fault);
        if self.is_whole() {
            self.see(&Happening::Mended);
        }
    }
}

/// The links of the servers that are there from the beginning.
pub(super) fn founding_links(options: &Options, topology: &Topology) -> Vec<Link> {
    let topology = &topology.as_founded();
    let mut peers = vec![0_u16; topology.names().len()];
    let mut next_peer = |of: ServerId| {
        let peer = peers[of.index()];
        peers[of.index()] += 1;
        peer
    };
    let links = topology.edges().iter().map(|edge| Link {
        peers: [next_peer(edge.a), next_peer(edge.b)],
        there: true,
        was_there: true,
        ..link(options, topology, edge)
    });
    let mut links: Vec<Link> = links.collect();
    links.shrink_to_fit();
    links
}

/// A link whose ends are not neighbours yet.
fn link(options: &Options, topology: &Topology, edge: &Edge) -> Link {
    let is_classic = |id: ServerId| options.classic.iter().any(|n| **n == *topology.name(id));
    Link {
        a: edge.a.0,
        b: edge.b.0,
        ways: [Way::new(options.latency), Way::new(options.latency)],
        peers: [0, 0],
        there: false,
        was_there: false,
        stalls: 0,
        classic: is_classic(edge.a) || is_classic(edge.b),
        leaked: false,
        risen: [false; 2],
    }
}
