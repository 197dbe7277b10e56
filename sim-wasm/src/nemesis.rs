//! Draws whole runs: a herd, what its clients do, and what goes wrong, written into a script as plain
//! commands. Equal seeds give equal scripts, and each kind of fault has luck of its own.
//!
//! A run has two phases. In the first anything may happen. Then comes calm: what was broken is put
//! right (in some runs only a core of it), a few more updates are said, and the herd has to come to
//! rest.

mod faults;
mod herd;
mod luck;

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};

use crate::command::Command;
use crate::options::{Bug, Options, PlacesMode};
use crate::script::Script;
use crate::topology::ServerId;

use luck::Luck;

/// A kind of fault, switched on or off per seed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Several lines at once, and connections that are full after few bytes.
    Bursts,
    /// Wall clocks that are off, and jump.
    Clocks,
    /// Servers that are killed and come back, with their store or without.
    Crashes,
    /// Links cut both ways or one way, noticed at once or late.
    Cuts,
    /// Latencies that change.
    Latency,
    /// Parts of the herd cut off from each other.
    Partitions,
    /// Servers that do nothing for a while.
    Pauses,
    /// A Places service that is down, wrong or silent.
    Places,
    /// Pairs that are slow for the whole run.
    SlowPairs,
    /// Clients whose stamps are wrong, equal or repeated.
    Stamps,
    /// Links that stop one by one and come back in another order.
    Swizzle,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Bursts,
        Self::Clocks,
        Self::Crashes,
        Self::Cuts,
        Self::Latency,
        Self::Partitions,
        Self::Pauses,
        Self::Places,
        Self::SlowPairs,
        Self::Stamps,
        Self::Swizzle,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bursts => "bursts",
            Self::Clocks => "clocks",
            Self::Crashes => "crashes",
            Self::Cuts => "cuts",
            Self::Latency => "latency",
            Self::Partitions => "partitions",
            Self::Pauses => "pauses",
            Self::Places => "places",
            Self::SlowPairs => "slow-pairs",
            Self::Stamps => "stamps",
            Self::Swizzle => "swizzle",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What is not left to luck.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Setup {
    /// The topology; drawn if absent.
    pub topology: Option<Box<str>>,
    /// The preset; drawn among those that promise to agree if absent.
    pub preset: Option<Preset>,
    /// The kinds of fault that may be drawn; all if absent. None at all is calm.
    pub kinds: Option<Vec<Kind>>,
    /// A bug to plant.
    pub bug: Option<Bug>,
}

/// How many of a hundred seeds are calm, so that false alarms show.
const CALM_PERCENT: u64 = 5;

/// The run of a seed.
///
/// # Errors
/// If the setup names a topology that does not exist; what would be right.
pub fn draw(seed: u64, setup: &Setup) -> Result<Script, String> {
    let mut luck = Luck::new(seed, u64::MAX);
    let calm = luck.below(100) < CALM_PERCENT;
    let mut kinds = setup.kinds.clone().unwrap_or_else(|| Kind::ALL.to_vec());
    kinds.retain(|kind| !calm && Luck::new(seed, 1_000 + *kind as u64).below(2) == 0);
    let options = herd::options(seed, setup, &kinds);
    let script = Script::new(options)?;
    let length = luck.between(3 * SECOND, 10 * SECOND);
    let mut plan = Plan { seed, length, script, commands: Vec::new() };
    herd::clients(&mut plan, &kinds);
    for kind in kinds {
        faults::add(&mut plan, kind);
    }
    Ok(plan.write())
}

/// A run on its way to being drawn.
struct Plan {
    seed: u64,
    /// How long the chaos lasts, ns.
    length: u64,
    /// The herd, without commands yet.
    script: Script,
    commands: Vec<(u64, Command)>,
}

impl Plan {
    /// Does something at an instant, on a whole millisecond.
    fn at(&mut self, at: u64, command: Command) {
        let at = at.min(self.length) / MILLISECOND * MILLISECOND;
        self.commands.push((at, command));
    }

    fn options(&self) -> &Options {
        self.script.options()
    }

    fn servers(&self) -> u64 {
        self.script.topology().names().len() as u64
    }

    /// The script: the chaos in order, then the calm.
    fn write(mut self) -> Script {
        self.commands.sort_by_key(|(at, _)| *at);
        let calm = self.calm();
        for (at, command) in self.commands.into_iter().chain(calm) {
            self.script.add(at, command).expect("what is drawn can be done");
        }
        self.script
    }

    /// Puts right what the chaos has left broken; in some runs not all of it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave nothing behind")]
    fn calm(&self) -> Vec<(u64, Command)> {
        // Each of these has luck of its own: what one kind of fault left shifts nothing else.
        let luck = |what| Luck::new(self.seed, 2_000 + what);
        let topology = self.script.topology();
        let mut state = vec![(true, true); topology.names().len()]; // up, running
        let (mut cut, mut places) = (false, true);
        for (_, command) in &self.commands {
            match command {
                Command::Cut { .. } => cut = true,
                Command::Kill(server) => state[server.index()] = (false, true),
                Command::Pause(server) if state[server.index()].0 => {
                    state[server.index()].1 = false;
                }
                Command::Restart { server, .. } => state[server.index()] = (true, true),
                Command::Resume(server) => state[server.index()].1 = true,
                Command::Places(mode) => places = *mode == PlacesMode::Ok,
                _ => {}
            }
        }
        let whole = luck(0).below(4) > 0;
        let mut commands = Vec::new();
        if cut {
            commands.push(Command::Heal(None));
            if !whole {
                let edge = luck(1).pick(topology.edges());
                let path = crate::Path { from: edge.a, to: edge.b, one_way: false };
                commands.push(Command::Cut { path, late: 0 });
            }
        }
        for (server, (up, running)) in topology.servers().zip(state) {
            let mut luck = luck(10 + u64::from(server.0));
            if !up && (whole || luck.below(2) == 0) {
                commands.push(Command::Restart { server, store: luck.below(4) > 0 });
            } else if up && !running {
                commands.push(Command::Resume(server));
            }
        }
        if !places {
            commands.push(Command::Places(PlacesMode::Ok));
        }
        let at = self.length + 500 * MILLISECOND;
        let at = at / MILLISECOND * MILLISECOND;
        let mut calm: Vec<(u64, Command)> = commands.into_iter().map(|c| (at, c)).collect();
        let mut luck = luck(2);
        let server = ServerId(u32::try_from(luck.below(self.servers())).unwrap_or(0));
        let after = at + luck.between(0, 2 * SECOND) / MILLISECOND * MILLISECOND;
        calm.push((after, Command::say(server, &herd::update(&mut luck, 0, after, 0))));
        calm
    }
}

#[cfg(test)]
#[path = "nemesis/tests.rs"]
mod tests;
