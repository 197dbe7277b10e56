//! A herd as a state machine: the real nodes, the wires between them, and what may still go wrong.

#[path = "checks.rs"]
mod checks;

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::link::{Dial, Link};
use herd_core::node::Classic;
use herd_core::{
    Config, ConnId, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Peer, PeerId,
    Preset, Unit, Wall,
};
use stateright::{Model, Property};

use checks::told;

/// Time stands still but for what has to be waited for.
const NOW: Now = Now { mono: Instant(0), wall: Wall(1_700_000_000_000_000_000) };
/// The client's connection: beyond any between servers.
const CLIENT: ConnId = ConnId(20);

/// Messages that may be on their way to one end of a connection: a greeting, repair, and what is told.
const COMING_MAX: usize = 6;

/// What a client will say, some time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Update {
    pub(crate) server: u8,
    pub(crate) client: u8,
    pub(crate) stamp: u8,
    pub(crate) place: u8,
}

/// How often each fault may happen, whenever it likes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Faults {
    pub(crate) cuts: u8,
    pub(crate) restarts: u8,
}

/// The herd that is explored.
pub(crate) struct Herd {
    configs: Vec<Arc<Config>>,
    updates: Vec<Update>,
    faults: Faults,
    preset: Preset,
    links: usize,
    linked: bool,
}

/// One state of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct State {
    nodes: Vec<Node>,
    /// Connections that servers asked for and that are not made yet.
    dials: Vec<(u8, PeerId)>,
    wires: Vec<Wire>,
    unsaid: Vec<Update>,
    left: Faults,
    /// Whether the client that spoke last has its answer.
    answered: bool,
    /// What a step broke.
    pub(crate) broken: Option<&'static str>,
}

/// An open connection between two servers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Wire {
    ends: [End; 2],
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct End {
    server: u8,
    conn: ConnId,
    /// On its way to this end.
    coming: VecDeque<Vec<u8>>,
    framer: Framer,
    /// Which updates were told this way, a bit each.
    told: u8,
    /// The other end has hung up; after what is coming, nothing more comes.
    over: bool,
    /// The end hung up or was told of the end: it is heard no more.
    gone: bool,
}

/// Everything that can happen next.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Step {
    Connect(usize),
    Cut(usize),
    Deliver(usize, usize),
    Restart(u8),
    Say(usize),
    Wake(u8),
}

impl Herd {
    pub(crate) fn new(servers: u8, links: &[(u8, u8)], updates: &[Update], faults: Faults) -> Self {
        let neighbours = |server: u8| {
            let other = move |(a, b): &(u8, u8)| {
                if *a == server {
                    Some(*b)
                } else if *b == server {
                    Some(*a)
                } else {
                    None
                }
            };
            links.iter().filter_map(other).map(|other| Peer::new(&name(other))).collect::<Vec<_>>()
        };
        let config = |server| {
            let preset = Preset::FloodSync;
            Arc::new(Config { preset, ..Config::new(&name(server), neighbours(server)) })
        };
        Self {
            configs: (0..servers).map(config).collect(),
            updates: updates.to_vec(),
            faults,
            preset: Preset::FloodSync,
            links: links.len(),
            linked: false,
        }
    }

    /// The herd begins with all neighbours live, instead of with nobody known to anybody.
    pub(crate) fn linked(mut self) -> Self {
        self.linked = true;
        self
    }

    pub(crate) fn with_preset(mut self, preset: Preset) -> Self {
        for config in &mut self.configs {
            Arc::make_mut(config).preset = preset;
        }
        self.preset = preset;
        self
    }

    /// Gives one input to a server and does what it says.
    fn tell(&self, state: &mut State, server: u8, now: Now, input: Input<'_>) {
        let mut out = Outbox::new();
        let node = &mut state.nodes[usize::from(server)];
        let before = node.clone();
        node.handle(now, input, &mut out);
        if let Err(why) = node.check() {
            state.broken = Some(why);
        }
        for record in before.store().iter() {
            let now = node.store().get(record.client());
            if now.is_none_or(|now| now.stamp() < record.stamp()) {
                state.broken = Some("a server went back");
            }
        }
        for output in out.outputs() {
            match *output {
                Output::Dial { peer, .. } => state.dials.push((server, peer)),
                Output::Write { conn: CLIENT, bytes } => {
                    self.answer(state, server, out.bytes(bytes))
                }
                Output::Write { conn, bytes } => self.write(state, server, conn, out.bytes(bytes)),
                Output::Hangup(conn) => state.hang_up(server, conn),
                Output::Notify(_) => state.broken = Some("repair of this size needs one slice"),
                Output::Event(_) => {}
                Output::Lookup { .. } | Output::Pause(_) | Output::Resume(_) => {
                    state.broken = Some("nobody asked what is near");
                }
            }
        }
        state.wires.retain(|wire| !wire.ends.iter().all(|end| end.gone));
    }

