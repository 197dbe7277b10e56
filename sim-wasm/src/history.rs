//! A run that can be taken back: snapshots, seeking, acting in the past.

use std::sync::Arc;

use crate::client::Answer;
use crate::command::Command;
use crate::log::LogLine;
use crate::script::{EntryId, Script};
use crate::topology::ServerId;
use crate::view::{Flight, Frame, Stage};
use crate::world::World;

mod again;
mod snapshots;
mod travel;

use self::again::JUDGED;
use self::snapshots::{ROOM, Snapshots};
pub use self::travel::Condition;

/// A run and its past. `Deref`s to nothing: the world is asked for by [`History::world`].
#[derive(Clone, Debug)]
pub struct History {
    world: World,
    /// The run at the latest instant that was reached, while the present is before it. Then the present
    /// one only goes over again what is known; see [`World::follow`].
    edge: Option<Box<World>>,
    /// From these a run goes over again what is known.
    bare: Snapshots,
    /// From these it can go another way.
    judged: Snapshots,
    /// Every line and answer up to the latest instant that was reached.
    log: Vec<LogLine>,
    answers: Vec<Arc<Answer>>,
    flights: Vec<Flight>,
    /// The latest instant that was reached.
    horizon: u64,
    branches: Vec<Script>,
    stage: Arc<Stage>,
    executed: u64,
}

