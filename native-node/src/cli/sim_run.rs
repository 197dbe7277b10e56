//! `herd sim run`

use std::process::ExitCode;

use clap::Args;
use herd_sim_wasm::cause::Provenance;
use herd_sim_wasm::judge::{Failure as Broken, play};
use herd_sim_wasm::text::{escape, show_seconds};
use herd_sim_wasm::{Link, LogKind, LogLine, Script, World};

use super::sim::{WhichRun, seconds};
use super::table::{BOLD, DIM, GREEN, RED};
use super::{Failure, out};

/// Lines of a causal chain that are shown.
const CHAIN: usize = 16;

/// Play a run: the log, the answers, the digest, and what broke
///
/// A run goes on until nothing is under way after its last command, and stops at the first thing
/// that breaks a check. The exit status is 1 then, and 2 if the run cannot be read. Of a link that
/// names an instant, the digest at that instant is printed as well: the page shows the same one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd sim run tests/scripts/two-dials-at-once.txt
  herd sim run 'http://127.0.0.1:8080/#run=herd+1+seed=7&at=1.25'
  herd sim run --scenario partition
  herd sim run --scenario chaos --seed 17 --quiet
  herd sim script herd1.JINXhSw… | herd sim run -")]
pub(super) struct Run {
    #[command(flatten)]
    which: WhichRun,

    /// Stop at this instant
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    until: Option<u64>,

    /// No log and no answers
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(run: &Run) -> Result<ExitCode, Failure> {
    let Link { script, at, .. } = run.which.link()?;
    let mut world = World::new(script.clone());
    world.record(true);
    let broken = match run.until {
        None => play(&mut world),
        Some(until) => {
            world.run_until(until);
            world.lamps().iter().find_map(|lamp| {
                let broken = lamp.broken.as_deref()?;
                let (servers, what) = (broken.servers.clone(), broken.what.clone());
                let (at, event, record) = (broken.at, broken.event, broken.record.clone());
                Some(Broken { check: lamp.name, at, event, servers, record, what })
            })
        }
    };
    let log = world.take_log();
    if !run.quiet {
        show_log(&script, &log)?;
        show_answers(&mut world)?;
    }
    out::line!(
        "{BOLD}digest{BOLD:#} {:016x}  {} events in {} s",
        world.digest(),
        world.events(),
        show_seconds(world.now())
    )?;
    if let Some(at) = at.filter(|_| run.until.is_none()) {
        let mut there = World::new(script.clone());
        there.run_until(at);
        let digest = there.digest();
        out::line!("{BOLD}opens at{BOLD:#} {} s  digest {digest:016x}", show_seconds(at))?;
    }
    let Some(broken) = broken else {
        let held = world.lamps().iter().filter(|lamp| lamp.tried).count();
        out::line!("{GREEN}fine:{GREEN:#} {held} checks held")?;
        return Ok(ExitCode::SUCCESS);
    };
    show_broken(&script, &broken, &log)?;
    Ok(ExitCode::FAILURE)
}

fn show_log(script: &Script, log: &[LogLine]) -> Result<(), Failure> {
    let topology = script.topology();
    out::line!("{BOLD}{}{BOLD:#}", LogLine::head(topology))?;
    for line in log {
        let text = line.show(topology);
        match line.kind {
            LogKind::Check => out::line!("{RED}{text}{RED:#}")?,
            LogKind::Command => out::line!("{BOLD}{text}{BOLD:#}")?,
            LogKind::Known | LogKind::Link => out::line!("{DIM}{text}{DIM:#}")?,
            LogKind::Said
            | LogKind::Answer
            | LogKind::Accepted
            | LogKind::Learned
            | LogKind::Refused
            | LogKind::Places
            | LogKind::Lost => out::line!("{text}")?,
        }
    }
    Ok(())
}

fn show_answers(world: &mut World) -> Result<(), Failure> {
    let answers = world.take_answers();
    out::line!("{BOLD}answers{BOLD:#} {}", answers.len())?;
    for answer in answers {
        let server = &world.topology().names()[answer.server as usize];
        let text = answer.text.as_deref().map(|text| {
            let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            escape(first)
        });
        let text = text.unwrap_or_else(|| "(no answer: the connection was lost)".into());
        let said = escape(&answer.line);
        let (at, who) = (show_seconds(answer.at), &answer.terminal);
        out::line!("{at:>12} {who} at {server}: {said}\n{:>12} {text}", "")?;
    }
    Ok(())
}

/// What broke, and what led to it.
fn show_broken(script: &Script, broken: &Broken, log: &[LogLine]) -> Result<(), Failure> {
    let name = |server: &herd_sim_wasm::ServerId| script.topology().name(*server).to_owned();
    let servers: Vec<String> = broken.servers.iter().map(name).collect();
    out::line!("{RED}broken:{RED:#} {BOLD}{}{BOLD:#}", broken.what)?;
    out::line!("    at {} s, after {} events", show_seconds(broken.at), broken.event)?;
    if !servers.is_empty() {
        out::line!("    servers: {}", servers.join(", "))?;
    }
    if let Some(record) = &broken.record {
        out::line!("    record: {record}")?;
    }
    let red = log.iter().rev().find(|line| line.kind == LogKind::Check);
    if let Some(red) = red {
        let provenance = Provenance::of(script, broken.at);
        let chain = provenance.causes(red.number).unwrap_or_default();
        out::line!("    because")?;
        let left_out = chain.len().saturating_sub(CHAIN);
        if left_out > 0 {
            out::line!("      … {left_out} lines before")?;
        }
        for line in &chain[left_out..] {
            let server =
                line.server.and_then(|server| script.topology().names().get(server as usize));
            let server = server.map_or("==", |name| name);
            out::line!("      {:>12} {server} {}", show_seconds(line.at), line.text)?;
        }
    }
    out::line!("    link: {}", Link::new(script.clone(), Some(broken.at)))
}
