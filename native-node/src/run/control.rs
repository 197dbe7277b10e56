//! Servers of this process, taken in hand while they run: killed, started again, cut from each other.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use herd_core::Wall;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use self::cuts::Passage;
use super::ready::{All, Given, open_disk, open_udp};
use super::workers::{Orders, Ready};
use super::{Options, Security, StartError};
use crate::clock::{self, Clock};
use crate::config::Herd;
use crate::disk::{Disk, OpenError};
use crate::keys::tokens::Tokens;
use crate::log::Opener;
use crate::server::{Hand, Inbox, Touch, listen};
use crate::tape;

/// How long a server may take to die, or its last commit to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is said that somebody was refused.
const REFUSED_EVERY: Duration = Duration::from_secs(1);
/// How often it is tried whether the disk of a killed server is free.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// The servers of this process, and all that is needed to start one again.
#[derive(Debug)]
pub struct Control {
    pub(super) herd: Mutex<Herd>,
    pub(super) options: Options,
    pub(super) security: Mutex<Security>,
    pub(super) logs: Opener,
    pub(super) seats: Vec<Seat>,
    pub(super) cuts: Mutex<BTreeSet<Passage>>,
    /// One thing is done after the other.
    pub(super) busy: tokio::sync::Mutex<()>,
    /// No server starts any more.
    pub(super) ending: Arc<AtomicBool>,
    pub(super) refusals: Refusals,
}

/// A server of this process, in whichever life.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) orders: Orders,
    pub(super) life: Arc<Mutex<Life>>,
}

/// The life of a server.
#[derive(Clone, Debug)]
pub struct Life {
    /// How it is reached; closed if it is over.
    pub inbox: Inbox,
    /// How many it had before.
    pub before: u32,
    /// When it began, or ended.
    pub since: Wall,
}

/// What is on the disk of a server that starts again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Found {
    /// What it kept.
    #[default]
    Kept,
    /// Nothing: its file is gone.
    Nothing,
}

/// Why something could not be done.
#[derive(Debug)]
pub enum ControlError {
    /// No server of this process has that name.
    Unknown(String),
    /// The two are no neighbours, or one of them is a prototype.
    NoLink(String, String),
    /// It is so already.
    Already(String),
    /// The herd keeps nothing on disks.
    NoDisk,
    /// It is taking too long.
    Late,
    /// It cannot start.
    Start(StartError),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "No server called {name} is in this process."),
            Self::NoLink(a, b) => write!(f, "{a} and {b} have no link that can be cut."),
            Self::Already(what) => f.write_str(what),
            Self::NoDisk => f.write_str("The herd keeps nothing on disks (--data DIR does)."),
            Self::Late => f.write_str("It takes too long: look at the server's log."),
            Self::Start(why) => write!(f, "It cannot start: {why}."),
        }
    }
}

impl std::error::Error for ControlError {}

impl Control {
    /// The herd as it is configured, with the addresses its servers have.
    #[must_use]
    pub fn herd(&self) -> Herd {
        lock(&self.herd).clone()
    }

