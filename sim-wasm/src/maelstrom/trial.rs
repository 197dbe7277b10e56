//! A load played on a herd in virtual time.
//!
//! Messages between servers are counted from the first request on, sent ones, lost or not, each as
//! one whatever its size. (What comes before are the greetings of connections, of which Maelstrom
//! has none.) Requests take no time, as in Maelstrom.

use std::collections::BTreeMap;
use std::fmt;

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};

use super::checker::{Op, POINTS, Report, Validity, What, check, quantiles};
use super::load::{Does, Load, Parting};
use crate::clock;
use crate::command::{Command, Path};
use crate::fault::{Lossy, Share};
use crate::latency::Latency;
use crate::meter::Meter;
use crate::options::{Options, Trees};
use crate::script::Script;
use crate::text::{show_duration, show_seconds};
use crate::topology::{ServerId, Topology, TopologyError};
use crate::world::World;

/// What is played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trial {
    /// A topology as Maelstrom names it, or as [`Topology::named`](crate::Topology::named) does.
    pub topology: String,
    /// Servers, where the name does not say how many.
    pub servers: u32,
    /// How updates are spread.
    pub preset: Preset,
    /// Where the trees come from, if the preset has any.
    pub trees: Trees,
    /// How long what goes to a neighbour is gathered after the last message to it, ns; the preset's
    /// if absent.
    pub batch: Option<u64>,
    /// How often servers tell their neighbours what they have, while that changes, ns.
    pub digest: u64,
    /// Every draw hangs on it.
    pub seed: u64,
    /// Requests a second, on average.
    pub rate: u32,
    /// How long requests are made, ns.
    pub lasts: u64,
    /// How long a message between two servers takes.
    pub latency: Latency,
    /// How many of them are lost on the way, unnoticed.
    pub loss: Share,
    /// Who is parted from whom, now and then.
    pub parting: Option<Parting>,
    /// Whether both ends notice that a link is cut, as with TCP; else what is sent there vanishes.
    pub noticed: bool,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            topology: "grid".into(),
            servers: 25,
            preset: Preset::default(),
            trees: Trees::default(),
            batch: None,
            digest: 2_500 * MILLISECOND,
            seed: 1,
            rate: 100,
            lasts: 20 * SECOND,
            latency: Latency::Constant(100 * MILLISECOND),
            loss: Share::default(),
            parting: None,
            noticed: false,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Figures {
    /// What was played.
    pub trial: Trial,
    /// What the clients saw, as Maelstrom tells it.
    pub report: Report,
    /// Messages between servers: live updates, repair, all others.
    pub messages: [u64; 3],
    /// How long after its broadcast was answered the last server had a number, whole ms, at the
    /// [`POINTS`]: the truth, of which reads see samples.
    pub latencies: Option<[u64; POINTS.len()]>,
    /// Numbers that some server did not have in the end.
    pub missing: u64,
    /// What broke, if any check did.
    pub broken: Option<String>,
}

impl Figures {
    /// Messages between servers per request, in hundredths, rounded.
    #[must_use]
    pub fn messages_per_op(&self) -> u64 {
        let ops = self.report.ops.max(1);
        (self.messages.iter().sum::<u64>() * 100 + ops / 2) / ops
    }
}

/// Topologies as Maelstrom names them.
const MAELSTROMS: [&str; 7] = ["grid", "line", "tree", "tree2", "tree3", "tree4", "total"];

impl Trial {
    /// What [`Topology::named`](crate::Topology::named) calls the topology.
    ///
    /// # Errors
    /// If there is no such topology.
    pub fn spec(&self) -> Result<String, String> {
        let n = self.servers;
        let spec = match self.topology.as_str() {
            "grid" => {
                let side = n.isqrt();
                if side * side != n {
                    return Err(format!("{n} servers make no square grid; say grid:5x5"));
                }
                format!("grid:{side}x{side}")
            }
            "line" | "star" => format!("{}:{n}", self.topology),
            "total" => format!("complete:{n}"),
            "tree" | "tree2" => format!("tree:{n}:2"),
            "tree3" => format!("tree:{n}:3"),
            "tree4" => format!("tree:{n}:4"),
            other => other.to_owned(),
        };
        Ok(spec)
    }

