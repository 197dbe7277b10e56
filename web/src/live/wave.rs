//! Updates on their way, slowed down so that an eye can follow: every hop takes a third of a second, and
//! a server passes on what has arrived. The order and the ways are those that were told.

use std::collections::{BTreeMap, VecDeque};

use herd_sim_wasm::view::{MessageKind, MessageView, NOBODY};

use super::lines::{Came, Record};
use crate::view::Arrival;

/// How long a hop is drawn, ns.
pub(super) const HOP: u64 = 350_000_000;
/// How long an arrival is shown, ns.
const SHOWN: u64 = 250_000_000;
/// Messages and arrivals that are remembered; in a busier herd the oldest are left out.
const FLIGHTS_MAX: usize = 4_000;
/// Updates whose ways are remembered.
const UPDATES_MAX: usize = 512;

/// One message, as it is drawn.
#[derive(Clone, Debug)]
struct Flight {
    id: u64,
    /// From whom; the same as `to` where a client said it.
    from: u32,
    to: u32,
    kind: MessageKind,
    sent: u64,
    arrives: u64,
    /// What it brings; nothing, if it was known already.
    record: Option<Record>,
    delivered: bool,
}

/// An update on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    pub(super) client: String,
    time: String,
    /// The server that took it, and when, by its clock.
    pub(super) taken: Option<(String, i64)>,
    /// When it came to the last one, by that one's clock.
    pub(super) last: i64,
    /// When it is drawn to arrive, by server.
    drawn: BTreeMap<u32, u64>,
}

impl Update {
    /// How many servers have it, as far as that was told.
    pub(super) fn servers(&self) -> usize {
        self.drawn.len()
    }
}

/// All that is on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Wave {
    flights: VecDeque<Flight>,
    /// The newest last.
    updates: VecDeque<Update>,
    next: u64,
}

impl Wave {
    /// Records that came to servers.
    pub(super) fn came(
        &mut self,
        mut came: Vec<Came>,
        now: u64,
        number: impl Fn(&str) -> Option<u32>,
    ) {
        // Servers are told of one after the other; what happened first is drawn first.
        came.sort_by_key(|came| came.at);
        for Came { server, at, from, repair, record } in came {
            let Some(to) = number(&server) else { continue };
            let update = self.update(&record);
            update.last = update.last.max(at);
            let from = match &from {
                Some(name) => number(name),
                None => {
                    update.taken = Some((server, at));
                    Some(to)
                }
            };
            let from = from.unwrap_or(to);
            // It leaves once it has arrived there.
            let sent = update.drawn.get(&from).copied().unwrap_or(now).max(now);
            let arrives = if from == to { sent } else { sent + HOP };
            update.drawn.insert(to, arrives);
            let kind = if repair { MessageKind::Repair } else { MessageKind::Update };
            self.add((from, to), kind, (sent, arrives), Some(record));
        }
    }

    /// One came that was known already.
    pub(super) fn again(&mut self, from: u32, to: u32, now: u64) {
        self.add((from, to), MessageKind::Update, (now, now + HOP), None);
    }

    fn add(
        &mut self,
        (from, to): (u32, u32),
        kind: MessageKind,
        (sent, arrives): (u64, u64),
        record: Option<Record>,
    ) {
        let (id, delivered) = (self.next, false);
        self.next += 1;
        self.flights.push_back(Flight { id, from, to, kind, sent, arrives, record, delivered });
    }

    fn update(&mut self, record: &Record) -> &mut Update {
        let is_it = |update: &Update| update.time == record.time && update.client == record.client;
        let at = match self.updates.iter().rposition(is_it) {
            Some(at) => at,
            None => {
                if self.updates.len() == UPDATES_MAX {
                    self.updates.pop_front();
                }
                let (client, time) = (record.client.clone(), record.time.clone());
                self.updates.push_back(Update { client, time, ..Update::default() });
                self.updates.len() - 1
            }
        };
        &mut self.updates[at]
    }

    /// What is brought by now, and was not before: to whom.
    pub(super) fn arrived(&mut self, now: u64) -> Vec<(u32, Record)> {
        let mut brought = Vec::new();
        for flight in self.flights.iter_mut().filter(|f| f.arrives <= now && !f.delivered) {
            flight.delivered = true;
            brought.extend(flight.record.clone().map(|record| (flight.to, record)));
        }
        self.flights.retain(|flight| now < flight.arrives + SHOWN);
        while self.flights.len() > FLIGHTS_MAX {
            // What it brought is held all the same.
            let Some(left_out) = self.flights.pop_front() else { break };
            if !left_out.delivered {
                brought.extend(left_out.record.map(|record| (left_out.to, record)));
            }
        }
        brought
    }

    /// What is on its way; `followed` says whether a client is the one that is followed.
    pub(super) fn messages(&self, now: u64, followed: impl Fn(&str) -> bool) -> Vec<MessageView> {
        let shown = self.flights.iter().filter(|flight| {
            flight.from != flight.to && flight.sent <= now && now < flight.arrives
        });
        let view = |flight: &Flight| {
            let record = flight.record.as_ref();
            let about = record.filter(|record| followed(&record.client));
            MessageView {
                id: flight.id,
                from: flight.from,
                to: flight.to,
                kind: flight.kind,
                fraction: fraction(now - flight.sent, flight.arrives - flight.sent),
                sent: flight.sent,
                arrives: flight.arrives,
                subject: about.map_or(NOBODY, |_| 0),
                stamp: about.and_then(Record::stamp).unwrap_or(0),
            }
        };
        shown.map(view).collect()
    }

    /// What has just arrived.
    pub(super) fn arrivals(&self, now: u64) -> Vec<Arrival> {
        let arrived = self.flights.iter().filter(|f| f.arrives <= now && now < f.arrives + SHOWN);
        let view = |flight: &Flight| Arrival {
            server: flight.to,
            news: flight.record.is_some(),
            age: f64::from(fraction(now - flight.arrives, SHOWN)),
        };
        arrived.map(view).collect()
    }

    /// The update that was heard of last.
    pub(super) fn last(&self) -> Option<&Update> {
        self.updates.back()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a second")]
fn fraction(of: u64, whole: u64) -> f32 {
    (of as f64 / whole.max(1) as f64) as f32
}
