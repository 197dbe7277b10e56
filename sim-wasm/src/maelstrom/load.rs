//! Which client does what, when; and which links fail meanwhile: Maelstrom's generators, by keyed
//! draws.

use herd_core::time::SECOND;

use crate::rng::{Purpose, below, draw};
use crate::topology::Topology;

/// What is asked of a herd of so many servers: broadcasts and reads alike, each of any server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Load {
    /// Every draw hangs on it.
    pub seed: u64,
    /// Servers. Each has one client of its own.
    pub servers: u32,
    /// Requests a second, on average.
    pub rate: u32,
    /// How long requests are made, ns.
    pub lasts: u64,
}

/// How long nothing is asked before every client reads once more, ns.
pub const RECOVERY: u64 = 10 * SECOND;

/// One request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request {
    /// When, ns from the beginning of the load.
    pub at: u64,
    /// Which client, and so which server.
    pub process: u32,
    /// What.
    pub does: Does,
}

/// What a request asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Does {
    /// That this number be broadcast; they count from 0.
    Broadcast(u64),
    /// What there is.
    Read,
}

/// What a draw is for.
#[derive(Clone, Copy)]
enum For {
    Gap,
    Kind,
    Process,
    Lasts,
    Sides,
    Order,
}

const fn luck(seed: u64, what: For, n: u64, bound: u64) -> u64 {
    below(draw(seed, Purpose::Load, what as u64, 0, n), bound)
}

impl Load {
    /// The requests, in order: while it lasts, with gaps drawn evenly from 0 to twice the average,
    /// and then the last reads.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let most = 2 * SECOND / u64::from(self.rate.max(1));
        let mut requests = Vec::new();
        let (mut at, mut numbers) = (0, 0);
        for n in 0.. {
            at += luck(self.seed, For::Gap, n, most + 1);
            if at >= self.lasts {
                break;
            }
            let process = luck(self.seed, For::Process, n, self.servers.into());
            let does = if luck(self.seed, For::Kind, n, 2) == 0 {
                numbers += 1;
                Does::Broadcast(numbers - 1)
            } else {
                Does::Read
            };
            requests.push(Request { at, process: u32::try_from(process).unwrap_or(0), does });
        }
        let at = self.lasts + RECOVERY;
        requests.extend((0..self.servers).map(|process| Request { at, process, does: Does::Read }));
        requests
    }
}

/// Who is parted from whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parting {
    /// Two halves, drawn, for 5 to 10 s; then 5 s nobody.
    Halves,
    /// As Maelstrom's nemesis: one server and the rest, less than a third, less than a half, or rings of
    /// majorities; each for anything up to 20 s, and as long nobody.
    Jepsen,
}

impl Parting {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Halves, Self::Jepsen];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Halves => "halves",
            Self::Jepsen => "jepsen",
        }
    }
}

/// From when to when which links of a topology pass nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cuts {
    /// From, ns from the beginning of the load.
    pub from: u64,
    /// To.
    pub to: u64,
    /// The numbers of the links.
    pub links: Vec<usize>,
}

impl Load {
    /// What is cut when, while requests are made.
    #[must_use]
    pub fn cuts(&self, parting: Parting, topology: &Topology) -> Vec<Cuts> {
        let mut cuts = Vec::new();
        let mut at = 0;
        for n in 0.. {
            let (wait, lasts) = match parting {
                Parting::Halves => {
                    (5 * SECOND, 5 * SECOND + luck(self.seed, For::Lasts, n, 5 * SECOND))
                }
                Parting::Jepsen => (
                    luck(self.seed, For::Lasts, 2 * n, 20 * SECOND),
                    luck(self.seed, For::Lasts, 2 * n + 1, 20 * SECOND),
                ),
            };
            let from = at + wait;
            if from >= self.lasts {
                break;
            }
            at = from + lasts;
            let links = self.parted(parting, n, topology);
            cuts.push(Cuts { from, to: at.min(self.lasts), links });
        }
        cuts
    }

    /// The links that the n-th parting cuts.
    fn parted(&self, parting: Parting, n: u64, topology: &Topology) -> Vec<usize> {
        let count = topology.names().len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|server| {
            (draw(self.seed, Purpose::Load, For::Order as u64, *server as u64, n), *server)
        });
        let mut place = vec![0; count];
        for (at, server) in order.iter().enumerate() {
            place[*server] = at;
        }
        let kind = match parting {
            Parting::Halves => 2,
            Parting::Jepsen => luck(self.seed, For::Sides, n, 4),
        };
        let small = match kind {
            0 => 1,
            1 => count.saturating_sub(1) / 3,
            _ => count / 2,
        };
        // Each server is left a majority, itself and those next to it on a circle.
        let reach = (count / 2).div_ceil(2);
        let parts = |a: usize, b: usize| {
            let apart = place[a].abs_diff(place[b]);
            if kind == 3 {
                apart.min(count - apart) > reach
            } else {
                (place[a] < small) != (place[b] < small)
            }
        };
        let edges = topology.edges().iter().enumerate();
        edges
            .filter(|(_, edge)| parts(edge.a.index(), edge.b.index()))
            .map(|(link, _)| link)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load { seed: 1, servers: 25, rate: 100, lasts: 20 * SECOND };

    #[test]
    fn a_load_is_half_reads_at_its_rate_and_ends_with_one_read_each() {
        let requests = LOAD.requests();
        let (load, last) = requests.split_at(requests.len() - 25);
        assert!((1_850..2_150).contains(&load.len()), "{}", load.len());
        let broadcasts = load.iter().filter(|request| request.does != Does::Read).count();
        assert!((45..=55).contains(&(broadcasts * 100 / load.len())), "{broadcasts}");
        assert!(load.iter().all(|request| request.at < LOAD.lasts));
        let gap = load.windows(2).map(|pair| pair[1].at - pair[0].at).max();
        assert!(gap.is_some_and(|gap| gap <= SECOND / 50), "{gap:?}");
        assert!(last.iter().all(|read| read.at == 30 * SECOND && read.does == Does::Read));
        for process in 0..25 {
            let own = load.iter().filter(|request| request.process == process).count();
            assert!((40..130).contains(&own), "{process} asked {own} times");
        }
        assert_ne!(Load { seed: 2, ..LOAD }.requests(), requests);
    }

    #[test]
    fn partings_follow_each_other_and_are_over_in_the_end() {
        let mesh = Topology::named("complete:25", 1).expect("a topology");
        for parting in Parting::ALL {
            let cuts: Vec<Cuts> = (0..20)
                .flat_map(|seed| Load { seed, lasts: 60 * SECOND, ..LOAD }.cuts(parting, &mesh))
                .collect();
            assert!(cuts.len() > 40, "{parting:?}: {}", cuts.len());
            assert!(cuts.iter().all(|cut| cut.from < cut.to && cut.to <= 60 * SECOND));
            let mut sizes: Vec<usize> = cuts.iter().map(|cut| cut.links.len()).collect();
            sizes.sort_unstable();
            sizes.dedup();
            // One of 25, 8, a circle on which all reach the 6 next on either side, 12.
            let all = match parting {
                Parting::Halves => vec![12 * 13],
                Parting::Jepsen => vec![24, 8 * 17, 25 * 12 / 2, 12 * 13],
            };
            assert_eq!(sizes, all);
        }
    }
}
