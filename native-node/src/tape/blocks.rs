//! Writing whole blocks past the system's page cache.
//!
//! A busy server tapes as much as its disk can write. Copying that into the page cache costs most of
//! what the tape costs in all, and takes the cache away from others. So what comes in large batches is
//! written to the disk from where it lies: the batch begins and ends where a block does, in memory and in
//! the file, for which [free](herd_core::tape::put_free) bytes stand on the tape. (A node as it is may be
//! larger than the room for a batch: it is carried there piece by piece.) Where a system or a
//! disk cannot, or the disk is behind (then the page cache is room to wait in), all goes through the cache.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use herd_core::tape::{FREE_LEAST, put_free};

use super::BATCH;

/// What every disk's blocks are a part of, bytes.
pub(super) const BLOCK: usize = 4096;
/// Less than that goes through the cache.
pub(super) const LEAST: usize = BATCH / 2;
/// Memory for a batch and for what a turn may add to it; what is not used is not there.
const ROOM: usize = 2 * BATCH + BLOCK;

/// Room for a batch that begins where a block does.
pub(super) fn room(used: Option<Vec<u8>>) -> Vec<u8> {
    let mut room = used.unwrap_or_else(|| Vec::with_capacity(ROOM));
    room.clear();
    room.resize(room.as_ptr().align_offset(BLOCK) % BLOCK, 0);
    room
}

/// A file that is written from its beginning to its end.
#[derive(Debug)]
pub(super) struct Blocks {
    file: File,
    /// How long it is.
    length: u64,
    /// Whether writes go past the cache now.
    past: bool,
    /// Whether they can.
    can: bool,
}

impl Blocks {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, length: 0, past: false, can: true })
    }

    /// Whether what was written last went past the cache.
    #[cfg(test)]
    pub(super) const fn is_past(&self) -> bool {
        self.past
    }

    /// Whether it may.
    #[cfg(test)]
    pub(super) const fn can(&self) -> bool {
        self.can
    }

    /// Writes what lies behind `lead`; `hurries` where more waits than a disk that is quick leaves. Free
    /// bytes may be added behind it.
    pub(super) fn write(
        &mut self,
        bytes: &mut Vec<u8>,
        lead: usize,
        hurries: bool,
    ) -> io::Result<()> {
        let large = bytes.len() - lead >= LEAST;
        if !large || !self.can || hurries {
            self.go_past(false);
            return self.write_all(&bytes[lead..]);
        }
        self.begin_block()?;
        let missing = to_block((bytes.len() - lead) as u64);
        self.can = self.go_past(true);
        if is_aligned(bytes, lead) && bytes.len() + missing <= bytes.capacity() {
            put_free_some(bytes, missing);
            return self.write_all(&bytes[lead..]);
        }
        // A node as it is had no such room: it is larger.
        let mut room = room(None);
        let lead_in_room = room.len();
        let mut pieces = bytes[lead..].chunks(BATCH).peekable();
        while let Some(piece) = pieces.next() {
            room.truncate(lead_in_room);
            room.extend_from_slice(piece);
            if pieces.peek().is_none() {
                put_free_some(&mut room, missing);
            }
            self.write_all(&room[lead_in_room..])?;
        }
        Ok(())
    }

    /// Has what is there on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Has what follows begin where a block does.
    fn begin_block(&mut self) -> io::Result<()> {
        let missing = to_block(self.length);
        if missing == 0 {
            return Ok(());
        }
        let mut free = Vec::new();
        put_free(&mut free, missing);
        self.go_past(false);
        self.write_all(&free)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(size) => {
                    rest = &rest[size..];
                    self.length += size as u64;
                }
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                // Its blocks are others, or it took a part of one.
                Err(why) if self.past && why.kind() == io::ErrorKind::InvalidInput => {
                    self.can = false;
                    if self.go_past(false) {
                        // It cannot be had otherwise: trying again would never end.
                        return Err(why);
                    }
                }
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }

    /// Has what follows go past the cache, or through it; whether it does.
    fn go_past(&mut self, past: bool) -> bool {
        if self.past != past && set_past(&self.file, past) {
            self.past = past;
        }
        self.past
    }
}

fn put_free_some(bytes: &mut Vec<u8>, size: usize) {
    if size > 0 {
        put_free(bytes, size);
    }
}

fn is_aligned(bytes: &[u8], lead: usize) -> bool {
    (bytes.as_ptr().addr() + lead).is_multiple_of(BLOCK)
}

/// How many free bytes have to follow on so many, so that a block ends there.
fn to_block(length: u64) -> usize {
    let over = usize::try_from(length % BLOCK as u64).unwrap_or(0);
    match BLOCK - over {
        BLOCK => 0,
        missing if missing < FREE_LEAST => missing + BLOCK,
        missing => missing,
    }
}

#[cfg(target_os = "linux")]
fn set_past(file: &File, past: bool) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    fcntl_getfl(file)
        .and_then(|flags| {
            let mut flags = flags;
            flags.set(OFlags::DIRECT, past);
            fcntl_setfl(file, flags)
        })
        .is_ok()
}

#[cfg(not(target_os = "linux"))]
const fn set_past(_: &File, past: bool) -> bool {
    !past
}
