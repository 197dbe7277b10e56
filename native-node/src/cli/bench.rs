//! `herd bench`

use std::net::ToSocketAddrs;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, process, thread};

use clap::{Args, ValueEnum};
use herd_sim_wasm::pack::CORE;
use herd_sim_wasm::topology::Topology;
use tokio::runtime::Runtime;

use super::client::Manner;
use super::options::own_servers;
use super::table::aligned;
use super::{Failure, out};
use crate::bench::{self, BenchError, Load, Report, Target};
use crate::client::Over;
use crate::config::Herd;
use crate::disk::Durability;
use crate::keys::folder::{self, Wanted};
use crate::keys::secret::Secret;
use crate::keys::tls;
use crate::log::{Detail, Format};
use crate::places::Places;
use crate::run::{self, Known, Quic, Running, Security, descriptors};
use crate::server::Limits;
use crate::tape;

/// Measure how many updates a herd accepts and replicates, and what that costs
///
/// Starts a herd of five of its own over loopback for every row, unless it is given the addresses
/// of one that runs. Processor time is that of the whole process but the load generator.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd bench                                    1 and 50 connections, with and without a full log
  herd bench --connections 50 --log events --updates 5000000
  herd bench --log off --tape --rounds 5        what tapes cost
  herd bench --log off --over tcp,tls,quic      what TLS and QUIC cost
  herd bench --to 127.0.0.1:12000 --to 127.0.0.1:12001
  herd bench --tls-ca herd-keys/ca.pem --token-file token --to ball.example:12001

The exit status is 2 when there was no answer, 1 when an update was not taken or did not get everywhere.")]
pub(super) struct Bench {
    /// Updates per row
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    updates: u64,

    /// Clients the updates are about
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    clients: u64,

    /// Connections; several numbers make several rows
    #[arg(long, value_name = "N,N…", value_delimiter = ',', default_value = "1,50")]
    connections: Vec<usize>,

    /// Unanswered lines per connection
    #[arg(long, value_name = "N", default_value_t = 64)]
    depth: usize,

    /// What the servers log; several words make several rows
    #[arg(long, value_enum, value_delimiter = ',', default_value = "events,full")]
    log: Vec<Detail>,

    /// Keep what is accepted on the disk: `answer` before it is answered, `interval:MS` so many
    /// milliseconds later at most [default: in memory only]
    #[arg(long, value_name = "WHEN")]
    durability: Option<Durability>,

    /// Measure each row with tapes as well, and what they cost: the ratio of processor times
    #[arg(long)]
    tape: bool,

    /// How often each row is measured, in turn with those it is compared to; the round of the middle
    /// processor time is shown
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: usize,

    /// What clients and links go over; several words make several rows, with the ratio of their
    /// processor times to the first's
    #[arg(long, value_enum, value_delimiter = ',', default_value = "tcp")]
    over: Vec<Road>,

    /// The herd, by name or shape
    #[arg(long, value_name = "NAME", default_value = "places-2016")]
    topology: String,

