//! A record crosses each directed link at most once per life of the link.

use std::collections::{BTreeMap, VecDeque};

use super::{Check, Fault, Finding, Happening, shown};
use crate::rng;
use crate::topology::ServerId;
use crate::view::MessageKind;
use crate::world::{PER_ENTRY, World};

/// Records remembered per way: more are not flooded at once.
const REMEMBERED: usize = 64;

/// The last records that were told, by who told whom. Repair is counted apart.
#[derive(Clone, Debug, Default)]
pub(super) struct ToldOnce {
    told: BTreeMap<(ServerId, ServerId), VecDeque<u64>>,
}

impl Check for ToldOnce {
    const NAME: &'static str = "told_once";
    const SENTENCE: &'static str =
        "A record crosses each directed link at most once per life of the link, repair apart.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What was told before is not seen to be told again.
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        if let Happening::LinkUp { server, peer } = *happening {
            self.told.remove(&(server, peer));
            self.told.remove(&(peer, server));
        }
        let Happening::Sent { from, to, kind: MessageKind::Update, at: Some(at), .. } = *happening
        else {
            return Ok(Finding::Nothing);
        };
        if world.options().repeats() {
            return Ok(Finding::Nothing);
        }
        let fields = [at.server, at.client, at.what.bytes(), at.stamp_text, at.skew];
        let number = rng::key(&fields.join(&b' '));
        let told = self.told.entry((from, to)).or_default();
        if told.contains(&number) {
            let name = |id| world.topology().name(id);
            let client = shown(at.client);
            let what = format!("{} told {} the same of {client} twice", name(from), name(to));
            return Err(Fault::new(vec![from, to], what).about(at.client));
        }
        if told.len() == REMEMBERED {
            told.pop_front();
        }
        told.push_back(number);
        Ok(Finding::Holds)
    }

    fn bytes(&self) -> usize {
        let told = self.told.values().map(VecDeque::len).sum::<usize>();
        told * size_of::<u64>() + self.told.len() * 4 * PER_ENTRY
    }
}
