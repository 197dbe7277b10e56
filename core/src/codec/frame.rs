//! What servers say to each other after the greeting.
//!
//! ```text
//! frame  = length kind body            length: varint of the bytes of kind and body, at most 256 KiB
//! push   = 1 seq incarnation line      a live update of the server that wrote the line
//! grown  = 2 flags epoch hops update   a live update, with its place in the origin's tree
//! repair = 3 flags answer chunk size *entry *cover
//!                                      what was missing; size: bytes of all entries
//! digest = 4 flags mine yours print [floor] *known
//!                                      what the sender has and holds; 8 bytes each, little-endian
//! pull   = 5 answer *known             "I have that; send what I lack"
//! graft  = 6 answer *known             "feed me these, and send what I lack"; incarnation 0: of
//!                                      every life
//! prune  = 7 *epochs                   "do not feed me these"
//! want   = 8 *epochs                   "origin, rebuild your tree"
//! build  = 9 epoch hops origin         builds the tree that all share; the origin is its root
//! notice = 10 what origin seq          of one update: 0 "I have it", 1 "I have it, if you lack it",
//!                                      2 "send it, and feed me", 3 "I had it: do not feed me"
//! hello  = 13 wall floor               what follows the greeting at once; wall: 8 bytes
//! stale  = 14 incarnation              "of you I know a later life than the one that greeted"
//! sync   = 11 answer *known            "I have that and nothing else; send what I lack"
//! vague  = 12 answer                   "sync instead: I cannot tell what your pull is about"
//! ranges = 15 flags number *part       what is held in some ranges of the store, or wanted
//! given  = 16 *entry                   records that the receiver was found to lack
//!
//! update = origin seq line
//! entry  = size update                 size: bytes of the update
//! cover  = origin first last           what is sent is as new as all of these updates
//! known  = origin prefix spans *span   span: first (less the number before), length − 1
//! epochs = origin epoch
//! origin = size name incarnation       name: 1 to 64 bytes
//! part   = what first last (print | size *id) | what place
//!                                      what: 0 "all that I hold there has this print", 1 "I hold exactly
//!                                      these", size: bytes of all ids; 2 "give me what you hold there"
//! id     = place print                 a record; places and prints take 8 bytes, little-endian
//! floor  = stamp tie                   what is not above it is not kept; 8 bytes each
//! line   = canonical `AT` line, without LF; or a record of data, see `At`
//! varint = LEB128, less than 2⁶³, shortest form
//! ```
//!
//! The line is the record, so nothing can be said twice and differently. A frame that is not
//! exactly this ends the link.

use core::fmt;

use super::list::{Covers, Entries, Epochs, Known};
use super::parse::{At, ParseError};
use super::ranges::{self, Parts, Ranges};
use super::read::Reader;
use crate::floor::Floor;
use crate::time::Wall;

pub(super) const PUSH: u8 = 1;
pub(super) const GROWN: u8 = 2;
pub(super) const REPAIR: u8 = 3;
pub(super) const DIGEST: u8 = 4;
pub(super) const PULL: u8 = 5;
pub(super) const GRAFT: u8 = 6;
pub(super) const PRUNE: u8 = 7;
pub(super) const WANT: u8 = 8;
pub(super) const BUILD: u8 = 9;
pub(super) const NOTICE: u8 = 10;
pub(super) const SYNC: u8 = 11;
pub(super) const VAGUE: u8 = 12;
pub(super) const HELLO: u8 = 13;
pub(super) const STALE: u8 = 14;
pub(super) const RANGES: u8 = 15;
pub(super) const GIVEN: u8 = 16;

pub(super) const REBUILD: u8 = 1;
pub(super) const ACKED: u8 = 2;
pub(super) const LAST: u8 = 1;
pub(super) const COMPLETE: u8 = 2;
pub(super) const URGENT: u8 = 1;
pub(super) const ASKS: u8 = 2;
pub(super) const FLOORED: u8 = 4;

