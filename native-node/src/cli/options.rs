//! Options that several commands share.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use herd_core::{Preset, Style};
use herd_sim_wasm::Trees;
use herd_sim_wasm::pack::CORE;
use herd_sim_wasm::text::parse_duration;
use herd_sim_wasm::topology::Topology;
use tokio::runtime::Handle;

use super::guard::Guard;
use super::{Failure, check};
use crate::config::{Herd, file};
use crate::disk::Durability;
use crate::log::{Detail, Format};
use crate::places::{self, Key, Places, Provider};
use crate::run::{self, descriptors};
use crate::server::Limits;
use crate::tape;

/// The port of the first server, if no other is given.
const BASE_PORT: u16 = 12000;

/// Which herd is meant.
#[derive(Args, Debug)]
pub(super) struct Which {
    /// A herd of the field (places-2016, seed-2016, …), a shape (ring:8, grid:3x3, …), or a herd file
    #[arg(long, value_name = "NAME|FILE", default_value = "places-2016")]
    pub(super) topology: String,

    /// Port of the first server; the others follow. 0: free ports. A herd file has its own [default:
    /// 12000]
    #[arg(long, value_name = "PORT")]
    pub(super) base_port: Option<u16>,
}

/// A number of which none would let nobody in.
pub(super) fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// A preset by its name.
pub(super) fn preset(name: &str) -> Result<Preset, String> {
    let known = || Preset::ALL.map(Preset::name).join(", ");
    Preset::named(name).ok_or_else(|| format!("there are: {}", known()))
}

/// Where trees come from, by name.
pub(super) fn trees(name: &str) -> Result<Trees, String> {
    let known = || Trees::ALL.map(Trees::name).join(", ");
    Trees::named(name).ok_or_else(|| format!("there are: {}", known()))
}

/// A duration on the command line, ns.
pub(super) fn duration(text: &str) -> Result<u64, &'static str> {
    parse_duration(text).ok_or("a duration such as 500ms is expected")
}

/// What servers do besides the protocol.
#[derive(Args, Debug)]
pub(super) struct Serving {
    /// Folder for the log files, one per server
    #[arg(long, value_name = "DIR", default_value = "herd-logs")]
    pub(super) log_dir: PathBuf,

    /// What is logged
    #[arg(long, value_enum, default_value_t)]
    pub(super) log: Detail,

    /// What a line of the log is
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: Format,

    /// Megabytes of a log file after which it begins anew, the one before it kept as NAME.log.1; 0: it
    /// grows for ever
    #[arg(long, value_name = "MB", default_value_t = 256)]
    log_max_mb: u64,

    /// Who is asked what is near a client
    #[arg(long, value_enum, default_value_t)]
    places: Provider,

    /// Address of the Places service, if it is not Google's own
    #[arg(long, value_name = "URL")]
    places_url: Option<String>,

    /// File that holds the key of the Places service (else it is taken from HERD_PLACES_KEY)
    #[arg(long, value_name = "FILE")]
    places_key_file: Option<PathBuf>,

    /// Folder for what servers keep, one file each; a restart goes on where it left off
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,

    /// With --data, when an answer is given: `answer` once it is on the disk; `interval:MS` at once,
    /// and the disk follows so many milliseconds later at most (a slower one is waited for)
    #[arg(long, value_name = "WHEN", default_value_t, requires = "data")]
    durability: Durability,

    /// Where all that servers are told is taped, to be told again (`herd tape`): a folder, one file
    /// each, or for one server a file that ends in .tape [default: not, or as the herd file says]
    #[arg(long, value_name = "DIR|FILE")]
    pub(super) tape: Option<PathBuf>,

    /// Megabytes that the tapes of a server take, FILE and those before it, FILE.1 to FILE.50: one begins
    /// with each start, and when half of that is full
    #[arg(long, value_name = "MB", default_value_t = 256)]
    tape_max_mb: u64,

    /// Connections a server has open at most [default: 16384, or what the system allows]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    connections_max: Option<usize>,

    /// Seconds after which a client that takes nothing of its answers is hung up on
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    stuck_after: u64,

    /// Seconds that the servers' wall clocks are made to be ahead, to see what comes of a wrong one
    #[arg(long, value_name = "SECONDS", default_value_t = 0, hide = true)]
    #[arg(allow_negative_numbers = true)]
    clock_ahead: i64,

    /// A path: while there is a file, nothing is written to --data, to see what comes of a disk that hangs
    #[arg(long, value_name = "FILE", hide = true)]
    disk_hangs_while: Option<PathBuf>,

    /// Threads that run servers [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    #[command(flatten)]
    pub(super) guard: Guard,
}