    /// The herd of that topology.
    ///
    /// # Errors
    /// If there is none.
    pub fn herd(&self) -> Result<Topology, String> {
        Topology::named(&self.spec()?, self.seed).map_err(|why| match why {
            TopologyError::Unknown(_) => format!(
                "no topology is called {}; there are Maelstrom's, {}, star, and as in a run places-2016 and the like, or {}",
                self.topology,
                MAELSTROMS.join(", "),
                Topology::SHAPES
            ),
            why @ TopologyError::Size(_) => why.to_string(),
        })
    }

    /// Plays it.
    ///
    /// # Errors
    /// If there is no such herd.
    pub fn play(&self) -> Result<Figures, String> {
        let options = Options {
            seed: self.seed,
            topology: self.spec()?.into(),
            preset: self.preset,
            trees: self.trees,
            batch: self.batch,
            digest: self.digest,
            latency: self.latency,
            client_latency: Latency::Constant(0),
            ..Options::default()
        };
        let mut script = Script::new(options)?;
        let servers = u32::try_from(script.topology().names().len()).unwrap_or(u32::MAX);
        let load = Load { seed: self.seed, servers, rate: self.rate, lasts: self.lasts };
        // By then every link is up: a connection is opened and greeted in two round trips.
        let begins = (8 * self.latency.most()).max(SECOND);
        self.add_faults(&mut script, &load, begins)?;
        for request in load.requests() {
            if let Does::Broadcast(number) = request.does {
                let at = begins + request.at;
                let stamp = show_seconds(clock::wall(at).0.unsigned_abs());
                let line = format!("IAMAT {number} +0+0 {stamp}").into_bytes().into();
                let server = ServerId(request.process);
                script.add(at, Command::Say { server, terminal: "c".into(), line })?;
            }
        }
        let mut play = Play::new(script, begins);
        for request in load.requests() {
            play.request(request.process, begins + request.at, request.does);
        }
        Ok(play.figures(self.clone()))
    }

    /// What is lost, and who is parted from whom.
    fn add_faults(&self, script: &mut Script, load: &Load, begins: u64) -> Result<(), String> {
        let lossy = |loss| Lossy { loss, ..Lossy::default() };
        let vanishes = self.parting.is_some() && !self.noticed;
        if !self.loss.is_none() || vanishes {
            let lossy = lossy(self.loss);
            script.add(begins - 1, Command::Datagram { path: None, lossy })?;
        }
        let Some(parting) = self.parting else { return Ok(()) };
        let topology = script.topology().clone();
        for cuts in load.cuts(parting, &topology) {
            for link in cuts.links {
                let edge = topology.edges()[link];
                let path = Path { from: edge.a, to: edge.b, one_way: false };
                let (cut, heal) = if self.noticed {
                    (Command::Cut { path, late: 0 }, Command::Heal(Some(path)))
                } else {
                    let datagram =
                        |loss| Command::Datagram { path: Some(path), lossy: lossy(loss) };
                    (datagram(Share::ALL), datagram(self.loss))
                };
                script.add(begins + cuts.from, cut)?;
                script.add(begins + cuts.to, heal)?;
            }
        }
        Ok(())
    }
}

/// A trial that is being played.
struct Play {
    world: World,
    history: Vec<Op>,
    /// The numbers each server has, in the order in which it heard of them.
    held: Vec<Vec<u64>>,
    /// Of each number: when it was answered, how many servers have it, since when the last.
    spread: BTreeMap<u64, (u64, usize, u64)>,
}

impl Play {
    fn new(script: Script, begins: u64) -> Self {
        let mut world = World::new(script);
        world.run_until(begins - 1);
        world.measure();
        let held = vec![Vec::new(); world.topology().names().len()];
        Self { world, history: Vec::new(), held, spread: BTreeMap::new() }
    }

    /// Goes on to when a client asks something, and notes what it asks and is answered.
    fn request(&mut self, process: u32, at: u64, does: Does) {
        self.run_until(at);
        let (asks, hears) = match does {
            Does::Broadcast(number) => {
                let has = self.held[process as usize].contains(&number);
                let hears = if has { What::Broadcasted(number) } else { What::Failed };
                (What::Broadcast(number), hears)
            }
            Does::Read => (What::Read, What::Seen(self.held[process as usize].clone())),
        };
        self.history.extend([asks, hears].map(|what| Op { at, process, what }));
    }

