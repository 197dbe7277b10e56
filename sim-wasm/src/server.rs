//! A simulated server: the node and what its driver keeps for it.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;

use herd_core::node::incarnation_at;
use herd_core::record::Record;
use herd_core::{Config, Node, Overlay, Preset, Style};

use crate::clock::Clock;
use crate::disk::Disk;
use crate::options::{Bug, Options, Trees};
use crate::rng::{Purpose, draw};
use crate::topology::{ServerId, Topology};
use crate::view::ServerState;
use crate::world::Event;

/// What every message needs comes first, in one cache line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Server {
    /// When its next wake is in the queue; `u64::MAX` if none is.
    pub(crate) armed: u64,
    /// How long it takes over a message, ns.
    pub(crate) slow: u64,
    /// Counts its starts: what was meant for an earlier life is dropped.
    pub(crate) life: u32,
    pub(crate) state: ServerState,
    /// Whether it is one of the herd: it has joined, and has not left.
    pub(crate) member: bool,
    /// Whether it is to take the next message out of its inbox at `free`: as long as it runs and
    /// that is not empty.
    pub(crate) serves: bool,
    /// Whether it was started without its store.
    pub(crate) blank: bool,
    /// By connection number.
    pub(crate) conns: Vec<Option<Conn>>,
    /// When what it holds came to its disk, if anybody cares.
    pub(crate) disk: Option<Box<Disk>>,
    /// What its draws hang on: the seed and its number.
    pub(crate) luck: u64,
    pub(crate) clock: Clock,
    /// Which server and which link each configured neighbour is.
    pub(crate) peers: Arc<[PeerLink]>,
    /// Since when it is in this state.
    pub(crate) since: u64,
    pub(crate) node: Node,
    /// What it is told when it starts, or at once if it runs.
    pub(crate) config: Arc<Config>,
    /// What came while it was paused, or busy.
    pub(crate) inbox: Inbox,
    /// When it is done with the last one.
    pub(crate) free: u64,
    /// Times it dialed: draws hang on it.
    pub(crate) dials: u32,
    /// Times it asked Places.
    pub(crate) lookups: u32,
    /// What the planted bug that confuses lives has heard: whose update, and its number.
    pub(crate) confused: Option<Box<Confused>>,
}

/// Updates by the name of who counted them, whatever the life, and by their number.
pub(crate) type Confused = BTreeSet<(Box<[u8]>, u64)>;

/// Where a configured neighbour is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerLink {
    pub(crate) server: u32,
    pub(crate) link: u32,
}

/// A server's end of a connection: twice the number of the connection, its side, and 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conn(NonZeroU32);

impl Conn {
    /// # Panics
    /// If there are more than 2^30 connections: a run of that size is a bug.
    pub(crate) fn new(channel: u32, side: u8) -> Self {
        assert!(channel < 1 << 30, "the connections have a limit");
        Self(NonZeroU32::MIN.saturating_add(channel << 1 | u32::from(side)))
    }

    /// The connection.
    pub(crate) const fn channel(self) -> u32 {
        (self.0.get() - 1) >> 1
    }

    /// Which of its sides.
    pub(crate) const fn side(self) -> u8 {
        if (self.0.get() - 1) & 1 == 0 { 0 } else { 1 }
    }
}

/// What waits for a server, oldest first: for most servers nothing ever does.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::box_collection,
    reason = "a large herd has one for every server, and few are ever used"
)]
pub(crate) struct Inbox(Option<Box<VecDeque<Event>>>);

impl Inbox {
    pub(crate) fn push_back(&mut self, event: Event) {
        self.0.get_or_insert_default().push_back(event);
    }

    pub(crate) fn pop_front(&mut self) -> Option<Event> {
        self.0.as_mut()?.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |events| events.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter().flat_map(|events| events.iter())
    }
}

