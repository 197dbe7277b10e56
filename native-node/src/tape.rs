//! Tapes: what servers were told, written to files beside them.
//!
//! The server's task writes into memory; a thread of the tape's own takes that in batches and writes
//! it to the file. A disk that is too slow, full or broken stops the tape and nothing else: what is
//! not on it is counted, and once the disk can again, a new tape begins with the node as it is then.
//! A tape that has grown too long is put aside as `FILE.1`, in the place of the one before it, and
//! goes on in a new file, which begins with the node as well: either is whole without the other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use herd_core::tape::Recorder;
use herd_core::time::{MILLISECOND, SECOND};
use herd_core::{Config, ConnId, Input, Instant, Mark, Node, Now, Outbox};

/// Bytes that are handed over at once; fewer once [`LATEST`] has passed.
const BATCH: usize = 64 << 10;
/// How long what was told may wait to be handed over, ns: a kill loses no more.
const LATEST: u64 = 100 * MILLISECOND;
/// Bytes that may wait for the disk, beside a node as it is.
const WAITING_MAX: usize = 64 << 20;
/// How long after a failure the disk is tried again, ns.
const TRY_AGAIN: u64 = 10 * SECOND;
/// Buffers that are kept to be used again.
const SPARE: usize = 8;

/// How tapes are written.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the tapes, or the file of the only one.
    pub path: PathBuf,
    /// Bytes that a server's tapes may take, both together; a large node has more.
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
        let safe: String =
            name.chars().map(|c| if matches!(c, '/' | '\\') { '_' } else { c }).collect();
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
    /// Opens a tape; one that is there is put aside.
    ///
    /// # Errors
    /// What the system says about the file or its folder.
    pub(crate) fn open(options: &Options, name: &str) -> io::Result<Self> {
        let path = options.file_of(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = begin(&path)?;
        Ok(Self {
            recorder: None,
            core: options.core,
            most: options.most / 2,
            full: 0,
            due: None,
            writer: Writer::start(path.clone(), file)?,
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
        self.writer.shared.written.load(Ordering::Relaxed) as u64
    }

    /// What was told and stands on no tape, since there was one.
    pub(crate) fn lost(&self) -> u64 {
        self.recorder.as_ref().map_or(0, Recorder::lost)
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
        if let Some(why) = self.writer.trouble() {
            return Some(self.stop(now, why));
        }
        let recorder = self.recorder.as_mut()?;
        let waiting = recorder.waiting();
        if waiting == 0 {
            return None;
        }
        let at = *self.due.get_or_insert_with(|| now.mono.plus(LATEST));
        if waiting < BATCH && now.mono < at {
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
        self.due = None;
        let lost = self.lost();
        self.writer.shared.failed.store(false, Ordering::Release);
        self.writer.put_aside();
        self.begin(now, node);
        Some(Turn::GoesOn { lost })
    }
}

/// The thread that writes, as the server's task sees it.
#[derive(Debug)]
struct Writer {
    to: Sender<Job>,
    spare: Receiver<Vec<u8>>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    /// Bytes of the largest batch: a node as it is may be larger than what may wait.
    largest: usize,
}

#[derive(Debug)]
enum Job {
    Write(Vec<u8>),
    /// The file is full: another one is begun.
    PutAside,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes that wait for the disk.
    waiting: AtomicUsize,
    /// Bytes that it has taken.
    written: AtomicUsize,
    failed: AtomicBool,
    why: Mutex<String>,
}

impl Writer {
    fn start(path: PathBuf, file: File) -> io::Result<Self> {
        let (to, jobs) = mpsc::channel();
        let (give, spare) = mpsc::sync_channel(SPARE);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let work = move || own.write_all(&path, file, &jobs, &give);
        let thread = thread::Builder::new().name("tape".to_owned()).spawn(work)?;
        Ok(Self { to, spare, shared, thread, largest: 0 })
    }

    fn write(&mut self, recorder: &mut Recorder) {
        let bytes = recorder.take(self.spare.try_recv().unwrap_or_default());
        self.largest = self.largest.max(bytes.len());
        self.shared.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
        // Its thread ends only when this does.
        let _ = self.to.send(Job::Write(bytes));
    }

    fn put_aside(&self) {
        let _ = self.to.send(Job::PutAside);
    }

    /// Why nothing more can be written, if it cannot.
    fn trouble(&self) -> Option<String> {
        if self.shared.failed.load(Ordering::Acquire) {
            return Some(self.shared.why());
        }
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        (waiting > WAITING_MAX + self.largest)
            .then(|| format!("the disk is too slow: {} MB wait for it", waiting >> 20))
    }

    fn is_idle(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) == 0
    }

    fn finish(self) -> Result<(), String> {
        drop(self.to);
        let ended = self.thread.join();
        if ended.is_err() {
            return Err("the thread that writes it failed".to_owned());
        }
        match self.shared.failed.load(Ordering::Acquire) {
            true => Err(self.shared.why()),
            false => Ok(()),
        }
    }
}

impl Shared {
    fn why(&self) -> String {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The thread: writes what comes, until nothing more will.
    fn write_all(
        &self,
        path: &Path,
        mut file: File,
        jobs: &Receiver<Job>,
        spare: &mpsc::SyncSender<Vec<u8>>,
    ) {
        let mut fine = true;
        for job in jobs {
            let done = match &job {
                // What follows a failure up to the next file would follow a gap.
                Job::Write(_) if !fine => Ok(()),
                Job::Write(bytes) => file.write_all(bytes),
                Job::PutAside => begin(path).map(|new| file = new),
            };
            match done {
                Ok(()) => fine |= matches!(job, Job::PutAside),
                Err(why) => {
                    fine = false;
                    *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why.to_string();
                    self.failed.store(true, Ordering::Release);
                }
            }
            if let Job::Write(bytes) = job {
                self.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
                self.written.fetch_add(bytes.len(), Ordering::Relaxed);
                if bytes.capacity() <= 4 * BATCH {
                    // Where there are enough, it is given back to the system.
                    let _ = spare.try_send(bytes);
                }
            }
        }
        // A power cut after the end loses nothing; if it cannot be, what is there is there.
        let _ = file.sync_all();
    }
}

/// Puts a tape aside, if there is one, and begins it anew.
fn begin(path: &Path) -> io::Result<File> {
    let mut aside = path.to_owned().into_os_string();
    aside.push(".1");
    if fs::metadata(path).is_ok_and(|found| found.len() > 0) {
        fs::rename(path, aside)?;
    }
    OpenOptions::new().create(true).write(true).truncate(true).open(path)
}