    fn write(&self, state: &mut State, server: u8, conn: ConnId, bytes: &[u8]) {
        let Some((wire, side)) = state.end(server, conn) else { return };
        let other = &mut state.wires[wire].ends[1 - side];
        if other.gone {
            return;
        }
        // A record that is told and not repaired crosses each way of a connection once.
        if let Some(update) = told(bytes).and_then(|at| self.update_of(&at)) {
            if other.told & 1 << update != 0 {
                state.broken = Some("a record crossed a link twice");
            }
            other.told |= 1 << update;
        }
        other.coming.push_back(bytes.to_vec());
        if other.coming.len() > COMING_MAX {
            state.broken = Some("too much is on its way");
        }
    }

    /// Gives an end what comes first.
    fn deliver(&self, state: &mut State, wire: usize, side: usize) {
        let end = &mut state.wires[wire].ends[side];
        let (server, conn) = (end.server, end.conn);
        let Some(bytes) = end.coming.pop_front() else {
            end.gone = true;
            return self.tell(state, server, NOW, Input::Closed(conn));
        };
        let mut framer = std::mem::take(&mut end.framer);
        framer.feed(&bytes, |unit| {
            self.tell(state, server, NOW, Input::Heard { conn, unit });
            ControlFlow::Continue(())
        });
        if let Some((wire, side)) = state.end(server, conn) {
            state.wires[wire].ends[side].framer = framer;
        }
    }

    fn fresh(&self, server: u8, incarnation: u64) -> Node {
        let mut config = (*self.configs[usize::from(server)]).clone();
        config.incarnation = incarnation;
        Node::new(Arc::new(config), NOW)
    }
}

impl State {
    fn end(&mut self, server: u8, conn: ConnId) -> Option<(usize, usize)> {
        self.wires.iter().enumerate().find_map(|(index, wire)| {
            let side = wire
                .ends
                .iter()
                .position(|end| end.server == server && end.conn == conn && !end.gone)?;
            Some((index, side))
        })
    }

    fn hang_up(&mut self, server: u8, conn: ConnId) {
        if let Some((wire, side)) = self.end(server, conn) {
            let ends = &mut self.wires[wire].ends;
            ends[side].gone = true;
            ends[side].coming.clear();
            ends[1 - side].over = true;
        }
    }

    /// The smallest number no open connection of the server has.
    fn free_conn(&self, server: u8) -> ConnId {
        let taken = |conn| {
            let mut ends = self.wires.iter().flat_map(|wire| &wire.ends);
            ends.any(|end| end.server == server && end.conn == conn && !end.gone)
        };
        (0..).map(ConnId).find(|conn| !taken(*conn)).expect("few are open")
    }

    /// Nothing is on its way. A neighbour is dialed again only then: waits are longer than that, and
    /// endless repetition while a greeting is on its way would be endless states.
    fn is_still(&self) -> bool {
        let mut ends = self.wires.iter().flat_map(|wire| &wire.ends);
        ends.all(|end| end.gone || end.coming.is_empty() && !end.over)
    }

    /// Nothing will happen any more unless a client or a fault makes it.
    fn is_quiet(&self) -> bool {
        self.dials.is_empty()
            && self.is_still()
            && !self.nodes.iter().any(|node| redial(node).is_some())
    }

    fn end_of(&mut self, wire: usize) -> Vec<(u8, ConnId)> {
        let wire = self.wires.remove(wire);
        wire.ends.into_iter().filter(|end| !end.gone).map(|end| (end.server, end.conn)).collect()
    }
}

