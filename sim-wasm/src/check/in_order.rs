//! Delivery never precedes sending; first in, first out inside a stream.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Check, Fault, Finding, Happening, shown};
use crate::rng;
use crate::world::{PER_ENTRY, World};

/// What was said and has not come yet, by connection and side, as a number each.
#[derive(Clone, Debug, Default)]
pub(super) struct InOrder {
    coming: BTreeMap<(u32, u8), VecDeque<u64>>,
    /// Connections that are no streams, or have not been all the time.
    loose: BTreeSet<u32>,
}

impl Check for InOrder {
    const NAME: &'static str = "in_order";
    const SENTENCE: &'static str =
        "Delivery never precedes sending; what is said first in a stream is heard first.";

    fn begin_midway(&mut self, world: &World) -> bool {
        // What is on its way there was sent before.
        self.loose = world.wires().collect();
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Opened { channel } => {
                self.coming.remove(&(channel, 0));
                self.coming.remove(&(channel, 1));
                self.loose.remove(&channel);
                Ok(Finding::Nothing)
            }
            Happening::Loosened { channel } => {
                self.loose.insert(channel);
                Ok(Finding::Nothing)
            }
            Happening::Posted { channel, to, bytes } => {
                self.coming.entry((channel, to)).or_default().push_back(rng::key(bytes));
                Ok(Finding::Nothing)
            }
            Happening::Delivered { channel, to, bytes } => {
                let first = self.coming.entry((channel, to)).or_default().pop_front();
                // What comes to an end that has hung up is heard by nobody.
                if self.loose.contains(&channel) || !world.is_open(channel, to) {
                    return Ok(Finding::Nothing);
                }
                if first == Some(rng::key(bytes)) {
                    return Ok(Finding::Holds);
                }
                let (from, to) = world.ends_of(channel, to);
                let why = if first.is_none() { "was never sent" } else { "was sent later" };
                let what = format!("what came from {from} to {to} {why}: “{}”", shown(bytes));
                Err(Fault::new(world.servers_of(channel), what).about(bytes))
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        let coming = self.coming.values().map(VecDeque::len).sum::<usize>();
        coming * size_of::<u64>() + self.coming.len() * 5 * PER_ENTRY
    }
}
