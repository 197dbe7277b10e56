//! A herd as a state machine: the real nodes, the wires between them, and what may still go wrong.
//!
//! Time stands still: no digest is told in its turn and no pull is given up unless a test lets it
//! happen, so that what holds here holds without the backstops. A neighbour that is lost is dialed again, some
//! time.

use std::fmt;
use std::sync::Arc;

use herd_core::link::{Dial, Link};
use herd_core::node::{Classic, Timer};
use herd_core::{
    Config, ConnId, Input, Instant, Node, Now, Opening, Outbox, Output, Overlay, Peer, PeerId,
    Preset, Tuning, Unit, Wall,
};
use stateright::{Model, Property};

use crate::wires::Wire;

/// Time stands still but for what has to be waited for.
pub(crate) const NOW: Now = Now { mono: Instant(0), wall: Wall(1_700_000_000_000_000_000) };
/// The incarnation with which all start.
const FIRST_LIFE: u64 = 5;
/// The client's connection: beyond any between servers.
const CLIENT: ConnId = ConnId(20);

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
    /// Connections that are lost, and both ends know at once.
    pub(crate) cuts: u8,
    /// Connections that are lost, and the ends learn of it one after the other.
    pub(crate) breaks: u8,
    /// Servers that come back without their stores.
    pub(crate) restarts: u8,
    /// Links that fail and stay away.
    pub(crate) failures: u8,
}

/// The herd that is explored.
pub(crate) struct Herd {
    pub(crate) configs: Vec<Arc<Config>>,
    pub(crate) updates: Vec<Update>,
    pub(crate) faults: Faults,
    pub(crate) links: usize,
    pub(crate) linked: bool,
    by_hand: bool,
    in_order: bool,
    digests: bool,
    stale: bool,
}

/// One state of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct State {
    pub(crate) nodes: Vec<Arc<Node>>,
    /// Connections that servers asked for and that are not made yet.
    pub(crate) dials: Vec<(u8, PeerId)>,
    pub(crate) wires: Vec<Wire>,
    /// Of each update, once it was said: in which life of the server, and as which of its updates;
    /// nothing if it was outdated.
    pub(crate) said: Vec<Option<Option<(u64, u64)>>>,
    left: Faults,
    /// Pairs that cannot be linked any more.
    pub(crate) failed: Vec<[u8; 2]>,
    /// Whether the client that spoke last has its answer.
    pub(crate) answered: bool,
    /// What a step broke.
    pub(crate) broken: Option<&'static str>,
}

