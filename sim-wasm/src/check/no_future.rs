//! Nothing is kept that lies too far in the future.

use herd_core::codec::At;
use herd_core::limits::HARD_FUTURE;

use super::{Check, Fault, Finding, Happening, shown};
use crate::world::World;

/// The most that any clock was ahead when it was looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct NoFuture {
    ahead: i64,
}

impl Check for NoFuture {
    const NAME: &'static str = "no_future";
    const SENTENCE: &'static str =
        "Nothing is kept whose stamp is more than two days after the latest clock of the herd.";

    fn begin_midway(&mut self, world: &World) -> bool {
        self.ahead = world.most_ahead();
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is none of its business")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            // Clocks are compared when two meet.
            Happening::LinkUp { .. } => {
                self.ahead = self.ahead.max(world.most_ahead());
                Ok(Finding::Nothing)
            }
            Happening::Kept { server, line, .. } => {
                let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
                let most = |ahead| crate::clock::wall(world.now()).plus(ahead).plus(HARD_FUTURE);
                if at.stamp > most(self.ahead) {
                    self.ahead = self.ahead.max(world.most_ahead());
                }
                if at.stamp > most(self.ahead) {
                    let name = world.topology().name(server);
                    let what = format!("{name} keeps “{}”, from the far future", shown(line));
                    return Err(Fault::new(vec![server], what).about(line));
                }
                Ok(Finding::Holds)
            }
            _ => Ok(Finding::Nothing),
        }
    }
}
