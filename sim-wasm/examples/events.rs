//! How fast the simulator is: floods of updates, one a millisecond, checks off and on.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example events -- 20000 topology=places-2016
//! cargo run --release -p herd-sim-wasm --example events -- 20 topology=random:10000:4
//! ```
#![expect(clippy::disallowed_methods, reason = "it measures real time, and decides nothing by it")]
#![expect(clippy::print_stdout, reason = "it is a command")]

use std::error::Error;
use std::time::Instant;

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::{Command, Options, Script, ServerId, World};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let updates: u32 = words.next().ok_or("how many updates?")?.parse()?;
    let rest: Vec<String> = words.collect();
    let options = Options::parse(&format!("herd 1 latency=5ms {}", rest.join(" ")))?;
    let mut script = Script::new(options)?;
    let servers = u32::try_from(script.topology().names().len())?;
    for n in 0..updates {
        // Any server, by a stride that is no divisor of their number; a hundred clients.
        let server = ServerId(n.wrapping_mul(7_919) % servers);
        let line = format!("IAMAT c{} +34.068930-118.445127 {}", n % 100, 1_000 + n);
        script.add(SECOND + u64::from(n) * MILLISECOND, Command::say(server, &line))?;
    }
    for checks in [false, true] {
        let mut world = World::new(script.clone());
        if !checks {
            world.without_checks();
        }
        world.run_until(SECOND);
        let (before, began) = (world.events(), Instant::now());
        world.run_until(4 * SECOND + u64::from(updates) * MILLISECOND);
        let (events, took) = (world.events() - before, began.elapsed());
        let micros = took.as_micros().max(1);
        let rate = u128::from(events) * 1_000 / micros;
        let said = if checks { "on" } else { "off" };
        println!("{servers} servers, checks {said}: {events} events, {rate} thousand a second");
        println!("digest {:016x}", world.digest());
    }
    Ok(())
}
