//! What open connections to one server cost: `cargo run --release -p herd-tests --example connections --
//! 10000`. The server is a process of its own; run it where that many descriptors are allowed.

use std::net::SocketAddr;

use herd_native_node::run::descriptors;
use herd_tests::tcp::{Client, Server, free_address};

/// The server under test is the command that was built last.
const HERD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/herd");

fn main() {
    let count = std::env::args().nth(1).map_or(10_000, |count| count.parse().expect("a number"));
    assert!(descriptors() > count + 64, "{} descriptors are allowed", descriptors());
    let herd = std::env::var("HERD").unwrap_or_else(|_| HERD.to_owned());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address: SocketAddr = free_address();
    let mut server = Server::new(&herd, "Alford", address, folder.path(), &["--log", "events"]);
    server.start();
    let before = server.process().resident();
    let mut all: Vec<Client> = (0..count).map(|_| Client::connect(address)).collect();
    let open = server.process().resident();
    for (number, client) in all.iter_mut().enumerate() {
        assert!(client.ask(&format!("IAMAT kiwi +1-1 {}", number + 1)).starts_with("AT "));
    }
    let used = server.process().resident();
    let each = |bytes: u64| bytes.saturating_sub(before) / count as u64;
    report(&format!("{count} connections: {} bytes each when opened", each(open)));
    report(&format!("{count} connections: {} bytes each once used", each(used)));
}

#[expect(clippy::print_stdout, reason = "it is a report")]
fn report(line: &str) {
    println!("{line}");
}
