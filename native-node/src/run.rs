//! Running servers of a herd in this process.
//!
//! Each worker thread has a runtime of its own and some of the servers; a server never moves, so
//! its sockets, node and timers share one core's caches. Other work (Places over HTTP, the page,
//! signals) runs on the main runtime. [`Control`] has a server killed and started again while the
//! others run.

mod control;
mod workers;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use tokio::runtime::Handle;

pub use self::control::{Control, ControlError, Found, Life};
use self::control::{Seat, lock};
use self::workers::{Ready, Worker};
use crate::clock;
use crate::config::{Herd, Member, port_of};
use crate::disk::{Disk, Durability, OpenError};
use crate::keys::KeysError;
use crate::keys::shared::SharedKey;
use crate::keys::tls::Tls;
use crate::keys::tokens::Tokens;
use crate::live::Feed;
use crate::log::{Detail, Format, Log, Loss, Opener, Writer};
use crate::places::Places;
use crate::server::{Change, Door, Hand, Inbox, Limits, Links, Own, Settings, listen};
use crate::tape::{self, Tape};

/// How servers are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The Places service they ask.
    pub places: Places,
    /// The folder of their logs.
    pub log_dir: PathBuf,
    /// How much they log.
    pub log: Detail,
    /// What a line of it is.
    pub log_format: Format,
    /// Bytes of a log after which it begins anew, and the one before it is kept; 0: none.
    pub log_max: u64,
    /// The driver's bounds.
    pub limits: Limits,
    /// Who is let in.
    pub security: Security,
    /// The folder of what they keep; without one it is in memory only.
    pub data: Option<PathBuf>,
    /// When an answer is given, if they keep what they answer.
    pub durability: Durability,
    /// Where what they are told is taped, if it is.
    pub tape: Option<tape::Options>,
    /// Threads at most; a server uses one.
    pub workers: usize,
}

/// Who is let in by servers.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// How they know each other.
    pub links: Known,
    /// Whether clients have to use TLS.
    pub tls_only: bool,
    /// The tokens of which a client has to show one.
    pub tokens: Option<Arc<Tokens>>,
    /// Where hands are shaken; else beside the servers.
    pub runtime: Option<Handle>,
}

/// How servers know each other.
#[derive(Clone, Debug)]
pub enum Known {
    /// By what they say: on this machine only, or from everywhere.
    Plain {
        /// From everywhere.
        everywhere: bool,
    },
    /// By certificates in this folder.
    Certificates(PathBuf),
    /// By a key they share.
    Shared(SharedKey),
}

impl Default for Known {
    fn default() -> Self {
        Self::Plain { everywhere: false }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain { everywhere: false } => f.write_str("plain links, on this machine only"),
            Self::Plain { everywhere: true } => f.write_str("plain links, from everywhere"),
            Self::Certificates(folder) => write!(f, "links by the keys in {}", folder.display()),
            Self::Shared(_) => f.write_str("links by a shared key"),
        }
    }
}

impl Security {
    /// Who is let in by the server `name`.
    fn door(&self, name: &str) -> Result<Door, StartError> {
        let links = match &self.links {
            Known::Plain { everywhere } => Links::Plain { everywhere: *everywhere },
            Known::Certificates(folder) => {
                Links::Tls(Tls::load(folder, name).map_err(StartError::Keys)?)
            }
            Known::Shared(key) => Links::Shared(key.clone()),
        };
        let Self { tls_only, tokens, runtime, .. } = self.clone();
        Ok(Door { links, tls_only, tokens, runtime })
    }
}

/// Servers that run.
#[derive(Debug)]
pub struct Running {
    servers: Vec<Started>,
    control: Arc<Control>,
    workers: Vec<Worker>,
    writer: Writer,
}

/// A server that runs.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its log, if it writes one.
    pub log: Option<PathBuf>,
    /// The file it keeps its records in, if it does.
    pub data: Option<PathBuf>,
    /// Its tape, if it has one.
    pub tape: Option<PathBuf>,
}

