//! What a run is asked: its log, answers, checks, causes, and what its servers hold.

use wasm_bindgen::prelude::*;

use super::object;
use super::refusal::{Outcome, refuse};
use super::rows::{
    AnswerRow, CheckRow, DeadlineRow, LogRow, NeighbourRow, ScriptRow, Sighting, StoreRow,
};
use super::run::Run;
use crate::cause::Provenance;
use crate::{LogLine, ServerId, Sometimes};

#[wasm_bindgen]
impl Run {
    /// The servers' names; elsewhere a number means a place in here.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        self.history.script().topology().names().iter().map(ToString::to_string).collect()
    }

    /// How many lines the log has up to now.
    #[wasm_bindgen(getter, js_name = logLength)]
    #[must_use]
    pub fn log_length(&self) -> usize {
        self.history.log().len()
    }

    /// The lines of the log up to now, from one on.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "LogRow[]")]
    pub fn log(&self, from: usize) -> Outcome<JsValue> {
        self.log_rows(self.history.log().get(from..).unwrap_or_default())
    }

    /// What clients have heard up to now, from one answer on.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "AnswerRow[]")]
    pub fn answers(&self, from: usize) -> Outcome<JsValue> {
        let topology = self.history.script().topology();
        let answers = self.history.answers().get(from..).unwrap_or_default();
        let row = |answer: &std::sync::Arc<_>| AnswerRow::new(answer, topology);
        object(&answers.iter().map(row).collect::<Vec<_>>())
    }

    /// The checks, and how they stand.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "CheckRow[]")]
    pub fn checks(&self) -> Outcome<JsValue> {
        let topology = self.history.script().topology();
        let lamps = self.history.world().lamps();
        object(&lamps.iter().map(|lamp| CheckRow::new(lamp, topology)).collect::<Vec<_>>())
    }

    /// How often each thing that a search has to meet was seen in this run.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Sighting[]")]
    pub fn sightings(&self) -> Outcome<JsValue> {
        let counts = Sometimes::ALL.into_iter().zip(self.history.world().sightings());
        let row = |(what, count): (Sometimes, &u32)| Sighting {
            name: what.name(),
            sentence: what.sentence(),
            count: u64::from(*count),
        };
        object(&counts.map(row).collect::<Vec<_>>())
    }

    /// The lines that led to a line of the log, oldest first, it included; the first is the command
    /// it goes back to, unless that is the beginning of the run.
    ///
    /// # Errors
    /// If there is no such line.
    #[wasm_bindgen(unchecked_return_type = "LogRow[]")]
    pub fn causes(&mut self, line: usize) -> Outcome<JsValue> {
        let found = self.provenance().causes(line as u64).map(owned);
        self.log_rows(&found.ok_or_else(|| no_line(line))?)
    }

    /// The lines that a line of the log led to, oldest first, as far as the run was played.
    ///
    /// # Errors
    /// If there is no such line.
    #[wasm_bindgen(unchecked_return_type = "LogRow[]")]
    pub fn effects(&mut self, line: usize) -> Outcome<JsValue> {
        let found = self.provenance().effects(line as u64).map(owned);
        self.log_rows(&found.ok_or_else(|| no_line(line))?)
    }

    /// The row of the script that a line of the log goes back to; nothing if that is the beginning
    /// of the run.
    ///
    /// # Errors
    /// If there is no such line.
    #[wasm_bindgen(js_name = commandOf, unchecked_return_type = "ScriptRow | undefined")]
    pub fn command_of(&mut self, line: usize) -> Outcome<JsValue> {
        if line >= self.history.log().len() {
            return Err(no_line(line));
        }
        let id = self.provenance().command_of(line as u64);
        let script = self.history.script();
        let entry = id.and_then(|id| script.entry(id));
        object(&entry.map(|entry| ScriptRow::new(entry, script.topology())))
    }

    /// The way on which a server came to what it knows of a client now: where it was accepted, and
    /// every server that learned it on the way. Empty if it knows nothing.
    ///
    /// # Errors
    /// If there is no such server.
    #[wasm_bindgen(unchecked_return_type = "LogRow[]")]
    pub fn path(&mut self, client: &str, server: &str) -> Outcome<JsValue> {
        let server = self.server(server)?;
        // The way to the present: what it learns later is another one.
        let present = Provenance::of(self.history.script(), self.history.now());
        self.log_rows(&owned(present.path(client, server)))
    }

    /// The records a server holds; none if it is down.
    ///
    /// # Errors
    /// If there is no such server.
    #[wasm_bindgen(unchecked_return_type = "StoreRow[]")]
    pub fn store(&self, server: &str) -> Outcome<JsValue> {
        let rows = self.history.world().store_of(self.server(server)?);
        object(&rows.iter().map(StoreRow::from).collect::<Vec<_>>())
    }

    /// How a server stands with each of its neighbours.
    ///
    /// # Errors
    /// If there is no such server.
    #[wasm_bindgen(unchecked_return_type = "NeighbourRow[]")]
    pub fn neighbours(&self, server: &str) -> Outcome<JsValue> {
        let rows = self.history.world().links_of(self.server(server)?);
        let topology = self.history.script().topology();
        object(&rows.iter().map(|row| NeighbourRow::new(row, topology)).collect::<Vec<_>>())
    }

    /// When a server will do something by itself, and why.
    ///
    /// # Errors
    /// If there is no such server.
    #[wasm_bindgen(unchecked_return_type = "DeadlineRow | undefined")]
    pub fn deadline(&self, server: &str) -> Outcome<JsValue> {
        let deadline = self.history.world().deadline_of(self.server(server)?);
        object(&deadline.map(DeadlineRow::from))
    }

    fn server(&self, name: &str) -> Outcome<ServerId> {
        let found = self.history.script().topology().server(name);
        found.ok_or_else(|| refuse(&format!("no server is called {name}")))
    }

    fn log_rows(&self, lines: &[LogLine]) -> Outcome<JsValue> {
        let topology = self.history.script().topology();
        object(&lines.iter().map(|line| LogRow::new(line, topology)).collect::<Vec<_>>())
    }

    /// What led to what, as far as the run was played. It is played again for that, once.
    fn provenance(&mut self) -> &Provenance {
        let until = self.history.horizon();
        if self.causes.as_ref().is_none_or(|(known, _)| *known < until) {
            self.causes = None;
        }
        let script = self.history.script();
        &self.causes.get_or_insert_with(|| (until, Provenance::of(script, until))).1
    }
}

fn owned(lines: Vec<&LogLine>) -> Vec<LogLine> {
    lines.into_iter().cloned().collect()
}

fn no_line(line: usize) -> JsValue {
    refuse(&format!("the log has no line {line}"))
}
