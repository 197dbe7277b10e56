//! Writing a tape.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::item::{
    ACCEPTED, BLOTTED, CLOSED, DIAL_FAILED, DIALED, ENDS, FRAME, FRAMES, GARBLED, KEEPING, LINE,
    LINES, MARK, NO_MARK, OVERLONG, PLACES, PLACES_FAILED, PUT, RECONFIGURED, SAME, START, STOPPED,
    WAKE, WRITABLE,
};
use super::outputs::Digest;
use super::{CHUNK_HEAD, HEAD, MAGIC, VERSION, put_head};
use crate::codec::{Unit, Units};
use crate::config::Config;
use crate::form::{Form, put_number, put_sized};
use crate::id::ConnId;
use crate::node::{Input, Node, Opening};
use crate::outbox::{Mark, Outbox, Output};
use crate::time::Now;

/// Writes a tape. A driver says [`input`](Self::input) before it tells its node something, or
/// [`heard`](Self::heard) for what it has heard at once, and [`outputs`](Self::outputs) after, and
/// [takes](Self::take) the bytes now and then.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// What the driver wants before the chunk, room for its head, and its items so far.
    chunk: Vec<u8>,
    /// Where the chunk begins.
    lead: usize,
    /// Bytes that were taken.
    taken: u64,
    clock: Clock,
    digest: Digest,
    /// What stands behind what was told since the last outputs.
    end: End,
    /// Whether nothing is written.
    muted: bool,
    /// How much of what it was told is not written.
    lost: u64,
    /// The connections of which it is known between which addresses they are, by number.
    conns: Vec<Option<Ends>>,
    /// The numbers of all that were ever opened are below.
    opened: u32,
}

/// What is to stand behind what was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// Nothing was told.
    None,
    /// It is known what was.
    Mark,
    /// Something of it was blotted out.
    NoMark,
}

/// Between which addresses a connection is, and how much has passed over it.
#[derive(Clone, Debug)]
struct Ends {
    own: Box<str>,
    other: Box<str>,
    said: u64,
    heard: u64,
}

/// The last moment on a tape.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) now: Now,
    /// How far the wall clock was ahead of the monotonic one.
    pub(super) ahead: i64,
}

/// How far a wall clock is ahead.
pub(super) const fn ahead(now: Now) -> i64 {
    now.wall.0.wrapping_sub(now.mono.0.cast_signed())
}

/// A word that stands before a secret.
const TOKEN: &[u8] = b"TOKEN";

impl Recorder {
    /// A tape that begins with a node as it is `now`, written by a program of this `core`.
    #[must_use]
    pub fn new(core: u32, now: Now, node: &Node) -> Self {
        let mut recorder = Self {
            chunk: Vec::new(),
            lead: 0,
            taken: 0,
            clock: Clock::default(),
            digest: Digest::default(),
            end: End::None,
            muted: false,
            lost: 0,
            conns: Vec::new(),
            opened: 0,
        };
        recorder.begin_anew(core, now, node);
        recorder
    }

    /// Begins another tape with the node as it is now. What was not [taken](Self::take) is lost.
    pub fn begin_anew(&mut self, core: u32, now: Now, node: &Node) {
        self.chunk.truncate(self.lead);
        self.taken = 0;
        self.clock = Clock::default();
        self.digest = Digest::default();
        self.end = End::None;
        self.muted = false;
        self.chunk.extend_from_slice(MAGIC);
        self.chunk.push(VERSION);
        self.chunk.extend_from_slice(&core.to_le_bytes());
        self.chunk.extend_from_slice(&[0; CHUNK_HEAD]);
        self.begin(now, START);
        put_number(&mut self.chunk, mem::take(&mut self.lost));
        put_number(&mut self.chunk, self.opened.into());
        let length = self.chunk.len();
        self.chunk.extend_from_slice(&[0; 8]);
        let start = self.chunk.len();
        node.put(&mut self.chunk);
        let size = (self.chunk.len() - start) as u64;
        self.chunk[length..start].copy_from_slice(&size.to_le_bytes());
        let conns = mem::take(&mut self.conns);
        for (conn, ends) in (0..).map(ConnId).zip(&conns) {
            if let Some(ends) = ends {
                self.put_ends(now, conn, ends);
            }
        }
        self.conns = conns;
    }

    /// Writes nothing any more, until it [begins anew](Self::begin_anew), and counts what is told.
    pub fn mute(&mut self) {
        self.muted = true;
        self.chunk.truncate(self.lead);
    }

