//! What can be read off a run at one instant, whoever holds it: the page's [session](crate::session), or
//! the first part of the page, which has no history yet.

use herd_sim_wasm::view::{Feed, Frame, Knowledge, LinkState};
use herd_sim_wasm::{Command, Entry, LogKind, LogLine, Script, ServerId, World};

use crate::view::Arrival;

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

/// How long an arrival is shown, ns of real time.
const ARRIVAL_SHOWN: f64 = 250e6;
/// In a herd with more links nobody could follow a tree with the eye.
const TREE_LINKS_MAX: usize = 4_000;
/// How long before the first command a run is begun to be shown, ns.
const LEAD: u64 = 60 * MILLISECOND;

/// A run at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The herd.
    pub world: &'a World,
    /// What can be seen of it.
    pub frame: &'a Frame,
    /// What has happened.
    pub log: &'a [LogLine],
    /// The client whose newest place the colours are about.
    pub client: &'a str,
}

impl Sight<'_> {
    /// The client that is followed, as [`Frame::subjects`] counts it.
    #[must_use]
    pub fn followed(&self) -> Option<u32> {
        let is_it = |subject: &std::sync::Arc<[u8]>| **subject == *self.client.as_bytes();
        self.frame.subjects.iter().position(is_it).and_then(|at| u32::try_from(at).ok())
    }

    /// How many servers know the newest of the followed client, and how many there are.
    #[must_use]
    pub fn reach(&self) -> (usize, usize) {
        let there = self.frame.servers.iter().map(|server| !server.away);
        let newest = self.frame.knowledge.iter().map(|known| known.newest && known.version > 0);
        let know = there.clone().zip(newest).filter(|(there, newest)| *there && *newest).count();
        (know, there.filter(|there| *there).count())
    }

    /// Messages since the last update was taken, and what one flood takes: 2E − N + 1, unless links
    /// are one-way or other floods run beside it.
    #[must_use]
    pub fn flood_cost(&self) -> (usize, Option<usize>) {
        let begin = self.log.iter().rposition(|line| line.kind == LogKind::Accepted);
        let arrived = |kind| matches!(kind, LogKind::Learned | LogKind::Known);
        let from_peer = |text: &str| text.contains(" < ") && !text.starts_with("repaired");
        let count = begin.map_or(0, |begin| {
            let since = self.log[begin..].iter();
            since.filter(|line| arrived(line.kind) && from_peer(&line.text)).count()
        });
        let one_way = self.frame.links.iter().any(|link| link.one_way);
        let alone = self.world.options().clients == 0 && !one_way;
        // Where servers or links came or went meanwhile there is no number to expect.
        let since = begin.map_or(0, |begin| self.log[begin].at);
        let changed = |entry: &Entry| {
            let changes = matches!(
                entry.command,
                Command::Join { .. }
                    | Command::Leave(_)
                    | Command::Link { .. }
                    | Command::Unlink(_)
            );
            entry.on && changes && (since..=self.world.now()).contains(&entry.at)
        };
        let expected = alone && !self.world.script().entries().iter().any(changed);
        (count, expected.then(|| self.closed_forms().1))
    }

    /// The least that one update takes and what a flood takes: N − 1 and 2E − N + 1, for the servers and
    /// links that are there now.
    #[must_use]
    pub fn closed_forms(&self) -> (usize, usize) {
        let links = self.frame.links.iter().filter(|link| link.state != LinkState::Away).count();
        let servers = self.frame.servers.iter().filter(|server| !server.away).count();
        (servers.saturating_sub(1), (2 * links + 1).saturating_sub(servers))
    }

    /// What has just arrived, seen at a speed.
    #[must_use]
    pub fn arrivals(&self, speed: f64) -> Vec<Arrival> {
        let now = self.world.now();
        let shown = (ARRIVAL_SHOWN * speed).max(1.0);
        let age = |line: &LogLine| now.saturating_sub(line.at) as f64 / shown;
        let recent = self.log.iter().rev().take_while(|line| age(line) < 1.0);
        recent
            .filter_map(|line| {
                let news = matches!(line.kind, LogKind::Learned | LogKind::Accepted);
                if !news && line.kind != LogKind::Known {
                    return None;
                }
                Some(Arrival { server: line.server?, news, age: age(line) })
            })
            .collect()
    }

    /// The server whose tree is shown, if there are trees: the one that was chosen, if it has told
    /// anything, or else the one that counted the newest place of the client that is followed.
    #[must_use]
    pub fn root(&self, chosen: Option<u32>) -> Option<u32> {
        self.world.options().preset.feeds()?;
        let nodes = |server: u32| self.world.node(ServerId(server));
        let grows = |root: &u32| {
            let node = nodes(*root)?;
            let (name, life) = (node.config().name.as_bytes(), node.config().incarnation);
            let origin = node.origins().find(name, life)?;
            Some(node.origins().get(origin).tree().epoch() > 0)
        };
        let chosen = chosen.filter(|root| grows(root) == Some(true));
        chosen.or_else(|| {
            let held = |(at, known): (usize, &Knowledge)| {
                let record = nodes(u32::try_from(at).ok()?)?.store().get(self.client.as_bytes());
                record.filter(|_| known.newest).map(herd_core::record::Record::origin)
            };
            let origin = self.frame.knowledge.iter().enumerate().find_map(held)?;
            let name = std::str::from_utf8(origin).ok()?;
            self.world.topology().server(name).map(|server| server.0)
        })
    }

    /// How each link serves that tree, each way; empty if there is none, or too much of it.
    #[must_use]
    pub fn tree(&self, chosen: Option<u32>) -> Vec<[Feed; 2]> {
        let small = self.frame.links.len() <= TREE_LINKS_MAX;
        let root = if small { self.root(chosen) } else { None };
        root.and_then(|root| self.world.tree_of(ServerId(root))).unwrap_or_default()
    }
}

