//! Looking into a world: what an inspector and the checks ask. Nothing here changes anything.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use herd_core::codec;
use herd_core::link::Dial;
use herd_core::{Node, PeerId, Spread, Style};

use super::{Event, World};
use crate::net::{Channel, Link, Parcel, Traffic, Way, Who};
use crate::topology::ServerId;
use crate::view::ServerState;

/// How a server stands with one neighbour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkRow {
    /// The neighbour.
    pub peer: ServerId,
    /// Whether we send records to it.
    pub sends: bool,
    /// Whether we believe records from it.
    pub receives: bool,
    /// Whether it is told plain `AT` lines.
    pub classic: bool,
    /// How things stand, as a phrase.
    pub state: &'static str,
    /// When it will be dialed again or given up, ns; if there is such a time.
    pub next: Option<u64>,
    /// Failed attempts since it was last up.
    pub failures: u32,
    /// What it is still owed: records that wait (classic), or 1 while repair is being sent.
    pub owed: u64,
    /// Bytes on their way to it.
    pub in_flight: u64,
}

impl World {
    /// How a server stands with each of its neighbours of now.
    #[must_use]
    pub fn links_of(&self, server: ServerId) -> Vec<LinkRow> {
        let Some(state) = self.servers.get(server.index()) else { return Vec::new() };
        let node = &state.node;
        let peers = node.config().peers.iter().zip(node.links()).zip(state.peers.iter());
        peers
            .filter(|(_, place)| self.links[place.link as usize].there)
            .map(|((peer, link), place)| {
                let dial = match link.dial() {
                    Dial::Idle => ("waits to be dialed", None),
                    Dial::Waiting(at) => ("dials again", Some(state.clock.time_of(at))),
                    Dial::Connecting => ("connects", None),
                    Dial::Greeting(_, at) => ("has greeted", Some(state.clock.time_of(at))),
                };
                let classic = peer.style == Style::Classic;
                let (phrase, next) = match (link.live(), classic) {
                    _ if state.state == ServerState::Down => ("down", None),
                    (Some(session), _) if session.is_repairing() => ("live, repairing", None),
                    (Some(_), _) => ("live", None),
                    (None, true) if link.waiting() == 0 => ("told everything", None),
                    (None, _) => dial,
                };
                let repairing = link.live().is_some_and(|session| session.is_repairing());
                let over = |channel: &&Channel| {
                    !channel.dead && channel.link().is_some_and(|(of, _)| of == place.link)
                };
                let to = |channel: &Channel| {
                    let other = |end: &&crate::net::End| end.who == Who::Server(place.server);
                    channel.ends.iter().filter(other).map(|end| end.coming()).sum::<u64>()
                };
                LinkRow {
                    peer: ServerId(place.server),
                    sends: peer.direction.sends(),
                    receives: peer.direction.receives(),
                    classic,
                    state: phrase,
                    next,
                    failures: link.failures(),
                    owed: link.waiting() as u64 + u64::from(repairing),
                    in_flight: self.channels.iter().filter(over).map(to).sum(),
                }
            })
            .collect()
    }

    /// How many clients (terminals) have spoken.
    #[must_use]
    pub const fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Whether a client has no connection left; `None` if there is no such client.
    #[must_use]
    pub fn is_heard_out(&self, client: usize) -> Option<bool> {
        let client = self.clients.get(client)?;
        Some(client.paths.iter().all(|path| path.channel.is_none()))
    }

