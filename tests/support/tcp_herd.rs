//! Servers on TCP as a [`Herd`]: a process each, and a wire between each two neighbours.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use herd_core::Direction;
use herd_native_node::clock;
use herd_sim_wasm::Options;
use herd_sim_wasm::options::PlacesMode;
use herd_sim_wasm::topology::Topology;
use tempfile::TempDir;

use crate::scenario::Herd;
use crate::tcp::{Client, Server, free_address, until};
use crate::tcp_proxy::Proxy;

/// A herd of processes.
#[derive(Debug)]
pub struct TcpHerd {
    servers: Vec<Server>,
    /// (a, b, a dials b through it): two for two-way neighbours.
    wires: Vec<(usize, usize, Proxy)>,
    /// (a, b): a sends to b.
    sends: BTreeSet<(usize, usize)>,
    cut: BTreeSet<(usize, usize)>,
    rounds: u32,
    /// Holds the logs.
    _folder: TempDir,
}

impl TcpHerd {
    /// The herd that `options` describe, settled; `None` where real servers cannot have them.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(herd: &str, options: &Options) -> Option<Self> {
        let plain = options.clients == 0 && options.skew == 0 && options.classic.is_empty();
        if !plain || options.places != PlacesMode::Ok {
            return None;
        }
        let topology = Topology::named(&options.topology, options.seed).expect("a known topology");
        let folder = TempDir::new().expect("a temporary folder");
        let addresses: Vec<SocketAddr> = topology.servers().map(|_| free_address()).collect();
        let (mut servers, mut wires, mut sends) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (a, peers) in topology.peers().iter().enumerate() {
            let preset = ["--preset".to_owned(), options.preset.name().to_owned()];
            let mut arguments = Vec::from(preset);
            for (b, peer) in peers {
                let b = b.index();
                sends.extend(peer.direction.sends().then_some((a, b)));
                if peer.direction == Direction::In {
                    arguments.extend(["--peer-in".to_owned(), peer.name.to_string()]);
                    continue;
                }
                let wire = Proxy::to(addresses[b]);
                let option =
                    if peer.direction == Direction::Both { "--peer" } else { "--peer-out" };
                arguments.extend([option.to_owned(), format!("{}={}", peer.name, wire.address())]);
                wires.push((a, b, wire));
            }
            let more: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let name = &topology.names()[a];
            servers.push(Server::new(herd, name, addresses[a], folder.path(), &more));
        }
        let cut = BTreeSet::new();
        let mut herd = Self { servers, wires, sends, cut, rounds: 0, _folder: folder };
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
            for &(_, b) in self.sends.iter().filter(|(sender, _)| *sender == a) {
                if self.can_link(a, b) && reached.insert(b) {
                    next.push(b);
                }
            }
        }
        reached
    }
}

impl Herd for TcpHerd {
    fn say(&mut self, server: &str, pieces: &[Vec<u8>]) -> Vec<u8> {
        let address = self.servers[self.index(server)].address;
        let Ok(mut client) = Client::try_connect(address) else { return Vec::new() };
        for piece in pieces {
            client.send(piece);
        }
        client.end();
        client.rest_or_cut()
    }

    fn cut(&mut self, a: &str, b: &str) {
        let (a, b) = (self.index(a), self.index(b));
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
        for &a in &live {
            for b in 0..self.servers.len() {
                if !self.sends.contains(&(a, b)) && !self.sends.contains(&(b, a)) {
                    continue;
                }
                let name = &self.servers[b].name;
                let wanted = self.can_link(a, b);
                let what = format!("{} linked to {name}: {wanted}", self.servers[a].name);
                until(&what, || (self.servers[a].is_linked(name) == wanted).then_some(()));
            }
        }
        self.rounds += 1;
        for &a in &live {
            let client = format!("settled-{}-{}", self.rounds, self.servers[a].name);
            let stamp = self.wall();
            let told = self.servers[a].exchange(format!("IAMAT {client} +0+0 {stamp}\n"));
            assert!(told.starts_with("AT "), "{told}");
            for b in self.reached(a) {
                self.servers[b].knows(&client);
            }
        }
    }

    fn wall(&self) -> u64 {
        u64::try_from(clock::wall().0 / 1_000_000_000).expect("it is after 1970")
    }
}
