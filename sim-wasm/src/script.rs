//! A run as text: the options, then timed commands.
//!
//! ```text
//! herd 1 seed=7 topology=ring:8 latency=5ms..45ms
//! # what stands behind a number sign is a remark
//! @1.25 say s3 IAMAT kiwi +34.068930-118.445127 1520023934.918963997
//! @2 cut s1-s2
//! off @4 heal
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use herd_core::time::SECOND;

use crate::command::Command;
use crate::options::Options;
use crate::tape::Tapes;
use crate::text::{Reader, parse_seconds, show_seconds};
use crate::topology::{ServerId, TAPE, Topology};

/// Names an entry of a script as long as the script lives, whatever is done to the others. Nothing
/// in a run depends on it, and it is not part of the text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EntryId(pub u32);

/// One timed command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// When it is done, ns from the beginning.
    pub at: u64,
    /// Whether it is done at all.
    pub on: bool,
    /// What is done.
    pub command: Command,
}

/// The ground truth of a run: the options, and the commands in the order in which they are done.
#[derive(Clone, Debug)]
pub struct Script {
    options: Options,
    topology: Topology,
    entries: Vec<Entry>,
    next_id: u32,
}

/// Two scripts are the same run if they say the same; the entries' names do not matter.
impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        let said = |e: &Entry, o: &Entry| (e.at, e.on, &e.command) == (o.at, o.on, &o.command);
        self.options == other.options
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(e, o)| said(e, o))
    }
}

impl Eq for Script {}

/// What is wrong with a text that should be a script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScriptError {
    /// In which line, from 1.
    pub line: u32,
    /// At which character of it, from 1.
    pub column: u32,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: expected {}", self.line, self.column, self.expected)
    }
}

impl std::error::Error for ScriptError {}

/// Entries a script may have.
pub const ENTRIES_MAX: usize = 100_000;
/// The last instant at which something may be done: tapes may tell of many days. (As far as that, seconds
/// of JavaScript name every nanosecond.)
pub const AT_MAX: u64 = 4_000_000 * SECOND;

impl Script {
    /// A run in which nothing is done.
    ///
    /// # Errors
    /// If the options make no sense; what would be right.
    pub fn new(options: Options) -> Result<Self, String> {
        let topology = options.build_topology()?;
        options.check_in(&topology)?;
        Ok(Self { options, topology, entries: Vec::new(), next_id: 1 })
    }

    /// The same in one of the herds of the field: for a program that has to be small, which then knows no
    /// other shape.
    ///
    /// # Errors
    /// If the options make no sense, or name no such herd; what would be right.
    pub fn in_field(options: Options) -> Result<Self, String> {
        let topology = Topology::of_field(&options.topology).ok_or("a herd of the field")?;
        options.check_in(&topology)?;
        Ok(Self { options, topology, entries: Vec::new(), next_id: 1 })
    }

    /// The run that begins with what real servers did, and in which nothing else is done.
    ///
    /// # Errors
    /// They are of too many servers.
    pub fn of_tapes(tapes: Tapes) -> Result<Self, String> {
        let tape = Some(Arc::new(tapes));
        Self::new(Options { topology: TAPE.into(), tape, ..Options::default() })
    }

