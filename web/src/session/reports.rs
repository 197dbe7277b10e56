//! What panels show of a run.

use herd_core::time::SECOND;
use herd_sim_wasm::text::{escape, show_duration, show_offset};
use herd_sim_wasm::view::{Feed, LinkState, LinkView, ServerState};
use herd_sim_wasm::{Command, EntryId, LogKind, Path, ServerId};

use super::{MILLISECOND, Session};
use crate::geometry::Thing;
use crate::presets::PRESETS;

/// Rows of a store that are shown.
const STORE_MAX: usize = 40;

/// Nothing is lost.
const NO_LOSS: &str = "0%";
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
        match PRESETS.iter().find(|preset| Some(preset.name) == self.preset()) {
            Some(preset) => preset.name.to_owned(),
            None => {
                let count = self.script().topology().founders();
                format!("{count} servers, {}", self.script().options().topology)
            }
        }
    }

    /// What there is to see in it.
    #[must_use]
    pub fn story(&self) -> &'static str {
        PRESETS
            .iter()
            .find(|preset| Some(preset.name) == self.preset())
            .map_or("Your own run. The link in the address bar is all of it.", |preset| {
                preset.story
            })
    }

    /// Whether a thing of the stage is not there now: a server that has not joined yet or has left, or
    /// a link of one.
    #[must_use]
    pub fn is_away(&self, thing: Thing) -> bool {
        let frame = self.frame();
        let away = |server: u32| frame.servers.get(server as usize).is_some_and(|view| view.away);
        match thing {
            Thing::Server(server) => away(server),
            Thing::Link(link) => {
                frame.links.get(link as usize).is_some_and(|link| away(link.a) || away(link.b))
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
        let (links, servers) = (&self.frame().links, self.frame().servers.len());
        // With servers that come and go there is no number to expect.
        let one_way = links.iter().any(|link| link.one_way);
        let founded = self.script().topology().founders() == servers
            && !self.frame().servers.iter().any(|server| server.away);
        let alone = self.script().options().clients == 0 && !one_way && founded;
        (count, alone.then(|| (2 * links.len() + 1).saturating_sub(servers)))
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
        if let Some(deadline) = world.deadline_of(id) {
            let left = deadline.at.saturating_sub(self.now());
            facts.push(("Next", format!("{}, in {}", deadline.why, show_ms(left))));
        } else if view.state == ServerState::Up {
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

    /// One link, looked into.
    #[must_use]
    pub fn link(&self, link: u32) -> LinkReport {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        let (a, b) = (self.server_name(view.a).to_owned(), self.server_name(view.b).to_owned());
        let both = |name: &str, there: String, back: String| {
            if there == back {
                vec![(name.to_owned(), there)]
            } else {
                vec![(format!("{name} {a} → {b}"), there), (format!("{name} {b} → {a}"), back)]
            }
        };
        let mut facts = both("Latency", show_ms(view.latency_ab), show_ms(view.latency_ba));
        facts.extend(both("Sent", view.sent_ab.to_string(), view.sent_ba.to_string()));
        if view.one_way {
            facts.push(("Records flow".to_owned(), format!("from {a} to {b} only")));
        }
        match (view.cut_ab, view.cut_ba) {
            (true, false) => facts.push(("Passes".to_owned(), format!("only {b} → {a}"))),
            (false, true) => facts.push(("Passes".to_owned(), format!("only {a} → {b}"))),
            (true, true) | (false, false) => {}
        }
        if let (Some(role), Some(root)) = (self.link_role(link), self.root()) {
            facts.push((format!("In the tree of {}", self.server_name(root)), role));
        }
        if view.half_open {
            facts.push(("Half open".to_owned(), "the ends have not noticed yet".to_owned()));
        }
        let latency = self.latest(link, |command| {
            let Command::Latency { path, latency } = command else { return None };
            Some((Some(*path), latency.to_string()))
        });
        let loss = self.latest(link, |command| {
            if let Command::Datagram { path, lossy } = command {
                return Some((*path, lossy.loss.to_string()));
            }
            let Command::Stream(path) = command else { return None };
            Some((*path, NO_LOSS.to_owned()))
        });
        LinkReport {
            a,
            b,
            state: view.state,
            latency: latency.unwrap_or_else(|| self.script().options().latency.to_string()),
            loss: loss.unwrap_or_else(|| NO_LOSS.to_owned()),
            facts,
        }
    }

    /// What the last command that was done to a link has set; `read` says which commands are meant.
    fn latest(
        &self,
        link: u32,
        read: impl Fn(&Command) -> Option<(Option<Path>, String)>,
    ) -> Option<String> {
        let here = |path: &Path| {
            let own = self.script().topology().link(path.from, path.to);
            own.is_some_and(|own| u32::try_from(own) == Ok(link))
        };
        let entries = self.script().entries().iter().rev();
        let done = entries.filter(|entry| entry.on && entry.at <= self.now());
        done.filter_map(|entry| read(&entry.command))
            .find(|(path, _)| path.as_ref().is_none_or(here))
            .map(|(_, value)| value)
    }

    /// A link's name: `Ball-Welsh`.
    #[must_use]
    pub fn link_name(&self, link: u32) -> String {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        format!("{}-{}", self.server_name(view.a), self.server_name(view.b))
    }

    /// A link, for those who hear the page: what it is, and what a press does.
    #[must_use]
    pub fn link_sentence(&self, link: u32) -> String {
        let state = self.frame().links.get(link as usize).map_or(LinkState::Down, |l| l.state);
        let (state, act) = match state {
            LinkState::Live => ("live", "cut"),
            LinkState::Opening => ("opening", "cut"),
            LinkState::Down => ("down", "cut"),
            LinkState::Cut => ("cut", "heal"),
        };
        let name = self.link_name(link).replacen('-', " to ", 1);
        let role = self.link_role(link).map(|role| format!(", {role}")).unwrap_or_default();
        format!("Link {name}, {state}{role}; press to {act}")
    }

    /// What a link does for the tree that is shown, if anything is arranged.
    #[must_use]
    pub fn link_role(&self, link: u32) -> Option<String> {
        let view = self.frame().links.get(link as usize)?;
        let (a, b) = (self.server_name(view.a), self.server_name(view.b));
        let feeds = |word: &str, from: &str, to: &str| Some(format!("{from} {word} {to}"));
        match *self.tree().get(link as usize)? {
            [Feed::Parent, _] => feeds("feeds", a, b),
            [_, Feed::Parent] => feeds("feeds", b, a),
            [Feed::Second, _] => feeds("also feeds", a, b),
            [_, Feed::Second] => feeds("also feeds", b, a),
            [Feed::Pruned, _] | [_, Feed::Pruned] => Some("lazy".to_owned()),
            [Feed::Open, Feed::Open] => None,
        }
    }

    /// Whether a link is cut, at least one way.
    #[must_use]
    pub fn is_cut(&self, link: u32) -> bool {
        self.frame().links.get(link as usize).is_some_and(|view| view.state == LinkState::Cut)
    }

    /// The command that cuts a link, or heals it if it is cut.
    #[must_use]
    pub fn toggle_link(&self, link: u32) -> Command {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        let path = path_of(&view, false, false);
        if view.state == LinkState::Cut {
            Command::Heal(Some(path))
        } else {
            Command::Cut { path, late: 0 }
        }
    }

    /// The command that cuts a link from `a` to `b` only, or the other way.
    #[must_use]
    pub fn cut_one_way(&self, link: u32, reverse: bool) -> Command {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        Command::Cut { path: path_of(&view, true, reverse), late: 0 }
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

fn path_of(view: &LinkView, one_way: bool, reverse: bool) -> Path {
    let (a, b) = (ServerId(view.a), ServerId(view.b));
    let (from, to) = if reverse { (b, a) } else { (a, b) };
    Path { from, to, one_way }
}

fn show_place(lat: i64, lon: i64) -> String {
    format!("{:+.4} {:+.4}", lat as f64 / 1e9, lon as f64 / 1e9)
}

/// A span of time as a person reads it.
fn show_ms(ns: u64) -> String {
    if ns >= 10 * SECOND {
        format!("{} s", ns / SECOND)
    } else if ns >= SECOND {
        format!("{:.1} s", ns as f64 / SECOND as f64)
    } else {
        format!("{} ms", ns / MILLISECOND)
    }
}