/// Everything that can happen next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Step {
    /// A cut without word.
    Break(usize),
    Connect(usize),
    Cut(usize),
    Deliver(usize, usize),
    Fail(usize),
    Join(usize),
    /// An end hears of a cut without word.
    Learn(usize, usize),
    Restart(u8),
    Say(usize),
    /// Something is due that is not done at once.
    Tick(u8),
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
            let (preset, tuning) =
                (Preset::FloodSync, Tuning { ride: 0, budget_byte: 0, ..Tuning::default() });
            Arc::new(Config { preset, tuning, ..Config::new(&name(server), neighbours(server)) })
        };
        Self {
            configs: (0..servers).map(config).collect(),
            updates: updates.to_vec(),
            faults,
            links: links.len(),
            linked: true,
            by_hand: false,
            in_order: false,
            digests: false,
            stale: false,
        }
    }

    /// The clock of a server that restarts has gone back: it takes itself for an earlier life than the
    /// one it is known by.
    pub(crate) fn stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// Neighbours link step by step: either dials the other, connections cross, and of two one
    /// stays. Otherwise the lower name's attempt is the one that succeeds, and the other end has
    /// heard its greeting as soon as it is connected.
    pub(crate) fn by_hand(mut self) -> Self {
        self.by_hand = true;
        self
    }

    /// The herd begins with nobody known to anybody, instead of with all neighbours live.
    pub(crate) fn strangers(mut self) -> Self {
        self.linked = false;
        self.by_hand()
    }

    /// Clients say their updates one after the other, as they are listed.
    pub(crate) fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Digests are told in their turn and pulls are given up, whenever nothing else is going on: those
    /// waits are longer than anything takes.
    pub(crate) fn with_digests(mut self) -> Self {
        self.digests = true;
        self
    }

    pub(crate) fn with(mut self, change: impl Fn(&mut Config)) -> Self {
        for config in &mut self.configs {
            change(Arc::make_mut(config));
        }
        self
    }

    pub(crate) fn with_preset(self, preset: Preset) -> Self {
        self.with(|config| config.preset = preset)
    }

    pub(crate) fn with_tuning(self, tuning: Tuning) -> Self {
        self.with(|config| config.tuning = tuning)
    }

    /// All servers know the map, and plan their trees.
    pub(crate) fn planned(self, links: &[(u8, u8)]) -> Self {
        let names: Vec<_> = links.iter().map(|(a, b)| (name(*a), name(*b))).collect();
        let links: Vec<_> = names.iter().map(|(a, b)| (&**a, &**b, 1)).collect();
        let overlay = Arc::new(Overlay::new(links));
        self.with(|config| config.overlay = Some(Arc::clone(&overlay)))
    }

    pub(crate) fn preset(&self) -> Preset {
        self.configs[0].preset
    }

    pub(crate) fn tuning(&self) -> Tuning {
        self.configs[0].tuning
    }

    /// Gives one input to a server and does what it says.
    pub(crate) fn tell(&self, state: &mut State, server: u8, now: Now, input: Input<'_>) {
        let mut out = Outbox::new();
        let before = Arc::clone(&state.nodes[usize::from(server)]);
        let node = Arc::make_mut(&mut state.nodes[usize::from(server)]);
        node.handle(now, input, &mut out);
        self.judge(state, server, &before, out.outputs().len());
        for output in out.outputs() {
            match *output {
                Output::Dial { peer, .. } => state.dials.push((server, peer)),
                Output::Write { conn: CLIENT, bytes } => {
                    self.answer(state, server, out.bytes(bytes));
                }
                Output::Write { conn, bytes } => self.write(state, server, conn, out.bytes(bytes)),
                Output::Hangup(conn) => state.hang_up(server, conn),
                Output::Notify(conn) => state.notify(server, conn),
                Output::Event(_) => {}
                Output::Lookup { .. } | Output::Pause(_) | Output::Resume(_) => {
                    state.broken = Some("nobody asked what is near");
                }
            }
        }
    }

    fn fresh(&self, server: u8, incarnation: u64) -> Node {
        let mut config = (*self.configs[usize::from(server)]).clone();
        config.incarnation = incarnation;
        Node::new(Arc::new(config), NOW)
    }

    fn say(&self, state: &mut State, index: usize) {
        let Update { server, client, stamp, place } = self.updates[index];
        let line = format!("IAMAT c{client} +{place}-{place} {stamp}");
        let how = Opening::Accepted { classic: Classic::No };
        self.tell(state, server, NOW, Input::Opened { conn: CLIENT, how });
        // It is counted while it is told.
        state.said[index] = Some(self.next_count(state, index));
        state.answered = false;
        let unit = Unit::Line(line.as_bytes());
        self.tell(state, server, NOW, Input::Heard { conn: CLIENT, unit });
        if !state.answered {
            state.broken = Some("a line was not answered");
        }
        self.tell(state, server, NOW, Input::Closed(CLIENT));
    }

    fn restart(&self, state: &mut State, server: u8) {
        let life = state.nodes[usize::from(server)].incarnation();
        let life = if self.stale { FIRST_LIFE - 1 } else { life + 1 };
        state.nodes[usize::from(server)] = Arc::new(self.fresh(server, life));
        state.dials.retain(|(dialer, _)| *dialer != server);
        self.desert(state, server);
    }

    /// Whether a server can still reach a neighbour, some time.
    fn is_reachable(&self, state: &State, server: u8, peer: PeerId) -> bool {
        let other = self.peer(server, peer);
        !state.failed.contains(&[server.min(other), server.max(other)])
    }

    /// When a neighbour is dialed next.
    fn redial(&self, state: &State, server: u8) -> Option<Instant> {
        let at = |(peer, link): (PeerId, &Link)| match link.dial() {
            Dial::Waiting(at) if self.is_reachable(state, server, peer) => Some(at),
            Dial::Waiting(_) | Dial::Connecting | Dial::Greeting(..) | Dial::Idle => None,
        };
        let links = state.nodes[usize::from(server)].links();
        (0..).map(PeerId).zip(links).filter_map(at).min()
    }

    fn wake(&self, state: &mut State, server: u8) {
        if let Some(at) = self.redial(state, server) {
            self.tell(state, server, Now { mono: at, ..NOW }, Input::Wake);
        }
    }

    /// When a server says what it has, or gives up a pull, or what waits for a message to go with
    /// leaves.
    fn due(&self, state: &State, server: u8) -> Option<Instant> {
        match state.nodes[usize::from(server)].next_deadline()? {
            (at, Timer::Batch) => Some(at),
            (at, Timer::Digest | Timer::Pull) if self.digests => Some(at),
            _ => None,
        }
    }

    fn servers(&self) -> impl Iterator<Item = u8> + use<> {
        0..u8::try_from(self.configs.len()).expect("few")
    }

    /// Attempts that can succeed.
    fn dials(&self, state: &State) -> impl Iterator<Item = usize> {
        let can = |index: &usize| {
            let (server, peer) = state.dials[*index];
            self.is_reachable(state, server, peer)
                && (self.by_hand || server < self.peer(server, peer))
        };
        (0..state.dials.len()).filter(can)
    }

    /// Nothing will happen any more unless a client or a fault makes it.
    pub(crate) fn is_quiet(&self, state: &State) -> bool {
        state.is_still()
            && self.dials(state).next().is_none()
            && self.servers().all(|server| {
                self.redial(state, server).is_none() && self.due(state, server).is_none()
            })
    }

    /// What is the same in all that can follow.
    fn settle(&self, state: &mut State) {
        if !self.by_hand {
            for server in self.servers() {
                while self.redial(state, server).is_some() {
                    self.wake(state, server);
                }
            }
        }
        // Which of several equal things came first does not matter.
        state.dials.sort_unstable();
        state.sort_wires();
    }
}

