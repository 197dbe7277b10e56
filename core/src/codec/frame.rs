//! What servers say to each other after the greeting.
//!
//! ```text
//! frame  = length kind body            length: varint of the bytes of kind and body, at most 256 KiB
//! push   = 1 seq incarnation line      a live update of the server that wrote the line
//! grown  = 2 flags epoch hops update   a live update, with its place in the origin's tree
//! repair = 3 flags answer chunk size *entry *cover
//!                                      what was missing; size: bytes of all entries
//! digest = 4 flags mine yours *known   what the sender has; mine, yours: 8 bytes, little-endian
//! pull   = 5 answer *known             "I have that; send what I lack"
//! graft  = 6 answer *known             "feed me these, and send what I lack"
//! prune  = 7 *epochs                   "do not feed me these"
//! want   = 8 *epochs                   "origin, rebuild your tree"
//! sync   = 11 answer *known            "I have that and nothing else; send what I lack"
//! vague  = 12 answer                   "sync instead: I cannot tell what your pull is about"
//!
//! update = origin seq line
//! entry  = size update                 size: bytes of the update
//! cover  = origin first last           what is sent is as new as all of these updates
//! known  = origin prefix spans *span   span: first (less the number before), length − 1
//! epochs = origin epoch
//! origin = size name incarnation       name: 1 to 64 bytes
//! line   = canonical `AT` line, without LF
//! varint = LEB128, less than 2⁶³, shortest form
//! ```
//!
//! The line is the record, so nothing can be said twice and differently. A frame that is not
//! exactly this ends the link.

use alloc::vec::Vec;
use core::fmt;

use super::list::{Covers, Entries, Epochs, Known};
use super::parse::{At, ParseError};
use super::read::Reader;

const PUSH: u8 = 1;
const GROWN: u8 = 2;
const REPAIR: u8 = 3;
const DIGEST: u8 = 4;
const PULL: u8 = 5;
const GRAFT: u8 = 6;
const PRUNE: u8 = 7;
const WANT: u8 = 8;
const SYNC: u8 = 11;
const VAGUE: u8 = 12;

const REBUILD: u8 = 1;
const LAST: u8 = 1;
const COMPLETE: u8 = 2;
const URGENT: u8 = 1;
const ASKS: u8 = 2;

/// A frame, read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Frame<'a> {
    /// A live update.
    Push(Push<'a>),
    /// What was missing.
    Repair(Repair<'a>),
    /// What the sender has.
    Digest(Digest<'a>),
    /// The sender has that, and wants what it lacks.
    Pull {
        /// What the answer is to be marked with.
        answer: u64,
        /// What it has of the origins it asks for.
        known: Known<'a>,
    },
    /// The sender has that, wants what it lacks, and is to be fed.
    Graft {
        /// What the answer is to be marked with.
        answer: u64,
        /// What it has of the origins it asks for.
        known: Known<'a>,
    },
    /// The sender is fed by somebody else.
    Prune(Epochs<'a>),
    /// The sender has that of all updates, and wants what it lacks.
    Sync {
        /// What the answer is to be marked with.
        answer: u64,
        /// What it has.
        known: Known<'a>,
    },
    /// Who asked for some origins' updates, and wanted the answer marked so, is to ask for all: of
    /// those that are lacked it is not known any more what they were about.
    Vague(u64),
    /// Somebody asks the origins to rebuild the trees of these epochs.
    Want(Epochs<'a>),
}

/// An update, and what counted it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Update<'a> {
    /// Who counted it: the server that wrote the line, or one that was told by a prototype.
    pub origin: Origin<'a>,
    /// Counts the updates of that origin, from 1.
    pub seq: u64,
    /// The record.
    pub at: At<'a>,
    /// The record as written.
    pub line: &'a [u8],
}

/// A server in one of its lives.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Which life.
    pub incarnation: u64,
}

/// A live update, and its place in the origin's tree.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Push<'a> {
    /// The update.
    pub update: Update<'a>,
    /// How often the origin has rebuilt its tree; 0 where there is none.
    pub epoch: u64,
    /// Links it came over.
    pub hops: u64,
    /// Whether it builds the tree of its epoch.
    pub rebuild: bool,
}

/// What was missing: an answer, or a part of one. It may be passed on if it is `complete`: whoever
/// has the entries has something as new as the covered updates, whatever else it has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Repair<'a> {
    /// What was asked is marked with this; 0 if nothing was.
    pub answer: u64,
    /// Counts the parts of an answer, from 0.
    pub chunk: u64,
    /// Whether it is the last part.
    pub last: bool,
    /// Whether it is the only part, and no entry is left out because the asker has it.
    pub complete: bool,
    /// Updates.
    pub entries: Entries<'a>,
    /// Who asked and has all parts has something as new as these updates.
    pub covers: Covers<'a>,
}

