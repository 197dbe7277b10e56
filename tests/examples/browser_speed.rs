//! Measures the simulator as WebAssembly, in a browser: `cargo run --release -p herd-tests --example
//! speed`. Natively: `cargo run --release -p herd-sim-wasm --example speed`.
#![expect(clippy::print_stdout, reason = "it is a command")]

use herd_sim_wasm::bench;
use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

fn main() {
    let mut page = Page::open(&format!("{}embed/", serve()), Media::DESKTOP);
    let speeds =
        bench::SIZES.map(|(servers, updates)| format!("measureSpeed({servers}, {updates})"));
    for (number, call) in speeds.iter().map(String::as_str).chain(["measureSeek()"]).enumerate() {
        // Each by a module of its own, which has used no memory before.
        let line = page.eval(&format!(
            "(async () => {{
                const H = await import('/embed/herd_sim.js?{number}');
                await H.default();
                return H.{call};
            }})()"
        ));
        println!("{}", line.as_str().expect("a line"));
    }
    page.assert_quiet();
}
