//! How a server stands, for those who watch it.

use std::sync::Arc;

/// What a server is asked to show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// The clients of whom it tells what it holds.
    pub(crate) clients: Arc<[Box<[u8]>]>,
    /// The server whose updates go over the tree that is shown.
    pub(crate) root: Option<Arc<str>>,
}

/// How a server stands.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// Its life.
    pub(crate) incarnation: u64,
    /// Clients it knows.
    pub(crate) records: usize,
    /// Equal on servers that hold the same records.
    pub(crate) print: u64,
    /// Its neighbours.
    pub(crate) links: Vec<LinkSight>,
    /// What it holds of the clients that were asked for, as `AT` lines; of some maybe nothing.
    pub(crate) holds: Vec<Box<[u8]>>,
}

/// How a server stands with a neighbour.
#[derive(Clone, Debug)]
pub(crate) struct LinkSight {
    /// Whom.
    pub(crate) name: Box<str>,
    /// Whether it can be spoken to.
    pub(crate) now: LinkNow,
    /// How somebody has cut it by hand.
    pub(crate) cut: Option<Cut>,
    /// How it serves the tree that was asked for.
    pub(crate) feeds: Feeds,
}

/// How a link is cut by hand, as one of its ends sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// Nothing passes.
    Both,
    /// What is said to the neighbour does not come to it.
    Out,
    /// What the neighbour says does not come here.
    In,
}

impl Cut {
    /// As a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Out => "out",
            Self::In => "in",
        }
    }

    /// What is not passed on these ways: out, in.
    pub(crate) const fn of(out: bool, in_: bool) -> Option<Self> {
        match (out, in_) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Out),
            (false, true) => Some(Self::In),
            (false, false) => None,
        }
    }
}

/// Whether a neighbour can be spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LinkNow {
    /// It can.
    Live,
    /// It can, and is pushed nothing until what is on its way has left.
    Lagging,
    /// It is being dialed, or greeted.
    Opening,
    /// It is dialed again later, or dials us.
    Waiting,
    /// It is no neighbour any more.
    Gone,
}

/// How a neighbour serves a tree.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Feeds {
    /// What it is to us.
    pub(crate) us: Option<Feeder>,
    /// Whether it has asked us not to be fed.
    pub(crate) pruned: bool,
}

/// What a neighbour is that feeds us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Feeder {
    /// The one we hear first.
    Parent,
    /// A further one.
    Second,
}
