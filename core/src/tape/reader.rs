//! Reading a tape.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::item::{
    ACCEPTED, BLOTTED, CLOSED, DIAL_FAILED, DIALED, ENDS, FRAME, FRAMES, FREE, GARBLED, Item,
    KEEPING, LINE, LINES, MARK, NO_MARK, OVERLONG, PLACES, PLACES_FAILED, PUT, RECONFIGURED, SAME,
    START, STOPPED, WAKE, WRITABLE,
};
use super::recorder::Clock;
use super::{CHUNK_HEAD, Fault, HEAD, MAGIC, VERSION, check_of};
use crate::codec::{Unit, Units};
use crate::config::Config;
use crate::form::{Form, Source};
use crate::id::ConnId;
use crate::limits::{DATA_MAX, FRAME_MAX, LINE_ECHO, LINE_MAX};
use crate::node::{Input, Node, Opening};
use crate::time::{Instant, Now, Wall};

/// One thing on a tape, and where and when.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Where it begins, in bytes.
    pub at: u64,
    /// When the node was told.
    pub now: Now,
    /// What.
    pub item: Item<'a>,
    /// What is known of what was put out by then.
    pub known: Known,
}

/// What is known of all that a node had put out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Known {
    /// More was told at once, and something is known after that; or it is nothing that a node is told.
    Later,
    /// Nothing of what came since the last mark: something was blotted out.
    Nothing,
    /// This mark.
    Mark(u32),
}

/// A place on a tape, between two entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot {
    next: usize,
    left: usize,
    heard: Option<(ConnId, u32, bool)>,
    clock: Clock,
}

/// What was heard at once, as far as it was not read.
#[derive(Clone, Copy, Debug)]
struct Heard<'a> {
    conn: ConnId,
    units: Units<'a>,
}

/// Reads a tape, entry by entry, up to its end or the first fault.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    tape: &'a [u8],
    core: u32,
    /// Where the next chunk begins.
    next: usize,
    /// What is left of this one.
    items: Source<'a>,
    /// What lies before that.
    heard: Option<Heard<'a>>,
    clock: Clock,
    begun: bool,
    over: bool,
}

/// Connections that a server may have at once: more than any system gives descriptors for.
const CONNS_MAX: u32 = 1 << 20;

/// A line of which a token is blotted out: as long as it was, up to the longest there is.
const BLOT: [u8; LINE_MAX] = {
    let mut blot = [b'*'; LINE_MAX];
    let word = b"TOKEN ";
    let mut at = 0;
    while at < word.len() {
        blot[at] = word[at];
        at += 1;
    }
    blot
};
static BLOTTED_OUT: [u8; LINE_MAX] = BLOT;

impl<'a> Reader<'a> {
    /// A reader of a tape.
    ///
    /// # Errors
    /// It does not begin as one does.
    pub fn new(tape: &'a [u8]) -> Result<Self, Fault> {
        let rest = tape.strip_prefix(MAGIC).ok_or(Fault::NoTape)?;
        let version = *rest.first().ok_or(Fault::NoTape)?;
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        let core = rest[1..].first_chunk().ok_or(Fault::NoTape)?;
        Ok(Self {
            tape,
            core: u32::from_le_bytes(*core),
            next: HEAD,
            items: Source::new(&[]),
            heard: None,
            clock: Clock::default(),
            begun: false,
            over: false,
        })
    }

    /// Which core wrote it.
    #[must_use]
    pub const fn core(&self) -> u32 {
        self.core
    }

    /// How much of it was read without a fault: a tape that is cut there is whole.
    #[must_use]
    pub const fn sound(&self) -> usize {
        self.next
    }

    /// Where it is, to come back to.
    #[must_use]
    pub fn spot(&self) -> Spot {
        let heard = self.heard.map(|Heard { conn, units }| {
            // What stands in a chunk is less than 4 GiB.
            let left = u32::try_from(units.bytes().len()).unwrap_or(0);
            (conn, left, units.are_frames())
        });
        Spot { next: self.next, left: self.items.left(), heard, clock: self.clock }
    }

