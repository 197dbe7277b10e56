//! A run that is gone over again: nothing of it has to be judged or written down, since that was done.

use super::World;

impl World {
    /// A copy that goes over again what has happened: it has no memory of the checks, and keeps no log.
    /// Until it [follows](Self::follow) who has come further, it knows only what was found so far.
    pub(crate) fn bare(&mut self) -> Self {
        let checks = self.checks.take();
        let known = checks.as_deref().map(|checks| checks.known(self.events));
        let copy = Self { checks: known, records: false, bare: true, ..self.clone() };
        self.checks = checks;
        copy
    }

    /// Whether checks judge what happens: what only they want to see need not be made out else.
    pub(super) fn judges(&self) -> bool {
        self.checks.is_some() && !self.bare
    }

    /// What the checks of another world of the same run have found, which has come at least as far as
    /// this one will.
    pub(crate) fn follow(&mut self, other: &Self) {
        if self.checks.is_some()
            && let Some(checks) = &other.checks
        {
            self.checks = Some(checks.known(self.events));
        }
    }
}
