//! What must be seen to happen, sometimes, or else a search has not looked there.

use std::collections::{BTreeMap, BTreeSet};

use herd_core::OriginId;
use herd_core::codec::At;

use crate::topology::ServerId;
use crate::world::PER_ENTRY;

/// Something that a search has to meet in some of its runs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Sometimes {
    /// A duplicate was suppressed.
    DuplicateSuppressed,
    /// A record came late.
    LateRejected,
    /// Two servers accepted one client at once.
    AcceptedTwice,
    /// Equal stamps met.
    EqualStamps,
    /// A message died on a cut link.
    DiedOnCut,
    /// A message reached a dead server.
    ReachedDead,
    /// Repair on reconnection healed.
    HealedByRepair,
    /// Relearned after losing the disk.
    Relearned,
    /// An older fix won through clock skew.
    OlderWon,
    /// A full link was cut.
    FullLink,
    /// A half-open connection was noticed.
    HalfOpen,
    /// A bridge server died mid-flood.
    BridgeDied,
    /// A full datagram link lost one of its messages.
    Evicted,
    /// A flood reached everyone despite a loss of a fifth or more.
    ReachedDespiteLoss,
    /// A tree link failed and was replaced.
    TreeReplaced,
    /// A server was known by a later life than its clock gave it.
    Renewed,
    /// A record became too old to be kept.
    Forgot,
}

impl Sometimes {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::DuplicateSuppressed,
        Self::LateRejected,
        Self::AcceptedTwice,
        Self::EqualStamps,
        Self::DiedOnCut,
        Self::ReachedDead,
        Self::HealedByRepair,
        Self::Relearned,
        Self::OlderWon,
        Self::FullLink,
        Self::HalfOpen,
        Self::BridgeDied,
        Self::Evicted,
        Self::ReachedDespiteLoss,
        Self::TreeReplaced,
        Self::Renewed,
        Self::Forgot,
    ];

    /// Its name, in reports and tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateSuppressed => "duplicate_suppressed",
            Self::LateRejected => "late_rejected",
            Self::AcceptedTwice => "accepted_twice",
            Self::EqualStamps => "equal_stamps",
            Self::DiedOnCut => "died_on_cut",
            Self::ReachedDead => "reached_dead",
            Self::HealedByRepair => "healed_by_repair",
            Self::Relearned => "relearned",
            Self::OlderWon => "older_won",
            Self::FullLink => "full_link",
            Self::HalfOpen => "half_open",
            Self::BridgeDied => "bridge_died",
            Self::Evicted => "evicted",
            Self::ReachedDespiteLoss => "reached_despite_loss",
            Self::TreeReplaced => "tree_replaced",
            Self::Renewed => "renewed",
            Self::Forgot => "forgot",
        }
    }

    /// What it says.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::DuplicateSuppressed => "A record came twice and was told to nobody again.",
            Self::LateRejected => "A record came after a newer one and was let go.",
            Self::AcceptedTwice => {
                "Two servers accepted updates of one client, neither knowing the other's."
            }
            Self::EqualStamps => "Two updates of one client with the same stamp met at a server.",
            Self::DiedOnCut => "A message died on a link that was cut.",
            Self::ReachedDead => "A message reached a dead server.",
            Self::HealedByRepair => "A server learned by repair what it had missed.",
            Self::Relearned => "A server that had lost its disk learned again what it knew.",
            Self::OlderWon => "What a client said later lost: its clock had gone back.",
            Self::FullLink => "A link was full, and was cut.",
            Self::HalfOpen => "A connection that was half open was noticed to be dead.",
            Self::BridgeDied => {
                "A server that held two parts together died in the middle of a flood."
            }
            Self::Evicted => "A full datagram link lost a message to make room for another.",
            Self::ReachedDespiteLoss => {
                "A flood reached everyone, though every link loses a fifth of all messages or more."
            }
            Self::TreeReplaced => "A server lost who fed it, and was fed by somebody again.",
            Self::Renewed => {
                "A server came back with its clock gone back, and took a later life than it had."
            }
            Self::Forgot => "A record became too old to be kept.",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// How often each was seen in a run, and what has to be remembered to see it. A part of the world:
