//! What panels show of a run.

use herd_core::time::SECOND;
use herd_sim_wasm::text::{escape, show_duration, show_offset};
use herd_sim_wasm::view::{LinkState, ServerState};
use herd_sim_wasm::{Command, EntryId, LogKind, ServerId};

use super::{MILLISECOND, Session};
use crate::geometry::Thing;
use crate::presets::PRESETS;

/// Rows of a store that are shown.
const STORE_MAX: usize = 40;

/// Deadlines that are shown.
const DEADLINES_MAX: usize = 5;

/// Trees that are shown.
const FEEDS_MAX: usize = 12;

/// A server in a list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Which.
    pub server: u32,
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: ServerState,
    /// Clients in its store.
    pub clients: u32,
}

/// A server, looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerReport {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: ServerState,
    /// The first records of its store.
    pub store: Vec<StoreLine>,
    /// How many clients it knows.
    pub clients: usize,
    /// Its neighbours.
    pub neighbours: Vec<Neighbour>,
    /// Who feeds it, for each of the first origins.
    pub feeds: Vec<FeedLine>,
    /// How long it takes over a message, as a command says it.
    pub slow: String,
    /// How far its clock is ahead, as a command says it.
    pub clock: String,
    /// What else there is to say: name and value.
    pub facts: Vec<(&'static str, String)>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreLine {
    /// The client.
    pub client: String,
    /// Where it was.
    pub place: String,
    /// The server it talked to.
    pub origin: String,
    /// The `AT` line.
    pub line: String,
}

/// Who feeds a server the updates of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedLine {
    /// The origin.
    pub origin: String,
    /// How often its tree was rebuilt.
    pub epoch: u64,
    /// The feed, or what is there instead.
    pub parent: String,
    /// A further feed, if there is one.
    pub second: Option<String>,
}

/// A neighbour of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// How things stand.
    pub state: String,
    /// The link to it.
    pub link: u32,
    /// Whether the link is cut.
    pub cut: bool,
}

/// A link, looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReport {
    /// One end's name.
    pub a: String,
    /// The other's.
    pub b: String,
    /// What it is.
    pub state: LinkState,
    /// How long messages take, as a command says it.
    pub latency: String,
    /// How many are lost, as a command says it.
    pub loss: String,
    /// What else there is to say: name and value.
    pub facts: Vec<(String, String)>,
}

/// A row of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRow {
    /// Its name.
    pub id: EntryId,
    /// When, ns.
    pub at: u64,
    /// Whether it is done.
    pub on: bool,
    /// What is done.
    pub text: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When, ns.
    pub at: u64,
    /// At which server.
    pub who: String,
    /// What.
    pub text: String,
}

impl Session {
    /// What this run is called.
    #[must_use]
    pub fn title(&self) -> String {
        match self.preset() {
            Some(name) => name.to_owned(),
            None => {
                let count = self.script().topology().founders();
                format!("{count} servers, {}", self.script().options().topology)
            }
        }
    }

