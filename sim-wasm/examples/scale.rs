//! What an update costs in herds of up to 100,000 servers, how long it takes, and how fast and how
//! large they are in the simulator.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example scale
//! cargo run --release -p herd-sim-wasm --example scale -- 100000 16 1000 planned
//! ```
//!
//! The numbers are servers, servers that are told updates, and updates; the word is `flood`, `learned`
//! or `planned`. The flood of a thousand updates through 100,000 servers, 700 million messages, is
//! played only when it is asked for that way.
#![expect(clippy::print_stdout, reason = "it is a command")]

mod metered;

use std::error::Error;

use herd_sim_wasm::scale::{HEAD, SIZES, Size, Way, scale};

/// Messages that take too long to be played unasked.
const MOST: u64 = 200_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (meter, most_in_use) = metered::meter();
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let way = words.last().and_then(|word| Way::ALL.into_iter().find(|way| way.name() == word));
    words.truncate(words.len() - usize::from(way.is_some()));
    let numbers: Vec<u32> = words.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
    let sizes = match numbers[..] {
        [] => SIZES.to_vec(),
        [servers, origins, updates] => vec![Size { servers, origins, updates }],
        _ => return Err("servers, servers that are told updates, and updates are expected".into()),
    };
    println!("{HEAD}  most in use");
    for size in sizes {
        for way in way.map_or_else(|| Way::ALL.to_vec(), |way| vec![way]) {
            let messages = u64::from(size.servers) * u64::from(size.updates) * 7;
            if numbers.is_empty() && way == Way::Flood && messages > MOST {
                continue;
            }
            most_in_use();
            let row = scale(&meter, size, way)?;
            println!("{row}  {:>7} MiB", most_in_use() >> 20);
        }
    }
    Ok(())
}
