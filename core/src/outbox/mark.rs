//! Marks: what has come into an outbox since some moment, as if it had been empty then.

use super::{Event, Outbox, Output, Span};

/// How much an [`Outbox`] held at some moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Mark {
    outputs: usize,
    bytes: u32,
}

impl Span {
    /// The same, as it would lie in an outbox that was empty at that mark.
    pub(crate) const fn relative_to(self, mark: Mark) -> Self {
        Self {
            start: self.start.saturating_sub(mark.bytes),
            end: self.end.saturating_sub(mark.bytes),
        }
    }
}

impl Output {
    /// The same, as it would stand in an outbox that was empty at that mark.
    pub(crate) const fn relative_to(self, mark: Mark) -> Self {
        match self {
            Self::Write { conn, bytes } => Self::Write { conn, bytes: bytes.relative_to(mark) },
            Self::Event(Event::Accepted { conn, line }) => {
                Self::Event(Event::Accepted { conn, line: line.relative_to(mark) })
            }
            Self::Event(Event::Learned { conn, peer, repair, line }) => {
                Self::Event(Event::Learned { conn, peer, repair, line: line.relative_to(mark) })
            }
            Self::Event(Event::Outdated { conn, line }) => {
                Self::Event(Event::Outdated { conn, line: line.relative_to(mark) })
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

    /// What has come since a mark: outputs, and all their bytes.
    pub(crate) fn since(&self, mark: Mark) -> (&[Output], &[u8]) {
        (&self.outputs[mark.outputs..], &self.bytes[mark.bytes as usize..])
    }
}
