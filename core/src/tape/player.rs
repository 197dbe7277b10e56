//! Telling a node again what stands on its tape.

use super::Fault;
use super::item::Item;
use super::outputs::Digest;
use super::reader::{Entry, Known, Reader};
use super::recorder::shows_token;
use crate::codec::Unit;
use crate::id::{ConnId, PeerId};
use crate::node::{Input, Node, Opening};
use crate::outbox::{Mark, Outbox};

/// Plays a tape: the node as it was after each entry, and what it put out.
#[derive(Clone, Debug)]
pub struct Player<'a> {
    reader: Reader<'a>,
    node: Option<Node>,
    out: Outbox,
    digest: Digest,
    /// Whether something was blotted out since the last mark.
    blotted: bool,
    /// Connections that ever were are below.
    conns: u32,
}

/// What came of an entry.
#[derive(Debug)]
pub struct Played<'a> {
    /// The entry.
    pub entry: Entry<'a>,
    /// The mark that the outputs of this node have, where the entry has one.
    pub mark: Option<u32>,
}

impl Played<'_> {
    /// Whether the node did what it did then, as far as that is known by now.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match self.entry.known {
            Known::Mark(mark) => self.mark == Some(mark),
            Known::Later | Known::Nothing => true,
        }
    }
}

/// Something that no driver says: who plays it would leave the contract of a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stray(&'static str);

impl<'a> Player<'a> {
    /// Plays what a reader reads, from its beginning.
    #[must_use]
    pub fn new(reader: Reader<'a>) -> Self {
        Self {
            reader,
            node: None,
            out: Outbox::new(),
            digest: Digest::default(),
            blotted: false,
            conns: 0,
        }
    }

    /// The node as it is now; nothing before the first entry.
    #[must_use]
    pub const fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// What it put out last.
    #[must_use]
    pub const fn out(&self) -> &Outbox {
        &self.out
    }

    /// The reader.
    #[must_use]
    pub const fn reader(&self) -> &Reader<'a> {
        &self.reader
    }

    /// Plays the next entry.
    ///
    /// # Errors
    /// The tape is at fault there; nothing more can be played.
    pub fn play(&mut self) -> Option<Result<Played<'a>, Fault>> {
        let mut entry = match self.reader.next()? {
            Ok(entry) => entry,
            Err(fault) => return Some(Err(fault)),
        };
        self.out.clear();
        if let Item::Start { node, conns, .. } = &mut entry.item {
            self.conns = node.conn_numbers().max(*conns);
            self.node = Some((**node).clone());
            return Some(Ok(Played { entry, mark: None }));
        }
        let Some(node) = &mut self.node else {
            let expected = "a node as it is, at the beginning";
            return Some(Err(Fault::Item { at: entry.at, expected }));
        };
        if let Err(Stray(expected)) = check(node, &mut self.conns, &entry.item) {
            return Some(Err(Fault::Item { at: entry.at, expected }));
        }
        match &entry.item {
            Item::Input(input) => node.handle(entry.now, *input, &mut self.out),
            Item::Reconfigured(config) => {
                // What was refused then is refused now.
                let _ = node.reconfigure(entry.now, config.clone(), &mut self.out);
            }
            Item::Start { .. } | Item::Ends { .. } | Item::Stopped => {}
        }
        self.blotted |= is_blotted(&entry.item);
        let mark = match entry.known {
            Known::Later => {
                self.digest.hold(&self.out);
                None
            }
            Known::Nothing if !self.blotted => {
                let expected = "a mark, as nothing is blotted out";
                return Some(Err(Fault::Item { at: entry.at, expected }));
            }
            Known::Nothing => {
                self.digest.skip();
                None
            }
            Known::Mark(_) => Some(self.digest.mark(&self.out, Mark::default())),
        };
        self.blotted &= entry.known == Known::Later;
        Some(Ok(Played { entry, mark }))
    }
}

/// Whether it is a line of which a token was blotted out: none stands on a tape otherwise.
fn is_blotted(item: &Item<'_>) -> bool {
    match item {
        Item::Input(Input::Heard { unit: Unit::Line(text) | Unit::Overlong(text), .. }) => {
            shows_token(text)
        }
        Item::Input(_)
        | Item::Start { .. }
        | Item::Reconfigured(_)
        | Item::Ends { .. }
        | Item::Stopped => false,
    }
}

/// Whether a driver may say that to this node.
fn check(node: &Node, conns: &mut u32, item: &Item<'_>) -> Result<(), Stray> {
    let peers = node.config().peers.len();
    let peer = |peer: PeerId| (peer.index() < peers).then_some(()).ok_or(Stray("a neighbour"));
    match *item {
        Item::Input(Input::Opened { conn, how }) => {
            // The smallest number that is free.
            if conn.0 > *conns || node.knows_conn(conn) {
                return Err(Stray("the number of a new connection"));
            }
            *conns = (*conns).max(conn.0 + 1);
            match how {
                Opening::Dialed(to) => peer(to),
                Opening::Accepted { .. } => Ok(()),
            }
        }
        Item::Input(Input::DialFailed(to)) => peer(to),
        Item::Input(
            Input::Closed(ConnId(conn))
            | Input::Writable(ConnId(conn))
            | Input::Heard { conn: ConnId(conn), .. },
        ) if conn >= *conns => Err(Stray("the number of a connection")),
        // It is said before that one is opened.
        Item::Ends { conn, .. } if conn.0 > *conns => Err(Stray("the number of a connection")),
        Item::Input(Input::Heard { conn, .. }) if node.is_paused(conn) => {
            Err(Stray("nothing of a connection on which an answer is outstanding"))
        }
        Item::Input(
            Input::Closed(_)
            | Input::Heard { .. }
            | Input::Keeping(_)
            | Input::Places { .. }
            | Input::Wake
            | Input::Writable(_),
        )
        | Item::Start { .. }
        | Item::Reconfigured(_)
        | Item::Ends { .. }
        | Item::Stopped => Ok(()),
    }
}
