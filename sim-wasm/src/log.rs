//! What happened, a line each, folded into a digest.

use std::fmt::Write as _;

use herd_core::time::SECOND;

use crate::topology::Topology;

/// One thing that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    /// Counts the lines of a run, from 0.
    pub number: u64,
    /// When, ns from the beginning.
    pub at: u64,
    /// At which server; `None` for what concerns no single one.
    pub server: Option<u32>,
    /// What it is about.
    pub kind: LogKind,
    /// What happened, as a phrase.
    pub text: Box<str>,
}

/// What a log line is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum LogKind {
    /// A command was done.
    Command,
    /// A client said something.
    Said,
    /// A client heard an answer.
    Answer,
    /// A server took a client's update.
    Accepted,
    /// A server learned a neighbour's record.
    Learned,
    /// A record that was known, or older.
    Known,
    /// A line was refused.
    Refused,
    /// A link came up, went down, or was repaired.
    Link,
    /// A Places request.
    Places,
    /// Something was lost.
    Lost,
    /// A check went red.
    Check,
}

/// Servers that have a column each; in a larger herd the name stands in front.
const COLUMNS: usize = 8;
/// Characters of a column.
const WIDTH: usize = 22;

impl LogLine {
    /// The line of fixed width: the time, and the phrase in the column of its server.
    #[must_use]
    pub fn show(&self, topology: &Topology) -> String {
        let mut text = format!("{:>12} ", padded_seconds(self.at));
        let names = topology.names();
        let name = self.server.and_then(|server| names.get(server as usize));
        match (self.server, name) {
            (Some(server), Some(_)) if names.len() <= COLUMNS => {
                let column = server as usize * WIDTH;
                write!(text, "{:column$}{}", "", self.text).expect("a String takes everything");
            }
            (_, Some(name)) => {
                write!(text, "{name:<12} {}", self.text).expect("a String takes everything");
            }
            (_, None) => {
                write!(text, "== {}", self.text).expect("a String takes everything");
            }
        }
        text
    }

    /// The first line of a log: whose column is which.
    #[must_use]
    pub fn head(topology: &Topology) -> String {
        let mut text = format!("{:>12} ", "s");
        if topology.names().len() <= COLUMNS {
            for name in topology.names() {
                write!(text, "{name:<WIDTH$}").expect("a String takes everything");
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Seconds with six decimals: what is shown is cut, never what counts.
fn padded_seconds(ns: u64) -> String {
    format!("{}.{:06}", ns / SECOND, ns % SECOND / 1_000)
}

/// A digest of all that happened, in order. Only explicit 64-bit numbers and bytes go in, so that
/// 32-bit and 64-bit machines agree.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) const fn new() -> Self {
        Self(0x6a09_e667_f3bc_c908)
    }

    pub(crate) const fn number(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last));
    }

    pub(crate) const fn value(self) -> u64 {
        self.0
    }
}
