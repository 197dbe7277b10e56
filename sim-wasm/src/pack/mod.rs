//! A run as a link: `herd1.` and letters that every address can hold.
//!
//! Inside: the hash of the core that wrote it, the instant to open at, and the script, its instants
//! told apart by their distance and the whole squeezed. The text of a script is the only form that
//! is read and written: a command that is new to scripts is in links as well.
//!
//! A link may also be [readable]: the script's text as an address can hold it.

mod coder;
mod core_hash;
pub mod readable;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::script::{AT_MAX, Script, ScriptError};
use crate::text::{parse_seconds, show_seconds};

pub use core_hash::CORE;
pub use readable::Readable;

/// What every link of this format begins with.
pub const PREFIX: &str = "herd1.";
/// Bytes of text that a link may hold: the largest script.
pub const TEXT_MAX: u64 = 8 << 20;

/// Whether a text is to be read as a link and not as a script: a script says what it is in its first
/// line that is no remark; a link is one word, perhaps in an address.
#[must_use]
pub fn is_link(text: &str) -> bool {
    let later = || matches!(other_format(text), LinkError::Format(_));
    let readable = || Readable::find(text).is_some();
    text.trim().lines().count() == 1 && (text.contains(PREFIX) || readable() || later())
}

/// A link, unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The run.
    pub script: Script,
    /// The instant to open at, ns; without one, the beginning.
    pub at: Option<u64>,
    /// Which core wrote it: see [`CORE`].
    pub core: u32,
}

impl Link {
    /// A link to a run of this core.
    #[must_use]
    pub const fn new(script: Script, at: Option<u64>) -> Self {
        Self { script, at, core: CORE }
    }

    /// Whether another version of the core wrote it: then the run may be another one. A sentence
    /// that says so.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (self.core != CORE).then(|| {
            format!(
                "this link is of another version of the herd ({:08x}, this is {CORE:08x}): \
                 the run may differ",
                self.core
            )
        })
    }

    /// Reads a link: `herd1.…` alone, or anywhere in an address or a text around it; or a
    /// [readable] one, which does not say which core wrote it and passes for one of this core.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        if Readable::find(text).is_some() {
            let link = Readable::parse(text)?;
            return Ok(Self::new(link.script.parse().map_err(LinkError::Script)?, link.at));
        }
        let at = text.find(PREFIX).ok_or_else(|| other_format(text))?;
        let body = &text[at + PREFIX.len()..];
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let body = body.split(|c| !letter(c)).next().unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| LinkError::Damaged)?;
        Self::unpack(&bytes)
    }

    fn unpack(bytes: &[u8]) -> Result<Self, LinkError> {
        let (core, rest) = bytes.split_first_chunk().ok_or(LinkError::Damaged)?;
        let (sum, mut rest) = rest.split_first_chunk().ok_or(LinkError::Damaged)?;
        let at = varint(&mut rest).ok_or(LinkError::Damaged)?;
        let length = varint(&mut rest).filter(|n| *n <= TEXT_MAX).ok_or(LinkError::Damaged)?;
        let length = usize::try_from(length).map_err(|_| LinkError::Damaged)?;
        let text = coder::unsqueeze(rest, length).ok_or(LinkError::Damaged)?;
        if checksum(at, &text) != *sum {
            return Err(LinkError::Damaged);
        }
        let text = String::from_utf8(text).map_err(|_| LinkError::Damaged)?;
        let text = spread(&text).ok_or(LinkError::Damaged)?;
        let script = text.parse().map_err(LinkError::Script)?;
        Ok(Self { script, at: at.checked_sub(1), core: u32::from_le_bytes(*core) })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = gather(&self.script);
        let at = self.at.map_or(0, |at| at.min(AT_MAX) + 1);
        let mut bytes = self.core.to_le_bytes().to_vec();
        bytes.extend(checksum(at, text.as_bytes()));
        put_varint(&mut bytes, at);
        put_varint(&mut bytes, text.len() as u64);
        bytes.extend(coder::squeeze(text.as_bytes()));
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Why a text is no link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkError {
    /// Letters are missing or changed.
    Damaged,
    /// It is a link of a format that this program does not know: its number.
    Format(Box<str>),
    /// No link is in it.
    NoLink,
    /// It is whole, but its script is not one for this program.
    Script(ScriptError),
    /// It is no address of a run: what was expected.
    Address(Box<str>),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => write!(
                f,
                "expected a whole link; letters of this one are missing or changed behind {PREFIX}"
            ),
            Self::Format(number) => write!(
                f,
                "expected a link that begins with {PREFIX}; this one has the format {number}, of a \
                 newer program"
            ),
            Self::NoLink => write!(f, "expected a link, which begins with {PREFIX}"),
            Self::Script(error) => write!(f, "the link's script: {error}"),
            Self::Address(expected) => write!(f, "the link: expected {expected}"),
        }
    }
}

impl std::error::Error for LinkError {}

/// A text that is no link of ours may be one of a later format.
fn other_format(text: &str) -> LinkError {
    let numbers = text.match_indices("herd").filter_map(|(at, word)| {
        let (number, _) = text[at + word.len()..].split_once('.')?;
        (!number.is_empty() && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit()))
            .then(|| LinkError::Format(number.into()))
    });
    numbers.into_iter().next().unwrap_or(LinkError::NoLink)
}

/// The script with distances instead of instants: they are shorter and more alike.
fn gather(script: &Script) -> String {
    let mut text = format!("{}\n", script.options());
    let mut before = 0;
    for entry in script.entries() {
        let distance = show_seconds(entry.at - before);
        let distance = distance.strip_prefix('0').unwrap_or(&distance);
        before = entry.at;
        text.push_str(if entry.on { "" } else { "off " });
        text.push_str(distance);
        text.push(' ');
        text.push_str(&entry.command.text(script.topology()));
        text.push('\n');
    }
    text
}

/// The script that was [gathered](gather).
fn spread(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let mut script = format!("{}\n", lines.next()?);
    let mut at = 0_u64;
    for line in lines {
        let (off, line) = line.strip_prefix("off ").map_or(("", line), |line| ("off ", line));
        let (distance, command) = line.split_once(' ')?;
        at = at.checked_add(parse_seconds(&match distance.as_bytes().first() {
            Some(b'.') | None => format!("0{distance}"),
            Some(_) => distance.to_owned(),
        })?)?;
        script.push_str(&format!("{off}@{} {command}\n", show_seconds(at)));
    }
    Some(script)
}

fn checksum(at: u64, text: &[u8]) -> [u8; 4] {
    let hash = crate::rng::key(text) ^ at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    [a ^ e, b ^ f, c ^ g, d ^ h]
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
