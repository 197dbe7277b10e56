//! The other form of a link: the script's text itself, as an address can hold it. Longer than the
//! packed one, and readable without any program.
//!
//! `run=` and the text, in which a space is `+` and what an address cannot hold is `%NN`; `&at=` and
//! the instant that is shown, in seconds. Further parts, such as `&on=Holiday`, are about the picture
//! only: who does not know one leaves it out.

use std::fmt::Write;

use super::{LinkError, TEXT_MAX};
use crate::text::{parse_seconds, show_seconds};

/// What the part with the script begins with.
const RUN: &str = "run=";
/// What the part with the instant begins with.
const AT: &str = "at=";

/// What a readable link says; the script is not looked at yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readable {
    /// The script's text.
    pub script: String,
    /// The instant to show, ns.
    pub at: Option<u64>,
}

impl Readable {
    /// The parts of a text, from [`RUN`] on; `None` if none is a run.
    pub(super) fn find(text: &str) -> Option<&str> {
        let text = text.trim();
        let begins = |at: &usize| *at == 0 || text[..*at].ends_with(['#', '&']);
        let at = text.match_indices(RUN).map(|(at, _)| at).find(begins)?;
        text.get(at..)
    }

    /// Reads a readable link, alone or in an address.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let parts = Self::find(text).ok_or(LinkError::NoLink)?;
        let mut link = Self::default();
        for part in parts.split('&') {
            if let Some(text) = part.strip_prefix(RUN) {
                link.script = unescape(text)?;
            } else if let Some(text) = part.strip_prefix(AT) {
                let wrong = || {
                    let what = format!("an instant in seconds such as at=1.25, not at={text}");
                    LinkError::Address(what.into())
                };
                link.at = Some(parse_seconds(text).ok_or_else(wrong)?);
            }
        }
        Ok(link)
    }
}

/// What stands behind the `#`: [`Readable::parse`] reads it.
#[must_use]
pub fn show(script: &str, at: Option<u64>) -> String {
    let mut text = format!("{RUN}{}", escape(script.trim_end()));
    if let Some(at) = at {
        let _ = write!(text, "&{AT}{}", show_seconds(at));
    }
    text
}

/// A text as a part of an address can hold it.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'=' | b':' | b'@' | b',' | b'/' => {
                out.push(char::from(byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

/// The text that was [escaped](escape).
///
/// # Errors
/// What was expected.
pub fn unescape(text: &str) -> Result<String, LinkError> {
    let wrong = |what: &str| LinkError::Address(what.into());
    if text.len() as u64 > 3 * TEXT_MAX {
        return Err(wrong("a run of at most 8 MiB"));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|b| char::from(b).to_digit(16)).map(u32::to_le_bytes);
                let (Some([high, ..]), Some([low, ..])) = (digit(), digit()) else {
                    return Err(wrong("two hexadecimal digits behind every %"));
                };
                bytes.push(high << 4 | low);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("a run that is UTF-8 text"))
}