    /// What there is to see in it.
    #[must_use]
    pub fn story(&self) -> &'static str {
        let name = self.preset();
        PRESETS
            .iter()
            .find(|preset| Some(preset.name) == name)
            .map_or("Your own run. The link in the address bar is all of it.", |preset| {
                preset.story
            })
    }

    /// Whether a thing of the stage is not there now: a server that has not joined yet or has left, or
    /// a link that is not laid yet or was taken away.
    #[must_use]
    pub fn is_away(&self, thing: Thing) -> bool {
        let frame = self.frame();
        let away = |server: u32| frame.servers.get(server as usize).is_some_and(|view| view.away);
        match thing {
            Thing::Server(server) => away(server),
            Thing::Link(link) => {
                frame.links.get(link as usize).is_some_and(|link| link.state == LinkState::Away)
            }
            Thing::Message(id) => frame.messages.iter().all(|message| message.id != id),
        }
    }

    /// How many servers know the newest of the followed client, and how many there are.
    #[must_use]
    pub fn reach(&self) -> (usize, usize) {
        let there = self.frame().servers.iter().map(|server| !server.away);
        let newest = self.frame().knowledge.iter().map(|known| known.newest && known.version > 0);
        let know = there.clone().zip(newest).filter(|(there, newest)| *there && *newest).count();
        (know, there.filter(|there| *there).count())
    }

    /// Messages since the last update was taken, and what one flood takes: 2E − N + 1, unless links
    /// are one-way or other floods run beside it.
    #[must_use]
    pub fn flood_cost(&self) -> (usize, Option<usize>) {
        let log = self.log();
        let begin = log.iter().rposition(|line| line.kind == LogKind::Accepted);
        let arrived = |kind| matches!(kind, LogKind::Learned | LogKind::Known);
        let from_peer = |text: &str| text.contains(" < ") && !text.starts_with("repaired");
        let count = begin.map_or(0, |begin| {
            log[begin..].iter().filter(|line| arrived(line.kind) && from_peer(&line.text)).count()
        });
        let one_way = self.frame().links.iter().any(|link| link.one_way);
        let alone = self.script().options().clients == 0 && !one_way;
        // Where servers or links came or went meanwhile there is no number to expect.
        let since = begin.map_or(0, |begin| log[begin].at);
        let changed = |entry: &herd_sim_wasm::Entry| {
            let changes = matches!(
                entry.command,
                Command::Join { .. }
                    | Command::Leave(_)
                    | Command::Link { .. }
                    | Command::Unlink(_)
            );
            entry.on && changes && (since..=self.now()).contains(&entry.at)
        };
        let expected = alone && !self.script().entries().iter().any(changed);
        (count, expected.then(|| self.closed_forms().1))
    }

    /// The first servers.
    #[must_use]
    pub fn overview(&self, most: usize) -> Vec<Overview> {
        let frame = self.frame();
        let servers = (0_u32..).zip(frame.servers.iter().zip(&frame.stage.names));
        servers
            .filter(|(_, (view, _))| !view.away)
            .take(most)
            .map(|(server, (view, name))| Overview {
                server,
                name: name.to_string(),
                state: view.state,
                clients: view.store,
            })
            .collect()
    }

    /// One server, looked into.
    #[must_use]
    pub fn server(&self, server: u32) -> ServerReport {
        let (world, id) = (self.history.world(), ServerId(server));
        let name = self.server_name(server).to_owned();
        let view = self.frame().servers.get(server as usize).copied().unwrap_or_default();
        let rows = world.store_of(id);
        let clients = rows.len();
        let store = rows.iter().take(STORE_MAX).map(|row| StoreLine {
            client: escape(&row.client),
            place: show_place(row.lat, row.lon),
            origin: escape(&row.origin),
            line: escape(&row.line),
        });
        let mut facts = Vec::new();
        for (nth, deadline) in world.deadlines_of(id).into_iter().take(DEADLINES_MAX).enumerate() {
            let left = deadline.at.saturating_sub(self.now());
            let name = if nth == 0 { "Next" } else { "Then" };
            facts.push((name, format!("{}, in {}", deadline.why, show_ms(left))));
        }
        if facts.is_empty() && view.state == ServerState::Up {
            facts.push(("Next", "waits for something to come".to_owned()));
        }
        facts.push((
            "Started",
            match view.life {
                0 => "once".to_owned(),
                life => format!("{} times", life + 1),
            },
        ));
        facts.push((
            "Clock",
            match view.clock_offset {
                0 => "right".to_owned(),
                offset => format!("{} s", show_offset(offset)),
            },
        ));
        if view.lookups > 0 {
            facts.push(("Asks Places", format!("{} at a time", view.lookups)));
        }
        if view.waiting > 0 {
            facts.push(("Waits for it", format!("{} things", view.waiting)));
        }
        ServerReport {
            name,
            state: view.state,
            store: store.collect(),
            clients,
            neighbours: self.neighbours(id),
            feeds: self.feeds(id),
            slow: show_duration(self.slowness(id)),
            clock: show_offset(view.clock_offset),
            facts,
        }
    }

    fn feeds(&self, server: ServerId) -> Vec<FeedLine> {
        let name = |server: ServerId| self.server_name(server.0).to_owned();
        let own = name(server);
        let line = |row: herd_sim_wasm::world::FeedRow| FeedLine {
            parent: match row.parent {
                Some(parent) => name(parent),
                None if *row.origin == *own => "itself".to_owned(),
                None => "orphan: everyone".to_owned(),
            },
            origin: row.origin.into(),
            epoch: row.epoch,
            second: row.second.map(name),
        };
        self.history.world().feeds_of(server).into_iter().take(FEEDS_MAX).map(line).collect()
    }

    fn neighbours(&self, server: ServerId) -> Vec<Neighbour> {
        let rows = self.history.world().links_of(server).into_iter();
        rows.filter_map(|row| {
            let link = self.script().topology().link(server, row.peer)?;
            let view = self.frame().links.get(link)?;
            let cut = view.state == LinkState::Cut;
            let soon = row.next.map(|at| at.saturating_sub(self.now()));
            let mut state = match (view.state, soon) {
                (LinkState::Cut, _) => "cut".to_owned(),
                (_, Some(left)) => format!("{} in {}", row.state, show_ms(left)),
                (_, None) => row.state.to_owned(),
            };
            if row.owed > 0 && row.classic {
                state = format!("{state}, is owed {}", row.owed);
            }
            let name = self.server_name(row.peer.0).to_owned();
            Some(Neighbour { name, state, link: u32::try_from(link).ok()?, cut })
        })
        .collect()
    }

    /// The rows of the script.
    #[must_use]
    pub fn rows(&self) -> Vec<ScriptRow> {
        let script = self.script();
        let row = |entry: &herd_sim_wasm::Entry| ScriptRow {
            id: entry.id,
            at: entry.at,
            on: entry.on,
            text: entry.command.text(script.topology()),
        };
        script.entries().iter().map(row).collect()
    }

    /// The last things that happened in which these words stand, newest first.
    #[must_use]
    pub fn happened(&self, words: &str, most: usize) -> Vec<EventRow> {
        let words = words.to_lowercase();
        let row = |line: &herd_sim_wasm::LogLine| EventRow {
            at: line.at,
            who: line.server.map_or("", |server| self.server_name(server)).to_owned(),
            text: line.text.to_string(),
        };
        let found = |row: &EventRow| {
            words.is_empty()
                || row.text.to_lowercase().contains(&words)
                || row.who.to_lowercase().contains(&words)
        };
        self.log().iter().rev().map(row).filter(found).take(most).collect()
    }

    /// A server's name.
    #[must_use]
    pub fn server_name(&self, server: u32) -> &str {
        self.frame().stage.names.get(server as usize).map_or("", |name| name)
    }
}

fn show_place(lat: i64, lon: i64) -> String {
    format!("{:+.4} {:+.4}", lat as f64 / 1e9, lon as f64 / 1e9)
}

/// A span of time as a person reads it.
pub(super) fn show_ms(ns: u64) -> String {
    if ns >= 10 * SECOND {
        format!("{} s", ns / SECOND)
    } else if ns >= SECOND {
        format!("{:.1} s", ns as f64 / SECOND as f64)
    } else {
        format!("{} ms", ns / MILLISECOND)
    }
}