/// The instant just before the first thing that is done, ns: until then servers only greet each other.
#[must_use]
pub fn begins(script: &Script) -> Option<u64> {
    let first = script.entries().iter().find(|entry| entry.on);
    first.map(|entry| entry.at.saturating_sub(LEAD))
}

/// The last instant that the strip shows, where this is the last that was seen: a little more than
/// there is.
#[must_use]
pub fn end(script: &Script, seen: u64) -> u64 {
    let last = script.entries().last().map_or(0, |entry| entry.at);
    let last = last.max(seen);
    let step = if last < 4_000 * MILLISECOND { 500 } else { 2_000 } * MILLISECOND;
    (last + last / 8 + 300 * MILLISECOND).next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{FIRST, PRESETS, first};
    use crate::session::Session;

    /// The first part of the page hands no run over: the second begins it anew and goes to the instant.
    #[test]
    fn a_run_of_talk_is_the_same_run() {
        let mut session = Session::open(FIRST.script).expect("a script");
        let mut world = World::of_talk(first()).expect("a run of talk");
        world.record(true);
        let mut log = Vec::new();
        for step in 1..=40 {
            let at = step * 100 * MILLISECOND;
            session.seek(at);
            world.run_until(at);
            log.extend(world.take_log());
            let frame = world.frame(&[b"kiwi"]);
            let sight = Sight { world: &world, frame: &frame, log: &log, client: "kiwi" };
            assert_eq!(world.digest(), session.frame().digest, "at {step} tenths");
            assert_eq!(log, session.log(), "at {step} tenths");
            assert_eq!(frame.messages, session.frame().messages, "at {step} tenths");
            assert_eq!(sight.reach(), session.reach(), "at {step} tenths");
            assert_eq!(sight.tree(None), session.tree(), "at {step} tenths");
        }
        assert!(log.len() > 20, "something happens in it");
    }

    #[test]
    fn who_does_more_than_talk_needs_the_whole_world() {
        let other = PRESETS.iter().find(|preset| preset.name == "Holiday is down");
        let script: Script = other.expect("it is there").script.parse().expect("a script");
        let why = World::of_talk(script).expect_err("a server is killed in it");
        assert!(why.contains("talk"), "{why}");
    }
}
