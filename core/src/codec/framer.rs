//! Bytes into bounded units, whatever pieces they come in.

use alloc::vec::Vec;
use core::mem;
use core::ops::ControlFlow;

use super::data::sent_after;
use super::fields::trimmed;
use super::parse::Greeting;
use crate::limits::{FRAME_MAX, LINE_ECHO, LINE_MAX};

/// One thing that was said.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Unit<'a> {
    /// A frame's kind and body, without its length.
    Frame(&'a [u8]),
    /// What is said is no frame; nothing after it can be made out.
    Garbled,
    /// A line without its LF.
    Line(&'a [u8]),
    /// The first bytes of a line over the limit, or a `PUT` line whose data would be; nothing after it is
    /// looked at.
    Overlong(&'a [u8]),
    /// A `PUT` line with its LF, and the data; or as much of it as came before the end.
    Put(&'a [u8]),
}

impl Unit<'_> {
    /// Bytes that it took on its connection; 0 where nothing after it can be made out.
    #[must_use]
    pub const fn size(&self) -> usize {
        match self {
            Self::Line(line) => line.len() + 1,
            Self::Put(unit) => unit.len(),
            Self::Frame(body) => {
                let groups = (usize::BITS - (body.len() | 1).leading_zeros()).div_ceil(7);
                groups as usize + body.len()
            }
            Self::Garbled | Self::Overlong(_) => 0,
        }
    }
}

/// Cuts what is heard on one connection into units. Holds at most one incomplete unit, or what
/// came after a `ControlFlow::Break`; a connection that says nothing costs no memory.
///
/// A connection begins with lines. If its first line is a well-formed greeting, frames follow.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Framer {
    held: Vec<u8>,
    /// With fewer bytes than that, what is held is not complete.
    wants: u32,
    mode: Mode,
}

/// Units that lie one behind the other in bytes: all lines, with the data after them, or all frames.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    rest: &'a [u8],
    frames: bool,
}

impl<'a> Units<'a> {
    pub(crate) const fn new(bytes: &'a [u8], frames: bool) -> Self {
        Self { rest: bytes, frames }
    }

    /// The bytes of those that have not come yet.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether they are frames.
    #[must_use]
    pub const fn are_frames(&self) -> bool {
        self.frames
    }

    /// Those that lie in the first `size` bytes.
    #[must_use]
    pub fn within(self, size: usize) -> Self {
        Self { rest: &self.rest[..size.min(self.rest.len())], ..self }
    }
}

impl<'a> Iterator for Units<'a> {
    type Item = Unit<'a>;

    fn next(&mut self) -> Option<Unit<'a>> {
        let found = if self.frames { frame(self.rest) } else { line(self.rest).ok() };
        let (unit, size) = found?;
        self.rest = &self.rest[size..];
        Some(unit)
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
enum Mode {
    /// Nothing was said yet.
    #[default]
    First,
    Lines,
    Frames,
    /// Nothing more can be made out.
    Over,
}

impl Framer {
    /// One for a new connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: Vec::new(), wants: 0, mode: Mode::First }
    }

    /// One for a connection on which frames come, at the end of one.
    #[must_use]
    pub const fn between_frames() -> Self {
        Self { held: Vec::new(), wants: 0, mode: Mode::Frames }
    }

