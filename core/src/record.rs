//! Records and the total order that decides which of two is newer.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::codec::{At, DATA, Place};
use crate::floor::Floor;
use crate::form::{Form, Source, put_sized};
use crate::origin::OriginId;
use crate::print::print_of;
use crate::time::Wall;

/// Bytes of a line that lie in the record itself; longer ones are on the heap. A [`Record`] is then
/// as much as two cache lines.
const INLINE: usize = 86;

const _: () = assert!(size_of::<Record>() == 128, "as much as two cache lines");

/// What decides which of two records of a client is newer, in the order of the fields: a strict
/// total order on distinct updates, so that every server that has heard the same updates holds the
/// same record (last-writer-wins register; Shapiro et al., "A comprehensive study of CRDTs", 2011,
/// §3.2.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version<'a> {
    /// The client's clock.
    pub stamp: Wall,
    /// The server the client talked to.
    pub origin: &'a [u8],
    /// The life of the server that counted it.
    pub incarnation: u64,
    /// Its count of updates in that life.
    pub seq: u64,
    /// The whole record.
    pub line: &'a [u8],
}

/// What a server holds of one client, or under one key: its newest `AT` line, or its newest data, and
/// where the fields lie in it.
#[derive(Clone, Debug)]
pub struct Record {
    stamp: Wall,
    seq: u64,
    incarnation: u64,
    /// The print of the line as it was when it was kept.
    print: u64,
    /// Who counted it, as the store's owner numbers it.
    counted_by: OriginId,
    server_end: u8,
    client_start: u8,
    client_end: u16,
    text: Text,
}

/// What counted an update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) origin: OriginId,
    pub(crate) incarnation: u64,
    pub(crate) seq: u64,
}

#[derive(Clone, Debug)]
enum Text {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Vec<u8>),
}

impl Record {
    /// Keeps a record. `at` is what `line` says.
    pub(crate) fn new(at: &At<'_>, line: &[u8], count: Count) -> Self {
        let mut record = Self::blank(count.origin);
        record.set(at, line, count);
        record
    }

    /// What is no record.
    const fn blank(counted_by: OriginId) -> Self {
        Self {
            stamp: Wall(0),
            seq: 0,
            incarnation: 0,
            print: 0,
            counted_by,
            server_end: 0,
            client_start: 0,
            client_end: 0,
            text: Text::Inline { len: 0, bytes: [0; INLINE] },
        }
    }

    /// Keeps another record in this one's place and memory.
    ///
    /// # Panics
    /// If the fields are longer than the codec lets through.
    pub(crate) fn set(&mut self, at: &At<'_>, line: &[u8], count: Count) {
        let server_end = server_start(line) + at.server.len();
        // A key begins with the space before it.
        let space = usize::from(!at.is_data());
        let client_start = server_end + at.skew.len() + 1 + space;
        let client_end = client_start + at.client.len();
        let (Ok(server_end), Ok(client_start), Ok(client_end)) =
            (u8::try_from(server_end), u8::try_from(client_start), u16::try_from(client_end))
        else {
            unreachable!("the codec bounds every field")
        };
        self.stamp = at.stamp;
        self.seq = count.seq;
        self.incarnation = count.incarnation;
        self.print = print_of(line);
        self.counted_by = count.origin;
        self.server_end = server_end;
        self.client_start = client_start;
        self.client_end = client_end;
        self.text.set(line);
    }

    /// Tells it from others, of this client and of all.
    #[must_use]
    pub const fn print(&self) -> u64 {
        self.print
    }

    /// Whether its line is what was kept.
    pub(crate) fn is_sound(&self) -> bool {
        print_of(self.line()) == self.print
    }

    /// Changes a digit of its place (of data: of its skew), as a broken memory might.
    pub(crate) fn damage(&mut self) {
        let at = match self.is_data() {
            false => usize::from(self.client_end) + 2,
            true => usize::from(self.client_start) - 1,
        };
        let bytes = match &mut self.text {
            Text::Inline { bytes, .. } => &mut bytes[..],
            Text::Heap(bytes) => &mut bytes[..],
        };
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    }

    /// Takes it out: what is left is no record, and takes no memory elsewhere.
    pub(crate) fn vacate(&mut self) {
        self.text = Text::Inline { len: 0, bytes: [0; INLINE] };
    }

    /// Whether it was taken out.
    pub(crate) const fn is_vacant(&self) -> bool {
        matches!(self.text, Text::Inline { len: 0, .. })
    }

