//! Servers on TCP as a [`Herd`]: a process each, and a wire between each two neighbours.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use herd_core::{Direction, Preset};
use herd_native_node::clock;
use herd_native_node::keys::folder::{self, Wanted};
use herd_sim_wasm::Options;
use herd_sim_wasm::options::{DENIED, PlacesMode};
use herd_sim_wasm::topology::Topology;
use tempfile::TempDir;

use crate::scenario::Herd;
use crate::tcp::{Client, Server, free_address, until};
use crate::tcp_places::{Manner, Stub};
use crate::ways::{Reached, Way};
use crate::wire::Wire;

/// A herd of processes.
#[derive(Debug)]
pub struct TcpHerd {
    /// How it is spoken to.
    way: Way,
    /// Where its servers are reached over HTTP.
    https: Vec<SocketAddr>,
    servers: Vec<Server>,
    /// (a, b, a dials b through it): two for two-way neighbours.
    wires: Vec<(usize, usize, Wire)>,
    links: Vec<Link>,
    cut: BTreeSet<(usize, usize)>,
    rounds: u32,
    /// Connections that stay, by name, and what was read of them and not asked for yet.
    watches: BTreeMap<String, (Client, Vec<u8>)>,
    /// Holds the logs, and keys.
    folder: TempDir,
}

/// What a server has to do with a neighbour.
#[derive(Clone, Copy, Debug)]
struct Link {
    from: usize,
    to: usize,
    sends: bool,
    classic: bool,
}

impl TcpHerd {
    /// The herd that `options` describe, spoken to that way, settled; `None` where real servers cannot have them.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(herd: &str, options: &Options, way: Way) -> Option<Self> {
        if options.clients > 0 || options.skew > 0 {
            return None;
        }
        let topology = Topology::named(&options.topology, options.seed).expect("a known topology");
        let folder = TempDir::new().expect("a temporary folder");
        let keys = folder.path().join("keys");
        if way.needs_keys() {
            make_keys(&keys, topology.names().iter().map(|name| &**name));
        }
        let addresses: Vec<SocketAddr> = topology.servers().map(|_| free_address()).collect();
        let https: Vec<SocketAddr> = topology.servers().map(|_| free_address()).collect();
        let is_classic = |index: usize| options.classic.contains(&topology.names()[index]);
        let places = places(options.places);
        let (mut servers, mut wires, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for (a, peers) in topology.peers().iter().enumerate() {
            let preset = if is_classic(a) { Preset::Classic } else { options.preset };
            let mut arguments = vec!["--preset".to_owned(), preset.name().to_owned()];
            arguments.extend(places.clone());
            match way {
                Way::Tcp => {}
                Way::WebSocket | Way::Http => {
                    arguments.extend(["--http".to_owned(), https[a].to_string()]);
                }
                Way::Tls | Way::Quic => {
                    arguments.extend(["--keys".to_owned(), keys.display().to_string()]);
                    arguments.extend((way == Way::Quic).then(|| "--quic-links".to_owned()));
                }
            }
            for (b, peer) in peers {
                let b = b.index();
                let classic = is_classic(a) || is_classic(b);
                links.push(Link { from: a, to: b, sends: peer.direction.sends(), classic });
                let option = match peer.direction {
                    Direction::Both => "--peer",
                    Direction::In => "--peer-in",
                    Direction::Out => "--peer-out",
                    Direction::Neither => unreachable!("a herd begins with neighbours"),
                };
                // To a classic neighbour what could be written is told: a wire that takes a line
                // for a server that is down would lose it.
                let address = if classic {
                    format!("={},classic", addresses[b])
                } else if peer.direction.sends() {
                    let wire = Wire::to(addresses[b], way == Way::Quic);
                    let address = format!("={}", wire.address());
                    wires.push((a, b, wire));
                    address
                } else {
                    String::new()
                };
                arguments.extend([option.to_owned(), format!("{}{address}", peer.name)]);
            }
            let more: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let name = &topology.names()[a];
            servers.push(Server::new(herd, name, addresses[a], folder.path(), &more));
        }
        let cut = BTreeSet::new();
        let mut herd = Self {
            way,
            https,
            servers,
            wires,
            links,
            cut,
            rounds: 0,
            watches: BTreeMap::new(),
            folder,
        };
        herd.servers.iter_mut().for_each(Server::start);
        herd.settle();
        Some(herd)
    }

    #[track_caller]
    fn index(&self, name: &str) -> usize {
        self.servers.iter().position(|server| server.name == name).expect("a server of the herd")
    }

    /// Whether nothing but time keeps a and b from being linked.
    fn can_link(&self, a: usize, b: usize) -> bool {
        let whole = !self.cut.contains(&(a, b)) && !self.cut.contains(&(b, a));
        whole && self.servers[a].is_up() && self.servers[b].is_up()
    }

