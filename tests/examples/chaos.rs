//! A long storm over real processes: `cargo run --release -p herd-tests --example chaos -- --minutes 30`.
//! With `--over tls` their links have certificates, with `--over quic` three of the five dial over QUIC.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use herd_native_node::clock;
use herd_tests::storm::{self, Crew, Forecast};
use herd_tests::tcp_herd::make_keys;
use tempfile::TempDir;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
fn main() -> ExitCode {
    let mut minutes = 30_u64;
    let mut seed = clock::wall().0.unsigned_abs();
    let mut over = "tcp".to_owned();
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (name.as_str(), value.parse(), value.as_str()) {
            ("--minutes", Ok(value), _) => minutes = value,
            ("--seed", Ok(value), _) => seed = value,
            ("--over", _, "tcp" | "tls" | "quic") => over = value,
            _ => {
                eprintln!("expected: [--minutes N] [--seed N] [--over tcp|tls|quic]");
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
    let folder = TempDir::new().expect("a temporary folder");
    let keys = folder.path().join("keys");
    let path = keys.display().to_string();
    let crew = match over.as_str() {
        "tls" => Crew { more: &["--keys", &path], over_quic: 0 },
        "quic" => Crew { more: &["--keys", &path, "--quic"], over_quic: 3 },
        _ => Crew::default(),
    };
    if !crew.more.is_empty() {
        make_keys(&keys, ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"]);
    }
    let most = Some(Duration::from_secs(60 * minutes));
    let forecast = Forecast { seed, steps: u64::MAX, answers: 2_000, most };
    println!("{minutes} minutes over {over}, seed {seed}");
    println!("{}", storm::run(&herd.display().to_string(), &crew, &forecast));
    ExitCode::SUCCESS
}
