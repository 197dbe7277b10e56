//! No queue, table or outbox exceeds its limit.

use super::{Check, Fault, Finding, Happening};
use crate::world::World;

/// A server's own consistency is looked at once in so many events: it looks at everything.
const EVERY: u64 = 64;

/// Needs no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounded;

impl Check for Bounded {
    const NAME: &'static str = "bounded";
    const SENTENCE: &'static str = "No queue, table or outbox exceeds its limit.";

    fn begin_midway(&mut self, _: &World) -> bool {
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Sent { from, to, in_flight, .. } => {
                let limit = world.options().window;
                if in_flight > limit {
                    let name = |id| world.topology().name(id);
                    let what = format!(
                        "{in_flight} bytes are on their way from {} to {}; the limit is {limit}",
                        name(from),
                        name(to)
                    );
                    return Err(Fault::new(vec![from, to], what));
                }
                Ok(Finding::Holds)
            }
            Happening::Step { server: Some(server) } if world.events().is_multiple_of(EVERY) => {
                let checked = world.node(server).map_or(Ok(()), |node| node.check());
                checked.map(|()| Finding::Holds).map_err(|what| {
                    Fault::new(vec![server], format!("{}: {what}", world.topology().name(server)))
                })
            }
            Happening::Kept { .. }
            | Happening::Unasked { .. }
            | Happening::Jilted { .. }
            | Happening::LinkUp { .. }
            | Happening::Restarted { .. }
            | Happening::RestartedLossy { .. }
            | Happening::MemoryFailed { .. }
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
            | Happening::Mended
            | Happening::Step { .. }
            | Happening::Rest => Ok(Finding::Nothing),
        }
    }
}