    fn run_until(&mut self, at: u64) {
        while self.world.next_time().is_some_and(|next| next <= at) {
            self.world.step();
            self.look();
        }
        self.world.run_until(at);
        self.look();
    }

    /// Notes which server has heard of which numbers.
    fn look(&mut self) {
        let now = self.world.now();
        for (server, held) in (0..).map(ServerId).zip(&mut self.held) {
            let Some(node) = self.world.node(server) else { continue };
            for record in node.store().iter().skip(held.len()) {
                let number = std::str::from_utf8(record.client()).ok();
                let number = number.and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
                held.push(number);
                let spread = self.spread.entry(number).or_insert((now, 0, now));
                spread.1 += 1;
                spread.2 = now;
            }
        }
    }

    fn figures(self, trial: Trial) -> Figures {
        let all = self.held.len();
        let everywhere = self.spread.values().filter(|(_, servers, _)| *servers == all);
        let latencies: Vec<u64> =
            everywhere.map(|(from, _, to)| (to - from) / MILLISECOND).collect();
        Figures {
            trial,
            report: check(&self.history),
            messages: self.world.meter().map_or([0; 3], messages),
            missing: (self.spread.len() - latencies.len()) as u64,
            latencies: quantiles(latencies),
            broken: self.world.broken().map(|broken| broken.what.clone()),
        }
    }
}

const fn messages(meter: &Meter) -> [u64; 3] {
    [meter.pushes, meter.repairs, meter.control]
}

/// What the columns of [`Figures`] are called.
pub const HEAD: &str = "topology     preset                   msgs/op  pushes repairs control  \
    stable ms 0/.5/.95/.99/1  true ms .5/1  stale lost never-read missing";

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trial, report, .. } = self;
        let (whole, part) = (self.messages_per_op() / 100, self.messages_per_op() % 100);
        let points = |of: Option<[u64; POINTS.len()]>, at: &[usize]| {
            let of = of.map(|of| at.iter().map(|at| of[*at].to_string()).collect::<Vec<_>>());
            of.map_or_else(|| "-".to_owned(), |of| of.join("/"))
        };
        let planned = trial.trees == Trees::Planned && trial.preset.feeds().is_some();
        let batch = trial.batch.map(|batch| format!(" {}", show_duration(batch)));
        let preset = format!(
            "{}{}{}",
            trial.preset.name(),
            batch.unwrap_or_default(),
            if planned { ", map" } else { "" }
        );
        let [pushes, repairs, control] = self.messages;
        write!(
            f,
            "{:<12} {preset:<23} {:>8} {pushes:>7} {repairs:>7} {control:>7}  {:>24}  {:>12}  {:>5} \
             {:>4} {:>10} {:>7}",
            trial.topology,
            format!("{whole}.{part:02}"),
            points(report.latencies, &[0, 1, 2, 3, 4]),
            points(self.latencies, &[1, 4]),
            report.stale,
            report.lost.len(),
            report.never_read.len(),
            self.missing,
        )?;
        if report.validity() != Validity::Valid {
            write!(f, "  {:?}", report.validity())?;
        }
        if let Some(broken) = &self.broken {
            write!(f, "  broken: {broken}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topologies_are_called_as_in_maelstrom() {
        let spec = |topology: &str, servers| {
            Trial { topology: topology.into(), servers, ..Trial::default() }.spec()
        };
        assert_eq!(spec("grid", 25).as_deref(), Ok("grid:5x5"));
        assert_eq!(spec("tree", 25), spec("tree2", 25));
        assert_eq!(spec("total", 5).as_deref(), Ok("complete:5"));
        assert_eq!(spec("random:25:4", 1).as_deref(), Ok("random:25:4"));
        assert!(spec("grid", 24).is_err_and(|why| why.contains("square")));
        for name in ["grid", "line", "tree", "tree2", "tree3", "tree4", "total", "star"] {
            let spec = spec(name, 25).expect("a name");
            let topology = Topology::named(&spec, 1).expect("a topology");
            assert_eq!(topology.names().len(), 25, "{name}");
        }
    }
}
