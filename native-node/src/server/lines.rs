//! The lines of a log: text for people, or an object each for machines. Both say the same.

use std::fmt::Write as _;

use herd_core::{ConnId, Now, Wall};

use crate::clock::stamp_text;
use crate::log::{Format, Log, printable};

/// Width of the word that says what a line is about: that of `neighbour`.
const KIND_WIDTH: usize = 9;

/// Where lines are written.
#[derive(Debug)]
pub(super) struct Lines {
    log: Option<Log>,
    /// The last time formatted, and its text.
    stamp: (Wall, String),
}

impl Lines {
    pub(super) fn new(log: Option<Log>) -> Self {
        Self { log: log.filter(Log::is_on), stamp: (Wall::default(), String::new()) }
    }

    /// Whether anything is wanted.
    pub(super) const fn is_on(&self) -> bool {
        self.log.is_some()
    }

    /// Whether lines in and out are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.log.as_ref().is_some_and(Log::is_full)
    }

    pub(super) fn hand_over(&mut self) {
        if let Some(log) = &mut self.log {
            log.hand_over();
        }
    }

    /// A line in or out. There are millions of them: nothing here goes through `fmt`.
    pub(super) fn line(
        &mut self,
        now: Now,
        way: &str,
        id: ConnId,
        neighbour: Option<&str>,
        line: &[u8],
    ) {
        let Some((out, format)) = self.begin(now, way) else { return };
        match format {
            Format::Text => {
                out.push(b'#');
                put_number(out, id.0);
                out.push(b' ');
                if let Some(name) = neighbour {
                    out.extend_from_slice(name.as_bytes());
                    out.push(b' ');
                }
                printable(out, line);
                out.push(b'\n');
            }
            Format::Json => {
                out.extend_from_slice(b",\"conn\":");
                put_number(out, id.0);
                if let Some(name) = neighbour {
                    out.extend_from_slice(b",\"neighbour\":");
                    put_text(out, name.as_bytes());
                }
                out.extend_from_slice(b",\"line\":");
                put_text(out, line);
                out.extend_from_slice(b"}\n");
            }
        }
    }

    /// Something that happened, as a sentence.
    pub(super) fn say(&mut self, now: Now, kind: &str, text: &str) {
        let Some((out, format)) = self.begin(now, kind) else { return };
        match format {
            Format::Text => {
                printable(out, text.as_bytes());
                out.push(b'\n');
            }
            Format::Json => {
                out.extend_from_slice(b",\"text\":");
                put_text(out, text.as_bytes());
                out.extend_from_slice(b"}\n");
            }
        }
    }

    /// Begins a line: the time and what it is about.
    fn begin(&mut self, now: Now, kind: &str) -> Option<(&mut Vec<u8>, Format)> {
        let log = self.log.as_mut()?;
        let format = log.format();
        let out = log.lines();
        if self.stamp.0 != now.wall || self.stamp.1.is_empty() {
            self.stamp = (now.wall, stamp_text(now.wall));
        }
        match format {
            Format::Text => {
                out.extend_from_slice(self.stamp.1.as_bytes());
                out.push(b' ');
                out.extend_from_slice(kind.as_bytes());
                out.resize(out.len() + KIND_WIDTH.saturating_sub(kind.len()) + 1, b' ');
            }
            Format::Json => {
                for part in ["{\"time\":\"", &self.stamp.1, "\",\"kind\":\"", kind, "\""] {
                    out.extend_from_slice(part.as_bytes());
                }
            }
        }
        Some((out, format))
    }
}

fn put_number(out: &mut Vec<u8>, number: u32) {
    if number >= 10 {
        put_number(out, number / 10);
    }
    out.push(b'0' + (number % 10) as u8);
}

/// Appends a text of JSON. Bytes that are no UTF-8 are written `\xNN`, with a backslash of their own.
fn put_text(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    // A text can always be written.
    let _ = serde_json::to_writer(out, &text);
}