    /// Whether nothing is under way, and every link that could be up is up.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.busy == 0
            && self.next_moment().is_none()
            && self.links.iter().all(|link| self.is_settled(link))
            && self.servers.iter().all(|server| server.node.lookups() == 0 || is_down(server.state))
    }

    /// Whether nothing is on its way anywhere.
    pub(crate) const fn is_idle(&self) -> bool {
        self.busy == 0
    }

    /// Whether every link is up at both ends.
    pub(crate) fn all_linked(&self) -> bool {
        self.links.iter().filter(|link| link.there).all(|link| {
            link.ways.iter().all(|way| way.passes())
                && [link.a, link.b].iter().all(|end| !is_down(self.servers[*end as usize].state))
                && (link.classic || self.is_live(link))
        })
    }

    /// The ways on which records flow now: from whom to whom.
    pub(crate) fn flows(&self) -> Vec<(ServerId, ServerId)> {
        let flowing = |link: &Link| {
            // Without repair, what was lost on a datagram link stays lost; with it, two that cannot
            // speak to each other just now may not have agreed.
            let ends = [(link.a, link.peers[0]), (link.b, link.peers[1])];
            let node = |end: u32| &self.servers[end as usize].node;
            let all = |fine: &dyn Fn(&Node, PeerId) -> bool| {
                ends.iter().all(|(end, peer)| fine(node(*end), PeerId(*peer)))
            };
            let agree = || all(&|node, peer| !node.is_unsettled(peer));
            let told = || all(&|node, peer| !node.owes(peer));
            let forgets = all(&|node, _| !node.config().preset.repairs());
            let acked = all(&|node, _| node.config().preset.policy().spread == Spread::Acked);
            (match (forgets, acked) {
                (false, _) => link.classic || agree(),
                (true, true) => told(),
                (true, false) => !link.leaked,
            }) && self.carries(link)
        };
        self.ways_over(flowing)
    }

    /// The ways on which servers speak to each other now, whether or not they have agreed: from whom to
    /// whom.
    pub(crate) fn spoken_ways(&self) -> Vec<(ServerId, ServerId)> {
        self.ways_over(|link| self.carries(link))
    }

    fn carries(&self, link: &Link) -> bool {
        if link.classic { self.can_be_up(link) } else { self.is_live(link) }
    }

    fn ways_over(&self, over: impl Fn(&Link) -> bool) -> Vec<(ServerId, ServerId)> {
        let ways = |link: &Link| {
            let (a, b) = (ServerId(link.a), ServerId(link.b));
            let sends = |end: u32, peer: u16| {
                let config = self.servers[end as usize].node.config();
                config.peers[usize::from(peer)].direction.sends()
            };
            let there = sends(link.a, link.peers[0]).then_some((a, b));
            there.into_iter().chain(sends(link.b, link.peers[1]).then_some((b, a)))
        };
        self.links.iter().filter(|link| over(link)).flat_map(ways).collect()
    }

    /// A line that waits for an answer on a connection to a server that runs.
    pub(crate) fn unanswered(&self) -> Option<(ServerId, &str, &[u8])> {
        self.clients.iter().find_map(|client| {
            let waiting = client.paths.iter().filter(|path| path.open).find_map(|path| {
                let server = &self.servers[path.server as usize];
                // Where neighbours have to have an update first, it waits for them, or in vain.
                let answers =
                    server.state == ServerState::Up && server.node.config().ack_after == 0;
                let asked = path.asked.front().filter(|_| answers)?;
                Some((ServerId(path.server), &*asked.line))
            });
            waiting.map(|(server, line)| (server, &*client.name, line))
        })
    }

    /// What became of all that was said.
    pub(crate) const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// What was said and is on its way, or waits to go on.
    pub(crate) fn under_way(&self) -> u64 {
        let says = |event: &Event| {
            let Event::Arrive { parcel, .. } = event else { return false };
            parcel.says() && !matches!(parcel, Parcel::Packet(packet) if packet.evicted)
        };
        let flying = self.queue.iter().filter(|(_, event)| says(event)).count();
        let inboxes = self.servers.iter().flat_map(|server| server.inbox.iter());
        let waiting = inboxes.filter(|event| says(event)).count();
        let held = self.channels.iter().flat_map(Channel::held);
        let held = held.filter(|(_, parcel)| parcel.says()).count();
        (flying + waiting + held) as u64
    }

    /// The names of who speaks and who hears on the way to a side of a connection.
    pub(crate) fn ends_of(&self, channel: u32, to: u8) -> (&str, &str) {
        let name = |who| match who {
            Who::Server(server) => self.topology().name(ServerId(server)),
            Who::Client(client) => &self.clients[client as usize].name,
        };
        let (from, to) = self.who(channel, to);
        (name(from), name(to))
    }

    /// Whether somebody is there at a side of a connection.
    pub(crate) fn is_open(&self, channel: u32, side: u8) -> bool {
        self.channels[channel].ends[usize::from(side)].open
    }

    /// The numbers of connections that may be between servers.
    pub(crate) fn wires(&self) -> impl Iterator<Item = u32> + '_ {
        self.channels.numbers().filter(|number| self.channels[*number].link().is_some())
    }

    /// The servers at the ends of a connection.
    pub(crate) fn servers_of(&self, channel: u32) -> Vec<ServerId> {
        let server = |end: &crate::net::End| match end.who {
            Who::Server(server) => Some(ServerId(server)),
            Who::Client(_) => None,
        };
        self.channels[channel].ends.iter().filter_map(server).collect()
    }

    /// The servers at whose connections more bytes are said to be on their way than there are.
    pub(crate) fn loose_ends(&self) -> Vec<ServerId> {
        let mut coming = std::collections::BTreeMap::new();
        let flying = self.queue.iter().map(|(_, event)| event);
        let waiting = self.servers.iter().flat_map(|server| server.inbox.iter());
        for event in flying.chain(waiting) {
            if let Event::Arrive { channel, to, parcel, .. } = event {
                *coming.entry((*channel, *to)).or_insert(0) += parcel.size();
            }
        }
        let mut servers = BTreeSet::new();
        for number in self.channels.numbers() {
            let channel = &self.channels[number];
            for (to, end) in (0_u8..).zip(&channel.ends) {
                let held = channel.held().iter().filter(|(side, _)| *side == to);
                let held = held.map(|(_, parcel)| parcel.size());
                let unread = channel.unread(to).map(Parcel::size);
                let there = held.chain(unread).chain(coming.get(&(number, to)).copied());
                if end.open && !channel.dead && end.coming() > there.sum() {
                    servers.extend(self.servers_of(number));
                }
            }
        }
        servers.into_iter().collect()
    }

    /// Whether every link is up and ordinary, no server is slow, and none is a prototype.
    pub(crate) fn is_ordinary(&self) -> bool {
        let ordinary = |link: &Link| !link.classic && link.ways.iter().all(Way::is_ordinary);
        let runs = |server: &crate::server::Server| {
            !server.member || (server.state == ServerState::Up && server.slow == 0)
        };
        self.now >= self.steady
            && self.all_linked()
            && self.links.iter().filter(|link| link.there).all(ordinary)
            && self.servers.iter().all(runs)
            && (self.changes == 0 || self.is_one())
            && self.topology().edges().iter().all(|edge| !edge.one_way)
    }

    /// How long a flood from a server takes at most, ns: the way to the farthest (Dijkstra).
    pub(crate) fn eccentricity(&self, from: ServerId) -> u64 {
        let mut ways: Vec<Vec<(usize, u64)>> = vec![Vec::new(); self.servers.len()];
        for link in self.links.iter().filter(|link| link.there) {
            let takes =
                |way: usize| link.ways[way].latency().most().saturating_add(self.options().jitter);
            ways[link.a as usize].push((link.b as usize, takes(0)));
            ways[link.b as usize].push((link.a as usize, takes(1)));
        }
        let mut known = vec![u64::MAX; self.servers.len()];
        let mut next = BinaryHeap::new();
        next.push(Reverse((0_u64, from.index())));
        known[from.index()] = 0;
        while let Some(Reverse((so_far, at))) = next.pop() {
            if so_far > known[at] {
                continue;
            }
            for (to, takes) in &ways[at] {
                let whole = so_far.saturating_add(*takes);
                if whole < known[*to] {
                    known[*to] = whole;
                    next.push(Reverse((whole, *to)));
                }
            }
        }
        let known = known.into_iter().filter(|takes| *takes < u64::MAX);
        let policies = self.servers.iter().map(|server| server.node.config().policy());
        let gathers = policies.map(|policy| policy.batch).max().unwrap_or(0);
        let grows = self.servers.iter().any(|server| server.node.config().preset.feeds().is_some());
        if gathers == 0 && !grows {
            return known.max().unwrap_or(0);
        }
        // The tree has grown along the first copies of one update, which need not have come the
        // shortest way.
        let hops = ways.iter().flatten().map(|(_, takes)| takes.saturating_add(gathers));
        hops.max().unwrap_or(0).saturating_mul(self.servers.len() as u64)
    }

    /// Whether the tree of what this server counts has grown: everyone is fed by somebody, and by
    /// nobody else.
    pub(crate) fn has_grown(&self, server: ServerId) -> bool {
        let Some(root) = self.node(server) else { return false };
        if let Some(shared) = root.shared_tree() {
            let shared = root.origins().get(shared);
            return self.has_tree(root, (shared.name(), shared.incarnation()));
        }
        self.has_tree(root, (root.config().name.as_bytes(), root.config().incarnation))
    }

    /// Whether this tree of what a server tells has grown.
    fn has_tree(&self, root: &Node, (name, life): (&[u8], u64)) -> bool {
        let mut ways = 0;
        for state in self.servers.iter().filter(|state| state.member) {
            let origins = state.node.origins();
            let Some(number) = origins.find(name, life) else { return false };
            let tree = origins.get(number).tree();
            let own = state.node.config().name.as_bytes() == name;
            let epoch = root.origins().find(name, life).map(|own| root.origins().get(own).tree());
            if epoch.is_none_or(|root| root.epoch() != tree.epoch())
                || (!own && tree.parent().is_none())
            {
                return false;
            }
            let feeds = |(peer, link): (u16, &herd_core::link::Link)| {
                let peer = PeerId(peer);
                link.live().is_some()
                    && !tree.pruned_out().contains(peer)
                    && tree.parent() != Some(peer)
            };
            ways += (0..).zip(state.node.links()).filter(|link| feeds(*link)).count();
        }
        ways + 1 == usize::try_from(self.members()).unwrap_or(0)
    }

    /// How long a server's disk takes to sync at most, ns.
    pub(crate) fn sync_of(&self, server: ServerId) -> u64 {
        self.servers[server.index()].disk.as_ref().map_or(0, |disk| disk.sync)
    }

    /// Whether one of the answers that were not taken yet is older than what was accepted of the same
    /// client before.
    pub(crate) fn has_told_stale(&self) -> bool {
        let newest = |client: &[u8]| {
            let number = self.subjects.numbers.get(client)?;
            self.subjects.stamps[*number as usize].last().copied()
        };
        self.heard.iter().any(|answer| {
            let Ok(Some(codec::Command::WhatsAt(asked))) = codec::parse(&answer.line) else {
                return false;
            };
            let Some(text) = answer.text.as_deref() else { return false };
            let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let told = codec::At::canonical(line).ok().map(|at| at.stamp.0);
            newest(asked.client) > told
        })
    }

    /// Whether any client has heard an answer.
    pub(crate) const fn has_spoken(&self) -> bool {
        self.answers > 0
    }

    fn can_be_up(&self, link: &Link) -> bool {
        link.there
            && link.ways.iter().all(|way| way.passes())
            && [link.a, link.b].iter().all(|end| !is_down(self.servers[*end as usize].state))
    }

    pub(super) fn is_live(&self, link: &Link) -> bool {
        let ends = [(link.a, link.peers[0]), (link.b, link.peers[1])];
        let live = |(end, peer): &(u32, u16)| {
            let state = &self.servers[*end as usize];
            let link = state.node.links().get(usize::from(*peer));
            !is_down(state.state) && link.is_some_and(|link| link.live().is_some())
        };
        link.there && ends.iter().all(live)
    }

    /// Whether both ends have told each other all they have, or cannot.
    fn is_agreed(&self, link: &Link) -> bool {
        let ends = [(link.a, link.peers[0]), (link.b, link.peers[1])];
        let runs = |end: u32| self.servers[end as usize].state == ServerState::Up;
        !ends.iter().all(|(end, _)| runs(*end))
            || ends.iter().all(|(end, peer)| {
                let node = &self.servers[*end as usize].node;
                !node.owes(PeerId(*peer))
            })
    }

    fn is_settled(&self, link: &Link) -> bool {
        if !self.can_be_up(link) {
            return true;
        }
        if !link.classic {
            return self.is_live(link) && self.is_agreed(link);
        }
        [(link.a, link.peers[0]), (link.b, link.peers[1])].iter().all(|(end, peer)| {
            let link = self.servers[*end as usize].node.links().get(usize::from(*peer));
            link.is_none_or(|link| link.waiting() == 0)
        })
    }
}

pub(super) const fn is_down(state: ServerState) -> bool {
    matches!(state, ServerState::Down)
}
