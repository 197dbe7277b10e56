//! Nothing makes servers talk for ever.

use super::{Check, Fault, Finding, Happening};
use crate::view::MessageKind;
use crate::world::World;

/// Messages on each way of each link that one thing that happens may cause, repair apart.
const PER_WAY: u64 = 16;

/// What was said since the herd last rested, and what may be.
#[derive(Clone, Debug, Default)]
pub(super) struct NoStorms {
    said: u64,
    /// Things that happened to the herd since.
    causes: u64,
    rests: bool,
}

impl Check for NoStorms {
    const NAME: &'static str = "no_storms";
    const SENTENCE: &'static str = "A herd at rest says nothing; what happens causes a few messages a link, and not ever more.";

    fn begin_midway(&mut self, _: &World) -> bool {
        // What servers have to say still may be about anything.
        false
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is a consequence")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Sent { from, to, kind, .. } if !world.options().gossips() => {
                let name = |id| world.topology().name(id);
                if self.rests {
                    let what =
                        format!("{} told {} something while all was at rest", name(from), name(to));
                    return Err(Fault::new(vec![from, to], what));
                }
                self.said += u64::from(kind != MessageKind::Repair);
                let most = PER_WAY * world.count_ways() * (1 + self.causes);
                if self.said > most {
                    let what = format!("more than {most} messages since the herd rested");
                    return Err(Fault::new(vec![from, to], what));
                }
                Ok(Finding::Holds)
            }
            Happening::Rest => {
                // Who is paused, or has not noticed a cut, is talked to by and by.
                *self = Self { rests: world.is_calm(), ..Self::default() };
                Ok(Finding::Nothing)
            }
            Happening::Kept { from_client: true, .. }
            | Happening::LinkUp { .. }
            | Happening::Opened { .. }
            | Happening::Restarted { .. }
            | Happening::RestartedLossy { .. }
            | Happening::MemoryFailed { .. }
            | Happening::Damaged { .. }
            | Happening::Changed
            | Happening::Fault
            | Happening::Mended => {
                self.rests = false;
                self.causes += 1;
                Ok(Finding::Nothing)
            }
            _ => Ok(Finding::Nothing),
        }
    }
}