impl Which {
    /// The herd, and whether a file says it.
    pub(super) fn herd(&self) -> Result<(Herd, bool), Failure> {
        let path = Path::new(&self.topology);
        if is_file(path) {
            if self.base_port.is_some() {
                let message = format!("--base-port: {} has its own ports", path.display());
                return Err(Failure::usage(message).hint("leave it out, or change `listen` there"));
            }
            return herd_file(path).map(|herd| (herd, true));
        }
        let topology = Topology::named(&self.topology, 0)
            .map_err(|error| Failure::usage(format!("--topology {}: {error}", self.topology)))?;
        let herd = Herd::on_host(&topology, "127.0.0.1", self.base_port.unwrap_or(BASE_PORT));
        herd.map(|herd| (herd, false)).map_err(|why| {
            Failure::usage(why).hint("choose a lower --base-port or a smaller --topology")
        })
    }
}

/// Whether a word is meant as a herd file.
fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml") || path.components().count() > 1
}

/// The herd in a file; its errors are the failure, its warnings are told.
pub(super) fn herd_file(path: &Path) -> Result<Herd, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|why| Failure::usage(format!("{} cannot be read: {why}", path.display())))?;
    let (herd, problems) = file::read(&text);
    check::tell(path, &problems);
    let mut herd = herd.ok_or_else(|| {
        Failure::usage(format!("{} is no herd file that can be used", path.display()))
    })?;
    herd.found_from(path.parent().unwrap_or_else(|| Path::new("")));
    Ok(herd)
}

/// Refuses an option that is about trees where updates go over none.
pub(super) fn check_trees(preset: Preset, option: Option<&str>) -> Result<(), Failure> {
    let Some(option) = option.filter(|_| preset.feeds().is_none()) else { return Ok(()) };
    let with = Preset::ALL.into_iter().filter(|preset| preset.feeds().is_some()).map(Preset::name);
    let message = format!("{option}: with the preset {} there are no trees", preset.name());
    let hint = format!("choose a preset that has some: {}", with.collect::<Vec<_>>().join(", "));
    Err(Failure::usage(message).hint(hint))
}

/// The servers of a herd that `herd` starts: all but the prototypes.
pub(super) fn own_servers(herd: &Herd) -> Vec<String> {
    let own = herd.servers.iter().filter(|member| member.style == Style::Herd);
    own.map(|member| member.name.clone()).collect()
}

impl Serving {
    /// Where servers are taped, if they are.
    fn tape(&self, herd: &Herd, servers: usize) -> Result<Option<tape::Options>, Failure> {
        let Some(path) = self.tape.clone().or_else(|| herd.tape.clone()) else { return Ok(None) };
        if servers > 1 && tape::is_file(&path) {
            let message = format!("{} cannot be the tape of {servers} servers", path.display());
            let hint = "name a folder: each server has a file of its own there, NAME.tape";
            return Err(Failure::usage(message).hint(hint));
        }
        let most = self.tape_max_mb.saturating_mul(1 << 20);
        Ok(Some(tape::Options { path, most, core: CORE }))
    }

    /// How the servers `names` of a herd are run.
    pub(super) fn options(
        &self,
        herd: &Herd,
        names: &[String],
        main: &Handle,
    ) -> Result<run::Options, Failure> {
        let servers = names.len();
        if self.places == Provider::Mock {
            let given = [
                self.places_url.as_ref().map(|_| "--places-url"),
                self.places_key_file.as_ref().map(|_| "--places-key-file"),
            ];
            if let Some(option) = given.into_iter().flatten().next() {
                let message = format!("{option}: nobody is asked over the network");
                return Err(Failure::usage(message)
                    .hint("say who is, with --places google or --places google-legacy"));
            }
        }
        let security = self.guard.security(herd, names, main)?;
        let key = Key::find(self.places_key_file.as_deref()).map_err(Failure::usage)?;
        let options = places::Options { provider: self.places, url: self.places_url.clone(), key };
        let places = Places::new(&options, main).map_err(Failure::usage)?;
        // One of several servers may need more than its share; it leaves half to the others.
        let fair = descriptors().saturating_sub(64) / servers.clamp(1, 2);
        let most = Limits::default().connections.min(fair);
        let limits = Limits {
            connections: self.connections_max.unwrap_or(most),
            stuck: Duration::from_secs(self.stuck_after),
            clock_ahead: self.clock_ahead.saturating_mul(1_000_000_000),
            ..Limits::default()
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(run::Options {
            places,
            log_dir: self.log_dir.clone(),
            log: self.log,
            log_format: self.log_format,
            log_max: self.log_max_mb.saturating_mul(1 << 20),
            limits: self.guard.limits(limits),
            security,
            data: self.data.clone(),
            durability: self.durability,
            disk_hangs: self.disk_hangs_while.clone(),
            tape: self.tape(herd, servers)?,
            workers: self.workers.unwrap_or(cores),
        })
    }
}
