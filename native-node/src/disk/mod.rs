//! What a server keeps on its disk, so that what it answered outlives it.
//!
//! The newest record of every client lies in one file a server: a copy-on-write B-tree (redb),
//! whose commits are whole or not there at all, whatever the power does. What changed since the
//! last commit goes into the next one together (group commit), so a busy disk makes batches larger
//! and not queues longer. Which updates the server has of whom is part of the same commit: it comes
//! back as it was, and its neighbours give it only what it missed.

mod file;
mod form;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use herd_core::{Instant, Node};

use self::file::File;
pub use self::file::OpenError;
pub(crate) use self::writer::Kept;
use self::writer::Writer;
use crate::config::file_name;

/// How long after a failure the disk is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// When an answer is given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// Once its record is on the disk.
    #[default]
    Answer,
    /// At once; the disk follows at most so long after. A disk that cannot is waited for.
    Interval(Duration),
}

impl FromStr for Durability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "answer" {
            return Ok(Self::Answer);
        }
        let millis = text.strip_prefix("interval:").and_then(|millis| millis.parse::<u32>().ok());
        let millis = millis.filter(|millis| *millis > 0);
        millis.map(|millis| Self::Interval(Duration::from_millis(millis.into()))).ok_or_else(|| {
            "`answer`, or `interval:` and milliseconds, like interval:100".to_owned()
        })
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer => write!(f, "answer"),
            Self::Interval(interval) => write!(f, "interval:{}", interval.as_millis()),
        }
    }
}

/// A server's disk: what has changed since the last commit, and the commit on its way.
#[derive(Debug)]
pub(crate) struct Disk {
    file: Option<File>,
    writer: Option<Writer>,
    /// While there is a file at this path, the disk is made to hang.
    hangs: Option<PathBuf>,
    path: PathBuf,
    durability: Durability,
    /// The clients whose records have changed.
    changed: BTreeSet<Box<[u8]>>,
    /// The number of the commit that they will be in.
    next: u64,
    /// When the first of them has.
    since: Option<Instant>,
    /// The commit on its way.
    writing: Option<Writing>,
    /// When the next commit is due.
    due: Option<Instant>,
    failing: bool,
}

/// A commit on its way.
#[derive(Debug)]
struct Writing {
    number: u64,
    /// Whose records are in it.
    clients: BTreeSet<Box<[u8]>>,
    /// When the first of them changed.
    since: Option<Instant>,
}

/// What came back from a disk.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Restored {
    /// Records.
    pub(crate) records: u64,
    /// Records that were not what had been written, and are left out.
    pub(crate) damaged: u64,
    /// Whether the server had ended without closing the file, and how that was mended.
    pub(crate) mended: bool,
}

impl Disk {
    /// The file of the server `name` in a folder: a name is no path.
    pub(crate) fn path(folder: &Path, name: &str) -> PathBuf {
        let safe = file_name(name);
        folder.join(format!("{safe}.redb"))
    }

    /// Opens the disk of a server of a herd, or makes an empty one.
    ///
    /// # Errors
    /// It cannot be read or written, or is another server's.
    pub(crate) fn open(
        path: &Path,
        cluster: &str,
        name: &str,
        durability: Durability,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            file: Some(File::open(path, cluster, name)?),
            writer: None,
            hangs: None,
            path: path.to_owned(),
            durability,
            changed: BTreeSet::new(),
            next: 1,
            since: None,
            writing: None,
            due: None,
            failing: false,
        })
    }

    /// Makes it hang while there is a file at that path, to see what comes of a disk that does.
    pub(crate) fn hanging(self, path: Option<PathBuf>) -> Self {
        Self { hangs: path, ..self }
    }

    /// The file.
    pub(crate) fn file_path(&self) -> &Path {
        &self.path
    }

    /// When an answer is given.
    pub(crate) const fn durability(&self) -> Durability {
        self.durability
    }

    /// The latest life of this server that the disk knows of.
    pub(crate) fn incarnation(&self) -> u64 {
        self.file.as_ref().map_or(0, File::incarnation)
    }

    /// Gives a node that has not started what its earlier lives kept.
    ///
    /// # Errors
    /// What the file says; the node has what could be read.
    pub(crate) fn restore(&self, node: &mut Node) -> Result<Restored, String> {
        self.file.as_ref().map_or_else(|| Ok(Restored::default()), |file| file.restore(node))
    }

    /// Begins to write; `report` is called with the end of every commit.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        &mut self,
        report: impl Fn(Kept) + Send + 'static,
    ) -> Result<(), std::io::Error> {
        if let Some(file) = self.file.take() {
            self.writer = Some(Writer::start(file, self.hangs.take(), report)?);
        }
        Ok(())
    }

    /// A client's record has changed.
    pub(crate) fn change(&mut self, now: Instant, client: &[u8]) {
        if !self.changed.contains(client) {
            self.changed.insert(client.into());
        }
        self.since.get_or_insert(now);
        self.due.get_or_insert_with(|| match self.durability {
            Durability::Answer => now,
            // Half of the time is for writing.
            Durability::Interval(interval) => now.plus(nanos(interval) / 2),
        });
    }

    /// The commit that has to end before a client is told its record is kept; `None` if that is on
    /// the disk, or the client does not wait for it.
    pub(crate) fn waits_for(&self, now: Instant, client: &[u8]) -> Option<u64> {
        if let Durability::Interval(interval) = self.durability {
            let oldest = self.writing.as_ref().map_or(self.since, |writing| writing.since);
            if oldest.is_none_or(|oldest| now <= oldest.plus(nanos(interval))) {
                return None;
            }
        }
        if self.changed.contains(client) {
            return Some(self.next);
        }
        let writing = self.writing.as_ref().filter(|writing| writing.clients.contains(client));
        writing.map(|writing| writing.number)
    }

    /// When [`write`](Self::write) has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| self.writing.is_none())
    }

    /// Begins a commit of everything that has changed.
    pub(crate) fn write(&mut self, node: &Node) {
        let Some(writer) = self.writer.as_ref().filter(|_| self.writing.is_none()) else { return };
        self.due = None;
        writer.write(form::commit(self.next, node, &self.changed));
        let clients = std::mem::take(&mut self.changed);
        self.writing = Some(Writing { number: self.next, clients, since: self.since.take() });
        self.next += 1;
    }

    /// A commit has ended. `Some` where that changes whether records are kept at all.
    pub(crate) fn ended(&mut self, now: Instant, kept: &Kept) -> Option<bool> {
        let failing = kept.result.is_err();
        if let Some(writing) = self.writing.take().filter(|_| failing) {
            // They are in the next one.
            self.changed.extend(writing.clients);
            self.since = writing.since.or(self.since);
            self.due = Some(now.plus(nanos(TRY_AGAIN)));
        }
        let before = std::mem::replace(&mut self.failing, failing);
        (before != failing).then_some(!failing)
    }

    /// Writes what has changed, and waits until that is on the disk.
    ///
    /// # Errors
    /// What the file says.
    pub(crate) fn finish(mut self, node: &Node) -> Result<(), String> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        if let Some(writing) = self.writing.take() {
            // How it ends is nobody's to hear any more: all of it is written once more.
            self.changed.extend(writing.clients);
        }
        writer.write(form::commit(self.next, node, &self.changed));
        writer.finish()
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
