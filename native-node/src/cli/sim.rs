//! `herd sim`

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Subcommand};
use herd_sim_wasm::pack::{PREFIX, is_link};
use herd_sim_wasm::text::parse_seconds;
use herd_sim_wasm::{Link, Options, Script, nemesis, scenarios};

use super::table::YELLOW;
use super::{Failure, out, sim_costs, sim_list, sim_maelstrom, sim_run, sim_swarm};

const EXAMPLES: &str = "\
Examples:
  herd sim run --scenario crash          a run to begin with: its log, its answers, its digest
  herd sim run bug.txt                   a script; exit status 1 if it breaks a check
  herd sim run herd1.JINXhSw…            a link
  herd sim costs --scenario partition    what a run costs with each preset
  herd sim link bug.txt                  the script as a link that opens in the page
  herd sim swarm --seeds 2000            search for what breaks a check
  herd sim maelstrom                     messages per operation and latencies, as Maelstrom tells them
  herd sim list                          what a script can say";

/// Simulate herds: play scripts and links, and search for what goes wrong
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Sim {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(sim_run::Run),
    Costs(sim_costs::CostsOf),
    Link(LinkOf),
    Script(ScriptOf),
    List(sim_list::List),
    Maelstrom(sim_maelstrom::Maelstrom),
    Swarm(sim_swarm::Swarm),
    Merge(sim_swarm::Merge),
}

/// Print a script as a link
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  herd sim link bug.txt\n  herd sim link bug.txt --at 2.5")]
struct LinkOf {
    /// The script, or a link; - is what comes in
    run: String,

    /// The instant at which the page opens it, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    at: Option<u64>,
}

/// Print a link as a script
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  herd sim script herd1.JINXhSw… > tests/scripts/bug.txt")]
struct ScriptOf {
    /// The link, or an address that holds it; - is what comes in
    link: String,
}

pub(super) fn run(sim: &Sim) -> Result<ExitCode, Failure> {
    match &sim.command {
        Command::Run(run) => sim_run::run(run),
        Command::Costs(of) => sim_costs::run(of),
        Command::Link(of) => {
            let link = read(&of.run)?;
            out::line!("{}", Link::new(link.script, of.at.or(link.at)))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Script(of) => {
            out::text!("{}", read(&of.link)?.script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::List(list) => sim_list::run(list),
        Command::Maelstrom(maelstrom) => sim_maelstrom::run(maelstrom),
        Command::Swarm(swarm) => sim_swarm::run(swarm),
        Command::Merge(merge) => sim_swarm::merge(merge),
    }
}

/// Seconds on the command line.
pub(super) fn seconds(text: &str) -> Result<u64, &'static str> {
    parse_seconds(text).ok_or("seconds such as 2.5 are expected")
}

/// Which run is meant.
#[derive(Args, Debug)]
pub(super) struct WhichRun {
    /// A file with a script, a link or the page's address, or - for what comes in
    #[arg(value_name = "FILE|LINK|-", required_unless_present = "scenario")]
    run: Option<String>,

    /// A run that comes with the program (see herd sim list), or chaos: one that is drawn
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    scenario: Option<String>,

    /// Seed, instead of the run's own
    #[arg(long, value_name = "N", requires = "scenario")]
    seed: Option<u64>,
}

impl WhichRun {
    pub(super) fn script(&self) -> Result<Script, Failure> {
        Ok(self.link()?.script)
    }

    /// The run, and the instant that its link names.
    pub(super) fn link(&self) -> Result<Link, Failure> {
        match (&self.run, &self.scenario) {
            (_, Some(name)) => Ok(Link::new(scenario(name, self.seed)?, None)),
            (Some(run), None) => read(run),
            (None, None) => Err(Failure::usage("a run or a --scenario is expected")),
        }
    }
}

/// The run that is meant: a file, a link, or what comes in.
pub(super) fn read(run: &str) -> Result<Link, Failure> {
    let mut text = String::new();
    let (name, text) = if run == "-" {
        let read = io::stdin().read_to_string(&mut text);
        read.map_err(|why| Failure::usage(format!("what comes in cannot be read: {why}")))?;
        ("-", text)
    } else if is_link(run) && !Path::new(run).exists() {
        ("the link", run.to_owned())
    } else {
        let text = fs::read_to_string(run);
        let failed = |why: io::Error| {
            Failure::usage(format!("{run} cannot be read: {why}"))
                .hint(format!("a file with a script is expected, or a link ({PREFIX}…)"))
        };
        (run, text.map_err(failed)?)
    };
    if !is_link(&text) {
        let script = text.parse::<Script>();
        return script.map(|script| Link::new(script, None)).map_err(|error| {
            let shown = text.lines().nth(error.line.saturating_sub(1) as usize).unwrap_or_default();
            Failure::usage(format!(
                "{name}:{}:{}: expected {}\n       {shown}",
                error.line, error.column, error.expected
            ))
        });
    }
    let link = Link::parse(&text).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    if let Some(warning) = link.warning() {
        out::note!("{YELLOW}warning:{YELLOW:#} {warning}");
    }
    Ok(link)
}

/// A scenario with another seed; `chaos` is drawn from the seed.
fn scenario(name: &str, seed: Option<u64>) -> Result<Script, Failure> {
    if name == "chaos" {
        let drawn = nemesis::draw(seed.unwrap_or(1), &nemesis::Setup::default());
        return drawn.map_err(Failure::usage);
    }
    let known = scenarios::named(name).ok_or_else(|| {
        let names: Vec<&str> = scenarios::SCENARIOS.iter().map(|known| known.name).collect();
        Failure::usage(format!("no scenario is called {name}"))
            .hint(format!("there are {}, and chaos, which is drawn", names.join(", ")))
    })?;
    let script: Script = known.script.parse().map_err(Failure::usage)?;
    let Some(seed) = seed else { return Ok(script) };
    let mut other =
        Script::new(Options { seed, ..script.options().clone() }).map_err(Failure::usage)?;
    for entry in script.entries() {
        other.add(entry.at, entry.command.clone()).map_err(Failure::usage)?;
    }
    Ok(other)
}
