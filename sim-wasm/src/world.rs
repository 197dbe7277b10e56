//! A herd in virtual time: the servers, the links, the clients, and what is to happen.

mod act;
mod again;
mod ahead;
mod breaking;
mod bugs;
mod clients;
mod continuing;
mod deadlines;
mod doing;
mod faults;
mod flights;
mod going;
mod held;
mod joining;
mod laying;
mod links;
mod looking;
mod meddling;
mod packets;
mod picture;
mod reach;
mod size;
mod taped;
mod telling;
mod trees;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use herd_core::{Node, Outbox, PlacesError, Query, RequestId};

use crate::cause::Trace;
use crate::check::{Broken, Checks, Happening, Lamp, Watch};
use crate::client::{Answer, Client};
use crate::command::Command;
use crate::fault::{Habits, Share};
use crate::latency::Latency;
use crate::log::{Digest, LogKind, LogLine};
use crate::meter::Meter;
use crate::net::{Channels, Link, Parcel, Traffic};
use crate::options::{Options, PlacesMode};
use crate::queue::Queue;
use crate::script::{Entry, EntryId, Script};
use crate::server::{self, Server};
use crate::sometimes::{Sightings, Sometimes};
use crate::topology::{ServerId, Topology};
use crate::view::{DeathView, Flight, ServerState};
use crate::workload;

pub(crate) use size::PER_ENTRY;

use taped::Taped;

pub use deadlines::Deadline;
pub use held::StoreRow;
pub use looking::LinkRow;
pub use trees::FeedRow;

/// A run at one instant. A clone goes its own way; equal scripts make equal runs, to the digest.
#[derive(Clone, Debug)]
pub struct World {
    script: Arc<Script>,
    /// Entries of the script that are done.
    done: usize,
    now: u64,
    events: u64,
    queue: Queue<Event>,
    servers: Vec<Server>,
    /// How many of them have had their time to join.
    arrived: usize,
    /// How many links have had their time to be laid: those are the first.
    laid: usize,
    /// How many are one of the herd.
    members: u64,
    /// When all has come that was sent before a latency changed.
    steady: u64,
    /// Servers that joined or left so far, and links that were laid or taken away.
    changes: u64,
    links: Vec<Link>,
    channels: Channels,
    clients: Vec<Client>,
    /// What the Places service does, and with how many requests; with the others it is fine.
    places: (PlacesMode, Share),
    places_delay: Latency,
    habits: Habits,
    traffic: Traffic,
    out: Outbox,
    digest: Digest,
    checks: Option<Box<dyn Watch>>,
    /// Whether these only know what was found before, see [`Self::bare`].
    bare: bool,
    /// What does commands: all of them, or only those of clients.
    perform: fn(&mut Self, &Command),
    /// What is under way: while it is 0, the herd rests.
    busy: u64,
    answers: u64,
    lines: u64,
    /// What the driver has not fetched yet; only while `records`.
    log: Vec<LogLine>,
    heard: Vec<Arc<Answer>>,
    records: bool,
    /// Flights that have ended and that the driver has not fetched yet; only while `records`.
    flights: Vec<Flight>,
    /// How many there have been.
    flown: u64,
    /// The stamps that were accepted, by client id.
    subjects: Subjects,
    deaths: Vec<DeathView>,
    sightings: Sightings,
    /// Whether any check is broken.
    red: bool,
    /// Whether any way was ever stalled: until then nothing that arrives has to look at its way.
    stalls: bool,
    /// What it costs, while somebody wants to know.
    meter: Option<Box<Meter>>,
    /// Whether any message was ever kept by hand: until then nobody looks for one.
    keeps: bool,
    /// How many events are still to come of those that were looked at ahead.
    ahead: u32,
    /// What led to what, while somebody wants to know.
    trace: Option<Box<Trace>>,
    /// The tapes that are played, until the first command.
    taped: Option<Box<Taped>>,
}

