//! Two protocols over the same herd, the same faults and the same luck, side by side.
//!
//! Luck is keyed by what it is for, so that the two differ in nothing but the protocol: what is lost
//! on a link for one is lost there for the other.

use herd_core::Preset;
use herd_core::time::MILLISECOND;

use crate::costs::Costs;
use crate::judge::patience;
use crate::script::Script;
use crate::world::World;

/// How much virtual time one step is, ns.
const STEP: u64 = 100 * MILLISECOND;
/// Points of a reach curve at most: more than that no picture shows.
const CURVE_MAX: usize = 200;

/// One of the two.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its protocol.
    pub preset: Preset,
    world: World,
    last: u64,
    limit: u64,
}

impl Side {
    fn new(script: &Script, preset: Preset) -> Result<Self, String> {
        let mut options = script.options().clone();
        options.preset = preset;
        let mut other = Script::new(options)?;
        for entry in script.entries().iter().filter(|entry| entry.on) {
            other.add(entry.at, entry.command.clone())?;
        }
        let last = other.entries().last().map_or(0, |entry| entry.at);
        let mut world = World::new(other);
        world.without_checks();
        world.measure();
        let limit = last.saturating_add(patience(&world));
        Ok(Self { preset, world, last, limit })
    }

    /// Whether nothing is under way any more, or should be.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let now = self.world.now();
        now >= self.limit || (now >= self.last && self.world.is_at_rest())
    }

    /// What it has cost so far.
    #[must_use]
    pub fn costs(&self) -> Costs {
        Costs::so_far(&self.world, self.last)
    }

    /// How many times a server has learned an update within so long of its being told: ns, and the
    /// count, over all updates. The servers that were told do not count.
    #[must_use]
    pub fn reach(&self) -> Vec<(u64, u32)> {
        let Some(meter) = self.world.meter() else { return Vec::new() };
        let mut delays: Vec<u64> = meter.arrivals.iter().map(|(_, delay)| *delay).collect();
        delays.sort_unstable();
        let (every, last) = (delays.len().div_ceil(CURVE_MAX).max(1), delays.len());
        let shown = |count: u32| {
            let count = count as usize;
            count.is_multiple_of(every) || count == last
        };
        let counted = (1_u32..).zip(delays).filter(|(count, _)| shown(*count));
        counted.map(|(count, delay)| (delay, count)).collect()
    }
}

/// A race under way. Each [`step`](Self::step) is a tenth of a second of both.
#[derive(Clone, Debug)]
pub struct Race {
    sides: [Side; 2],
    now: u64,
}

impl Race {
    /// The same run with two protocols, at its beginning.
    ///
    /// # Errors
    /// If its commands make no sense with one of them; what would be right.
    pub fn new(script: &Script, presets: [Preset; 2]) -> Result<Self, String> {
        let [a, b] = presets;
        Ok(Self { sides: [Side::new(script, a)?, Side::new(script, b)?], now: 0 })
    }

    /// Lets both go on; whether either has more to do.
    pub fn step(&mut self) -> bool {
        self.now = self.now.saturating_add(STEP);
        for side in &mut self.sides {
            if !side.is_done() {
                side.world.run_until(self.now);
            }
        }
        !self.sides.iter().all(Side::is_done)
    }

    /// The two.
    #[must_use]
    pub const fn sides(&self) -> &[Side; 2] {
        &self.sides
    }

    /// The instant that both have reached, ns, and the one that they reach at most.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        let limit = self.sides.iter().map(|side| side.limit).max().unwrap_or(0);
        (self.now.min(limit), limit)
    }
}
