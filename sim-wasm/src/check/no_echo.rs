//! No update goes back over the link it came from.

use std::collections::{BTreeMap, VecDeque};

use herd_core::codec::At;

use super::{Check, Fault, Finding, Happening, shown};
use crate::rng;
use crate::topology::ServerId;
use crate::view::MessageKind;
use crate::world::{PER_ENTRY, World};

/// Updates remembered per way: whoever tells one on does so at once.
const REMEMBERED: usize = 16;

/// The last updates that each server has heard from each neighbour.
#[derive(Clone, Debug, Default)]
pub(super) struct NoEcho {
    heard: BTreeMap<(ServerId, ServerId), VecDeque<u64>>,
}

impl Check for NoEcho {
    const NAME: &'static str = "no_echo";
    const SENTENCE: &'static str =
        "No update goes back over the link it came from, in one life of the link.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // Of what was heard before it is not seen whether it goes back.
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::LinkUp { server, peer } => {
                self.heard.remove(&(server, peer));
                self.heard.remove(&(peer, server));
                Ok(Finding::Nothing)
            }
            // Who tells everything several times asks for nothing better, and what a prototype tells
            // several servers is an update of each.
            Happening::Heard { .. } | Happening::Sent { .. }
                if world.options().repeats() || !world.options().classic.is_empty() =>
            {
                Ok(Finding::Nothing)
            }
            Happening::Heard { server, from, push } => {
                let heard = self.heard.entry((server, from)).or_default();
                if heard.len() == REMEMBERED {
                    heard.pop_front();
                }
                heard.push_back(number(&push.update.at));
                Ok(Finding::Nothing)
            }
            Happening::Sent { from, to, kind: MessageKind::Update, at: Some(at), .. } => {
                // What is gathered was meant to go out before.
                let gathers = |node: &herd_core::Node| node.config().policy().batch > 0;
                if world.node(from).is_some_and(gathers) {
                    return Ok(Finding::Nothing);
                }
                let heard = self.heard.get(&(from, to));
                if heard.is_some_and(|heard| heard.contains(&number(&at))) {
                    let name = |id| world.topology().name(id);
                    let client = shown(at.client);
                    let what = format!(
                        "{} told {} of {client}, and has it from there",
                        name(from),
                        name(to)
                    );
                    return Err(Fault::new(vec![from, to], what).about(at.client));
                }
                Ok(Finding::Holds)
            }
            _ => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        let heard = self.heard.values().map(VecDeque::len).sum::<usize>();
        heard * size_of::<u64>() + self.heard.len() * 4 * PER_ENTRY
    }
}

fn number(at: &At<'_>) -> u64 {
    rng::key(&[at.server, at.client, at.what.bytes(), at.stamp_text, at.skew].join(&b' '))
}
