//! One run as the page holds it: where in time we are, what has been seen, and what can be undone.
//!
//! The script is the ground truth. Acting in the past cuts off what had been seen of the future (a
//! branch), and that can be undone; what is scheduled but was not seen yet stays.

mod actions;
mod branches;
mod charts;
mod clients;
mod editing;
mod links;
mod marks;
mod reports;
mod tables;
mod tapes;
mod travel;

use std::collections::{BTreeMap, BTreeSet};

use herd_sim_wasm::view::{Feed, Frame, ServerState};
use herd_sim_wasm::{Command, History, LogKind, LogLine, Script};

pub use actions::{Action, MessageReport, What};
pub use branches::{Branch, Comparison, Divergence};
pub use charts::{Flood, Step, times_shortest};
pub use clients::Talk;
pub use links::link_word;
pub use reports::{
    EventRow, FeedLine, LinkReport, Neighbour, Overview, ScriptRow, ServerReport, StoreLine,
};

pub use tables::TableRow;

use branches::Branches;

use crate::presets::PRESETS;
use crate::sight::{self, Sight};
use crate::timeline::{Mark, Strip};
use crate::view::Arrival;

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

/// Undo steps that are kept.
const UNDO_MAX: usize = 200;
/// In a larger herd only messages are looked at with every frame; servers and links when panels are …
const EVERY_FRAME_MAX: usize = 500;
/// … and in one larger than this, where there are so many messages that nobody follows one.
const BUSY_MAX: usize = 60;
/// How far a step looks for something that can be seen, ns.
const STEP_MAX: u64 = 60_000 * MILLISECOND;

/// One run, at one instant.
#[derive(Clone, Debug)]
pub struct Session {
    history: History,
    frame: Frame,
    /// Counts how often servers and links were looked at.
    looks: u64,
    /// Whether they have not been since time passed.
    stale: bool,
    /// The last instant ever shown of this branch.
    seen: u64,
    undo: Vec<Branches>,
    redo: Vec<Branches>,
    branches: Branches,
    /// Instants that somebody wants to come back to.
    bookmarks: BTreeSet<u64>,
    /// The client whose newest place the colours are about.
    followed: String,
    /// The server whose tree is shown where a person chose one, and how each link serves that tree.
    root: Option<u32>,
    tree: Vec<[Feed; 2]>,
    /// Which server each client is to speak to next, where a person chose one.
    chosen: BTreeMap<String, u32>,
}