/// it goes back in time with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    counts: [u32; Sometimes::ALL.len()],
    latest: BTreeMap<Box<[u8]>, Latest>,
    /// Servers that came up without their store and have not learned anything yet.
    blank: BTreeSet<ServerId>,
    /// Servers that lost who fed them an origin's updates.
    orphans: BTreeSet<(ServerId, OriginId)>,
}

/// The update of a client that was accepted last.
#[derive(Clone, Debug)]
struct Latest {
    stamp: i64,
    origin: Box<[u8]>,
    /// Whether another of the same stamp was accepted elsewhere.
    twin: bool,
    /// Whether every link has lost a fifth or more since, and nobody was repaired.
    lossy: bool,
    knowing: BTreeSet<ServerId>,
}

impl Sightings {
    pub(crate) fn saw(&mut self, what: Sometimes) {
        let count = &mut self.counts[what as usize];
        *count = count.saturating_add(1);
    }

    pub(crate) const fn counts(&self) -> &[u32; Sometimes::ALL.len()] {
        &self.counts
    }

    /// About how many bytes a copy takes.
    pub(crate) fn bytes(&self) -> usize {
        let of = |latest: &Latest| {
            size_of::<Latest>() + 4 * PER_ENTRY + latest.knowing.len() * 2 * size_of::<ServerId>()
        };
        self.latest.values().map(of).sum()
    }

    pub(crate) fn blank(&mut self, server: ServerId) {
        self.blank.insert(server);
    }

    /// A server lost who fed it an origin's updates.
    pub(crate) fn orphaned(&mut self, server: ServerId, origin: OriginId) {
        self.orphans.insert((server, origin));
    }

    /// A server is fed an origin's updates by somebody.
    pub(crate) fn adopted(&mut self, server: ServerId, origin: OriginId) {
        if self.orphans.remove(&(server, origin)) {
            self.saw(Sometimes::TreeReplaced);
        }
    }

    /// A server has started again, and numbers origins anew.
    pub(crate) fn restarted(&mut self, server: ServerId) {
        self.orphans.retain(|(orphan, _)| *orphan != server);
    }

    /// A server took a client's update; whether every link loses a fifth of all messages.
    pub(crate) fn accepted(&mut self, server: ServerId, line: &[u8], lossy: bool) {
        let Ok(at) = At::canonical(line) else { return };
        let new = Latest {
            stamp: at.stamp.0,
            origin: at.server.into(),
            twin: false,
            lossy,
            knowing: BTreeSet::from([server]),
        };
        match self.latest.get_mut(at.client) {
            None => {
                self.latest.insert(at.client.into(), new);
            }
            Some(latest) => {
                let apart = !latest.knowing.contains(&server);
                let twin = latest.stamp == at.stamp.0 && *latest.origin != *at.server;
                *latest = Latest { twin, ..new };
                if apart {
                    self.saw(Sometimes::AcceptedTwice);
                }
            }
        }
    }

    /// Links are not what they were: what is being flooded was not lossy all the way.
    pub(crate) fn links_changed(&mut self) {
        for latest in self.latest.values_mut() {
            latest.lossy = false;
        }
    }

    /// A server of so many learned a record.
    pub(crate) fn learned(&mut self, server: ServerId, repair: bool, line: &[u8], of: u64) {
        if repair {
            self.saw(Sometimes::HealedByRepair);
            if self.blank.remove(&server) {
                self.saw(Sometimes::Relearned);
            }
        }
        let Ok(at) = At::canonical(line) else { return };
        let Some(latest) = self.latest.get_mut(at.client) else { return };
        if latest.stamp != at.stamp.0 {
            return;
        }
        let mut all = false;
        if *latest.origin == *at.server {
            latest.knowing.insert(server);
            latest.lossy &= !repair;
            all = latest.lossy && latest.knowing.len() as u64 == of;
        }
        if latest.twin {
            self.saw(Sometimes::EqualStamps);
        }
        if all {
            self.saw(Sometimes::ReachedDespiteLoss);
        }
    }
}
