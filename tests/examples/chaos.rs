//! A long storm over real processes: `cargo run --release -p herd-tests --example chaos -- --minutes 30`.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use herd_native_node::clock;
use herd_tests::storm::{self, Forecast};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
fn main() -> ExitCode {
    let mut minutes = 30_u64;
    let mut seed = clock::wall().0.unsigned_abs();
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (name.as_str(), value) {
            ("--minutes", Some(value)) => minutes = value,
            ("--seed", Some(value)) => seed = value,
            _ => {
                eprintln!("expected: [--minutes N] [--seed N]");
                return ExitCode::from(2);
            }
        }
    }
    // The command lies beside the examples' folder.
    let own = env::current_exe().unwrap_or_default();
    let folder = own.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
    let herd = ["herd-under-test", "herd"].map(|name| folder.join(name));
    let Some(herd) = herd.iter().find(|path| path.exists()) else {
        eprintln!("no command in {}: cargo build --release builds it", folder.display());
        return ExitCode::from(2);
    };
    let most = Some(Duration::from_secs(60 * minutes));
    let forecast = Forecast { seed, steps: u64::MAX, answers: 2_000, most };
    println!("{minutes} minutes, seed {seed}");
    println!("{}", storm::run(&herd.display().to_string(), &[], &forecast));
    ExitCode::SUCCESS
}
