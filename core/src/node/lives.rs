//! The lives of servers, and their clocks: what neighbours tell each other when they meet.
//!
//! An incarnation is the wall clock at the start of a life, with low bits that are drawn: no two
//! lives have the same, so nothing is ever counted twice under one number. Its order says which life
//! is the later one. A server whose clock has gone back greets with an earlier one than it is known
//! by; it is told so, takes the next after that, and goes on.

use alloc::sync::Arc;

use super::Node;
use crate::codec::{Hello, Origin, put_stale};
use crate::floor::Floor;
use crate::id::PeerId;
use crate::limits::{FLOOR_STEPS, INCARNATION_MAX, LIFE_BITS, LIFE_TICK};
use crate::outbox::{Event, Outbox};
use crate::time::{MILLISECOND, Now, SECOND, Wall};

/// The incarnation of a server that starts at that time, with these bits drawn.
#[must_use]
pub fn incarnation_at(wall: Wall, drawn: u64) -> u64 {
    let ticks = u64::try_from(wall.0).unwrap_or(0) / (LIFE_TICK * MILLISECOND);
    (ticks << LIFE_BITS) | (drawn & LIFE_MASK)
}

/// The first incarnation with these bits drawn that is later than the one known.
#[must_use]
pub const fn incarnation_after(known: u64, drawn: u64) -> u64 {
    (((known >> LIFE_BITS) + 1) << LIFE_BITS) | (drawn & LIFE_MASK)
}

const LIFE_MASK: u64 = (1 << LIFE_BITS) - 1;

impl Node {
    /// Which life of this server it is, as it last greeted: later than all that neighbours knew.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.origins.get(self.own).incarnation()
    }

    /// The latest life known of a neighbour, if that is later than the one it greets with.
    pub(super) fn later_life(&self, peer: PeerId, incarnation: u64) -> Option<u64> {
        let name = self.config.peers[peer.index()].name.as_bytes();
        let counted = self.origins.iter().filter(|(_, origin)| origin.name() == name);
        let lives = counted.map(|(_, origin)| origin.incarnation());
        let known = lives.fold(self.links[peer.index()].life(), u64::max);
        (incarnation < known && known < INCARNATION_MAX).then_some(known)
    }

    /// Somebody knows that life of this server: from now on it is a later one. What it has counted
    /// so far stays counted as it is.
    pub(super) fn renew(&mut self, known: u64, out: &mut Outbox) {
        if known >= INCARNATION_MAX || known < self.incarnation() {
            return;
        }
        let drawn = self.config.incarnation;
        let mut life = incarnation_after(known, drawn);
        while self.origins.find(self.config.name.as_bytes(), life).is_some() {
            life = incarnation_after(life, drawn);
        }
        let config = Arc::clone(&self.config);
        let origin = Origin { name: config.name.as_bytes(), incarnation: life };
        let own = self.add_origin(&origin, None);
        if let Some(own) = own.filter(|own| self.origins.get(*own).is_counted()) {
            self.own = own;
            self.rebuild = Default::default();
            out.event(Event::Renewed { incarnation: life });
        }
    }

    /// Tells a neighbour that we know a later life of it than it greeted with.
    pub(super) fn say_stale(&mut self, peer: PeerId, known: u64, out: &mut Outbox) {
        let window = self.config.tuning.window;
        let Some(session) = self.links[peer.index()].live_mut() else { return };
        let frame = out.put(|bytes| put_stale(bytes, known));
        session.write(frame, window, out);
    }

    /// What this server says of itself behind its greeting.
    pub(super) fn hello(&self, now: Now) -> Hello {
        Hello { wall: now.wall, floor: self.store.floor() }
    }

    /// A neighbour says what time it is.
    pub(super) fn introduced(&mut self, now: Now, peer: PeerId, hello: &Hello) {
        let lead = self.clocks.lead(hello.wall, now);
        if let Some(session) = self.links[peer.index()].live_mut() {
            session.lead = lead;
            session.floor = hello.floor;
        }
        self.compare_clocks();
    }

    /// Neighbours have come or gone, and their clocks with them.
    pub(super) fn compare_clocks(&mut self) {
        let leads = self.links.iter().filter_map(|link| Some(link.live()?.lead));
        self.clocks.go_by(leads);
    }

    /// Our own clock may have jumped, and records may have become too old.
    pub(super) fn pass_time(&mut self, now: Now, out: &mut Outbox) {
        if let Some(jump) = self.clocks.jumped(now) {
            for session in self.links.iter_mut().filter_map(|link| link.live_mut()) {
                session.lead = session.lead.saturating_sub(jump);
            }
            self.compare_clocks();
        }
        if let Some(retention) = self.config.retention {
            let target = self.due_floor(now, retention);
            let forgotten = self.store.raise_to(target);
            self.tell_forgotten(forgotten, out);
        }
    }

    /// Where the floor is now that records are kept for so long. It follows the clock as far as
    /// stamps confirm it: whatever a clock says, the records before the newest stay for so long.
    fn due_floor(&self, now: Now, retention: u64) -> Floor {
        let time = self.clocks.earliest(now).min(self.store.newest());
        let kept = i64::try_from(retention).unwrap_or(i64::MAX);
        let step = (retention / FLOOR_STEPS).max(SECOND).cast_signed();
        let since = time.0.saturating_sub(kept);
        // Just before a whole number of steps: that is what is not kept any more.
        Floor {
            stamp: Wall(since.div_euclid(step).saturating_mul(step).saturating_sub(1)),
            tie: u64::MAX,
        }
    }

    /// No more records are kept than there is room for.
    pub(super) fn fit_store(&mut self, out: &mut Outbox) {
        let forgotten = self.store.fit(self.config.clients_max);
        self.tell_forgotten(forgotten, out);
    }

    fn tell_forgotten(&self, records: u32, out: &mut Outbox) {
        if records > 0 {
            out.event(Event::Forgotten { records });
        }
    }
}