impl Server {
    /// Takes the smallest free number for an end of a connection.
    pub(crate) fn take_conn(&mut self, channel: u32, side: u8) -> u32 {
        let conn = Conn::new(channel, side);
        let at = match self.conns.iter().position(Option::is_none) {
            Some(at) => {
                self.conns[at] = Some(conn);
                at
            }
            None => {
                self.conns.push(Some(conn));
                self.conns.len() - 1
            }
        };
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The end that has this number.
    pub(crate) fn conn(&self, conn: u32) -> Option<Conn> {
        *self.conns.get(conn as usize)?
    }

    /// What it finds on its disk if that lost nothing.
    pub(crate) fn stored(&self, bug: Bug) -> Vec<Record> {
        let every = if bug == Bug::ForgetsOnRestart { 2 } else { 1 };
        self.node.store().iter().skip(every - 1).step_by(every).cloned().collect()
    }

    /// Starts again, with nothing but these records.
    pub(crate) fn restart(&mut self, now: u64, records: &[Record], bug: Bug) {
        self.life += 1;
        if bug != Bug::ReusesLives {
            let drawn = draw(self.luck, Purpose::Life, u64::from(self.life), 0, 0);
            let incarnation = incarnation_at(self.clock.read(now).wall, drawn);
            Arc::make_mut(&mut self.config).incarnation = incarnation;
        }
        let mut node = Node::new(Arc::clone(&self.config), self.clock.read(now));
        for record in records {
            // It was a record before, so it is one now.
            let restored = node.restore(record.line());
            restored.expect("a stored line is canonical");
        }
        if let Some(disk) = &mut self.disk {
            **disk = Disk::new(disk.sync, node.store().iter());
        }
        self.node = node;
        self.state = ServerState::Up;
        self.blank = false;
        self.since = now;
        self.armed = u64::MAX;
        self.free = now;
    }

    /// A record was kept.
    pub(crate) fn write(&mut self, now: u64, client: &[u8]) {
        if let (Some(disk), Some(record)) = (&mut self.disk, self.node.store().get(client)) {
            disk.write(now, record);
        }
    }
}

/// The servers that are there from the beginning of a run, all up and knowing nothing.
pub(crate) fn build(options: &Options, topology: &Topology) -> Vec<Server> {
    if !topology.is_as_founded() {
        return build(options, &topology.as_founded());
    }
    let classic: Vec<bool> =
        topology.names().iter().map(|name| options.classic.contains(name)).collect();
    let map = (options.trees == Trees::Planned).then(|| Arc::new(overlay(options, topology)));
    let root = root(options, topology, map.as_deref());
    let mut peers = topology.peers();
    let mut links: Vec<Vec<PeerLink>> = vec![Vec::new(); peers.len()];
    for (link, edge) in (0..).zip(topology.edges()) {
        links[edge.a.index()].push(PeerLink { server: edge.b.0, link });
        links[edge.b.index()].push(PeerLink { server: edge.a.0, link });
    }
    let build = |(id, links): (ServerId, Vec<PeerLink>)| {
        let own = classic[id.index()];
        let neighbours =
            std::mem::take(&mut peers[id.index()]).into_iter().map(|(of, mut peer)| {
                if own || classic[of.index()] {
                    peer.style = Style::Classic;
                }
                peer
            });
        let mut config = Config::new(topology.name(id), neighbours);
        if own {
            config.preset = Preset::Classic;
        } else {
            spread(&mut config, options, map.clone(), root.as_deref());
        }
        Server { peers: links.into(), member: true, ..server(options, id, config, ServerState::Up) }
    };
    topology.servers().zip(links).map(build).collect()
}

/// The map of the herd as it is at the beginning. Prototypes are not on it: they tell each of their
/// neighbours by themselves.
fn overlay(options: &Options, topology: &Topology) -> Overlay {
    let is_classic =
        |server: ServerId| options.classic.iter().any(|n| **n == *topology.name(server));
    let weight = options.latency.mean().saturating_add(options.jitter / 2);
    let edges = topology.edges().iter().filter(|edge| !is_classic(edge.a) && !is_classic(edge.b));
    Overlay::directed(edges.flat_map(|edge| {
        let (a, b) = (topology.name(edge.a), topology.name(edge.b));
        [Some((a, b, weight)), (!edge.one_way).then_some((b, a, weight))].into_iter().flatten()
    }))
}

/// The root of the tree that all updates share, if one is named or the preset wants one: the middle of
/// the map, or the lowest name. A tree that is used both ways needs links that are.
fn root(options: &Options, topology: &Topology, map: Option<&Overlay>) -> Option<Box<str>> {
    let both_ways = topology.edges().iter().all(|edge| !edge.one_way);
    if options.root.is_some() || options.preset != Preset::GroveBatch || !both_ways {
        return options.root.clone();
    }
    let own = topology.names().iter().filter(|name| !options.classic.contains(name));
    map.map_or_else(|| own.min().cloned(), |map| map.centre().map(Into::into))
}

/// How a server spreads updates.
fn spread(config: &mut Config, options: &Options, map: Option<Arc<Overlay>>, root: Option<&str>) {
    config.preset = options.preset_of(&config.name);
    config.overlay = map;
    let shares = options.root.is_some() || config.preset == Preset::GroveBatch;
    config.root = root.filter(|_| shares).map(Into::into);
    config.tuning.batch = options.batch;
    config.tuning.digest_every = options.digest;
}

/// A server that has not joined yet, and knows the map that the founders know.
pub(crate) fn absent(
    options: &Options,
    topology: &Topology,
    map: Option<Arc<Overlay>>,
    id: ServerId,
) -> Server {
    let mut config = Config::new(topology.name(id), []);
    let root = root(options, &topology.as_founded(), map.as_deref());
    spread(&mut config, options, map, root.as_deref());
    server(options, id, config, ServerState::Down)
}

fn server(options: &Options, id: ServerId, mut config: Config, state: ServerState) -> Server {
    let rules = &mut config.tuning.rules;
    rules.break_ties = options.bug != Bug::NoTieBreak;
    rules.orphans_wait = options.bug != Bug::AdoptsInHaste;
    rules.orphan_floods = options.bug != Bug::OrphansKeepStill;
    rules.prune_with_proof = options.bug != Bug::PrunesUnproven;
    rules.epochs_grow = options.bug != Bug::TurnsEpochsBack;
    if options.bug == Bug::BelievesTheFuture {
        (config.ingress_future, config.hard_future) = (i64::MAX, i64::MAX);
    }
    config.clients_max = options.room;
    config.retention = options.retention;
    config.ack_after = options.ack_after;
    config.tuning.digest_every = options.digest;
    let clock = Clock::new(options.seed, id, options.skew);
    let luck = draw(options.seed, Purpose::Life, u64::from(id.0), 1, 0);
    let drawn = draw(luck, Purpose::Life, 0, 0, 0);
    config.incarnation = incarnation_at(clock.read(0).wall, drawn);
    let config = Arc::new(config);
    Server {
        node: Node::new(Arc::clone(&config), clock.read(0)),
        config,
        member: false,
        state,
        since: 0,
        life: 0,
        clock,
        luck,
        armed: u64::MAX,
        conns: Vec::new(),
        inbox: Inbox::default(),
        slow: 0,
        free: 0,
        serves: false,
        blank: false,
        disk: None,
        peers: Arc::default(),
        dials: 0,
        lookups: 0,
        confused: None,
    }
}