    /// The servers of this process, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().map(|seat| &*seat.name)
    }

    /// The life of the server of this name.
    #[must_use]
    pub fn life(&self, name: &str) -> Option<Life> {
        self.seat(name).ok().map(|seat| lock(&seat.life).clone())
    }

    /// The tokens of which a client has to show one.
    #[must_use]
    pub fn tokens(&self) -> Option<Arc<Tokens>> {
        lock(&self.security).tokens.clone()
    }

    /// Whether servers keep what they know on disks.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        self.options.data.is_some()
    }

    fn seat(&self, name: &str) -> Result<&Seat, ControlError> {
        let found = self.seats.iter().find(|seat| seat.name == name);
        found.ok_or_else(|| ControlError::Unknown(name.to_owned()))
    }

    /// Kills a server: it ends at once, and finishes nothing. `by` is who does it, for its log.
    ///
    /// # Errors
    /// It is not there, is dead already, or does not die.
    pub async fn kill(&self, name: &str, by: &str) -> Result<(), ControlError> {
        let _one = self.busy.lock().await;
        let seat = self.seat(name)?;
        let inbox = lock(&seat.life).inbox.clone();
        if !inbox.is_open() {
            return Err(ControlError::Already(format!("{name} is down already.")));
        }
        let killed = async {
            inbox.touch(Touch::Kill { by: by.to_owned() }).await;
            inbox.ended().await;
        };
        timeout(PATIENCE, killed).await.map_err(|_| ControlError::Late)?;
        lock(&seat.life).since = clock::wall();
        Ok(())
    }

    /// Starts a server that is down, at the address it had, still cut from whom it was cut.
    ///
    /// # Errors
    /// It is not there, runs already, or cannot start.
    pub async fn start(&self, name: &str, found: Found, by: &str) -> Result<(), ControlError> {
        let _one = self.busy.lock().await;
        let seat = self.seat(name)?;
        if self.ending.load(Ordering::SeqCst) {
            return Err(ControlError::Already("The herd is ending.".to_owned()));
        }
        let before = lock(&seat.life).clone();
        if before.inbox.is_open() {
            return Err(ControlError::Already(format!("{name} runs already.")));
        }
        if found == Found::Nothing {
            self.empty(name).await?;
        }
        let ready = self.ready(seat, by).await?;
        let (tell, told) = oneshot::channel();
        let (life, ending) = (Arc::clone(&seat.life), Arc::clone(&self.ending));
        seat.orders.run(ready, move |started| {
            // It lives, whether or not who started it has gone meanwhile.
            let told = started.map(|inbox| {
                let (before, since) = (before.before + 1, clock::wall());
                *lock(&life) = Life { inbox: inbox.clone(), before, since };
                if ending.load(Ordering::SeqCst) {
                    // All the others were told already.
                    inbox.stop_at_once();
                }
            });
            drop(tell.send(told));
        });
        let system = |why| ControlError::Start(StartError::System(why));
        told.await.map_err(|_| ControlError::Late)?.map_err(system)
    }

    /// Removes what a dead server kept, once its last commit has ended.
    async fn empty(&self, name: &str) -> Result<(), ControlError> {
        let folder = self.options.data.as_ref().ok_or(ControlError::NoDisk)?;
        drop(self.disk(name).await?);
        let path = Disk::path(folder, name);
        let removed = std::fs::remove_file(&path);
        removed.map_err(|error| {
            let error = OpenError::System(error.to_string());
            ControlError::Start(StartError::Disk { path, error })
        })
    }

    /// The disk of a server that was killed: its last commit may take a while.
    async fn disk(&self, name: &str) -> Result<Option<Disk>, ControlError> {
        let opened = async {
            loop {
                let (herd, name, options) = (self.herd(), name.to_owned(), self.options.clone());
                let open = move || match herd.member(&name) {
                    Some(member) => open_disk(&herd, member, &options).map_err(ControlError::Start),
                    None => Err(ControlError::Unknown(name)),
                };
                match spawn_blocking(open).await.unwrap_or(Err(ControlError::Late)) {
                    Err(ControlError::Start(StartError::Disk {
                        error: OpenError::InUse, ..
                    })) => {
                        sleep(TRY_AGAIN).await;
                    }
                    opened => return opened,
                }
            }
        };
        timeout(PATIENCE, opened).await.unwrap_or(Err(ControlError::Late))
    }

    /// Waits until the thread that wrote the tape of a killed server has ended.
    async fn untaped(&self, name: &str) -> Result<(), ControlError> {
        let Some(options) = &self.options.tape else { return Ok(()) };
        let path = options.file_of(name);
        let ended = async {
            while tape::is_written(&path) {
                sleep(TRY_AGAIN).await;
            }
        };
        timeout(PATIENCE, ended).await.map_err(|_| ControlError::Late)
    }

    /// The socket for QUIC of a server that was killed, once the one before it has closed.
    async fn udp(
        &self,
        security: &Security,
        name: &str,
        address: SocketAddr,
    ) -> Result<Option<UdpSocket>, ControlError> {
        let opened = async {
            loop {
                match open_udp(security, name, address) {
                    Err(StartError::Listen { error, .. })
                        if error.kind() == io::ErrorKind::AddrInUse =>
                    {
                        sleep(TRY_AGAIN).await;
                    }
                    opened => return opened.map_err(ControlError::Start),
                }
            }
        };
        timeout(PATIENCE, opened).await.unwrap_or(Err(ControlError::Late))
    }

    /// All that a server needs to start.
    async fn ready(&self, seat: &Seat, by: &str) -> Result<Ready, ControlError> {
        let name = &seat.name;
        let disk = self.disk(name).await?;
        let herd = self.herd();
        let member = herd.member(name).ok_or_else(|| ControlError::Unknown(name.clone()))?;
        let address = seat.address.to_string();
        let listener = listen(&address).map_err(|error| {
            ControlError::Start(StartError::Listen { name: name.clone(), address, error })
        })?;
        self.untaped(name).await?;
        let security = lock(&self.security).clone();
        let udp = self.udp(&security, name, seat.address).await?;
        let hand = Hand { cuts: self.cuts_of(name), by: Some(by.to_owned()) };
        let given = Given { listener, udp, disk, hand };
        let all = All {
            herd: &herd,
            options: &self.options,
            security: &security,
            logs: &self.logs,
            together: self.seats.len(),
        };
        let (_, ready) = all.ready(member, herd.map(), given).map_err(ControlError::Start)?;
        Ok(ready)
    }

    /// Has it written into the log of every server that runs that whoever runs them was refused
    /// something: nobody else could fill the logs with that.
    pub async fn all_refused(&self, what: &str) {
        for seat in &self.seats {
            let inbox = lock(&seat.life).inbox.clone();
            inbox.touch(Touch::Refused { what: what.to_owned() }).await;
        }
    }

    /// Has it written into a server's log that somebody was refused: once a second at most, and how
    /// many more there were. Nobody waits for that.
    pub fn refused(&self, name: &str, what: &str) {
        if let Some(life) = self.life(name)
            && let Some(unsaid) = self.refusals.next()
        {
            let what = match unsaid {
                0 => what.to_owned(),
                more => format!("{what} ({more} others were refused since this was last said)"),
            };
            life.inbox.try_touch(Touch::Refused { what });
        }
    }
}

/// How often somebody was refused.
#[derive(Debug)]
pub(super) struct Refusals {
    clock: Clock,
    /// When it may be said again, and how many were not said.
    state: Mutex<(Duration, u64)>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { clock: Clock::start(), state: Mutex::default() }
    }

    /// One more; if that is to be said, how many were not since the last.
    fn next(&self) -> Option<u64> {
        let (at, now) = (&mut *lock(&self.state), self.clock.elapsed());
        if now < at.0 {
            at.1 += 1;
            return None;
        }
        at.0 = now + REFUSED_EVERY;
        Some(std::mem::take(&mut at.1))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is half done under the locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

mod cuts;
#[cfg(test)]
mod tests;