impl Model for Herd {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let servers = 0..u8::try_from(self.configs.len()).expect("few");
        let mut state = State {
            nodes: servers.map(|server| self.fresh(server, 1)).collect(),
            dials: vec![],
            wires: vec![],
            unsaid: self.updates.clone(),
            left: self.faults,
            answered: true,
            broken: None,
        };
        while self.linked && !state.is_quiet() {
            let mut steps = vec![];
            self.actions(&state, &mut steps);
            let wanted =
                |step: &Step| matches!(step, Step::Connect(_) | Step::Deliver(..) | Step::Wake(_));
            let step = steps.into_iter().find(wanted).expect("it is not quiet");
            state = self.next_state(&state, step).expect("the step is possible");
        }
        vec![state]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps.extend((0..state.unsaid.len()).map(Step::Say));
        steps.extend((0..state.dials.len()).map(Step::Connect));
        for (server, node) in (0_u8..).zip(&state.nodes) {
            if redial(node).is_some_and(|at| at == NOW.mono || state.is_still()) {
                steps.push(Step::Wake(server));
            }
            if state.left.restarts > 0 {
                steps.push(Step::Restart(server));
            }
        }
        for (index, wire) in state.wires.iter().enumerate() {
            for (side, end) in wire.ends.iter().enumerate() {
                if !end.gone && (end.over || !end.coming.is_empty()) {
                    steps.push(Step::Deliver(index, side));
                }
            }
            if state.left.cuts > 0 {
                steps.push(Step::Cut(index));
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        match step {
            Step::Say(index) => {
                let Update { server, client, stamp, place } = next.unsaid.remove(index);
                let line = format!("IAMAT c{client} +{place}-{place} {stamp}");
                let how = Opening::Accepted { classic: Classic::No };
                self.tell(&mut next, server, NOW, Input::Opened { conn: CLIENT, how });
                next.answered = false;
                let unit = Unit::Line(line.as_bytes());
                self.tell(&mut next, server, NOW, Input::Heard { conn: CLIENT, unit });
                if !next.answered {
                    next.broken = Some("a line was not answered");
                }
                self.tell(&mut next, server, NOW, Input::Closed(CLIENT));
            }
            Step::Connect(index) => {
                let (server, peer) = next.dials.remove(index);
                let wanted = &self.configs[usize::from(server)].peers[peer.index()].name;
                let other = (0_u8..).find(|other| *name(*other) == **wanted)?;
                let end = |server, conn| End {
                    server,
                    conn,
                    coming: VecDeque::new(),
                    told: 0,
                    framer: Framer::new(),
                    over: false,
                    gone: false,
                };
                let conns = [next.free_conn(server), next.free_conn(other)];
                next.wires.push(Wire { ends: [end(server, conns[0]), end(other, conns[1])] });
                let how = Opening::Accepted { classic: Classic::No };
                self.tell(&mut next, other, NOW, Input::Opened { conn: conns[1], how });
                let how = Opening::Dialed(peer);
                self.tell(&mut next, server, NOW, Input::Opened { conn: conns[0], how });
            }
            Step::Deliver(wire, side) => self.deliver(&mut next, wire, side),
            Step::Cut(wire) => {
                next.left.cuts -= 1;
                for (server, conn) in next.end_of(wire) {
                    self.tell(&mut next, server, NOW, Input::Closed(conn));
                }
            }
            Step::Restart(server) => {
                next.left.restarts -= 1;
                let life = next.nodes[usize::from(server)].config().incarnation + 1;
                next.nodes[usize::from(server)] = self.fresh(server, life);
                next.dials.retain(|(dialer, _)| *dialer != server);
                while let Some(wire) = next
                    .wires
                    .iter()
                    .position(|wire| wire.ends.iter().any(|end| end.server == server && !end.gone))
                {
                    for (other, conn) in
                        next.end_of(wire).into_iter().filter(|(end, _)| *end != server)
                    {
                        self.tell(&mut next, other, NOW, Input::Closed(conn));
                    }
                }
            }
            Step::Wake(server) => {
                let at = redial(&next.nodes[usize::from(server)])?;
                self.tell(&mut next, server, Now { mono: at, ..NOW }, Input::Wake);
            }
        }
        // Which of several equal things came first does not matter.
        next.dials.sort_unstable();
        next.wires.sort_by_key(|wire| wire.ends.each_ref().map(|end| (end.server, end.conn)));
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no step breaks a rule", |_, state: &State| state.broken.is_none()),
            Property::always("no server invents anything", |herd: &Self, state: &State| {
                herd.invents_nothing(state)
            }),
            Property::always("there is one truth", |_: &Self, state: &State| state.has_one_truth()),
            Property::always("a flood costs what it should", |herd: &Self, state: &State| {
                herd.costs(state)
            }),
            Property::always("a quiet herd agrees", |_: &Self, state: &State| {
                !state.is_quiet()
                    || state.nodes.windows(2).all(|pair| pair[0].store() == pair[1].store())
            }),
            Property::always("a quiet herd is linked", |herd: &Self, state: &State| {
                let live =
                    |node: &Node| node.links().iter().filter(|link| link.live().is_some()).count();
                !state.is_quiet() || state.nodes.iter().map(live).sum::<usize>() == 2 * herd.links
            }),
        ]
    }
}

/// When a neighbour is dialed next.
fn redial(node: &Node) -> Option<Instant> {
    let at = |link: &Link| if let Dial::Waiting(at) = link.dial() { Some(at) } else { None };
    node.links().iter().filter_map(at).min()
}

fn name(server: u8) -> String {
    char::from(b'A' + server).to_string()
}

impl fmt::Display for Herd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Faults { cuts, restarts } = self.faults;
        write!(
            f,
            "{} servers, {} links, {} updates, {cuts} cuts, {restarts} restarts, {}",
            self.configs.len(),
            self.links,
            self.updates.len(),
            self.preset.name()
        )
    }
}
