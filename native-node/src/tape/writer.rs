//! The thread that writes a tape.
//!
//! A file is begun beside the one there is, and takes its place once it has a beginning: a disk that is
//! full or fails takes no tape away that was whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::{fs, io, mem};

use herd_core::tape::Recorder;

use super::BATCH;
use super::blocks::{self, Blocks};

/// Bytes that may wait for the disk, beside a node as it is.
const WAITING_MAX: usize = 64 << 20;
/// Bytes that wait where the disk is behind.
const BEHIND: usize = 16 * BATCH;
/// Buffers that are kept to be used again.
const SPARE: usize = 2;

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
    /// Where the next batch begins in its buffer.
    lead: usize,
}

#[derive(Debug)]
enum Job {
    /// What lies behind so many bytes.
    Write(Vec<u8>, usize),
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
        Ok(Self { to, spare, shared, thread, largest: 0, lead: 0 })
    }

    pub(super) fn write(&mut self, recorder: &mut Recorder) {
        if recorder.is_empty() {
            return;
        }
        let room = blocks::room(self.spare.try_recv().ok());
        let lead = mem::replace(&mut self.lead, room.len());
        let bytes = recorder.take(room);
        let size = bytes.len() - lead;
        self.largest = self.largest.max(size);
        self.shared.waiting.fetch_add(size, Ordering::Relaxed);
        // Its thread ends only when this does.
        let _ = self.to.send(Job::Write(bytes, lead));
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
            let done = match job {
                Job::Write(mut bytes, lead) => {
                    let size = bytes.len() - lead;
                    let hurries = self.waiting.load(Ordering::Relaxed) > BEHIND.max(2 * size);
                    // What follows a failure up to the next file would follow a gap.
                    let done = if fine { files.write(&mut bytes, lead, hurries) } else { Ok(()) };
                    self.wrote(&done, size);
                    if bytes.capacity() <= 4 * BATCH {
                        // Where there are enough, it is given back to the system.
                        let _ = spare.try_send(bytes);
                    }
                    done
                }
                Job::PutAside => {
                    let done = files.begin_next();
                    self.wrote(&done, 0);
                    fine |= done.is_ok();
                    done
                }
            };
            fine &= done.is_ok();
        }
        // A power cut after the end loses nothing; if it cannot be, what is there is there.
        let _ = files.file.sync();
    }

    /// So many bytes wait no more.
    fn wrote(&self, done: &io::Result<()>, size: usize) {
        if let Err(why) = done {
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why.to_string();
            self.failed.store(true, Ordering::Release);
        }
        self.written.fetch_add(size, Ordering::Relaxed);
        // Whoever sees that nothing waits sees whether it has failed.
        self.waiting.fetch_sub(size, Ordering::Release);
    }
}

/// The file that is written, and where.
#[derive(Debug)]
struct Files {
    path: PathBuf,
    file: Blocks,
    /// It has no beginning yet, and stands beside the one before it.
    is_new: bool,
}

impl Files {
    fn begin(path: &Path) -> io::Result<Self> {
        let file = Blocks::create(&beside(path, ".new"))?;
        Ok(Self { path: path.to_owned(), file, is_new: true })
    }

    fn begin_next(&mut self) -> io::Result<()> {
        self.file = Blocks::create(&beside(&self.path, ".new"))?;
        self.is_new = true;
        Ok(())
    }

    /// Writes; what is new takes its place after that, and what was there is put aside.
    fn write(&mut self, bytes: &mut Vec<u8>, lead: usize, hurries: bool) -> io::Result<()> {
        let written = self.file.write(bytes, lead, hurries);
        if !self.is_new {
            return written;
        }
        let new = beside(&self.path, ".new");
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
