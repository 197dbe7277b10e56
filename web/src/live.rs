//! A herd that runs somewhere, as far as the page is told of it: what `/v1/live` says, made into the
//! same [`Frame`] that a simulated herd is painted from.
//!
//! Nothing here decides anything: servers say how they stand, and what they do is theirs. What the page
//! adds is time to look. A real update is everywhere within a millisecond; it is drawn as if every hop
//! took a third of a second, in the order in which it happened.
//!
//! - [`lines`]: the lines that are told; [`attach`]: where from.
//! - `members`: who is there; `wave`: updates on their way; `look`: all of it as a frame.
//! - `checks`: what can be asked of a herd from outside; `words`: what happens, as a sentence.

pub mod attach;
mod checks;
pub mod lines;
mod look;
mod members;
#[cfg(test)]
mod tests;
mod wave;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use herd_sim_wasm::ServerId;
use herd_sim_wasm::view::{Feed, Frame, Stage};

use crate::view::Arrival;
use checks::Checks;
use lines::{Admin, Line, Record, Sample, Stand};
use wave::Wave;

/// Clients that are shown beside the servers they spoke to: those who spoke last.
const CLIENTS_SHOWN: usize = 8;
/// Clients whose records servers are asked for: those of whom one heard last.
pub const FOLLOWED: usize = 24;
/// Stamps of a client that are told apart.
const VERSIONS: usize = 64;

/// A server, as it was last told of.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Whether whom we ask has it in its own process.
    pub here: bool,
    /// Where it is asked over HTTP, if that was told.
    pub http: Option<String>,
    /// Which of those we ask has it.
    pub source: usize,
    /// Its neighbours, as it or another told.
    neighbours: Vec<(String, bool, bool)>,
    /// What it said last; nothing while it was not heard of.
    pub told: Option<lines::Server>,
    /// Updates a second that were news to it.
    pub rate: f64,
    /// Which of them are told.
    pub sample: Sample,
    /// News of late, and how many of them were told.
    late: (u64, u64),
    /// The sample before, and when that was, ns.
    before: (Sample, u64),
    /// What it holds, by client.
    holds: BTreeMap<String, Record>,
    /// The stamps of what it said itself that it holds.
    shown: BTreeMap<String, i64>,
}

/// What one end says of a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct End {
    /// How it stands.
    pub told: lines::Link,
    /// Messages a second that it sends.
    pub rate: f64,
    /// The number before, and when that was, ns.
    before: (u64, u64),
}

/// A herd that runs.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What it is called and how it is run.
    pub about: lines::Herd,
    servers: Vec<Server>,
    /// As in the stage: what its `a` says, and what its `b` says.
    links: Vec<[Option<End>; 2]>,
    stage: Arc<Stage>,
    frame: Frame,
    wave: Wave,
    checks: Checks,
    /// The clients heard of, the last one first.
    recent: VecDeque<String>,
    /// Who spoke to which server, the last one first.
    speakers: VecDeque<(String, u32)>,
    /// The client that a person has chosen.
    chosen: Option<String>,
    /// Stamps of each client, and how many are forgotten.
    versions: BTreeMap<String, (BTreeSet<i64>, u32)>,
    /// Now, ns of the page, and ns since the epoch less that.
    now: u64,
    offset: i64,
    /// What has just happened, in words, and when.
    happened: VecDeque<(u64, String)>,
    /// Counts how often servers and links were told of.
    looks: u64,
    /// At which count the checks have judged last, and when.
    judged: (u64, u64),
    /// What is shown while a person holds it.
    held: Option<Box<Held>>,
}

/// A picture that is held, while the herd goes on.
#[derive(Clone, Debug)]
struct Held {
    frame: Frame,
    tree: Vec<[Feed; 2]>,
    arrivals: Vec<Arrival>,
}

