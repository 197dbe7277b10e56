//! Messages in, messages out: a node of the herd behind Maelstrom's protocol.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use herd_core::node::Classic;
use herd_core::{
    Config, ConnId, Direction, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Overlay,
    Peer, PeerId, PlacesError, Preset, RequestId, Unit,
};
use serde_json::{Value, json};

use super::message::{Code, Message, Refusal, answer, line};
use super::overlay::{Links, Shape};
use super::value::{name_of, value_of};

/// What a node is told before it starts.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How updates are spread.
    pub preset: Preset,
    /// Whether trees are planned from the topology, or else learned.
    pub planned: bool,
    /// The links, if not those of the topology message.
    pub shape: Option<Shape>,
    /// How long what goes to a neighbour is gathered after the last message to it, ns; the preset's
    /// if absent.
    pub batch: Option<u64>,
    /// How often neighbours are told what is had, while that changes, ns.
    pub digest: u64,
    /// Tells this life of the node from its earlier ones.
    pub incarnation: u64,
    /// Seed of the store's hash function.
    pub hash_seed: u64,
}

impl Settings {
    /// What a node of this name with these links is told, neighbours left out.
    fn config(&self, name: &str, links: &Links) -> Config {
        let map = Overlay::new(links.iter().map(|(a, b)| (a, b, 1)));
        let mut config = Config::new(name, []);
        config.preset = self.preset;
        config.incarnation = self.incarnation;
        config.hash_seed = self.hash_seed;
        config.tuning.digest_every = self.digest;
        config.tuning.batch = self.batch;
        let shares = self.preset == Preset::GroveBatch;
        config.root = map.centre().filter(|_| shares).map(Into::into);
        config.overlay = self.planned.then(|| Arc::new(map));
        config
    }
}

/// A node of Maelstrom. It has no input and no output of its own: lines come in, lines go out.
#[derive(Debug)]
pub struct Adapter {
    settings: Settings,
    /// Once it knows its name.
    server: Option<Server>,
    complaints: Vec<String>,
}

/// The connection of all clients.
const CLIENTS: ConnId = ConnId(0);

/// The node, and what its driver keeps for it.
#[derive(Debug)]
struct Server {
    name: String,
    node: Node,
    out: Outbox,
    /// What happens next to the node.
    next: VecDeque<Happens>,
    /// What was answered to the client.
    answer: Vec<u8>,
    /// What each neighbour is to be told, in one message.
    told: BTreeMap<PeerId, Vec<u8>>,
}

/// What happens to a node because of what it did.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Opened(PeerId),
    Greets(PeerId),
    Places(RequestId),
    Reopened,
    Writable(ConnId),
}

