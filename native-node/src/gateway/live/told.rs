//! The lines of `/v1/live`. A message is several of them; fields are separated by one space, times are
//! nanoseconds since the epoch, clients are percent-encoded, and what is not there is `-`.
//!
//! ```text
//! HERD 1 <cluster> <preset> <trees> <version> <admin: none|wanted|given> <disk|memory>
//! MEMBER <server> <here|away> <its HTTP address|-> <its neighbours: B,>B we send,<B it does|->
//! NOW <when>
//! SERVER <server> <up|silent|down> <since> <life> <lives before> <clients> <print> <connections>
//!        <watchers> <lookups> <bytes waiting> <lines> <accepted> <stale> <refused>
//! LINK <server> <neighbour> <live|lagging|opening|waiting|cut|cut-out|cut-in|gone> <open|parent|second>
//!      <told|pruned> <pushes heard> <news> <repairs heard> <messages> <bytes heard> <bytes>
//! HOLDS <server> <client> <location> <stamp> <origin>
//! TOOK <server> <when> <client> <location> <stamp> <origin>
//! NEWS <server> <when> <from|-> <push|repair> <client> <location> <stamp> <origin>
//! AGAIN <server> <when> <from|->
//! UP <server> <when> <neighbour>
//! DOWN <server> <when> <neighbour> <why, in words>
//! SAMPLE <server> <news> <of them told> <known already> <of them told> <missed>
//! ```
//!
//! A link is `cut-out` where what the server says does not come to the neighbour, `cut-in` where it is the
//! other way round. `HERD` and `MEMBER` come first, and again when a token was shown. `SERVER`, `LINK` and `HOLDS` come
//! when they have changed. The numbers of `SAMPLE` count from when anybody first watched; what is
//! missed is what this watcher would have been told, had it been quicker.

use std::fmt::Write;

use herd_core::codec::{self, At};
use herd_core::{Direction, PeerId};

use crate::clock;
use crate::config::{Herd, Neighbour};
use crate::gateway::record::escaped;
use crate::live::{Counted, Cut, Feeder, LinkNow, LinkSight, Sight, Told, What};
use crate::metrics::Metrics;
use crate::run::Life;
use crate::server::end_text;

/// Writes a line: a `String` takes everything.
macro_rules! line {
    ($text:expr, $($what:tt)*) => {
        writeln!($text, $($what)*).expect("a String takes everything")
    };
}

/// The herd, and who belongs to it.
pub(super) fn herd(herd: &Herd, here: &[&str], keeps: bool, admin: &str) -> String {
    let mut text = String::new();
    let (preset, trees) = (herd.preset.name(), herd.trees.name());
    let (version, kept) = (env!("CARGO_PKG_VERSION"), if keeps { "disk" } else { "memory" });
    line!(text, "HERD 1 {} {preset} {trees} {version} {admin} {kept}", herd.cluster);
    for member in &herd.servers {
        let place = if here.contains(&member.name.as_str()) { "here" } else { "away" };
        let http = member.http.as_deref().unwrap_or("-");
        let name = |neighbour: &Neighbour| {
            let mark = match neighbour.direction {
                Direction::Both => "",
                Direction::Out => ">",
                Direction::In => "<",
                Direction::Neither => return None,
            };
            Some(format!("{mark}{}", neighbour.name))
        };
        let neighbours: Vec<String> = member.neighbours.iter().filter_map(name).collect();
        let neighbours = if neighbours.is_empty() { "-".to_owned() } else { neighbours.join(",") };
        line!(text, "MEMBER {} {place} {http} {neighbours}", member.name);
    }
    text
}

/// How a message begins.
pub(super) fn now() -> String {
    format!("NOW {}\n", clock::wall().0)
}