impl History {
    /// A run at its beginning.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self::with_room(script, ROOM)
    }

    /// A run at its beginning, whose snapshots take so many bytes at most.
    #[must_use]
    pub fn with_room(script: Script, bytes: usize) -> Self {
        let mut world = World::new(script);
        world.record(true);
        let judged = bytes / JUDGED;
        Self {
            stage: world.stage(),
            bare: Snapshots::new(&mut world, bytes - judged, true),
            judged: Snapshots::new(&mut world, judged, false),
            world,
            edge: None,
            log: Vec::new(),
            answers: Vec::new(),
            flights: Vec::new(),
            horizon: 0,
            branches: Vec::new(),
            executed: 0,
        }
    }

    /// The run at the present instant.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The script, future commands included.
    #[must_use]
    pub fn script(&self) -> &Script {
        self.world.script()
    }

    /// The present instant, ns.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.world.now()
    }

    /// The latest instant that was reached, ns.
    #[must_use]
    pub const fn horizon(&self) -> u64 {
        self.horizon
    }

    /// The scripts that were left when somebody acted in their past, oldest first.
    #[must_use]
    pub fn branches(&self) -> &[Script] {
        &self.branches
    }

    /// Steps that were done in all, those that were done again among them.
    #[must_use]
    pub const fn executed(&self) -> u64 {
        self.executed
    }

    /// How many snapshots there are, and about how many bytes they take.
    #[must_use]
    pub const fn snapshots(&self) -> (usize, usize) {
        // The beginning is one.
        (self.bare.len() + self.judged.len() - 1, self.bare.used() + self.judged.used())
    }

    /// What can be seen now; see [`World::frame`].
    #[must_use]
    pub fn frame(&self, watch: &[&[u8]]) -> Frame {
        self.world.frame_on(&self.stage, watch)
    }

    /// Brings up to date what of a frame changes all the time; see [`World::refresh_flights`].
    pub fn refresh_flights(&self, frame: &mut Frame) {
        self.world.refresh_flights(frame);
    }

    /// The log up to now.
    #[must_use]
    pub fn log(&self) -> &[LogLine] {
        let count = usize::try_from(self.world.log_lines()).unwrap_or(usize::MAX);
        &self.log[..count.min(self.log.len())]
    }

    /// The answers that clients have heard up to now, oldest first.
    #[must_use]
    pub fn answers(&self) -> &[Arc<Answer>] {
        let count = usize::try_from(self.world.answers()).unwrap_or(usize::MAX);
        &self.answers[..count.min(self.answers.len())]
    }

    /// What became of the messages that have ended their flight by now, in the order in which they
    /// did.
    #[must_use]
    pub fn flights(&self) -> &[Flight] {
        let count = usize::try_from(self.world.flown()).unwrap_or(usize::MAX);
        &self.flights[..count.min(self.flights.len())]
    }

    /// Goes to an instant, back or on: from a snapshot, if the last one before it is nearer than the
    /// present.
    pub fn seek(&mut self, time: u64) {
        if time < self.latest().now() {
            let nearer = self.bare.events_of_last(&|snapshot| snapshot.now() <= time);
            if time < self.world.now() || nearer > self.world.events() {
                // One of that very instant may not have done all that happens then; that does not
                // matter.
                self.go_back(&|snapshot| snapshot.now() <= time);
            }
        }
        self.run_until(time);
    }

    /// Goes on to an instant; nothing if it is past.
    pub fn run_until(&mut self, time: u64) {
        if self.latest().now() <= time {
            self.come_to_edge();
        }
        while self.world.next_time().is_some_and(|next| next <= time) {
            self.go_on();
        }
        self.world.run_until(time);
        self.keep_up();
    }

    /// Does the next thing; whether there was one.
    pub fn step(&mut self) -> bool {
        let stepped = self.go_on();
        self.keep_up();
        stepped
    }

    /// Goes back to before the last thing that happened: to the instant before it, if several
    /// happened at once. Whether there was one.
    pub fn step_back(&mut self) -> bool {
        let (target, end) = (self.world.events(), self.world.now());
        if target == 0 {
            return false;
        }
        self.go_back(&|snapshot| snapshot.events() < target);
        while self.world.events() + 1 < target
            && self.world.next_time().is_some_and(|next| next <= end)
        {
            self.world.step();
        }
        self.keep_up();
        true
    }

    /// Does a command now. Entries of the script that are still to come are left behind: the whole
    /// script is kept as a [branch](Self::branches).
    ///
    /// # Errors
    /// If it cannot be done in this herd; what would be right. Nothing changed.
    pub fn act(&mut self, command: Command) -> Result<EntryId, String> {
        command.check(self.world.topology())?;
        self.judge();
        let now = self.world.now();
        if self.script().entries().iter().any(|entry| entry.at > now) {
            self.branches.push(self.script().clone());
        }
        self.world.run_until(now);
        self.change_future(now, |script| script.truncate(now));
        let id = self.world.apply(command)?;
        self.horizon = now;
        let script = self.world.shared_script();
        self.spread(&script);
        self.restage();
        self.keep_up();
        Ok(id)
    }

    /// Adds a command at an instant, past or to come, and leaves the rest of the script as it is.
    /// The present instant stays the same.
    ///
    /// # Errors
    /// If it cannot be done in this herd; what would be right. Nothing changed.
    pub fn insert(&mut self, at: u64, command: Command) -> Result<EntryId, String> {
        let mut script = self.script().clone();
        let id = script.add(at, command)?;
        self.replace(script, at);
        Ok(id)
    }

    /// Switches an entry on or off and is back at the same instant; whether there is one of that
    /// name.
    pub fn toggle(&mut self, id: EntryId, on: bool) -> bool {
        let Some(at) = self.script().entry(id).map(|entry| entry.at) else { return false };
        let mut script = self.script().clone();
        script.switch(id, on);
        self.replace(script, at);
        true
    }

    /// Takes an entry out and is back at the same instant; whether there was one of that name.
    pub fn remove(&mut self, id: EntryId) -> bool {
        let Some(at) = self.script().entry(id).map(|entry| entry.at) else { return false };
        let mut script = self.script().clone();
        script.remove(id);
        self.replace(script, at);
        true
    }

    /// Plays another script up to the same instant. What both say alike is not played again, up to
    /// the first entry in which they differ.
    pub fn rewrite(&mut self, script: Script) {
        let now = self.world.now();
        if script.options() != self.script().options() {
            let branches = std::mem::take(&mut self.branches);
            let anew = Self::with_room(script, self.bare.room() + self.judged.room());
            *self = Self { branches, executed: self.executed, ..anew };
            self.run_until(now);
            return;
        }
        let (old, new) = (self.script().entries(), script.entries());
        let alike = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let differ = [old, new].map(|entries| entries.get(alike).map(|entry| entry.at));
        if let Some(at) = differ.into_iter().flatten().min() {
            self.replace(script, at);
        }
    }

    /// A line said by the client that it names, to a server, now; see [`Self::act`].
    ///
    /// # Errors
    /// As [`Self::act`].
    pub fn say(&mut self, server: ServerId, line: &str) -> Result<EntryId, String> {
        self.act(Command::say(server, line))
    }

    /// The script differs from `at` on: what came before stays, the rest is done again.
    fn replace(&mut self, script: Script, at: u64) {
        let now = self.world.now();
        if at > now {
            // Nothing that happened depends on it, but what lies ahead may have been seen.
            self.change_future(now, |old| *old = script);
            return;
        }
        self.truncate(&|snapshot| snapshot.now() < at);
        self.edge = None;
        self.world = self.judged.last(&|_| true);
        let script = Arc::new(script);
        self.spread(&script);
        self.world.set_script(script);
        self.forget_future();
        self.run_until(now);
    }

    /// Changes the part of the script that is still to come.
    fn change_future(&mut self, now: u64, change: impl FnOnce(&mut Script)) {
        self.judge();
        let mut script = self.script().clone();
        change(&mut script);
        let script = Arc::new(script);
        self.truncate(&|snapshot| snapshot.now() <= now);
        self.spread(&script);
        self.world.set_script(script);
        self.forget_future();
        self.horizon = now;
    }

    /// Who joins is on the stage from the beginning.
    fn restage(&mut self) {
        let topology = self.world.topology();
        if self.stage.names != topology.names() || self.stage.edges != topology.edges() {
            self.stage = self.world.stage();
        }
    }

    fn forget_future(&mut self) {
        self.restage();
        self.log.truncate(usize::try_from(self.world.log_lines()).unwrap_or(usize::MAX));
        self.answers.truncate(usize::try_from(self.world.answers()).unwrap_or(usize::MAX));
        self.flights.truncate(usize::try_from(self.world.flown()).unwrap_or(usize::MAX));
    }

    fn truncate(&mut self, holds: &dyn Fn(&World) -> bool) {
        self.bare.truncate(holds);
        self.judged.truncate(holds);
    }

    fn spread(&mut self, script: &Arc<Script>) {
        self.bare.spread(script);
        self.judged.spread(script);
    }

    /// Takes over what happened, unless it is known from an earlier visit.
    fn keep_up(&mut self) {
        for line in self.world.take_log() {
            if line.number == self.log.len() as u64 {
                self.log.push(line);
            }
        }
        for answer in self.world.take_answers() {
            if answer.number == self.answers.len() as u64 {
                self.answers.push(answer);
            }
        }
        for flight in self.world.take_flights() {
            if flight.number == self.flights.len() as u64 {
                self.flights.push(flight);
            }
        }
        self.horizon = self.horizon.max(self.world.now());
    }
}
