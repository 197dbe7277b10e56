//! A herd in memory whose links take each their own time, and whose map says so.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::codec::Frame;
use herd_core::node::Classic;
use herd_core::time::MILLISECOND;
use herd_core::{
    Config, ConnId, Event, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Overlay,
    Peer, PeerId, Span, Unit, Wall,
};

/// Connections to neighbours have the numbers of these; a client's is beyond.
const CLIENT: ConnId = ConnId(1_000);
/// Messages and deadlines that may come before the herd is at rest.
const PATIENCE: u32 = 1_000_000;

/// Two servers, and how many ms a message between them takes.
pub type Link = (usize, usize, u64);

/// When it arrives, its number, at whom, on which connection, and what.
type Flying = (u64, u64, usize, ConnId, Vec<u8>);

/// A herd with planned trees.
pub struct Weighted {
    now: u64,
    servers: Vec<Server>,
    /// When each arrives, in the order in which they left, and where.
    flying: BinaryHeap<Reverse<Flying>>,
    sent: u64,
    /// Live updates that were told.
    pub pushes: u64,
    /// Servers that heard something new, and when, ms from the beginning.
    pub learned: Vec<(usize, u64)>,
}

struct Server {
    node: Node,
    /// By neighbour: which server it is, which neighbour this one is of it, how far, and what it has
    /// said that is not whole yet.
    ways: Vec<(usize, usize, u64, Framer)>,
}

impl Weighted {
    /// A herd of so many servers with these links, all of them up, at rest.
    #[must_use]
    pub fn new(servers: usize, links: &[Link]) -> Self {
        let name = |server: usize| format!("s{server:02}");
        let named: Vec<_> = links.iter().map(|(a, b, far)| (name(*a), name(*b), *far)).collect();
        let map = Arc::new(Overlay::new(named.iter().map(|(a, b, far)| (&**a, &**b, *far))));
        let neighbours = |own: usize| {
            let other = move |(a, b, far): &Link| match (*a == own, *b == own) {
                (true, _) => Some((*b, *far)),
                (_, true) => Some((*a, *far)),
                _ => None,
            };
            links.iter().filter_map(other).collect::<Vec<_>>()
        };
        let server = |own: usize| {
            let peers = neighbours(own).into_iter().map(|(other, _)| Peer::new(&name(other)));
            let config = Config {
                overlay: Some(Arc::clone(&map)),
                incarnation: 1,
                ..Config::new(&name(own), peers)
            };
            let ways = neighbours(own).into_iter().map(|(other, far)| {
                let back = neighbours(other).iter().position(|(of, _)| *of == own);
                (other, back.expect("links are two-way"), far, Framer::new())
            });
            Server { node: Node::new(Arc::new(config), at(0)), ways: ways.collect() }
        };
        let servers = (0..servers).map(server).collect();
        let flying = BinaryHeap::new();
        let mut herd = Self { now: 0, servers, flying, sent: 0, pushes: 0, learned: Vec::new() };
        for server in 0..herd.servers.len() {
            herd.handle(server, Input::Wake);
        }
        herd.rest();
        herd
    }

    /// The time, ms from the beginning.
    #[must_use]
    pub const fn now_ms(&self) -> u64 {
        self.now / MILLISECOND
    }

    /// A client says a line to a server.
    pub fn say(&mut self, server: usize, line: &str) {
        let how = Opening::Accepted { classic: Classic::No };
        self.handle(server, Input::Opened { conn: CLIENT, how });
        self.handle(server, Input::Heard { conn: CLIENT, unit: Unit::Line(line.as_bytes()) });
        self.handle(server, Input::Closed(CLIENT));
    }

    /// Goes on until nothing is on its way and nothing is waited for.
    ///
    /// # Panics
    /// If that does not come.
    pub fn rest(&mut self) {
        for _ in 0..PATIENCE {
            let due = |(server, of): (usize, &Server)| Some((of.node.next_deadline()?.0.0, server));
            let due = self.servers.iter().enumerate().filter_map(due).min();
            let arrives = self.flying.peek().map(|Reverse((at, ..))| *at);
            match (arrives, due) {
                (Some(at), due) if due.is_none_or(|(due, _)| at <= due) => self.arrive(),
                (_, Some((at, server))) => {
                    self.now = self.now.max(at);
                    self.handle(server, Input::Wake);
                }
                (_, None) => return,
            }
        }
        panic!("it does not come to rest");
    }

    fn arrive(&mut self) {
        let Some(Reverse((at, _, to, conn, bytes))) = self.flying.pop() else { return };
        self.now = self.now.max(at);
        let way = usize::try_from(conn.0).expect("a neighbour's");
        let mut framer = std::mem::take(&mut self.servers[to].ways[way].3);
        framer.feed(&bytes, |unit| {
            self.handle(to, Input::Heard { conn, unit });
            ControlFlow::Continue(())
        });
        self.servers[to].ways[way].3 = framer;
    }

    fn handle(&mut self, server: usize, input: Input<'_>) {
        let mut out = Outbox::new();
        self.servers[server].node.handle(at(self.now), input, &mut out);
        for output in out.outputs() {
            match *output {
                Output::Dial { peer, .. } => self.dial(server, peer),
                Output::Event(Event::Learned { repair: false, .. }) => {
                    self.learned.push((server, self.now_ms()));
                }
                Output::Write { conn, bytes } if conn != CLIENT => {
                    self.write(server, conn, bytes, &out);
                }
                Output::Notify(conn) => self.handle(server, Input::Writable(conn)),
                Output::Hangup(conn) => panic!("{server} hangs up on {}", conn.0),
                Output::Event(_)
                | Output::Lookup { .. }
                | Output::Pause(_)
                | Output::Resume(_)
                | Output::Write { .. } => {}
            }
        }
    }

    /// Of two that dial each other the lower name's connection comes about.
    fn dial(&mut self, server: usize, peer: PeerId) {
        let (other, back, ..) = self.servers[server].ways[peer.index()];
        if server > other {
            return self.handle(server, Input::DialFailed(peer));
        }
        let conn = |way: usize| ConnId(u32::try_from(way).expect("few neighbours"));
        let how = Opening::Accepted { classic: Classic::No };
        self.handle(other, Input::Opened { conn: conn(back), how });
        let (conn, how) = (conn(peer.index()), Opening::Dialed(peer));
        self.handle(server, Input::Opened { conn, how });
    }

    fn write(&mut self, server: usize, conn: ConnId, bytes: Span, out: &Outbox) {
        let way = usize::try_from(conn.0).expect("a neighbour's");
        let (other, back, far, _) = self.servers[server].ways[way];
        let bytes = out.bytes(bytes).to_vec();
        let mut frames = Framer::between_frames();
        frames.feed(&bytes, |unit| {
            let update = matches!(unit, Unit::Frame(frame) if matches!(Frame::parse(frame), Ok(Frame::Push(_))));
            self.pushes += u64::from(update);
            ControlFlow::Continue(())
        });
        self.sent += 1;
        let conn = ConnId(u32::try_from(back).expect("few neighbours"));
        self.flying.push(Reverse((self.now + far * MILLISECOND, self.sent, other, conn, bytes)));
    }
}

fn at(ns: u64) -> Now {
    let start = 1_700_000_000_000_000_000;
    Now { mono: Instant(ns), wall: Wall(start + i64::try_from(ns).expect("not that long")) }
}
