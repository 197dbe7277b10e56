//! Tapes: what servers were told, written to files beside them.
//!
//! The server's task writes into memory; a thread of the tape's own takes that in batches and writes
//! it to the file. A disk that is too slow, full or broken stops the tape and nothing else: what is
//! not on it is counted, and once the disk can again, a new tape begins with the node as it is then.
//! A tape that has grown too long is put aside as `FILE.1` and goes on in a new file, as the tape of a
//! server that starts again does. A file begins with the node as it is: each is whole without the others.

mod blocks;
mod files;
mod writer;

use std::io;
use std::path::{Path, PathBuf};

use herd_core::codec::Units;
use herd_core::tape::Recorder;
use herd_core::time::{MILLISECOND, SECOND};
use herd_core::{Config, ConnId, Input, Instant, Mark, Node, Now, Outbox};

pub(crate) use self::files::is_written;
use self::writer::Writer;
use crate::config::file_name;

/// Bytes that are handed over at once, as each time wakes a thread and a disk; fewer once [`LATEST`] has
/// passed.
const BATCH: usize = 1 << 20;
/// How long what was told may wait to be handed over, ns: a kill loses no more.
const LATEST: u64 = 100 * MILLISECOND;
/// How long after a failure the disk is tried again, ns.
const TRY_AGAIN: u64 = 10 * SECOND;

/// How tapes are written.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the tapes, or the file of the only one.
    pub path: PathBuf,
    /// Bytes that a server's tapes may take, all together; a large node has more.
    pub most: u64,
    /// Which core this is.
    pub core: u32,
}

impl Options {
    /// Where the tape of the server `name` is: a name is no path.
    #[must_use]
    pub fn file_of(&self, name: &str) -> PathBuf {
        if is_file(&self.path) {
            return self.path.clone();
        }
        let safe = file_name(name);
        self.path.join(format!("{safe}.tape"))
    }
}

/// Whether a path is that of a tape, and not of a folder.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tape")
}

/// The tape of one server.
#[derive(Debug)]
pub(crate) struct Tape {
    /// None before it begins; muted while nothing can be written.
    recorder: Option<Recorder>,
    path: PathBuf,
    core: u32,
    /// Bytes after which another file is begun.
    most: u64,
    /// The same, for the one that is written: a node as it is shall be the smaller part.
    full: u64,
    /// When what waits is handed over.
    due: Option<Instant>,
    /// Another one was begun after a failure, and is not on the disk yet.
    trying: bool,
    /// What was told since the failure and is on none.
    missing: u64,
    writer: Writer,
}

/// What has become of a tape.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// It stands still.
    Stopped(String),
    /// It goes on, and so much that was told is missing before that.
    GoesOn { lost: u64 },
}