    /// Goes to where one of the same tape was, once; nothing is read before.
    pub fn go_to(&mut self, spot: Spot) {
        let tape = self.tape;
        self.next = spot.next.min(tape.len());
        let start = self.next.saturating_sub(spot.left);
        self.items = Source::new(&tape[start..self.next]);
        self.heard = spot.heard.map(|(conn, left, frames)| {
            let bytes = &tape[start.saturating_sub(left as usize)..start];
            Heard { conn, units: Units::new(bytes, frames) }
        });
        self.clock = spot.clock;
        self.begun = self.next > HEAD;
        self.over = false;
    }

    /// The next chunk; `None` at the end.
    fn turn(&mut self) -> Result<Option<()>, Fault> {
        let (at, rest) = (self.next, &self.tape[self.next..]);
        if rest.is_empty() {
            return Ok(None);
        }
        let torn = Fault::Torn { at: at as u64, left: rest.len() as u64 };
        let (head, body) = rest.split_at_checked(CHUNK_HEAD).ok_or(torn)?;
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = usize::try_from(word(0)).map_err(|_| torn)?;
        let items = body.get(..length).ok_or(torn)?;
        if check_of(items) != word(4) {
            return Err(Fault::Damaged { at: at as u64 });
        }
        self.next = at + CHUNK_HEAD + length;
        self.items = Source::new(if items.first() == Some(&FREE) { &[] } else { items });
        Ok(Some(()))
    }

    fn read(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        if let Some(heard) = self.heard.take() {
            return self.hear(heard).map(Some);
        }
        while self.items.left() == 0 {
            if self.turn()?.is_none() {
                return Ok(None);
            }
        }
        let at = self.at();
        let wrong = |expected| Fault::Item { at, expected };
        let kind = self.items.byte().ok_or_else(|| wrong("the kind of an item"))?;
        if kind & SAME == 0 {
            self.tick().ok_or_else(|| wrong("a time that is not before the last"))?;
        }
        let kind = kind & !SAME;
        if self.begun == (kind == START) {
            return Err(wrong("a node as it is, at the beginning and only there"));
        }
        self.begun = true;
        if let LINES | FRAMES = kind {
            let heard = self.heard_at_once(kind == FRAMES).ok_or_else(|| wrong(name_of(kind)))?;
            return self.hear(heard).map(Some);
        }
        let item = self.item(kind).ok_or_else(|| wrong(name_of(kind)))?;
        let known = match item {
            Item::Input(_) | Item::Reconfigured(_) => self.known()?,
            Item::Start { .. } | Item::Ends { .. } | Item::Stopped => Known::Later,
        };
        Ok(Some(Entry { at, now: self.clock.now, item, known }))
    }

