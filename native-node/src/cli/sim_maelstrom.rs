//! `herd sim maelstrom`

use std::process::ExitCode;

use clap::Args;
use herd_core::Preset;
use herd_sim_wasm::maelstrom::{HEAD, Parting, Trial, Validity};
use herd_sim_wasm::{Latency, Share, Trees};

use super::options::{duration, preset, trees};
use super::sim::seconds;
use super::table::{BOLD, RED};
use super::{Failure, out};

/// Measure a herd with Maelstrom's broadcast workload: messages per operation, latencies, losses
///
/// Clients broadcast numbers at any server and read all numbers at any other, half and half, at the
/// rate; 10 s after the last of that, everybody reads once more. Figures are Maelstrom's own: a
/// message between servers counts when it is sent, a number is stable from when no read misses it any
/// more, and lost if none sees it any more. The true latency is the time until the last server has
/// the number. The exit status is 1 if anything is lost, missing, or breaks a check.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd sim maelstrom                                        the default: a grid of 25, 100 ms
  herd sim maelstrom --topology grid,line,total,tree4 --preset flood
  herd sim maelstrom --topology total --preset grove2 --latency 50ms..150ms
  herd sim maelstrom --topology star --preset grove_batch --batch 400ms
  herd sim maelstrom --topology grid --partition halves --time 30
  herd sim maelstrom --topology random:25:4 --loss 5% --seed 7")]
pub(super) struct Maelstrom {
    /// Maelstrom's: grid, line, tree, tree2, tree3, tree4, total; or star, or as in a run
    /// (random:25:4). Several words make several rows
    #[arg(long, value_name = "NAME,NAME…", value_delimiter = ',', default_value = "grid")]
    topology: Vec<String>,

    /// How updates are spread; several words make several rows
    #[arg(
        long,
        value_name = "NAME,NAME…",
        value_delimiter = ',',
        value_parser = preset,
        default_value = "flood,grove"
    )]
    preset: Vec<Preset>,

    /// Where trees come from: learned from each server's first update, or planned from the map, as
    /// Maelstrom's topology message gives it
    #[arg(long, value_name = "HOW", value_parser = trees, default_value = "planned")]
    trees: Trees,

    /// How long what goes to a neighbour is gathered after the last message to it [default: the
    /// preset's: 200ms with grove_batch, else not at all]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    batch: Option<u64>,

    /// How often servers tell their neighbours what they have, while that changes
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2.5s")]
    digest: u64,

    /// Servers, where the topology does not say how many
    #[arg(long, value_name = "N", default_value_t = 25)]
    servers: u32,

    /// Requests a second, of all clients together
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,

    /// Seconds in which requests are made
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    time: u64,

    /// How long a message between two servers takes: 100ms, 50ms..150ms, or 10ms+40ms
    #[arg(long, value_name = "LATENCY", default_value = "100ms")]
    latency: Latency,

    /// How many messages between servers vanish
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    loss: Share,

    /// Part the herd now and then: in halves for 5 to 10 s, or as Maelstrom's own nemesis does
    #[arg(long, value_name = "HOW", value_parser = parting)]
    partition: Option<Parting>,

    /// Servers notice that a link is cut, as with TCP; else what is sent there vanishes, as in
    /// Maelstrom
    #[arg(long, requires = "partition")]
    noticed: bool,

    /// Seed of every draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn parting(name: &str) -> Result<Parting, String> {
    Parting::ALL.into_iter().find(|parting| parting.name() == name).ok_or_else(|| {
        let names = Parting::ALL.map(Parting::name);
        format!("there are {}", names.join(", "))
    })
}

pub(super) fn run(maelstrom: &Maelstrom) -> Result<ExitCode, Failure> {
    for topology in &maelstrom.topology {
        let trial =
            Trial { topology: topology.clone(), servers: maelstrom.servers, ..Trial::default() };
        trial.herd().map_err(|why| Failure::usage(format!("--topology {topology}: {why}")))?;
    }
    out::line!("{BOLD}{HEAD}{BOLD:#}")?;
    let mut fine = true;
    for topology in &maelstrom.topology {
        for preset in &maelstrom.preset {
            let trial = Trial {
                topology: topology.clone(),
                servers: maelstrom.servers,
                preset: *preset,
                trees: maelstrom.trees,
                batch: maelstrom.batch,
                digest: maelstrom.digest,
                seed: maelstrom.seed,
                rate: maelstrom.rate,
                lasts: maelstrom.time,
                latency: maelstrom.latency,
                loss: maelstrom.loss,
                parting: maelstrom.partition,
                noticed: maelstrom.noticed,
            };
            let figures = trial.play().map_err(Failure::usage)?;
            let lost = figures.report.validity() == Validity::Invalid || figures.missing > 0;
            if lost || figures.broken.is_some() {
                fine = false;
                out::line!("{RED}{figures}{RED:#}")?;
            } else {
                out::line!("{figures}")?;
            }
        }
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
