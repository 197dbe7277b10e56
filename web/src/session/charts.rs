//! What charts and the space-time picture show of a run.

use std::collections::{BTreeMap, BTreeSet};

use herd_sim_wasm::cause::Provenance;
use herd_sim_wasm::view::{Flight, LinkState, Load};
use herd_sim_wasm::{LogKind, LogLine, ServerId, Sometimes};

use super::Session;
use crate::spacetime::{self, Diagram, Only};
use crate::view::Hidden;

/// One update, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flood {
    /// When it was accepted, ns.
    pub at: u64,
    /// By which server.
    pub server: u32,
    /// Copies that have arrived at servers.
    pub messages: usize,
    /// Those of them that were known there already.
    pub known: usize,
    /// Servers that know it, and after how long, ns; the first is the one that accepted it.
    pub reach: Vec<(u32, u64)>,
}

/// A stage of the way of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it came to.
    pub server: u32,
    /// When, ns.
    pub at: u64,
}

impl Session {
    /// The updates of the followed client so far, oldest first.
    #[must_use]
    pub fn floods(&self) -> Vec<Flood> {
        let mut floods: Vec<Flood> = Vec::new();
        let own = format!(" {} ", self.followed_name());
        let about = |line: &LogLine| format!("{} ", line.text).contains(&own);
        for line in self.log() {
            let Some(server) = line.server else { continue };
            if line.kind == LogKind::Accepted && about(line) {
                let reach = vec![(server, 0)];
                floods.push(Flood { at: line.at, server, messages: 0, known: 0, reach });
            } else if matches!(line.kind, LogKind::Learned | LogKind::Known) {
                let Some(flood) = floods.last_mut() else { continue };
                let copies = usize::from(line.text.contains(" < "));
                flood.messages += copies;
                flood.known += if line.kind == LogKind::Known { copies } else { 0 };
                let new = flood.reach.iter().all(|(knows, _)| *knows != server);
                if line.kind == LogKind::Learned && new && about(line) {
                    flood.reach.push((server, line.at - flood.at));
                }
            }
        }
        floods
    }

    /// How many messages have arrived or were lost so far.
    #[must_use]
    pub fn flights_by_now(&self) -> usize {
        self.history.flights().len()
    }

    /// The least that one update takes and what a flood takes: N − 1 and 2E − N + 1.
    #[must_use]
    pub fn closed_forms(&self) -> (usize, usize) {
        let (links, servers) = (self.frame().links.len(), self.frame().servers.len());
        (servers.saturating_sub(1), (2 * links + 1).saturating_sub(servers))
    }

    /// How long the shortest way from a server to each takes now, ns; none where there is no way.
    #[must_use]
    pub fn shortest(&self, from: u32) -> Vec<Option<u64>> {
        let frame = self.frame();
        let mut known: Vec<Option<u64>> = vec![None; frame.servers.len()];
        let mut next = BTreeSet::from([(0_u64, from)]);
        while let Some((so_far, at)) = next.pop_first() {
            let Some(place) = known.get_mut(at as usize) else { continue };
            if place.is_some() {
                continue;
            }
            *place = Some(so_far);
            for link in frame.links.iter().filter(|link| link.state != LinkState::Down) {
                let (to, takes, cut) = match at {
                    _ if link.a == at => (link.b, link.latency_ab, link.cut_ab),
                    _ if link.b == at && !link.one_way => (link.a, link.latency_ba, link.cut_ba),
                    _ => continue,
                };
                if !cut && known.get(to as usize).is_some_and(Option::is_none) {
                    next.insert((so_far + takes, to));
                }
            }
        }
        known
    }

    /// What was seen to happen, and how often.
    #[must_use]
    pub fn sightings(&self) -> Vec<(Sometimes, u32)> {
        let counts = self.history.world().sightings();
        Sometimes::ALL.into_iter().zip(counts.iter().copied()).collect()
    }

    /// The way on which a server came to what it knows of a client. The run is played again for it.
    #[must_use]
    pub fn way(&self, client: &str, server: u32) -> Vec<Step> {
        let provenance = Provenance::of(self.script(), self.now());
        let steps = provenance.path(client, ServerId(server)).into_iter();
        steps.filter_map(|line| Some(Step { server: line.server?, at: line.at })).collect()
    }

