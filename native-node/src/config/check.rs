//! What can be wrong with a herd file, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use herd_core::{Config, Preset, Style};
use herd_sim_wasm::Trees;
use toml::Spanned;

use super::file::{File, Server};
use super::{Herd, Member, check_address};

/// Something to say about a herd file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Whether the file can be used all the same.
    pub severity: Severity,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The line it stands in.
    pub text: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The file can be used, but hardly means this.
    Warning,
    /// The file cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl Problem {
    /// A problem at the byte `at` of `text`.
    #[must_use]
    pub(super) fn new(text: &str, at: usize, severity: Severity, message: String) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            severity,
            message,
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// The herd a file means, as far as it can be made out, and what is wrong with it.
pub(super) fn herd(text: &str, file: &File) -> (Herd, Vec<Problem>) {
    let mut checker = Checker { text, problems: Vec::new() };
    let mut herd = Herd::default();
    checker.options(file, &mut herd);
    let names = checker.names(&file.server);
    herd.servers = file.server.iter().map(|server| checker.member(server.get_ref())).collect();
    checker.addresses(&file.server);
    let sends = checker.neighbours(&file.server, &names);
    checker.reach(&file.server, &sends);
    herd.connect(&sends);
    (herd, checker.problems)
}

struct Checker<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn say<T>(&mut self, at: &Spanned<T>, severity: Severity, message: String) {
        self.problems.push(Problem::new(self.text, at.span().start, severity, message));
    }

    fn error<T>(&mut self, at: &Spanned<T>, message: String) {
        self.say(at, Severity::Error, message);
    }

    fn options(&mut self, file: &File, herd: &mut Herd) {
        if let Some(cluster) = &file.cluster {
            if let Err(why) = Config::check_name(cluster.get_ref()) {
                self.error(cluster, format!("the cluster's name cannot be used: {why}"));
            }
            herd.cluster.clone_from(cluster.get_ref());
        }
        if let Some(preset) = &file.preset {
            match Preset::named(preset.get_ref()) {
                Some(known) => herd.preset = known,
                None => {
                    let known: Vec<_> = Preset::ALL.iter().map(|preset| preset.name()).collect();
                    let given = preset.get_ref();
                    let known = known.join(", ");
                    self.error(preset, format!("there is no preset `{given}`; there are: {known}"));
                }
            }
        }
        if let Some(trees) = &file.trees {
            match Trees::named(trees.get_ref()) {
                Some(known) => herd.trees = known,
                None => {
                    let (given, known) =
                        (trees.get_ref(), Trees::ALL.map(Trees::name).join(" or "));
                    self.error(trees, format!("trees are {known}, not `{given}`"));
                }
            }
        }
        if let Some(root) = &file.root {
            let name = root.get_ref();
            if !file.server.iter().any(|server| server.get_ref().name.get_ref() == name) {
                self.error(root, format!("the root `{name}` is no server of the herd"));
            }
            herd.root = Some(name.clone());
        }
        if let Some(clients_max) = &file.clients_max {
            herd.clients_max = *clients_max.get_ref();
            if herd.clients_max == 0 {
                self.error(clients_max, "a server keeps at least one client".to_owned());
            }
        }
        if let Some(data_room) = &file.data_room {
            herd.data_room = *data_room.get_ref();
        }
        self.answers(file, herd);
        self.times(file, herd);
        herd.tape.clone_from(&file.tape);
        self.security(file, herd);
        if file.server.is_empty() {
            let message = "a herd has servers; give each a [[server]] with name and listen";
            self.problems.push(Problem::new(self.text, 0, Severity::Error, message.to_owned()));
        }
    }

    /// Servers that have fewer neighbours than are to have an update can never answer.
    fn answers(&mut self, file: &File, herd: &mut Herd) {
        let Some(ack_after) = &file.ack_after else { return };
        herd.ack_after = *ack_after.get_ref();
        if herd.ack_after >= file.server.len().max(1) {
            let message = format!(
                "no server has {} neighbours to have an update: updates would never be answered",
                herd.ack_after
            );
            self.error(ack_after, message);
        }
    }

    fn security(&mut self, file: &File, herd: &mut Herd) {
        if let Some(links) = &file.links {
            let given = links.get_ref();
            let ways = [given.keys.is_some(), given.key_file.is_some(), given.plain];
            if ways.iter().filter(|way| **way).count() > 1 {
                let message = "links have one of `keys`, `key_file` and `plain = true`";
                self.error(links, message.to_owned());
            }
            herd.security.keys.clone_from(&given.keys);
            herd.security.key_file.clone_from(&given.key_file);
            herd.security.plain_links = given.plain;
            if given.quic && given.keys.is_none() {
                let message = "links can be over QUIC where the servers have `keys`";
                self.error(links, message.to_owned());
            }
            herd.security.quic_links = given.quic;
        }
        if let Some(clients) = &file.clients {
            let given = clients.get_ref();
            if given.tls_only && herd.security.keys.is_none() {
                let message = "clients can use TLS where the servers have `keys`, in [links]";
                self.error(clients, message.to_owned());
            }
            if given.quic && herd.security.keys.is_none() {
                let message = "clients can use QUIC where the servers have `keys`, in [links]";
                self.error(clients, message.to_owned());
            }
            herd.security.tls_only = given.tls_only;
            herd.security.quic = given.quic;
            herd.security.tokens_file.clone_from(&given.tokens_file);
        }
    }

    fn times(&mut self, file: &File, herd: &mut Herd) {
        if let Some(ahead) = file.future_max_s.as_ref().and_then(|s| self.nanoseconds(s)) {
            herd.ingress_future = ahead;
            herd.hard_future = herd.hard_future.max(ahead);
        }
        if let Some(seconds) = &file.hard_future_s
            && let Some(ahead) = self.nanoseconds(seconds)
        {
            herd.hard_future = ahead;
            if ahead < herd.ingress_future {
                let message =
                    "less than future_max_s: what one server takes, the others would drop";
                self.error(seconds, message.to_owned());
            }
        }
        if let Some(seconds) = &file.retention_s
            && let Some(lasts) = self.nanoseconds(seconds)
        {
            herd.retention = Some(lasts.unsigned_abs());
            if lasts == 0 {
                self.error(seconds, "a record is kept for a second at least".to_owned());
            }
        }
    }

    fn nanoseconds(&mut self, seconds: &Spanned<u64>) -> Option<i64> {
        let ns = i64::try_from(*seconds.get_ref()).ok().and_then(|s| s.checked_mul(1_000_000_000));
        if ns.is_none() {
            self.error(seconds, "that is more than 292 years".to_owned());
        }
        ns
    }

    /// The servers by name.
    fn names(&mut self, servers: &[Spanned<Server>]) -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        for (index, server) in servers.iter().enumerate() {
            let name = &server.get_ref().name;
            if let Err(why) = Config::check_name(name.get_ref()) {
                self.error(name, format!("a server's name cannot be used: {why}"));
            }
            if names.insert(name.get_ref().clone(), index).is_some() {
                self.error(name, format!("there are two servers called `{}`", name.get_ref()));
            }
        }
        names
    }

    fn member(&mut self, server: &Server) -> Member {
        let address = server.address.as_ref().unwrap_or(&server.listen);
        let all = [Some(&server.listen), server.address.as_ref(), server.http.as_ref()];
        for given in all.into_iter().flatten() {
            if let Err(why) = check_address(given.get_ref()) {
                self.error(given, format!("`{}` is no address: {why}", given.get_ref()));
            }
        }
        if is_wildcard(address.get_ref()) {
            let message = format!(
                "nobody can reach `{}`: say in `address` where others find this server",
                address.get_ref()
            );
            self.error(address, message);
        }
        Member {
            name: server.name.get_ref().clone(),
            listen: server.listen.get_ref().clone(),
            address: address.get_ref().clone(),
            http: server.http.as_ref().map(|http| http.get_ref().clone()),
            style: if server.classic { Style::Classic } else { Style::Herd },
            neighbours: Vec::new(),
        }
    }

    fn addresses(&mut self, servers: &[Spanned<Server>]) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for server in servers.iter().map(Spanned::get_ref) {
            let own = [Some(&server.listen), server.address.as_ref(), server.http.as_ref()];
            for given in own.into_iter().flatten() {
                let name = server.name.get_ref();
                let address = given.get_ref().as_str();
                // Wildcards are told apart by machine, port 0 is another port every time.
                if is_wildcard(address) || address.ends_with(":0") {
                    continue;
                }
                match owners.insert(address, name) {
                    Some(other) if other != name => {
                        self.error(given, format!("`{other}` has the address {address} already"));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Who sends to whom.
    fn neighbours(
        &mut self,
        servers: &[Spanned<Server>],
        names: &BTreeMap<String, usize>,
    ) -> BTreeSet<(usize, usize)> {
        let mut sends = BTreeSet::new();
        for (a, server) in servers.iter().enumerate() {
            let server = server.get_ref();
            let mut seen = BTreeSet::new();
            for (list, out, back) in [
                (&server.peers, true, true),
                (&server.peers_out, true, false),
                (&server.peers_in, false, true),
            ] {
                for given in list {
                    let name = given.get_ref();
                    let Some(&b) = names.get(name) else {
                        let known = names.keys().cloned().collect::<Vec<_>>().join(", ");
                        self.error(
                            given,
                            format!("there is no server `{name}`; there are: {known}"),
                        );
                        continue;
                    };
                    if a == b {
                        self.error(given, format!("`{name}` cannot be its own neighbour"));
                        continue;
                    }
                    if !seen.insert(b) {
                        self.error(given, format!("`{name}` is listed twice here"));
                    }
                    sends.extend(out.then_some((a, b)));
                    sends.extend(back.then_some((b, a)));
                }
            }
        }
        sends
    }

    /// Warns of servers nobody talks to, and of a herd in several parts.
    fn reach(&mut self, servers: &[Spanned<Server>], sends: &BTreeSet<(usize, usize)>) {
        let mut part: Vec<usize> = (0..servers.len()).collect();
        for &(a, b) in sends {
            let (from, to) = (part[a], part[b]);
            for other in &mut part {
                if *other == from {
                    *other = to;
                }
            }
        }
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (server, &of) in part.iter().enumerate() {
            parts.entry(of).or_default().push(server);
        }
        if servers.len() < 2 || parts.len() < 2 {
            return;
        }
        let largest = parts.values().map(Vec::len).max().unwrap_or_default();
        let mut main_seen = false;
        for members in parts.values() {
            if members.len() == largest && largest > 1 && !main_seen {
                main_seen = true;
                continue;
            }
            let first = &servers[members[0]].get_ref().name;
            let name = first.get_ref();
            let message = match members.len() {
                1 => format!("`{name}` has no neighbours: it will hear nothing and tell nobody"),
                n => format!("`{name}` and {} more have no path to the rest of the herd", n - 1),
            };
            self.say(first, Severity::Warning, message);
        }
    }
}

/// Whether an address stands for all addresses of a machine.
fn is_wildcard(address: &str) -> bool {
    address.starts_with("0.0.0.0:") || address.starts_with("[::]:")
}
