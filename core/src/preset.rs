//! Presets: how updates are ordered, spread and repaired.

use crate::form::form;
use crate::limits;

/// How updates are ordered, spread and repaired. Neighbours of different presets come to agree, as
/// far as each repairs anything.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Preset {
    /// The prototypes' rule: only a greater stamp is newer, and nothing is repaired. Two servers
    /// that accept different places with one stamp never agree.
    Classic,
    /// The total order; nothing is repaired.
    Flood,
    /// The same, but what a neighbour does not acknowledge is sent again. An update is lost if its
    /// sender dies before.
    FloodAck,
    /// The total order, and neighbours give each other what they lack.
    FloodSync,
    /// One set of neighbours for all updates is told at once, the others that there is something
    /// (Leitão, Pereira & Rodrigues, "Epidemic broadcast trees", 2007). Whoever tells what is known
    /// is pruned: with many senders that tears the tree, and nothing repairs what nobody remembers.
    Plumtree,
    /// A few neighbours are told at a time, in turn, and so and so often; now and then two compare
    /// all they have (Demers et al., "Epidemic algorithms for replicated database maintenance",
    /// 1987; counts as in Serf).
    Gossip,
    /// Neighbours give each other what they lack, and updates go over a tree per origin: each reaches
    /// each server once.
    #[default]
    Grove,
    /// The same with two feeds: a silent relay delays nothing where there are two ways.
    Grove2,
    /// The same over one tree that all updates share (if the herd names its root), and what goes to
    /// a neighbour is gathered for a while: fewer messages, later.
    GroveBatch,
}

/// What a preset comes to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Policy {
    /// Whether equal stamps are told apart by the total order.
    pub breaks_ties: bool,
    /// How live updates are spread.
    pub spread: Spread,
    /// Whether it tells its neighbours what it has, so that nothing stays lost. (Every preset
    /// gives what it is asked for, and asks for what it is told of.)
    pub repairs: bool,
    /// How long what goes to a neighbour is gathered after the last message to it, ns.
    pub batch: u64,
}

/// How live updates are spread.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Spread {
    /// To every neighbour but the one they come from.
    Flood,
    /// The same, again and again until each has acknowledged it.
    Acked,
    /// At once to some neighbours, by name only to those that were told too much before.
    Eager,
    /// To a few neighbours in turn, several times.
    Gossip,
    /// Over trees, in which so many neighbours feed each server.
    Trees(u8),
}

impl Spread {
    /// Whether an update may be told twice on one link.
    #[must_use]
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Acked | Self::Eager | Self::Gossip)
    }
}

impl Preset {
    /// Every preset, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Classic,
        Self::Flood,
        Self::FloodAck,
        Self::FloodSync,
        Self::Plumtree,
        Self::Gossip,
        Self::Grove,
        Self::Grove2,
        Self::GroveBatch,
    ];

    /// Its name in scripts, herd files and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Flood => "flood",
            Self::FloodAck => "flood_ack",
            Self::FloodSync => "flood_sync",
            Self::Plumtree => "plumtree",
            Self::Gossip => "gossip",
            Self::Grove => "grove",
            Self::Grove2 => "grove2",
            Self::GroveBatch => "grove_batch",
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// What it comes to.
    #[must_use]
    pub const fn policy(self) -> Policy {
        match self {
            Self::Classic => Policy { breaks_ties: false, ..of(Spread::Flood, false) },
            Self::Flood => of(Spread::Flood, false),
            Self::FloodAck => of(Spread::Acked, false),
            Self::FloodSync => of(Spread::Flood, true),
            Self::Plumtree => of(Spread::Eager, false),
            Self::Gossip => of(Spread::Gossip, true),
            Self::Grove => of(Spread::Trees(1), true),
            Self::Grove2 => of(Spread::Trees(2), true),
            Self::GroveBatch => Policy { batch: limits::BATCH, ..of(Spread::Trees(1), true) },
        }
    }

    /// Whether equal stamps are told apart by the total order.
    #[must_use]
    pub const fn breaks_ties(self) -> bool {
        self.policy().breaks_ties
    }

    /// Whether it tells its neighbours what it has.
    #[must_use]
    pub const fn repairs(self) -> bool {
        self.policy().repairs
    }

    /// How many neighbours feed a server the updates of one origin; `None` if there are no trees.
    #[must_use]
    pub const fn feeds(self) -> Option<u8> {
        match self.policy().spread {
            Spread::Flood | Spread::Acked | Spread::Eager | Spread::Gossip => None,
            Spread::Trees(feeds) => Some(feeds),
        }
    }
}

/// A policy that orders totally and gathers nothing.
const fn of(spread: Spread, repairs: bool) -> Policy {
    Policy { breaks_ties: true, spread, repairs, batch: 0 }
}

form!(enum Preset {
    0 => Classic, 1 => Flood, 2 => FloodAck, 3 => FloodSync, 4 => Plumtree, 5 => Gossip, 6 => Grove,
    7 => Grove2, 8 => GroveBatch,
});
