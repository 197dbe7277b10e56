//! What must be seen to happen, sometimes, or else a search has not looked there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

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

/// How often each was seen in a run: a part of the world, it goes back in time with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    counts: Counts,
    memory: Option<Box<dyn Remember>>,
}

type Counts = [u32; Sometimes::ALL.len()];

/// What has to be remembered for some of them to be seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sight<'a> {
    /// A server came up without its store.
    Blank(ServerId),
    /// A server lost who fed it an origin's updates.
    Orphaned(ServerId, OriginId),
    /// A server is fed an origin's updates by somebody.
    Adopted(ServerId, OriginId),
    /// A server has started again, and numbers origins anew.
    Restarted(ServerId),
    /// A server took a client's update; whether every link loses a fifth of all messages.
    Accepted { server: ServerId, line: &'a [u8], lossy: bool },
    /// A server of so many learned a record.
    Learned { server: ServerId, repair: bool, line: &'a [u8], of: u64 },
    /// Links are not what they were: what is being flooded was not lossy all the way.
    LinksChanged,
}

/// Who remembers. It is reached through this alone, so that a program whose worlds nobody watches does
/// not carry it.
trait Remember: fmt::Debug + Send + Sync {
    /// What is seen by that, and each of it once.
    fn see(&mut self, sight: Sight<'_>) -> Vec<Sometimes>;

    /// About how many bytes a copy takes.
    fn bytes(&self) -> usize;

    /// The same, with a memory of its own.
    fn copy(&self) -> Box<dyn Remember>;
}

impl Clone for Box<dyn Remember> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

impl Sightings {
    /// None so far, and all of them will be seen.
    pub(crate) fn of_all() -> Self {
        Self { counts: Counts::default(), memory: Some(Box::<Memory>::default()) }
    }

    pub(crate) fn saw(&mut self, what: Sometimes) {
        let count = &mut self.counts[what as usize];
        *count = count.saturating_add(1);
    }

    pub(crate) fn see(&mut self, sight: Sight<'_>) {
        for what in self.memory.as_deref_mut().map_or_else(Vec::new, |memory| memory.see(sight)) {
            self.saw(what);
        }
    }

    pub(crate) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// About how many bytes a copy takes.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.as_deref().map_or(0, Remember::bytes)
    }
}

#[derive(Clone, Debug, Default)]
struct Memory {
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

impl Remember for Memory {
    fn see(&mut self, sight: Sight<'_>) -> Vec<Sometimes> {
        match sight {
            Sight::Blank(server) => {
                self.blank.insert(server);
            }
            Sight::Orphaned(server, origin) => {
                self.orphans.insert((server, origin));
            }
            Sight::Adopted(server, origin) => {
                if self.orphans.remove(&(server, origin)) {
                    return vec![Sometimes::TreeReplaced];
                }
            }
            Sight::Restarted(server) => self.orphans.retain(|(orphan, _)| *orphan != server),
            Sight::Accepted { server, line, lossy } => {
                return self.accepted(server, line, lossy).into_iter().collect();
            }
            Sight::Learned { server, repair, line, of } => {
                return self.learned(server, repair, line, of);
            }
            Sight::LinksChanged => {
                for latest in self.latest.values_mut() {
                    latest.lossy = false;
                }
            }
        }
        Vec::new()
    }

    fn bytes(&self) -> usize {
        let of = |latest: &Latest| {
            size_of::<Latest>() + 4 * PER_ENTRY + latest.knowing.len() * 2 * size_of::<ServerId>()
        };
        self.latest.values().map(of).sum()
    }

    fn copy(&self) -> Box<dyn Remember> {
        Box::new(self.clone())
    }
}

impl Memory {
    fn accepted(&mut self, server: ServerId, line: &[u8], lossy: bool) -> Option<Sometimes> {
        let at = At::canonical(line).ok()?;
        let new = Latest {
            stamp: at.stamp.0,
            origin: at.server.into(),
            twin: false,
            lossy,
            knowing: BTreeSet::from([server]),
        };
        let Some(latest) = self.latest.get_mut(at.client) else {
            self.latest.insert(at.client.into(), new);
            return None;
        };
        let apart = !latest.knowing.contains(&server);
        let twin = latest.stamp == at.stamp.0 && *latest.origin != *at.server;
        *latest = Latest { twin, ..new };
        apart.then_some(Sometimes::AcceptedTwice)
    }

    fn learned(&mut self, server: ServerId, repair: bool, line: &[u8], of: u64) -> Vec<Sometimes> {
        let mut seen = Vec::new();
        if repair {
            seen.push(Sometimes::HealedByRepair);
            if self.blank.remove(&server) {
                seen.push(Sometimes::Relearned);
            }
        }
        let Ok(at) = At::canonical(line) else { return seen };
        let Some(latest) = self.latest.get_mut(at.client) else { return seen };
        if latest.stamp != at.stamp.0 {
            return seen;
        }
        if latest.twin {
            seen.push(Sometimes::EqualStamps);
        }
        if *latest.origin == *at.server {
            latest.knowing.insert(server);
            latest.lossy &= !repair;
            if latest.lossy && latest.knowing.len() as u64 == of {
                seen.push(Sometimes::ReachedDespiteLoss);
            }
        }
        seen
    }
}
