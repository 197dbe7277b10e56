//! Log files: one writer thread behind bounded buffers.
//!
//! A server formats its lines into a [`Log`] of its own and hands them over once a batch; the
//! writer thread takes whatever there is, as soon as it has written what it took before. So a log
//! is as fresh as the disk allows, a stuck disk stops nobody, and memory is bounded: what does not
//! fit is counted, and the count is written as soon as something fits again, and at the end.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::clock;

/// Bytes a log may have waiting for its disk: a second of a busy server's full log.
const WAITING_MAX: usize = 32 << 20;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Detail {
    /// Every line in and out, and every event
    #[default]
    Full,
    /// Connections, neighbours, invalid input and errors only
    Events,
    /// Nothing, and no file
    Off,
}

/// What a line of a log is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// A JSON object a line, for machines: the same facts
    Json,
}

/// The writer thread and the files it writes.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What opens more logs for the writer.
#[derive(Clone, Debug)]
pub struct Opener {
    shared: Arc<Shared>,
}

/// Where one server's lines go. Made by [`Opener::open`].
#[derive(Debug)]
pub struct Log {
    shared: Option<Arc<Shared>>,
    index: usize,
    /// Formatted, not yet handed over.
    lines: Vec<u8>,
    detail: Detail,
    format: Format,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Waiting>,
    over: bool,
}

#[derive(Debug)]
struct Waiting {
    path: PathBuf,
    format: Format,
    file: Arc<File>,
    /// Bytes in it, and after how many it begins anew.
    size: u64,
    most: u64,
    bytes: Vec<u8>,
    /// Lines that found no room since the last count was written.
    lost: u64,
    lost_in_all: u64,
    failed: Option<String>,
}

/// What one log could not write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Loss {
    /// Which file.
    pub path: PathBuf,
    /// How many lines.
    pub lines: u64,
    /// What the system said, if it did.
    pub error: Option<String>,
}

impl Writer {
    /// Starts the writer thread.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("log".to_owned()).spawn(move || own.write_all())?;
        Ok(Self { shared, thread })
    }

    /// What opens more logs, for as long as the writer is there.
    #[must_use]
    pub fn opener(&self) -> Opener {
        Opener { shared: Arc::clone(&self.shared) }
    }

    /// Writes what is left and ends the thread; what could not be written.
    #[must_use]
    pub fn finish(self) -> Vec<Loss> {
        self.shared.lock().over = true;
        self.shared.news.notify_one();
        let panicked = self.thread.join().is_err();
        let state = self.shared.lock();
        let losses = state.files.iter().map(|waiting| Loss {
            path: waiting.path.clone(),
            lines: waiting.lost_in_all,
            error: match panicked {
                true => Some("the log's writer failed".to_owned()),
                false => waiting.failed.clone(),
            },
        });
        losses.filter(|loss| loss.lines > 0 || loss.error.is_some()).collect()
    }
}

impl Opener {
    /// Opens the log `path` (lines are appended to what is there). Where it would pass `most` bytes it
    /// begins anew, and the one before it is kept as `path.1`; with 0 it grows for ever. A log that
    /// was open before goes on.
    ///
    /// # Errors
    /// What the system says about the file or its folder.
    pub fn open(&self, path: &Path, detail: Detail, format: Format, most: u64) -> io::Result<Log> {
        if detail == Detail::Off {
            return Ok(Log { shared: None, index: 0, lines: Vec::new(), detail, format });
        }
        let shared = Some(Arc::clone(&self.shared));
        let known = self.shared.lock().files.iter().position(|waiting| waiting.path == path);
        if let Some(index) = known {
            return Ok(Log { shared, index, lines: Vec::new(), detail, format });
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        let mut state = self.shared.lock();
        state.files.push(Waiting {
            path: path.to_owned(),
            format,
            size,
            most,
            file: Arc::new(file),
            bytes: Vec::new(),
            lost: 0,
            lost_in_all: 0,
            failed: None,
        });
        let index = state.files.len() - 1;
        drop(state);
        Ok(Log { shared, index, lines: Vec::new(), detail, format })
    }
}

impl Log {
    /// Whether lines in and out are wanted.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self.detail, Detail::Full)
    }

