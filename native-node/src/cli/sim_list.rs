//! `herd sim list`

use std::process::ExitCode;

use clap::Args;
use herd_sim_wasm::nemesis::Kind;
use herd_sim_wasm::options::KEYS;
use herd_sim_wasm::topology::field::HERDS;
use herd_sim_wasm::{Bug, Sometimes, Topology, command, scenarios, swarm};

use super::table::BOLD;
use super::{Failure, out};

/// List the scenarios, topologies, options, commands, checks and faults there are
#[derive(Args, Debug)]
pub(super) struct List {}

fn head(text: &str) -> Result<(), Failure> {
    out::line!("\n{BOLD}{text}{BOLD:#}")
}

fn rows<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), Failure> {
    for (name, what) in rows {
        out::line!("  {name:<22} {what}")?;
    }
    Ok(())
}

pub(super) fn run(_: &List) -> Result<ExitCode, Failure> {
    out::line!("{BOLD}scenarios{BOLD:#} (herd sim run --scenario NAME --seed N)")?;
    rows(scenarios::SCENARIOS.iter().map(|known| (known.name, known.sentence())))?;
    rows([("chaos", "A herd, its clients and its faults, drawn from the seed.")])?;

    head("topologies (topology=…)")?;
    rows(HERDS.iter().map(|(name, ..)| (*name, "a herd of the field")))?;
    rows([("shapes", Topology::SHAPES)])?;

    head("a script's first line: herd 1 and options")?;
    out::line!("  {}", KEYS.join("=… ") + "=…")?;
    out::line!("  bugs to plant (bug=…): {}", Bug::ALL.map(Bug::name).join(", "))?;

    head("a script's other lines: @SECONDS and a command, with off in front: switched off")?;
    for grammar in command::GRAMMAR {
        out::line!("  {grammar}")?;
    }

    head("checks")?;
    rows(swarm::checks())?;

    head("faults that a swarm draws (--faults …)")?;
    out::line!("  {}", Kind::ALL.map(Kind::name).join(", "))?;

    head("what a swarm has to see, sometimes")?;
    rows(Sometimes::ALL.map(|what| (what.name(), what.sentence())))?;
    Ok(ExitCode::SUCCESS)
}