impl State {
    /// Nothing is on its way. Where neighbours link by hand, one is dialed again only then: waits
    /// are longer than that, and endless repetition while a greeting is on its way would be endless
    /// states.
    fn is_still(&self) -> bool {
        self.wires.iter().all(|wire| !wire.cut && !wire.ends.iter().any(|end| end.is_busy()))
    }
}

impl Model for Herd {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let mut state = State {
            nodes: self.servers().map(|server| Arc::new(self.fresh(server, FIRST_LIFE))).collect(),
            dials: vec![],
            wires: vec![],
            said: vec![None; self.updates.len()],
            left: self.faults,
            failed: vec![],
            answered: true,
            broken: None,
        };
        self.settle(&mut state);
        while self.linked && !self.is_quiet(&state) {
            let mut steps = vec![];
            self.actions(&state, &mut steps);
            let wanted = |step: &Step| {
                !matches!(
                    step,
                    Step::Break(_) | Step::Cut(_) | Step::Fail(_) | Step::Restart(_) | Step::Say(_)
                )
            };
            let step = steps.into_iter().find(wanted).expect("it is not quiet");
            state = self.next_state(&state, step).expect("the step is possible");
        }
        vec![state]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let unsaid = (0..self.updates.len()).filter(|update| state.said[*update].is_none());
        steps.extend(unsaid.take(if self.in_order { 1 } else { usize::MAX }).map(Step::Say));
        steps.extend(self.dials(state).map(if self.by_hand { Step::Connect } else { Step::Join }));
        for server in self.servers() {
            if self.redial(state, server).is_some_and(|at| at == NOW.mono || state.is_still()) {
                steps.push(Step::Wake(server));
            }
            if self.due(state, server).is_some() && state.is_still() {
                steps.push(Step::Tick(server));
            }
            if state.left.restarts > 0 {
                steps.push(Step::Restart(server));
            }
        }
        for (index, wire) in state.wires.iter().enumerate() {
            for (side, end) in wire.ends.iter().enumerate() {
                if end.is_busy() {
                    steps.push(Step::Deliver(index, side));
                }
                if wire.cut && !end.gone {
                    steps.push(Step::Learn(index, side));
                }
            }
            let Faults { cuts, breaks, failures, .. } = state.left;
            let faults = [
                (cuts, Step::Cut(index)),
                (breaks, Step::Break(index)),
                (failures, Step::Fail(index)),
            ];
            let whole = faults.into_iter().filter(|(left, _)| *left > 0 && !wire.cut);
            steps.extend(whole.map(|(_, step)| step));
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        match step {
            Step::Break(wire) => {
                next.left.breaks -= 1;
                next.wires[wire].cut = true;
            }
            Step::Connect(dial) => self.connect(&mut next, dial),
            Step::Cut(wire) => {
                next.left.cuts -= 1;
                self.cut(&mut next, wire);
            }
            Step::Deliver(wire, side) => self.deliver(&mut next, wire, side),
            Step::Fail(wire) => {
                next.left.failures -= 1;
                let [a, b] = next.wires[wire].ends.each_ref().map(|end| end.server);
                next.failed.push([a.min(b), a.max(b)]);
                next.failed.sort_unstable();
                self.cut(&mut next, wire);
            }
            Step::Join(dial) => self.join(&mut next, dial),
            Step::Learn(wire, side) => self.learn(&mut next, wire, side),
            Step::Restart(server) => {
                next.left.restarts -= 1;
                self.restart(&mut next, server);
            }
            Step::Say(index) => self.say(&mut next, index),
            Step::Tick(server) => {
                let at = self.due(state, server)?;
                self.tell(&mut next, server, Now { mono: at, ..NOW }, Input::Wake);
            }
            Step::Wake(server) => self.wake(&mut next, server),
        }
        self.settle(&mut next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Self::checks()
    }
}

pub(crate) fn name(server: u8) -> String {
    char::from(b'A' + server).to_string()
}

/// The number of the server of this name.
pub(crate) fn number(name: &[u8]) -> u8 {
    name[0] - b'A'
}

impl fmt::Display for Herd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Faults { cuts, breaks, restarts, failures } = self.faults;
        write!(f, "{} servers, {} links", self.configs.len(), self.links)?;
        write!(f, ", {} updates", self.updates.len())?;
        let faults = [(cuts, "cuts"), (breaks, "breaks"), (restarts, "restarts")];
        for (most, what) in faults.into_iter().chain([(failures, "failures")]) {
            if most > 0 {
                write!(f, ", {most} {what}")?;
            }
        }
        write!(f, ", {}", self.preset().name())
    }
}
