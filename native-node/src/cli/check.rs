//! `herd check`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::table::{BLUE, BOLD, GREEN, RED, YELLOW};
use super::{Failure, out};
use crate::config::{Problem, Severity, file};

const EXAMPLES: &str = "\
Examples:
  herd check five.toml
  herd check five.toml && herd --topology five.toml

A herd file:
  [[server]]
  name = \"Alford\"
  listen = \"127.0.0.1:12000\"
  peers = [\"Ball\"]          # two-way; also peers_out, peers_in

  [[server]]
  name = \"Ball\"
  listen = \"127.0.0.1:12001\"";

/// Look over a herd file: errors and warnings with their line and column
///
/// The exit status is 1 when there are errors, 2 when the file cannot be read.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// The herd file (TOML)
    file: PathBuf,
}

pub(super) fn run(check: &Check) -> Result<ExitCode, Failure> {
    let path = &check.file;
    let text = fs::read_to_string(path)
        .map_err(|why| Failure::usage(format!("{} cannot be read: {why}", path.display())))?;
    let (herd, problems) = file::read(&text);
    tell(path, &problems);
    let Some(herd) = herd else { return Ok(ExitCode::FAILURE) };
    let ends: usize = herd.servers.iter().map(|member| member.neighbours.len()).sum();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let (servers, links) = (herd.servers.len(), ends / 2);
    out::line!(
        "{GREEN}fine:{GREEN:#} {}: {servers} server{}, {links} link{}",
        path.display(),
        plural(servers),
        plural(links)
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with a herd file, as compilers do.
pub(super) fn tell(path: &Path, problems: &[Problem]) {
    for problem in problems {
        let colour = match problem.severity {
            Severity::Warning => YELLOW,
            Severity::Error => RED,
        };
        let Problem { line, column, severity, message, text } = problem;
        let gap = " ".repeat(line.to_string().len());
        // A tab before the place is a tab under it.
        let under: String =
            text.chars().take(column - 1).map(|c| if c == '\t' { c } else { ' ' }).collect();
        out::note!(
            "{colour}{severity}:{colour:#} {BOLD}{message}{BOLD:#}\n\
             {gap}{BLUE}-->{BLUE:#} {}:{line}:{column}\n\
             {gap} {BLUE}|{BLUE:#}\n\
             {BLUE}{line} |{BLUE:#} {text}\n\
             {gap} {BLUE}|{BLUE:#} {under}{colour}^{colour:#}",
            path.display(),
        );
    }
}
