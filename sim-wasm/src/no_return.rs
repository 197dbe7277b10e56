//! The point of no return: up to which instant a run could still have been saved by leaving the rest
//! out.
//!
//! For every command there is a point: the run up to just before it, and from there on nothing but
//! calm (cuts heal, servers come back with their stores, what was held goes on). Each point is judged
//! like a run of its own. Where a point fails, it was too late; the first from which on every point
//! fails is the point of no return, and the command before it is what could not be made good again.

use std::collections::BTreeSet;

use crate::command::Command;
use crate::judge::{Failure, play};
use crate::options::PlacesMode;
use crate::pack::Link;
use crate::script::Script;
use crate::topology::ServerId;
use crate::view::ServerState;
use crate::world::World;

/// The run up to an instant, and then calm.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Point {
    /// The instant from which on it is calm, ns; for the last point, where the run was judged.
    pub at: u64,
    /// How many of the script's commands were done.
    pub done: usize,
    /// The command that was done last, as text; empty for the first point.
    pub last: String,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
    /// Of all servers that run in the end and all clients, how many pairs know the newest …
    pub known: u64,
    /// … of so many.
    pub of: u64,
    /// The run, opened at the failure or where calm begins.
    pub link: Link,
}

/// A search for the point of no return. Each [`step`](Self::step) judges one point.
#[derive(Clone, Debug)]
pub struct NoReturn {
    script: Script,
    /// The places of the commands that are done, in the script.
    commands: Vec<usize>,
    points: Vec<Point>,
}

impl NoReturn {
    /// A search that has not begun. Commands that are switched off stay so.
    #[must_use]
    pub fn new(script: &Script) -> Self {
        let on = |(at, entry): (usize, &crate::script::Entry)| entry.on.then_some(at);
        let commands = script.entries().iter().enumerate().filter_map(on).collect();
        Self { script: script.clone(), commands, points: Vec::new() }
    }

    /// The points so far, in order.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many there will be.
    #[must_use]
    pub fn whole(&self) -> usize {
        self.commands.len() + 1
    }

    /// Judges the next point; whether there are more.
    pub fn step(&mut self) -> bool {
        if self.points.len() < self.whole() {
            self.points.push(self.point(self.points.len()));
        }
        self.points.len() < self.whole()
    }

    /// The point of no return, by its place in [`points`](Self::points): the first from which on all
    /// fail. None if the last one holds, or not all are judged yet.
    #[must_use]
    pub fn turn(&self) -> Option<usize> {
        if self.points.len() < self.whole() {
            return None;
        }
        let fails = self.points.iter().rev().take_while(|point| point.failure.is_some()).count();
        (fails > 0).then(|| self.points.len() - fails)
    }

    fn point(&self, done: usize) -> Point {
        let entries = self.script.entries();
        let kept: Vec<_> =
            self.commands[..done].iter().map(|place| entries[*place].clone()).collect();
        let last = kept
            .last()
            .map_or_else(String::new, |entry| entry.command.text(self.script.topology()));
        let mut script = self.script.with_entries(&kept);
        let calm = self.commands.get(done).map(|place| entries[*place].at);
        if let Some(at) = calm {
            for command in calming(&script) {
                // Who has left since cannot be brought back, and need not be.
                let _ = script.add(at, command);
            }
        }
        let mut world = World::new(script.clone());
        let failure = play(&mut world);
        let (known, of) = knowledge(&world);
        let at = calm.unwrap_or_else(|| world.now());
        let open = failure.as_ref().map_or(at, |failure| failure.at);
        let link = Link::new(script, Some(open));
        Point { at, done, last, failure, known, of, link }
    }
}

/// What puts right all that a script leaves broken.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave nothing behind")]
fn calming(script: &Script) -> Vec<Command> {
    let (mut down, mut paused, mut slow) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut calm = Vec::new();
    let mut once = |command: Command| {
        if !calm.contains(&command) {
            calm.push(command);
        }
    };
    for entry in script.entries() {
        match &entry.command {
            Command::Kill(server) => {
                down.insert(*server);
                paused.remove(server);
            }
            Command::Leave(server) => {
                down.remove(server);
                paused.remove(server);
            }
            Command::Restart { server, .. } | Command::RestartLossy { server, .. } => {
                down.remove(server);
                paused.remove(server);
            }
            Command::Pause(server) => drop(paused.insert(*server)),
            Command::Resume(server) => drop(paused.remove(server)),
            Command::Slow { server, .. } => drop(slow.insert(*server)),
            Command::Cut { .. } | Command::Partition { .. } | Command::Swizzle { .. } => {
                once(Command::Heal(None));
            }
            Command::Hold(_) => once(Command::Release(None)),
            Command::Datagram { .. } => once(Command::Stream(None)),
            Command::Bandwidth { path, .. } => once(Command::Bandwidth { path: *path, rate: 0 }),
            Command::Capacity { path, .. } => once(Command::Capacity { path: *path, bytes: 0 }),
            Command::Places(_) | Command::PlacesSome(..) => once(Command::Places(PlacesMode::Ok)),
            _ => {}
        }
    }
    paused.retain(|server| !down.contains(server));
    let restart = |server: ServerId| Command::Restart { server, store: true };
    calm.extend(down.into_iter().map(restart));
    calm.extend(paused.into_iter().map(Command::Resume));
    calm.extend(slow.into_iter().map(|server| Command::Slow { server, takes: 0 }));
    calm
}

/// How many pairs of a running server and a client know the newest, and how many there are.
fn knowledge(world: &World) -> (u64, u64) {
    let subjects = world.frame(&[]).subjects;
    let watch: Vec<&[u8]> = subjects.iter().map(|subject| &**subject).collect();
    let frame = world.frame(&watch);
    let runs = frame.servers.iter().map(|view| view.state == ServerState::Up && !view.away);
    let (mut known, mut of) = (0, 0);
    let rows = frame.knowledge.chunks(watch.len().max(1));
    for (_, row) in runs.zip(rows).filter(|(runs, _)| *runs) {
        known += row.iter().filter(|known| known.newest && known.version > 0).count() as u64;
        of += row.len() as u64;
    }
    (known, of)
}
