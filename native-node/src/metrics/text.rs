//! Metrics as text: the text format of Prometheus, version 0.0.4. Names have their unit at the end,
//! counters `_total` behind it.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use super::histogram::BOUNDS;
use super::{Histogram, Metrics, Neighbour, Number};

/// The `Content-Type` of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

type Labels<'a> = &'a [(&'a str, &'a str)];

/// A number of a server: its name, its kind, what it tells, and where it is.
type Simple = (&'static str, &'static str, &'static str, fn(&Metrics) -> u64);

/// Numbers that have no label but the server's.
const SIMPLE: &[Simple] = &[
    ("herd_lines_received_total", "counter", "Lines heard from clients.", |m| m.lines.value()),
    ("herd_lines_refused_total", "counter", "Lines answered with a question mark.", |m| {
        m.refused.value()
    }),
    ("herd_connections_opened_total", "counter", "Connections opened, by whomever.", |m| {
        m.opened.value()
    }),
    ("herd_places_failures_total", "counter", "Places requests that failed.", |m| {
        m.places_failed.value()
    }),
    ("herd_connections", "gauge", "Connections that are open.", |m| m.connections.value()),
    ("herd_watchers", "gauge", "Connections that watch.", |m| m.watchers.value()),
    ("herd_records", "gauge", "Clients that are known.", |m| m.records.value()),
    ("herd_origins", "gauge", "Servers, in each of their lives, that have counted updates.", |m| {
        m.origins.value()
    }),
    ("herd_places_in_flight", "gauge", "Places requests in flight.", |m| m.lookups.value()),
    ("herd_queue_bytes", "gauge", "Bytes that wait to be written, to anybody.", |m| {
        m.queued.value()
    }),
    ("herd_links_up", "gauge", "Neighbours that can be spoken to.", |m| {
        m.neighbours().iter().filter(|n| n.is_up()).count() as u64
    }),
    ("herd_neighbours", "gauge", "Neighbours that are configured.", |m| {
        m.neighbours().len() as u64
    }),
    ("herd_tape_bytes_total", "counter", "Bytes written to tapes.", |m| m.tape_bytes.value()),
    ("herd_tape_lost_total", "counter", "Inputs that stand on no tape.", |m| m.tape_lost.value()),
    ("herd_tape_standing_still", "gauge", "Whether the tape cannot be written.", |m| {
        u64::from(m.tape_stands.load(Ordering::Relaxed))
    }),
    ("herd_disk_failing", "gauge", "Whether updates are refused because the disk fails.", |m| {
        u64::from(m.disk_fails.load(Ordering::Relaxed))
    }),
];

/// Numbers that share a name: the name, what it tells, their label, and where each is.
type Labelled<T> =
    (&'static str, &'static str, &'static str, &'static [(&'static str, fn(&T) -> &Number)]);

/// Counters of a server, told apart by a label.
const LABELLED: &[Labelled<Metrics>] = &[
    (
        "herd_updates_total",
        "Updates that clients sent, by what became of them.",
        "result",
        &[("accepted", |m| &m.accepted), ("stale", |m| &m.stale)],
    ),
    (
        "herd_client_bytes_total",
        "Bytes over connections of clients.",
        "direction",
        &[("received", |m| &m.client_bytes_in), ("sent", |m| &m.client_bytes_out)],
    ),
];

/// The same of a neighbour.
const OF_NEIGHBOURS: &[Labelled<Neighbour>] = &[
    (
        "herd_neighbour_records_received_total",
        "Records that a neighbour sent.",
        "kind",
        &[("push", |n| &n.pushes_in), ("repair", |n| &n.repairs_in)],
    ),
    (
        "herd_neighbour_sent_total",
        "Messages to a neighbour, and records sent to it as repair.",
        "kind",
        &[("message", |n| &n.messages_out), ("repair", |n| &n.repairs_out)],
    ),
    (
        "herd_neighbour_bytes_total",
        "Bytes over the link to a neighbour.",
        "direction",
        &[("received", |n| &n.bytes_in), ("sent", |n| &n.bytes_out)],
    ),
];

/// A server of which is told.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it runs. Of one that has ended what it counted stays; nothing is open or waits any more.
    pub is_up: bool,
    /// What it counts.
    pub metrics: &'a Metrics,
}

/// What is so of a server that has ended as well.
const CONFIGURED: &str = "herd_neighbours";

/// The metrics of servers.
#[must_use]
pub fn of_all(servers: &[Server<'_>]) -> String {
    let mut text = String::new();
    family(&mut text, "herd_up", "gauge", "Whether the server runs.");
    for server in servers {
        let value = if server.is_up { "1" } else { "0" };
        sample(&mut text, "herd_up", &[("server", server.name)], value);
    }
    for (name, kind, help, value) in SIMPLE {
        family(&mut text, name, kind, help);
        for server in servers {
            let is_so = server.is_up || *kind == "counter" || *name == CONFIGURED;
            let value = if is_so { value(server.metrics) } else { 0 };
            sample(&mut text, name, &[("server", server.name)], &value.to_string());
        }
    }
    for (name, help, label, values) in LABELLED {
        family(&mut text, name, "counter", help);
        for Server { name: server, metrics, .. } in servers {
            for (value, number) in *values {
                let labels = [("server", *server), (*label, *value)];
                sample(&mut text, name, &labels, &number(metrics).value().to_string());
            }
        }
    }
    neighbours(&mut text, servers);
    let name = "herd_answer_duration_seconds";
    family(&mut text, name, "histogram", "From a line to its answer.");
    for Server { name: server, metrics, .. } in servers {
        histogram(&mut text, name, server, &metrics.answers);
    }
    let name = "herd_propagation_delay_seconds";
    let help = "From the server that took an update to this one, by both clocks; one in 16.";
    family(&mut text, name, "histogram", help);
    for Server { name: server, metrics, .. } in servers {
        histogram(&mut text, name, server, &metrics.propagation);
    }
    text
}

fn neighbours(text: &mut String, servers: &[Server<'_>]) {
    let known: Vec<_> =
        servers.iter().map(|server| (server, server.metrics.neighbours())).collect();
    let mut all: Vec<(&Server<'_>, &Neighbour)> = Vec::new();
    for (server, neighbours) in &known {
        all.extend(neighbours.iter().map(|neighbour| (*server, &**neighbour)));
    }
    let name = "herd_neighbour_up";
    family(text, name, "gauge", "Whether a neighbour can be spoken to.");
    for (server, neighbour) in &all {
        let labels = [("server", server.name), ("neighbour", &*neighbour.name)];
        let is_up = server.is_up && neighbour.is_up();
        sample(text, name, &labels, if is_up { "1" } else { "0" });
    }
    let name = "herd_neighbour_news_total";
    family(text, name, "counter", "Records of a neighbour that were news.");
    for (server, neighbour) in &all {
        let labels = [("server", server.name), ("neighbour", &*neighbour.name)];
        sample(text, name, &labels, &neighbour.news.value().to_string());
    }
    for (name, help, label, values) in OF_NEIGHBOURS {
        family(text, name, "counter", help);
        for (server, neighbour) in &all {
            for (value, number) in *values {
                let labels =
                    [("server", server.name), ("neighbour", &*neighbour.name), (*label, *value)];
                sample(text, name, &labels, &number(neighbour).value().to_string());
            }
        }
    }
}

/// Begins a family: what its samples tell, and their kind.
fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(text: &mut String, name: &str, labels: Labels<'_>, value: &str) {
    text.push_str(name);
    for (index, (label, value)) in labels.iter().enumerate() {
        text.push(if index == 0 { '{' } else { ',' });
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(text, "{label}=\"{value}\"");
    }
    let _ = writeln!(text, "}} {value}");
}

fn histogram(text: &mut String, name: &str, server: &str, histogram: &Histogram) {
    let counts = histogram.cumulated();
    for (index, count) in counts.iter().enumerate() {
        let bound = BOUNDS.get(index).map_or_else(|| "+Inf".to_owned(), |ns| seconds(*ns));
        let labels = [("server", server), ("le", &bound)];
        sample(text, &format!("{name}_bucket"), &labels, &count.to_string());
    }
    let labels = [("server", server)];
    sample(text, &format!("{name}_sum"), &labels, &seconds(histogram.sum()));
    sample(text, &format!("{name}_count"), &labels, &counts[BOUNDS.len()].to_string());
}

/// Nanoseconds as seconds, exact.
fn seconds(ns: u64) -> String {
    let text = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