    /// Whether frames come, and nothing of the next one is held.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.mode == Mode::Frames && self.held.is_empty()
    }

    /// Takes the next bytes and gives each unit that is complete to `each`, until it says
    /// `Break`; the rest is held for the next call (`bytes` may be empty then).
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Unit<'_>) -> ControlFlow<()>) {
        if self.held.is_empty() {
            let used = self.cut(bytes, &mut each);
            if self.mode != Mode::Over {
                self.held.extend_from_slice(&bytes[used..]);
            }
            return;
        }
        let mut held = mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        if held.len() < self.wants as usize {
            self.held = held;
            return;
        }
        let used = self.cut(&held, &mut each);
        if self.mode != Mode::Over && used < held.len() {
            held.drain(..used);
            if self.mode == Mode::Lines && held.capacity() > LINE_MAX + held.len() {
                held.shrink_to_fit();
            }
            self.held = held;
        }
    }

    /// The units that [`feed`](Self::feed) would give of these bytes, as far as that can be told before:
    /// without the one of which a part is held. (If that one turns out to be a [`Unit::Put`], its data
    /// was taken for units.)
    #[must_use]
    pub fn ahead<'a>(&self, bytes: &'a [u8]) -> Units<'a> {
        let frames = self.mode == Mode::Frames;
        let missing = match self.mode {
            Mode::First | Mode::Over => None,
            _ if self.held.is_empty() => Some(0),
            Mode::Frames => {
                whole_size(&self.held).and_then(|size| size.checked_sub(self.held.len()))
            }
            // Not where data is missing, which may hold line ends, or where more than one is held.
            Mode::Lines if self.held.contains(&b'\n') => None,
            Mode::Lines => memchr::memchr(b'\n', bytes).map(|end| end + 1),
        };
        Units::new(missing.and_then(|missing| bytes.get(missing..)).unwrap_or_default(), frames)
    }

    /// Says that no more bytes will come: a last line without LF counts. After a `Break` it is
    /// called again, until nothing is [held](Self::holds).
    pub fn finish(&mut self, mut each: impl FnMut(Unit<'_>) -> ControlFlow<()>) {
        let mut stopped = false;
        self.feed(&[], |unit| {
            let flow = each(unit);
            stopped = flow.is_break();
            flow
        });
        if stopped || self.held.is_empty() {
            return;
        }
        let held = mem::take(&mut self.held);
        let unit = match self.mode {
            Mode::First | Mode::Lines if held.contains(&b'\n') => Unit::Put(&held),
            Mode::First | Mode::Lines => Unit::Line(&held),
            Mode::Frames => Unit::Garbled,
            Mode::Over => return,
        };
        self.mode = Mode::Over;
        let _ = each(unit);
    }

    /// Bytes held: an incomplete unit, or what came after a `Break`.
    #[must_use]
    pub const fn holds(&self) -> usize {
        self.held.len()
    }

    /// Gives the complete units of `bytes` to `each`; how many bytes they took.
    fn cut(&mut self, bytes: &[u8], each: &mut impl FnMut(Unit<'_>) -> ControlFlow<()>) -> usize {
        let mut used = 0;
        self.wants = 0;
        loop {
            let rest = &bytes[used..];
            let (unit, size) = match self.mode {
                Mode::First | Mode::Lines => match line(rest) {
                    Ok(found) => found,
                    Err(wants) => {
                        self.wants = wants;
                        return used;
                    }
                },
                Mode::Frames => match frame(rest) {
                    Some(found) => found,
                    None => return used,
                },
                Mode::Over => return used,
            };
            used += size;
            self.mode = match unit {
                Unit::Garbled | Unit::Overlong(_) => Mode::Over,
                Unit::Frame(_) => Mode::Frames,
                Unit::Line(text) if self.mode == Mode::First => match Greeting::parse(text) {
                    Some(_) => Mode::Frames,
                    None if trimmed(text).is_empty() => Mode::First,
                    None => Mode::Lines,
                },
                Unit::Line(_) | Unit::Put(_) => Mode::Lines,
            };
            if each(unit).is_break() {
                return used;
            }
        }
    }
}

/// The first line of `bytes`, with the data that belongs to it, and how many bytes it takes.
///
/// # Errors
/// That cannot be said yet, and not with fewer bytes than these.
fn line(bytes: &[u8]) -> Result<(Unit<'_>, usize), u32> {
    let within = &bytes[..bytes.len().min(LINE_MAX + 1)];
    let Some(end) = memchr::memchr(b'\n', within) else {
        let overlong = bytes.len() > LINE_MAX;
        return if overlong {
            Ok((Unit::Overlong(&bytes[..LINE_ECHO]), bytes.len()))
        } else {
            Err(0)
        };
    };
    let line = &bytes[..end];
    match sent_after(line) {
        Ok(None) => Ok((Unit::Line(line), end + 1)),
        Ok(Some(length)) => match bytes.get(..end + 1 + length) {
            Some(unit) => Ok((Unit::Put(unit), unit.len())),
            None => Err(u32::try_from(end + 1 + length).unwrap_or(0)),
        },
        Err(_) => Ok((Unit::Overlong(line), bytes.len())),
    }
}

/// The first frame of `bytes` and how many bytes it takes, once that can be said.
fn frame(bytes: &[u8]) -> Option<(Unit<'_>, usize)> {
    let Ok((start, length)) = length_of(bytes)? else {
        return Some((Unit::Garbled, bytes.len()));
    };
    let body = bytes[start..].get(..length)?;
    Some((Unit::Frame(body), start + length))
}

/// How many bytes the first frame takes, whether they are there or not.
fn whole_size(bytes: &[u8]) -> Option<usize> {
    length_of(bytes)?.ok().map(|(start, length)| start + length)
}

/// Where the first frame's body begins and how long it is, once that can be said, or that it is none.
fn length_of(bytes: &[u8]) -> Option<Result<(usize, usize), ()>> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if length > FRAME_MAX || (index > 0 && *byte == 0) || index > 3 {
            return Some(Err(()));
        }
        if byte & 0x80 == 0 {
            return Some(Ok((index + 1, length)));
        }
    }
    None
}
