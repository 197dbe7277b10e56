//! What led to what: the causes and effects of every line of the log, and the way a fact took.
//!
//! Nothing of it is kept while a run is played: it is asked for, and the run is played again.

use std::collections::BTreeSet;

use crate::log::{LogKind, LogLine};
use crate::script::{EntryId, Script};
use crate::topology::ServerId;
use crate::world::World;

/// What a world notes while it is traced: the step (an event or a command) that put each event into
/// the queue, and the one that wrote each line.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// Events that were in the queue before, and lines in the log.
    pushed: u64,
    lines_before: u64,
    /// By order of pushing: the step that did.
    pushed_by: Vec<u32>,
    /// By line: the step that wrote it.
    written_by: Vec<u32>,
    steps: Vec<Step>,
}

/// One event or command.
#[derive(Clone, Copy, Debug)]
struct Step {
    at: u64,
    /// The step that led to it; a command or the beginning has none.
    cause: Option<u32>,
    /// The place of the command in the script.
    entry: Option<u32>,
}

impl Trace {
    pub(crate) const fn new(pushed: u64, lines_before: u64) -> Self {
        Self {
            pushed,
            lines_before,
            pushed_by: Vec::new(),
            written_by: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// The present step; before the first, one that is never read.
    fn step(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX).wrapping_sub(1)
    }

    pub(crate) fn scheduled(&mut self) {
        self.pushed_by.push(self.step());
    }

    pub(crate) fn line(&mut self) {
        self.written_by.push(self.step());
    }

    pub(crate) fn command(&mut self, at: u64, entry: usize) {
        let entry = u32::try_from(entry).ok();
        self.steps.push(Step { at, cause: None, entry });
    }

    pub(crate) fn event(&mut self, at: u64, number: u64) {
        let number = number.checked_sub(self.pushed).and_then(|n| usize::try_from(n).ok());
        let cause = number.and_then(|number| self.pushed_by.get(number).copied());
        self.steps.push(Step { at, cause, entry: None });
    }
}

/// A run with all that led to what, up to an instant.
#[derive(Clone, Debug)]
pub struct Provenance {
    script: Script,
    log: Vec<LogLine>,
    trace: Trace,
}

impl Provenance {
    /// Plays a script up to an instant, that instant included, and notes what leads to what.
    #[must_use]
    pub fn of(script: &Script, until: u64) -> Self {
        let mut world = World::new(script.clone());
        world.record(true);
        world.trace();
        world.run_until(until);
        let log = world.take_log();
        let trace = world.take_trace().map_or_else(|| Trace::new(0, 0), |trace| *trace);
        Self { script: script.clone(), log, trace }
    }

    /// The log up to that instant.
    #[must_use]
    pub fn log(&self) -> &[LogLine] {
        &self.log
    }

    /// The lines that led to one, oldest first, it included; `None` if there is no such line. The
    /// first is the command it goes back to, unless it goes back to the beginning of the run.
    #[must_use]
    pub fn causes(&self, line: u64) -> Option<Vec<&LogLine>> {
        let own = self.step_of(line)?;
        let mut steps = BTreeSet::from([own]);
        let mut step = own;
        while let Some(cause) = self.trace.steps.get(step as usize).and_then(|step| step.cause) {
            step = cause;
            steps.insert(step);
        }
        // Of its own step, nothing that came after it.
        let before = |of: &&LogLine| of.number <= line && self.is_of(of, &steps);
        Some(self.log.iter().filter(before).collect())
    }

    /// The lines that one led to, oldest first, without those of the same step before it; `None` if
    /// there is no such line.
    #[must_use]
    pub fn effects(&self, line: u64) -> Option<Vec<&LogLine>> {
        let own = self.step_of(line)?;
        let mut steps = BTreeSet::from([own]);
        // A step comes after its cause.
        for (number, step) in (0..).zip(&self.trace.steps) {
            if step.cause.is_some_and(|cause| steps.contains(&cause)) {
                steps.insert(number);
            }
        }
        let after = |of: &&LogLine| of.number > line && self.is_of(of, &steps);
        Some(self.log.iter().filter(after).collect())
    }

    /// The command that a line goes back to; `None` if that is the beginning of the run, or if there
    /// is no such line.
    #[must_use]
    pub fn command_of(&self, line: u64) -> Option<EntryId> {
        let mut step = self.trace.steps.get(self.step_of(line)? as usize)?;
        while let Some(cause) = step.cause {
            step = self.trace.steps.get(cause as usize)?;
        }
        let entry = self.script.entries().get(usize::try_from(step.entry?).ok()?)?;
        Some(entry.id)
    }

    /// The way on which a server came to what it knows of a client: where it was accepted first, and
    /// every server that learned it on the way, the last of them this one. Empty if it knows nothing.
    #[must_use]
    pub fn path(&self, client: &str, server: ServerId) -> Vec<&LogLine> {
        let mut path = Vec::new();
        let (mut server, mut before) = (server, u64::MAX);
        while let Some((line, from)) = self.kept(client, server, before) {
            path.push(line);
            let Some(from) = from else { break };
            server = from;
            // Its neighbour knew it when it sent it.
            let step =
                self.step_of(line.number).and_then(|step| self.trace.steps.get(step as usize));
            let sent = step.and_then(|step| self.trace.steps.get(step.cause? as usize));
            before = sent.map_or(line.at, |sent| sent.at);
        }
        path.reverse();
        path
    }

    /// The line at which a server last kept a record of a client, and whom it had it from.
    fn kept(
        &self,
        client: &str,
        server: ServerId,
        before: u64,
    ) -> Option<(&LogLine, Option<ServerId>)> {
        let here = |line: &&LogLine| line.server == Some(server.0) && line.at <= before;
        self.log.iter().rev().filter(here).find_map(|line| {
            let mut words = line.text.split(' ').skip(1);
            if !matches!(line.kind, LogKind::Accepted | LogKind::Learned)
                || words.next() != Some(client)
            {
                return None;
            }
            // "learns kiwi < Ball"; what a client said has nobody behind it.
            let from = words.nth(1).and_then(|name| self.script.topology().server(name));
            Some((line, from))
        })
    }

    fn step_of(&self, line: u64) -> Option<u32> {
        let line = line.checked_sub(self.trace.lines_before)?;
        self.trace.written_by.get(usize::try_from(line).ok()?).copied()
    }

    fn is_of(&self, line: &LogLine, steps: &BTreeSet<u32>) -> bool {
        self.step_of(line.number).is_some_and(|step| steps.contains(&step))
    }
}
