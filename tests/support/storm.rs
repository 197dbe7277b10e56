//! A storm over real processes: five servers that keep what they answer, clients that roam among them
//! at full speed, and everything that can happen to processes, links, clocks and disks.
//!
//! What has to hold: an update that was answered is not lost; no server says less than it has said
//! before; and once it is calm, all servers hold the same. The schedule comes from a seed, which a
//! failure prints; when exactly things meet does not.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use herd_core::Direction;
use herd_native_node::clock::Clock;
use herd_sim_wasm::topology::Topology;
use tempfile::TempDir;

use crate::luck::Luck;
use crate::roamer::{Known, Roamer};
use crate::tcp::{Process, exchange, free_address, until};
use crate::wire::Wire;

/// Threads of clients.
const ROAMERS: u64 = 4;
/// Servers that may be hindered at once.
const HINDERED: usize = 2;
/// How far a clock steps at most, seconds: less than what keeps updates from being taken.
const CLOCK_STEP: u64 = 3_600;

/// How long a storm lasts.
#[derive(Clone, Copy, Debug)]
pub struct Forecast {
    /// Its seed.
    pub seed: u64,
    /// Things that happen.
    pub steps: u64,
    /// Answers that clients get between two of them.
    pub answers: u64,
    /// It is over then, even if less has happened.
    pub most: Option<Duration>,
}

/// What the five are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crew<'a> {
    /// Further arguments of each.
    pub more: &'a [&'a str],
    /// So many, the first ones, dial their neighbours over QUIC.
    pub over_quic: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Updates that were answered.
    pub answered: u64,
    /// Lines that were refused: by a server whose disk was full.
    pub refused: u64,
    /// Connections that were lost, or gave no answer in time.
    pub lost: u64,
    /// Clients of which all servers hold the same in the end.
    pub clients: usize,
    /// What happened, and how often.
    pub happened: Vec<(&'static str, u64)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered, refused, lost, clients, happened } = self;
        write!(f, "{answered} updates answered, {refused} lines refused, {lost} connections lost")?;
        for (what, times) in happened {
            write!(f, ", {times} {what}")?;
        }
        write!(f, "; {clients} clients agree at all servers, nothing answered is lost")
    }
}

/// Five servers as processes, a wire each way between neighbours.
#[derive(Debug)]
pub struct Five {
    herd: String,
    servers: Vec<One>,
    wires: Vec<Wire>,
    folder: TempDir,
}

#[derive(Debug)]
struct One {
    name: String,
    address: SocketAddr,
    arguments: Vec<String>,
    clock_ahead: i64,
    process: Option<Process>,
}

impl Five {
    /// The default herd, started, with `--data`.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(herd: &str, crew: &Crew<'_>) -> Self {
        let topology = Topology::named("places-2016", 0).expect("the default herd");
        let folder = TempDir::new().expect("a temporary folder");
        let addresses: Vec<_> = topology.servers().map(|_| free_address()).collect();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (mut servers, mut wires) = (Vec::new(), Vec::new());
        for (a, peers) in topology.peers().iter().enumerate() {
            let name = topology.names()[a].to_string();
            let (listen, data, logs) = (addresses[a].to_string(), path("data"), path("logs"));
            let own = ["server", &name, "--listen", &listen, "--data", &data, "--log-dir", &logs];
            let own = own.iter().chain(&["--log", "events"]).chain(crew.more);
            let mut arguments: Vec<String> = own.map(|&word| word.to_owned()).collect();
            let quic = a < crew.over_quic;
            if quic {
                arguments.push("--quic-links".to_owned());
            }
            for (b, peer) in peers {
                assert_eq!(peer.direction, Direction::Both, "all links are two-way");
                let wire = Wire::to(addresses[b.index()], quic);
                arguments.extend(["--peer".into(), format!("{}={}", peer.name, wire.address())]);
                wires.push(wire);
            }
            let address = addresses[a];
            servers.push(One { name, address, arguments, clock_ahead: 0, process: None });
        }
        let mut five = Self { herd: herd.to_owned(), servers, wires, folder };
        for index in 0..five.servers.len() {
            assert!(five.raise(index, None), "{} starts", five.servers[index].name);
        }
        five
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.servers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// Starts one; whether it runs. No file of it may grow beyond so many blocks.
    pub fn raise(&mut self, index: usize, blocks: Option<u64>) -> bool {
        let one = &mut self.servers[index];
        let ahead = format!("--clock-ahead={}", one.clock_ahead);
        let arguments: Vec<_> = one.arguments.iter().cloned().chain([ahead]).collect();
        let process = match blocks {
            Some(blocks) => Process::start_limited(&self.herd, &arguments, blocks),
            None => Process::start(&self.herd, &arguments),
        };
        let listens = process.listens();
        one.process = listens.then_some(process);
        listens
    }

