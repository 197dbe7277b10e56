//! Data under keys: the line before it, and the record of it.

use alloc::vec::Vec;
use core::str;

use super::fields::{Fields, first_field};
use super::number::integer;
use super::parse::{At, ParseError, Said, What, client, stamp};
use crate::limits::DATA_MAX;
use crate::time::Wall;

/// What a record of data begins with.
pub(crate) const DATA: &[u8] = b"DATA ";
/// What the line begins with that tells of data without giving it; else it is the record's.
pub(crate) const KEPT: &[u8] = b"KEPT ";

/// `PUT <key> <stamp> <length>`, LF, and so many bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Put<'a> {
    /// The key: UTF-8.
    pub key: &'a [u8],
    /// Since when, by the client's clock.
    pub stamp: Wall,
    /// The stamp as sent.
    pub stamp_text: &'a [u8],
    /// What is to be kept, as it is.
    pub data: &'a [u8],
}

/// `GET <key>`
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Get<'a> {
    /// The key: UTF-8.
    pub key: &'a [u8],
}

/// What a key is as an [`At::client`].
#[must_use]
pub fn data_key(key: &[u8]) -> Vec<u8> {
    [b" ", key].concat()
}

impl<'a> Put<'a> {
    /// What is to be kept; `client` is what [`data_key`] makes of the key.
    pub(crate) const fn said(&self, client: &'a [u8]) -> Said<'a> {
        let Self { stamp, stamp_text, data, .. } = *self;
        Said { client, what: What::Data(data), stamp, stamp_text }
    }
}

pub(super) fn get(fields: Fields<'_>) -> Result<Get<'_>, ParseError> {
    let [key] = fields.exactly().ok_or(ParseError::Fields)?;
    Ok(Get { key: self::key(key)? })
}

pub(super) fn put(line: &[u8]) -> Result<Put<'_>, ParseError> {
    let (line, data) = match memchr::memchr(b'\n', line) {
        Some(end) => (&line[..end], &line[end + 1..]),
        None => (line, &[][..]),
    };
    let [_, key, stamp_text, length] = Fields::of(line).exactly().ok_or(ParseError::Fields)?;
    let (key, stamp) = (self::key(key)?, stamp(stamp_text)?);
    is_long(data, length)?;
    Ok(Put { key, stamp, stamp_text, data })
}

/// Bytes that follow the LF of a client's line and belong to it: the data of a `PUT`. (Whatever else is
/// wrong with it: what is meant as data is not to be taken for lines.)
///
/// # Errors
/// [`ParseError::Data`]: more than data can have.
pub fn sent_after(line: &[u8]) -> Result<Option<usize>, ParseError> {
    let mut fields = Fields::of(line);
    if fields.next() != Some(b"PUT") {
        return Ok(None);
    }
    match fields.exactly() {
        Some([_, _, length]) if length.iter().all(u8::is_ascii_digit) => {
            let length = integer(length).filter(|length| *length <= DATA_MAX as u64);
            let length = length.and_then(|length| usize::try_from(length).ok());
            length.map(Some).ok_or(ParseError::Data)
        }
        Some(_) | None => Ok(None),
    }
}

/// Bytes that follow the LF of a line that a server says and belong to it: the data of a record, and the
/// LF after that.
#[must_use]
pub fn told_after(line: &[u8]) -> Option<usize> {
    let mut fields = Fields::of(line);
    let is_data = fields.next() == Some(b"DATA");
    let [_, _, _, _, length] = fields.exactly().filter(|_| is_data)?;
    let length = integer(length).filter(|length| *length <= DATA_MAX as u64)?;
    usize::try_from(length).ok().map(|length| length + 1)
}

impl<'a> At<'a> {
    #[cold]
    pub(super) fn of_data(line: &'a [u8]) -> Result<Self, ParseError> {
        let rest = line.strip_prefix(DATA).ok_or(ParseError::Fields)?;
        let end = memchr::memchr(b'\n', rest).ok_or(ParseError::Data)?;
        let (head, data) = (&rest[..end], &rest[end + 1..]);
        let (server, rest) = first_field(head).ok_or(ParseError::Fields)?;
        let (skew, rest) = first_field(rest).ok_or(ParseError::Fields)?;
        let (key, rest) = first_field(rest).ok_or(ParseError::Fields)?;
        let (stamp_text, length) = first_field(rest).ok_or(ParseError::Fields)?;
        self::key(key)?;
        is_long(data, length)?;
        let start = server.len() + 1 + skew.len();
        let client = &head[start..][..1 + key.len()];
        Self::checked(server, skew, client, What::Data(data), stamp_text)
    }

    /// The [client](Self::client) in a line, if [it is a record](Self::canonical): more of it is not
    /// read.
    #[must_use]
    pub fn client_of(line: &'a [u8]) -> Option<&'a [u8]> {
        let (word, rest) = first_field(line)?;
        let (server, rest) = first_field(rest)?;
        let (skew, rest) = first_field(rest)?;
        let (client, _) = first_field(rest)?;
        let start = word.len() + server.len() + skew.len() + 3;
        let space = usize::from(word == b"DATA");
        line.get(start - space..start + client.len())
    }

    /// Whether it is data, and no location.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self.what, What::Data(_))
    }

    /// The line of a record that it can be told by: all of an `AT` line; of data what comes before it.
    #[must_use]
    pub fn head_of(line: &'a [u8]) -> &'a [u8] {
        match memchr::memchr(b'\n', line) {
            Some(end) if line.starts_with(DATA) => &line[..end],
            Some(_) | None => line,
        }
    }
}

fn key(field: &[u8]) -> Result<&[u8], ParseError> {
    str::from_utf8(client(field)?).map(str::as_bytes).map_err(|_| ParseError::Key)
}

/// Whether `data` is as long as is said.
fn is_long(data: &[u8], length: &[u8]) -> Result<(), ParseError> {
    let length = integer(length).filter(|length| *length <= DATA_MAX as u64);
    if length == Some(data.len() as u64) { Ok(()) } else { Err(ParseError::Data) }
}
