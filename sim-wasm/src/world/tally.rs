//! What servers tell each other, counted by kind.

use herd_core::codec::Frame;

use super::World;
use super::wire::first_frame;

/// Messages between servers since counting began, by what they say first. Sent ones: whether they
/// arrive does not matter.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Live updates.
    pub pushes: u64,
    /// What was missing.
    pub repairs: u64,
    /// What the sender has.
    pub digests: u64,
    /// What the sender lacks, and whom it wants to be fed by.
    pub pulls: u64,
    /// Whom the sender does not want to be fed by, and trees that are to be built anew.
    pub prunes: u64,
    /// Greetings, and the lines of prototypes.
    pub lines: u64,
}

impl Tally {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.pushes + self.repairs + self.digests + self.pulls + self.prunes + self.lines
    }

    pub(super) fn count(&mut self, bytes: &[u8]) {
        let place = match first_frame(bytes).and_then(|frame| Frame::parse(frame).ok()) {
            Some(Frame::Push(_)) => &mut self.pushes,
            Some(Frame::Repair(_)) => &mut self.repairs,
            Some(Frame::Digest(_)) => &mut self.digests,
            Some(Frame::Graft { .. } | Frame::Pull { .. }) => &mut self.pulls,
            Some(Frame::Prune(_) | Frame::Want(_)) => &mut self.prunes,
            None => &mut self.lines,
        };
        *place += 1;
    }
}

impl World {
    /// Counts what servers tell each other from now on, from 0.
    pub fn start_tally(&mut self) {
        self.tally = Some(Box::default());
    }

    /// What servers have told each other since [`Self::start_tally`].
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally.as_deref().copied().unwrap_or_default()
    }
}
