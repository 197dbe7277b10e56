//! The files of a tape: the one that is written, and those before it.
//!
//! A file is begun beside the one there is, and takes its place once it has a beginning: a disk that is
//! full or fails takes no tape away that was whole. The one before it is then `FILE.1`, the one before
//! that `FILE.2`, and so on: every start of a server begins one, so there may be many that are short.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::blocks::Blocks;

/// Files that are kept beside the one that is written, however short: a server that crashes all the
/// time shall not fill a folder.
const ASIDE_MAX: u32 = 50;
/// How often a lock is tried for whose file was removed meanwhile.
const TRIES: u32 = 100;

/// The tapes that this process writes: two threads must not have the same files.
static WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Whether a tape is written there by this process.
pub(crate) fn is_written(path: &Path) -> bool {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
}

/// Nobody else writes a tape there, in this process or another, until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
    /// `FILE.lock`, locked: the tape itself is another file from time to time.
    lock: Option<File>,
}

impl Claim {
    /// # Errors
    /// What the system says about the lock; `ResourceBusy` while another one writes there.
    pub(super) fn to(path: &Path) -> io::Result<Self> {
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.insert(path.to_owned()) {
            let why = "it is being written already";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, why));
        }
        drop(written);
        let mut claim = Self { path: path.to_owned(), lock: None };
        claim.lock = Some(lock(&beside(path, ".lock"))?);
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.lock.is_some() && cfg!(unix) {
            // Before it is free: who opened it meanwhile sees that it is another one. If it cannot be
            // removed, it is taken up again.
            let _ = fs::remove_file(beside(&self.path, ".lock"));
        }
        self.lock = None;
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}

/// Locks the file at `path`, which is removed by whoever gives it back.
fn lock(path: &Path) -> io::Result<File> {
    let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "another process has it open");
    for _ in 0..TRIES {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy()),
            // There are disks on which nothing can be locked.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(busy())
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |found: fs::Metadata| (found.dev(), found.ino());
    let (own, there) = (file.metadata().map(number), fs::metadata(path).map(number));
    matches!((own, there), (Ok(own), Ok(there)) if own == there)
}

#[cfg(not(unix))]
const fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// The file that is written, and where.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    file: Blocks,
    /// It has no beginning yet, and stands beside the one before it.
    is_new: bool,
    /// Bytes that those before it may take together; the last one is kept whatever it takes.
    aside: u64,
}

impl Files {
    pub(super) fn begin(path: &Path, aside: u64) -> io::Result<Self> {
        let file = Blocks::create(&beside(path, ".new"))?;
        Ok(Self { path: path.to_owned(), file, is_new: true, aside })
    }

    pub(super) fn begin_next(&mut self) -> io::Result<()> {
        self.file = Blocks::create(&beside(&self.path, ".new"))?;
        self.is_new = true;
        Ok(())
    }

    /// Writes; what is new takes its place after that, and what was there is put aside.
    pub(super) fn write(
        &mut self,
        bytes: &mut Vec<u8>,
        lead: usize,
        hurries: bool,
    ) -> io::Result<()> {
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
            put_aside(&self.path)?;
        }
        fs::rename(new, &self.path)?;
        self.is_new = false;
        forget(&self.path, self.aside);
        Ok(())
    }

    /// Has what is there on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}

/// Makes it the first of those before; the last falls away where there are too many.
fn put_aside(path: &Path) -> io::Result<()> {
    let is_free = |number: &u32| fs::symlink_metadata(numbered(path, *number)).is_err();
    let free = (1..ASIDE_MAX).find(is_free).unwrap_or(ASIDE_MAX);
    for number in (1..free).rev() {
        fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    fs::rename(path, numbered(path, 1))
}

/// Removes those that are too old to be kept in so many bytes.
fn forget(path: &Path, most: u64) {
    let mut taken = 0_u64;
    for number in 1..=ASIDE_MAX {
        let file = numbered(path, number);
        let Ok(found) = fs::metadata(&file) else { continue };
        taken = taken.saturating_add(found.len());
        if number > 1 && taken > most {
            // It only takes room away.
            let _ = fs::remove_file(file);
        }
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!(".{number}"))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Begins a file with this text, as a start of a server does.
    fn begin(path: &Path, aside: u64, text: &str) {
        let mut files = Files::begin(path, aside).expect("it begins");
        files.write(&mut text.as_bytes().to_vec(), 0, true).expect("it is written");
    }

    fn held(path: &Path) -> Vec<String> {
        let before = (1..=ASIDE_MAX).map(|number| numbered(path, number));
        let all = std::iter::once(path.to_owned()).chain(before);
        all.map_while(|file| fs::read_to_string(file).ok()).collect()
    }

    #[test]
    fn what_is_before_is_kept_as_long_as_there_is_room() {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("A.tape");
        for text in ["one", "two", "three", "four"] {
            begin(&path, 8, text);
        }
        assert_eq!(held(&path), ["four", "three", "two"], "three bytes more are too many");
        begin(&path, 8, "a long one");
        begin(&path, 8, "six");
        assert_eq!(held(&path), ["six", "a long one"], "the last is kept, whatever it takes");
        // What somebody took away leaves a place that is filled first.
        fs::remove_file(numbered(&path, 1)).expect("it is there");
        fs::write(numbered(&path, 2), "").expect("written");
        begin(&path, 8, "7");
        assert_eq!(held(&path), ["7", "six", ""]);
        for number in 0..2 * ASIDE_MAX {
            begin(&path, u64::MAX, &number.to_string());
        }
        assert_eq!(held(&path).len(), 1 + ASIDE_MAX as usize);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), held(&path).len());
    }

    #[test]
    fn nobody_else_has_what_is_claimed_and_nothing_is_left_of_it() {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("A.tape");
        let claim = Claim::to(&path).expect("nobody has it");
        assert!(is_written(&path) && Claim::to(&path).is_err());
        assert!(is_written(&path), "who was refused takes nothing away");
        // Another process has a lock of its own.
        let refused = lock(&beside(&path, ".lock")).expect_err("it is locked");
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        drop(claim);
        assert!(!is_written(&path));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        // What a killed process left is locked by nobody.
        fs::write(beside(&path, ".lock"), "").expect("written");
        drop(Claim::to(&path).expect("nobody has it"));
    }
}
