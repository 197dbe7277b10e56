//! Snapshots of a run: dense near the cursor, sparse far away, and never more than so many bytes.

use std::sync::Arc;

use super::again::JUDGED;
use crate::script::Script;
use crate::world::World;

/// Bytes that snapshots take at most, by [`World::bytes`]; the beginning is always kept, and of a large
/// herd one more.
pub(super) const ROOM: usize = 128 << 20;
/// The world of a large herd takes more than this.
const LARGE: usize = 16 << 20;
/// Events between two snapshots, where they are densest …
const EVERY: u64 = 1_000;
/// … or one for so many bytes of the world: a copy takes a fraction of what the events take.
const BYTES_PER_EVENT: usize = 2_000;

/// Worlds of the past, in the order of their events; the first is the beginning.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    kept: Vec<Snapshot>,
    /// Whether they go without the memory of the checks, see [`World::bare`].
    bare: bool,
    room: usize,
    /// Bytes that they take.
    used: usize,
    /// After how many events the next one may be taken.
    due: u64,
}

#[derive(Clone, Debug)]
struct Snapshot {
    world: World,
    bytes: usize,
}

impl Snapshot {
    fn of(world: &mut World, bare: bool) -> Self {
        let world = if bare { world.bare() } else { world.clone() };
        Self { bytes: world.bytes(), world }
    }
}

impl Snapshots {
    /// The beginning, and room for so many bytes.
    pub(super) fn new(world: &mut World, room: usize, bare: bool) -> Self {
        let first = Snapshot::of(world, bare);
        Self { used: first.bytes, kept: vec![first], bare, room, due: EVERY }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many bytes they may take.
    pub(super) const fn room(&self) -> usize {
        self.room
    }

    /// Bytes that they take.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// One of them.
    pub(super) fn world(&self, place: usize) -> &World {
        &self.kept[place].world
    }

    /// A copy of the last one of which something holds, which then holds of all before it; else of
    /// the beginning.
    pub(super) fn last(&mut self, holds: &dyn Fn(&World) -> bool) -> World {
        self.moved();
        self.kept[self.place_of_last(holds)].world.clone()
    }

    /// The events of that one.
    pub(super) fn events_of_last(&self, holds: &dyn Fn(&World) -> bool) -> u64 {
        self.events(self.place_of_last(holds))
    }

    fn place_of_last(&self, holds: &dyn Fn(&World) -> bool) -> usize {
        self.kept.partition_point(|snapshot| holds(&snapshot.world)).saturating_sub(1)
    }

    /// The cursor is somewhere else.
    pub(super) const fn moved(&mut self) {
        self.due = 0;
    }

    /// Forgets those of which something does not hold, which then holds of none after it; the
    /// beginning stays.
    pub(super) fn truncate(&mut self, holds: &dyn Fn(&World) -> bool) {
        let place = self.kept.partition_point(|snapshot| holds(&snapshot.world));
        for gone in self.kept.drain(place.max(1)..) {
            self.used -= gone.bytes;
        }
        self.moved();
    }

    /// Whether it is time to look whether one is wanted.
    pub(super) const fn is_due(&self, world: &World) -> bool {
        world.events() >= self.due
    }

    /// Takes one, unless there is one near, and lets others go for it where that matters least.
    pub(super) fn take(&mut self, world: &mut World) {
        let now = world.events();
        let bytes = if self.bare { world.bare_bytes() } else { world.bytes() };
        let every = EVERY.max((bytes / BYTES_PER_EVENT) as u64);
        let place = self.kept.partition_point(|snapshot| snapshot.world.events() <= now);
        let before = self.events(place - 1);
        let after = self.kept.get(place).map(|snapshot| snapshot.world.events());
        self.due = match after {
            _ if now < before + every => before + every,
            Some(after) if after < now + every => after + every,
            Some(_) | None => {
                self.kept.insert(place, Snapshot::of(world, self.bare));
                self.used += bytes;
                self.thin(now, every);
                now + every
            }
        };
    }

    /// Gives every one the script as it is now: they agree on what is before them.
    pub(super) fn spread(&mut self, script: &Arc<Script>) {
        for snapshot in &mut self.kept {
            snapshot.world.set_script(Arc::clone(script));
        }
    }

    /// Lets one after the other go until there is room: each time the one whose absence leaves the
    /// smallest gap, measured by how far it is from the cursor and by all there is; that at the cursor
    /// last.
    fn thin(&mut self, cursor: u64, every: u64) {
        let all = self.events(self.kept.len() - 1).max(every);
        let even = if self.bare { EVEN } else { 0 };
        while self.used > self.room && self.kept.len() > 1 {
            // Of a large herd one beside the cursor is kept all the same: from the beginning it is far.
            let large = self.kept[1].bytes > LARGE && self.used <= JUDGED * self.room;
            if !self.bare && self.kept.len() == 2 && large {
                break;
            }
            let cost = |place: &usize| {
                let own = self.events(*place);
                let next = self.kept.get(place + 1);
                let next = next.map_or_else(|| cursor.max(own), |next| next.world.events());
                let gap = next - self.events(place - 1);
                let far = own.abs_diff(cursor) + every;
                let gap = gap * SCALE;
                (own == cursor, gap / far + gap * even / all)
            };
            let least = (1..self.kept.len()).min_by_key(cost).unwrap_or(1);
            self.used -= self.kept.remove(least).bytes;
        }
    }

    fn events(&self, place: usize) -> u64 {
        self.kept[place].world.events()
    }
}

/// How much a gap anywhere counts against one beside the cursor, where snapshots are there to go to and
/// not to change something near the present: so much that most are spread evenly, and no journey is far.
const EVEN: u64 = 16;
/// So finely gaps are compared.
const SCALE: u64 = 1 << 20;
