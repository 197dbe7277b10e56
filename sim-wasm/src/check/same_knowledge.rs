//! Servers that have the same updates hold the same.

use std::collections::{BTreeMap, VecDeque};

use herd_core::limits::HAVE_SPANS;
use herd_core::{Floor, Node};

use super::{Check, Fault, Finding, Happening};
use crate::rng;
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// States of knowledge remembered: which, and what was held then.
const REMEMBERED: usize = 256;

/// What each server holds, as a sum, and what was held by whoever had certain updates.
#[derive(Clone, Debug, Default)]
pub(super) struct SameKnowledge {
    /// By server.
    servers: Vec<Held>,
    known: VecDeque<Known>,
    /// Something was refused for its stamp, or forgotten: where, and since when, depends on clocks.
    differs: bool,
}

#[derive(Clone, Debug, Default)]
struct Held {
    /// The line of each client, as a number.
    lines: BTreeMap<u64, u64>,
    sum: u64,
    /// What of that was last compared: the summary of what is had, and the sum.
    compared: (u64, u64),
}

#[derive(Clone, Copy, Debug)]
struct Known {
    summary: u64,
    floor: Floor,
    sum: u64,
    server: ServerId,
}

impl Check for SameKnowledge {
    const NAME: &'static str = "same_knowledge";
    const SENTENCE: &'static str =
        "Servers that have the same updates, and have forgotten none, hold the same.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What was refused or forgotten before is not known.
        false
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Step { server: Some(server) } if !self.differs => {
                self.compare(server, world)
            }
            Happening::Kept { server, client, .. } => {
                if let Some(record) = world.node(server).and_then(|node| node.store().get(client)) {
                    self.held(server).keep(client, record.line());
                }
                Ok(Finding::Nothing)
            }
            Happening::Poisoned { .. }
            | Happening::Forgot { .. }
            | Happening::MemoryFailed { .. } => {
                self.differs = true;
                Ok(Finding::Nothing)
            }
            Happening::Restarted { server, .. } | Happening::RestartedLossy { server, .. } => {
                let held = self.held(server);
                *held = Held::default();
                let records = world.node(server).into_iter().flat_map(|node| node.store().iter());
                records.for_each(|record| held.keep(record.client(), record.line()));
                Ok(Finding::Nothing)
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        let lines = self.servers.iter().map(|held| held.lines.len()).sum::<usize>();
        lines * PER_ENTRY + self.known.len() * size_of::<Known>()
    }
}

impl Held {
    fn keep(&mut self, client: &[u8], line: &[u8]) {
        let line = rng::key(line);
        let before = self.lines.insert(rng::key(client), line).unwrap_or(0);
        self.sum = self.sum.wrapping_sub(before).wrapping_add(line);
    }
}

impl SameKnowledge {
    fn held(&mut self, server: ServerId) -> &mut Held {
        if self.servers.len() <= server.index() {
            self.servers.resize_with(server.index() + 1, Held::default);
        }
        &mut self.servers[server.index()]
    }

    fn compare(&mut self, server: ServerId, world: &World) -> Result<Finding, Fault> {
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let summary = node.origins().summary();
        let held = self.held(server);
        let sum = held.sum;
        if std::mem::replace(&mut held.compared, (summary, sum)) == (summary, sum) {
            return Ok(Finding::Nothing);
        }
        if !is_exact(node) {
            return Ok(Finding::Nothing);
        }
        let floor = node.store().floor();
        let same = |known: &&Known| known.summary == summary && known.floor == floor;
        match self.known.iter().find(same) {
            Some(known) if known.sum != sum => {
                let name = |id| world.topology().name(id);
                let (one, other) = (name(server), name(known.server));
                let what = if server == known.server {
                    format!("{one} has just what it had before, and holds something else")
                } else {
                    format!("{one} has just what {other} had, and holds something else")
                };
                let last = node.store().iter().last().map_or(&b""[..], |record| record.line());
                Err(Fault::new(vec![server, known.server], what).about(last))
            }
            Some(_) => Ok(Finding::Holds),
            None => {
                if self.known.len() == REMEMBERED {
                    self.known.pop_front();
                }
                self.known.push_back(Known { summary, floor, sum, server });
                Ok(Finding::Nothing)
            }
        }
    }
}

/// Whether what is had tells all that was heard: equal stamps are told apart, and no more is missing
/// than can be noted.
fn is_exact(node: &Node) -> bool {
    let mut origins = node.origins().iter();
    node.config().preset.breaks_ties()
        && origins.all(|(_, origin)| origin.have().beyond().len() < HAVE_SPANS)
}
