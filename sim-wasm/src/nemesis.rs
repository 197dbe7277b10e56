//! Draws whole runs: a herd, what its clients do, and what goes wrong, written into a script as plain
//! commands. Equal seeds give equal scripts, and each kind of fault has luck of its own.
//!
//! A run has two phases. In the first anything may happen. Then comes calm: what was broken is put
//! right (in some runs only a core of it), a few more updates are said, and the herd has to come to
//! rest.

mod calm;
mod faults;
mod herd;
mod links;
mod luck;

use herd_core::time::{MILLISECOND, SECOND};
use herd_core::{Preset, Spread};

use crate::command::Command;
use crate::options::{Bug, Options, Trees};
use crate::script::Script;

use luck::Luck;

/// A kind of fault, switched on or off per seed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Several lines at once, and connections that are full after few bytes.
    Bursts,
    /// Links that take only a few messages at once, or a few bytes a second.
    Capacity,
    /// Wall clocks that are off, jump, drift and wobble.
    Clocks,
    /// Servers that are killed and come back: with their disk, with what it had synced, without it, or
    /// with an older one.
    Crashes,
    /// Links cut both ways or one way, noticed at once or late.
    Cuts,
    /// Datagram links: messages are lost, doubled, overtaken and damaged.
    Datagrams,
    /// Links that hold what is sent back, until they are told to let it go or for a while.
    Holds,
    /// Servers that join, and servers that leave for good.
    Joins,
    /// Latencies that change.
    Latency,
    /// Parts of the herd cut off from each other.
    Partitions,
    /// Servers that do nothing for a while.
    Pauses,
    /// A Places service that is slow, down, wrong or silent.
    Places,
    /// Pairs that are slow for the whole run.
    SlowPairs,
    /// Servers that take their time over every message.
    SlowServers,
    /// Clients whose stamps are wrong, equal or repeated, and who roam.
    Stamps,
    /// Links that stop one by one and come back in another order.
    Swizzle,
    /// Servers that keep a few clients only, or records for a few seconds only.
    Room,
    /// One server whose wall clock jumps by years, while it runs or before it starts again.
    Years,
    /// Links that are laid between servers of the herd, and links that are taken away.
    Links,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Bursts,
        Self::Capacity,
        Self::Clocks,
        Self::Crashes,
        Self::Cuts,
        Self::Datagrams,
        Self::Holds,
        Self::Joins,
        Self::Latency,
        Self::Partitions,
        Self::Pauses,
        Self::Places,
        Self::SlowPairs,
        Self::SlowServers,
        Self::Stamps,
        Self::Swizzle,
        Self::Room,
        Self::Years,
        Self::Links,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bursts => "bursts",
            Self::Capacity => "capacity",
            Self::Clocks => "clocks",
            Self::Crashes => "crashes",
            Self::Cuts => "cuts",
            Self::Datagrams => "datagrams",
            Self::Holds => "holds",
            Self::Joins => "joins",
            Self::Latency => "latency",
            Self::Partitions => "partitions",
            Self::Pauses => "pauses",
            Self::Places => "places",
            Self::SlowPairs => "slow-pairs",
            Self::SlowServers => "slow-servers",
            Self::Stamps => "stamps",
            Self::Swizzle => "swizzle",
            Self::Room => "room",
            Self::Years => "years",
            Self::Links => "links",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a preset promises to agree in the end whatever this does. (Without repair nothing makes
    /// up for what is lost, or was told before a link was up; acknowledgements do, but not for those
    /// who forget.)
    fn is_survived_by(self, preset: Preset) -> bool {
        let calm = matches!(self, Self::Clocks | Self::Latency | Self::Places | Self::Stamps);
        let forgets =
            matches!(self, Self::Crashes | Self::Joins | Self::Links | Self::Room | Self::Years);
        let acked = preset.policy().spread == Spread::Acked;
        preset.repairs() || calm || acked && !forgets
    }

    /// In how many of a hundred seeds it is on, if it may be.
    const fn percent(self) -> u64 {
        match self {
            Self::Links | Self::Swizzle | Self::Room | Self::Years => 20,
            Self::Bursts
            | Self::Capacity
            | Self::Clocks
            | Self::Crashes
            | Self::Cuts
            | Self::Datagrams
            | Self::Holds
            | Self::Joins
            | Self::Latency
            | Self::Partitions
            | Self::Pauses
            | Self::Places
            | Self::SlowPairs
            | Self::SlowServers
            | Self::Stamps => 50,
        }
    }
}

/// What is not left to luck.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Setup {
    /// The topology; drawn if absent.
    pub topology: Option<Box<str>>,
    /// The preset; drawn if absent. Without repair, only faults that it survives are drawn.
    pub preset: Option<Preset>,
    /// Where its trees come from; drawn if absent.
    pub trees: Option<Trees>,
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
    kinds.retain(|kind| !calm && Luck::new(seed, 1_000 + *kind as u64).below(100) < kind.percent());
    let preset = herd::preset(seed, setup);
    if setup.kinds.is_none() {
        kinds.retain(|kind| kind.is_survived_by(preset));
    }
    let options = herd::options(seed, setup, preset, &kinds);
    let script = Script::new(options)?;
    let length = luck.between(3 * SECOND, 10 * SECOND);
    let wild_stamps = kinds.contains(&Kind::Stamps);
    let mut plan = Plan { seed, length, script, wild_stamps, commands: Vec::new() };
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
    /// Whether clients say what lies in the future.
    wild_stamps: bool,
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
        let calm = calm::calm(&self);
        for (at, command) in self.commands.into_iter().chain(calm) {
            self.script.add(at, command).expect("what is drawn can be done");
        }
        self.script
    }
}

#[cfg(test)]
#[path = "nemesis/tests.rs"]
mod tests;
