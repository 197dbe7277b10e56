//! Explores herds of the model's table completely, by name: `cargo run --release -p herd-tests --example
//! explore -- NAME…`; without a name it lists them.
#![expect(clippy::print_stdout, reason = "it is a command")]

#[path = "../model/checks.rs"]
mod checks;
#[path = "../model/herd.rs"]
#[expect(dead_code, reason = "the tests have more herds")]
mod herd;
#[path = "../model/table.rs"]
mod table;
#[path = "../model/wires.rs"]
mod wires;

use std::process::ExitCode;

use stateright::report::WriteReporter;
use stateright::{Checker, Model};

use table::{Case, TABLE};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        for Case { name, small, breaks, .. } in TABLE {
            let size = if *small { "with every change" } else { "by hand" };
            println!("{name:28} {size:18} {}", breaks.map_or("nothing breaks", |what| what));
        }
        return ExitCode::SUCCESS;
    }
    let mut as_said = true;
    for name in &names {
        let Some(case) = TABLE.iter().find(|case| case.name == *name) else {
            println!("{name}: no herd has that name; without a name, all are listed");
            return ExitCode::from(2);
        };
        as_said &= explore(case);
    }
    if as_said { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Explores one; whether it is as the table says.
fn explore(case: &Case) -> bool {
    let herd = (case.herd)();
    println!("{}: {herd}", case.name);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let checker = herd.checker().threads(threads).spawn_bfs();
    let checker = checker.join_and_report(&mut WriteReporter::new(&mut std::io::stdout()));
    let broken: Vec<&str> = checker.discoveries().into_keys().collect();
    let states = checker.unique_state_count();
    println!("{}: {states} states, broken: {broken:?}", case.name);
    match case.breaks {
        Some(property) => broken.contains(&property),
        None => broken.is_empty(),
    }
}
