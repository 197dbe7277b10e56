//! What happens at a server, in words, for its log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use herd_core::codec::{At, Frame, told_after};
use herd_core::node::Classic;
use herd_core::outbox::GreetingError;
use herd_core::{
    Config, ConnId, Event, Now, Opening, Outbox, PeerId, PlacesError, RequestId, Unit,
};
use tokio::net::TcpListener;

use super::Settings;
use super::conn::Conn;
use super::counting::Counting;
use super::lines::Lines;
use super::words::{end_text, greeting_text};
use crate::clock::{Clock, stamp_text};
use crate::disk::{Disk, Kept, Restored};
use crate::live::Feed;
use crate::log::Log;
use crate::metrics::Metrics;

/// A server's log, what it needs to speak in names, and what it counts.
#[derive(Debug)]
pub(super) struct Journal {
    lines: Lines,
    counting: Counting,
    /// The neighbours' names, by [`PeerId`].
    peers: Vec<Box<str>>,
}

impl Journal {
    pub(super) fn new(log: Option<Log>, config: &Config, clock: Clock, feed: Arc<Feed>) -> Self {
        let peers: Vec<Box<str>> = config.peers.iter().map(|peer| peer.name.clone()).collect();
        let counting = Counting::new(peers.iter().map(|name| &**name), clock, feed);
        Self { lines: Lines::new(log), counting, peers }
    }

    /// Neighbours are others from now on.
    pub(super) fn meets(&mut self, config: &Config) {
        self.counting.meets(config.peers.iter().map(|peer| &*peer.name));
        self.peers = config.peers.iter().map(|peer| peer.name.clone()).collect();
    }

    /// The herd has changed.
    pub(super) fn reconfigured(&mut self, now: Now, text: &str) {
        self.say(now, "config", text);
    }

    /// What it counts.
    pub(super) const fn metrics(&self) -> &Arc<Metrics> {
        self.counting.metrics()
    }

    /// What is noted for those who watch.
    pub(super) const fn feed(&self) -> &Arc<Feed> {
        self.counting.feed()
    }

    /// Something was done by hand.
    pub(super) fn by_hand(&mut self, now: Now, text: &str) {
        self.say(now, "admin", text);
    }

    /// The turn is over.
    pub(super) fn hand_over(&mut self) {
        self.counting.turned();
        self.lines.hand_over();
    }

    /// A Places request is begun.
    pub(super) fn asks(&mut self, now: Now, request: RequestId) {
        self.counting.asks(now, request);
    }

    pub(super) fn started(
        &mut self,
        now: Now,
        settings: &Settings,
        on: Option<&TcpListener>,
        disk: Option<&Disk>,
    ) {
        let keeps = disk.map_or_else(
            || "in memory".to_owned(),
            |disk| {
                format!(
                    "keeps its records in {} ({})",
                    disk.file_path().display(),
                    disk.durability()
                )
            },
        );
        let at = on.and_then(|listener| listener.local_addr().ok());
        let at = at.map_or_else(|| "nowhere".to_owned(), |at| at.to_string());
        let config = &settings.config;
        let also = if settings.door.quic { ", also over QUIC" } else { "" };
        let text = format!(
            "{} of the herd {} listens on {at}{also}; {}, incarnation {}, {keeps}",
            config.name,
            config.cluster,
            config.preset.name(),
            config.incarnation,
        );
        self.say(now, "start", &text);
    }

    pub(super) fn stopping(&mut self, now: Now) {
        self.say(now, "stop", "told to stop: finishing the answers in flight");
    }

    pub(super) fn stopped(&mut self, now: Now, open: usize) {
        self.say(now, "stop", &format!("stopped; {open} connections were still open"));
        self.hand_over();
    }

    /// What the disk gave back, and whether it can be written.
    pub(super) fn restored(
        &mut self,
        now: Now,
        disk: &Disk,
        restored: Result<Restored, String>,
        started: io::Result<()>,
    ) {
        let path = disk.file_path().display();
        match restored {
            Ok(Restored { records, damaged, mended }) => {
                if mended {
                    let text = "it had not been closed: what was not whole at the end was cut off";
                    self.say(now, "disk", &format!("{path}: {text}"));
                }
                if damaged > 0 {
                    let text = "records were damaged and are left out; neighbours may have them";
                    self.say(now, "error", &format!("{path}: {damaged} {text}"));
                }
                self.say(now, "disk", &format!("{path}: {records} records came back"));
            }
            Err(why) => self.say(now, "error", &format!("{path} cannot be read to its end: {why}")),
        }
        if let Err(why) = started {
            self.say(now, "error", &format!("{path} cannot be written: {why}"));
        }
    }

    /// Whether records can be kept has changed.
    pub(super) fn keeping(&mut self, now: Now, kept: &Kept) {
        self.metrics().disk_fails.store(kept.result.is_err(), Ordering::Relaxed);
        match &kept.result {
            Ok(()) => self.say(now, "disk", "records are kept again"),
            Err(why) => {
                let text = format!("the disk fails ({why}): updates of clients are refused");
                self.say(now, "error", &text);
            }
        }
    }