impl Adapter {
    /// One that has not been told its name yet.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, server: None, complaints: Vec::new() }
    }

    /// Takes in a line, and says what is to be said about it.
    pub fn hear(&mut self, now: Now, line: &[u8]) -> Vec<String> {
        if line.trim_ascii().is_empty() {
            return Vec::new();
        }
        let message: Message = match serde_json::from_slice(line) {
            Ok(message) => message,
            Err(why) => return self.unreadable(line, &why),
        };
        // We ask nobody anything.
        if message.body.in_reply_to.is_some() {
            return Vec::new();
        }
        if message.body.kind == "herd" {
            return self.told(now, &message);
        }
        let body = match self.asked(now, &message) {
            Ok(body) => body,
            Err(refusal) => refusal.body(),
        };
        let mut lines = vec![answer(self.name(&message), &message, body)];
        if let Some(server) = &mut self.server {
            server.speak(&mut lines);
        }
        lines
    }

    /// The deadline has come (harmless if it has not).
    pub fn wake(&mut self, now: Now) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(server) = &mut self.server {
            server.handle(now, Input::Wake);
            server.speak(&mut lines);
        }
        lines
    }

    /// When [`Self::wake`] is to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.server.as_ref()?.node.next_deadline().map(|(at, _)| at)
    }

    /// What is worth a line in a log since it was last asked for.
    pub fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    fn name<'a>(&'a self, to: &'a Message) -> &'a str {
        self.server.as_ref().map_or(&to.dest, |server| &server.name)
    }

    /// What is no message is answered if it says who sent it.
    fn unreadable(&mut self, line: &[u8], why: &serde_json::Error) -> Vec<String> {
        let refusal = Refusal::new(Code::Malformed, format!("no message: {why}"));
        self.complaints.push(format!("{}: {}", refusal.text, String::from_utf8_lossy(line)));
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return Vec::new() };
        let Some(src) = value["src"].as_str().filter(|src| !src.is_empty()) else {
            return Vec::new();
        };
        let mut body = refusal.body();
        if let (Some(id), Some(body)) = (value["body"]["msg_id"].as_u64(), body.as_object_mut()) {
            body.insert("in_reply_to".into(), id.into());
        }
        let own = self.server.as_ref().map(|server| server.name.as_str());
        let own = own.or_else(|| value["dest"].as_str()).unwrap_or_default();
        vec![super::message::line(own, src, &body)]
    }

    /// The body of the answer to a request.
    fn asked(&mut self, now: Now, message: &Message) -> Result<Value, Refusal> {
        let more = &message.body.more;
        match message.body.kind.as_str() {
            "init" => self.init(now, message),
            "topology" => {
                let topology: BTreeMap<String, Vec<String>> = field(message, "topology")?;
                let (settings, server) = (self.settings, self.server()?);
                if settings.shape.is_none() {
                    server.link(now, settings, &Links::of(&topology))?;
                }
                Ok(json!({"type": "topology_ok"}))
            }
            "broadcast" => {
                let value = more
                    .get("message")
                    .ok_or_else(|| Refusal::new(Code::Malformed, "a message is expected"))?;
                let name = name_of(value)
                    .ok_or_else(|| Refusal::new(Code::Malformed, "a shorter message"))?;
                self.server()?.broadcast(now, &name)?;
                Ok(json!({"type": "broadcast_ok"}))
            }
            "read" => {
                let records = self.server()?.node.store().iter();
                let messages: Vec<Value> =
                    records.filter_map(|record| value_of(record.client())).collect();
                Ok(json!({"type": "read_ok", "messages": messages}))
            }
            other => Err(Refusal::new(
                Code::NotSupported,
                format!("init, topology, broadcast or read is expected, not {other}"),
            )),
        }
    }

    fn server(&mut self) -> Result<&mut Server, Refusal> {
        let unknown = || Refusal::new(Code::Unavailable, "no init has come yet");
        self.server.as_mut().ok_or_else(unknown)
    }

    fn init(&mut self, now: Now, message: &Message) -> Result<Value, Refusal> {
        let name: String = field(message, "node_id")?;
        let nodes: Vec<String> = field(message, "node_ids")?;
        for name in nodes.iter().chain([&name]) {
            Config::check_name(name).map_err(|why| {
                Refusal::new(Code::Malformed, format!("{name:?} is no name: {why}"))
            })?;
        }
        match &self.server {
            Some(server) if server.name == name => {}
            Some(server) => {
                let text = format!("this node is called {}", server.name);
                return Err(Refusal::new(Code::Precondition, text));
            }
            None => {
                let links = self.settings.shape.map(|shape| shape.links(&nodes));
                let links = links.unwrap_or_default();
                self.server = Some(Server::new(now, self.settings, &name, &links));
            }
        }
        Ok(json!({"type": "init_ok"}))
    }

    /// A neighbour tells something.
    fn told(&mut self, now: Now, message: &Message) -> Vec<String> {
        let mut lines = Vec::new();
        let frames = message.body.more.get("f").and_then(Value::as_str);
        let frames = frames.and_then(|frames| BASE64_STANDARD.decode(frames).ok());
        let heard = match (&mut self.server, frames) {
            (None, _) => Err("no init has come yet"),
            (Some(_), None) => Err("f is no base64"),
            (Some(server), Some(frames)) => server.hear(now, &message.src, &frames),
        };
        if let Err(why) = heard {
            self.complaints.push(format!("what {} told is not heard: {why}", message.src));
        }
        if let Some(server) = &mut self.server {
            server.speak(&mut lines);
        }
        lines
    }
}

/// A field of a request.
fn field<T: serde::de::DeserializeOwned>(message: &Message, name: &str) -> Result<T, Refusal> {
    let value = message.body.more.get(name).cloned().unwrap_or(Value::Null);
    serde_json::from_value(value)
        .map_err(|why| Refusal::new(Code::Malformed, format!("{name}: {why}")))
}

impl Server {
    fn new(now: Now, settings: Settings, name: &str, links: &Links) -> Self {
        let mut config = settings.config(name, links);
        config.peers = links.neighbours(name).into_iter().map(Peer::new).collect();
        let mut server = Self {
            name: name.to_owned(),
            node: Node::new(Arc::new(config), now),
            out: Outbox::new(),
            next: VecDeque::from([Happens::Reopened]),
            answer: Vec::new(),
            told: BTreeMap::new(),
        };
        server.work(now);
        server.handle(now, Input::Wake);
        server
    }

    /// Takes these links instead of those it had.
    fn link(&mut self, now: Now, settings: Settings, links: &Links) -> Result<(), Refusal> {
        let old = Arc::clone(self.node.config());
        let mut wanted = links.neighbours(&self.name);
        // A neighbour keeps its place in the list, gone or not.
        let mut peers = old.peers.to_vec();
        for peer in &mut peers {
            let stays = wanted.remove(&*peer.name);
            peer.direction = if stays { Direction::Both } else { Direction::Neither };
        }
        peers.extend(wanted.into_iter().map(Peer::new));
        if *peers == *old.peers {
            return Ok(());
        }
        if self.node.origins().is_blank() {
            // It has said nothing yet that could not be said anew.
            *self = Self::new(now, settings, &self.name, links);
            return Ok(());
        }
        let config = settings.config(&self.name, links);
        let config = Config { peers: peers.into(), root: old.root.clone(), ..config };
        self.node
            .reconfigure(now, Arc::new(config), &mut self.out)
            .map_err(|why| Refusal::new(Code::Precondition, why))?;
        self.work(now);
        self.handle(now, Input::Wake);
        Ok(())
    }