impl Live {
    /// Takes in a message of one of those who are asked, at `now` (ns, of the page's own clock).
    pub fn hear(&mut self, source: usize, text: &str, now: u64) {
        self.now = self.now.max(now);
        let is_member = |line: &Line| matches!(line, Line::Member(_));
        let (members, rest): (Vec<Line>, Vec<Line>) =
            text.lines().filter_map(lines::read).partition(is_member);
        if !members.is_empty() {
            self.meet(source, members.into_iter().filter_map(Line::member).collect());
        }
        let mut records = Vec::new();
        for line in rest {
            match line {
                Line::Herd(herd) => self.about = herd,
                // They were met before anybody else is told of.
                Line::Member(_) => {}
                Line::Now(wall) => {
                    self.offset = wall.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX));
                }
                Line::Server(server) => self.stands(server),
                Line::Link(server, neighbour, link) => self.linked(&server, &neighbour, link),
                Line::Holds(server, record) => {
                    if let Some(server) = self.number(&server) {
                        self.shows(server, record);
                    }
                }
                Line::Came(came) => records.push(came),
                Line::Again(server, from) => {
                    if let Some((from, to)) = self.number(&from).zip(self.number(&server)) {
                        self.wave.again(from, to, self.now);
                    }
                }
                Line::Up(server, neighbour) => {
                    self.say(format!("{server} and {neighbour} speak to each other."));
                }
                Line::Down(server, neighbour, why) => {
                    self.say(format!("{server} has lost {neighbour}: {why}."));
                }
                Line::Sample(server, sample) => self.sampled(&server, sample),
            }
        }
        self.came(records);
        self.looks += 1;
    }

    /// The connection to one of those who are asked is lost: how its servers stand is not known.
    pub fn lost(&mut self, source: usize) {
        for server in self.servers.iter_mut().filter(|server| server.source == source) {
            server.told = None;
        }
        let unknown = |end: ServerId| {
            self.servers.get(end.index()).is_none_or(|server| server.told.is_none())
        };
        for (edge, ends) in self.stage.edges.iter().zip(&mut self.links) {
            for (id, end) in [edge.a, edge.b].into_iter().zip(ends) {
                if unknown(id) {
                    *end = None;
                }
            }
        }
        self.looks += 1;
    }

    fn number(&self, name: &str) -> Option<u32> {
        let at = self.stage.names.iter().position(|known| **known == *name)?;
        u32::try_from(at).ok()
    }

    fn stands(&mut self, told: lines::Server) {
        let Some(number) = self.number(&told.name) else { return };
        let server = &mut self.servers[number as usize];
        let before = server.told.as_ref().map(|told| (told.stand, told.life));
        if before.is_some_and(|(stand, _)| stand != told.stand) {
            let word = match told.stand {
                Stand::Up => "runs again",
                Stand::Silent => "does not answer",
                Stand::Down => "is down",
            };
            self.happened.push_back((self.now, format!("{} {word}.", told.name)));
        }
        if told.stand == Stand::Down || before.is_some_and(|(_, life)| life != told.life) {
            server.holds.clear();
            server.shown.clear();
        }
        server.told = Some(told);
    }

    fn linked(&mut self, server: &str, neighbour: &str, told: lines::Link) {
        let Some((a, b)) = self.number(server).zip(self.number(neighbour)) else { return };
        let (now, edges) = (self.now, &self.stage.edges);
        for (edge, ends) in edges.iter().zip(&mut self.links) {
            let end = match (edge.a.0, edge.b.0) {
                ends if ends == (a, b) => 0,
                ends if ends == (b, a) => 1,
                _ => continue,
            };
            let (before, at) = ends[end].map_or((told.messages, now), |end| end.before);
            let passed = now.saturating_sub(at);
            let rate = per_second(told.messages.saturating_sub(before), passed);
            ends[end] = Some(End { told, rate, before: (told.messages, now) });
        }
    }

    fn sampled(&mut self, server: &str, sample: Sample) {
        let Some(number) = self.number(server) else { return };
        let server = &mut self.servers[number as usize];
        let passed = self.now.saturating_sub(server.before.1);
        if passed >= RATE_OVER {
            let before = server.before.0;
            let news = sample.news.saturating_sub(before.news);
            // What it counts from when anybody watched is nothing that happened now.
            let first = server.before.1 == 0;
            let told = sample.told.saturating_sub(before.told);
            server.late = if first { (0, 0) } else { (news, told) };
            server.rate = if first { 0.0 } else { per_second(news, passed) };
            server.before = (sample, self.now);
        }
        server.sample = sample;
    }

    /// A server says what it holds.
    fn shows(&mut self, server: u32, record: Record) {
        let holds = &mut self.servers[server as usize];
        let (before, name) = (holds.shown.get(&record.client).copied(), holds.name.clone());
        if let Some(stamp) = record.stamp() {
            holds.shown.insert(record.client.clone(), stamp);
        }
        if let Some(before) = before {
            self.checks.looked(server, &name, &record, before, self.now);
        }
        self.hold(server, record);
    }

    fn hold(&mut self, server: u32, record: Record) {
        let Some(stamp) = record.stamp() else { return };
        let (known, forgotten) = self.versions.entry(record.client.clone()).or_default();
        known.insert(stamp);
        if known.len() > VERSIONS {
            known.pop_first();
            *forgotten += 1;
        }
        let holds = &mut self.servers[server as usize].holds;
        let newer = holds.get(&record.client).and_then(Record::stamp).is_none_or(|old| old < stamp);
        if newer {
            holds.insert(record.client.clone(), record);
        }
    }

    /// Records that came to servers, in whichever order they are told.
    fn came(&mut self, came: Vec<lines::Came>) {
        for came in &came {
            self.recent.retain(|client| *client != came.record.client);
            self.recent.push_front(came.record.client.clone());
            if let (None, Some(server)) = (&came.from, self.number(&came.server)) {
                self.speakers.retain(|(client, _)| *client != came.record.client);
                self.speakers.push_front((came.record.client.clone(), server));
                self.checks.taken(&came.record, self.now);
            }
        }
        self.recent.truncate(FOLLOWED);
        self.speakers.truncate(CLIENTS_SHOWN);
        let recent = &self.recent;
        let is_kept =
            |client: &String| recent.contains(client) || self.chosen.as_ref() == Some(client);
        self.versions.retain(|client, _| is_kept(client));
        for server in &mut self.servers {
            server.holds.retain(|client, _| is_kept(client));
            server.shown.retain(|client, _| is_kept(client));
        }
        let names = &self.stage.names;
        let number = |name: &str| {
            let at = names.iter().position(|known| **known == *name)?;
            u32::try_from(at).ok()
        };
        self.wave.came(came, self.now, number);
    }

    /// Lets time pass; what has arrived is held from then on.
    pub fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
        for (server, record) in self.wave.arrived(self.now) {
            self.hold(server, record);
            self.looks += 1;
        }
        for server in &mut self.servers {
            if self.now.saturating_sub(server.before.1) > 3 * RATE_OVER {
                // Nothing was told of for so long: nothing has come.
                (server.rate, server.late) = (0.0, (0, 0));
            }
        }
        // What was told, or only time, which judges no finer.
        if self.judged.0 != self.looks || self.now.saturating_sub(self.judged.1) >= JUDGED_EVERY {
            self.judged = (self.looks, self.now);
            self.judge();
        }
        self.look();
    }

    /// What can be seen now, or when it was held.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        self.held.as_ref().map_or(&self.frame, |held| &held.frame)
    }

    /// Holds what can be seen, or lets it go on. The herd goes on in any case.
    pub fn freeze(&mut self, holds: bool) {
        self.held = holds.then(|| {
            let (tree, arrivals) = (self.tree(), self.arrivals());
            Box::new(Held { frame: self.frame().clone(), tree, arrivals })
        });
    }

    /// Whether what can be seen is held.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Counts how often servers and links were told of.
    #[must_use]
    pub const fn looks(&self) -> u64 {
        self.looks
    }

    /// The servers.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// What the ends of a link say: its `a`, then its `b`.
    #[must_use]
    pub fn ends(&self, link: u32) -> [Option<End>; 2] {
        self.links.get(link as usize).copied().unwrap_or_default()
    }

    /// Whether somebody may kill servers and cut links.
    #[must_use]
    pub const fn admin(&self) -> Admin {
        self.about.admin
    }

    /// The client the colours are about: the one that was chosen, or heard of last.
    #[must_use]
    pub fn followed(&self) -> Option<&str> {
        self.chosen.as_deref().or_else(|| self.recent.front().map(String::as_str))
    }

    /// Follows a client, or whoever is heard of last.
    pub fn follow(&mut self, client: Option<String>) {
        self.chosen = client;
        self.looks += 1;
    }

    /// The clients whose records the servers are to be asked for, percent-encoded.
    #[must_use]
    pub fn asked(&self) -> Vec<&str> {
        let chosen = self.chosen.iter().map(String::as_str);
        let recent = self.recent.iter().map(String::as_str);
        chosen.chain(recent.filter(|client| self.chosen.as_deref() != Some(client))).collect()
    }

    /// What a server holds of the clients one heard of, those heard of last first.
    pub fn held(&self, server: u32) -> impl Iterator<Item = &Record> {
        let holds = self.servers.get(server as usize).map(|server| &server.holds);
        self.asked().into_iter().filter_map(move |client| holds?.get(client))
    }

    /// What has just arrived, at this speed of the eye.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.held
            .as_ref()
            .map_or_else(|| self.wave.arrivals(self.now), |held| held.arrivals.clone())
    }

    fn say(&mut self, sentence: String) {
        self.happened.push_back((self.now, sentence));
    }
}

/// How often the checks judge what only lasts, ns.
const JUDGED_EVERY: u64 = 100_000_000;
/// How long a rate is taken over at least, ns.
const RATE_OVER: u64 = 900_000_000;

fn per_second(count: u64, ns: u64) -> f64 {
    if ns == 0 { 0.0 } else { count as f64 * 1e9 / ns as f64 }
}