/// The client ids that were ever accepted, and the stamps of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subjects {
    pub(crate) numbers: BTreeMap<Arc<[u8]>, u32>,
    pub(crate) names: Vec<Arc<[u8]>>,
    pub(crate) stamps: Vec<Vec<i64>>,
}

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Something comes to one side of a connection.
    Arrive { channel: u32, to: u8, sent: u64, parcel: Parcel },
    /// A connection that was lost is noticed at one side.
    Broken { channel: u32, side: u8 },
    /// A server reads its changed configuration.
    Configure { server: u32, life: u32 },
    /// A workload client does its n-th thing.
    Client { client: u32, n: u64 },
    /// A server dials, after its wait.
    Knock { channel: u32 },
    /// A cut is noticed.
    Notice { link: u32, stall: u32 },
    /// Places answers.
    Places { server: u32, life: u32, request: RequestId, result: PlacesResult },
    /// A slow server is done with a message.
    Serve { server: u32 },
    /// A link of a swizzle is cut or healed.
    Turn { link: u32, cut: bool },
    /// A server's deadline.
    Wake { server: u32 },
}

/// What Places will say.
#[derive(Clone, Debug)]
pub(crate) enum PlacesResult {
    Answer(Box<Query>),
    Error,
    Failure(PlacesError),
    Garbage,
}

impl World {
    /// The run that a script describes, at its beginning. Nothing of it is recorded.
    #[must_use]
    pub fn new(script: Script) -> Self {
        let mut world = Self::begin(script, Self::perform, Self::put_tapes_in);
        // Put in here, where nothing has happened yet: whoever begins without must not refer to them.
        world.sightings = Sightings::of_all();
        // Tapes leave out half of what the checks have to see; those that can judge begin where a
        // simulation goes on from them.
        if !world.is_taped() {
            world.checks = Some(Box::<Checks>::default());
        }
        world
    }

    /// A run in which clients talk and nothing else is done, without tapes and checks: for a program
    /// that has to be small, since it carries neither the player of tapes nor the checks nor any other
    /// command.
    ///
    /// # Errors
    /// If anything else is done in the script.
    pub fn of_talk(script: Script) -> Result<Self, String> {
        let talks = |entry: &Entry| matches!(entry.command, Command::Say { .. });
        if !script.entries().iter().all(talks) || script.options().tape.is_some() {
            return Err("a script in which clients talk and nothing else is done".into());
        }
        Ok(Self::begin(script, Self::talk, |_| {}))
    }

    fn begin(script: Script, perform: fn(&mut Self, &Command), prepare: fn(&mut Self)) -> Self {
        let options = script.options();
        let topology = script.topology();
        let servers = server::build(options, topology);
        let links = joining::founding_links(options, topology);
        let mut world = Self {
            done: 0,
            now: 0,
            events: 0,
            queue: Queue::new(),
            arrived: servers.len(),
            laid: links.len(),
            members: servers.len() as u64,
            changes: 0,
            steady: 0,
            servers,
            links,
            channels: Channels::default(),
            clients: Vec::new(),
            places: (options.places, Share::ALL),
            places_delay: options.places_delay,
            habits: Habits::default(),
            traffic: Traffic::default(),
            out: Outbox::new(),
            digest: Digest::new(),
            checks: None,
            bare: false,
            perform,
            busy: 0,
            answers: 0,
            lines: 0,
            log: Vec::new(),
            heard: Vec::new(),
            records: false,
            flights: Vec::new(),
            flown: 0,
            subjects: Subjects::default(),
            deaths: Vec::new(),
            sightings: Sightings::default(),
            red: false,
            stalls: false,
            keeps: false,
            meter: None,
            ahead: 0,
            trace: None,
            taped: None,
            script: Arc::new(script),
        };
        world.digest.number(world.options().seed);
        prepare(&mut world);
        for server in world.topology().servers().take(world.arrived) {
            world.rearm(server.0);
        }
        world.fit();
        workload::begin(&mut world);
        world
    }

    /// Whether log lines and answers are kept until they are [taken](Self::take_log).
    pub fn record(&mut self, records: bool) {
        self.records = records;
    }

    /// Goes without checks: faster, and there are no lamps.
    pub fn without_checks(&mut self) {
        self.checks = None;
    }

    /// Counts what it costs from now on.
    pub fn measure(&mut self) {
        self.meter = Some(Box::default());
    }

    /// What it has cost, if that is [counted](Self::measure).
    #[must_use]
    pub fn meter(&self) -> Option<&Meter> {
        self.meter.as_deref()
    }

