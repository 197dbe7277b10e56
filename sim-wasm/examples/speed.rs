//! How fast and how large the simulator is: events per second, bytes per server, clones and seeks.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example speed
//! cargo run --release -p herd-sim-wasm --example speed -- 10000 20
//! ```
#![expect(clippy::print_stdout, reason = "it is a command")]

mod metered;

use std::error::Error;

use herd_sim_wasm::bench;

fn main() -> Result<(), Box<dyn Error>> {
    let (meter, _) = metered::meter();
    let mut words = std::env::args().skip(1);
    if let Some(servers) = words.next() {
        let updates = words.next().ok_or("how many updates?")?;
        println!("{}", bench::speed(&meter, servers.parse()?, updates.parse()?)?);
        return Ok(());
    }
    for (servers, updates) in bench::SIZES {
        println!("{}", bench::speed(&meter, servers, updates)?);
    }
    println!("{}", bench::seek(&meter)?);
    Ok(())
}
