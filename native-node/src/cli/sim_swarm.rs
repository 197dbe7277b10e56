//! `herd sim swarm`, `herd sim merge`

use std::io::{IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;
use std::{fs, io, thread};

use clap::Args;
use herd_core::Preset;
use herd_sim_wasm::nemesis::{Kind, Setup};
use herd_sim_wasm::shrink::Shrinker;
use herd_sim_wasm::swarm::{EVENTS_MAX, Report, run_all};
use herd_sim_wasm::{Bug, Link, Sometimes, Trees, nemesis};

use super::options::{preset, trees};
use super::table::{BOLD, DIM, GREEN, RED, YELLOW};
use super::{Failure, out};
use crate::clock::Clock;

/// Exemplars of what was seen least that are printed with their links.
const RAREST: usize = 5;

/// So many seeds, drawn freely, have to show everything: what is rarest comes once in about eighty.
const COVERS: u64 = 1_000;

/// Search many seeds for what breaks a check
///
/// Each seed draws a herd, its clients and its faults; what fails is made small. The exit status is
/// 1 if anything failed, or if something was never seen that a search has to see sometimes; the
/// latter only where 1,000 seeds or more were drawn freely.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd sim swarm --seeds 2000
  herd sim swarm --minutes 10 --first 1000000 --require-coverage
  herd sim swarm --seeds 500 --topology ring:5 --faults cuts,crashes
  herd sim swarm --seeds 100000 --shard 3/8 --json part-3.json
  herd sim merge part-*.json")]
pub(super) struct Swarm {
    /// Seeds to run [default: 1000, or as many as --minutes allows]
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,

    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    first: u64,

    /// Threads [default: as many as there are cores]
    #[arg(long, value_name = "J")]
    jobs: Option<NonZeroUsize>,

    /// Stop after so many minutes
    #[arg(long, value_name = "M")]
    minutes: Option<u64>,

    /// Run only every N-th of the seeds, from the I-th (0 to N-1)
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(u64, u64)>,

    /// Write the report to a file, for herd sim merge
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Everything has to be seen, however few or narrow the seeds are
    #[arg(long)]
    require_coverage: bool,

    /// Nothing has to be seen
    #[arg(long, conflicts_with = "require_coverage")]
    no_coverage: bool,

    /// The herd, instead of drawing one
    #[arg(long, value_name = "NAME")]
    topology: Option<String>,

    /// How updates are ordered and repaired, instead of drawing it
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<Preset>,

    /// Where its trees come from, instead of drawing it
    #[arg(long, value_name = "learned|planned", value_parser = trees)]
    trees: Option<Trees>,

    /// The faults that may be drawn [default: all]; none: only calm runs
    #[arg(long, value_name = "KIND,KIND…", value_delimiter = ',', value_parser = kind)]
    faults: Option<Vec<Option<Kind>>>,

    /// A bug to plant
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Option<Bug>,
}

/// Put the reports of several searches together
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  herd sim merge part-0.json part-1.json")]
pub(super) struct Merge {
    /// Reports, as herd sim swarm --json writes them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The exit status is 1 also if something was never seen that has to be seen sometimes
    #[arg(long)]
    require_coverage: bool,

    /// Write the whole to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn shard(text: &str) -> Result<(u64, u64), &'static str> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(i, n)| i < n).ok_or("I/N is expected, I from 0 to N-1, such as 0/4")
}

fn bug(text: &str) -> Result<Bug, String> {
    let names = Bug::ALL.map(Bug::name).join(", ");
    Bug::named(text).ok_or_else(|| format!("one of {names} is expected"))
}

fn kind(text: &str) -> Result<Option<Kind>, String> {
    let names = Kind::ALL.map(Kind::name).join(", ");
    match text {
        "none" => Ok(None),
        _ => Kind::named(text)
            .map(Some)
            .ok_or_else(|| format!("none or some of {names} is expected")),
    }
}

pub(super) fn run(swarm: &Swarm) -> Result<ExitCode, Failure> {
    let setup = Setup {
        topology: swarm.topology.as_deref().map(Into::into),
        preset: swarm.preset,
        trees: swarm.trees,
        kinds: swarm.faults.as_ref().map(|kinds| kinds.iter().copied().flatten().collect()),
        bug: swarm.bug,
    };
    let most = if swarm.minutes.is_some() { u64::MAX } else { 1_000 };
    let count = swarm.seeds.unwrap_or(most);
    let (shard, shards) = swarm.shard.unwrap_or((0, 1));
    let seeds = |n: u64| {
        let place = n.checked_mul(shards)?.checked_add(shard)?;
        (place < count).then(|| swarm.first.checked_add(place))?
    };
    let clock = Clock::start();
    let limit = swarm.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let in_time = || limit.is_none_or(|limit| clock.elapsed() < limit);
    let bar = Bar::new(count.saturating_sub(shard).div_ceil(shards), limit, clock);
    let jobs = swarm.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
    let goes_on = |done| {
        bar.show(done);
        in_time()
    };
    let mut report = run_all(&seeds, jobs, &setup, &goes_on)
        .map_err(|why| Failure::usage(format!("--topology: {why}")))?;
    let took = clock.elapsed();
    let mut place = (0, None);
    let kept = report.failures.len();
    report.shrink(|seed, small| {
        if place.1.replace(seed) != Some(seed) {
            place.0 += 1;
        }
        bar.show_small((place.0, kept), seed, small);
        true
    });
    bar.clear();
    let seconds = took.as_secs_f64();
    out::line!(
        "{BOLD}{} seeds{BOLD:#}, {} events, {seconds:.1} s on {jobs} threads",
        report.seeds,
        report.events
    )?;
    save(&report, swarm.json.as_deref())?;
    let free = Setup { bug: None, ..setup.clone() } == Setup::default();
    let covers = !swarm.no_coverage && free && report.seeds >= COVERS;
    tell(&report, &setup, swarm.require_coverage || covers)
}

pub(super) fn merge(merge: &Merge) -> Result<ExitCode, Failure> {
    let mut whole = Report::default();
    for path in &merge.files {
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::usage(format!("{} is no report of herd sim swarm: {why}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|why| wrong(&why))?;
        whole.merge(serde_json::from_str(&text).map_err(|why| wrong(&why))?);
    }
    out::line!("{BOLD}{} seeds{BOLD:#}, {} events", whole.seeds, whole.events)?;
    save(&whole, merge.json.as_deref())?;
    tell(&whole, &Setup::default(), merge.require_coverage)
}

fn save(report: &Report, path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(report).map_err(Failure::usage)?;
    fs::write(path, text + "\n")
        .map_err(|why| Failure::usage(format!("{} cannot be written: {why}", path.display())))
}

/// Prints a report; how the command ends.
fn tell(report: &Report, setup: &Setup, require_coverage: bool) -> Result<ExitCode, Failure> {
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        let each: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
        each.join(", ")
    };
    out::line!("{BOLD}drawn{BOLD:#}  {}", list(&report.drawn))?;
    out::line!("{BOLD}checks{BOLD:#} {} (runs in which each judged)", list(&report.checks))?;
    out::line!("{BOLD}seen{BOLD:#}")?;
    let mut seen: Vec<_> = report.seen.iter().collect();
    seen.sort_by_key(|(_, seen)| seen.runs);
    for (place, (name, seen)) in seen.into_iter().enumerate() {
        let sentence = Sometimes::named(name).map_or("", Sometimes::sentence);
        out::line!("  {:>8} {name:<22} {sentence}", seen.runs)?;
        if place < RAREST
            && let Ok(script) = nemesis::draw(seen.seed, setup)
        {
            out::line!("           {DIM}seed {} {}{DIM:#}", seen.seed, Link::new(script, None))?;
        }
    }
    let unseen = report.unseen();
    for what in &unseen {
        out::line!("  {YELLOW}{:>8}{YELLOW:#} {:<22} {}", "never", what.name(), what.sentence())?;
    }
    for (seed, found) in &report.failures {
        out::line!("\n{RED}seed {seed}:{RED:#} {BOLD}{}{BOLD:#}", found.what)?;
        out::text!("{}", found.small.as_deref().unwrap_or(&found.script))?;
        if found.spent {
            out::line!(
                "  {YELLOW}not minimal:{YELLOW:#} what was tried has taken {} events, which is all that \
                may be",
                herd_sim_wasm::shrink::EVENTS_MAX
            )?;
        }
        out::line!("  herd sim run {}", found.link)?;
    }
    let more = report.failed.saturating_sub(report.failures.len() as u64);
    if more > 0 {
        out::line!("\nand {more} more seeds that failed")?;
    }
    if report.given_up > 0 {
        let seeds: Vec<String> = report.endless.iter().map(u64::to_string).collect();
        out::line!(
            "{YELLOW}given up:{YELLOW:#} {} seeds after {EVENTS_MAX} events each, up to which no check \
            broke: {}",
            report.given_up,
            seeds.join(", ")
        )?;
    }
    if report.failed == 0 {
        out::line!("{GREEN}fine:{GREEN:#} no check broke")?;
    }
    let missed = require_coverage && !unseen.is_empty();
    if missed {
        out::line!("{RED}missed:{RED:#} {} things were never seen", unseen.len())?;
    }
    Ok(if report.failed > 0 || missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How far the search is, on a terminal only.
struct Bar {
    count: u64,
    limit: Option<Duration>,
    clock: Clock,
    shown: Option<Mutex<Duration>>,
}

impl Bar {
    fn new(count: u64, limit: Option<Duration>, clock: Clock) -> Self {
        let shown = io::stderr().is_terminal().then(|| Mutex::new(Duration::ZERO));
        Self { count, limit, clock, shown }
    }

    /// Shows the number of seeds that are done.
    fn show(&self, done: u64) {
        let Some(now) = self.is_due() else { return };
        let of_seeds = if self.count == u64::MAX { 0 } else { done * 100 / self.count.max(1) };
        let of_time = self.limit.map_or(0, |limit| now.as_secs() * 100 / limit.as_secs().max(1));
        let rate = u128::from(done) * 1_000 / now.as_millis().max(1);
        Self::draw(of_seeds.max(of_time), &format!("{done} seeds, {rate} a second"));
    }

    /// Shows how far a failing script is on its way to being small: the how-manieth it is, and of how
    /// many.
    fn show_small(&self, (place, of): (usize, usize), seed: u64, small: &Shrinker) {
        if self.is_due().is_none() {
            return;
        }
        let commands = small.script().entries().len();
        let what = format!(
            "making seed {seed} small ({place} of {of}): {commands} commands, {} tried",
            small.tries()
        );
        Self::draw(u64::from(small.spent()), &what);
    }

    /// Ten times a second, how long it has taken.
    fn is_due(&self) -> Option<Duration> {
        let now = self.clock.elapsed();
        let mut last = self.shown.as_ref()?.try_lock().ok()?;
        let due = now >= *last + Duration::from_millis(100);
        if due {
            *last = now;
        }
        due.then_some(now)
    }

    fn draw(percent: u64, what: &str) {
        let percent = usize::try_from(percent.min(100)).unwrap_or(100);
        let bar = "=".repeat(percent * 30 / 100);
        let mut err = io::stderr().lock();
        // Where the progress cannot be shown, the search goes on without.
        let _ = write!(err, "\r\x1b[K[{bar:<30}] {percent:>3} %  {what} ");
    }

    fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
