//! What charts and the space-time picture show of a run.

use std::collections::{BTreeMap, BTreeSet};

use herd_sim_wasm::cause::Provenance;
use herd_sim_wasm::view::{Flight, LinkState, LinkView, Load};
use herd_sim_wasm::{LogKind, LogLine, ServerId, Sometimes};

use super::{EVERY_FRAME_MAX, Session};
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Where it came to.
    pub server: u32,
    /// When, ns.
    pub at: u64,
    /// Who else told it there, and told nothing new.
    pub also: Vec<u32>,
}

/// How many times as long as the shortest ways, all together, an update took; see
/// [`Session::directness`]. `None` where there were no ways.
#[must_use]
pub fn times_shortest(ways: &[(u64, u64)]) -> Option<f64> {
    let (short, took) = ways.iter().fold((0, 0), |(a, b), (short, took)| (a + short, b + took));
    (short > 0).then(|| took as f64 / short as f64)
}

impl Session {
    /// The updates of the followed client so far, oldest first.
    #[must_use]
    pub fn floods(&self) -> Vec<Flood> {
        self.floods_in(self.log())
    }

    /// How much longer than the shortest ways the last update of the followed client took, of a herd so
    /// small that it can be asked at any time.
    #[must_use]
    pub fn over_shortest(&self) -> Option<f64> {
        if self.frame().servers.len() > EVERY_FRAME_MAX {
            return None;
        }
        let accepted = format!("accepts {}", self.followed_name());
        let is_it = |line: &LogLine| line.kind == LogKind::Accepted && *line.text == *accepted;
        let begin = self.log().iter().rposition(is_it)?;
        times_shortest(&self.directness(&self.floods_in(&self.log()[begin..]).pop()?))
    }

    fn floods_in(&self, log: &[LogLine]) -> Vec<Flood> {
        let mut floods: Vec<Flood> = Vec::new();
        let own = format!(" {} ", self.followed_name());
        let about = |line: &LogLine| format!("{} ", line.text).contains(&own);
        for line in log {
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

    /// How many servers had heard the newest of the followed client, from when on.
    #[must_use]
    pub fn reach_so_far(&self) -> Vec<(u64, usize)> {
        let client = self.followed_name();
        let mut knows = vec![false; self.frame().servers.len()];
        let mut count = 0;
        let mut reach: Vec<(u64, usize)> = Vec::new();
        for line in self.log() {
            let (Some(server), LogKind::Accepted | LogKind::Learned) = (line.server, line.kind)
            else {
                continue;
            };
            // "accepts kiwi", "learns kiwi < Ball", "repaired kiwi < Ball".
            if line.text.split(' ').nth(1) != Some(client) {
                continue;
            }
            if line.kind == LogKind::Accepted {
                knows.fill(false);
                count = 0;
            }
            if let Some(known) = knows.get_mut(server as usize) {
                count += usize::from(!std::mem::replace(known, true));
            }
            match reach.last_mut() {
                Some((at, known)) if *at == line.at => *known = count,
                Some(_) | None => reach.push((line.at, count)),
            }
        }
        reach
    }

    /// How many messages have arrived or were lost so far.
    #[must_use]
    pub fn flights_by_now(&self) -> usize {
        self.history.flights().len()
    }

    /// The least that one update takes and what a flood takes: N − 1 and 2E − N + 1, for the servers and
    /// links that are there now.
    #[must_use]
    pub fn closed_forms(&self) -> (usize, usize) {
        self.sight().closed_forms()
    }

    /// How long the shortest way from a server to each takes now, ns; none where there is no way.
    #[must_use]
    pub fn shortest(&self, from: u32) -> Vec<Option<u64>> {
        let frame = self.frame();
        let mut known: Vec<Option<u64>> = vec![None; frame.servers.len()];
        let mut ways: Vec<Vec<(u32, u64)>> = vec![Vec::new(); frame.servers.len()];
        for link in frame.links.iter().filter(|link| can_pass(link)) {
            if !link.cut_ab {
                ways[link.a as usize].push((link.b, link.latency_ab));
            }
            if !link.cut_ba && !link.one_way {
                ways[link.b as usize].push((link.a, link.latency_ba));
            }
        }
        let mut next = BTreeSet::from([(0_u64, from)]);
        while let Some((so_far, at)) = next.pop_first() {
            let Some(place) = known.get_mut(at as usize) else { continue };
            if place.is_none() {
                *place = Some(so_far);
                next.extend(ways[at as usize].iter().map(|(to, takes)| (so_far + takes, *to)));
            }
        }
        known
    }

    /// The shortest way and what an update took, ns, to each server that knows it but the first; nothing
    /// of tapes.
    #[must_use]
    pub fn directness(&self, flood: &Flood) -> Vec<(u64, u64)> {
        if self.tapes().is_some() {
            // How long a link takes, tapes do not say.
            return Vec::new();
        }
        let shortest = self.shortest(flood.server);
        let way = |(server, took): &(u32, u64)| {
            shortest.get(*server as usize).copied().flatten().map(|short| (short, *took))
        };
        flood.reach.iter().skip(1).filter_map(way).collect()
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
        let steps = steps.filter_map(|line| Some((line.server?, line.at)));
        let mut way: Vec<Step> = Vec::new();
        for (server, at) in steps {
            let before = way.last().map(|step| step.server);
            let began = way.first().map_or(at, |first| first.at);
            let also = self.redundant(client, began, (before, server));
            way.push(Step { server, at, also });
        }
        way
    }

    /// Who has told a server what was accepted of a client at an instant, but for one.
    fn redundant(&self, client: &str, began: u64, (but, server): (Option<u32>, u32)) -> Vec<u32> {
        let own = format!("accepts {client}");
        let newer = |line: &&LogLine| line.kind == LogKind::Accepted && *line.text == *own;
        let mut accepted = self.log().iter().filter(newer).map(|line| line.at);
        let until = accepted.find(|at| *at > began).unwrap_or(u64::MAX);
        let subjects = &self.frame().subjects;
        let told = |flight: &&Flight| {
            let about = subjects.get(flight.load.subject as usize);
            flight.to == server
                && flight.kind.is_update()
                && flight.lost.is_none()
                && (began..until).contains(&flight.sent)
                && about.is_some_and(|about| **about == *client.as_bytes())
        };
        let from = self.history.flights().iter().filter(told).map(|flight| flight.from);
        let from: BTreeSet<u32> = from.filter(|from| Some(*from) != but).collect();
        from.into_iter().collect()
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

/// Whether anything can come over a link, one way at least.
const fn can_pass(link: &LinkView) -> bool {
    !matches!(link.state, LinkState::Away | LinkState::Down)
}
