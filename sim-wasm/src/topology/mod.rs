//! Which servers there are and who is whose neighbour.
//!
//! - [`field`]: the herds of the field, by name.
//! - `shapes`: lines, rings, stars, grids, trees and the rest, by name and size.
//! - `layout`: where a picture puts them; `hops`: where it puts many.

pub mod field;
mod hops;
mod layout;
mod shapes;

use std::fmt;

use herd_core::{Direction, Peer, Style};
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::Bfs;

/// A server of the herd: its index in [`Topology::names`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ServerId(pub u32);

impl ServerId {
    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Two neighbours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Edge {
    /// The one that lists the other.
    pub a: ServerId,
    /// The other.
    pub b: ServerId,
    /// Whether records flow from `a` to `b` only.
    pub one_way: bool,
}

impl Edge {
    /// How records flow, as each end's configuration says it.
    pub(crate) const fn directions(&self) -> [Direction; 2] {
        if self.one_way {
            [Direction::Out, Direction::In]
        } else {
            [Direction::Both, Direction::Both]
        }
    }
}

/// The servers and their neighbours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topology {
    spec: Box<str>,
    names: Vec<Box<str>>,
    edges: Vec<Edge>,
    shape: Shape,
    /// How many of the servers and of the links were there from the beginning.
    founded: (usize, usize),
}

/// What the picture is drawn after.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shape {
    Circle,
    Grid { columns: u32 },
    Line,
    Star,
    Tree { arity: u32 },
}

/// Servers a simulated herd may have.
pub const SERVERS_MAX: u32 = 100_000;
/// Links a simulated herd may have.
pub const LINKS_MAX: u32 = 1_000_000;
/// Neighbours that a server which is there may get: the core counts them in 16 bits.
pub const NEIGHBOURS_MAX: usize = 65_535;

/// What the topology of tapes is called.
pub(crate) const TAPE: &str = "tape";

/// Why a topology cannot be had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TopologyError {
    /// No herd or shape is called that.
    Unknown(Box<str>),
    /// The shape exists, but not in this size; what is expected.
    Size(&'static str),
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "no topology is called {name}; there are ")?;
                for (name, ..) in field::HERDS {
                    write!(f, "{name}, ")?;
                }
                write!(f, "{}", shapes::EXPECTED)
            }
            Self::Size(expected) => f.write_str(expected),
        }
    }
}

impl std::error::Error for TopologyError {}

impl Topology {
    /// The shapes there are, as [`Self::named`] takes them.
    pub const SHAPES: &str = shapes::EXPECTED;

    /// The topology called `spec`: a herd of the field (`places-2016`) or a shape with its size
    /// (`ring:8`, `grid:5x5`, `random:40:4`). The drawn ones depend on `seed`.
    ///
    /// # Errors
    /// If there is none of that name, or not in that size.
    pub fn named(spec: &str, seed: u64) -> Result<Self, TopologyError> {
        field::named(spec).map_or_else(|| shapes::named(spec, seed), Ok)
    }

    /// The herd of the field of that name, if there is one.
    #[must_use]
    pub fn of_field(name: &str) -> Option<Self> {
        field::named(name)
    }

    /// What it is called: what [`Self::named`] takes.
    #[must_use]
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The servers' names, by [`ServerId`].
    #[must_use]
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The name of one server.
    #[must_use]
    pub fn name(&self, server: ServerId) -> &str {
        &self.names[server.index()]
    }

    /// The neighbours, each pair once.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The servers, in order.
    pub fn servers(&self) -> impl Iterator<Item = ServerId> + use<> {
        (0..u32::try_from(self.names.len()).unwrap_or(u32::MAX)).map(ServerId)
    }

    /// The server called `word`, or with that number.
    #[must_use]
    pub fn server(&self, word: &str) -> Option<ServerId> {
        let by_name = || self.servers().find(|&id| self.name(id) == word);
        // Thousands of names need no search where the name says the number.
        let numbered = word.strip_prefix('s').and_then(|n| n.parse().ok()).map(ServerId);
        numbered
            .filter(|&id| self.names.get(id.index()).is_some_and(|name| &**name == word))
            .or_else(by_name)
            .or_else(|| word.parse().ok().map(ServerId).filter(|id| id.index() < self.names.len()))
    }

    /// The link between two servers: its index in [`Self::edges`].
    #[must_use]
    pub fn link(&self, a: ServerId, b: ServerId) -> Option<usize> {
        self.edges.iter().position(|e| (e.a, e.b) == (a, b) || (e.a, e.b) == (b, a))
    }

