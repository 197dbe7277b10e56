//! Herd files: a herd as TOML.
//!
//! ```toml
//! cluster = "herd"            # servers of another cluster refuse each other
//! clients_max = 1048576       # a server keeps those with the newest stamps
//! data_room = 268435456       # bytes of data a server takes; what makes it more is refused
//! retention_s = 604800        # and forgets what is older; without it nothing is too old
//! ack_after = 0               # a client is answered once so many neighbours have its update
//! future_max_s = 86400        # how far a client's stamp may be ahead
//! hard_future_s = 172800      # how far a neighbour's may: clocks differ
//! preset = "grove"            # or flood_sync, or classic: the prototypes' rule, without repair
//! root = "Alford"             # one tree for all updates; grove_batch chooses one by itself
//! tape = "herd-tapes"         # where all that servers are told is taped, NAME.tape each (herd tape)
//! trees = "learned"           # or planned: from the neighbours listed here, in all copies of the file
//!
//! [links]                     # how servers know each other: one of the three; paths from this file
//! keys = "herd-keys"          # by certificates, which `herd keys` makes
//! quic = true                 # servers dial each other over QUIC (with keys): UDP, the same port
//! # key_file = "link.key"     # by a key they share
//! # plain = true              # by what they say: whoever reaches a server can join
//!
//! [clients]
//! tls_only = true             # they have to use TLS (with keys)
//! quic = true                 # they may use QUIC (with keys); so it is where links do
//! tokens_file = "tokens"      # and to show one of these first
//!
//! [[server]]
//! name = "Alford"
//! listen = "127.0.0.1:12000"
//! http = "127.0.0.1:9000"     # where `herd server` serves it over HTTP; `herd` does at the page's
//! peers = ["Hamilton"]        # two-way; one side saying it is enough
//! peers_out = ["Welsh"]       # we send to it
//! peers_in = []               # it sends to us
//!
//! [[server]]
//! name = "Hamilton"
//! listen = "0.0.0.0:12001"
//! address = "hamilton.example:12001"   # where others reach it, if not at `listen`
//!
//! [[server]]
//! name = "Welsh"
//! listen = "127.0.0.1:12002"
//! classic = true              # a prototype: started by somebody else, speaks plain AT lines
//! ```

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::check::{self, Problem};
use super::{Herd, Severity};

/// A herd file as written, with where each thing stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) cluster: Option<Spanned<String>>,
    pub(super) preset: Option<Spanned<String>>,
    pub(super) trees: Option<Spanned<String>>,
    pub(super) root: Option<Spanned<String>>,
    pub(super) clients_max: Option<Spanned<usize>>,
    pub(super) data_room: Option<Spanned<usize>>,
    pub(super) ack_after: Option<Spanned<usize>>,
    pub(super) future_max_s: Option<Spanned<u64>>,
    pub(super) hard_future_s: Option<Spanned<u64>>,
    pub(super) retention_s: Option<Spanned<u64>>,
    pub(super) tape: Option<PathBuf>,
    pub(super) links: Option<Spanned<Links>>,
    pub(super) clients: Option<Spanned<Clients>>,
    #[serde(default)]
    pub(super) server: Vec<Spanned<Server>>,
}

/// The `[links]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Links {
    pub(super) keys: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) quic: bool,
    #[serde(default)]
    pub(super) plain: bool,
}

/// The `[clients]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clients {
    #[serde(default)]
    pub(super) tls_only: bool,
    #[serde(default)]
    pub(super) quic: bool,
    pub(super) tokens_file: Option<PathBuf>,
}

/// One `[[server]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) name: Spanned<String>,
    pub(super) listen: Spanned<String>,
    pub(super) address: Option<Spanned<String>>,
    pub(super) http: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) peers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) peers_out: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) peers_in: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) classic: bool,
}

/// Reads a herd file: the herd, unless there are errors, and everything there is to say about it.
#[must_use]
pub fn read(text: &str) -> (Option<Herd>, Vec<Problem>) {
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let problem = Problem::new(text, at, Severity::Error, error.message().to_owned());
            return (None, vec![problem]);
        }
    };
    let (herd, mut problems) = check::herd(text, &file);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let failed = problems.iter().any(|problem| problem.severity == Severity::Error);
    ((!failed).then_some(herd), problems)
}
