//! A thread of clients that go from server to server, and remember what they were told.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::luck::Luck;

/// How long an answer may take before a client goes elsewhere: a server may be stopped.
const PATIENCE: Duration = Duration::from_secs(1);
/// Clients of a thread.
const CLIENTS: u64 = 25;
/// Lines said at once.
const BATCH: usize = 16;
/// Batches said on one connection at most.
const VISIT: u64 = 20;

/// What is known of a client.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub client: String,
    /// The newest stamp that was said.
    pub sent: u64,
    /// The newest stamp that was answered.
    pub answered: u64,
    /// The answer to it, with its LF.
    pub line: String,
}

impl Known {
    /// The stamp in a line about this client.
    #[must_use]
    pub fn stamp_of(&self, line: &str) -> Option<u64> {
        let mut fields = line.strip_prefix("AT ")?.trim_end().split(' ');
        let client = fields.nth(2)?;
        (client == self.client).then(|| fields.nth(1)?.parse().ok())?
    }
}

/// A thread of clients.
#[derive(Debug)]
pub struct Roamer {
    luck: Luck,
    servers: Vec<SocketAddr>,
    clients: Vec<Known>,
    /// (server, client) and the newest stamp that server has told of it.
    told: BTreeMap<(usize, usize), u64>,
    /// Updates that were answered.
    pub answered: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// Connections that were lost, or gave no answer in time.
    pub lost: u64,
}

impl Roamer {
    /// The thread `number` of clients that a seed gives.
    #[must_use]
    pub fn new(seed: u64, number: u64, servers: &[SocketAddr]) -> Self {
        let clients = (0..CLIENTS).map(|client| Known {
            client: format!("roamer{number}-{client}"),
            sent: 0,
            answered: 0,
            line: String::new(),
        });
        Self {
            luck: Luck::new(seed, number + 1),
            servers: servers.to_vec(),
            clients: clients.collect(),
            told: BTreeMap::new(),
            answered: 0,
            refused: 0,
            lost: 0,
        }
    }

    /// Its clients.
    #[must_use]
    pub fn clients(&self) -> &[Known] {
        &self.clients
    }

    /// Goes to some server and stays for a while.
    ///
    /// # Panics
    /// If a server says what cannot be: less than it has said before, or what nobody said.
    pub fn visit(&mut self, answers: &AtomicU64) {
        let server = self.luck.index(self.servers.len());
        if self.talk(server, answers).is_none() {
            self.lost += 1;
        }
    }

    fn talk(&mut self, server: usize, answers: &AtomicU64) -> Option<()> {
        let stream = TcpStream::connect_timeout(&self.servers[server], PATIENCE).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        let mut stream = BufReader::new(stream);
        for _ in 0..=self.luck.below(VISIT) {
            let mut said = String::new();
            let mut waits = VecDeque::new();
            for _ in 0..=self.luck.index(BATCH) {
                let client = self.luck.index(self.clients.len());
                let known = &mut self.clients[client];
                // A stamp of nothing is a question: what is newer is told.
                let stamp = if self.luck.below(4) == 0 { 0 } else { known.sent + 1 };
                known.sent = known.sent.max(stamp);
                said += &format!("IAMAT {} +{}+{} {stamp}\n", known.client, stamp % 90, client);
                waits.push_back((client, stamp));
            }
            stream.get_mut().write_all(said.as_bytes()).ok()?;
            for (client, stamp) in waits {
                let mut line = String::new();
                stream.read_line(&mut line).ok()?;
                if line.starts_with("? ") && line.ends_with('\n') {
                    self.refused += 1;
                    continue;
                }
                if !line.ends_with('\n') {
                    return None;
                }
                self.check(server, client, stamp, line);
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }
        Some(())
    }

    /// An answer: it says no less than this server has said before, and no more than was said.
    fn check(&mut self, server: usize, client: usize, stamp: u64, line: String) {
        let known = &mut self.clients[client];
        let told = self.told.entry((server, client)).or_default();
        let Some(is) = known.stamp_of(&line) else {
            panic!("no answer of {}: {line}", known.client)
        };
        assert!(is >= *told, "server {server} has told {told} of {}, and now {line}", known.client);
        assert!(is <= known.sent, "{line} was never said");
        *told = is;
        if stamp > 0 {
            // Stamps only rise: nothing can be newer than the newest.
            assert!(is == stamp || is > stamp && known.sent > stamp, "said {stamp}, told {line}");
            self.answered += 1;
        }
        if is >= known.answered {
            known.answered = is;
            known.line = line;
        }
    }
}
