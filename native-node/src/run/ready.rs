//! What a server needs to start, for the first time or again.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;

use herd_core::Overlay;

use super::workers::Ready;
use super::{Options, Quic, Security, StartError, log_path};
use crate::config::{Herd, Member};
use crate::disk::Disk;
use crate::live::Feed;
use crate::log::{Log, Opener};
use crate::quic;
use crate::server::{Hand, Own, Settings};
use crate::tape::Tape;

/// What all servers of a process have in common.
pub(super) struct All<'a> {
    pub(super) herd: &'a Herd,
    pub(super) options: &'a Options,
    pub(super) security: &'a Security,
    pub(super) logs: &'a Opener,
    /// How many they are.
    pub(super) together: usize,
}

/// What a server is given for its life.
pub(super) struct Given {
    pub(super) listener: TcpListener,
    pub(super) udp: Option<UdpSocket>,
    pub(super) disk: Option<Disk>,
    pub(super) hand: Hand,
}

impl All<'_> {
    /// The server `member`, ready to start, and where its log is. `map` is [the herd's](Herd::map).
    ///
    /// # Errors
    /// Its keys, its log or its tape cannot be used.
    pub(super) fn ready(
        &self,
        member: &Member,
        map: Option<Arc<Overlay>>,
        given: Given,
    ) -> Result<(Option<PathBuf>, Ready), StartError> {
        let Given { listener, udp, disk, hand } = given;
        let (path, log) = open_log(self.logs, self.options, &member.name)?;
        let door = self.security.door(&member.name)?;
        let tape = open_tape(self.options, &member.name)?;
        let feed = Arc::new(Feed::among(self.together));
        let own = Own { log: Some(log), disk, tape, udp, feed, hand };
        let settings = Settings::of(self.herd, member, map, self.options.limits, door, own);
        Ok((path, Ready { settings, listener, places: self.options.places.clone() }))
    }
}

/// The socket of a server for QUIC, if it is spoken: on the port where it listens.
pub(super) fn open_udp(
    security: &Security,
    name: &str,
    address: SocketAddr,
) -> Result<Option<UdpSocket>, StartError> {
    if security.quic == Quic::Off {
        return Ok(None);
    }
    let (name, at) = (name.to_owned(), format!("{address} (UDP)"));
    quic::listen(address).map(Some).map_err(|error| StartError::Listen { name, address: at, error })
}

/// The disk of a server, if servers are to have one.
pub(super) fn open_disk(
    herd: &Herd,
    member: &Member,
    options: &Options,
) -> Result<Option<Disk>, StartError> {
    let Some(folder) = &options.data else { return Ok(None) };
    let path = Disk::path(folder, &member.name);
    let disk = Disk::open(&path, &herd.cluster, &member.name, options.durability);
    let hanging = |disk: Disk| Some(disk.hanging(options.disk_hangs.clone()));
    disk.map(hanging).map_err(|error| StartError::Disk { path, error })
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