    /// Threads that run servers [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    /// A server of a herd that runs already (over QUIC, where `quic://` stands before it); give all
    /// of its servers
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["durability", "log", "over", "rounds", "tape", "topology", "workers"])]
    to: Vec<String>,

    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(bench: &Bench) -> Result<ExitCode, Failure> {
    if bench.updates == 0
        || bench.rounds == 0
        || bench.clients == 0
        || bench.depth == 0
        || bench.connections.contains(&0)
    {
        return Err(Failure::usage(
            "a load has at least one update, client, connection, line and round",
        ));
    }
    let head = HEAD.map(str::to_owned);
    let mut rows = vec![head];
    if bench.to.is_empty() {
        if !bench.manner.is_plain() {
            return Err(Failure::usage("a herd of its own has its own keys, and no tokens")
                .hint("--tls-ca and --token-file go with --to; --over tls,quic measures those"));
        }
        for &connections in &bench.connections {
            for &log in &bench.log {
                rows_of(bench, connections, log, &mut rows)?;
            }
        }
    } else {
        let servers = bench.to.iter().map(|server| target(&bench.manner, server));
        let servers = servers.collect::<Result<Vec<_>, Failure>>()?;
        for &connections in &bench.connections {
            let load = load(bench, connections);
            let report = bench::run(&servers, &load).map_err(unreached)?;
            rows.push(row(connections, ["-", "-"], &report, false));
        }
    }
    let rounds = match bench.rounds {
        1 => String::new(),
        rounds => format!("; of {rounds} rounds the one in the middle"),
    };
    out::line!(
        "\n  {} updates about {} clients, {} lines deep{rounds}\n\n{}",
        bench.updates,
        bench.clients,
        bench.depth,
        aligned(&rows)
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A server that is named on the command line.
fn target(manner: &Manner, server: &str) -> Result<Target, Failure> {
    let (over, address) = manner.over(server)?;
    let found = address.to_socket_addrs().ok().and_then(|mut found| found.next());
    let address = found.ok_or_else(|| {
        Failure::usage(format!("--to {server}: no such address; HOST:PORT is expected"))
    })?;
    Ok(Target { address, over, token: manner.token()?.map(Secret::new) })
}

/// Who gives no answer is status 2, as with all commands.
fn unreached(error: BenchError) -> Failure {
    match error {
        error @ (BenchError::Connection(..) | BenchError::System(_)) => Failure::usage(error),
        error @ (BenchError::NotReplicated(..)
        | BenchError::Refused(_)
        | BenchError::Stranger(_)) => failure(error),
    }
}

/// What each column holds.
const HEAD: [&str; 7] =
    ["connections", "over", "log", "accepted/s", "replicated/s", "CPU s per million", "seconds"];

/// The rows of so many connections and that log.
fn rows_of(
    bench: &Bench,
    connections: usize,
    log: Detail,
    rows: &mut Vec<[String; 7]>,
) -> Result<(), Failure> {
    let tapes = if bench.tape { &[false, true][..] } else { &[false] };
    let all = bench
        .over
        .iter()
        .flat_map(|&over| tapes.iter().map(move |&taped| Run { connections, log, over, taped }));
    let mut measured: Vec<(Run, Vec<Report>)> = all.map(|run| (run, Vec::new())).collect();
    // In turn: whatever else the machine does meanwhile, it does to all.
    for _ in 0..bench.rounds {
        for (run, reports) in &mut measured {
            reports.push(own_herd(bench, *run)?);
        }
    }
    let mut first: Option<Report> = None;
    let mut plain: Option<Report> = None;
    for (run, reports) in &mut measured {
        reports.sort_unstable_by_key(Report::cpu_ms_per_million);
        let report = reports[reports.len() / 2];
        let (mut road, mut log) = (run.over.word().to_owned(), word(run.log).to_owned());
        if run.taped {
            log += ", taped";
            log += &plain.map_or_else(String::new, |plain| ratio(&plain, &report));
        } else {
            road += &first.map_or_else(String::new, |first| ratio(&first, &report));
            first.get_or_insert(report);
            plain = Some(report);
        }
        rows.push(row(connections, [&road, &log], &report, true));
    }
    Ok(())
}

/// A herd of its own that is measured.
#[derive(Clone, Copy, Debug)]
struct Run {
    connections: usize,
    log: Detail,
    over: Road,
    taped: bool,
}

/// What clients and links go over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Road {
    Tcp,
    Tls,
    Quic,
}

impl Road {
    const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Quic => "quic",
        }
    }

    /// Makes the keys it takes, in a folder that is there: who is let in, and what clients use.
    fn pave(self, names: &[String], folder: &Path) -> Result<(Security, Over), Failure> {
        let quic = match self {
            Self::Tcp => return Ok((Security::default(), Over::Tcp)),
            Self::Tls => Quic::Off,
            Self::Quic => Quic::Links,
        };
        let folder = folder.join("keys");
        folder::init(&folder).map_err(failure)?;
        for name in names {
            let wanted = Wanted { name, hosts: &[], days: 1, renew: false };
            folder::add(&folder, &wanted).map_err(failure)?;
        }
        let clients = tls::for_clients(&folder.join("ca.pem")).map_err(failure)?;
        let security = Security { links: Known::Certificates(folder), quic, ..Security::default() };
        let over = if self == Self::Quic { Over::Quic(clients) } else { Over::Tls(clients) };
        Ok((security, over))
    }
}

