//! What can be asked of a herd that runs, from outside, a lamp each. Servers are seen once a second and
//! not at the same instant, so nothing is judged before it has stood for a while.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use herd_sim_wasm::check::Broken;
use herd_sim_wasm::view::Stage;
use herd_sim_wasm::{Lamp, ServerId};

use super::lines::{Linked, Record, Stand};
use super::{End, Live, Server};

/// How long something has to stand before it is judged, ns: several looks, and a repair.
const PATIENCE: u64 = 5_000_000_000;
/// Answered updates that are remembered until every server has them.
const TAKEN_MAX: usize = 64;

const NAMES: [(&str, &str); 4] = [
    (
        "same_knowledge",
        "Servers that reach each other hold the same once nothing has come for five seconds.",
    ),
    ("goes_back", "No server holds something older of a client than it held before in its life."),
    ("link_symmetric", "Both ends of a link agree on whether they speak to each other."),
    (
        "answered_arrives",
        "What a server has answered comes to all it reaches, within five seconds (of those clients \
         that are asked for).",
    ),
];

/// The checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    broken: [Option<Arc<Broken>>; 4],
    tried: [bool; 4],
    /// What was answered, and when.
    taken: VecDeque<(u64, Record)>,
    /// News that all servers have had, and since when that has not changed.
    quiet: (u64, u64),
    /// Since when the ends of a link disagree.
    odd: BTreeMap<usize, u64>,
}

impl Checks {
    /// A client's update was taken.
    pub(super) fn taken(&mut self, record: &Record, now: u64) {
        self.taken.retain(|(_, known)| known.client != record.client);
        self.taken.push_back((now, record.clone()));
        if self.taken.len() > TAKEN_MAX {
            self.taken.pop_front();
        }
    }

    /// A server has said what it holds, after what it had said before.
    pub(super) fn looked(
        &mut self,
        server: u32,
        name: &str,
        record: &Record,
        before: i64,
        now: u64,
    ) {
        self.tried[1] = true;
        if record.stamp().is_some_and(|stamp| stamp < before) {
            let what = format!("{name} holds something older of {} than before.", record.client);
            self.breaks(1, now, vec![server], Some(record.client.clone()), what);
        }
    }

    pub(super) fn lamps(&self) -> Vec<Lamp> {
        let lamp = |(number, (name, sentence)): (usize, &(&'static str, &'static str))| Lamp {
            name,
            sentence,
            broken: self.broken[number].clone(),
            tried: self.tried[number],
        };
        NAMES.iter().enumerate().map(lamp).collect()
    }

    fn breaks(
        &mut self,
        number: usize,
        at: u64,
        servers: Vec<u32>,
        record: Option<String>,
        what: String,
    ) {
        let servers = servers.into_iter().map(ServerId).collect();
        self.broken[number] = Some(Arc::new(Broken { at, event: 0, servers, record, what }));
    }

    fn judge(&mut self, now: u64, stage: &Stage, servers: &[Server], links: &[[Option<End>; 2]]) {
        let groups = groups(stage, servers, links);
        self.judge_links(now, stage, servers, links);
        let news: u64 = servers.iter().map(|server| server.sample.news).sum();
        let still = links.iter().flatten().flatten().map(|end| end.told.news).sum::<u64>() + news;
        if self.quiet.0 != still {
            self.quiet = (still, now);
        }
        if now.saturating_sub(self.quiet.1) >= PATIENCE {
            self.judge_knowledge(now, servers, &groups);
        } else {
            self.broken[0] = None;
        }
        self.judge_taken(now, stage, servers, &groups);
    }

    fn judge_knowledge(&mut self, now: u64, servers: &[Server], groups: &[usize]) {
        let mut prints: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
        self.broken[0] = None;
        for (number, server) in servers.iter().enumerate() {
            let Some(told) = server.told.as_ref().filter(|told| told.stand == Stand::Up) else {
                continue;
            };
            let (first, print) = *prints.entry(groups[number]).or_insert((number, told.print));
            self.tried[0] |= first != number;
            if print != told.print {
                let what =
                    format!("{} and {} hold different records.", servers[first].name, server.name);
                let both = [first, number].map(|n| u32::try_from(n).unwrap_or(u32::MAX)).to_vec();
                return self.breaks(0, now, both, None, what);
            }
        }
    }

    fn judge_links(
        &mut self,
        now: u64,
        stage: &Stage,
        servers: &[Server],
        links: &[[Option<End>; 2]],
    ) {
        self.broken[2] = None;
        for (number, (edge, ends)) in stage.edges.iter().zip(links).enumerate() {
            let [Some(a), Some(b)] = ends else { continue };
            let up = |id: ServerId| {
                let told = servers.get(id.index()).and_then(|server| server.told.as_ref());
                told.is_some_and(|told| told.stand == Stand::Up)
            };
            // Of a link that is cut, one end may know and the other not.
            let cut = [a, b].iter().any(|end| end.told.linked == Linked::Cut);
            if cut || !up(edge.a) || !up(edge.b) {
                self.odd.remove(&number);
                continue;
            }
            self.tried[2] = true;
            let live = |end: &End| end.told.linked == Linked::Live;
            if live(a) == live(b) {
                self.odd.remove(&number);
                continue;
            }
            let since = *self.odd.entry(number).or_insert(now);
            if now.saturating_sub(since) >= PATIENCE {
                let [a, b] = [edge.a, edge.b].map(|id| &*servers[id.index()].name);
                let what = format!("Of {a} and {b} only one says that they speak to each other.");
                self.breaks(2, now, vec![edge.a.0, edge.b.0], None, what);
            }
        }
    }

    fn judge_taken(&mut self, now: u64, stage: &Stage, servers: &[Server], groups: &[usize]) {
        self.broken[3] = None;
        let due = self.taken.iter().filter(|(at, _)| now.saturating_sub(*at) >= PATIENCE);
        let due: Vec<Record> = due.map(|(_, record)| record.clone()).collect();
        for record in due {
            let origin = stage.names.iter().position(|name| **name == *record.origin);
            let (Some(origin), Some(stamp)) = (origin, record.stamp()) else { continue };
            for (number, server) in servers.iter().enumerate() {
                let up = server.told.as_ref().is_some_and(|told| told.stand == Stand::Up);
                if !up || groups[number] != groups[origin] {
                    continue;
                }
                let held = server.holds.get(&record.client).and_then(Record::stamp);
                self.tried[3] = true;
                if held.is_none_or(|held| held < stamp) {
                    let (name, client) = (&server.name, &record.client);
                    let what =
                        format!("{name} has not what {} answered of {client}.", record.origin);
                    let both = [origin, number].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
                    let about = Some(record.client.clone());
                    return self.breaks(3, now, both.to_vec(), about, what);
                }
            }
        }
    }
}

/// Which servers reach each other over links that are live: a number for each group.
fn groups(stage: &Stage, servers: &[Server], links: &[[Option<End>; 2]]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..servers.len()).collect();
    let live = |ends: &[Option<End>; 2]| {
        ends.iter().all(|end| end.is_some_and(|end| end.told.linked == Linked::Live))
    };
    for (edge, _) in stage.edges.iter().zip(links).filter(|(_, ends)| live(ends)) {
        let (a, b) = (group[edge.a.index()], group[edge.b.index()]);
        for of in group.iter_mut().filter(|of| **of == b) {
            *of = a;
        }
    }
    group
}

impl Live {
    pub(super) fn judge(&mut self) {
        let Self { checks, now, stage, servers, links, .. } = self;
        checks.judge(*now, stage, servers, links);
    }
}