    fn broadcast(&mut self, now: Now, name: &str) -> Result<(), Refusal> {
        let line = format!("IAMAT {name} +0+0 {}", now.wall);
        self.handle(now, Input::Heard { conn: CLIENTS, unit: Unit::Line(line.as_bytes()) });
        let answer = std::mem::take(&mut self.answer);
        if answer.starts_with(b"AT ") {
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&answer).trim_end().to_owned();
        Err(Refusal::new(Code::Unavailable, format!("the server refused it: {answer}")))
    }

    /// Hears the frames that a neighbour put into one message. What is no frame counts as lost.
    fn hear(&mut self, now: Now, from: &str, frames: &[u8]) -> Result<(), &'static str> {
        let (name, at) = (from.as_bytes(), self.node.config().peers.iter());
        let at = at.zip(0_u16..).find(|(peer, _)| peer.name.as_bytes() == name);
        let peer = at.map(|(_, at)| PeerId(at)).ok_or("it is no neighbour")?;
        let mut framer = Framer::new();
        framer.feed(greeting(&self.node, peer).as_bytes(), |_| ControlFlow::Continue(()));
        let mut garbled = false;
        framer.feed(frames, |unit| {
            if let Unit::Frame(_) = unit {
                self.node.handle(now, Input::Heard { conn: conn_of(peer), unit }, &mut self.out);
                ControlFlow::Continue(())
            } else {
                garbled = true;
                ControlFlow::Break(())
            }
        });
        self.work(now);
        if garbled || framer.holds() > 0 { Err("it is no frame") } else { Ok(()) }
    }

    fn handle(&mut self, now: Now, input: Input<'_>) {
        self.node.handle(now, input, &mut self.out);
        self.work(now);
    }

    /// Does what the node says, and what follows from that.
    fn work(&mut self, now: Now) {
        loop {
            self.act();
            let Some(happens) = self.next.pop_front() else { return };
            let Self { node, out, .. } = self;
            match happens {
                Happens::Opened(peer) => {
                    let how = Opening::Dialed(peer);
                    node.handle(now, Input::Opened { conn: conn_of(peer), how }, out);
                }
                Happens::Greets(peer) => {
                    let line = greeting(node, peer);
                    let unit = Unit::Line(line.trim_ascii_end().as_bytes());
                    node.handle(now, Input::Heard { conn: conn_of(peer), unit }, out);
                }
                Happens::Places(request) => {
                    let result = Err(PlacesError::Unavailable);
                    node.handle(now, Input::Places { request, result }, out);
                }
                Happens::Reopened => {
                    let how = Opening::Accepted { classic: Classic::No };
                    node.handle(now, Input::Opened { conn: CLIENTS, how }, out);
                }
                Happens::Writable(conn) => node.handle(now, Input::Writable(conn), out),
            }
        }
    }

    /// Works through the outbox. There are no connections: one that is dialed is open at once, and
    /// its greeting is answered for the neighbour, so that no message is spent on it.
    fn act(&mut self) {
        for output in self.out.outputs() {
            match *output {
                Output::Dial { peer, .. } => self.next.push_back(Happens::Opened(peer)),
                Output::Hangup(CLIENTS) => self.next.push_back(Happens::Reopened),
                Output::Lookup { request, .. } => self.next.push_back(Happens::Places(request)),
                Output::Notify(conn) => self.next.push_back(Happens::Writable(conn)),
                Output::Write { conn: CLIENTS, bytes } => {
                    self.answer.extend_from_slice(self.out.bytes(bytes));
                }
                Output::Write { conn, bytes } => {
                    let (peer, bytes) = (peer_of(conn), self.out.bytes(bytes));
                    if bytes.starts_with(b"HERD ") {
                        self.next.push_back(Happens::Greets(peer));
                    } else {
                        self.told.entry(peer).or_default().extend_from_slice(bytes);
                    }
                }
                Output::Event(_) | Output::Hangup(_) | Output::Pause(_) | Output::Resume(_) => {}
            }
        }
        self.out.clear();
    }

    /// Says what was to be told, one message to each neighbour.
    fn speak(&mut self, lines: &mut Vec<String>) {
        for (peer, frames) in std::mem::take(&mut self.told) {
            let to = &self.node.config().peers[peer.index()].name;
            let body = json!({"type": "herd", "f": BASE64_STANDARD.encode(frames)});
            lines.push(line(&self.name, to, &body));
        }
    }
}

/// What a neighbour would greet with, with LF.
fn greeting(node: &Node, peer: PeerId) -> String {
    let config = node.config();
    format!("HERD 1 {} {} 1\n", config.cluster, config.peers[peer.index()].name)
}

fn conn_of(peer: PeerId) -> ConnId {
    ConnId(u32::from(peer.0) + 1)
}

fn peer_of(conn: ConnId) -> PeerId {
    PeerId(u16::try_from(conn.0.saturating_sub(1)).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests;
