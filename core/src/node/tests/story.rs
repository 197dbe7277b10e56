//! A story about one node: inputs by hand, and what comes of them as text.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::*;
use crate::config::Peer;
use crate::outbox::{Event, Output, Span};
use crate::preset::Preset;
use crate::time::{SECOND, Wall};

pub(super) const T0: i64 = 1_700_000_000_000_000_000;

/// One node under test, its outbox and a clock.
pub(super) struct Story {
    pub(super) node: Node,
    pub(super) out: Outbox,
    pub(super) now: Now,
}

impl Story {
    pub(super) fn of(config: Config) -> Self {
        let now = Now { mono: Instant(SECOND), wall: Wall(T0) };
        Self { node: Node::new(Arc::new(config), now), out: Outbox::new(), now }
    }

    pub(super) fn with(peers: impl IntoIterator<Item = Peer>) -> Self {
        let preset = Preset::FloodSync;
        Self::of(Config { incarnation: 5, preset, ..Config::new("Hamilton", peers) })
    }

    /// What the node wants done, as text, events apart.
    pub(super) fn on(&mut self, input: Input<'_>) -> Vec<String> {
        self.out.clear();
        self.node.handle(self.now, input, &mut self.out);
        self.node.check().unwrap();
        let is_deed = |output: &&Output| !matches!(output, Output::Event(_));
        self.out.outputs().iter().filter(is_deed).map(|output| self.show(output)).collect()
    }

    pub(super) fn show(&self, output: &Output) -> String {
        let text = |span: Span| {
            let bytes = self.out.bytes(span);
            bytes
                .iter()
                .map(|byte| core::ascii::escape_default(*byte).to_string())
                .collect::<String>()
        };
        match output {
            Output::Dial { peer, .. } => alloc::format!("dial {}", peer.0),
            Output::Event(event) => alloc::format!("{event:?}"),
            Output::Hangup(conn) => alloc::format!("hangup {}", conn.0),
            Output::Lookup { request, query } => {
                alloc::format!("lookup {} {} um", request.slot, query.radius_um)
            }
            Output::Notify(conn) => alloc::format!("notify {}", conn.0),
            Output::Pause(conn) => alloc::format!("pause {}", conn.0),
            Output::Resume(conn) => alloc::format!("resume {}", conn.0),
            Output::Write { conn, bytes } => {
                let mut said = text(*bytes);
                if said.starts_with("HERD ") {
                    // What follows a greeting is looked at where it matters.
                    said.truncate(said.find("\\n").unwrap() + 2);
                }
                alloc::format!("{} <- {said}", conn.0)
            }
        }
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let event = |output: &Output| {
            if let Output::Event(event) = output { Some(*event) } else { None }
        };
        self.out.outputs().iter().filter_map(event).collect()
    }

    pub(super) fn open(&mut self, conn: u32) -> &mut Self {
        self.open_classic(conn, Classic::No)
    }

    pub(super) fn open_classic(&mut self, conn: u32, classic: Classic) -> &mut Self {
        let done =
            self.on(Input::Opened { conn: ConnId(conn), how: Opening::Accepted { classic } });
        assert_eq!(done, [""; 0]);
        self
    }

    pub(super) fn line(&mut self, conn: u32, line: &str) -> Vec<String> {
        self.on(Input::Heard { conn: ConnId(conn), unit: Unit::Line(line.as_bytes()) })
    }

    pub(super) fn frame(&mut self, conn: u32, frame: &[u8]) -> Vec<String> {
        self.on(Input::Heard { conn: ConnId(conn), unit: Unit::Frame(frame) })
    }

    pub(super) fn later(&mut self, ns: u64) -> Vec<String> {
        self.now.mono = self.now.mono.plus(ns);
        self.on(Input::Wake)
    }

    /// A neighbour dials us and greets.
    pub(super) fn join(&mut self, conn: u32, name: &str) -> Vec<String> {
        self.open(conn).line(conn, &alloc::format!("HERD 1 herd {name} 9"))
    }
}

/// The update of that number of whoever wrote the line, in its ninth life.
pub(super) fn push(seq: u8, line: &str) -> Vec<u8> {
    [&[1, seq, 9][..], line.as_bytes()].concat()
}

/// A frame without its length.
pub(super) fn frame(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes);
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    bytes.split_off(length + 1)
}