    /// The script so far: what was done, and what will be.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The options of the script.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.script.options()
    }

    /// The topology of the script.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        self.script.topology()
    }

    /// The instant, ns from the beginning.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// Events so far.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Digest of all that happened so far: equal runs have equal ones, natively and in a browser.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut digest = self.digest;
        digest.number(self.events);
        digest.value()
    }

    /// The checks; none if the world goes without.
    #[must_use]
    pub fn lamps(&self) -> Vec<Lamp> {
        self.checks.as_deref().map_or_else(Vec::new, |checks| checks.lamps(self.events))
    }

    /// The first thing that broke a check, of all checks.
    #[must_use]
    pub fn broken(&self) -> Option<Arc<Broken>> {
        self.lamps().into_iter().filter_map(|lamp| lamp.broken).min_by_key(|broken| broken.event)
    }

    /// Whether any check is broken.
    #[must_use]
    pub const fn is_red(&self) -> bool {
        self.red
    }

    /// How often each of [`Sometimes::ALL`] was seen, if checks are on.
    #[must_use]
    pub const fn sightings(&self) -> &[u32; Sometimes::ALL.len()] {
        self.sightings.counts()
    }

    /// The log lines since they were last taken.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    /// The log lines since they were last taken, left where they are.
    pub(crate) fn fresh_log(&self) -> &[LogLine] {
        &self.log
    }

    /// The answers since they were last taken.
    pub fn take_answers(&mut self) -> Vec<Arc<Answer>> {
        std::mem::take(&mut self.heard)
    }

    /// How many log lines there have been.
    #[must_use]
    pub const fn log_lines(&self) -> u64 {
        self.lines
    }

    /// How many answers clients have heard.
    #[must_use]
    pub const fn answers(&self) -> u64 {
        self.answers
    }

    /// Does a command now, after all that happens now: it becomes part of the script.
    ///
    /// # Errors
    /// If it cannot be done in this herd; what would be right. Nothing changed.
    pub fn apply(&mut self, command: Command) -> Result<EntryId, String> {
        command.check(self.topology())?;
        self.run_until(self.now);
        let id = Arc::make_mut(&mut self.script).add(self.now, command)?;
        self.fit();
        self.run_until(self.now);
        Ok(id)
    }

    /// The node of a server that is not down.
    #[must_use]
    pub fn node(&self, server: ServerId) -> Option<&Node> {
        let server = self.servers.get(server.index())?;
        (server.state != ServerState::Down).then_some(&server.node)
    }

    /// What clients that move by themselves do wrong.
    pub(crate) const fn habits(&self) -> Habits {
        self.habits
    }

    pub(crate) fn shared_script(&self) -> Arc<Script> {
        Arc::clone(&self.script)
    }

    /// Notes what leads to what from now on.
    pub(crate) fn trace(&mut self) {
        self.trace = Some(Box::new(Trace::new(self.queue.pushed(), self.lines)));
    }

    pub(crate) fn take_trace(&mut self) -> Option<Box<Trace>> {
        self.trace.take()
    }

    pub(crate) fn schedule(&mut self, time: u64, event: Event) {
        if let Some(trace) = &mut self.trace {
            trace.scheduled();
        }
        self.queue.push(time, event);
    }

    /// Tells the checks if the herd has come to rest.
    fn rest(&mut self) {
        if self.checks.is_some() && self.is_at_rest() {
            self.see(&Happening::Rest);
        }
    }

    fn see(&mut self, happening: &Happening<'_>) {
        let Some(mut checks) = self.checks.take() else { return };
        let broken = checks.see(happening, self);
        self.checks = Some(checks);
        self.red |= !broken.is_empty();
        for broken in broken {
            let server = broken.servers.first().map(|server| server.0);
            self.note(server, LogKind::Check, || broken.what.clone());
        }
    }

    /// Writes a line into the log.
    fn note(&mut self, server: Option<u32>, kind: LogKind, text: impl FnOnce() -> String) {
        let number = self.lines;
        self.lines += 1;
        if let Some(trace) = &mut self.trace {
            trace.line();
        }
        if self.records {
            let text = text().into();
            self.log.push(LogLine { number, at: self.now, server, kind, text });
        }
    }
}
