//! The plain objects that JavaScript gets, and their declarations for TypeScript.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::seconds;
use crate::check::{Broken, Lamp};
use crate::client::Answer;
use crate::history::Condition;
use crate::log::{LogKind, LogLine};
use crate::script::{Entry, Script};
use crate::topology::{ServerId, Topology};
use crate::world;

/// What a journey through a run stops at.
#[derive(Debug, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub(super) enum Until {
    /// A check breaks.
    Broken,
    /// A command of the script is done.
    Command,
    /// A server takes an update or learns a record.
    Delivery,
    /// Every server that runs comes to hold the newest record of this client.
    EveryoneKnows(String),
    /// Something is lost, or a link goes down.
    Fault,
    /// A record comes to a server that knew it.
    Redundant,
}

impl From<Until> for Condition {
    fn from(until: Until) -> Self {
        match until {
            Until::Broken => Self::Broken,
            Until::Command => Self::Command,
            Until::Delivery => Self::Delivery,
            Until::EveryoneKnows(client) => Self::EveryoneKnows(client.into_bytes().into()),
            Until::Fault => Self::Fault,
            Until::Redundant => Self::Redundant,
        }
    }
}

/// One row of a script.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct ScriptRow {
    /// Names the row as long as the run lives.
    id: u32,
    /// When it is done, seconds.
    at: f64,
    /// Whether it is done at all.
    on: bool,
    /// The command.
    command: String,
}

impl ScriptRow {
    pub(super) fn new(entry: &Entry, topology: &Topology) -> Self {
        let command = entry.command.text(topology);
        Self { id: entry.id.0, at: seconds(entry.at), on: entry.on, command }
    }
}

/// What a log line is about.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
enum LogRowKind {
    Command,
    Said,
    Answer,
    Accepted,
    Learned,
    Known,
    Refused,
    Link,
    Places,
    Lost,
    Check,
}

/// One thing that happened.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct LogRow {
    /// Counts the lines of a run, from 0.
    number: u64,
    /// When, seconds.
    at: f64,
    /// At which server; absent for what concerns no single one.
    #[tsify(optional)]
    server: Option<String>,
    /// What it is about.
    kind: LogRowKind,
    /// What happened, as a phrase.
    text: String,
    /// The same as a line of fixed width, a column for every server where there are few.
    line: String,
}

impl LogRow {
    pub(super) fn new(line: &LogLine, topology: &Topology) -> Self {
        let kind = match line.kind {
            LogKind::Command => LogRowKind::Command,
            LogKind::Said => LogRowKind::Said,
            LogKind::Answer => LogRowKind::Answer,
            LogKind::Accepted => LogRowKind::Accepted,
            LogKind::Learned => LogRowKind::Learned,
            LogKind::Known => LogRowKind::Known,
            LogKind::Refused => LogRowKind::Refused,
            LogKind::Link => LogRowKind::Link,
            LogKind::Places => LogRowKind::Places,
            LogKind::Lost => LogRowKind::Lost,
            LogKind::Check => LogRowKind::Check,
        };
        Self {
            number: line.number,
            at: seconds(line.at),
            server: line.server.map(|server| topology.name(ServerId(server)).to_owned()),
            kind,
            text: line.text.to_string(),
            line: line.show(topology),
        }
    }
}

/// An answer as a client heard it.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct AnswerRow {
    /// Who asked.
    client: String,
    /// Which server.
    server: String,
    /// When, seconds.
    asked: f64,
    /// When the answer was complete, seconds.
    at: f64,
    /// The line that was said, without its end.
    line: String,
    /// The answer as it came; absent if the connection broke before.
    #[tsify(optional)]
    text: Option<String>,
}

impl AnswerRow {
    pub(super) fn new(answer: &Answer, topology: &Topology) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            client: answer.terminal.to_string(),
            server: topology.name(ServerId(answer.server)).to_owned(),
            asked: seconds(answer.asked),
            at: seconds(answer.at),
            line: text(&answer.line),
            text: answer.text.as_deref().map(text),
        }
    }
}

/// A check and how it stands.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct CheckRow {
    /// Its name.
    name: &'static str,
    /// What it says.
    sentence: &'static str,
    /// Whether it has had anything to judge yet.
    tried: bool,
    /// The first thing that broke it; absent while it holds.
    #[tsify(optional)]
    broken: Option<BrokenRow>,
}

impl CheckRow {
    pub(super) fn new(lamp: &Lamp, topology: &Topology) -> Self {
        let broken = lamp.broken.as_deref().map(|broken| BrokenRow::new(broken, topology));
        Self { name: lamp.name, sentence: lamp.sentence, tried: lamp.tried, broken }
    }
}

/// What broke a check first.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct BrokenRow {
    /// When, seconds.
    at: f64,
    /// After how many events.
    event: u64,
    /// Which servers are in it.
    servers: Vec<String>,
    /// The record it is about, or as much of it as is known: the client, or a line.
    #[tsify(optional)]
    record: Option<String>,
    /// What happened, as a sentence.
    what: String,
}

