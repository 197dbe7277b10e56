//! The thread that writes a tape.
//!
//! A file is begun beside the one there is, and takes its place once it has a beginning: a disk that is
//! full or fails takes no tape away that was whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use herd_core::tape::Recorder;

use super::BATCH;

/// Bytes that may wait for the disk, beside a node as it is.
const WAITING_MAX: usize = 64 << 20;
/// Buffers that are kept to be used again.
const SPARE: usize = 8;

/// The tapes that this process writes: two threads must not have the same files.
static WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Whether a tape is written there by this process.
pub(crate) fn is_written(path: &Path) -> bool {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
}

/// A tape is written there, until this is dropped.
struct Claim(PathBuf);

impl Claim {
    fn to(path: &Path) -> io::Result<Self> {
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.insert(path.to_owned()) {
            let why = "it is being written already";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, why));
        }
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// The thread that writes, as the server's task sees it.
#[derive(Debug)]
pub(super) struct Writer {
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
    /// Nothing more is to be written.
    abandoned: AtomicBool,
    why: Mutex<String>,
}

impl Writer {
    /// Starts it, for the tape at `path`.
    ///
    /// # Errors
    /// What the system says about the file or its folder; `ResourceBusy` while another one writes there.
    pub(super) fn start(path: &Path) -> io::Result<Self> {
        let claim = Claim::to(path)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let files = Files::begin(path)?;
        let (to, jobs) = mpsc::channel();
        let (give, spare) = mpsc::sync_channel(SPARE);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let work = move || {
            own.write_all(files, &jobs, &give);
            drop(claim);
        };
        let thread = thread::Builder::new().name("tape".to_owned()).spawn(work)?;
        Ok(Self { to, spare, shared, thread, largest: 0 })
    }

    pub(super) fn write(&mut self, recorder: &mut Recorder) {
        let bytes = recorder.take(self.spare.try_recv().unwrap_or_default());
        self.largest = self.largest.max(bytes.len());
        self.shared.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
        // Its thread ends only when this does.
        let _ = self.to.send(Job::Write(bytes));
    }

    pub(super) fn put_aside(&self) {
        let _ = self.to.send(Job::PutAside);
    }

    /// Another one is begun after a failure.
    pub(super) fn begin_again(&self) {
        self.shared.failed.store(false, Ordering::Release);
        self.put_aside();
    }

    /// Bytes that were written.
    pub(super) fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Relaxed) as u64
    }

    /// Why nothing more can be written, if it cannot.
    pub(super) fn trouble(&self) -> Option<String> {
        if self.shared.failed.load(Ordering::Acquire) {
            return Some(self.shared.why());
        }
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        (waiting > WAITING_MAX + self.largest)
            .then(|| format!("the disk is too slow: {} MB wait for it", waiting >> 20))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.shared.waiting.load(Ordering::Acquire) == 0
    }

    pub(super) fn finish(self) -> Result<(), String> {
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

    /// Has what waits thrown away. The thread ends once the disk lets it.
    pub(super) fn abandon(self) {
        self.shared.abandoned.store(true, Ordering::Release);
    }
}

impl Shared {
    fn why(&self) -> String {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The thread: writes what comes, until nothing more will.
    fn write_all(&self, mut files: Files, jobs: &Receiver<Job>, spare: &mpsc::SyncSender<Vec<u8>>) {
        let mut fine = true;
        for job in jobs {
            if self.abandoned.load(Ordering::Acquire) {
                return;
            }
            let done = match &job {
                // What follows a failure up to the next file would follow a gap.
                Job::Write(_) if !fine => Ok(()),
                Job::Write(bytes) => files.write(bytes),
                Job::PutAside => files.begin_next(),
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
                self.written.fetch_add(bytes.len(), Ordering::Relaxed);
                // Whoever sees that nothing waits sees whether it has failed.
                self.waiting.fetch_sub(bytes.len(), Ordering::Release);
                if bytes.capacity() <= 4 * BATCH {
                    // Where there are enough, it is given back to the system.
                    let _ = spare.try_send(bytes);
                }
            }
        }
        // A power cut after the end loses nothing; if it cannot be, what is there is there.
        let _ = files.file.sync_all();
    }
}

/// The file that is written, and where.
#[derive(Debug)]
struct Files {
    path: PathBuf,
    file: File,
    /// It has no beginning yet, and stands beside the one before it.
    is_new: bool,
}

impl Files {
    fn begin(path: &Path) -> io::Result<Self> {
        let file = File::create(beside(path, ".new"))?;
        Ok(Self { path: path.to_owned(), file, is_new: true })
    }

    fn begin_next(&mut self) -> io::Result<()> {
        self.file = File::create(beside(&self.path, ".new"))?;
        self.is_new = true;
        Ok(())
    }

    /// Writes; what is new takes its place after that, and what was there is put aside.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let new = beside(&self.path, ".new");
        let written = self.file.write_all(bytes);
        if !self.is_new {
            return written;
        }
        if let Err(why) = written {
            // It only takes room away. If it cannot be removed, it is written over.
            let _ = fs::remove_file(&new);
            return Err(why);
        }
        if fs::metadata(&self.path).is_ok_and(|found| found.len() > 0) {
            fs::rename(&self.path, beside(&self.path, ".1"))?;
        }
        fs::rename(new, &self.path)?;
        self.is_new = false;
        Ok(())
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    name.into()
}
