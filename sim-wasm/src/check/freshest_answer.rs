//! An answer is the newest version that the server has seen; never "unknown" after it knew.

use std::collections::BTreeMap;

use herd_core::Node;
use herd_core::codec::{self, At, Command};

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, shown};
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// What each server has held of each client since it last had no question open: an answer with
/// places says what was known when it was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct FreshestAnswer {
    held: BTreeMap<(ServerId, Box<[u8]>), Lines>,
}

/// `AT` lines, as held one after the other.
type Lines = Vec<Box<[u8]>>;

impl Check for FreshestAnswer {
    const NAME: &'static str = "freshest_answer";
    const SENTENCE: &'static str =
        "An answer is the newest version that this server has seen; never “unknown” after it knew.";

    fn begin_midway(&mut self, world: &World) -> bool {
        nodes(world).for_each(|(server, _)| self.begin_anew(server, world));
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        if let Happening::Kept { server, line, .. } = *happening
            && let Ok(at) = At::canonical(line)
        {
            let held = self.held.entry((server, at.client.into())).or_default();
            // A question says nothing of when it was asked, and a paused server takes its time; an answer
            // that waits for neighbours says what was taken up.
            let waits = |node: &Node| node.lookups() > 0 || node.config().ack_after > 0;
            if !world.node(server).is_some_and(waits) {
                held.clear();
            }
            held.push(line.into());
        }
        if let Happening::Restarted { server, .. }
        | Happening::RestartedLossy { server, .. }
        | Happening::MemoryFailed { server } = *happening
        {
            self.begin_anew(server, world);
        }
        let Happening::Answers { server, bytes } = *happening else { return Ok(Finding::Nothing) };
        let Some(node) = world.node(server) else { return Ok(Finding::Nothing) };
        let name = world.topology().name(server);
        let line = told(bytes);
        if let Some(asked) = asked_in_vain(line) {
            return match node.store().get(&asked) {
                None => Ok(Finding::Holds),
                Some(held) => {
                    let what = format!("{name} holds “{}” and says “?”", shown(held.line()));
                    Err(Fault::new(vec![server], what).about(held.line()))
                }
            };
        }
        if let Some(head) = told_of(line)
            && let Some(held) = At::client_of(&head).and_then(|key| node.store().get(key))
            && world.options().ack_after == 0
        {
            if At::head_of(held.line()) == head {
                return Ok(Finding::Holds);
            }
            let what = format!("{name} says “{}” of what it has kept anew", shown(line));
            return Err(Fault::new(vec![server], what).about(line));
        }
        let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
        if node.store().get(at.client).is_some_and(|held| held.line() == line) {
            return Ok(Finding::Holds);
        }
        if node.store().is_below(at.stamp, at.client) {
            // It became too old before anybody could look.
            return Ok(Finding::Holds);
        }
        let lately = self.held.get(&(server, at.client.into()));
        let waited = bytes.ends_with(b"\n\n") || node.config().ack_after > 0;
        if waited && lately.is_some_and(|held| held.iter().any(|held| **held == *line)) {
            return Ok(Finding::Holds);
        }
        let what = format!("{name} answers “{}”, which is not the newest it has", shown(line));
        Err(Fault::new(vec![server], what).about(line))
    }

    fn bytes(&self) -> usize {
        let lines = self.held.values().flatten().map(|line| line.len() + 2 * PER_ENTRY);
        lines.sum::<usize>() + self.held.len() * 5 * PER_ENTRY
    }
}

/// The record, or the line, that an answer begins with.
fn told(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match codec::told_after(line) {
        // The data, without the LF after it.
        Some(length) => bytes.get(..line.len() + length).unwrap_or(line),
        None => line,
    }
}

/// The head of the data that a line tells of without giving it.
fn told_of(line: &[u8]) -> Option<Vec<u8>> {
    line.strip_prefix(b"KEPT ").map(|rest| [b"DATA ", rest].concat())
}

/// What was asked for, where an answer says that it is not known.
fn asked_in_vain(line: &[u8]) -> Option<Vec<u8>> {
    match codec::parse(line.strip_prefix(b"? ")?) {
        Ok(Some(Command::WhatsAt(asked))) => Some(asked.client.to_vec()),
        Ok(Some(Command::Get(asked))) => Some(codec::data_key(asked.key)),
        Ok(_) | Err(_) => None,
    }
}

impl FreshestAnswer {
    /// A server has started again, with what its disk had left: that is no news, and what it knew
    /// before is forgotten.
    fn begin_anew(&mut self, server: ServerId, world: &World) {
        self.held.retain(|(of, _), _| *of != server);
        for record in world.node(server).into_iter().flat_map(|node| node.store().iter()) {
            self.held.insert((server, record.client().into()), vec![record.line().into()]);
        }
    }
}
