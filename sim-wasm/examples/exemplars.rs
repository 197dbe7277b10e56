//! Looks for a small run that shows each thing that must be seen sometimes, and prints a link to each;
//! the page has them: `cargo run -p herd-sim-wasm --example exemplars > web/src/exemplars.txt`.

#![expect(clippy::print_stdout, reason = "what is printed is the list")]

use herd_core::time::MILLISECOND;
use herd_sim_wasm::nemesis::{Setup, draw};
use herd_sim_wasm::pack::readable;
use herd_sim_wasm::shrink::Shrinker;
use herd_sim_wasm::{Script, Sometimes, World, judge};

/// Seeds that are looked through at most.
const SEEDS: u64 = 20_000;
/// Runs that are made small, of which the smallest is taken.
const CANDIDATES: usize = 6;

fn main() {
    let mut found: Vec<Vec<Script>> = vec![Vec::new(); Sometimes::ALL.len()];
    for seed in 0..SEEDS {
        let script = draw(seed, &Setup::default()).expect("a run");
        let verdict = judge(&script);
        for (what, runs) in Sometimes::ALL.into_iter().zip(&mut found) {
            let shows = verdict.failure.is_none() && verdict.seen[what as usize] > 0;
            if shows && runs.len() < CANDIDATES {
                runs.push(script.clone());
            }
        }
        if found.iter().all(|runs| runs.len() == CANDIDATES) {
            break;
        }
    }
    for (what, runs) in Sometimes::ALL.into_iter().zip(&found) {
        let smallest = runs.iter().filter_map(|run| small(run, what));
        let smallest = smallest.min_by_key(|run| (run.entries().len(), run.to_string().len()));
        let script = smallest.unwrap_or_else(|| panic!("no run shows {}", what.name()));
        let link = readable::show(&script.to_string(), Some(first_seen(&script, what)));
        println!("{} {link}", what.name());
    }
}

fn small(run: &Script, what: Sometimes) -> Option<Script> {
    let mut shrinker = Shrinker::showing(run, what)?;
    while shrinker.step() {}
    Some(shrinker.script().clone())
}

/// A little after it is seen first, so that it can be seen.
fn first_seen(script: &Script, what: Sometimes) -> u64 {
    let mut world = World::new(script.clone());
    while world.sightings()[what as usize] == 0 && world.step() {}
    world.now().next_multiple_of(MILLISECOND)
}
