//! What a server counts of what happens to it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use herd_core::codec::At;
use herd_core::lookup::LookupEnd;
use herd_core::time::Instant;
use herd_core::{ConnId, Event, Now, Outbox, PeerId, RequestId, Unit};

use crate::clock::Clock;
use crate::live::Feed;
use crate::metrics::{Metrics, Neighbour, PROPAGATION_EVERY};

/// Counts what happens, in metrics that others read.
#[derive(Debug)]
pub(super) struct Counting {
    metrics: Arc<Metrics>,
    /// By [`PeerId`].
    neighbours: Arc<[Arc<Neighbour>]>,
    clock: Clock,
    feed: Arc<Feed>,
    /// Answers of this turn: when the lines were heard, and how many.
    answered: VecDeque<(Instant, u64)>,
    /// When Places requests were begun, by slot.
    asked: Vec<Instant>,
    /// Whose answer waits for neighbours, as was just told.
    deferring: Option<ConnId>,
    /// When the lines were heard whose answers do.
    deferred: BTreeMap<ConnId, Instant>,
    learned: u64,
}

impl Counting {
    /// Counts for a server with neighbours of these names.
    pub(super) fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        clock: Clock,
        feed: Arc<Feed>,
    ) -> Self {
        let metrics = Arc::new(Metrics::default());
        let neighbours = metrics.meet(names);
        Self {
            metrics,
            neighbours,
            clock,
            feed,
            answered: VecDeque::new(),
            asked: Vec::new(),
            deferring: None,
            deferred: BTreeMap::new(),
            learned: 0,
        }
    }

    /// Neighbours of these names are configured from now on.
    pub(super) fn meets<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.neighbours = self.metrics.meet(names);
    }

    pub(super) const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    pub(super) const fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    fn neighbour(&self, peer: PeerId) -> Option<&Neighbour> {
        self.neighbours.get(peer.index()).map(|neighbour| &**neighbour)
    }

    pub(super) fn heard(&self, link: Option<PeerId>, unit: Unit<'_>) {
        let size = match unit {
            Unit::Frame(bytes) | Unit::Line(bytes) | Unit::Overlong(bytes) | Unit::Put(bytes) => {
                bytes.len() as u64
            }
            Unit::Garbled => 0,
        };
        match link.and_then(|peer| self.neighbour(peer)) {
            Some(neighbour) => neighbour.bytes_in.add(size),
            None => {
                self.metrics.lines.add(1);
                self.metrics.client_bytes_in.add(size);
            }
        }
    }

    pub(super) fn wrote(&self, link: Option<PeerId>, bytes: &[u8]) {
        let size = bytes.len() as u64;
        match link.and_then(|peer| self.neighbour(peer)) {
            Some(neighbour) => {
                neighbour.messages_out.add(1);
                neighbour.bytes_out.add(size);
            }
            None => self.metrics.client_bytes_out.add(size),
        }
    }

    /// A Places request is begun.
    pub(super) fn asks(&mut self, now: Now, request: RequestId) {
        let slot = usize::from(request.slot);
        if self.asked.len() <= slot {
            self.asked.resize(slot + 1, Instant(0));
        }
        self.asked[slot] = now.mono;
    }

    /// What the node tells; spans lie in `out`.
    pub(super) fn event(&mut self, now: Now, event: &Event, out: &Outbox) {
        self.feed.event(now, event, out);
        let metrics = &self.metrics;
        match *event {
            Event::Accepted { conn, .. } => {
                metrics.accepted.add(1);
                self.answers_unless_deferred(now.mono, conn);
            }
            Event::Outdated { conn, .. } => {
                metrics.stale.add(1);
                self.answers_unless_deferred(now.mono, conn);
            }
            Event::Deferred { conn } => self.deferring = Some(conn),
            Event::Confirmed { conn } => {
                if let Some(heard) = self.deferred.remove(&conn) {
                    self.answers(heard);
                }
            }
            Event::Unconfirmed { conn } => {
                self.deferred.remove(&conn);
            }
            Event::Refused { .. } => {
                metrics.refused.add(1);
                self.answers(now.mono);
            }
            Event::LookupEnded { request, end } => match end {
                LookupEnd::Answered => self.answers(self.asked[usize::from(request.slot)]),
                LookupEnd::Failed(_) => {
                    metrics.places_failed.add(1);
                    self.answers(self.asked[usize::from(request.slot)]);
                }
                LookupEnd::Gone | LookupEnd::Late => {}
            },
            Event::Learned { peer, repair, line, .. } => {
                if let Some(neighbour) = peer.and_then(|peer| self.neighbour(peer)) {
                    neighbour.news.add(1);
                    received(neighbour, repair);
                }
                self.learned += 1;
                // What is repaired was on its way for as long as the link was down.
                if !repair && self.learned % PROPAGATION_EVERY == 1 {
                    self.propagated(now, out.bytes(line));
                }
            }
            Event::Known { peer, repair, .. } => {
                if let Some(neighbour) = peer.and_then(|peer| self.neighbour(peer)) {
                    received(neighbour, repair);
                }
            }
            Event::LinkUp { peer, .. } => self.is_up(peer, true),
            Event::LinkDown { peer, .. } => self.is_up(peer, false),
            Event::RepairSent { peer, records } => {
                if let Some(neighbour) = self.neighbour(peer) {
                    neighbour.repairs_out.add(records);
                }
            }
            Event::Adopted { .. }
            | Event::CaughtUp { .. }
            | Event::Damaged { .. }
            | Event::Diverged { .. }
            | Event::Dropped { .. }
            | Event::Expired { .. }
            | Event::Forgotten { .. }
            | Event::Full { .. }
            | Event::GreetingRefused { .. }
            | Event::Lagging { .. }
            | Event::Orphaned { .. }
            | Event::Poisoned { .. }
            | Event::Pruned { .. }
            | Event::Renewed { .. }
            | Event::Repaired { .. } => {}
        }
    }

    /// The turn is over: its answers are with the system.
    pub(super) fn turned(&mut self) {
        if self.answered.is_empty() {
            return;
        }
        let now = self.clock.now().mono;
        for (heard, times) in self.answered.drain(..) {
            self.metrics.answers.add(now.0.saturating_sub(heard.0), times);
        }
    }

    /// The same, but if neighbours have to have something first.
    fn answers_unless_deferred(&mut self, heard: Instant, conn: ConnId) {
        if self.deferring.take() == Some(conn) {
            // Nothing more is heard of it until then.
            self.deferred.insert(conn, heard);
        } else {
            self.answers(heard);
        }
    }

    /// One more answer to what was heard then.
    fn answers(&mut self, heard: Instant) {
        match self.answered.back_mut() {
            Some((known, times)) if *known == heard => *times += 1,
            Some(_) | None => self.answered.push_back((heard, 1)),
        }
    }

    fn is_up(&self, peer: PeerId, up: bool) {
        if let Some(neighbour) = self.neighbour(peer) {
            neighbour.up.store(up, Ordering::Relaxed);
        }
    }

    /// Counts how long an update was on its way. Its skew is the first server's wall clock when it
    /// took it, less the stamp; a skew of another form is a prototype's, and of no use.
    fn propagated(&self, now: Now, line: &[u8]) {
        let Ok(at) = At::canonical(line) else { return };
        if let Some(skew) = nanoseconds(at.skew) {
            let taken = at.stamp.0.saturating_add(skew);
            // Clocks that differ may say that it came before it left.
            let ns = u64::try_from(now.wall.0.saturating_sub(taken)).unwrap_or(0);
            self.metrics.propagation.add(ns, 1);
        }
    }
}

fn received(neighbour: &Neighbour, repair: bool) {
    let number = if repair { &neighbour.repairs_in } else { &neighbour.pushes_in };
    number.add(1);
}

/// `+0.263873386` in nanoseconds.
fn nanoseconds(skew: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(skew).ok()?;
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, text.strip_prefix('+')?),
    };
    let (whole, fraction) = number.split_once('.').filter(|(_, f)| f.len() == 9)?;
    let (whole, fraction) = (whole.parse::<i64>().ok()?, fraction.parse::<i64>().ok()?);
    whole.checked_mul(1_000_000_000)?.checked_add(fraction)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn skews_as_this_server_writes_them_are_read() {
        assert_eq!(nanoseconds(b"+0.263873386"), Some(263_873_386));
        assert_eq!(nanoseconds(b"-1700000000.000000001"), Some(-1_700_000_000_000_000_001));
        for other in [&b"0.1"[..], b"+0.1", b"1e5", b"+", b"", b"+99999999999999999999.000000000"] {
            assert_eq!(nanoseconds(other), None);
        }
    }
}