    /// Whether nothing is written.
    #[must_use]
    pub const fn is_muted(&self) -> bool {
        self.muted
    }

    /// How much of what was told since the last tape is on none.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// What the node is about to be told, or was told since the last outputs.
    pub fn input(&mut self, now: Now, input: &Input<'_>) {
        match *input {
            Input::Heard { conn, unit } => {
                if let Some(ends) = self.ends_mut(conn) {
                    ends.heard += unit.size() as u64;
                }
            }
            Input::Closed(conn) => self.forget(conn),
            Input::Opened { conn, .. } => self.opened = self.opened.max(conn.0 + 1),
            Input::DialFailed(_)
            | Input::Keeping(_)
            | Input::Places { .. }
            | Input::Wake
            | Input::Writable(_) => {}
        }
        if self.muted {
            self.lost += 1;
        } else {
            self.put_input(now, input);
        }
    }

    /// What the node has heard on a connection since the last outputs: so many units.
    pub fn heard(&mut self, now: Now, conn: ConnId, units: Units<'_>, count: u64) {
        let bytes = units.bytes();
        if let Some(ends) = self.ends_mut(conn) {
            ends.heard += bytes.len() as u64;
        }
        if self.muted {
            self.lost += count;
        } else if !bytes.is_empty() {
            self.put_heard(now, conn, units);
        }
    }

    fn put_heard(&mut self, now: Now, conn: ConnId, units: Units<'_>) {
        let bytes = units.bytes();
        if !units.are_frames() && memchr::memmem::find(bytes, TOKEN).is_some() {
            for unit in units {
                self.put_input(now, &Input::Heard { conn, unit });
            }
            return;
        }
        self.told(End::Mark);
        self.chunk.reserve(HEAD_MAX + bytes.len() + MARK_SIZE);
        self.number(now, if units.are_frames() { FRAMES } else { LINES }, conn.0.into());
        put_sized(&mut self.chunk, bytes);
    }

    fn told(&mut self, end: End) {
        if self.end != End::NoMark {
            self.end = end;
        }
    }

    fn put_input(&mut self, now: Now, input: &Input<'_>) {
        self.told(End::Mark);
        match *input {
            Input::Closed(conn) => self.number(now, CLOSED, conn.0.into()),
            Input::DialFailed(peer) => self.number(now, DIAL_FAILED, peer.0.into()),
            Input::Heard { conn, unit } => self.put_unit(now, conn, unit),
            Input::Opened { conn, how: Opening::Accepted { classic } } => {
                self.number(now, ACCEPTED, conn.0.into());
                classic.put(&mut self.chunk);
            }
            Input::Opened { conn, how: Opening::Dialed(peer) } => {
                self.number(now, DIALED, conn.0.into());
                peer.put(&mut self.chunk);
            }
            Input::Keeping(keeping) => self.number(now, KEEPING, keeping.into()),
            Input::Places { request, result } => {
                self.begin(now, if result.is_ok() { PLACES } else { PLACES_FAILED });
                request.put(&mut self.chunk);
                match result {
                    Ok(body) => put_sized(&mut self.chunk, body),
                    Err(why) => why.put(&mut self.chunk),
                }
            }
            Input::Wake => self.begin(now, WAKE),
            Input::Writable(conn) => self.number(now, WRITABLE, conn.0.into()),
        }
    }

    /// What it has put out since the mark that was taken before.
    pub fn outputs(&mut self, out: &Outbox, since: Mark) {
        for output in out.since(since).0 {
            match *output {
                Output::Write { conn, bytes } => {
                    if let Some(ends) = self.ends_mut(conn) {
                        ends.said += bytes.len() as u64;
                    }
                }
                Output::Hangup(conn) => self.forget(conn),
                Output::Dial { .. }
                | Output::Event(_)
                | Output::Lookup { .. }
                | Output::Notify(_)
                | Output::Pause(_)
                | Output::Resume(_) => {}
            }
        }
        if self.muted {
            return;
        }
        match mem::replace(&mut self.end, End::None) {
            End::None => {}
            End::Mark => {
                let [a, b, c, d] = self.digest.mark(out, since).to_le_bytes();
                self.chunk.extend_from_slice(&[MARK, a, b, c, d]);
            }
            End::NoMark => self.chunk.push(NO_MARK),
        }
    }

    /// Another configuration, before the node takes it; [`outputs`](Self::outputs) follow.
    pub fn reconfigured(&mut self, now: Now, config: &Config) {
        if self.muted {
            self.lost += 1;
            return;
        }
        self.told(End::Mark);
        self.begin(now, RECONFIGURED);
        config.put(&mut self.chunk);
    }

