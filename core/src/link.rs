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

mod budget;
mod lists;
mod waiting;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::config::{Direction, Peer, Style};
use crate::floor::Floor;
use crate::form::form;
use crate::id::{ConnId, PeerId};
use crate::limits::{
    REDIAL_FIRST, REDIAL_LATE, REDIAL_ONE_WAY, REDIAL_PATIENCE, REDIAL_SOON, SILENCE_MAX,
};
use crate::origin::OriginId;
use crate::outbox::{Event, Outbox, Output, Span};
use crate::ranges::Audit;
use crate::time::Instant;
use budget::Budget;
use lists::{Answers, Offers};
use waiting::Waiting;

/// What is known of one neighbour. What every update that is passed on needs comes first.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[repr(C)]
pub struct Link {
    /// As it is configured.
    pub(crate) direction: Direction,
    /// As it is configured.
    pub(crate) style: Style,
    live: Option<Session>,
    pub(crate) dial: Dial,
    /// Attempts since the neighbour was last live.
    failures: u32,
    /// Since when it has not been live.
    lost: Instant,
    /// The latest incarnation it has greeted with.
    life: u64,
    /// What a classic neighbour is still to be told; others take no memory for it.
    pub(crate) waiting: Option<Box<Waiting>>,
    /// What it has not acknowledged, where that is asked for.
    pub(crate) unacked: Option<Box<Unacknowledged>>,
}

/// What a neighbour has not acknowledged: updates, by origin and number.
pub(crate) type Unacknowledged = BTreeMap<(OriginId, u64), Unacked>;

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

/// A neighbour that can be spoken to. What every update that is passed on needs comes first.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[repr(C)]
pub struct Session {
    /// The connection.
    pub conn: ConnId,
    /// Whether we dialed it.
    pub dialed: bool,
    /// Whether too much is on its way: it is pushed nothing until all of that has left.
    pub(crate) lagging: bool,
    /// Whether something waits for a message to go with: it leaves before whatever is said next.
    pub(crate) carries: bool,
    /// Bytes written of which it is not known that they have left.
    pub(crate) unsent: usize,
    /// How many of them will have left when the driver says so next; 0 if it was not asked.
    pub(crate) leaving: usize,
    /// The neighbour's incarnation.
    pub incarnation: u64,
    since: Instant,
    /// How far its wall clock is ahead of ours, ns.
    pub(crate) lead: i64,
    /// What is not above it, it does not keep.
    pub(crate) floor: Floor,
    /// What both have told each other of what they have.
    pub(crate) heard: Heard,
    /// What it has that we lack.
    pub(crate) offers: Offers,
    /// How long it takes to ask it and be answered.
    pub(crate) trip: Trip,
    /// The answers it is being sent, the first of them now.
    pub(crate) answers: Answers,
    /// The answer in parts that it is sending us.
    pub(crate) answering: Option<Box<Answering>>,
    /// What is gathered for it, where that is done; else what waits for a message to go with.
    pub(crate) held: Option<Box<Held>>,
    /// What is found out about what it holds differently.
    pub(crate) audit: Option<Box<Audit>>,
    /// What it may still ask for.
    pub(crate) budget: Budget,
}

/// An update that a neighbour has not acknowledged.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Unacked {
    /// Where the store holds it.
    pub(crate) record: u32,
    /// When it is told again.
    pub(crate) until: Instant,
}

/// What is gathered for a neighbour.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    /// When the last message left; or since when this waits for one.
    pub(crate) last: Option<Instant>,
}

/// An answer of which some parts have been heard.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Answering {
    pub(crate) answer: u64,
    /// The next part.
    pub(crate) next: u64,
    /// Records so far.
    pub(crate) records: u64,
    /// Whether something of it was not had.
    pub(crate) fresh: bool,
}

/// How long a round trip to a neighbour usually takes, ns; 0 while that is not known.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Trip(u64);

impl Trip {
    pub(crate) const fn usual(self) -> u64 {
        self.0
    }

    /// One took so long: an eighth of the difference counts (RFC 6298, section 2.3).
    pub(crate) const fn took(&mut self, ns: u64) {
        self.0 = if self.0 == 0 { ns } else { self.0 - self.0 / 8 + ns / 8 };
    }
}

/// Hashes of what is had: what was told to the neighbour, and what it told.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Heard {
    /// The last hash it told of what it has.
    pub(crate) theirs: u64,
    /// The last hash of ours that it has heard, as it says.
    pub(crate) ours: u64,
    /// The last hash it was told, and after how many changes.
    pub(crate) told: (u64, u64),
    /// After how many changes it was last told what it has heard.
    pub(crate) confirmed: u64,
    /// How often it was told since it last said something itself, and turns until it is again.
    silence: (u32, u32),
}

impl Heard {
    /// Whether the neighbour is told again now that it is its turn: more and more seldom, while it
    /// says nothing.
    pub(crate) const fn is_due(&mut self) -> bool {
        let (told, turns) = self.silence;
        self.silence = match turns.checked_sub(1) {
            Some(turns) => (told, turns),
            None if told < SILENCE_MAX => (told + 1, (1 << told) - 1),
            None => (told, (1 << told) - 1),
        };
        turns == 0
    }

    /// It is told what is had, and asked the same.
    pub(crate) const fn ask(&mut self) {
        if self.silence.0 == 0 {
            self.silence.0 = 1;
        }
    }

