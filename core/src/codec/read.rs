//! Numbers and names out of a frame's bytes.

use super::frame::{FrameError, Origin};
use crate::floor::Floor;
use crate::limits::NAME_MAX;
use crate::time::Wall;

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
        match *self.0 {
            [byte, ref rest @ ..] if byte & 0x80 == 0 => {
                self.0 = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    /// One of several bytes. Up to eight are read at once where there are as many: the sevens of
    /// bits are closed up in pairs, then in fours, then all.
    fn long_varint(&mut self) -> Result<u64, FrameError> {
        const ENDS: u64 = u64::from_ne_bytes([0x80; 8]);
        let Some(word) = self.0.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else {
            return self.any_varint();
        };
        let ends = !word & ENDS;
        if ends == 0 {
            return self.any_varint();
        }
        let last = ends.trailing_zeros();
        let bits = word & (u64::MAX >> (63 - last)) & !ENDS;
        if bits >> (last - 7) == 0 {
            return Err(FrameError::Length);
        }
        let pairs = bits & 0x007f_007f_007f_007f | (bits & 0x7f00_7f00_7f00_7f00) >> 1;
        let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
        self.0 = &self.0[last as usize / 8 + 1..];
        Ok(fours & 0x0fff_ffff | fours >> 32 << 28)
    }

    /// One of any length, byte by byte.
    fn any_varint(&mut self) -> Result<u64, FrameError> {
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

    /// A wall clock's reading.
    pub(super) fn wall(&mut self) -> Result<Wall, FrameError> {
        self.fixed().map(|bits| Wall(bits.cast_signed()))
    }

    pub(super) fn floor(&mut self) -> Result<Floor, FrameError> {
        Ok(Floor { stamp: self.wall()?, tie: self.fixed()? })
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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::put::put_varint;
    use super::*;

    #[test]
    fn a_number_is_read_the_same_whatever_follows_it() {
        let edges = (0..63).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for value in edges.chain([(1 << 63) - 1]) {
            for follows in [&[][..], &[0; 9], &[0x7f], &[0xff; 9]] {
                let mut bytes = Vec::new();
                put_varint(&mut bytes, value);
                bytes.extend_from_slice(follows);
                let mut reader = Reader::of(&bytes);
                assert_eq!((reader.varint(), reader.rest()), (Ok(value), follows), "{value}");
            }
        }
    }

    #[test]
    fn a_number_is_written_in_one_way_only() {
        for bytes in [&[0x80, 0][..], &[0x81, 0x80, 0], &[0x81; 8], &[0xff; 10], &[0x80], &[]] {
            for follows in [&[][..], &[0; 9]] {
                // What goes on for too long, or has nothing in its last byte, whatever follows.
                let bytes: Vec<u8> = bytes.iter().chain(follows).copied().collect();
                assert_eq!(Reader::of(&bytes).varint().is_err(), bytes != [0; 9], "{bytes:02x?}");
            }
        }
    }
}