    /// The options.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The topology the options name, and behind it every server that joins and every link that is
    /// laid.
    #[must_use]
    pub const fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The entries, in the order in which they are done.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that name.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Adds a command, behind those of the same instant.
    ///
    /// Servers that join are numbered in the order in which they do: whoever joins before others takes
    /// the number of the first of them.
    ///
    /// # Errors
    /// If the command cannot be done in this herd, or there are too many; the script is as it was.
    pub fn add(&mut self, at: u64, command: Command) -> Result<EntryId, String> {
        command.check(&self.topology)?;
        let place = self.entries.partition_point(|entry| entry.at <= at);
        let later = self.entries[place..].iter().any(|entry| entry.command.grows());
        let before = later.then(|| grown(&self.topology, &self.entries[..place]));
        let before = before.as_ref().unwrap_or(&self.topology);
        let number = before.names().len();
        if command.servers().iter().any(|server| server.index() >= number) {
            return Err("a server that has joined by then".into());
        }
        if later {
            command.check(before).map_err(|why| format!("{why} by then"))?;
        }
        if self.entries.len() == ENTRIES_MAX {
            return Err(format!("at most {ENTRIES_MAX} entries"));
        }
        if at > AT_MAX {
            return Err("an instant of at most 4000000 s".into());
        }
        let id = EntryId(self.next_id);
        self.next_id += 1;
        let joins = matches!(command, Command::Join { .. });
        if joins && number < self.topology.names().len() {
            let later = |server: ServerId| {
                let behind = server.index() >= number;
                Some(if behind { ServerId(server.0 + 1) } else { server })
            };
            for entry in &mut self.entries {
                if let Some(command) = entry.command.renamed(&later) {
                    entry.command = command;
                }
            }
        }
        if !later {
            grow(&mut self.topology, &command);
        }
        self.entries.insert(place, Entry { id, at, on: true, command });
        if later && self.entries[place].command.grows() {
            self.topology = grown(&self.topology, &self.entries);
        }
        Ok(id)
    }

    /// Switches an entry on or off; whether there is one of that name.
    pub fn switch(&mut self, id: EntryId, on: bool) -> bool {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        entry.map(|entry| entry.on = on).is_some()
    }

    /// Takes an entry out; whether there was one of that name. With a server that joins, or a link
    /// that is laid, goes all that is done to it.
    pub fn remove(&mut self, id: EntryId) -> bool {
        let before = self.entries.len();
        self.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// Forgets what is done later than `at`.
    pub fn truncate(&mut self, at: u64) {
        self.retain(|entry| entry.at <= at);
    }

    fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        let kept: Vec<Entry> = self.entries.iter().filter(|entry| keep(entry)).cloned().collect();
        if kept.len() < self.entries.len() {
            *self = self.with_entries(&kept);
        }
    }

    /// This script with some of its entries only, perhaps at other instants, in the same order. What
    /// is left of those that name a server which does not join any more is nothing.
    pub(crate) fn with_entries(&self, entries: &[Entry]) -> Self {
        let mut left = entries.iter().peekable();
        // The numbers of the servers that join, and what they are now.
        let mut numbers: Vec<Option<ServerId>> = Vec::new();
        let founders = self.topology.founders();
        let mut script =
            Self { topology: self.topology.as_founded(), entries: Vec::new(), ..self.clone() };
        for old in &self.entries {
            let new = left.next_if(|new| new.id == old.id);
            let renamed = new.and_then(|new| {
                let to = |server: ServerId| match server.index().checked_sub(founders) {
                    None => Some(server),
                    Some(joined) => numbers.get(joined).copied().flatten(),
                };
                Some((new, new.command.renamed(&to)?))
            });
            // What is done to a link that is not laid any more goes as well.
            let left = renamed.filter(|(_, command)| command.check(&script.topology).is_ok());
            let joined = left.and_then(|(new, command)| {
                let joined = grow(&mut script.topology, &command);
                script.entries.push(Entry { command, ..new.clone() });
                joined
            });
            if matches!(old.command, Command::Join { .. }) {
                numbers.push(joined);
            }
        }
        script
    }
}

/// The servers and links that are there from the beginning, and behind them all that come by entries.
fn grown(topology: &Topology, entries: &[Entry]) -> Topology {
    let mut topology = topology.as_founded();
    for entry in entries {
        grow(&mut topology, &entry.command);
    }
    topology
}

