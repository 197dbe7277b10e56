//! What a whole run costs, as a row of a table.

use std::collections::BTreeMap;
use std::fmt;

use herd_core::time::{MILLISECOND, SECOND};

use crate::judge::patience;
use crate::options::Options;
use crate::script::Script;
use crate::topology::ServerId;
use crate::world::World;

/// What a run cost, from its beginning until the herd rests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Costs {
    /// Updates that servers took from clients.
    pub updates: u64,
    /// Messages that carry live updates.
    pub pushes: u64,
    /// All other messages between servers, greetings too.
    pub control: u64,
    /// Bytes of all messages.
    pub bytes: u64,
    /// How long an update took to half the servers, ns.
    pub median: u64,
    /// How long at most, ns.
    pub worst: u64,
    /// From the last command to when anybody last learned anything, ns: how long it took to heal,
    /// if that command healed.
    pub heal: u64,
    /// Records that were sent as repair.
    pub copies: u64,
    /// Records that came as repair, and were news.
    pub repaired: u64,
    /// How many records are older, or not there, at servers that run in the end.
    pub lacks: u64,
}

impl Costs {
    /// What the columns are called.
    pub const HEAD: &str = "pushes control  bytes  median   worst    heal copies lacks";

    /// Plays a run until nothing is under way after its last command, or should be.
    #[must_use]
    pub fn of(script: &Script) -> Self {
        let last = script.entries().last().map_or(0, |entry| entry.at);
        let mut world = World::new(script.clone());
        world.without_checks();
        world.measure();
        world.run_until(last);
        let limit = last.saturating_add(patience(&world));
        while !world.is_at_rest() && world.now() < limit {
            world.run_until(world.now() + SECOND);
        }
        Self::so_far(&world, last)
    }

    /// Plays the same with other options.
    ///
    /// # Errors
    /// If the commands make no sense with them; what would be right.
    pub fn with(script: &Script, options: Options) -> Result<Self, String> {
        let mut other = Script::new(options)?;
        for entry in script.entries().iter().filter(|entry| entry.on) {
            other.add(entry.at, entry.command.clone())?;
        }
        Ok(Self::of(&other))
    }

    /// What a world has cost so far that is [measured](World::measure); its last command is at `last`.
    pub(crate) fn so_far(world: &World, last: u64) -> Self {
        let meter = world.meter().cloned().unwrap_or_default();
        Self {
            updates: meter.updates,
            pushes: meter.pushes,
            control: meter.control + meter.repairs,
            bytes: meter.bytes,
            median: meter.median(),
            worst: meter.worst(),
            heal: meter.last.saturating_sub(last),
            copies: meter.copies,
            repaired: meter.repaired,
            lacks: lacks(world),
        }
    }
}

/// How many records servers that run lack, or hold an older one of.
fn lacks(world: &World) -> u64 {
    let up: Vec<ServerId> =
        world.topology().servers().filter(|server| world.node(*server).is_some()).collect();
    let nodes = || up.iter().filter_map(|server| world.node(*server));
    let mut newest = BTreeMap::new();
    for record in nodes().flat_map(|node| node.store().iter()) {
        let best = newest.entry(record.client()).or_insert(record);
        if record.version() > best.version() {
            *best = record;
        }
    }
    let fine = |node: &herd_core::Node| {
        let has = |record: &&&herd_core::record::Record| {
            node.store().get(record.client()).is_some_and(|held| held.line() == record.line())
        };
        newest.values().filter(has).count() as u64
    };
    nodes().map(|node| newest.len() as u64 - fine(node)).sum()
}

/// A row under [`Costs::HEAD`]: messages and bytes per update, times in milliseconds, copies per record
/// that was repaired.
impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |count: u64, decimals: u32| share(count, self.updates, decimals);
        let ms = |ns: u64| (ns / MILLISECOND).to_string();
        write!(
            f,
            "{:>6} {:>7} {:>6} {:>7} {:>7} {:>7} {:>6} {:>5}",
            each(self.pushes, 2),
            each(self.control, 2),
            each(self.bytes, 0),
            ms(self.median),
            ms(self.worst),
            ms(self.heal),
            if self.repaired == 0 { "-".to_owned() } else { share(self.copies, self.repaired, 2) },
            self.lacks
        )
    }
}

/// A count per one of many, rounded.
fn share(count: u64, of: u64, decimals: u32) -> String {
    let scale = 10_u64.pow(decimals);
    let whole = (count * scale + of / 2) / of.max(1);
    match decimals {
        0 => whole.to_string(),
        _ => format!("{}.{:0width$}", whole / scale, whole % scale, width = decimals as usize),
    }
}
