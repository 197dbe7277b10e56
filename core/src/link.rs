//! One neighbour: whether it can be spoken to, and when it is dialed again.
//!
//! ```text
//! idle ──▶ waiting(at) ──▶ connecting ──▶ greeting(conn) ──▶ live(session)
//!             ▲                 │ failed        │ closed, silent     │ closed
//!             └── 50 ms · 2ⁿ ◀──┴───────────────┘                    └──▶ waiting(at once)
//! ```
//!
//! Both sides of a two-way pair may dial. If two connections come about, the one dialed by the
//! lower name stays; both sides decide that from the names alone.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};

use crate::config::{Direction, Peer, Style};
use crate::id::ConnId;
use crate::limits::{
    CLASSIC_QUEUE, REDIAL_FIRST, REDIAL_LATE, REDIAL_ONE_WAY, REDIAL_PATIENCE, REDIAL_SOON,
};
use crate::sync::Repair;
use crate::time::Instant;

/// What is known of one neighbour.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Link {
    pub(crate) dial: Dial,
    live: Option<Session>,
    /// Attempts since the neighbour was last live.
    failures: u32,
    /// Since when it has not been live.
    lost: Instant,
    /// What a classic neighbour is still to be told; others take no memory for it.
    pub(crate) waiting: Option<Box<Waiting>>,
}

/// How far our own attempt to reach the neighbour is.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Dial {
    /// None is wanted: the neighbour is live, or dials us, or nothing waits for it (classic).
    #[default]
    Idle,
    /// The next one is made then.
    Waiting(Instant),
    /// The driver connects.
    Connecting,
    /// We have greeted on this connection; the neighbour has until then.
    Greeting(ConnId, Instant),
}

impl Dial {
    /// At once, if we are the ones to dial.
    pub(crate) fn first(peer: &Peer, now: Instant) -> Self {
        let wanted = peer.direction.sends() && peer.style == Style::Herd;
        if wanted { Self::Waiting(now) } else { Self::Idle }
    }
}

/// A neighbour that can be spoken to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Session {
    /// The connection.
    pub conn: ConnId,
    /// Whether we dialed it.
    pub dialed: bool,
    /// The neighbour's incarnation.
    pub incarnation: u64,
    since: Instant,
    pub(crate) repair: Option<Repair>,
}

impl Session {
    pub(crate) const fn new(conn: ConnId, dialed: bool, incarnation: u64, since: Instant) -> Self {
        Self { conn, dialed, incarnation, since, repair: None }
    }

    /// Whether repair is still being sent on it.
    #[must_use]
    pub const fn is_repairing(&self) -> bool {
        self.repair.is_some()
    }
}

impl Link {
    /// A link of a server that starts `now`: dialed at once, if we are the ones to dial.
    pub(crate) fn new(peer: &Peer, now: Instant) -> Self {
        Self { dial: Dial::first(peer, now), lost: now, ..Self::default() }
    }

    /// The session, while the neighbour is live.
    #[must_use]
    pub const fn live(&self) -> Option<&Session> {
        self.live.as_ref()
    }

    pub(crate) const fn live_mut(&mut self) -> Option<&mut Session> {
        self.live.as_mut()
    }

    /// How far our own attempt to reach it is.
    #[must_use]
    pub const fn dial(&self) -> Dial {
        self.dial
    }

    /// Attempts since the neighbour was last live.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Records that wait for a classic neighbour.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.order.len())
    }

    pub(crate) fn waiting_mut(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_default()
    }

    /// The neighbour is live, in this session from now on.
    pub(crate) fn raise(&mut self, session: Session) {
        // What the driver was asked for stays asked for until it says how it ended.
        if self.dial != Dial::Connecting {
            self.dial = Dial::Idle;
        }
        self.live = Some(session);
        self.failures = 0;
    }

    /// The session is over. It is dialed again at once, unless it did not last (one that greets
    /// and hangs up would be dialed without end).
    pub(crate) fn drop_live(&mut self, peer: &Peer, now: Instant) {
        let Some(session) = self.live.take() else { return };
        self.lost = now;
        if !peer.direction.sends() || self.dial == Dial::Connecting {
            return;
        }
        if now >= session.since.plus(REDIAL_SOON) {
            self.dial = Dial::Waiting(now);
        } else {
            self.put_off(peer, now);
        }
    }

    /// An attempt failed: the next one is made after a wait that doubles.
    pub(crate) fn put_off(&mut self, peer: &Peer, now: Instant) {
        let longest = match (peer.direction, peer.style) {
            (Direction::Both, Style::Herd) if now < self.lost.plus(REDIAL_PATIENCE) => REDIAL_SOON,
            (Direction::Both, Style::Herd) => REDIAL_LATE,
            (Direction::In | Direction::Neither | Direction::Out, _) | (_, Style::Classic) => {
                REDIAL_ONE_WAY
            }
        };
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        self.dial = Dial::Waiting(now.plus((REDIAL_FIRST << doublings).min(longest)));
    }

    /// A classic neighbour took (or refused) a connection; whether that is a change.
    pub(crate) fn set_reachable(&mut self, reachable: bool) -> bool {
        if reachable {
            self.failures = 0;
        }
        self.waiting_mut().reachable.replace(reachable) != Some(reachable)
    }
}

/// The clients whose newest record a classic neighbour is still to be told, oldest first.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Waiting {
    order: VecDeque<u32>,
    members: BTreeSet<u32>,
    reachable: Option<bool>,
}

impl Waiting {
    /// Adds a record by its index in the store; whether an older one had to give way.
    pub(crate) fn push(&mut self, record: u32) -> bool {
        if !self.members.insert(record) {
            return false;
        }
        self.order.push_back(record);
        self.order.len() > CLASSIC_QUEUE && self.pop().is_some()
    }

    /// The record to be told next.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let record = self.order.pop_front()?;
        self.members.remove(&record);
        Some(record)
    }
}

#[cfg(test)]
mod tests;