    /// The neighbours of every server as its configuration lists them, in the order of the edges,
    /// each with the server meant.
    #[must_use]
    pub fn peers(&self) -> Vec<Vec<(ServerId, Peer)>> {
        let mut peers = vec![Vec::new(); self.names.len()];
        for edge in &self.edges {
            let [from_a, from_b] = edge.directions();
            for (of, other, direction) in [(edge.a, edge.b, from_a), (edge.b, edge.a, from_b)] {
                let peer = Peer { name: self.name(other).into(), direction, style: Style::Herd };
                peers[of.index()].push((other, peer));
            }
        }
        peers
    }

    /// Servers of these names with these links, drawn on a circle: a herd that has no name here.
    #[must_use]
    pub fn linked(names: Vec<Box<str>>, edges: Vec<Edge>) -> Self {
        Self::new("", names, edges, Shape::Circle)
    }

    /// Where a picture puts each server, from (0, 0) to (1, 1).
    #[must_use]
    pub fn positions(&self) -> Vec<(f32, f32)> {
        if self.is_as_founded() {
            return layout::positions(self);
        }
        layout::beside(self, layout::positions(&self.as_founded()))
    }

    /// The servers and links as a graph, directions forgotten.
    #[must_use]
    pub fn graph(&self) -> UnGraph<(), (), u32> {
        let mut graph = UnGraph::with_capacity(self.names.len(), self.edges.len());
        for _ in &self.names {
            graph.add_node(());
        }
        for edge in &self.edges {
            graph.add_edge(NodeIndex::new(edge.a.index()), NodeIndex::new(edge.b.index()), ());
        }
        graph
    }

    /// Whether everyone can be reached from everyone, directions forgotten.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let graph = self.graph();
        let mut reached = 0;
        let mut search = Bfs::new(&graph, NodeIndex::new(0));
        while search.next(&graph).is_some() {
            reached += 1;
        }
        reached == self.names.len()
    }

    /// How many servers are there from the beginning; the others join later, in the order of their
    /// numbers.
    #[must_use]
    pub const fn founders(&self) -> usize {
        self.founded.0
    }

    /// Whether nobody joins, and no link is laid.
    pub(crate) fn is_as_founded(&self) -> bool {
        self.founded == (self.names.len(), self.edges.len())
    }

    /// The servers and links that are there from the beginning.
    pub(crate) fn as_founded(&self) -> Self {
        let (servers, links) = self.founded;
        let (names, edges) = (self.names[..servers].to_vec(), self.edges[..links].to_vec());
        Self { spec: self.spec.clone(), names, edges, ..*self }
    }

    /// Whether so many servers may join, and each of these get one neighbour more.
    pub(crate) fn has_room(&self, servers: usize, ends: &[ServerId]) -> Result<(), String> {
        let fits = self.names.len() + servers <= SERVERS_MAX as usize
            && self.edges.len() + ends.len() <= LINKS_MAX as usize;
        if !fits {
            return Err(format!("at most {SERVERS_MAX} servers and {LINKS_MAX} links"));
        }
        let full = |end: &&ServerId| {
            let own = self.edges.iter().filter(|edge| edge.a == **end || edge.b == **end);
            own.count() >= NEIGHBOURS_MAX
        };
        match ends.iter().find(full) {
            Some(_) => Err(format!("servers with at most {NEIGHBOURS_MAX} neighbours")),
            None => Ok(()),
        }
    }

    /// A server joins; its number.
    pub(crate) fn join(&mut self, name: &str, neighbours: &[ServerId]) -> ServerId {
        let server = ServerId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        let edges = neighbours.iter().map(|&b| Edge { a: server, b, one_way: false });
        self.edges.extend(edges);
        server
    }

    /// The servers that tapes tell of.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn of_tapes(names: Vec<Box<str>>, edges: Vec<Edge>) -> Result<Self, String> {
        let topology = Self::new(TAPE, names, edges, Shape::Circle);
        if topology.names.len() > SERVERS_MAX as usize || topology.edges.len() > LINKS_MAX as usize
        {
            return Err(format!("tapes of at most {SERVERS_MAX} servers are expected"));
        }
        Ok(topology)
    }

    /// Two servers become neighbours; nothing if they were, ever.
    pub(crate) fn lay(&mut self, from: ServerId, to: ServerId) {
        if self.link(from, to).is_none() {
            // In this order who joins is told from what is laid later: its own links begin with it.
            let (a, b) = (ServerId(from.0.min(to.0)), ServerId(from.0.max(to.0)));
            self.edges.push(Edge { a, b, one_way: false });
        }
    }

    fn new(spec: &str, names: Vec<Box<str>>, edges: Vec<Edge>, shape: Shape) -> Self {
        let founded = (names.len(), edges.len());
        Self { spec: spec.into(), names, edges, shape, founded }
    }
}

#[cfg(test)]
mod tests;