const fn load(bench: &Bench, connections: usize) -> Load {
    Load { updates: bench.updates, clients: bench.clients, connections, depth: bench.depth }
}

const fn word(log: Detail) -> &'static str {
    match log {
        Detail::Full => "full",
        Detail::Events => "events",
        Detail::Off => "off",
    }
}

/// How much more processor time it took, in brackets.
fn ratio(without: &Report, with: &Report) -> String {
    match (without.cpu_ms_per_million(), with.cpu_ms_per_million()) {
        (Some(without), Some(with)) if without > 0 => {
            format!(" ({}.{:03}×)", with / without, with * 1000 / without % 1000)
        }
        _ => String::new(),
    }
}

fn failure(error: impl std::fmt::Display) -> Failure {
    Failure { message: error.to_string(), hint: None, status: 1 }
}

fn row(connections: usize, [over, log]: [&str; 2], report: &Report, own: bool) -> [String; 7] {
    let cpu = report.cpu_ms_per_million().filter(|_| own);
    let seconds = |ms: u64| format!("{}.{:02}", ms / 1000, ms % 1000 / 10);
    [
        connections.to_string(),
        over.to_owned(),
        log.to_owned(),
        report.rate(report.accepted).to_string(),
        report.rate(report.replicated).to_string(),
        cpu.map_or_else(|| "-".to_owned(), seconds),
        seconds(u64::try_from(report.replicated.as_millis()).unwrap_or(u64::MAX)),
    ]
}

/// Runs a load against a herd of its own, which is ended again.
fn own_herd(bench: &Bench, run: Run) -> Result<Report, Failure> {
    let folder = env::temp_dir().join(format!("herd-bench-{}", process::id()));
    let report = measured(bench, run, &folder);
    // Where there was no log there is no folder.
    let _ = fs::remove_dir_all(&folder);
    report
}

fn measured(bench: &Bench, run: Run, folder: &Path) -> Result<Report, Failure> {
    let Run { connections, log, over, taped } = run;
    let topology = Topology::named(&bench.topology, 0)
        .map_err(|error| Failure::usage(format!("--topology {}: {error}", bench.topology)))?;
    let herd = Herd::on_host(&topology, "127.0.0.1", 0).map_err(Failure::usage)?;
    let names = own_servers(&herd);
    let (security, over) = over.pave(&names, folder)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let most = Limits::default().connections.min(descriptors() / names.len().max(1));
    let options = run::Options {
        places: Places::Mock,
        log_dir: folder.to_owned(),
        log,
        log_format: Format::Text,
        log_max: 0,
        security,
        data: bench.durability.map(|_| folder.join("data")),
        disk_hangs: None,
        durability: bench.durability.unwrap_or_default(),
        tape: taped.then(|| tape::Options {
            path: folder.join("tapes"),
            most: 256 << 20,
            core: CORE,
        }),
        limits: Limits { connections: most, ..Limits::default() },
        workers: bench.workers.unwrap_or(cores),
    };
    let running = Running::start(herd, &names, &options).map_err(failure)?;
    let to = |address| Target { address, over: over.clone(), token: None };
    let servers: Vec<Target> = running.servers().iter().map(|s| to(s.address)).collect();
    let report = bench::run(&servers, &load(bench, connections));
    let main = Runtime::new().map_err(failure)?;
    main.block_on(running.stop());
    let losses = running.wait().map_err(failure)?;
    for loss in losses {
        let (lines, path) = (loss.lines, loss.path.display());
        out::note!("  {lines} lines were not written to {path}");
    }
    report.map_err(failure)
}