    pub(super) fn error(&mut self, now: Now, text: &str) {
        self.say(now, "error", text);
    }

    pub(super) fn refused(&mut self, now: Now, why: &str) {
        self.say(now, "refused", why);
    }

    pub(super) fn unreachable(&mut self, now: Now, peer: PeerId, error: &io::Error) {
        let text = format!("{} cannot be reached: {error}", self.name(peer));
        self.say(now, "neighbour", &text);
    }

    pub(super) fn opened(&mut self, now: Now, id: ConnId, conn: &Conn, how: Opening) {
        let (from, over) = (conn.from, conn.over());
        self.metrics().opened.add(1);
        let text = match how {
            Opening::Accepted { classic: Classic::No | Classic::Several } => {
                format!("#{} from {from}{over}", id.0)
            }
            Opening::Accepted { classic: Classic::One(peer) } => {
                format!("#{} from {from} (the address of {})", id.0, self.name(peer))
            }
            Opening::Dialed(peer) => {
                format!("#{} to neighbour {} at {from}{over}", id.0, self.name(peer))
            }
        };
        self.say(now, "open", &text);
    }

    pub(super) fn closed(&mut self, now: Now, id: ConnId, why: &str) {
        self.say(now, "close", &format!("#{} {why}", id.0));
    }

    pub(super) fn places_failed(&mut self, now: Now, error: PlacesError, detail: &str) {
        self.say(now, "places", &format!("no answer: {error} ({detail})"));
    }

    /// What a connection said.
    pub(super) fn heard(&mut self, now: Now, id: ConnId, link: Option<PeerId>, unit: Unit<'_>) {
        self.counting.heard(link, unit);
        if !self.lines.is_full() {
            return;
        }
        match unit {
            Unit::Line(line) => self.line(now, "in", id, link, line),
            Unit::Put(put) => {
                let line = put.split(|byte| *byte == b'\n').next().unwrap_or_default();
                self.line(now, "in", id, link, line);
            }
            Unit::Overlong(start) => self.line(now, "in", id, link, start),
            Unit::Frame(frame) => self.frame(now, "in", id, link, frame),
            Unit::Garbled => self.line(now, "in", id, link, b"(no frame)"),
        }
    }

