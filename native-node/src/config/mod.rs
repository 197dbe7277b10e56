//! What a herd consists of: who there is, where, and who talks to whom.
//!
//! A [`Herd`] comes from a herd file ([`mod@file`]), from a topology by name ([`Herd::on_host`]),
//! or, for one server, from options.

mod address;
mod check;
pub mod file;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use herd_core::{Config, Direction, Overlay, Peer, Preset, Style};
use herd_sim_wasm::Trees;
use herd_sim_wasm::topology::Topology;

pub use self::address::{AddressError, check_address, file_name, is_here, join, port_of};
pub use self::check::{Problem, Severity};

/// A herd: its servers and how they are to behave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Herd {
    /// The herd's name; servers of another refuse each other.
    pub cluster: String,
    /// How updates are ordered and repaired.
    pub preset: Preset,
    /// Where its trees come from.
    pub trees: Trees,
    /// The root of one tree that all updates share; the preset's choice if nobody is named.
    pub root: Option<String>,
    /// Clients a server keeps at most.
    pub clients_max: usize,
    /// Bytes of data a server takes from clients at most.
    pub data_room: usize,
    /// How old a stamp may become before its record is forgotten, ns.
    pub retention: Option<u64>,
    /// A client is answered once so many neighbours have its update.
    pub ack_after: usize,
    /// How far a client's stamp may be ahead, ns.
    pub ingress_future: i64,
    /// How far a neighbour's record may be ahead, ns.
    pub hard_future: i64,
    /// Who is let in, as a herd file says.
    pub security: Wanted,
    /// The folder of the servers' tapes, if a herd file names one.
    pub tape: Option<PathBuf>,
    /// The servers, in the order of the file or topology.
    pub servers: Vec<Member>,
}

/// Who is to be let in, as a herd file says: where keys lie.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wanted {
    /// The folder of the servers' certificates.
    pub keys: Option<PathBuf>,
    /// The file of the key that all servers share.
    pub key_file: Option<PathBuf>,
    /// Whether links may be plain beyond this machine.
    pub plain_links: bool,
    /// Whether clients have to use TLS.
    pub tls_only: bool,
    /// Whether servers are heard over QUIC.
    pub quic: bool,
    /// Whether they dial each other over it.
    pub quic_links: bool,
    /// The file of the clients' tokens.
    pub tokens_file: Option<PathBuf>,
}

/// A server of a herd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it listens, `HOST:PORT`.
    pub listen: String,
    /// Where others reach it, `HOST:PORT`; `listen` unless that is a wildcard or behind a router.
    pub address: String,
    /// Where it is reached over HTTP, `HOST:PORT`, if it is.
    pub http: Option<String>,
    /// What it speaks to the others. A classic one is a prototype that `herd` does not start.
    pub style: Style,
    /// Its neighbours.
    pub neighbours: Vec<Neighbour>,
}

/// A neighbour of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Where it is reached, `HOST:PORT`; `None` for one that only dials us.
    pub address: Option<String>,
    /// Who sends to whom.
    pub direction: Direction,
    /// What it speaks.
    pub style: Style,
}

impl Default for Herd {
    fn default() -> Self {
        let config = Config::new("", []);
        Self {
            cluster: config.cluster.into(),
            preset: config.preset,
            trees: Trees::default(),
            root: None,
            clients_max: config.clients_max,
            data_room: config.data_room,
            retention: config.retention,
            ack_after: config.ack_after,
            ingress_future: config.ingress_future,
            hard_future: config.hard_future,
            security: Wanted::default(),
            tape: None,
            servers: Vec::new(),
        }
    }
}

impl Herd {
    /// Takes relative paths as from `folder`: that of the herd file.
    pub fn found_from(&mut self, folder: &Path) {
        let Wanted { keys, key_file, tokens_file, .. } = &mut self.security;
        for path in [keys, key_file, tokens_file, &mut self.tape].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// The herd of a topology on one host: the first server at `base_port`, the next ones on the
    /// ports after it. With a base port of 0 every server takes a free port of its own.
    ///
    /// # Errors
    /// A sentence, when the ports would pass 65,535.
    pub fn on_host(topology: &Topology, host: &str, base_port: u16) -> Result<Self, String> {
        let names = topology.names();
        let mut servers = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let step = if base_port == 0 { 0 } else { index };
            let port = u16::try_from(usize::from(base_port) + step).map_err(|_| {
                format!("{} servers from port {base_port} on pass 65535", names.len())
            })?;
            let address = join(host, port);
            servers.push(Member {
                name: name.to_string(),
                listen: address.clone(),
                address,
                http: None,
                style: Style::Herd,
                neighbours: Vec::new(),
            });
        }
        let mut herd = Self { servers, ..Self::default() };
        let mut sends = BTreeSet::new();
        for edge in topology.edges() {
            let (a, b) = (edge.a.index(), edge.b.index());
            sends.insert((a, b));
            sends.extend((!edge.one_way).then_some((b, a)));
        }
        herd.connect(&sends);
        Ok(herd)
    }

