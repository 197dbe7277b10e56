//! Damaged bytes are refused, never believed.

use super::{Check, Fault, Finding, Happening};
use crate::world::World;

/// Needs no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct DamagedRejected;

impl Check for DamagedRejected {
    const NAME: &'static str = "damaged_rejected";
    const SENTENCE: &'static str = "Damaged bytes are refused, never believed.";

    fn begin_midway(&mut self, _: &World) -> bool {
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        let Happening::Damaged { from, to, believed } = *happening else {
            return Ok(Finding::Nothing);
        };
        if !believed {
            return Ok(Finding::Holds);
        }
        let name = |id| world.topology().name(id);
        let what = format!("{} took a damaged message of {} for a good one", name(to), name(from));
        Err(Fault::new(vec![from, to], what))
    }
}