    /// What is written to a connection.
    pub(super) fn wrote(&mut self, now: Now, id: ConnId, link: Option<PeerId>, bytes: &[u8]) {
        self.counting.wrote(link, bytes);
        if !self.lines.is_full() {
            return;
        }
        if bytes.starts_with(b"HERD ")
            && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
        {
            // Frames follow the greeting at once.
            self.line(now, "out", id, link, &bytes[..end]);
            return self.frames(now, id, link, &bytes[end + 1..]);
        }
        if link.is_some() && !bytes.starts_with(b"AT ") {
            return self.frames(now, id, link, bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let line = &rest[..end];
            self.line(now, "out", id, link, line);
            // Data is told by what stands before it.
            let data = told_after(line).unwrap_or(0);
            rest = rest.get(end + 1 + data..).unwrap_or_default();
        }
    }

    fn frames(&mut self, now: Now, id: ConnId, link: Option<PeerId>, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((frame, after)) = first_frame(rest) {
            self.frame(now, "out", id, link, frame);
            rest = after;
        }
    }

    fn frame(&mut self, now: Now, way: &str, id: ConnId, link: Option<PeerId>, frame: &[u8]) {
        let mut told = |what: &str, origins: usize| {
            let s = if origins == 1 { "" } else { "s" };
            self.line(now, way, id, link, format!("({what}, {origins} origin{s})").as_bytes());
        };
        match Frame::parse(frame) {
            Ok(Frame::Push(push)) => self.line(now, way, id, link, At::head_of(push.update.line)),
            Ok(Frame::Repair(repair)) => {
                for update in repair.entries.iter() {
                    let text = [At::head_of(update.line), b" (repair)"].concat();
                    self.line(now, way, id, link, &text);
                }
                if repair.last {
                    self.line(now, way, id, link, b"(end of repair)");
                }
            }
            Ok(Frame::Given(entries)) => {
                for update in entries.iter() {
                    let text = [At::head_of(update.line), b" (given)"].concat();
                    self.line(now, way, id, link, &text);
                }
            }
            Ok(Frame::Ranges(ranges)) => {
                let text = format!("(ranges, {} of them)", ranges.parts.iter().count());
                self.line(now, way, id, link, text.as_bytes());
            }
            Ok(Frame::Digest(digest)) => told("digest", digest.known.iter().count()),
            Ok(Frame::Graft { known, .. }) => told("graft", known.iter().count()),
            Ok(Frame::Pull { known, .. }) => told("pull", known.iter().count()),
            Ok(Frame::Prune(epochs)) => told("prune", epochs.iter().count()),
            Ok(Frame::Sync { known, .. }) => told("sync", known.iter().count()),
            Ok(Frame::Vague(_)) => self.line(now, way, id, link, b"(vague)"),
            Ok(Frame::Want(epochs)) => told("want", epochs.iter().count()),
            Ok(Frame::Hello(hello)) => {
                let text = format!("(hello, it is {})", stamp_text(hello.wall));
                self.line(now, way, id, link, text.as_bytes());
            }
            Ok(Frame::Stale(life)) => {
                let text = format!("(incarnation {life} is known)");
                self.line(now, way, id, link, text.as_bytes());
            }
            Ok(Frame::Build(build)) => {
                let text = format!("(build, epoch {})", build.epoch);
                self.line(now, way, id, link, text.as_bytes());
            }
            Ok(Frame::Notice(notice)) => {
                let text = format!("({:?}, update {})", notice.what, notice.seq);
                self.line(now, way, id, link, text.to_lowercase().as_bytes());
            }
            Err(error) => self.line(now, way, id, link, format!("({error})").as_bytes()),
        }
    }

    /// What the node tells; spans lie in `out`.
    pub(super) fn event(&mut self, now: Now, event: &Event, out: &Outbox) {
        self.counting.event(now, event, out);
        if !self.lines.is_on() {
            return;
        }
        let (kind, text) = match *event {
            // Lines in and out say as much.
            Event::Accepted { .. }
            | Event::Adopted { .. }
            | Event::Confirmed { .. }
            | Event::Deferred { .. }
            | Event::Orphaned { .. }
            | Event::Pruned { .. }
            | Event::Outdated { .. }
            | Event::Learned { .. }
            | Event::Known { .. }
            | Event::LookupEnded { .. } => return,
            Event::CaughtUp { peer } => ("neighbour", format!("{} has caught up", self.name(peer))),
            Event::Lagging { peer } => {
                ("neighbour", format!("{} lags: too much is on its way", self.name(peer)))
            }
            Event::Damaged { records } => {
                ("error", format!("{records} records were damaged in memory; neighbours are asked"))
            }
            Event::Diverged { peer } => {
                let name = self.name(peer);
                ("error", format!("{name} has the same updates and holds something different"))
            }
            Event::Dropped { peer, records } => {
                ("neighbour", format!("{} misses {records} records", self.name(peer)))
            }
            Event::Expired { conn, stamp } => {
                ("error", format!("#{} a record is too old to be kept ({stamp})", conn.0))
            }
            Event::Forgotten { records } => {
                ("store", format!("{records} records were too old to be kept"))
            }
            Event::Full { .. } => {
                ("error", "an update was not taken: too many have counted some".to_owned())
            }
            Event::GreetingRefused { conn, why } => {
                // Two that start together dial each other: nothing is wrong then.
                let crossed = why == GreetingError::Duplicate;
                let kind = if crossed { "neighbour" } else { "refused" };
                (kind, format!("#{} greeting: {}", conn.0, greeting_text(why)))
            }
            Event::LinkDown { peer, why } => {
                ("neighbour", format!("{} down: {}", self.name(peer), end_text(why)))
            }
            Event::LinkUp { peer, conn, incarnation } => {
                let name = self.name(peer);
                ("neighbour", format!("{name} up on #{}, incarnation {incarnation}", conn.0))
            }
            Event::Poisoned { conn, stamp } => {
                ("error", format!("#{} a record from the future ({stamp}) was dropped", conn.0))
            }
            Event::Refused { conn, why } => ("invalid", format!("#{} {why}", conn.0)),
            Event::Renewed { incarnation } => (
                "neighbour",
                format!("a later life of this server was known: it goes on as {incarnation}"),
            ),
            Event::Unconfirmed { conn } => {
                ("error", format!("#{} too few neighbours had its update in time", conn.0))
            }
            Event::Repaired { peer, records } => {
                ("neighbour", format!("{} has given {records} records", self.name(peer)))
            }
            Event::RepairSent { peer, records } => {
                ("neighbour", format!("{} was given {records} records", self.name(peer)))
            }
        };
        self.say(now, kind, &text);
    }

    fn name(&self, peer: PeerId) -> &str {
        &self.peers[peer.index()]
    }

    fn line(&mut self, now: Now, way: &str, id: ConnId, link: Option<PeerId>, line: &[u8]) {
        let neighbour = link.map(|peer| &*self.peers[peer.index()]);
        self.lines.line(now, way, id, neighbour, without_token(line));
    }

    fn say(&mut self, now: Now, kind: &str, text: &str) {
        self.lines.say(now, kind, text);
    }
}

/// The line, but no token that stands in it, wanted or not: who reads logs is not to be let in.
fn without_token(line: &[u8]) -> &[u8] {
    let said = line.strip_prefix(b"? ").unwrap_or(line).trim_ascii_start();
    if said.starts_with(b"TOKEN") { b"TOKEN (hidden)" } else { line }
}

/// The first frame of `bytes`, without its length, and what follows it.
fn first_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let length = bytes[..=end].iter().rev().try_fold(0_usize, |length, byte| {
        Some(length.checked_mul(128)? | usize::from(byte & 0x7f))
    })?;
    bytes[end + 1..].split_at_checked(length)
}
