//! One run, in the hands of JavaScript.

use wasm_bindgen::prelude::*;

use super::refusal::{Outcome, refuse, refuse_command, refuse_link, refuse_script};
use super::rows::{ScriptRow, Until};
use super::{instant, meant, object, seconds};
use crate::cause::Provenance;
use crate::{Command, Condition, EntryId, History, Link, Script, ScriptError, end_of, pack};

/// Steps that can be undone.
const UNDO_MAX: usize = 200;

/// A run at one instant: open it, play it on or back, change it, look at it. The same script is the
/// same run in every browser and natively; `digest` tells.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Run {
    pub(super) history: History,
    warning: Option<String>,
    undo: Vec<Script>,
    redo: Vec<Script>,
    /// What led to what, up to an instant; forgotten when the script changes.
    pub(super) causes: Option<(u64, Provenance)>,
}

#[wasm_bindgen]
impl Run {
    /// Opens a script, or a link (`herd1.…`, alone or in an address); a link at the instant that it
    /// names.
    ///
    /// # Errors
    /// What is wrong with it: for a script, a `HerdError` with line, column and what was expected.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Outcome<Self> {
        let link = open(text)?;
        let mut run = Self {
            warning: link.warning(),
            history: History::new(link.script),
            undo: Vec::new(),
            redo: Vec::new(),
            causes: None,
        };
        run.history.seek(link.at.unwrap_or(0));
        Ok(run)
    }

    /// If the run came by a link of another version of the herd: a sentence that says so.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.warning.clone()
    }

    /// The present instant, seconds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn now(&self) -> f64 {
        seconds(self.history.now())
    }

    /// The latest instant that was reached, seconds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn horizon(&self) -> f64 {
        seconds(self.history.horizon())
    }

    /// When the next thing happens, seconds; nothing if nothing will.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn next(&self) -> Option<f64> {
        self.history.world().next_time().map(seconds)
    }

    /// When the script is over: a while after its last command, seconds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn end(&self) -> f64 {
        seconds(end_of(self.history.script()))
    }

    /// Events so far.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn events(&self) -> f64 {
        self.history.world().events() as f64
    }

    /// Digest of all that happened so far, 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn digest(&self) -> String {
        format!("{:016x}", self.history.world().digest())
    }

    /// Whether nothing is under way, and every link that could be up is up.
    #[wasm_bindgen(getter, js_name = atRest)]
    #[must_use]
    pub fn at_rest(&self) -> bool {
        self.history.world().is_at_rest()
    }

    /// Goes to an instant, back or on.
    ///
    /// # Errors
    /// If it is none.
    pub fn seek(&mut self, at: f64) -> Outcome<()> {
        self.history.seek(instant(at)?);
        Ok(())
    }

    /// Does the next thing; whether there was one.
    pub fn step(&mut self) -> bool {
        self.history.step()
    }

    /// Goes back to before the last thing that happened; whether there was one.
    #[wasm_bindgen(js_name = stepBack)]
    pub fn step_back(&mut self) -> bool {
        self.history.step_back()
    }

    /// Goes on until something happens, or to an instant; whether it happened.
    ///
    /// # Errors
    /// If the condition or the instant is none.
    #[wasm_bindgen(js_name = runUntil)]
    pub fn run_until(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Until")] until: JsValue,
        limit: f64,
    ) -> Outcome<bool> {
        let limit = instant(limit)?;
        Ok(self.history.run_to(&condition(until)?, limit))
    }

    /// Goes back to where something happened last; whether it ever did. If not, nothing changes.
    ///
    /// # Errors
    /// If the condition is none.
    #[wasm_bindgen(js_name = runBackUntil)]
    pub fn run_back_until(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Until")] until: JsValue,
    ) -> Outcome<bool> {
        Ok(self.history.run_back_to(&condition(until)?))
    }

    /// Does a command now, such as `kill Holiday`, `cut Ball-Welsh` or
    /// `say Alford IAMAT kiwi +34-118 1700000000`; the name of its row. In the past, what the script
    /// had still to come is left behind as a branch (`undo` brings it back).
    ///
    /// # Errors
    /// What was expected, and at which column of the command.
    pub fn act(&mut self, command: &str) -> Outcome<u32> {
        let command = self.command(command)?;
        let before = self.history.script().clone();
        let now = self.history.now();
        let done = if now < self.history.horizon() {
            self.history.act(command)
        } else {
            self.history.insert(now, command)
        };
        let id = done.map_err(|why| refuse(&why))?;
        self.changed(before);
        Ok(id.0)
    }

    /// Adds a command at an instant, past or to come, and leaves the rest as it is; the name of its
    /// row. The present instant stays.
    ///
    /// # Errors
    /// As `act`.
    pub fn insert(&mut self, at: f64, command: &str) -> Outcome<u32> {
        let (at, command) = (instant(at)?, self.command(command)?);
        let before = self.history.script().clone();
        let id = self.history.insert(at, command).map_err(|why| refuse(&why))?;
        self.changed(before);
        Ok(id.0)
    }

    /// Switches a row of the script on or off and is back at the same instant.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn toggle(&mut self, id: u32, on: bool) -> Outcome<()> {
        let before = self.history.script().clone();
        if !self.history.toggle(EntryId(id), on) {
            return Err(no_row(id));
        }
        self.changed(before);
        Ok(())
    }

    /// Takes a row out of the script and is back at the same instant.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn remove(&mut self, id: u32) -> Outcome<()> {
        let before = self.history.script().clone();
        if !self.history.remove(EntryId(id)) {
            return Err(no_row(id));
        }
        self.changed(before);
        Ok(())
    }

    /// Plays another script up to the same instant.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn rewrite(&mut self, script: &str) -> Outcome<()> {
        let script = script.parse().map_err(|why: ScriptError| refuse_script(&why))?;
        let before = self.history.script().clone();
        self.history.rewrite(script);
        self.changed(before);
        Ok(())
    }

    /// Takes back the last change of the script; whether there was one. The present instant stays.
    pub fn undo(&mut self) -> bool {
        let Some(script) = self.undo.pop() else { return false };
        self.redo.push(self.history.script().clone());
        self.history.rewrite(script);
        self.causes = None;
        true
    }

    /// Does again what was undone last; whether there was something.
    pub fn redo(&mut self) -> bool {
        let Some(script) = self.redo.pop() else { return false };
        self.undo.push(self.history.script().clone());
        self.history.rewrite(script);
        self.causes = None;
        true
    }

    /// A run of its own, from here: what is done in one does not touch the other.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.clone()
    }

    /// The script, with what is still to come, as text.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn script(&self) -> String {
        self.history.script().to_string()
    }

    /// The script's rows, in the order in which they are done.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "ScriptRow[]")]
    pub fn rows(&self) -> Outcome<JsValue> {
        let script = self.history.script();
        let row = |entry| ScriptRow::new(entry, script.topology());
        object(&script.entries().iter().map(row).collect::<Vec<_>>())
    }

    /// The link of the run at the present instant: the page opens it behind `/#`, and `herd sim run`
    /// plays it.
    #[must_use]
    pub fn link(&self) -> String {
        Link::new(self.history.script().clone(), Some(self.history.now())).to_string()
    }

    fn command(&self, text: &str) -> Outcome<Command> {
        Command::parse(text, self.history.script().topology()).map_err(|why| refuse_command(&why))
    }

    fn changed(&mut self, before: Script) {
        self.causes = None;
        self.redo.clear();
        self.undo.push(before);
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
    }
}

pub(super) fn open(text: &str) -> Outcome<Link> {
    if pack::is_link(text) {
        return Link::parse(text).map_err(|why| refuse_link(&why));
    }
    let script = text.parse().map_err(|why: ScriptError| refuse_script(&why))?;
    Ok(Link::new(script, None))
}

fn condition(until: JsValue) -> Outcome<Condition> {
    meant::<Until>(until, "a condition").map(Into::into)
}

fn no_row(id: u32) -> JsValue {
    refuse(&format!("the script has no row {id}"))
}