/// Why servers could not be started. None was.
#[derive(Debug)]
pub enum StartError {
    /// What a server keeps cannot be opened.
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: OpenError,
    },
    /// The keys of a server cannot be used.
    Keys(KeysError),
    /// A server cannot listen on its address.
    Listen {
        /// Which server.
        name: String,
        /// Which address.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// A log cannot be opened.
    Log {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A tape cannot be written.
    Tape {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system gave no thread or no runtime.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk { path, error } => write!(f, "{} cannot be used: {error}", path.display()),
            Self::Keys(why) => why.fmt(f),
            Self::Listen { name, address, error } if error.kind() == io::ErrorKind::AddrInUse => {
                let port = port_of(address).unwrap_or_default();
                write!(f, "port {port} is in use: {name} cannot listen on {address}")
            }
            Self::Listen { name, address, error } => {
                write!(f, "{name} cannot listen on {address}: {error}")
            }
            Self::Log { path, error } => {
                write!(f, "the log {} cannot be written: {error}", path.display())
            }
            Self::Tape { path, error } => {
                write!(f, "the tape {} cannot be written: {error}", path.display())
            }
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl Running {
    /// Starts the servers called `names` of `herd` (port 0 in its addresses becomes a free port,
    /// also for the neighbours).
    ///
    /// # Errors
    /// Why not; nothing was started.
    pub fn start(mut herd: Herd, names: &[String], options: &Options) -> Result<Self, StartError> {
        let mut listeners = Vec::new();
        for name in names {
            let Some(index) = herd.servers.iter().position(|m| m.name == *name) else { continue };
            let member = &herd.servers[index];
            let listen_error = |error| StartError::Listen {
                name: name.clone(),
                address: member.listen.clone(),
                error,
            };
            let listener = listen(&member.listen).map_err(listen_error)?;
            let address = listener.local_addr().map_err(listen_error)?;
            if port_of(&member.address) == Some(0) {
                herd.moved(index, address);
            }
            listeners.push((index, listener, address));
        }
        let writer = Writer::start().map_err(StartError::System)?;
        let map = herd.map();
        let mut servers = Vec::new();
        let mut ready = Vec::new();
        let together = listeners.len();
        for (index, listener, address) in listeners {
            let member = &herd.servers[index];
            let (path, log) = open_log(&writer.opener(), options, &member.name)?;
            let disk = open_disk(&herd, member, options)?;
            let tape = open_tape(options, &member.name)?;
            servers.push(Started {
                name: member.name.clone(),
                address,
                log: path,
                data: disk.as_ref().map(|disk| disk.file_path().to_owned()),
                tape: tape.as_ref().map(|tape| tape.path().to_owned()),
            });
            let door = options.security.door(&member.name)?;
            let (map, limits) = (map.clone(), options.limits);
            let (feed, hand) = (Arc::new(Feed::among(together)), Hand::default());
            let own = Own { log: Some(log), disk, tape, feed, hand };
            let settings = Settings::of(&herd, member, map, limits, door, own);
            ready.push(Ready { settings, listener, places: options.places.clone() });
        }
        let (seats, workers) = spread(&servers, ready, options.workers)?;
        let control = Control {
            herd: Mutex::new(herd),
            options: options.clone(),
            security: Mutex::new(options.security.clone()),
            logs: writer.opener(),
            seats,
            cuts: Mutex::new(BTreeSet::new()),
            busy: tokio::sync::Mutex::new(()),
        };
        Ok(Self { servers, control: Arc::new(control), workers, writer })
    }

    /// The servers.
    #[must_use]
    pub fn servers(&self) -> &[Started] {
        &self.servers
    }

    /// How other tasks reach the server of this name, in the life it has now.
    #[must_use]
    pub fn inbox(&self, name: &str) -> Option<Inbox> {
        self.control.life(name).map(|life| life.inbox)
    }

    /// How its servers are killed and started again.
    #[must_use]
    pub const fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Tells the servers of a changed herd and new keys; what has changed for each, or why it goes
    /// on as it was.
    pub async fn reconfigure(
        &self,
        mut herd: Herd,
        security: &Security,
    ) -> Vec<(String, Result<String, String>)> {
        for started in &self.servers {
            let index = herd.servers.iter().position(|member| member.name == started.name);
            if let Some(index) = index.filter(|i| port_of(&herd.servers[*i].address) == Some(0)) {
                herd.moved(index, started.address);
            }
        }
        let herd = Arc::new(herd);
        let mut told = Vec::new();
        for started in &self.servers {
            let Some(inbox) = self.inbox(&started.name) else { continue };
            let taken = match security.door(&started.name) {
                Ok(door) => inbox.reconfigure(Change { herd: Arc::clone(&herd), door }).await,
                Err(why) => Err(format!("{why}; it goes on as it was")),
            };
            told.push((started.name.clone(), taken));
        }
        // Whoever starts again is one of the herd that is, not of one that nobody took.
        if told.is_empty() || told.iter().any(|(_, taken)| taken.is_ok()) {
            lock(&self.control.herd).clone_from(&herd);
            lock(&self.control.security).clone_from(security);
        }
        told
    }

    /// Asks all servers to finish the answers in flight and end.
    pub async fn stop(&self) {
        for started in &self.servers {
            if let Some(inbox) = self.inbox(&started.name) {
                inbox.stop().await;
            }
        }
    }

    /// Waits until all servers have ended; what their logs lost.
    ///
    /// # Errors
    /// A worker failed (which only a bug can cause).
    pub fn wait(self) -> Result<Vec<Loss>, &'static str> {
        let mut failed = false;
        for worker in self.workers {
            failed |= !worker.wait();
        }
        let losses = self.writer.finish();
        if failed { Err("a server failed: this is a bug in herd") } else { Ok(losses) }
    }
}

/// The disk of a server, if servers are to have one.
fn open_disk(herd: &Herd, member: &Member, options: &Options) -> Result<Option<Disk>, StartError> {
    let Some(folder) = &options.data else { return Ok(None) };
    let path = Disk::path(folder, &member.name);
    let disk = Disk::open(&path, &herd.cluster, &member.name, options.durability);
    disk.map(Some).map_err(|error| StartError::Disk { path, error })
}

/// The tape of a server, if servers are to have one.
fn open_tape(options: &Options, name: &str) -> Result<Option<Tape>, StartError> {
    let Some(tape) = &options.tape else { return Ok(None) };
    let opened = Tape::open(tape, name);
    opened.map(Some).map_err(|error| StartError::Tape { path: tape.file_of(name), error })
}

/// Where the log of a server is, and the log.
fn open_log(
    logs: &Opener,
    options: &Options,
    name: &str,
) -> Result<(Option<PathBuf>, Log), StartError> {
    let path = log_path(&options.log_dir, name);
    let log = logs
        .open(&path, options.log, options.log_format, options.log_max)
        .map_err(|error| StartError::Log { path: path.clone(), error })?;
    Ok((log.is_on().then_some(path), log))
}

/// The log of the server `name`: a name is no path.
#[must_use]
pub fn log_path(folder: &Path, name: &str) -> PathBuf {
    let safe: String =
        name.chars().map(|c| if matches!(c, '/' | '\\') { '_' } else { c }).collect();
    folder.join(format!("{safe}.log"))
}

/// Spreads servers over threads.
fn spread(
    servers: &[Started],
    ready: Vec<Ready>,
    workers: usize,
) -> Result<(Vec<Seat>, Vec<Worker>), StartError> {
    let workers = workers.clamp(1, ready.len().max(1));
    let workers: io::Result<Vec<Worker>> = (0..workers).map(Worker::start).collect();
    let workers = workers.map_err(StartError::System)?;
    let mut begun = Vec::new();
    for (index, (started, ready)) in servers.iter().zip(ready).enumerate() {
        let orders = workers[index % workers.len()].orders();
        let (tell, told) = mpsc::channel();
        // Whoever starts the servers listens until all are told of.
        orders.run(ready, move |inbox| drop(tell.send(inbox)));
        begun.push((started, orders, told));
    }
    let mut seats = Vec::new();
    for (started, orders, told) in begun {
        let failed = |_| io::Error::other("a server failed: this is a bug in herd");
        let inbox = told.recv().map_err(failed).flatten().map_err(StartError::System)?;
        let life = Mutex::new(Life { inbox, before: 0, since: clock::wall() });
        seats.push(Seat { name: started.name.clone(), address: started.address, orders, life });
    }
    Ok((seats, workers))
}

/// Descriptors this process may have, after asking for as many as the system allows.
#[cfg(unix)]
#[must_use]
pub fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    now.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// Descriptors this process may have.
#[cfg(not(unix))]
#[must_use]
pub const fn descriptors() -> usize {
    usize::MAX
}
