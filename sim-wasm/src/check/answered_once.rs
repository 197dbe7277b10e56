//! Every client line gets exactly one answer, and no answer comes without a line.

use super::{Check, Fault, Finding, Happening, shown};
use crate::world::World;

/// Needs no memory: the clients themselves know what they wait for.
#[derive(Clone, Debug, Default)]
pub(super) struct AnsweredOnce;

impl Check for AnsweredOnce {
    const NAME: &'static str = "answered_once";
    const SENTENCE: &'static str =
        "Every client line gets exactly one answer, and no answer comes without a line.";

    fn begin_midway(&mut self, _: &World) -> bool {
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Unasked { server, terminal, answer } => {
                let said = shown(answer);
                let what = format!("{terminal} got “{said}” without having said anything");
                Err(Fault::new(vec![server], what).about(answer))
            }
            Happening::Jilted { server, terminal, line } => {
                let (name, said) = (world.topology().name(server), shown(line));
                let what = format!("{terminal} said “{said}” to {name}, which hung up");
                Err(Fault::new(vec![server], what).about(line))
            }
            // A line whose connection broke can have no answer; one whose connection stands, and
            // for which nothing is under way, never gets one.
            Happening::Rest => match world.unanswered() {
                Some((server, terminal, line)) => {
                    let name = world.topology().name(server);
                    let said = shown(line);
                    let what = format!("{terminal} said “{said}” to {name} and gets no answer");
                    Err(Fault::new(vec![server], what).about(line))
                }
                None if world.has_spoken() => Ok(Finding::Holds),
                None => Ok(Finding::Nothing),
            },
            Happening::Kept { .. }
            | Happening::Sent { .. }
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
            | Happening::Step { .. } => Ok(Finding::Nothing),
        }
    }
}