    /// Between which addresses a connection is; said before it is told that it is open.
    pub fn ends(&mut self, now: Now, conn: ConnId, own: &str, other: &str) {
        let ends = Ends { own: own.into(), other: other.into(), said: 0, heard: 0 };
        if !self.muted {
            self.put_ends(now, conn, &ends);
        }
        if self.conns.len() <= conn.index() {
            self.conns.resize(conn.index() + 1, None);
        }
        self.conns[conn.index()] = Some(ends);
    }

    fn put_ends(&mut self, now: Now, conn: ConnId, ends: &Ends) {
        let Ends { own, other, said, heard } = ends;
        self.number(now, ENDS, conn.0.into());
        put_sized(&mut self.chunk, own.as_bytes());
        put_sized(&mut self.chunk, other.as_bytes());
        (*said, *heard).put(&mut self.chunk);
    }

    fn ends_mut(&mut self, conn: ConnId) -> Option<&mut Ends> {
        self.conns.get_mut(conn.index())?.as_mut()
    }

    fn forget(&mut self, conn: ConnId) {
        if let Some(ends) = self.conns.get_mut(conn.index()) {
            *ends = None;
        }
    }

    /// The server has ended as it was told to.
    pub fn stopped(&mut self, now: Now) {
        if self.muted {
            return;
        }
        self.begin(now, STOPPED);
    }

    /// Bytes written in all.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.taken + self.length() as u64
    }

    /// Whether nothing was written since it was last [taken](Self::take).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunk.len() <= self.items()
    }

    /// Bytes that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        if self.is_empty() { 0 } else { self.length() }
    }

    /// Takes what was written since it was last taken, as one chunk, behind what was in the `room` it
    /// was given for it; the next one is written behind what is in this `room`.
    #[must_use]
    pub fn take(&mut self, mut room: Vec<u8>) -> Vec<u8> {
        if self.is_empty() {
            return room;
        }
        let start = self.items() - CHUNK_HEAD;
        put_head(&mut self.chunk, start);
        self.taken += self.length() as u64;
        self.lead = room.len();
        room.extend_from_slice(&[0; CHUNK_HEAD]);
        mem::replace(&mut self.chunk, room)
    }

    /// Bytes of the chunk.
    const fn length(&self) -> usize {
        self.chunk.len() - self.lead
    }

    /// Where the items of the chunk begin.
    const fn items(&self) -> usize {
        self.lead + if self.taken == 0 { HEAD + CHUNK_HEAD } else { CHUNK_HEAD }
    }

    fn put_unit(&mut self, now: Now, conn: ConnId, unit: Unit<'_>) {
        let (kind, bytes) = match unit {
            Unit::Line(line) if shows_token(line) => {
                self.told(End::NoMark);
                self.number(now, BLOTTED, conn.0.into());
                return put_number(&mut self.chunk, line.len() as u64);
            }
            Unit::Line(line) => (LINE, line),
            Unit::Frame(frame) => (FRAME, frame),
            Unit::Put(put) => (PUT, put),
            Unit::Overlong(start) if shows_token(start) => {
                self.told(End::NoMark);
                (OVERLONG, TOKEN)
            }
            Unit::Overlong(start) => (OVERLONG, start),
            Unit::Garbled => return self.number(now, GARBLED, conn.0.into()),
        };
        self.number(now, kind, conn.0.into());
        put_sized(&mut self.chunk, bytes);
    }

    fn number(&mut self, now: Now, kind: u8, number: u64) {
        self.begin(now, kind);
        put_number(&mut self.chunk, number);
    }

    fn begin(&mut self, now: Now, kind: u8) {
        if now == self.clock.now && kind != START {
            return self.chunk.push(kind | SAME);
        }
        self.chunk.push(kind);
        put_number(&mut self.chunk, now.mono.0.wrapping_sub(self.clock.now.mono.0));
        let ahead = ahead(now);
        ahead.wrapping_sub(self.clock.ahead).put(&mut self.chunk);
        self.clock = Clock { now, ahead };
    }
}

/// Bytes that stand before what was heard, at most: the kind, and four numbers.
const HEAD_MAX: usize = 1 + 4 * 10;
/// Bytes of a mark and its kind.
const MARK_SIZE: usize = 5;

/// Whether a line holds a token, wanted or not.
pub(super) fn shows_token(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(TOKEN)
}