    /// Kills one as a crash does.
    pub fn kill(&mut self, index: usize) {
        self.servers[index].process = None;
    }

    /// Asks one to end, and waits until it has.
    ///
    /// # Panics
    /// If it does not run, or ends with an error.
    pub fn end(&mut self, index: usize) {
        let one = &mut self.servers[index];
        let mut process = one.process.take().expect("it runs");
        process.terminate();
        assert_eq!(process.ended(), Some(0), "{} ends well", one.name);
    }

    fn file(&self, index: usize) -> PathBuf {
        self.folder.path().join("data").join(format!("{}.redb", self.servers[index].name))
    }

    /// Runs `weather` while clients roam; then waits until all servers agree on every client, and
    /// nothing answered is lost.
    ///
    /// # Panics
    /// If something is lost, a server goes back, or they do not come to agree.
    #[must_use]
    pub fn under(
        &mut self,
        seed: u64,
        weather: impl FnOnce(&mut Self, &AtomicU64) -> Vec<(&'static str, u64)>,
    ) -> Report {
        let addresses: Vec<_> = self.servers.iter().map(|one| one.address).collect();
        let (over, answers) = (AtomicBool::new(false), AtomicU64::new(0));
        let (happened, roamers) = thread::scope(|scope| {
            let roamers: Vec<_> = (0..ROAMERS)
                .map(|number| {
                    let mut roamer = Roamer::new(seed, number, &addresses);
                    let (over, answers) = (&over, &answers);
                    scope.spawn(move || {
                        while !over.load(Ordering::Relaxed) {
                            roamer.visit(answers);
                        }
                        roamer
                    })
                })
                .collect();
            // What fails in here must end the clients, too.
            let ended = EndsThem(&over);
            let happened = weather(self, &answers);
            drop(ended);
            let roamers: Vec<Roamer> =
                roamers.into_iter().map(|one| one.join().expect("no client fails")).collect();
            (happened, roamers)
        });
        let mut report = Report { happened, ..Report::default() };
        for roamer in &roamers {
            report.answered += roamer.answered;
            report.refused += roamer.refused;
            report.lost += roamer.lost;
            for known in roamer.clients() {
                self.agree(known);
                report.clients += 1;
            }
        }
        report
    }

    /// Waits until all servers say the same of a client, and that is not less than was answered.
    fn agree(&self, known: &Known) {
        let ask = format!("IAMAT {} +0+0 0\n", known.client);
        let what = format!("all servers hold {} of {}", known.answered, known.client);
        let line = until(&what, || {
            let said: Vec<_> = self.servers.iter().map(|one| exchange(one.address, &ask)).collect();
            let same = said.windows(2).all(|two| two[0] == two[1]);
            let enough = known.stamp_of(&said[0]) >= Some(known.answered);
            (same && enough).then(|| said[0].clone())
        });
        let held = known.stamp_of(&line).expect("a line");
        assert!(held <= known.sent, "{line} was never said");
        if held == known.answered && held > 0 {
            assert_eq!(line, known.line, "what was answered is what is held");
        }
    }
}

struct EndsThem<'a>(&'a AtomicBool);

impl Drop for EndsThem<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is to be put right, and at which step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Undo {
    Raise(usize),
    Continue(usize),
    Replace(usize),
    Heal(usize),
    Quicken(usize),
}

