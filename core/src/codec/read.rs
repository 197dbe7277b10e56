//! Numbers and names out of a frame's bytes.

use super::frame::{FrameError, Origin};
use crate::limits::NAME_MAX;

/// What is left of a frame's body.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// A number below 2⁶³.
    pub(super) fn varint(&mut self) -> Result<u64, FrameError> {
        let mut value = 0_u64;
        for index in 0..9 {
            let (byte, rest) = self.0.split_first().ok_or(FrameError::Length)?;
            self.0 = rest;
            if index > 0 && *byte == 0 {
                return Err(FrameError::Length);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FrameError::Length)
    }

    /// A number of updates, counted from 1.
    pub(super) fn seq(&mut self) -> Result<u64, FrameError> {
        self.varint().and_then(|seq| if seq == 0 { Err(FrameError::Length) } else { Ok(seq) })
    }

    /// Nothing is left.
    pub(super) const fn end(self) -> Result<(), FrameError> {
        if self.is_empty() { Ok(()) } else { Err(FrameError::Length) }
    }

    /// Eight bytes, little-endian.
    pub(super) fn fixed(&mut self) -> Result<u64, FrameError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(FrameError::Length)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    /// A byte with no other bits than these.
    pub(super) fn flags(&mut self, known: u8) -> Result<u8, FrameError> {
        let (byte, rest) = self.0.split_first().ok_or(FrameError::Length)?;
        self.0 = rest;
        if byte & !known == 0 { Ok(*byte) } else { Err(FrameError::Length) }
    }

    /// Bytes with their length before them.
    pub(super) fn sized(&mut self) -> Result<&'a [u8], FrameError> {
        let length = usize::try_from(self.varint()?).map_err(|_| FrameError::Length)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(FrameError::Length)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn origin(&mut self) -> Result<Origin<'a>, FrameError> {
        let name = self.sized()?;
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(FrameError::Length);
        }
        Ok(Origin { name, incarnation: self.varint()? })
    }
}