/// A frame, read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Frame<'a> {
    /// A live update.
    Push(Push<'a>),
    /// What was missing.
    Repair(Repair<'a>),
    /// What the sender has.
    Digest(Digest<'a>),
    /// What time it is at the sender, and what it no longer keeps.
    Hello(Hello),
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
    /// The sender knows this life of the receiver, which is later than the one it greeted with.
    Stale(u64),
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
    /// The tree that all updates share is built anew.
    Build(Build<'a>),
    /// A word about one update.
    Notice(Notice<'a>),
    /// What is held in some ranges of the store.
    Ranges(Ranges<'a>),
    /// Records that the receiver was found to lack.
    Given(Entries<'a>),
}

/// The flood that builds the tree that all updates share.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Build<'a> {
    /// Its root.
    pub root: Origin<'a>,
    /// How often the root has built it.
    pub epoch: u64,
    /// Links it came over.
    pub hops: u64,
}

/// A word about one update, without the update.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Notice<'a> {
    /// The word.
    pub what: Word,
    /// Who counted the update.
    pub origin: Origin<'a>,
    /// Its count.
    pub seq: u64,
}

/// What is said of one update.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Word {
    /// It was heard: it need not be sent again.
    Ack,
    /// It is here, for whoever lacks it (`IHAVE`).
    Have,
    /// It is lacked, and whoever is told this is to feed us from now on (`GRAFT`).
    Graft,
    /// It was heard before: whoever is told this is not to feed us any more (`PRUNE`).
    Prune,
}

impl Word {
    const ALL: [Self; 4] = [Self::Ack, Self::Have, Self::Graft, Self::Prune];
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
    /// Whether the sender repeats it until it hears that it was heard.
    pub acked: bool,
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
    /// Print of all records that the sender holds.
    pub print: u64,
    /// What is not above it the sender does not hold.
    pub floor: Floor,
    /// What it has of the origins that have changed.
    pub known: Known<'a>,
}

/// What a server says first of itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Hello {
    /// Its wall clock.
    pub wall: Wall,
    /// What is not above it is not kept.
    pub floor: Floor,
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
                let PushHead { origin, seq, epoch, hops, rebuild, acked } = head;
                let at = At::canonical(line).map_err(FrameError::Record)?;
                let update = Update { origin, seq, at, line };
                Ok(Self::Push(Push { update, epoch, hops, rebuild, acked }))
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
                let flags = reader.flags(URGENT | ASKS | FLOORED)?;
                let (urgent, asks) = (flags & URGENT != 0, flags & ASKS != 0);
                let (mine, yours, print) = (reader.fixed()?, reader.fixed()?, reader.fixed()?);
                let floor = if flags & FLOORED == 0 { Floor::BOTTOM } else { reader.floor()? };
                let known = Known::parse(reader.rest())?;
                Ok(Self::Digest(Digest { urgent, asks, mine, yours, print, floor, known }))
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
            HELLO => {
                let hello = Hello { wall: reader.wall()?, floor: reader.floor()? };
                reader.end()?;
                Ok(Self::Hello(hello))
            }
            STALE => {
                let incarnation = reader.varint()?;
                reader.end()?;
                Ok(Self::Stale(incarnation))
            }
            BUILD => {
                let (epoch, hops) = (reader.varint()?, reader.varint()?);
                let root = reader.origin()?;
                reader.end()?;
                Ok(Self::Build(Build { root, epoch, hops }))
            }
            NOTICE => {
                let what = usize::try_from(reader.varint()?).ok();
                let what = what.and_then(|what| Word::ALL.get(what)).ok_or(FrameError::Kind)?;
                let (origin, seq) = (reader.origin()?, reader.seq()?);
                reader.end()?;
                Ok(Self::Notice(Notice { what: *what, origin, seq }))
            }
            SYNC => {
                let answer = reader.varint()?;
                Ok(Self::Sync { answer, known: Known::parse(reader.rest())? })
            }
            VAGUE => {
                let answer = reader.varint()?;
                reader.end()?;
                Ok(Self::Vague(answer))
            }
            RANGES => {
                let flags = reader.flags(ranges::ANSWER | ranges::LAST)?;
                let (answer, last) = (flags & ranges::ANSWER != 0, flags & ranges::LAST != 0);
                let number = reader.varint()?;
                let parts = Parts::parse(reader.rest())?;
                Ok(Self::Ranges(Ranges { answer, last, number, parts }))
            }
            GIVEN => Ok(Self::Given(Entries::parse(body)?)),
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
    pub(crate) acked: bool,
}

impl<'a> PushHead<'a> {
    /// The head of a frame and its line, if it is a push.
    pub(crate) fn of(frame: &'a [u8]) -> Option<(Self, &'a [u8])> {
        matches!(frame.first(), Some(&(PUSH | GROWN))).then(|| Self::parse(frame).ok())?
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
            return Ok((
                Self { origin, seq, epoch: 0, hops: 0, rebuild: false, acked: false },
                line,
            ));
        }
        let flags = reader.flags(REBUILD | ACKED)?;
        let (rebuild, acked) = (flags & REBUILD != 0, flags & ACKED != 0);
        let (epoch, hops) = (reader.varint()?, reader.varint()?);
        let (origin, seq) = (reader.origin()?, reader.seq()?);
        Ok((Self { origin, seq, epoch, hops, rebuild, acked }, reader.rest()))
    }
}

impl<'a> Push<'a> {
    /// What is said before the record.
    pub(crate) const fn head(&self) -> PushHead<'a> {
        let Self { update, epoch, hops, rebuild, acked } = *self;
        PushHead { origin: update.origin, seq: update.seq, epoch, hops, rebuild, acked }
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