    fn heard_at_once(&mut self, frames: bool) -> Option<Heard<'a>> {
        let conn = Form::take(&mut self.items)?;
        Some(Heard { conn, units: Units::new(self.items.sized()?, frames) })
    }

    /// The next unit of what was heard at once.
    fn hear(&mut self, heard: Heard<'a>) -> Result<Entry<'a>, Fault> {
        let Heard { conn, mut units } = heard;
        let at = self.at() - units.bytes().len() as u64;
        let unit = units.next().filter(|unit| !matches!(unit, Unit::Garbled | Unit::Overlong(_)));
        let unit = unit.ok_or(Fault::Item { at, expected: "lines or frames that are whole" })?;
        let known = if units.bytes().is_empty() {
            self.known()?
        } else {
            self.heard = Some(Heard { conn, units });
            Known::Later
        };
        let item = Item::Input(Input::Heard { conn, unit });
        Ok(Entry { at, now: self.clock.now, item, known })
    }

    /// Where the next item begins.
    const fn at(&self) -> u64 {
        (self.next - self.items.left()) as u64
    }

    /// What stands behind something that was told.
    fn known(&mut self) -> Result<Known, Fault> {
        let at = self.at();
        let rest = self.items;
        match self.items.byte() {
            Some(MARK) => {
                let mark = self.items.bytes(4).and_then(|bytes| bytes.first_chunk());
                let mark = mark.ok_or(Fault::Item { at, expected: "the mark of an input" })?;
                Ok(Known::Mark(u32::from_le_bytes(*mark)))
            }
            Some(NO_MARK) => Ok(Known::Nothing),
            _ => {
                self.items = rest;
                Ok(Known::Later)
            }
        }
    }

    fn tick(&mut self) -> Option<()> {
        let mono = self.clock.now.mono.0.checked_add(self.items.number()?)?;
        let ahead = self.clock.ahead.wrapping_add(i64::take(&mut self.items)?);
        let wall = Wall(ahead.wrapping_add(mono.cast_signed()));
        self.clock = Clock { now: Now { mono: Instant(mono), wall }, ahead };
        Some(())
    }

    fn item(&mut self, kind: u8) -> Option<Item<'a>> {
        let from = &mut self.items;
        let input = match kind {
            START => {
                let lost = from.number()?;
                let conns = u32::take(from).filter(|conns| *conns <= CONNS_MAX)?;
                let length =
                    from.bytes(8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
                let mut bytes = Source::new(from.bytes(usize::try_from(length).ok()?)?);
                let node = Node::take(&mut bytes)?;
                let whole = bytes.left() == 0;
                return whole.then(|| Item::Start { lost, conns, node: Box::new(node) });
            }
            RECONFIGURED => {
                let config: Arc<Config> = Form::take(from)?;
                return config.has_names().then_some(Item::Reconfigured(config));
            }
            ENDS => {
                let conn = Form::take(from)?;
                let mut text = || core::str::from_utf8(from.sized()?).ok();
                let (own, other) = (text()?, text()?);
                let (said, heard) = Form::take(from)?;
                return Some(Item::Ends { conn, own, other, said, heard });
            }
            STOPPED => return Some(Item::Stopped),
            CLOSED => Input::Closed(Form::take(from)?),
            DIAL_FAILED => Input::DialFailed(Form::take(from)?),
            LINE | FRAME | OVERLONG | GARBLED | BLOTTED | PUT => {
                Input::Heard { conn: Form::take(from)?, unit: unit(kind, from)? }
            }
            ACCEPTED => {
                let conn: ConnId = Form::take(from)?;
                Input::Opened { conn, how: Opening::Accepted { classic: Form::take(from)? } }
            }
            DIALED => {
                let conn = Form::take(from)?;
                Input::Opened { conn, how: Opening::Dialed(Form::take(from)?) }
            }
            KEEPING => Input::Keeping(bool::take(from)?),
            PLACES => Input::Places { request: Form::take(from)?, result: Ok(from.sized()?) },
            PLACES_FAILED => {
                Input::Places { request: Form::take(from)?, result: Err(Form::take(from)?) }
            }
            WAKE => Input::Wake,
            WRITABLE => Input::Writable(Form::take(from)?),
            _ => return None,
        };
        Some(Item::Input(input))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Entry<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let read = self.read().transpose();
        self.over = !matches!(read, Some(Ok(_)));
        read
    }
}

/// What was heard, no longer than a framer lets through.
fn unit<'a>(kind: u8, from: &mut Source<'a>) -> Option<Unit<'a>> {
    let within = |bytes: &'a [u8], most| Some(bytes).filter(|bytes| bytes.len() <= most);
    Some(match kind {
        LINE => Unit::Line(within(from.sized()?, LINE_MAX)?),
        FRAME => Unit::Frame(within(from.sized()?, FRAME_MAX)?),
        PUT => Unit::Put(within(from.sized()?, LINE_MAX + 1 + DATA_MAX)?),
        OVERLONG => Unit::Overlong(within(from.sized()?, LINE_ECHO)?),
        BLOTTED => Unit::Line(BLOTTED_OUT.get(..usize::try_from(from.number()?).ok()?)?),
        _ => Unit::Garbled,
    })
}

/// What was expected where an item of some kind cannot be read.
const fn name_of(kind: u8) -> &'static str {
    match kind {
        START => "a node as it is",
        CLOSED => "a connection that ended",
        DIAL_FAILED => "a neighbour that could not be reached",
        LINE | FRAME | OVERLONG | GARBLED | BLOTTED | PUT | LINES | FRAMES => {
            "what was heard on a connection"
        }
        ACCEPTED | DIALED => "a connection that is open",
        KEEPING => "whether records are kept",
        PLACES | PLACES_FAILED => "the end of a Places request",
        WAKE => "a deadline",
        WRITABLE => "a connection that can be written to",
        RECONFIGURED => "a configuration",
        ENDS => "the addresses of a connection",
        STOPPED => "the end of a server",
        _ => "a kind of item that this version knows",
    }
}
