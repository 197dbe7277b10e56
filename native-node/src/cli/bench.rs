//! `herd bench`
use super::Failure;
use std::process::ExitCode;
/// Measure
#[derive(clap::Args, Debug)]
pub(super) struct Bench {}
pub(super) fn run(_bench: &Bench) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
