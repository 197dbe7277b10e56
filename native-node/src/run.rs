//! Running servers of a herd in this process.
//!
//! Each worker thread has a runtime of its own and some of the servers; a server never moves, so
//! its sockets, node and timers share one core's caches. Other work (Places over HTTP, the page,
//! signals) runs on the main runtime. [`Control`] has a server killed and started again while the
//! others run.

mod control;
mod ready;
mod security;
mod workers;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};

pub use self::control::{Control, ControlError, Found, Life};
use self::control::{Refusals, Seat, lock};
use self::ready::{All, Given, open_disk, open_udp};
pub use self::security::{Known, Quic, Security};
use self::workers::{Ready, Worker};
use crate::clock;
use crate::config::{Herd, file_name, port_of};
use crate::disk::{Durability, OpenError};
use crate::keys::KeysError;
pub use crate::live::Cut;
use crate::log::{Detail, Format, Loss, Writer};
use crate::places::Places;
use crate::server::{Change, Hand, Inbox, Limits, listen};
use crate::tape;

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
    /// While there is a file at this path, their disks are made to hang.
    pub disk_hangs: Option<PathBuf>,
    /// Where what they are told is taped, if it is.
    pub tape: Option<tape::Options>,
    /// Threads at most; a server uses one.
    pub workers: usize,
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
            let udp = open_udp(&options.security, &member.name, address)?;
            if port_of(&member.address) == Some(0) {
                herd.moved(index, address);
            }
            listeners.push((index, listener, udp, address));
        }
        let writer = Writer::start().map_err(StartError::System)?;
        let map = herd.map();
        let mut servers = Vec::new();
        let mut ready = Vec::new();
        let all = All {
            herd: &herd,
            options,
            security: &options.security,
            logs: &writer.opener(),
            together: listeners.len(),
        };
        for (index, listener, udp, address) in listeners {
            let member = &herd.servers[index];
            let disk = open_disk(&herd, member, options)?;
            let given = Given { listener, udp, disk, hand: Hand::default() };
            let (path, made) = all.ready(member, map.clone(), given)?;
            servers.push(Started {
                name: member.name.clone(),
                address,
                log: path,
                data: made.settings.disk.as_ref().map(|disk| disk.file_path().to_owned()),
                tape: made.settings.tape.as_ref().map(|tape| tape.path().to_owned()),
            });
            ready.push(made);
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
            ending: Arc::default(),
            refusals: Refusals::new(),
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
        self.control.ending.store(true, Ordering::SeqCst);
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

/// The log of the server `name`: a name is no path.
#[must_use]
pub fn log_path(folder: &Path, name: &str) -> PathBuf {
    let safe = file_name(name);
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
        let life = Life { inbox, before: 0, since: clock::wall() };
        let life = Arc::new(Mutex::new(life));
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
