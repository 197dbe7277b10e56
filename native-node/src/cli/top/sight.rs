//! What was seen of servers at one moment, and what changed between two.

use super::fetch::{self, Sample};
use crate::clock::Clock;

/// What the columns of totals tell.
pub(super) const TOTALS: [&str; 10] = [
    "server", "clients", "links", "conns", "watch", "accepted", "stale", "learned", "queued",
    "delay",
];
/// What the columns of rates tell.
pub(super) const RATES: [&str; 10] = [
    "server", "clients", "links", "conns", "watch", "acc/s", "stale/s", "learn/s", "queued",
    "delay",
];

/// What stands in the column of links of a server that has ended.
pub(super) const DOWN: &str = "down";

/// All that was seen at one moment.
#[derive(Debug)]
pub(super) struct Sight {
    /// When, seconds.
    pub(super) at: f64,
    pub(super) servers: Vec<Server>,
    /// Addresses that did not answer, and why.
    pub(super) silent: Vec<(String, String)>,
}

/// What was seen of one server.
#[derive(Debug, Default)]
pub(super) struct Server {
    name: String,
    /// Whether it has ended.
    down: bool,
    clients: f64,
    links: f64,
    neighbours: f64,
    connections: f64,
    watchers: f64,
    accepted: f64,
    stale: f64,
    learned: f64,
    queued: f64,
    /// Updates whose way was measured: how many took at most so many seconds.
    delays: Vec<(f64, f64)>,
}

impl Sight {
    /// Looks at all of these addresses.
    pub(super) fn of(addresses: &[String], clock: Clock) -> Self {
        let mut sight = Self { at: 0.0, servers: Vec::new(), silent: Vec::new() };
        for at in addresses {
            match fetch::metrics(at) {
                Ok(text) => fetch::samples(&text).for_each(|sample| sight.add(&sample)),
                Err(why) => sight.silent.push((at.clone(), why.to_string())),
            }
        }
        sight.at = clock.elapsed().as_secs_f64();
        sight
    }

    fn add(&mut self, sample: &Sample) {
        let Some(name) = sample.label("server") else { return };
        let known = self.servers.iter().position(|server| server.name == name);
        let index = known.unwrap_or_else(|| {
            self.servers.push(Server { name: name.to_owned(), ..Server::default() });
            self.servers.len() - 1
        });
        self.servers[index].add(sample);
    }
}

impl Server {
    fn add(&mut self, sample: &Sample) {
        let value = sample.number();
        match (&*sample.name, sample.label("result")) {
            ("herd_up", _) => self.down = value == 0.0,
            ("herd_records", _) => self.clients = value,
            ("herd_links_up", _) => self.links = value,
            ("herd_neighbours", _) => self.neighbours = value,
            ("herd_connections", _) => self.connections = value,
            ("herd_watchers", _) => self.watchers = value,
            ("herd_updates_total", Some("accepted")) => self.accepted = value,
            ("herd_updates_total", _) => self.stale = value,
            ("herd_neighbour_news_total", _) => self.learned += value,
            ("herd_queue_bytes", _) => self.queued = value,
            ("herd_propagation_delay_seconds_bucket", _) => {
                let bound = sample.label("le").and_then(|bound| bound.parse().ok());
                self.delays.push((bound.unwrap_or(f64::INFINITY), value));
            }
            _ => {}
        }
    }

    /// A row of totals.
    pub(super) fn totals(&self) -> [String; 10] {
        self.row([self.accepted, self.stale, self.learned], &self.delays)
    }

    /// A row of rates since it was seen as `before`, `seconds` ago.
    pub(super) fn rates(&self, before: &Sight, seconds: f64) -> [String; 10] {
        let none = Self::default();
        let before = before.servers.iter().find(|server| server.name == self.name).unwrap_or(&none);
        // A server that was started anew counts from nothing.
        let rate = |now: f64, then: f64| ((now - then) / seconds.max(0.001)).max(0.0);
        let rates = [
            rate(self.accepted, before.accepted),
            rate(self.stale, before.stale),
            rate(self.learned, before.learned),
        ];
        let then = |at: usize| before.delays.get(at).map_or(0.0, |(_, count)| *count);
        let since = self.delays.iter().enumerate();
        let delays: Vec<_> =
            since.map(|(at, (bound, count))| (*bound, (count - then(at)).max(0.0))).collect();
        self.row(rates, &delays)
    }