/// What a server has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Digest<'a> {
    /// Whether what is missing is not on its way otherwise.
    pub urgent: bool,
    /// Whether the sender does not know yet that the receiver has the same.
    pub asks: bool,
    /// Hash of all that the sender has.
    pub mine: u64,
    /// The last such hash that it heard from the receiver.
    pub yours: u64,
    /// What it has of the origins that have changed.
    pub known: Known<'a>,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FrameError {
    /// No frame of that kind.
    Kind,
    /// It ends too early, goes on too long, or has a number that is too long.
    Length,
    /// Its record is none.
    Record(ParseError),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.write_str("no frame of that kind"),
            Self::Length => f.write_str("a frame of the wrong length"),
            Self::Record(why) => write!(f, "a frame without a record: {why}"),
        }
    }
}

impl core::error::Error for FrameError {}

impl<'a> Frame<'a> {
    /// Reads a frame's kind and body.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (kind, body) = bytes.split_first().ok_or(FrameError::Length)?;
        let mut reader = Reader::of(body);
        match *kind {
            PUSH | GROWN => {
                let (head, line) = PushHead::parse(bytes)?;
                let PushHead { origin, seq, epoch, hops, rebuild } = head;
                let at = At::canonical(line).map_err(FrameError::Record)?;
                let update = Update { origin, seq, at, line };
                Ok(Self::Push(Push { update, epoch, hops, rebuild }))
            }
            REPAIR => {
                let flags = reader.flags(LAST | COMPLETE)?;
                let (last, complete) = (flags & LAST != 0, flags & COMPLETE != 0);
                let (answer, chunk) = (reader.varint()?, reader.varint()?);
                let entries = Entries::parse(reader.sized()?)?;
                let covers = Covers::parse(reader.rest())?;
                if complete && (chunk > 0 || !last) {
                    return Err(FrameError::Length);
                }
                Ok(Self::Repair(Repair { answer, chunk, last, complete, entries, covers }))
            }
            DIGEST => {
                let flags = reader.flags(URGENT | ASKS)?;
                let (urgent, asks) = (flags & URGENT != 0, flags & ASKS != 0);
                let (mine, yours) = (reader.fixed()?, reader.fixed()?);
                let known = Known::parse(reader.rest())?;
                Ok(Self::Digest(Digest { urgent, asks, mine, yours, known }))
            }
            PULL => {
                let answer = reader.varint()?;
                Ok(Self::Pull { answer, known: Known::parse(reader.rest())? })
            }
            GRAFT => {
                let answer = reader.varint()?;
                Ok(Self::Graft { answer, known: Known::parse(reader.rest())? })
            }
            PRUNE => Ok(Self::Prune(Epochs::parse(body)?)),
            WANT => Ok(Self::Want(Epochs::parse(body)?)),
            SYNC => {
                let answer = reader.varint()?;
                Ok(Self::Sync { answer, known: Known::parse(reader.rest())? })
            }
            VAGUE => {
                let answer = reader.varint()?;
                if reader.is_empty() { Ok(Self::Vague(answer)) } else { Err(FrameError::Length) }
            }
            _ => Err(FrameError::Kind),
        }
    }
}

/// A push of which the record has not been read.
#[derive(Clone, Copy)]
pub(crate) struct PushHead<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) hops: u64,
    pub(crate) rebuild: bool,
}

impl<'a> PushHead<'a> {
    /// The head of a frame, if it is a push.
    pub(crate) fn of(frame: &'a [u8]) -> Option<Self> {
        matches!(frame.first(), Some(&(PUSH | GROWN)))
            .then(|| Self::parse(frame).ok())?
            .map(|(head, _)| head)
    }

    /// The head of a push, and the line.
    pub(crate) fn parse(frame: &'a [u8]) -> Result<(Self, &'a [u8]), FrameError> {
        let (kind, body) = frame.split_first().ok_or(FrameError::Length)?;
        let mut reader = Reader::of(body);
        if *kind == PUSH {
            let seq = reader.seq()?;
            let incarnation = reader.varint()?;
            let line = reader.rest();
            let name = At::server_of(line).ok_or(FrameError::Record(ParseError::Server))?;
            let origin = Origin { name, incarnation };
            return Ok((Self { origin, seq, epoch: 0, hops: 0, rebuild: false }, line));
        }
        let rebuild = reader.flags(REBUILD)? == REBUILD;
        let (epoch, hops) = (reader.varint()?, reader.varint()?);
        let (origin, seq) = (reader.origin()?, reader.seq()?);
        Ok((Self { origin, seq, epoch, hops, rebuild }, reader.rest()))
    }
}

impl<'a> Push<'a> {
    /// What is said before the record.
    pub(crate) const fn head(&self) -> PushHead<'a> {
        let Self { update, epoch, hops, rebuild } = *self;
        PushHead { origin: update.origin, seq: update.seq, epoch, hops, rebuild }
    }
}

