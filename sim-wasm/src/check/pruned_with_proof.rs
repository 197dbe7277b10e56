//! Nobody is told to stop without proof that he is not needed.

use std::collections::{BTreeMap, VecDeque};

use herd_core::OriginId;

use super::{Check, Fault, Finding, Happening, life_of, shown};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// Updates remembered per neighbour: the core proves with the last 64 of the feed.
const REMEMBERED: usize = 64;

/// What each server has heard over each tree, from whom.
#[derive(Clone, Debug, Default)]
pub(super) struct PrunedWithProof {
    trees: BTreeMap<(ServerId, u64), Tree>,
}

#[derive(Clone, Debug, Default)]
struct Tree {
    /// Who feeds the server and in which epoch, if that was said: a planned feed is not.
    fed: Option<(Option<ServerId>, u64)>,
    /// The last bits of epoch and number of the last updates that each neighbour has told.
    told: BTreeMap<ServerId, VecDeque<(u16, u16)>>,
}

impl Check for PrunedWithProof {
    const NAME: &'static str = "pruned_with_proof";
    const SENTENCE: &'static str =
        "Only who has told a server what its feed told it too is told to stop; its feed never is.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What proved it may have been told before.
        false
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Heard { server, from, push } => {
                let origin = push.update.origin;
                let key = (server, life_of(origin.name, origin.incarnation));
                let told = self.trees.entry(key).or_default().told.entry(from).or_default();
                if told.len() == REMEMBERED {
                    told.pop_front();
                }
                told.push_back((last_bits(push.epoch), last_bits(push.update.seq)));
                Ok(Finding::Nothing)
            }
            Happening::Adopted { server, origin } | Happening::Orphaned { server, origin } => {
                let adopted = matches!(happening, Happening::Adopted { .. });
                let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
                let of = node.origins().get(origin);
                let parent = of.tree().parent().filter(|_| adopted);
                let parent = parent.and_then(|peer| world.neighbour(server, peer));
                let key = (server, life_of(of.name(), of.incarnation()));
                self.trees.entry(key).or_default().fed = Some((parent, of.tree().epoch()));
                Ok(Finding::Nothing)
            }
            Happening::Pruned { server, peer, origin } => self.judge(server, peer, origin, world),
            Happening::Restarted { server, .. } | Happening::RestartedLossy { server, .. } => {
                self.trees.retain(|(of, _), _| *of != server);
                Ok(Finding::Nothing)
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        let told = self.trees.values().flat_map(|tree| tree.told.values());
        let told = told.map(|told| told.len() * size_of::<(u16, u16)>() + 4 * PER_ENTRY);
        self.trees.len() * 6 * PER_ENTRY + told.sum::<usize>()
    }
}

impl PrunedWithProof {
    fn judge(
        &self,
        server: ServerId,
        peer: ServerId,
        origin: OriginId,
        world: &World,
    ) -> Result<Finding, Fault> {
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let of = node.origins().get(origin);
        let heard = self.trees.get(&(server, life_of(of.name(), of.incarnation())));
        let planned = || {
            let parent = of.tree().parent().and_then(|parent| world.neighbour(server, parent))?;
            (of.tree().epoch() == 0).then_some((Some(parent), 0))
        };
        // A planned feed that the same message has ended or replaced is not known any more.
        let fed = heard.and_then(|heard| heard.fed).or_else(planned);
        let name = |id| world.topology().name(id);
        let red = |why: &str| {
            let what = format!(
                "{} told {} to stop feeding it {}, {why}",
                name(server),
                name(peer),
                shown(of.name())
            );
            Err(Fault::new(vec![server, peer], what).about(of.name()))
        };
        if fed.is_some_and(|(feed, _)| feed == Some(peer)) {
            return red("which is its feed");
        }
        // The tree that all share is built by a flood of its own, which is proof enough.
        if node.shared_tree().is_some() {
            return Ok(Finding::Holds);
        }
        let told = |of: ServerId| heard.and_then(|heard| heard.told.get(&of));
        let Some(theirs) = told(peer) else {
            return red("which has told it nothing");
        };
        if *of.name() == *node.config().name.as_bytes() {
            return Ok(Finding::Holds);
        }
        let by = |of: ServerId, push: &(u16, u16)| told(of).is_some_and(|told| told.contains(push));
        let (proven, feed) = match fed {
            Some((None, _)) => return red("and has no feed itself"),
            Some((Some(feed), epoch)) => {
                let of_it = |push: &&(u16, u16)| push.0 == last_bits(epoch);
                (theirs.iter().filter(of_it).any(|push| by(feed, push)), name(feed))
            }
            None => {
                let others = heard.into_iter().flat_map(|heard| heard.told.keys());
                let mut others = others.filter(|other| **other != peer);
                (others.any(|other| theirs.iter().any(|push| by(*other, push))), "any other")
            }
        };
        if !proven {
            return red(&format!("and has heard nothing from both it and {feed}"));
        }
        Ok(Finding::Holds)
    }
}

/// There are many of them, and a tree has few epochs and its updates come in order.
fn last_bits(number: u64) -> u16 {
    let [low, high, ..] = number.to_le_bytes();
    u16::from_le_bytes([low, high])
}
