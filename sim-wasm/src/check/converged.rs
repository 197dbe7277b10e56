//! When nothing is on its way, neighbours that can speak to each other know the same.

use std::collections::BTreeSet;

use herd_core::codec::At;
use herd_core::{Floor, Node, Peer, Style};

use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::World;

/// Which clients something was said about since everyone last agreed.
#[derive(Clone, Debug, Default)]
pub(super) struct Converged {
    touched: BTreeSet<Box<[u8]>>,
    all: bool,
}

impl Check for Converged {
    const NAME: &'static str = "converged";
    const SENTENCE: &'static str =
        "When nothing is on its way, servers that can reach each other hold the same.";

    fn begin_midway(&mut self, _: &World) -> bool {
        self.all = true;
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { line, .. } => {
                if let Ok(at) = At::canonical(line) {
                    self.touched.insert(at.client.into());
                }
                Ok(Finding::Nothing)
            }
            Happening::LinkUp { .. }
            | Happening::Restarted { .. }
            | Happening::RestartedLossy { .. }
            | Happening::MemoryFailed { .. }
            | Happening::Mended => {
                self.all = true;
                Ok(Finding::Nothing)
            }
            Happening::Rest if self.all || !self.touched.is_empty() => self.compare(world),
            Happening::Sent { .. }
            | Happening::Unasked { .. }
            | Happening::Jilted { .. }
            | Happening::Fault
            | Happening::Answers { .. }
            | Happening::Adopted { .. }
            | Happening::Heard { .. }
            | Happening::Orphaned { .. }
            | Happening::Poisoned { .. }
            | Happening::Pruned { .. }
            | Happening::Changed
            | Happening::Forgot { .. }
            | Happening::Delivered { .. }
            | Happening::Loosened { .. }
            | Happening::Opened { .. }
            | Happening::Posted { .. }
            | Happening::Said { .. }
            | Happening::Damaged { .. }
            | Happening::Step { .. }
            | Happening::Rest => Ok(Finding::Nothing),
        }
    }
}

/// Whether a neighbour is a prototype to a server: those know of no data.
fn is_classic(node: &Node, name: &str) -> bool {
    let is_it = |peer: &&Peer| *peer.name == *name;
    node.config().peers.iter().find(is_it).is_some_and(|peer| peer.style == Style::Classic)
}

impl Converged {
    /// Along every way on which records flow, the receiver holds nothing older than the sender. In
    /// a two-way component that is: all hold the same.
    fn compare(&mut self, world: &World) -> Result<Finding, Fault> {
        let nodes = world.topology().servers().filter_map(|server| world.node(server));
        let floor = nodes.map(|node| node.store().floor()).max();
        for (from, to) in world.flows() {
            let (Some(sender), Some(receiver)) = (world.node(from), world.node(to)) else {
                continue;
            };
            let lacks = |client: &[u8]| {
                // What has become too old for one of them is about to be forgotten by all.
                let sent = sender.store().get(client)?;
                if sent.is_data() && is_classic(sender, world.topology().name(to)) {
                    return None;
                }
                let above = |floor: &Floor| sent.falls_at() > *floor;
                if !floor.as_ref().is_none_or(above) {
                    return None;
                }
                let held = receiver.store().get(client);
                // A classic neighbour's lines come without their numbers: the same line is the same.
                let fine = held.is_some_and(|held| {
                    held.line() == sent.line() || held.version() >= sent.version()
                });
                (!fine).then(|| (shown(sent.line()), held.map(|held| shown(held.line()))))
            };
            let found = if self.all {
                sender.store().iter().find_map(|record| lacks(record.client()))
            } else {
                self.touched.iter().find_map(|client| lacks(client))
            };
            if let Some((sent, held)) = found {
                let name = |id: ServerId| world.topology().name(id);
                let held = held.map_or_else(|| "nothing".to_owned(), |line| format!("“{line}”"));
                let what = format!(
                    "{} holds “{sent}”, its neighbour {} holds {held}, and nothing is on its way",
                    name(from),
                    name(to)
                );
                return Err(Fault::new(vec![from, to], what).about(sent.as_bytes()));
            }
        }
        self.touched.clear();
        self.all = false;
        Ok(Finding::Holds)
    }
}
