//! Marks: what has come into an outbox since some moment, as if it had been empty then.

use super::{Event, Outbox, Output, Span};

/// How much an [`Outbox`] held at some moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Mark {
    outputs: usize,
    bytes: u32,
}

impl Span {
    /// The same, so many bytes further on (or back: they are counted round).
    pub(crate) const fn moved(self, by: u32) -> Self {
        Self { start: self.start.wrapping_add(by), end: self.end.wrapping_add(by) }
    }
}

impl Output {
    /// The same, of bytes that lie so many further on (or back: they are counted round).
    pub(crate) const fn moved(self, by: u32) -> Self {
        match self {
            Self::Write { conn, bytes } => Self::Write { conn, bytes: bytes.moved(by) },
            Self::Event(Event::Accepted { conn, line }) => {
                Self::Event(Event::Accepted { conn, line: line.moved(by) })
            }
            Self::Event(Event::Learned { conn, peer, repair, line }) => {
                Self::Event(Event::Learned { conn, peer, repair, line: line.moved(by) })
            }
            Self::Event(Event::Outdated { conn, line }) => {
                Self::Event(Event::Outdated { conn, line: line.moved(by) })
            }
            Self::Dial { .. }
            | Self::Event(_)
            | Self::Hangup(_)
            | Self::Lookup { .. }
            | Self::Notify(_)
            | Self::Pause(_)
            | Self::Resume(_) => self,
        }
    }
}

impl Outbox {
    /// How much it holds now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { outputs: self.outputs.len(), bytes: self.offset() }
    }

    /// What has come since a mark: outputs, all their bytes, and where those begin.
    pub(crate) fn since(&self, mark: Mark) -> (&[Output], &[u8], u32) {
        (&self.outputs[mark.outputs..], &self.bytes[mark.bytes as usize..], mark.bytes)
    }
}
