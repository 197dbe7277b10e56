//! Two servers and the wire between them, in memory: what they say to each other until they have
//! nothing more to say, counted.

use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::node::Classic;
use herd_core::{
    Config, ConnId, Event, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Peer,
    PeerId, Span, Unit, Wall,
};

const LINK: ConnId = ConnId(1);
/// The connection of a client, of which there is one at a time.
const CLIENT: ConnId = ConnId(2);
/// Deadlines that may come before the two are at rest.
const PATIENCE: u32 = 10_000;

/// Two servers, and what was said between them.
pub struct Pair {
    now: Now,
    ends: [End; 2],
    /// Bytes, in both directions.
    pub bytes: u64,
    /// How often the word passed from one to the other and back: messages that follow each other in
    /// one direction take one way, as far as time is concerned.
    pub rounds: u64,
    /// Records that were given as repair.
    pub records: u64,
    /// Events that are not about single records.
    pub events: Vec<(usize, Event)>,
}

struct End {
    node: Node,
    framer: Framer,
    /// On its way to this end.
    coming: Vec<u8>,
    /// Whether it is to be told that what it has written has left.
    notify: bool,
}

impl Pair {
    /// Two servers called `A` and `B`, each with what `fill` puts into it before it starts, and not
    /// linked yet.
    pub fn new(change: impl Fn(&mut Config), mut fill: impl FnMut(usize, &mut Node)) -> Self {
        let now = Now { mono: Instant(0), wall: Wall(1_700_000_000_000_000_000) };
        let ends = [("A", "B"), ("B", "A")].map(|(own, other)| {
            let mut config = Config { incarnation: 1, ..Config::new(own, [Peer::new(other)]) };
            change(&mut config);
            Node::new(Arc::new(config), now)
        });
        let mut number = 0;
        let ends = ends.map(|mut node| {
            fill(number, &mut node);
            number += 1;
            End { node, framer: Framer::new(), coming: Vec::new(), notify: false }
        });
        Self { now, ends, bytes: 0, rounds: 0, records: 0, events: Vec::new() }
    }

    /// One of them.
    #[must_use]
    pub fn node(&self, end: usize) -> &Node {
        &self.ends[end].node
    }

    /// The same, to be changed behind its back.
    pub fn node_mut(&mut self, end: usize) -> &mut Node {
        &mut self.ends[end].node
    }

    /// The first dials the second. Nothing is delivered yet.
    pub fn link(&mut self) {
        self.handle(0, Input::Wake);
        let how = Opening::Accepted { classic: Classic::No };
        self.handle(1, Input::Opened { conn: LINK, how });
        self.handle(0, Input::Opened { conn: LINK, how: Opening::Dialed(PeerId(0)) });
    }

    /// A client says a line to one of them.
    pub fn say(&mut self, end: usize, line: &str) {
        let how = Opening::Accepted { classic: Classic::No };
        self.handle(end, Input::Opened { conn: CLIENT, how });
        self.handle(end, Input::Heard { conn: CLIENT, unit: Unit::Line(line.as_bytes()) });
        self.handle(end, Input::Closed(CLIENT));
    }

    /// Delivers all that is on its way, and what is said in return; no deadline comes.
    pub fn settle(&mut self) {
        let mut to = 0;
        while self.ends.iter().any(|end| !end.coming.is_empty() || end.notify) {
            if !self.ends[to].coming.is_empty() {
                self.deliver(to);
            }
            for end in 0..2 {
                if std::mem::take(&mut self.ends[end].notify) {
                    self.handle(end, Input::Writable(LINK));
                }
            }
            if self.ends[to].coming.is_empty() {
                to = 1 - to;
            }
        }
    }

    /// Goes on until nothing is on its way and nothing is waited for.
    ///
    /// # Panics
    /// If that does not come.
    pub fn rest(&mut self) {
        for _ in 0..PATIENCE {
            self.settle();
            let deadlines = self.ends.iter().filter_map(|end| end.node.next_deadline());
            let Some((at, _)) = deadlines.min_by_key(|(at, _)| *at) else { return };
            self.now.mono = self.now.mono.max(at);
            for end in 0..2 {
                if self.ends[end].node.next_deadline().is_some_and(|(due, _)| due <= at) {
                    self.handle(end, Input::Wake);
                }
            }
        }
        panic!("they do not come to rest: {:?}", self.ends[0].node.next_deadline());
    }

    fn deliver(&mut self, to: usize) {
        self.rounds += 1;
        let bytes = std::mem::take(&mut self.ends[to].coming);
        let mut framer = std::mem::take(&mut self.ends[to].framer);
        framer.feed(&bytes, |unit| {
            self.handle(to, Input::Heard { conn: LINK, unit });
            ControlFlow::Continue(())
        });
        self.ends[to].framer = framer;
    }

    fn handle(&mut self, end: usize, input: Input<'_>) {
        let mut out = Outbox::new();
        self.ends[end].node.handle(self.now, input, &mut out);
        for output in out.outputs() {
            match *output {
                Output::Write { conn: LINK, bytes } => self.write(end, bytes, &out),
                Output::Notify(_) => self.ends[end].notify = true,
                Output::Event(Event::Learned { repair: true, .. }) => self.records += 1,
                Output::Event(
                    event @ (Event::Diverged { .. } | Event::Damaged { .. } | Event::Full { .. }),
                ) => self.events.push((end, event)),
                Output::Hangup(LINK) => panic!("a link is not ended without a cause"),
                Output::Dial { .. }
                | Output::Event(_)
                | Output::Hangup(_)
                | Output::Lookup { .. }
                | Output::Pause(_)
                | Output::Resume(_)
                | Output::Write { .. } => {}
            }
        }
    }

    fn write(&mut self, end: usize, bytes: Span, out: &Outbox) {
        let bytes = out.bytes(bytes);
        self.bytes += bytes.len() as u64;
        self.ends[1 - end].coming.extend_from_slice(bytes);
    }
}
