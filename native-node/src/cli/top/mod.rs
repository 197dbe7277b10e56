//! `herd top`: what servers do, live.

mod fetch;
mod screen;
mod sight;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use self::sight::Sight;
use super::table::aligned;
use super::{Failure, out};
use crate::clock::Clock;

/// Show what servers do: clients, links, rates, delays
///
/// Reads `/metrics` of each address; a herd started with `herd` has all of its servers at the
/// page's. q or Ctrl-C ends it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd top                                            the herd that `herd` started
  herd top 127.0.0.1:9000 127.0.0.1:9001              servers started with --http
  herd top --once                                     a plain table, totals instead of rates")]
pub(super) struct Top {
    /// Where servers are reached over HTTP
    #[arg(value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    at: Vec<String>,

    /// Print one plain table and end
    #[arg(long)]
    once: bool,

    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    every: u64,
}

pub(super) fn run(top: &Top) -> Result<ExitCode, Failure> {
    let clock = Clock::start();
    let first = Sight::of(&top.at, clock);
    if first.servers.is_empty() {
        let why = first.silent.into_iter().map(|(at, why)| format!("{at}: {why}"));
        let message = format!("no server tells anything ({})", why.collect::<Vec<_>>().join("; "));
        return Err(Failure::usage(message)
            .hint("`herd` starts a herd; a server alone is reached with --http HOST:PORT"));
    }
    if top.once {
        let mut rows = vec![sight::TOTALS.map(str::to_owned)];
        rows.extend(first.servers.iter().map(sight::Server::totals));
        out::text!("{}", aligned(&rows))?;
        for (at, why) in &first.silent {
            out::line!("  {at} does not answer: {why}")?;
        }
        let all = first.silent.is_empty();
        return Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    screen::show(&top.at, first, Duration::from_secs(top.every), clock)
        .map_err(|why| Failure::usage(format!("the terminal cannot be used: {why}")))?;
    Ok(ExitCode::SUCCESS)
}
