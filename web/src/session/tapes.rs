//! Tapes of real servers: opened, shown, gone on with.

use herd_sim_wasm::tape::Tapes;
use herd_sim_wasm::{Command, Script};

use super::Session;

impl Session {
    /// What real servers were told, by their tapes: each a name for people, and its bytes.
    ///
    /// # Errors
    /// Which is no tape, and why.
    pub fn open_tapes(tapes: &[(String, Vec<u8>)]) -> Result<Self, String> {
        let mut session = Self::new(Script::of_tapes(Tapes::merge(tapes)?)?);
        // Whom it is about shows once it has been seen.
        session.seek(session.end());
        let first =
            session.frame().subjects.first().map(|name| String::from_utf8_lossy(name).into_owned());
        session.seek(0);
        if let Some(first) = first {
            session.follow(&first);
        }
        Ok(session)
    }

    /// The tapes that this run begins with, if it does.
    #[must_use]
    pub fn tapes(&self) -> Option<&Tapes> {
        self.script().options().tape.as_deref()
    }

    /// Whether what is shown now is what real servers did.
    #[must_use]
    pub fn is_taped(&self) -> bool {
        self.history.world().is_taped()
    }

    /// Goes on from this instant as a simulation.
    ///
    /// # Errors
    /// None of its own; see [`Self::act`].
    pub fn continue_tapes(&mut self) -> Result<(), String> {
        self.act(Command::Continue)
    }
}