/// What has happened at a server.
pub(super) fn happened(
    text: &mut String,
    server: &str,
    (told, before): (&Told, Counted),
    metrics: &Metrics,
) {
    let neighbours = metrics.neighbours();
    let name = |peer: Option<PeerId>| {
        let neighbour = peer.and_then(|peer| neighbours.get(peer.index()));
        neighbour.map_or("-", |neighbour| &*neighbour.name)
    };
    for note in &told.notes {
        let at = note.at.0;
        match &note.what {
            What::Taken(line) => {
                if let Some(record) = record(line) {
                    line!(text, "TOOK {server} {at} {record}");
                }
            }
            What::Learned { peer, repair, line } => {
                let how = if *repair { "repair" } else { "push" };
                if let Some(record) = record(line) {
                    line!(text, "NEWS {server} {at} {} {how} {record}", name(*peer));
                }
            }
            What::Again(peer) => line!(text, "AGAIN {server} {at} {}", name(*peer)),
            What::Up(peer) => line!(text, "UP {server} {at} {}", name(Some(*peer))),
            What::Down(peer, why) => {
                line!(text, "DOWN {server} {at} {} {}", name(Some(*peer)), end_text(*why));
            }
        }
    }
    if before != told.counted() || told.missed > 0 {
        let ((news, shown), (again, shown_again)) = told.counted();
        line!(text, "SAMPLE {server} {news} {shown} {again} {shown_again} {}", told.missed);
    }
}

/// `<client> <location> <stamp> <origin>` of an `AT` line; of data nothing: it is nowhere.
fn record(line: &[u8]) -> Option<String> {
    let at = At::canonical(line).ok()?;
    let text = |bytes| String::from_utf8_lossy(bytes);
    let codec::What::Place(place) = at.what else { return None };
    let (location, stamp) = (text(place.text), text(at.stamp_text));
    Some(format!("{} {location} {stamp} {}", escaped(at.client), text(at.server)))
}

/// What was last told of how servers stand: by server, its lines.
#[derive(Debug, Default)]
pub(super) struct Telling(Vec<Vec<String>>);

impl Telling {
    /// Tells how a server stands, as far as that has changed; `sight` is missing where it does not show
    /// itself.
    pub(super) fn stands(
        &mut self,
        text: &mut String,
        (number, server): (usize, &str),
        life: &Life,
        sight: Option<&Sight>,
    ) {
        let lines = standing(server, life, sight);
        if self.0.len() <= number {
            self.0.resize_with(number + 1, Vec::new);
        }
        for line in lines.iter().filter(|line| !self.0[number].contains(line)) {
            line!(text, "{line}");
        }
        self.0[number] = lines;
    }
}

fn standing(server: &str, life: &Life, sight: Option<&Sight>) -> Vec<String> {
    let metrics = life.inbox.metrics();
    let word = match (life.inbox.is_open(), sight) {
        (false, _) => "down",
        (true, None) => "silent",
        (true, Some(_)) => "up",
    };
    let (since, before) = (life.since.0, life.before);
    let (incarnation, records, print) =
        sight.map_or((0, 0, 0), |sight| (sight.incarnation, sight.records, sight.print));
    let numbers = [
        &metrics.connections,
        &metrics.watchers,
        &metrics.lookups,
        &metrics.queued,
        &metrics.lines,
        &metrics.accepted,
        &metrics.stale,
        &metrics.refused,
    ];
    let numbers = numbers.map(|number| number.value().to_string()).join(" ");
    let mut lines = vec![format!(
        "SERVER {server} {word} {since} {incarnation} {before} {records} {print:016x} {numbers}"
    )];
    let Some(sight) = sight else { return lines };
    for (link, counted) in sight.links.iter().zip(&*metrics.neighbours()) {
        let numbers = [
            &counted.pushes_in,
            &counted.news,
            &counted.repairs_in,
            &counted.messages_out,
            &counted.bytes_in,
            &counted.bytes_out,
        ];
        let numbers = numbers.map(|number| number.value().to_string()).join(" ");
        lines.push(format!("LINK {server} {} {} {numbers}", link.name, stand(link)));
    }
    let holds = sight.holds.iter().filter_map(|line| record(line));
    lines.extend(holds.map(|record| format!("HOLDS {server} {record}")));
    lines
}

fn stand(link: &LinkSight) -> String {
    let now = match link.now {
        _ if link.cut == Some(Cut::Both) => "cut",
        _ if link.cut == Some(Cut::Out) => "cut-out",
        _ if link.cut == Some(Cut::In) => "cut-in",
        LinkNow::Live => "live",
        LinkNow::Lagging => "lagging",
        LinkNow::Opening => "opening",
        LinkNow::Waiting => "waiting",
        LinkNow::Gone => "gone",
    };
    let feeds = match link.feeds.us {
        None => "open",
        Some(Feeder::Parent) => "parent",
        Some(Feeder::Second) => "second",
    };
    format!("{now} {feeds} {}", if link.feeds.pruned { "pruned" } else { "told" })
}