impl<'a> Update<'a> {
    /// Reads an update that takes all of `bytes`.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::of(bytes);
        let origin = reader.origin()?;
        let seq = reader.seq()?;
        let line = reader.rest();
        let at = At::canonical(line).map_err(FrameError::Record)?;
        Ok(Self { origin, seq, at, line })
    }
}

/// Appends a whole push frame.
pub(crate) fn put_push(out: &mut Vec<u8>, head: &PushHead<'_>, line: &[u8]) {
    let PushHead { origin, seq, epoch, hops, rebuild } = *head;
    if epoch == 0 && !rebuild && At::server_of(line) == Some(origin.name) {
        let size = 1 + varint_size(seq) + varint_size(origin.incarnation) + line.len();
        put_varint(out, size as u64);
        out.push(PUSH);
        put_varint(out, seq);
        put_varint(out, origin.incarnation);
        out.extend_from_slice(line);
    } else {
        let size = 2 + varint_size(epoch) + varint_size(hops) + update_size(&origin, seq, line);
        put_varint(out, size as u64);
        out.push(GROWN);
        out.push(if rebuild { REBUILD } else { 0 });
        put_varint(out, epoch);
        put_varint(out, hops);
        put_update(out, &origin, seq, line);
    }
}

/// Appends a whole repair frame.
pub(crate) fn put_repair(out: &mut Vec<u8>, repair: &Repair<'_>) {
    let Repair { answer, chunk, last, complete, entries, covers } = *repair;
    put_frame(out, |out| {
        out.push(REPAIR);
        out.push(if last { LAST } else { 0 } | if complete { COMPLETE } else { 0 });
        put_varint(out, answer);
        put_varint(out, chunk);
        put_varint(out, entries.bytes().len() as u64);
        out.extend_from_slice(entries.bytes());
        out.extend_from_slice(covers.bytes());
    });
}

/// Appends a whole digest frame; `known` appends what is had.
pub(crate) fn put_digest(
    out: &mut Vec<u8>,
    (urgent, asks): (bool, bool),
    (mine, yours): (u64, u64),
    known: impl FnOnce(&mut Vec<u8>),
) {
    put_frame(out, |out| {
        out.push(DIGEST);
        out.push(if urgent { URGENT } else { 0 } | if asks { ASKS } else { 0 });
        out.extend_from_slice(&mine.to_le_bytes());
        out.extend_from_slice(&yours.to_le_bytes());
        known(out);
    });
}

/// Appends a whole pull frame (or graft); `known` appends what is had.
pub(crate) fn put_pull(
    out: &mut Vec<u8>,
    graft: bool,
    answer: u64,
    known: impl FnOnce(&mut Vec<u8>),
) {
    put_frame(out, |out| {
        out.push(if graft { GRAFT } else { PULL });
        put_varint(out, answer);
        known(out);
    });
}

/// Appends a whole sync frame; `known` appends all that is had.
pub(crate) fn put_sync(out: &mut Vec<u8>, answer: u64, known: impl FnOnce(&mut Vec<u8>)) {
    put_frame(out, |out| {
        out.push(SYNC);
        put_varint(out, answer);
        known(out);
    });
}

/// Appends a whole vague frame.
pub(crate) fn put_vague(out: &mut Vec<u8>, answer: u64) {
    put_frame(out, |out| {
        out.push(VAGUE);
        put_varint(out, answer);
    });
}

/// Appends a whole prune frame (or want); `epochs` appends the trees.
pub(crate) fn put_epochs(out: &mut Vec<u8>, want: bool, epochs: impl FnOnce(&mut Vec<u8>)) {
    put_frame(out, |out| {
        out.push(if want { WANT } else { PRUNE });
        epochs(out);
    });
}

/// Appends an entry of a repair frame.
pub(crate) fn put_entry(out: &mut Vec<u8>, origin: &Origin<'_>, seq: u64, line: &[u8]) {
    put_varint(out, update_size(origin, seq, line) as u64);
    put_update(out, origin, seq, line);
}

const fn update_size(origin: &Origin<'_>, seq: u64, line: &[u8]) -> usize {
    let name = varint_size(origin.name.len() as u64) + origin.name.len();
    name + varint_size(origin.incarnation) + varint_size(seq) + line.len()
}

fn put_update(out: &mut Vec<u8>, origin: &Origin<'_>, seq: u64, line: &[u8]) {
    put_origin(out, origin);
    put_varint(out, seq);
    out.extend_from_slice(line);
}

pub(super) fn put_origin(out: &mut Vec<u8>, origin: &Origin<'_>) {
    put_varint(out, origin.name.len() as u64);
    out.extend_from_slice(origin.name);
    put_varint(out, origin.incarnation);
}

/// Appends what `fill` appends, and its length before it.
fn put_frame(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    fill(out);
    let mut length = Vec::with_capacity(4);
    put_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

const fn varint_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros()).div_ceil(7) as usize
}