/// Makes room for what comes by a command; the number of a server that joins.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave the herd as it is")]
fn grow(topology: &mut Topology, command: &Command) -> Option<ServerId> {
    match command {
        Command::Join { name, neighbours } => Some(topology.join(name, neighbours)),
        Command::Link { ends, .. } => {
            topology.lay(ends.from, ends.to);
            None
        }
        _ => None,
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.options)?;
        for entry in &self.entries {
            let off = if entry.on { "" } else { "off " };
            writeln!(f, "{off}@{} {}", show_seconds(entry.at), entry.command.text(&self.topology))?;
        }
        Ok(())
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut script = None;
        for (index, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let wrong = |column, expected| ScriptError { line: number, column, expected };
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            match &mut script {
                None => {
                    let options = Options::parse(line).map_err(|w| wrong(w.column, w.expected))?;
                    script = Some(Self::new(options).map_err(|expected| wrong(1, expected))?);
                }
                Some(script) => script.read(line, &wrong)?,
            }
        }
        script.ok_or_else(|| ScriptError {
            line: 1,
            column: 1,
            expected: "a script, which begins with the word herd".into(),
        })
    }
}

impl Script {
    /// Reads one entry.
    fn read(
        &mut self,
        line: &str,
        wrong: &dyn Fn(u32, String) -> ScriptError,
    ) -> Result<(), ScriptError> {
        let mut reader = Reader::new(line);
        let on = !reader.take("off");
        let at = |word: &str| word.strip_prefix('@').and_then(parse_seconds);
        let at = reader
            .parse("an instant in seconds such as @1.25", at)
            .map_err(|w| wrong(w.column, w.expected))?;
        let text = reader.rest();
        let before = line[..line.len() - text.len()].chars().count();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let command = Command::parse(text, &self.topology)
            .map_err(|w| wrong(before.saturating_add(w.column), w.expected))?;
        if self.entries.last().is_some_and(|last| last.at > at) {
            return Err(wrong(1, "an instant that is not before that of the line above".into()));
        }
        let id = self.add(at, command).map_err(|expected| wrong(1, expected))?;
        self.switch(id, on);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "herd 1 seed=7 topology=ring:8 latency=5ms..45ms\n\
        @1.25 say s3 IAMAT kiwi +34.068930-118.445127 1520023934.918963997\n\
        @2 cut s1-s2\n\
        off @2 kill s0\n\
        @4 heal\n";

    #[test]
    fn text_both_ways() {
        let script: Script = TEXT.parse().expect("a script");
        assert_eq!(script.to_string(), TEXT);
        let remarked = format!("# hello\n\n{}  # bye\r\n", TEXT.replace('\n', "\r\n"));
        assert_eq!(remarked.parse(), Ok(script));
    }

    #[test]
    fn entries_keep_their_names() {
        let mut script: Script = TEXT.parse().expect("a script");
        let id = script.entries()[1].id;
        let early = script.add(0, Command::Heal(None)).expect("heal");
        assert_eq!(script.entries()[0].id, early);
        assert!(script.switch(id, false));
        assert!(!script.entry(id).expect("still there").on);
        assert!(script.remove(id) && !script.remove(id) && !script.switch(id, true));
        script.truncate(2_000_000_000);
        assert!(script.to_string().ends_with("off @2 kill s0\n"));
        assert!(script.add(AT_MAX + 1, Command::Heal(None)).is_err());
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, line, column, expected) in [
            ("", 1, 1, "the word herd"),
            ("# only\n", 1, 1, "the word herd"),
            ("herd 1 seed=x", 1, 8, "a seed"),
            ("herd 1\n\nheal", 3, 1, "an instant"),
            ("herd 1\n@1 kill Nobody", 2, 9, "a server"),
            ("herd 1\noff @1 kill Ball Welsh", 2, 18, "the end"),
            ("herd 1\n@2 heal\n@1 heal", 3, 1, "not before"),
            ("herd 1\n@-1 heal", 2, 1, "an instant"),
            ("herd 1\n@1", 2, 3, "a command"),
        ] {
            let error = text.parse::<Script>().expect_err(text);
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(error.expected.contains(expected), "{text}: {error}");
        }
    }
}
