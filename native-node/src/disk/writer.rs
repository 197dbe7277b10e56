//! The thread that writes a server's file: a disk that is slow makes nobody wait but who waits for
//! it.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::file::File;
use super::form::Commit;

/// How often it is looked whether a disk that is made to hang still does.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The end of a commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Kept {
    /// Which.
    pub(crate) number: u64,
    /// Whether it is on the disk, or why not.
    pub(crate) result: Result<(), String>,
}

/// The thread.
#[derive(Debug)]
pub(super) struct Writer {
    commits: Sender<Commit>,
    thread: JoinHandle<Result<(), String>>,
}

impl Writer {
    /// Starts it; `report` is called with the end of every commit. The disk hangs while there is a
    /// file at `hangs`.
    pub(super) fn start(
        mut file: File,
        hangs: Option<PathBuf>,
        report: impl Fn(Kept) + Send + 'static,
    ) -> Result<Self, io::Error> {
        let (commits, asked) = mpsc::channel::<Commit>();
        let work = move || {
            let mut last = Ok(());
            for commit in asked {
                while hangs.as_ref().is_some_and(|path| path.exists()) {
                    thread::park_timeout(LOOK_AGAIN);
                }
                last = file.write(&commit);
                report(Kept { number: commit.number, result: last.clone() });
            }
            last
        };
        let thread = thread::Builder::new().name("herd-disk".to_owned()).spawn(work)?;
        Ok(Self { commits, thread })
    }

    pub(super) fn write(&self, commit: Commit) {
        // Its thread ends only when this does.
        let _ = self.commits.send(commit);
    }

    /// Waits for what is to be written; how the last commit ended.
    pub(super) fn finish(self) -> Result<(), String> {
        drop(self.commits);
        self.thread.join().unwrap_or_else(|_| Err("the thread that writes failed".to_owned()))
    }
}