/// A storm of that forecast, over these servers.
///
/// # Panics
/// If something does not hold: with the seed.
#[must_use]
pub fn run(herd: &str, crew: &Crew<'_>, forecast: &Forecast) -> Report {
    let seed = forecast.seed;
    eprintln_seed(seed);
    let mut five = Five::start(herd, crew);
    five.under(seed, |five, answers| storm(five, answers, forecast))
}

/// What a failure is to show: the harness prints it then, and only then.
#[expect(clippy::print_stderr, reason = "a failed test shows it; one that passes does not")]
fn eprintln_seed(seed: u64) {
    eprintln!("the seed of this storm is {seed}");
}

fn storm(five: &mut Five, answers: &AtomicU64, forecast: &Forecast) -> Vec<(&'static str, u64)> {
    let mut luck = Luck::new(forecast.seed, 0);
    let mut happened =
        ["kills", "stops", "clock steps", "full disks", "cuts", "slow links"].map(|what| (what, 0));
    let mut undo: Vec<(u64, Undo)> = Vec::new();
    let clock = Clock::start();
    for step in 0..forecast.steps {
        if forecast.most.is_some_and(|most| clock.elapsed() >= most) {
            break;
        }
        let target = answers.load(Ordering::Relaxed) + forecast.answers;
        until("clients are answered", || (answers.load(Ordering::Relaxed) >= target).then_some(()));
        let due: Vec<_> = undo.extract_if(.., |(at, _)| *at <= step).collect();
        due.into_iter().for_each(|(_, what)| five.put_right(what));
        let hindered = |server: usize| {
            undo.iter().any(|(_, what)| {
                matches!(what, Undo::Raise(s) | Undo::Continue(s) | Undo::Replace(s) if *s == server)
            })
        };
        let server = luck.index(five.servers.len());
        let wire = luck.index(five.wires.len());
        let lasts = step + 1 + luck.below(3);
        let few = (0..five.servers.len()).filter(|server| hindered(*server)).count() < HINDERED;
        let what = match luck.index(6) {
            on_server @ 0..4 if few && !hindered(server) => {
                undo.extend(five.strike(server, on_server, &mut luck).map(|what| (lasts, what)));
                on_server
            }
            4 => {
                five.wires[wire].cut();
                undo.push((lasts, Undo::Heal(wire)));
                4
            }
            _ => {
                five.wires[wire].slow(Duration::from_millis(1 + luck.below(50)));
                undo.push((lasts, Undo::Quicken(wire)));
                5
            }
        };
        happened[what].1 += 1;
    }
    undo.into_iter().for_each(|(_, what)| five.put_right(what));
    happened.into()
}

impl Five {
    /// Something happens to a server; what is to be put right.
    fn strike(&mut self, server: usize, what: usize, luck: &mut Luck) -> Option<Undo> {
        match what {
            0 => {
                self.kill(server);
                if luck.below(2) == 0 {
                    return Some(Undo::Raise(server));
                }
                assert!(self.raise(server, None), "it starts again");
                None
            }
            1 => {
                let process = self.servers[server].process.as_ref().expect("it runs");
                process.signal("STOP");
                Some(Undo::Continue(server))
            }
            2 => {
                self.kill(server);
                let step = i64::try_from(luck.below(2 * CLOCK_STEP)).expect("a small number");
                self.servers[server].clock_ahead = step - CLOCK_STEP.cast_signed();
                assert!(self.raise(server, None), "it starts again");
                None
            }
            _ => {
                self.kill(server);
                let size = fs::metadata(self.file(server)).map_or(0, |file| file.len());
                // Not even what it has fits: sooner or later a commit fails, or the start does.
                let fits = self.raise(server, Some(size / 512 * (1 + luck.below(4)) / 4));
                Some(if fits { Undo::Replace(server) } else { Undo::Raise(server) })
            }
        }
    }

    fn put_right(&mut self, what: Undo) {
        match what {
            Undo::Raise(server) | Undo::Replace(server) => {
                self.kill(server);
                assert!(self.raise(server, None), "it starts again");
            }
            Undo::Continue(server) => {
                let process = self.servers[server].process.as_ref().expect("it runs");
                process.signal("CONT");
            }
            Undo::Heal(wire) => self.wires[wire].heal(),
            Undo::Quicken(wire) => self.wires[wire].slow(Duration::ZERO),
        }
    }
}