    /// The server of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.servers.iter().find(|member| member.name == name)
    }

    /// Gives every server its neighbours: `sends` has (a, b) where a sends to b.
    pub(crate) fn connect(&mut self, sends: &BTreeSet<(usize, usize)>) {
        for a in 0..self.servers.len() {
            let neighbours = (0..self.servers.len()).filter_map(|b| {
                let direction = match (sends.contains(&(a, b)), sends.contains(&(b, a))) {
                    (true, true) => Direction::Both,
                    (true, false) => Direction::Out,
                    (false, true) => Direction::In,
                    (false, false) => return None,
                };
                let other = &self.servers[b];
                Some(Neighbour {
                    name: other.name.clone(),
                    address: Some(other.address.clone()),
                    direction,
                    style: other.style,
                })
            });
            self.servers[a].neighbours = neighbours.collect();
        }
    }

    /// The server of that index listens at `address`, and is reached there by the others.
    pub(crate) fn moved(&mut self, index: usize, address: SocketAddr) {
        let address = address.to_string();
        let name = self.servers[index].name.clone();
        self.servers[index].listen.clone_from(&address);
        for member in &mut self.servers {
            for neighbour in member.neighbours.iter_mut().filter(|n| n.name == name) {
                neighbour.address = Some(address.clone());
            }
        }
        self.servers[index].address = address;
    }

    /// The map that every server is given, if trees are planned: each way the same length.
    /// Prototypes are not on it.
    #[must_use]
    pub fn map(&self) -> Option<Arc<Overlay>> {
        if self.trees == Trees::Learned {
            return None;
        }
        let own = self.servers.iter().filter(|member| member.style == Style::Herd);
        let ways = own.flat_map(|member| {
            let told = |neighbour: &&Neighbour| {
                neighbour.direction.sends() && neighbour.style == Style::Herd
            };
            let neighbours = member.neighbours.iter().filter(told);
            neighbours.map(|to| (member.name.as_str(), to.name.as_str(), 1))
        });
        Some(Arc::new(Overlay::directed(ways)))
    }

    /// The root of the tree that all updates share, if one is named or the preset wants one: the middle
    /// of the map, or the lowest name. A tree that is used both ways needs links that are, and who knows
    /// only one server cannot choose.
    fn shared_root(&self, map: Option<&Overlay>) -> Option<Box<str>> {
        let own = || self.servers.iter().filter(|member| member.style == Style::Herd);
        let both_ways =
            own().flat_map(|member| &member.neighbours).all(|n| n.direction == Direction::Both);
        let chooses = self.preset == Preset::GroveBatch && both_ways && self.servers.len() > 1;
        let named = self.root.as_deref();
        let lowest = || own().map(|member| member.name.as_str()).min();
        let chosen = || map.map_or_else(lowest, Overlay::centre).filter(|_| chooses);
        named.or_else(chosen).map(Into::into)
    }

    /// What the core is told about the server `member` of this herd; `map` is [the herd's](Self::map).
    #[must_use]
    pub fn core_config(
        &self,
        member: &Member,
        map: Option<Arc<Overlay>>,
        incarnation: u64,
        hash_seed: u64,
    ) -> Config {
        let peers = member.neighbours.iter().map(|neighbour| Peer {
            name: neighbour.name.as_str().into(),
            direction: neighbour.direction,
            style: neighbour.style,
        });
        let mut config = Config::new(&member.name, peers);
        config.cluster = self.cluster.as_str().into();
        config.incarnation = incarnation;
        config.preset = self.preset;
        config.root = self.shared_root(map.as_deref());
        config.overlay = map;
        config.hash_seed = hash_seed;
        config.clients_max = self.clients_max;
        config.data_room = self.data_room;
        config.retention = self.retention;
        config.ack_after = self.ack_after;
        config.ingress_future = self.ingress_future;
        config.hard_future = self.hard_future;
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_planned_herd_are_given_one_map_without_prototypes() {
        let text = "trees = \"planned\"\n[[server]]\nname = \"A\"\nlisten = \"127.0.0.1:1\"\n\
            peers = [\"B\"]\npeers_out = [\"C\"]\n[[server]]\nname = \"B\"\nlisten = \"127.0.0.1:2\"\n\
            peers = [\"C\", \"D\"]\n[[server]]\nname = \"C\"\nlisten = \"127.0.0.1:3\"\n\
            [[server]]\nname = \"D\"\nlisten = \"127.0.0.1:4\"\nclassic = true\n";
        let herd = file::read(text).0.expect("a herd file");
        let map = herd.map();
        let ways = [("A", "B", 1), ("B", "A", 1), ("A", "C", 1), ("B", "C", 1), ("C", "B", 1)];
        assert_eq!(map.as_deref(), Some(&Overlay::directed(ways)));
        let member = herd.member("B").expect("it is there");
        assert_eq!(herd.core_config(member, map.clone(), 1, 0).overlay, map);
        assert_eq!(Herd { trees: Trees::Learned, ..herd.clone() }.map(), None);
        // A tree that all share has a root, if nothing stands in its way.
        let root = |preset, root: Option<&str>| {
            let herd = Herd { preset, root: root.map(str::to_owned), ..herd.clone() };
            herd.core_config(member, map.clone(), 1, 0).root
        };
        assert_eq!(root(Preset::GroveBatch, None), None, "A tells C, and not back");
        assert_eq!(root(Preset::Grove, Some("C")).as_deref(), Some("C"));
        let ring = Topology::named("ring:5", 1).expect("a ring");
        let ring = Herd::on_host(&ring, "127.0.0.1", 0).expect("free ports");
        let ring = Herd { preset: Preset::GroveBatch, ..ring };
        assert_eq!(ring.core_config(&ring.servers[3], None, 1, 0).root.as_deref(), Some("s0"));
    }
}