    /// The `AT` line as first written, without LF; of data what [`At`] says.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        match &self.text {
            Text::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Text::Heap(bytes) => bytes,
        }
    }

    /// The client's id; of data its key, with the space before it.
    #[must_use]
    pub fn client(&self) -> &[u8] {
        &self.line()[usize::from(self.client_start)..usize::from(self.client_end)]
    }

    /// The server the client talked to.
    #[must_use]
    pub fn origin(&self) -> &[u8] {
        let line = self.line();
        &line[server_start(line)..usize::from(self.server_end)]
    }

    /// The client's clock when it was there.
    #[must_use]
    pub const fn stamp(&self) -> Wall {
        self.stamp
    }

    /// Counts the updates of the server that took it up, in that life, from 1.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The life of the server that counted it: the one the client talked to, or the one that was
    /// told by a prototype, or that found it on its disk.
    #[must_use]
    pub const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Who counted it, as the server that holds it numbers origins.
    #[must_use]
    pub const fn counted_by(&self) -> OriginId {
        self.counted_by
    }

    /// Its place in the total order.
    #[must_use]
    pub fn version(&self) -> Version<'_> {
        Version {
            stamp: self.stamp,
            origin: self.origin(),
            incarnation: self.incarnation,
            seq: self.seq,
            line: self.line(),
        }
    }

    /// Its place in the order in which records fall below the floor.
    #[must_use]
    pub fn falls_at(&self) -> Floor {
        Floor::of(self.stamp, self.client())
    }

    /// Whether it is data, and no location.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.line().starts_with(DATA)
    }

    /// Where the client was; `None` if it is data.
    #[must_use]
    pub fn place(&self) -> Option<Place<'_>> {
        let rest = self.line().get(usize::from(self.client_end) + 1..)?;
        let end = rest.iter().position(|byte| *byte == b' ')?;
        Place::parse(&rest[..end]).ok().filter(|_| !self.is_data())
    }

    /// Bytes of data it takes room for.
    pub(crate) fn data_size(&self) -> usize {
        if self.is_data() { self.line().len() } else { 0 }
    }

    /// How `version` stands to this record; usually told by the stamps alone.
    pub(crate) fn compare(&self, version: &Version<'_>) -> Ordering {
        version.stamp.cmp(&self.stamp).then_with(|| version.cmp(&self.version()))
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.version() == other.version()
    }
}

impl Eq for Record {}

impl core::hash::Hash for Record {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.line().hash(state);
        self.seq.hash(state);
        self.incarnation.hash(state);
    }
}

/// Where the first field after the word begins.
fn server_start(line: &[u8]) -> usize {
    if line.starts_with(DATA) { DATA.len() } else { b"AT ".len() }
}

impl Text {
    fn set(&mut self, line: &[u8]) {
        match (&mut *self, u8::try_from(line.len())) {
            (Self::Inline { len, bytes }, Ok(new)) if line.len() <= INLINE => {
                *len = new;
                bytes[..line.len()].copy_from_slice(line);
            }
            (Self::Heap(bytes), _) => {
                bytes.clear();
                // An article may be followed by a word.
                if bytes.capacity() / 4 > line.len() + INLINE {
                    *bytes = Vec::new();
                }
                bytes.extend_from_slice(line);
            }
            (Self::Inline { .. }, _) => *self = Self::Heap(line.into()),
        }
    }
}

/// Where the fields lie in the line follows from it, unless it was damaged so that it is none.
impl Form for Record {
    fn put(&self, out: &mut Vec<u8>) {
        put_sized(out, self.line());
        if !self.is_vacant() {
            (self.seq, self.incarnation).put(out);
            (self.counted_by, self.print).put(out);
            if !self.is_sound() && At::canonical(self.line()).is_err() {
                ((self.stamp, self.client_end), (self.server_end, self.client_start)).put(out);
            }
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let line = from.sized()?;
        if line.is_empty() {
            return Some(Self::blank(OriginId(0)));
        }
        let ((seq, incarnation), (origin, print)) = Form::take(from)?;
        if let Ok(at) = At::canonical(line) {
            return Some(Self {
                print,
                ..Self::new(&at, line, Count { origin, incarnation, seq })
            });
        }
        let ((stamp, client_end), (server_end, client_start)) = Form::take(from)?;
        let blank = Self { stamp, seq, incarnation, print, ..Self::blank(origin) };
        let mut record = Self { server_end, client_start, client_end, ..blank };
        record.text.set(line);
        let ends = [server_end.into(), client_start.into(), usize::from(client_end)];
        let lies = server_start(line) <= ends[0] && ends.is_sorted() && ends[2] < line.len();
        (lies && !record.is_sound()).then_some(record)
    }
}
