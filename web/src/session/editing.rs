//! The script changed, and taken back.

use herd_core::Preset;
use herd_sim_wasm::text::parse_seconds;
use herd_sim_wasm::{Command, EntryId, Options, Script};

use super::branches::Branches;
use super::{Session, UNDO_MAX};

impl Session {
    /// Switches a row of the script on or off.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn switch(&mut self, id: EntryId, on: bool) -> Result<(), String> {
        self.rewrite(|script| script.switch(id, on).then_some(()).ok_or_else(no_row))
    }

    /// Changes when and what a row of the script does.
    ///
    /// # Errors
    /// If it is none, or cannot be done in this herd.
    pub fn edit(&mut self, id: EntryId, at: &str, text: &str) -> Result<(), String> {
        let instant = parse_seconds(at.trim().trim_end_matches('s').trim_end());
        let instant =
            instant.ok_or_else(|| format!("“{at}” is no instant in seconds such as 1.25"))?;
        self.rewrite(|script| {
            let entry = script.entry(id).ok_or_else(no_row)?;
            let (on, joins) = (entry.on, matches!(entry.command, Command::Join { .. }));
            // With a link would go all that is done to it: it goes once the new one is there. Who joins
            // cannot be there twice.
            if joins {
                script.remove(id);
            }
            let command = Command::parse(text, script.topology()).map_err(|why| why.to_string())?;
            let new = script.add(instant, command)?;
            script.switch(new, on);
            if !joins {
                script.remove(id);
            }
            Ok(())
        })
    }

    /// Takes a row out of the script.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn remove(&mut self, id: EntryId) -> Result<(), String> {
        self.rewrite(|script| script.remove(id).then_some(()).ok_or_else(no_row))
    }

    /// The script as it would be if these commands were done now.
    #[must_use]
    pub fn with_now(&self, commands: &[Command]) -> String {
        let now = self.now();
        let mut script = self.script().clone();
        if now < self.seen {
            script.truncate(now);
        }
        for command in commands {
            // What cannot be done in this herd will be refused, and is told as it was meant.
            if script.add(now, command.clone()).is_err() {
                break;
            }
        }
        script.to_string()
    }

    /// Runs the same script with another seed.
    ///
    /// # Errors
    /// If the text is no seed.
    pub fn set_seed(&mut self, text: &str) -> Result<(), String> {
        let seed = text.trim().parse::<u64>();
        let seed = seed.map_err(|_| format!("A seed is a whole number, and “{text}” is none."))?;
        self.set_options(|options| options.seed = seed)
    }

    /// Runs the same script with another protocol.
    ///
    /// # Errors
    /// If the options then make no sense.
    pub fn set_protocol(&mut self, preset: Preset) -> Result<(), String> {
        self.set_options(|options| options.preset = preset)
    }

    fn set_options(&mut self, set: impl FnOnce(&mut Options)) -> Result<(), String> {
        let mut options = self.script().options().clone();
        set(&mut options);
        self.rewrite(|script| {
            let mut other = Script::new(options)?;
            for entry in script.entries() {
                let id = other.add(entry.at, entry.command.clone())?;
                other.switch(id, entry.on);
            }
            *script = other;
            Ok(())
        })
    }

    /// Changes the script and shows the same instant of the other run.
    fn rewrite(
        &mut self,
        change: impl FnOnce(&mut Script) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut script = self.script().clone();
        change(&mut script)?;
        let before = self.noted();
        self.remember(before);
        self.replace(script);
        Ok(())
    }

    pub(super) fn remember(&mut self, before: Branches) {
        self.undo.push(before);
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
        self.redo.clear();
    }

    /// Whether there is something to undo.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is something to do again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Undoes the last change of the script; the instant stays.
    pub fn undo(&mut self) {
        if let Some(before) = self.undo.pop() {
            let now = self.noted();
            self.redo.push(now);
            self.restore(before);
        }
    }

    /// Does again what was undone last.
    pub fn redo(&mut self) {
        if let Some(after) = self.redo.pop() {
            let now = self.noted();
            self.undo.push(now);
            self.restore(after);
        }
    }

    fn restore(&mut self, branches: Branches) {
        let shown = branches.shown().clone();
        self.branches = branches;
        self.seen = shown.seen;
        self.replace((*shown.script).clone());
    }

    /// Plays another script up to the same instant.
    fn replace(&mut self, script: Script) {
        self.history.rewrite(script);
        self.look();
    }
}

fn no_row() -> String {
    "That row of the script is gone.".to_owned()
}
