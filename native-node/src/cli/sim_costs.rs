//! `herd sim costs`

use std::process::ExitCode;

use clap::Args;
use herd_core::{Preset, Spread};
use herd_sim_wasm::{Costs, Options, Trees};

use super::options::preset;
use super::sim::WhichRun;
use super::table::{BOLD, DIM};
use super::{Failure, out};

/// What a run costs with each preset: messages and bytes per update, latencies, repair
///
/// The run is played once with every preset, and once more over planned trees where there are any,
/// each time until it rests. Messages are counted between servers, whatever they carry.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd sim costs --scenario partition
  herd sim costs my-run.txt --preset grove,flood_sync")]
pub(super) struct CostsOf {
    #[command(flatten)]
    which: WhichRun,

    /// These presets only
    #[arg(long, value_name = "NAME,NAME…", value_delimiter = ',', value_parser = preset)]
    preset: Vec<Preset>,
}

pub(super) fn run(of: &CostsOf) -> Result<ExitCode, Failure> {
    let script = of.which.script()?;
    let presets = if of.preset.is_empty() { &Preset::ALL[..] } else { &of.preset };
    out::line!("{BOLD}{:<12} {:<8} {}{BOLD:#}", "preset", "trees", Costs::HEAD)?;
    for preset in presets {
        let trees = match preset.policy().spread {
            Spread::Trees(_) => &Trees::ALL[..],
            Spread::Acked | Spread::Eager | Spread::Flood | Spread::Gossip => &[Trees::Learned],
        };
        for trees in trees {
            let options = Options { preset: *preset, trees: *trees, ..script.options().clone() };
            let costs = Costs::with(&script, options).map_err(Failure::usage)?;
            let name = if preset.feeds().is_some() { trees.name() } else { "" };
            out::line!("{:<12} {name:<8} {costs}", preset.name())?;
        }
    }
    out::line!(
        "{DIM}pushes, control (all other messages) and bytes per update; milliseconds; heal: from the \
         last\ncommand to the last news; copies per record that was repaired; lacks: records older or \
         missing{DIM:#}"
    )?;
    Ok(ExitCode::SUCCESS)
}
