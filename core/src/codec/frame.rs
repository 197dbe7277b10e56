//! What servers say to each other after the greeting.
//!
//! ```text
//! frame  = length kind body        length: varint of the bytes of kind and body, at most 256 KiB
//! push   = 1 record                a live update
//! repair = 2 record                something the neighbour may have missed
//! done   = 3 count                 all repair of this link has been sent: so many records
//! record = seq incarnation line    line: canonical `AT` line, without LF
//! varint = LEB128, at most 64 bits, shortest form
//! ```
//!
//! The line is the record, so nothing can be said twice and differently. A frame that is not
//! exactly this ends the link.

use alloc::vec::Vec;
use core::fmt;

use super::parse::{At, ParseError};

const PUSH: u8 = 1;
const REPAIR: u8 = 2;
const DONE: u8 = 3;

/// A frame, read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Frame<'a> {
    /// All repair of this link has been sent.
    Done {
        /// How many records it had.
        records: u64,
    },
    /// A record.
    Push {
        /// Whether it is repair, not a live update.
        repair: bool,
        /// Counts the updates of the server the client talked to, in that life, from 1.
        seq: u64,
        /// That server's life.
        incarnation: u64,
        /// The record.
        at: At<'a>,
        /// The record as written.
        line: &'a [u8],
    },
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
        let (kind, mut body) = bytes.split_first().ok_or(FrameError::Length)?;
        match *kind {
            PUSH | REPAIR => {
                let Told { repair, seq, incarnation, line } = Told::parse(*kind, body)?;
                let at = At::canonical(line).map_err(FrameError::Record)?;
                Ok(Self::Push { repair, seq, incarnation, at, line })
            }
            DONE => {
                let records = varint(&mut body)?;
                if body.is_empty() { Ok(Self::Done { records }) } else { Err(FrameError::Length) }
            }
            _ => Err(FrameError::Kind),
        }
    }
}

/// A record frame whose record has not been read.
pub(crate) struct Told<'a> {
    pub(crate) repair: bool,
    pub(crate) seq: u64,
    pub(crate) incarnation: u64,
    pub(crate) line: &'a [u8],
}

impl<'a> Told<'a> {
    /// A frame's kind and body, if it is one of a record.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (kind, body) = bytes.split_first()?;
        matches!(*kind, PUSH | REPAIR).then(|| Self::parse(*kind, body).ok())?
    }

    fn parse(kind: u8, mut body: &'a [u8]) -> Result<Self, FrameError> {
        let seq = varint(&mut body)?;
        let incarnation = varint(&mut body)?;
        Ok(Self { repair: kind == REPAIR, seq, incarnation, line: body })
    }
}

/// Appends a whole record frame.
pub(crate) fn put_record(out: &mut Vec<u8>, repair: bool, seq: u64, incarnation: u64, line: &[u8]) {
    let size = 1 + varint_size(seq) + varint_size(incarnation) + line.len();
    put_varint(out, size as u64);
    out.push(if repair { REPAIR } else { PUSH });
    put_varint(out, seq);
    put_varint(out, incarnation);
    out.extend_from_slice(line);
}

/// Appends a whole done frame.
pub(crate) fn put_done(out: &mut Vec<u8>, records: u64) {
    put_varint(out, 1 + varint_size(records) as u64);
    out.push(DONE);
    put_varint(out, records);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

const fn varint_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros()).div_ceil(7) as usize
}

fn varint(bytes: &mut &[u8]) -> Result<u64, FrameError> {
    let mut value = 0_u64;
    for index in 0..10 {
        let (byte, rest) = bytes.split_first().ok_or(FrameError::Length)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if (index == 9 && bits > 1) || (index > 0 && *byte == 0) {
            return Err(FrameError::Length);
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(FrameError::Length)
}