impl Tape {
    /// Opens a tape; one that is there is put aside once this one has a beginning.
    ///
    /// # Errors
    /// What the system says about the file or its folder; `ResourceBusy` while another one is written
    /// there, by this process (see [`is_written`]) or another.
    pub(crate) fn open(options: &Options, name: &str) -> io::Result<Self> {
        let path = options.file_of(name);
        Ok(Self {
            recorder: None,
            core: options.core,
            most: options.most / 2,
            full: 0,
            due: None,
            trying: false,
            missing: 0,
            writer: Writer::start(&path, options.most / 2)?,
            path,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins with a node as it is.
    pub(crate) fn begin(&mut self, now: Now, node: &Node) {
        let core = self.core;
        match &mut self.recorder {
            Some(recorder) => recorder.begin_anew(core, now, node),
            None => self.recorder = Some(Recorder::new(core, now, node)),
        }
        // At once, so that whatever follows has a beginning.
        self.due = Some(now.mono);
        let length = self.recorder.as_ref().map_or(0, Recorder::len);
        self.full = self.most.max(2 * length);
    }

    /// What the node is about to be told.
    pub(crate) fn input(&mut self, now: Now, input: &Input<'_>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.input(now, input);
        }
    }

    /// What the node has heard on a connection, so many units at once.
    pub(crate) fn heard(&mut self, now: Now, conn: ConnId, units: Units<'_>, count: u64) {
        if let Some(recorder) = &mut self.recorder {
            recorder.heard(now, conn, units, count);
        }
    }

    /// What it has put out since.
    pub(crate) fn outputs(&mut self, out: &Outbox, since: Mark) {
        if let Some(recorder) = &mut self.recorder {
            recorder.outputs(out, since);
        }
    }

    /// Another configuration.
    pub(crate) fn reconfigured(&mut self, now: Now, config: &Config) {
        if let Some(recorder) = &mut self.recorder {
            recorder.reconfigured(now, config);
        }
    }

    /// Between which addresses a connection is.
    pub(crate) fn ends(&mut self, now: Now, conn: ConnId, own: &str, other: &str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.ends(now, conn, own, other);
        }
    }

    /// Bytes that were written.
    pub(crate) fn written(&self) -> u64 {
        self.writer.written()
    }

    /// Whether it stands still: what is told is on no tape, or not known to be on one yet.
    pub(crate) fn stands(&self) -> bool {
        self.trying || self.recorder.as_ref().is_some_and(Recorder::is_muted)
    }

    /// When [`turn`](Self::turn) has something to do.
    pub(crate) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Hands over what is due; never waits. What has become of the tape, if that has changed.
    pub(crate) fn turn(&mut self, now: Now, node: &Node) -> Option<Turn> {
        if self.recorder.as_ref().is_some_and(Recorder::is_muted) {
            return self.try_again(now, node);
        }
        // Looked at first: whoever sees that nothing waits sees whether it has failed.
        let idle = self.writer.is_idle();
        if let Some(why) = self.writer.trouble() {
            // That it stands still was said before.
            let known = std::mem::take(&mut self.trying);
            let turn = self.stop(now, why);
            return (!known).then_some(turn);
        }
        if self.trying && idle {
            self.trying = false;
            return Some(Turn::GoesOn { lost: std::mem::take(&mut self.missing) });
        }
        let recorder = self.recorder.as_mut()?;
        let waiting = recorder.waiting();
        if waiting == 0 {
            // What was handed over last may still be on its way.
            self.due = self.trying.then(|| now.mono.plus(LATEST));
            return None;
        }
        let at = *self.due.get_or_insert_with(|| now.mono.plus(LATEST));
        // A small tape is not to be twice as long for the last batch.
        if (waiting as u64) < (BATCH as u64).min(self.most / 4) && now.mono < at {
            return None;
        }
        self.due = None;
        self.writer.write(recorder);
        if recorder.len() >= self.full {
            self.writer.put_aside();
            self.begin(now, node);
        }
        None
    }

    /// Writes what is left, and waits until that is done.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn finish(mut self, now: Now) -> Result<(), String> {
        if let Some(mut recorder) = self.recorder.take() {
            recorder.stopped(now);
            self.writer.write(&mut recorder);
        }
        self.writer.finish()
    }

    /// Writes nothing more, finished or not: its server was killed.
    pub(crate) fn abandon(self) {
        self.writer.abandon();
    }

    fn stop(&mut self, now: Now, why: String) -> Turn {
        if let Some(recorder) = &mut self.recorder {
            recorder.mute();
        }
        self.due = Some(now.mono.plus(TRY_AGAIN));
        Turn::Stopped(why)
    }

    fn try_again(&mut self, now: Now, node: &Node) -> Option<Turn> {
        if self.due.is_some_and(|at| now.mono < at) {
            return None;
        }
        if !self.writer.is_idle() {
            self.due = Some(now.mono.plus(TRY_AGAIN));
            return None;
        }
        self.missing += self.recorder.as_ref().map_or(0, Recorder::lost);
        self.trying = true;
        self.writer.begin_again();
        self.begin(now, node);
        if let Some(recorder) = &mut self.recorder {
            self.writer.write(recorder);
        }
        self.due = Some(now.mono.plus(LATEST));
        None
    }
}

#[cfg(test)]
mod tests;