    fn row(&self, [accepted, stale, learned]: [f64; 3], delays: &[(f64, f64)]) -> [String; 10] {
        [
            self.name.clone(),
            short(self.clients),
            match self.down {
                true => DOWN.to_owned(),
                false => format!("{}/{}", self.links, self.neighbours),
            },
            short(self.connections),
            short(self.watchers),
            short(accepted),
            short(stale),
            short(learned),
            format!("{}B", short(self.queued)),
            median(delays),
        ]
    }
}

/// The bound under which half of all are.
fn median(delays: &[(f64, f64)]) -> String {
    let all = delays.last().map_or(0.0, |(_, count)| *count);
    if all <= 0.0 {
        return "-".to_owned();
    }
    match delays.iter().find(|(_, count)| *count >= all / 2.0) {
        Some((bound, _)) if bound.is_finite() && *bound < 1.0 => format!("<{}ms", bound * 1000.0),
        Some((bound, _)) if bound.is_finite() => format!("<{bound}s"),
        Some(_) | None => ">10s".to_owned(),
    }
}

/// A number in few digits.
fn short(number: f64) -> String {
    match number {
        n if n >= 9_999_500.0 => format!("{:.0}M", n / 1e6),
        n if n >= 9_999.5 => format!("{:.0}k", n / 1e3),
        n if n >= 99.5 || n.fract() == 0.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fetch::samples;
    use super::{Sight, median, short};

    fn sight(accepted: u32, at: f64) -> Sight {
        let text = format!(
            "herd_records{{server=\"A\"}} 12\nherd_links_up{{server=\"A\"}} 1\n\
             herd_neighbours{{server=\"A\"}} 2\n\
             herd_updates_total{{server=\"A\",result=\"accepted\"}} {accepted}\n\
             herd_updates_total{{server=\"A\",result=\"stale\"}} 3\n\
             herd_neighbour_news_total{{server=\"A\",neighbour=\"B\"}} 4\n\
             herd_neighbour_news_total{{server=\"A\",neighbour=\"C\"}} 5\n\
             herd_propagation_delay_seconds_bucket{{server=\"A\",le=\"0.001\"}} 1\n\
             herd_propagation_delay_seconds_bucket{{server=\"A\",le=\"+Inf\"}} 1\n"
        );
        let mut sight = Sight { at, servers: Vec::new(), silent: Vec::new() };
        samples(&text).for_each(|sample| sight.add(&sample));
        sight
    }

    #[test]
    fn rows_of_totals_and_rates() {
        let (before, after) = (sight(100, 0.0), sight(300, 2.0));
        assert_eq!(
            after.servers[0].totals(),
            ["A", "12", "1/2", "0", "0", "300", "3", "9", "0B", "<1ms"]
        );
        assert_eq!(
            after.servers[0].rates(&before, after.at - before.at),
            ["A", "12", "1/2", "0", "0", "100", "0", "0", "0B", "-"]
        );
        // One that has ended.
        let mut ended = sight(100, 3.0);
        samples("herd_up{server=\"A\"} 0\n").for_each(|sample| ended.add(&sample));
        assert_eq!(ended.servers[0].totals()[2], "down");
        // A server that was started anew.
        assert_eq!(before.servers[0].rates(&after, 1.0)[5], "0");
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.0, 0.5, 99.4, 99.6, 9_999.0, 12_345.0, 12_345_678.0].map(short);
        assert_eq!(all, ["0", "0.5", "99.4", "100", "9999", "12k", "12M"]);
        assert_eq!(median(&[(0.5, 1.0), (2.5, 3.0), (f64::INFINITY, 4.0)]), "<2.5s");
        assert_eq!(median(&[(0.5, 1.0), (f64::INFINITY, 4.0)]), ">10s");
        assert_eq!(median(&[]), "-");
    }
}