    /// The bytes that have arrived or were lost by now: of updates, of repair, and of what servers only
    /// arrange; each as a curve of instants (ns) and sums, with so many points at most.
    #[must_use]
    pub fn traffic(&self, most: usize) -> [Vec<(u64, u64)>; 3] {
        let servers = self.frame().servers.len();
        let between = |end: u32| (end as usize) < servers;
        let mut curves = [const { Vec::new() }; 3];
        for flight in self.history.flights() {
            if between(flight.from) && between(flight.to) {
                let curve: &mut Vec<(u64, u64)> = &mut curves[spacetime::look(flight.kind)];
                let sum = curve.last().map_or(0, |(_, sum)| *sum) + u64::from(flight.load.bytes);
                curve.push((flight.end, sum));
            }
        }
        curves.map(|curve| {
            let every = curve.len().div_ceil(most.max(1)).max(1);
            let last = curve.len().saturating_sub(1);
            let kept =
                curve.into_iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
            kept.map(|(_, point)| point).collect()
        })
    }

    /// The picture of the whole run so far, or of what a person wants to see of it.
    #[must_use]
    pub fn diagram(&self, hidden: Hidden, selected: Option<u32>, only: Only) -> Diagram {
        let frame = self.frame();
        let subject = only.client.then(|| self.followed());
        let server = only.server.then_some(selected).flatten();
        let shown = |flight: &Flight| {
            server.is_none_or(|server| flight.from == server || flight.to == server)
                && subject.is_none_or(|subject| subject == Some(flight.load.subject))
        };
        let flying = frame.messages.iter().map(|message| Flight {
            number: u64::MAX,
            from: message.from,
            to: message.to,
            kind: message.kind,
            sent: message.sent,
            end: self.now(),
            lost: Some(message.fraction),
            load: Load { subject: message.subject, bytes: 0 },
        });
        let landed = self.history.flights().iter().copied();
        let mut flights: Vec<Flight> = landed.filter(|flight| shown(flight)).collect();
        // Those in the air have not died: they are drawn as far as they have come.
        let landed = flights.len();
        flights.extend(flying.filter(|flight| shown(flight)));
        let own = format!(" {} ", self.followed_name());
        let news = self.log().iter().filter_map(|line| {
            let news = matches!(line.kind, LogKind::Learned | LogKind::Accepted)
                && (subject.is_none() || format!("{} ", line.text).contains(&own));
            let at = line.server.filter(|at| news && server.is_none_or(|server| server == *at))?;
            Some((at, line.at))
        });
        Diagram {
            names: frame.stage.names.clone(),
            flights,
            landed,
            down: self.down_times(),
            news: news.collect(),
            now: self.now(),
            selected,
            hidden,
            message: None,
        }
    }

    /// Whence, whither and since when a message is in flight.
    #[must_use]
    pub fn flight(&self, id: u64) -> Option<(u32, u32, u64)> {
        let message = self.frame().messages.iter().find(|message| message.id == id)?;
        Some((message.from, message.to, message.sent))
    }

    /// The message that is in flight between these two since then.
    #[must_use]
    pub fn in_flight(&self, (from, to, sent): (u32, u32, u64)) -> Option<u64> {
        let is_it =
            |m: &&herd_sim_wasm::view::MessageView| (m.from, m.to, m.sent) == (from, to, sent);
        self.frame().messages.iter().find(is_it).map(|message| message.id)
    }

    /// When each server was down: from its kill to its restart, or to now.
    fn down_times(&self) -> BTreeMap<u32, Vec<(u64, u64)>> {
        let mut down: BTreeMap<u32, Vec<(u64, u64)>> = BTreeMap::new();
        let topology = self.script().topology();
        for line in self.log().iter().filter(|line| line.kind == LogKind::Command) {
            let mut words = line.text.split(' ');
            let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
            let Some(server) = topology.server(name).map(|server| server.0) else { continue };
            let spans = down.entry(server).or_default();
            match verb {
                "kill" | "leave" => spans.push((line.at, u64::MAX)),
                "restart" => {
                    if let Some(span) = spans.last_mut() {
                        span.1 = span.1.min(line.at);
                    }
                }
                _ => {}
            }
        }
        for span in down.values_mut().flatten() {
            span.1 = span.1.min(self.now());
        }
        down
    }
}