impl Session {
    /// The run of a script's text, at its beginning.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn open(text: &str) -> Result<Self, String> {
        text.parse().map(Self::new).map_err(|why: herd_sim_wasm::ScriptError| why.to_string())
    }

    /// The run of a script, at its beginning.
    #[must_use]
    pub fn new(script: Script) -> Self {
        let mut session = Self {
            branches: Branches::new(&script),
            bookmarks: BTreeSet::new(),
            history: History::new(script),
            frame: Frame::default(),
            looks: 0,
            stale: false,
            seen: 0,
            undo: Vec::new(),
            redo: Vec::new(),
            followed: String::new(),
            root: None,
            tree: Vec::new(),
            chosen: BTreeMap::new(),
        };
        session.followed = session.clients().into_iter().next().unwrap_or_default();
        session.look();
        session
    }

    /// Goes to just before the first thing that is done: until then servers only greet each other.
    pub fn skip_greetings(&mut self) {
        if let Some(at) = sight::begins(self.script()) {
            self.seek(at);
        }
    }

    /// What can be seen now.
    #[must_use]
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What can be read off the run now.
    #[must_use]
    pub fn sight(&self) -> Sight<'_> {
        let (world, log) = (self.history.world(), self.log());
        Sight { world, frame: &self.frame, log, client: &self.followed }
    }

    /// The script, with what is still to come.
    #[must_use]
    pub fn script(&self) -> &Script {
        self.history.world().script()
    }

    /// The instant, ns from the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.history.world().now()
    }

    /// The last instant that has been shown.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// The last instant that the strip shows: a little more than there is.
    #[must_use]
    pub fn end(&self) -> u64 {
        let tapes = self.history.world().tapes_end().unwrap_or(0);
        sight::end(self.script(), self.seen.max(tapes))
    }

    /// How often the past was changed.
    #[must_use]
    pub fn branches(&self) -> usize {
        self.branches.list().len() - 1
    }

    /// Lets time pass; whether anything is left to happen.
    pub fn advance(&mut self, ns: u64) -> bool {
        self.play(ns, false)
    }

    /// The same, where it may be that nobody can follow a single message.
    pub fn play(&mut self, ns: u64, busy: bool) -> bool {
        let at = self.now().saturating_add(ns);
        if self.frame.servers.len() <= if busy { BUSY_MAX } else { EVERY_FRAME_MAX } {
            self.seek(at);
            return !self.is_quiet();
        }
        let before = self.history.world().events();
        self.history.seek(at);
        self.seen = self.seen.max(self.now());
        self.history.refresh_flights(&mut self.frame);
        self.stale = true;
        // Where something happens, there is more to come: to ask every link takes too long.
        before != self.history.world().events() || !self.is_quiet()
    }

    /// Looks at servers and links too, where [`Self::advance`] has left them out.
    pub fn catch_up(&mut self) {
        if self.stale {
            self.look();
        }
    }

    /// Counts how often servers and links were looked at: until it changes, they have not.
    #[must_use]
    pub const fn looks(&self) -> u64 {
        self.looks
    }

    /// Whether nothing is under way, and nothing is to come by itself.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let world = self.history.world();
        let ahead = self.script().entries().iter().any(|entry| entry.on && entry.at > self.now());
        world.is_at_rest() && !ahead && world.options().clients == 0
    }

    /// Goes to an instant, earlier or later.
    pub fn seek(&mut self, at: u64) {
        self.history.seek(at);
        self.look();
    }

    /// Does a command now. In the past, what had been seen of the future is cut off; at the edge of
    /// what was seen, what the script has still to come stays.
    ///
    /// # Errors
    /// If it cannot be done in this herd; what would be right.
    pub fn act(&mut self, command: Command) -> Result<(), String> {
        self.act_all(vec![command])
    }

    /// Does several commands now, as one step to take back; see [`Self::act`].
    ///
    /// # Errors
    /// If one cannot be done in this herd; what would be right. Those before it are done.
    pub fn act_all(&mut self, commands: Vec<Command>) -> Result<(), String> {
        let now = self.now();
        let past = now < self.seen;
        let before = self.noted();
        for (done, command) in commands.into_iter().enumerate() {
            if past {
                self.history.act(command)?;
            } else {
                self.history.insert(now, command)?;
            }
            if done == 0 {
                self.remember(before.clone());
                self.seen = now;
            }
        }
        if past {
            self.branches.leave(self.history.world().script(), now);
        }
        self.look();
        Ok(())
    }

    /// The branches as they stand.
    fn noted(&mut self) -> Branches {
        self.branches.note(self.history.world().script(), self.seen);
        self.branches.clone()
    }

    /// Follows another client: the colours are about its newest place.
    pub fn follow(&mut self, client: &str) {
        if self.followed != client {
            client.clone_into(&mut self.followed);
            self.look();
        }
    }

    /// The client that is followed.
    #[must_use]
    pub fn followed_name(&self) -> &str {
        &self.followed
    }

    /// The client that is followed, as [`Frame::subjects`] counts it.
    #[must_use]
    pub fn followed(&self) -> Option<u32> {
        self.sight().followed()
    }

    /// Shows the tree of what a server counts; `None` is the one on which the followed client's
    /// newest place came.
    pub fn show_tree(&mut self, root: Option<u32>) {
        if self.root != root {
            self.root = root;
            self.look();
        }
    }

    /// How each link serves the tree that is shown, each way; empty if there is none.
    #[must_use]
    pub fn tree(&self) -> &[[Feed; 2]] {
        &self.tree
    }

    /// The server whose tree is shown, if there are trees: the one that was chosen, if it has told
    /// anything, or else the one that counted the newest place of the client that is followed.
    #[must_use]
    pub fn root(&self) -> Option<u32> {
        self.sight().root(self.root)
    }

    /// Has a client speak to another server from now on.
    pub fn move_to(&mut self, client: &str, server: u32) {
        self.chosen.insert(client.to_owned(), server);
    }

    /// What has just arrived, seen at a speed.
    #[must_use]
    pub fn arrivals(&self, speed: f64) -> Vec<Arrival> {
        self.sight().arrivals(speed)
    }

    /// What the strip shows.
    #[must_use]
    pub fn strip(&self) -> Strip {
        let entries = self.script().entries().iter().filter(|entry| entry.on);
        let happens = |line: &&LogLine| !matches!(line.kind, LogKind::Said | LogKind::Command);
        let lamps = self.frame.lamps.iter().filter_map(|lamp| lamp.broken.as_ref());
        Strip {
            now: self.now(),
            seen: self.seen,
            end: self.end(),
            commands: entries.map(|entry| (entry.at, Mark::of(&entry.command))).collect(),
            events: self.log().iter().filter(happens).map(|line| line.at).collect(),
            reach: self.reach_so_far(),
            servers: self.reach().1,
            broken: lamps.map(|broken| broken.at).collect(),
            bookmarks: self.bookmarks.iter().copied().collect(),
        }
    }

    /// Everything that happened up to now.
    #[must_use]
    pub fn log(&self) -> &[LogLine] {
        self.history.log()
    }

    /// What a server does.
    #[must_use]
    pub fn server_state(&self, server: u32) -> ServerState {
        self.frame.servers.get(server as usize).map_or(ServerState::Up, |server| server.state)
    }

    /// What a server does, in words.
    #[must_use]
    pub fn state_words(&self, server: u32) -> &'static str {
        let blank = self.frame.servers.get(server as usize).is_some_and(|server| server.blank);
        match self.server_state(server) {
            ServerState::Up if blank => "up, without its store",
            ServerState::Up => "up",
            ServerState::Down => "down",
            ServerState::Paused => "paused",
        }
    }

    /// The preset that this script is, untouched.
    #[must_use]
    pub fn preset(&self) -> Option<&'static str> {
        if self.script().options().tape.is_some() {
            return None;
        }
        // As text, which is the same for the same script: to read one may mean to draw a herd of
        // ten thousand.
        let text = self.script().to_string();
        PRESETS.iter().find(|preset| preset.script == text).map(|preset| preset.name)
    }

    fn look(&mut self) {
        self.seen = self.seen.max(self.now());
        self.stale = false;
        self.looks += 1;
        self.frame = self.history.frame(&[self.followed.as_bytes()]);
        self.tree = self.sight().tree(self.root);
    }
}

#[cfg(test)]
mod tests;