    /// Whether anything is wanted.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self.detail, Detail::Off)
    }

    /// What a line is.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Where to format lines; each ends in LF.
    pub const fn lines(&mut self) -> &mut Vec<u8> {
        &mut self.lines
    }

    /// Hands over what was formatted. Never waits for the disk.
    pub fn hand_over(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let Some(shared) = &self.shared else {
            self.lines.clear();
            return;
        };
        let mut state = shared.lock();
        let waiting = &mut state.files[self.index];
        let idle = waiting.bytes.is_empty();
        if waiting.bytes.len() + self.lines.len() > WAITING_MAX {
            let lost = self.lines.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
            waiting.lost += lost;
            waiting.lost_in_all += lost;
            self.lines.clear();
            return;
        }
        if idle {
            mem::swap(&mut waiting.bytes, &mut self.lines);
        } else {
            waiting.bytes.append(&mut self.lines);
        }
        drop(state);
        if idle {
            shared.news.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is half done under the lock: a poisoned one is as good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer thread: takes what waits, writes it, until it is over and nothing waits.
    fn write_all(&self) {
        let mut taken = Vec::new();
        loop {
            let mut state = self.lock();
            let index = loop {
                let next = state.files.iter().position(|w| !w.bytes.is_empty() || w.lost > 0);
                match next {
                    Some(index) => break index,
                    None if state.over => return,
                    None => {
                        state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                }
            };
            let waiting = &mut state.files[index];
            mem::swap(&mut waiting.bytes, &mut taken);
            let lost = mem::take(&mut waiting.lost);
            let (mut file, format) = (Arc::clone(&waiting.file), waiting.format);
            let coming = taken.len() as u64;
            let full = waiting.most > 0 && waiting.size > 0 && waiting.size + coming > waiting.most;
            let anew = full.then(|| waiting.path.clone());
            waiting.size = if full { coming } else { waiting.size + coming };
            drop(state);

            if let Some(path) = anew {
                match begin_anew(&path) {
                    Ok(new) => {
                        file = Arc::new(new);
                        self.lock().files[index].file = Arc::clone(&file);
                    }
                    // The old one goes on; that is tried again when as much was written once more.
                    Err(why) => self.lock().files[index].failed = Some(why.to_string()),
                }
            }

            if lost > 0 {
                let now = clock::stamp_text(clock::wall());
                let text = format!("{lost} lines found no room here and are missing");
                let line = match format {
                    Format::Text => format!("{now} error    {text}\n"),
                    Format::Json => {
                        format!("{{\"time\":\"{now}\",\"kind\":\"error\",\"text\":\"{text}\"}}\n")
                    }
                };
                taken.extend_from_slice(line.as_bytes());
            }
            if let Err(error) = (&*file).write_all(&taken) {
                let lines = taken.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
                let mut state = self.lock();
                let waiting = &mut state.files[index];
                waiting.failed = Some(error.to_string());
                waiting.lost_in_all += lines;
            }
            taken.clear();
        }
    }
}

/// Puts a log aside and begins it anew.
fn begin_anew(path: &Path) -> io::Result<File> {
    let mut aside = path.to_owned().into_os_string();
    aside.push(".1");
    std::fs::rename(path, aside)?;
    OpenOptions::new().create(true).append(true).open(path)
}

/// Appends `text` with what could harm a terminal or break the line written as `\xNN`.
pub(crate) fn printable(out: &mut Vec<u8>, text: &[u8]) {
    let harmless = |byte: &u8| !matches!(byte, 0..=0x1f | 0x7f) || *byte == b'\t';
    // No early way out: that lets it look at many bytes at once.
    if text.iter().fold(true, |all, byte| all & harmless(byte)) {
        out.extend_from_slice(text);
        return;
    }
    for byte in text {
        if harmless(byte) {
            out.push(*byte);
        } else {
            out.extend(byte.escape_ascii());
        }
    }
}

#[cfg(test)]
mod tests;
