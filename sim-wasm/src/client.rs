//! Clients at their terminals: each has one connection to each server, opened when it first says
//! something there.

use std::collections::VecDeque;
use std::sync::Arc;

use herd_core::codec::{self, Command};

use crate::latency::Latency;
use crate::net::Way;
use crate::rng;

/// A terminal.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) name: Arc<str>,
    /// What draws about it hang on.
    pub(crate) key: u64,
    /// Where it said it is, nano-degrees.
    pub(crate) place: Option<(i64, i64)>,
    /// The server it last spoke to.
    pub(crate) server: u32,
    pub(crate) paths: Vec<Path>,
}

/// The way to one server, with the connection over it if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) server: u32,
    pub(crate) ways: [Way; 2],
    pub(crate) channel: Option<u32>,
    /// Whether the connection is open: until then lines wait.
    pub(crate) open: bool,
    /// The server's life when it accepted.
    pub(crate) life: u32,
    /// Whether the last answer was `?`: a server may hang up after that.
    pub(crate) refused: bool,
    pub(crate) unsent: Vec<Arc<[u8]>>,
    /// Whether the client will send no more on this connection.
    pub(crate) ended: bool,
    /// The beginning of a line whose end was not sent yet.
    pub(crate) begun: Vec<u8>,
    /// The lines that wait for an answer, oldest first.
    pub(crate) asked: VecDeque<Asked>,
    /// What was heard of an answer that is not complete.
    pub(crate) heard: Vec<u8>,
    /// The line that made this connection one on which updates are told.
    pub(crate) watch: Option<Arc<[u8]>>,
}

/// A line that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: u64,
    pub(crate) line: Arc<[u8]>,
}

/// An answer as a client heard it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Counts the answers of a run, from 0.
    pub number: u64,
    /// When the line was said, ns; of an update that a watcher is told, when it came.
    pub asked: u64,
    /// When the answer was complete, ns.
    pub at: u64,
    /// Who said it.
    pub terminal: Arc<str>,
    /// To which server.
    pub server: u32,
    /// The line, without LF.
    pub line: Arc<[u8]>,
    /// The answer as it came, with every LF; `None` if the connection broke before.
    pub text: Option<Arc<[u8]>>,
}

impl Client {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            key: rng::key(name.as_bytes()),
            place: None,
            server: 0,
            paths: Vec::new(),
        }
    }

    /// Where the path to a server is in `paths`; made if there is none.
    pub(crate) fn path_to(&mut self, server: u32, latency: Latency) -> usize {
        if let Some(at) = self.paths.iter().position(|path| path.server == server) {
            return at;
        }
        self.paths.push(Path {
            server,
            ways: [Way::new(latency), Way::new(latency)],
            channel: None,
            open: false,
            life: 0,
            refused: false,
            unsent: Vec::new(),
            ended: false,
            begun: Vec::new(),
            asked: VecDeque::new(),
            heard: Vec::new(),
            watch: None,
        });
        self.paths.len() - 1
    }

    /// Remembers where the client says it is, in one of these lines. (What data says it does not say.)
    pub(crate) fn note_places(&mut self, lines: &[u8]) {
        for line in lines.split(|byte| *byte == b'\n') {
            if !matches!(codec::sent_after(line), Ok(None)) {
                return;
            }
            if let Ok(Some(Command::IamAt(iamat))) = codec::parse(line) {
                self.place = Some((iamat.place.lat.0, iamat.place.lon.0));
            }
        }
    }
}

impl Path {
    /// Remembers that these bytes are sent now: every line in them that says something wants an
    /// answer.
    pub(crate) fn note_sent(&mut self, at: u64, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let data = codec::sent_after(&self.begun[..end]);
            let size = end + data.unwrap_or_default().map_or(0, |length| 1 + length);
            if size > self.begun.len() {
                return;
            }
            let rest = self.begun.split_off(size);
            self.note_line(at);
            // The LF of a line alone.
            self.begun = if size == end { rest[1..].into() } else { rest };
        }
    }

    /// Remembers that the line that was begun is complete, with its data if it is a `PUT`.
    pub(crate) fn note_line(&mut self, at: u64) {
        let line = std::mem::take(&mut self.begun);
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c);
        if !line.iter().all(is_space) {
            self.asked.push_back(Asked { at, line: line.into() });
        }
    }

    /// Takes the next whole answer out of what was heard; the end of a connection completes it.
    pub(crate) fn next_answer(&mut self) -> Option<Vec<u8>> {
        let end = if self.heard.starts_with(b"AT ") && self.wants_places() {
            let gap = self.heard.windows(2).position(|pair| pair == b"\n\n")?;
            gap + 2
        } else {
            let end = self.heard.iter().position(|byte| *byte == b'\n')?;
            end + 1 + codec::told_after(&self.heard[..end]).unwrap_or(0)
        };
        if end > self.heard.len() {
            return None;
        }
        Some(self.heard.drain(..end).collect())
    }

    /// Whether this is an update that was told, not an answer.
    pub(crate) fn is_news(&self, text: &[u8]) -> bool {
        self.watch.is_some() && (text.starts_with(b"AT ") || text.starts_with(b"KEPT "))
    }

    /// Whether the oldest line without an answer asks for places. (Where updates are told it gets
    /// none.)
    fn wants_places(&self) -> bool {
        if self.watch.is_some() {
            return false;
        }
        let line = self.asked.front().map(|asked| &*asked.line);
        let mut words = line.unwrap_or_default().split(u8::is_ascii_whitespace);
        words.find(|word| !word.is_empty()) == Some(b"WHATSAT")
    }
}