    /// It has said something; whether it was asked since it last did: what it says may have crossed that.
    pub(crate) const fn answers(&mut self) -> bool {
        let told = self.silence.0 > 0;
        self.silence = (0, 0);
        told
    }
}

impl Session {
    pub(crate) const fn new(conn: ConnId, dialed: bool, incarnation: u64, since: Instant) -> Self {
        Self {
            conn,
            dialed,
            incarnation,
            since,
            lead: 0,
            floor: Floor::BOTTOM,
            unsent: 0,
            leaving: 0,
            lagging: false,
            carries: false,
            heard: Heard { theirs: 0, ours: 0, told: (0, 0), confirmed: 0, silence: (0, 0) },
            offers: Offers::none(),
            answers: Answers::none(),
            trip: Trip(0),
            answering: None,
            held: None,
            audit: None,
            budget: Budget::FULL,
        }
    }

    /// Whether repair is still being sent on it.
    #[must_use]
    pub fn is_repairing(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Bytes written of which it is not known that they have left.
    #[must_use]
    pub const fn unsent(&self) -> usize {
        self.unsent
    }

    /// Whether too much was on its way: it is pushed nothing until that has left, and pulls then.
    #[must_use]
    pub const fn is_lagging(&self) -> bool {
        self.lagging
    }

    /// Asks to be told when all that is on its way has left, unless that is asked already.
    pub(crate) fn notify(&mut self, out: &mut Outbox) {
        if self.leaving == 0 {
            self.leaving = self.unsent.max(1);
            out.push(Output::Notify(self.conn));
        }
    }

    /// Writes what can be repaired later, unless too much is on its way; whether it goes.
    pub(crate) fn push(
        &mut self,
        peer: PeerId,
        bytes: Span,
        window: usize,
        out: &mut Outbox,
    ) -> bool {
        if self.lagging {
            return false;
        }
        if self.unsent + bytes.len() > window {
            self.lagging = true;
            self.notify(out);
            out.event(Event::Lagging { peer });
            return false;
        }
        self.write(bytes, window, out);
        true
    }

    /// Writes what has to be said whatever is on its way.
    pub(crate) fn write(&mut self, bytes: Span, window: usize, out: &mut Outbox) {
        let bytes = if self.carries { self.take_along(bytes, out) } else { bytes };
        self.unsent += bytes.len();
        out.write(self.conn, bytes);
        if self.unsent >= window / 8 {
            self.notify(out);
        }
    }

    /// A message with what waited to go with one before it: nothing overtakes anything.
    fn take_along(&mut self, bytes: Span, out: &mut Outbox) -> Span {
        self.carries = false;
        let Some(held) = self.held.take() else { return bytes };
        let held = out.put(|all| all.extend_from_slice(&held.bytes));
        out.join(&[held, bytes])
    }
}

impl Link {
    /// A link of a server that starts `now`: dialed at once, if we are the ones to dial.
    pub(crate) fn new(peer: &Peer, now: Instant) -> Self {
        Self {
            direction: peer.direction,
            style: peer.style,
            live: None,
            dial: Dial::first(peer, now),
            failures: 0,
            lost: now,
            life: 0,
            waiting: None,
            unacked: None,
        }
    }

    /// It is configured otherwise from now on; nothing waits for it any more.
    pub(crate) fn configure(&mut self, peer: &Peer, now: Instant) {
        (self.direction, self.style) = (peer.direction, peer.style);
        self.waiting = None;
        self.unacked = None;
        // What the driver was asked for stays asked for until it says how it ended.
        if self.dial != Dial::Connecting {
            self.dial = Dial::first(peer, now);
        }
    }

    /// Whether all origins that it names are known.
    pub(crate) fn speaks_of(&self, known: &impl Fn(OriginId) -> bool) -> bool {
        let unacked = self.unacked.iter().flat_map(|list| list.keys());
        unacked.map(|(origin, _)| *origin).all(known)
            && self.live.as_ref().is_none_or(|session| {
                session.offers.origins().all(known) && session.answers.speak_of(known)
            })
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

    /// The latest incarnation it has greeted with.
    pub(crate) const fn life(&self) -> u64 {
        self.life
    }

    /// Records that wait for a classic neighbour.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.order.len())
    }

    pub(crate) fn unacked_mut(&mut self) -> &mut Unacknowledged {
        self.unacked.get_or_insert_default()
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
        self.life = self.life.max(session.incarnation);
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

    /// We greeted it with an earlier life than it knows: it is greeted anew at once, but if it says
    /// so again and again, after a wait.
    pub(crate) fn greet_anew(&mut self, peer: &Peer, now: Instant) {
        let first = self.failures == 0;
        self.put_off(peer, now);
        if first {
            self.dial = Dial::Waiting(now);
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

form!(struct Link { direction, style, live, dial, failures, lost, life, waiting, unacked });
form!(enum Dial { 0 => Idle, 1 => Waiting(at), 2 => Connecting, 3 => Greeting(conn, at) });
form!(struct Session {
    conn, dialed, lagging, unsent, leaving, incarnation, since, lead, floor, heard, offers, trip,
    answers, answering, held, audit, budget, carries,
});
form!(struct Unacked { record, until });
form!(struct Held { bytes, last });
form!(struct Answering { answer, next, records, fresh });
form!(struct Trip(usual));
form!(struct Heard { theirs, ours, told, confirmed, silence });

#[cfg(test)]
mod tests;
