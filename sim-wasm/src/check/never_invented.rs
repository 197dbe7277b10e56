//! No server holds a record that no client sent.

use std::collections::BTreeSet;

use herd_core::codec::{self, At, Command};

use super::{Check, Fault, Finding, Happening, shown};
use crate::rng;
use crate::world::World;

/// All that clients have said, as a number each.
#[derive(Clone, Debug, Default)]
pub(super) struct NeverInvented {
    said: BTreeSet<u64>,
}

impl Check for NeverInvented {
    const NAME: &'static str = "never_invented";
    const SENTENCE: &'static str = "No server holds a record that no client sent.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What clients said before may stand nowhere.
        false
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        if let Happening::Said { line } = *happening {
            match codec::parse(line) {
                Ok(Some(Command::IamAt(said))) => {
                    self.said.insert(number([said.client, said.place.text, said.stamp_text]));
                }
                Ok(Some(Command::Put(said))) => {
                    let key = codec::data_key(said.key);
                    self.said.insert(number([&key, said.data, said.stamp_text]));
                }
                Ok(_) | Err(_) => {}
            }
        }
        let Happening::Kept { server, line, .. } = *happening else { return Ok(Finding::Nothing) };
        let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
        if self.said.contains(&number([at.client, at.what.bytes(), at.stamp_text])) {
            return Ok(Finding::Holds);
        }
        let what = format!("{} holds “{}”", world.topology().name(server), shown(line));
        let what = format!("{what}, and no client has said that");
        Err(Fault::new(vec![server], what).about(line))
    }

    fn bytes(&self) -> usize {
        self.said.len() * 2 * size_of::<u64>()
    }
}

/// The fields as a number. (No field holds a space but data, and a key begins with one.)
fn number(fields: [&[u8]; 3]) -> u64 {
    rng::key(&fields.join(&b' '))
}