impl BrokenRow {
    fn new(broken: &Broken, topology: &Topology) -> Self {
        let name = |server: &ServerId| topology.name(*server).to_owned();
        Self {
            at: seconds(broken.at),
            event: broken.event,
            servers: broken.servers.iter().map(name).collect(),
            record: broken.record.clone(),
            what: broken.what.clone(),
        }
    }
}

/// One record of a server's store.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct StoreRow {
    /// The client.
    client: String,
    /// Its latitude, degrees; 0 of data.
    lat: f64,
    /// Its longitude, degrees; 0 of data.
    lon: f64,
    /// Its clock when it was there, seconds since the epoch.
    stamp: f64,
    /// The server it talked to.
    origin: String,
    /// The `AT` line, as every server holds it.
    line: String,
}

impl From<&world::StoreRow> for StoreRow {
    fn from(row: &world::StoreRow) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            client: text(&row.client),
            lat: row.place.unwrap_or_default().0 as f64 / super::NANO,
            lon: row.place.unwrap_or_default().1 as f64 / super::NANO,
            stamp: row.stamp as f64 / super::NANO,
            origin: text(&row.origin),
            line: text(&row.line),
        }
    }
}

/// How a server stands with one neighbour.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub(super) struct NeighbourRow {
    /// The neighbour.
    peer: String,
    /// Whether the server sends records to it.
    sends: bool,
    /// Whether the server believes records from it.
    receives: bool,
    /// Whether it is told plain `AT` lines.
    classic: bool,
    /// How things stand, as a phrase.
    state: &'static str,
    /// When it will be dialed again or given up, seconds; absent if there is no such time.
    #[tsify(optional)]
    next: Option<f64>,
    /// Failed attempts since it was last up.
    failures: u32,
    /// What it is still owed.
    owed: u64,
    /// Bytes on their way to it.
    in_flight: u64,
}

impl NeighbourRow {
    pub(super) fn new(row: &world::LinkRow, topology: &Topology) -> Self {
        Self {
            peer: topology.name(row.peer).to_owned(),
            sends: row.sends,
            receives: row.receives,
            classic: row.classic,
            state: row.state,
            next: row.next.map(seconds),
            failures: row.failures,
            owed: row.owed,
            in_flight: row.in_flight,
        }
    }
}

/// When a server will do something by itself, and why.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct DeadlineRow {
    /// When, seconds.
    at: f64,
    /// Why, as a phrase.
    why: String,
}

impl From<world::Deadline> for DeadlineRow {
    fn from(deadline: world::Deadline) -> Self {
        Self { at: seconds(deadline.at), why: deadline.why }
    }
}

/// A name and what it stands for, in a sentence.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct Named {
    /// The name.
    name: &'static str,
    /// The sentence.
    sentence: &'static str,
}

impl From<(&'static str, &'static str)> for Named {
    fn from((name, sentence): (&'static str, &'static str)) -> Self {
        Self { name, sentence }
    }
}

/// Something that a search has to meet, and how often it was met.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct Sighting {
    /// Its name.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) sentence: &'static str,
    /// How often it was seen.
    pub(super) count: u64,
}

/// How a run ended.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct Judgement {
    /// Where it was judged, seconds: at the failure, at rest after the last command, or out of time.
    end: f64,
    /// Events up to there.
    events: u64,
    /// The digest there, 16 hexadecimal digits.
    digest: String,
    /// The first thing that broke, if anything did.
    #[tsify(optional)]
    failure: Option<FailureRow>,
}

impl Judgement {
    pub(super) fn new(verdict: &crate::Verdict, script: &Script) -> Self {
        Self {
            end: seconds(verdict.end),
            events: verdict.events,
            digest: format!("{:016x}", verdict.digest),
            failure: verdict.failure.as_ref().map(|failure| FailureRow::new(failure, script)),
        }
    }
}

/// Why a run failed.
#[derive(Debug, Serialize, Tsify)]
pub(super) struct FailureRow {
    /// The check that broke.
    check: &'static str,
    /// When, seconds.
    at: f64,
    /// After how many events.
    event: u64,
    /// Which servers are in it.
    servers: Vec<String>,
    /// The record it is about, or as much of it as is known; absent if it is about none.
    #[tsify(optional)]
    record: Option<String>,
    /// What happened, as a sentence.
    what: String,
    /// A link to the run at that instant.
    link: String,
}

impl FailureRow {
    pub(super) fn new(failure: &crate::Failure, script: &Script) -> Self {
        let name = |server: &ServerId| script.topology().name(*server).to_owned();
        Self {
            check: failure.check,
            at: seconds(failure.at),
            event: failure.event,
            servers: failure.servers.iter().map(name).collect(),
            record: failure.record.clone(),
            what: failure.what.clone(),
            link: crate::Link::new(script.clone(), Some(failure.at)).to_string(),
        }
    }
}
