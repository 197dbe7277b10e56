//! A whole herd in one process, as `herd` starts it, and what it tells those who watch it live.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;

use crate::http::{Answer, request_with};
use crate::tcp::{Process, exchange, until};
use crate::websocket::WebSocket;

/// The herd.
#[derive(Debug)]
pub struct Up {
    /// Its process.
    pub process: Process,
    /// Where it is asked over HTTP, and the page is.
    pub http: SocketAddr,
    /// The admin token it has drawn; nothing if it was given one.
    pub admin: String,
    servers: BTreeMap<String, SocketAddr>,
    folder: TempDir,
}

impl Up {
    /// Starts one of five servers on free ports, with these further arguments.
    ///
    /// # Panics
    /// If it does not say where its servers are.
    #[must_use]
    #[track_caller]
    pub fn start(herd: &str, more: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let logs = folder.path().display().to_string();
        let mut all = vec!["up", "--log-dir", &logs];
        // A herd file has its own ports.
        if !more.iter().any(|argument| argument.ends_with(".toml")) {
            all.extend(["--base-port", "0"]);
        }
        if !more.contains(&"--http") {
            all.extend(["--http", "127.0.0.1:0"]);
        }
        all.extend(more);
        let process = Process::start(herd, &all);
        let mut servers = BTreeMap::new();
        let (http, admin) = process.line(|line| {
            let mut words = line.split_whitespace();
            let (name, second) = (words.next()?, words.next()?);
            if let Ok(address) = second.parse::<SocketAddr>() {
                servers.insert(name.to_owned(), address);
            }
            let (address, token) = second.strip_prefix("http://")?.split_once("/#live")?;
            let token = token.strip_prefix("&admin=").unwrap_or_default();
            Some((address.parse().expect("an address"), token.to_owned()))
        });
        Self { process, http, admin, servers, folder }
    }

    /// Where a server listens.
    ///
    /// # Panics
    /// If there is none of that name.
    #[must_use]
    #[track_caller]
    pub fn address(&self, name: &str) -> SocketAddr {
        *self.servers.get(name).unwrap_or_else(|| panic!("{name} is not in {:?}", self.servers))
    }

    /// The names of its servers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.keys().map(String::as_str)
    }

    /// Where its logs are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a server has logged.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        let path = self.folder.path().join(format!("{name}.log"));
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    }

    /// What a server answers to lines on a connection of their own.
    #[track_caller]
    pub fn say(&self, name: &str, text: &str) -> String {
        exchange(self.address(name), text)
    }

    /// Waits until a server knows a client.
    #[track_caller]
    pub fn knows(&self, name: &str, client: &str) {
        until(&format!("{name} knows {client}"), || {
            self.say(name, &format!("WHATSAT {client} 1 1\n")).starts_with("AT ").then_some(())
        });
    }

    /// Has something done to a server, such as `Holiday/kill`, by who shows this token.
    #[track_caller]
    pub fn act(&self, token: Option<&str>, what: &str) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> =
            bearer.iter().map(|value| ("Authorization", value.as_str())).collect();
        request_with(self.http, "POST", &format!("/v1/admin/servers/{what}"), &headers, "")
    }

    /// Begins to watch.
    #[must_use]
    #[track_caller]
    pub fn watch(&self) -> Watching {
        Watching::open(self.http)
    }
}

/// Somebody who watches a herd.
#[derive(Debug)]
pub struct Watching {
    /// The connection.
    pub socket: WebSocket,
    /// Everything that was told.
    pub lines: Vec<String>,
}

impl Watching {
    /// Begins to watch what is at an address.
    #[must_use]
    #[track_caller]
    pub fn open(at: SocketAddr) -> Self {
        Self { socket: WebSocket::open(at, "/v1/live", None), lines: Vec::new() }
    }

    /// Says something.
    #[track_caller]
    pub fn say(&mut self, text: &str) {
        self.socket.send(text);
    }

    /// Waits until it is told something that begins so, from now on; the line.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn told(&mut self, begins: &str) -> String {
        let is_it = |line: &&String| line.starts_with(begins);
        let mut from = self.lines.len();
        until(&format!("it is told {begins}"), || {
            self.message();
            let found = self.lines[from..].iter().find(is_it).cloned();
            from = self.lines.len();
            found
        })
    }

    /// Waits until it was told something that begins so, before or from now on; the latest such line.
    #[track_caller]
    pub fn was_told(&mut self, begins: &str) -> String {
        let latest = self.lines.iter().rev().find(|line| line.starts_with(begins)).cloned();
        latest.unwrap_or_else(|| self.told(begins))
    }

    /// Hears one message; its lines.
    #[track_caller]
    pub fn message(&mut self) -> &[String] {
        let from = self.lines.len();
        self.lines.extend(self.socket.text().lines().map(str::to_owned));
        &self.lines[from..]
    }
}
