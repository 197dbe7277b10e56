//! The command `herd` as processes over real TCP.

mod audit;
mod changes;
mod chapter;
mod check;
mod classic;
mod clients;
mod commands;
mod confirm;
mod data;
mod deploy;
mod disk;
mod gateway;
mod hints;
#[cfg(target_os = "linux")]
mod hosts;
mod keys;
mod links;
mod live;
mod lives;
mod load;
mod maelstrom;
mod page;
mod pipes;
mod places;
mod presets;
#[cfg(target_os = "linux")]
mod printed;
mod quic;
mod rewound;
mod scenarios;
mod simulate;
mod stop;
mod storms;
mod strangers;
mod tapes;
mod tokens;
mod turned_away;
mod watching;

use herd_tests::tcp::{Server, free_address};
use tempfile::TempDir;

/// The command under test.
const HERD: &str = env!("CARGO_BIN_EXE_herd-under-test");

/// One server without neighbours, started with these further arguments.
#[track_caller]
fn one_server(more: &[&str]) -> (Server, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let mut server = Server::new(HERD, "Alford", free_address(), folder.path(), more);
    server.start();
    (server, folder)
}

/// Servers of these names, each a neighbour of those listed; not started yet.
fn servers(lists: &[(&str, &[&str])]) -> (Vec<Server>, TempDir) {
    servers_with(lists, &[])
}

/// The same with further arguments.
fn servers_with(lists: &[(&str, &[&str])], more: &[&str]) -> (Vec<Server>, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let addresses: Vec<_> = lists.iter().map(|_| free_address()).collect();
    let address_of = |name: &str| {
        let index = lists.iter().position(|(known, _)| *known == name).expect("a known name");
        addresses[index]
    };
    let servers = lists.iter().zip(&addresses).map(|((name, peers), address)| {
        let peers: Vec<String> = peers
            .iter()
            .flat_map(|p| ["--peer".into(), format!("{p}={}", address_of(p))])
            .collect();
        let peers = peers.iter().map(String::as_str);
        let all: Vec<&str> = peers.chain(more.iter().copied()).collect();
        Server::new(HERD, name, *address, folder.path(), &all)
    });
    (servers.collect(), folder)
}

/// Says what was left out or seen; `--nocapture` shows it.
#[expect(clippy::print_stdout, reason = "a test that leaves something out says so")]
fn notice(text: &str) {
    println!("{text}");
}