    /// The servers that hear what `from` is told.
    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let (mut reached, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(a) = next.pop() {
            for link in self.links.iter().filter(|link| link.from == a && link.sends) {
                if self.can_link(a, link.to) && reached.insert(link.to) {
                    next.push(link.to);
                }
            }
        }
        reached
    }
}

/// Makes keys for these servers in a folder.
///
/// # Panics
/// If that cannot be.
pub fn make_keys<'a>(folder: &Path, names: impl IntoIterator<Item = &'a str>) {
    folder::init(folder).expect("an authority");
    for name in names {
        let wanted = Wanted { name, hosts: &[], days: 9, renew: false };
        folder::add(folder, &wanted).expect("a certificate");
    }
}

/// The options of servers whose Places service does that.
fn places(mode: PlacesMode) -> Vec<String> {
    let url = match mode {
        PlacesMode::Ok => return Vec::new(),
        PlacesMode::Down => format!("http://{}", free_address()),
        PlacesMode::Error => Stub::start(Manner::Whole(DENIED.into())).url(),
        PlacesMode::Garbage => Stub::start(Manner::Whole("no JSON".into())).url(),
        PlacesMode::Silent => Stub::start(Manner::Held(String::new())).url(),
    };
    ["--places", "google-legacy", "--places-url", &url].map(str::to_owned).into()
}

impl Herd for TcpHerd {
    fn say(&mut self, server: &str, pieces: &[Vec<u8>]) -> Vec<u8> {
        let index = self.index(server);
        let keys = self.folder.path().join("keys");
        let (lines, http) = (self.servers[index].address, self.https[index]);
        self.way.say(Reached { lines, http, keys: Some(&keys) }, pieces)
    }

    fn watch(&mut self, name: &str, server: &str, clients: &str) {
        let mut client = Client::connect(self.servers[self.index(server)].address);
        let answer = client.ask(&format!("WATCH {clients}"));
        self.watches.insert(name.to_owned(), (client, answer.into_bytes()));
    }

    fn heard(&mut self, name: &str) -> Vec<u8> {
        let (client, heard) = self.watches.get_mut(name).expect("a connection of that name");
        // What is refused stands behind all that was told before.
        client.send("heard\n");
        loop {
            let line = client.line();
            assert!(!line.is_empty(), "the server closed");
            if line == "? heard\n" {
                return std::mem::take(heard);
            }
            // What settling tells the herd is no part of the scenario.
            if !line.contains(" settled-") {
                heard.extend_from_slice(line.as_bytes());
            }
        }
    }

    fn cut(&mut self, a: &str, b: &str) {
        let (a, b) = (self.index(a), self.index(b));
        assert!(!self.links.iter().any(|link| (link.from, link.to) == (a, b) && link.classic));
        self.cut.insert((a, b));
        for (from, to, wire) in &self.wires {
            if (*from, *to) == (a, b) || (*from, *to) == (b, a) {
                wire.cut();
            }
        }
    }

    fn heal(&mut self) {
        self.cut.clear();
        self.wires.iter().for_each(|(_, _, wire)| wire.heal());
    }

    fn kill(&mut self, server: &str) {
        let index = self.index(server);
        self.servers[index].kill();
    }

    fn restart(&mut self, server: &str) {
        let index = self.index(server);
        self.servers[index].start();
    }

    /// Links are up or down as they have to be, by the logs; then every server tells the herd of a
    /// client of its own. Links keep the order, so where that is known, so is all before it.
    fn settle(&mut self) {
        let live: Vec<usize> =
            (0..self.servers.len()).filter(|&index| self.servers[index].is_up()).collect();
        for link in &self.links {
            // A classic neighbour has no link, and a server that is down no log that counts.
            if link.classic || !self.servers[link.from].is_up() {
                continue;
            }
            let (from, to) = (&self.servers[link.from], &self.servers[link.to].name);
            let wanted = self.can_link(link.from, link.to);
            let what = format!("{} linked to {to}: {wanted}", from.name);
            until(&what, || (from.is_linked(to) == wanted).then_some(()));
        }
        self.rounds += 1;
        for &a in &live {
            let client = format!("settled-{}-{}", self.rounds, self.servers[a].name);
            let told = self.servers[a].exchange(format!("IAMAT {client} +0+0 {}\n", self.wall()));
            assert!(told.starts_with("AT "), "{told}");
            for b in self.reached(a) {
                // To what is older than what it knows, a server says what it knows; this asks no
                // Places service, which may be silent.
                let ask = format!("IAMAT {client} +0+0 0\n");
                let server = &self.servers[b];
                until(&format!("{} has heard {told}", server.name), || {
                    (server.exchange(&ask) == told).then_some(())
                });
            }
        }
    }

    fn wall(&self) -> u64 {
        u64::try_from(clock::wall().0 / 1_000_000_000).expect("it is after 1970")
    }
}
