//! One open connection: its socket, what was heard in part, and what is to be written.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use herd_core::{Framer, Instant, PeerId};
use rustls::pki_types::CertificateDer;
use tokio::io::ReadBuf;

use super::gate::Gate;
use super::guests::Guest;
use super::ready::Ear;
use super::stream::Stream;
use crate::live::Cut;

/// Bytes waiting for a client above which nothing more of it is read: it has to take its answers
/// first. One read's worth of answers fits.
pub(super) const CLIENT_WAITING: usize = 256 << 10;
/// Bytes waiting for a client above which it is hung up on: three of the largest Places answers.
pub(super) const CLIENT_MAX: usize = 4 << 20;
/// Bytes waiting for a neighbour above which the link is cut; repair does the rest. A second of
/// the herd's greatest flow.
pub(super) const LINK_MAX: usize = 64 << 20;
/// Memory an idle client's connection keeps for writing. (A link keeps what it has needed: links
/// are few, and giving back and taking again costs as much as the writing.)
const KEPT: usize = 16 << 10;

/// How far along a connection is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// The node knows it.
    Open,
    /// The node has forgotten it; what is written still has to leave.
    Leaving,
    /// All has left; what the other side still says is thrown away until it closes, or until then.
    /// (Closing with unread bytes would make TCP throw away our last answer.)
    Lingering(Instant),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Conn {
    stream: Stream,
    pub(super) ear: Ear,
    pub(super) framer: Framer,
    pub(super) from: SocketAddr,
    pub(super) stage: Stage,
    /// What it has to say before the node hears it.
    pub(super) gate: Option<Box<Gate>>,
    /// Whom it counts for, if anybody: others may do as they like.
    pub(super) guest: Option<Guest>,
    /// When something was last heard of it or written to it.
    pub(super) active: Instant,
    /// Since when a line of it is not ended.
    pub(super) half_since: Option<Instant>,
    /// The neighbour it is a link to.
    pub(super) link: Option<PeerId>,
    /// How somebody has cut it by hand one way, and since when: what is to pass there waits.
    pub(super) bar: Option<(Cut, Instant)>,
    /// The node wants nothing more of it for now.
    pub(super) paused: bool,
    /// Whether anything more is read.
    pub(super) end: End,
    /// Not read, because too much waits to be written.
    pub(super) held_back: bool,
    /// The node wants to know when all has left.
    pub(super) notify: bool,
    /// It is on the list of connections to be flushed.
    pub(super) touched: bool,
    out: Vec<u8>,
    sent: usize,
    /// Whether something that was sent may be held on its way.
    unflushed: bool,
    /// Bytes waiting for it that count for all clients together.
    pub(super) counted: usize,
    /// Answers that wait for a commit of the disk: which, and where in `out` they begin. What is
    /// behind the first of them waits with it.
    held: VecDeque<(u64, usize)>,
    /// Since when the socket has taken nothing, although something waits.
    pub(super) stuck_since: Option<Instant>,
}

/// Whether anything more of a connection is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Yes.
    Open,
    /// No: the server is stopping.
    Ours,
    /// No: the other side says nothing more.
    Theirs,
}

/// What a read gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Read {
    /// Nothing for now; the ear will hear of more.
    Nothing,
    /// So many bytes, and whether there may be more at once.
    Bytes(usize, bool),
    /// The other side will say nothing more.
    End,
    /// The connection is lost.
    Lost,
}

/// What a flush did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flush {
    /// Nothing waits any more.
    Done,
    /// The socket takes no more for now; the ear will hear when it does.
    Stuck,
    /// What waits now waits for the disk, or for a hand that heals what it has cut.
    Held,
    /// The connection is lost.
    Lost,
}

impl Conn {
    pub(super) const fn new(stream: Stream, from: SocketAddr, ear: Ear) -> Self {
        Self {
            stream,
            ear,
            framer: Framer::new(),
            from,
            stage: Stage::Open,
            gate: None,
            guest: None,
            active: Instant(0),
            half_since: None,
            link: None,
            bar: None,
            paused: false,
            end: End::Open,
            held_back: false,
            notify: false,
            touched: false,
            out: Vec::new(),
            sent: 0,
            unflushed: false,
            counted: 0,
            held: VecDeque::new(),
            stuck_since: None,
        }
    }

    /// This side's address, if it has one.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.stream.local()
    }

    /// What it comes over, for the log, where that is no plain socket.
    pub(super) const fn over(&self) -> &'static str {
        match self.stream {
            Stream::Tcp(_) | Stream::Pipe(_) => "",
            Stream::Tls(_) => " over TLS",
            Stream::Quic(_) => " over QUIC",
        }
    }

    /// The certificate that the other side has shown.
    pub(super) fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.stream.certificate()
    }

    /// Its connection, where that is of QUIC.
    pub(super) fn quic(&self) -> Option<quinn::Connection> {
        match &self.stream {
            Stream::Quic(stream) => Some(stream.connection()),
            Stream::Tcp(_) | Stream::Tls(_) | Stream::Pipe(_) => None,
        }
    }

    /// Whether nothing of it comes to us, by hand.
    pub(super) const fn is_deaf(&self) -> bool {
        matches!(self.bar, Some((Cut::In, _)))
    }

    /// Whether nothing of ours comes to it, by hand.
    pub(super) const fn is_mute(&self) -> bool {
        matches!(self.bar, Some((Cut::Out, _)))
    }

    /// Bytes that wait to be written.
    pub(super) const fn waiting(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Whether it waits to be able to write.
    pub(super) const fn is_writing(&self) -> bool {
        self.waiting() > 0 || self.unflushed
    }

    /// Adds to what is to be written; `false` if it is too much.
    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        self.out.extend_from_slice(bytes);
        self.waiting() <= if self.link.is_some() { LINK_MAX } else { CLIENT_MAX }
    }

    /// Holds the last `length` bytes back until the commit has ended.
    pub(super) fn hold(&mut self, length: usize, commit: u64) {
        self.held.push_back((commit, self.out.len() - length));
    }

    /// Whether something is held back.
    pub(super) fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether something is held back until this commit has ended.
    pub(super) fn waits_for(&self, commit: u64) -> bool {
        self.held.iter().any(|(held, _)| *held == commit)
    }

    /// The commits up to this one are on the disk.
    pub(super) fn release(&mut self, commit: u64) {
        while self.held.front().is_some_and(|(held, _)| *held <= commit) {
            self.held.pop_front();
        }
    }

    /// Takes everything back that was held, and says this instead.
    pub(super) fn take_back(&mut self, instead: &[u8]) {
        if let Some((_, start)) = self.held.front() {
            self.out.truncate(*start);
            self.out.extend_from_slice(instead);
        }
        self.held.clear();
    }

    /// Reads what there is, once.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Read {
        let size = into.len();
        let mut cx = Context::from_waker(&self.ear.waker);
        let mut buffer = ReadBuf::new(into);
        match self.stream.poll_read(&mut cx, &mut buffer) {
            Poll::Pending => Read::Nothing,
            Poll::Ready(Err(_)) => Read::Lost,
            Poll::Ready(Ok(())) => match buffer.filled().len() {
                0 => Read::End,
                n if n == size => Read::Bytes(n, true),
                n => Read::Bytes(n, self.stream.has_more(&mut cx)),
            },
        }
    }

    /// Writes what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self, now: Instant) -> Flush {
        if self.is_mute() {
            return Flush::Held;
        }
        let mut cx = Context::from_waker(&self.ear.waker);
        let end = self.held.front().map_or(self.out.len(), |(_, start)| *start);
        while self.sent < end {
            match self.stream.poll_write(&mut cx, &self.out[self.sent..end]) {
                Poll::Ready(Ok(0) | Err(_)) => return Flush::Lost,
                Poll::Ready(Ok(n)) => {
                    self.sent += n;
                    self.unflushed = true;
                    self.active = now;
                    self.stuck_since = None;
                }
                Poll::Pending => {
                    self.stuck_since.get_or_insert(now);
                    self.compact();
                    return Flush::Stuck;
                }
            }
        }
        match self.stream.poll_flush(&mut cx) {
            Poll::Ready(Ok(())) => {
                self.unflushed = false;
                self.stuck_since = None;
            }
            Poll::Ready(Err(_)) => return Flush::Lost,
            Poll::Pending => {
                self.stuck_since.get_or_insert(now);
                return Flush::Stuck;
            }
        }
        if self.is_held() {
            self.compact();
            return Flush::Held;
        }
        self.out.clear();
        if self.link.is_none() {
            self.out.shrink_to(KEPT);
        }
        self.sent = 0;
        Flush::Done
    }

    /// Forgets what was sent, once that is most of it.
    fn compact(&mut self) {
        if self.sent > self.out.len() / 2 {
            self.out.drain(..self.sent);
            for (_, start) in &mut self.held {
                *start -= self.sent;
            }
            self.sent = 0;
        }
    }

    /// Tells the other side that nothing more will come.
    pub(super) fn end_writing(&mut self) {
        let mut cx = Context::from_waker(&self.ear.waker);
        self.stream.end_writing(&mut cx);
    }

    /// Says goodbye to the other side, which has nothing more to say.
    pub(super) fn part(&mut self) {
        let mut cx = Context::from_waker(&self.ear.waker);
        self.stream.part(&mut cx);
    }

    /// Makes TCP notice within seconds that the other machine is gone.
    pub(super) fn watch_closely(&self) {
        self.stream.watch(Duration::from_secs(2), Duration::from_secs(5));
    }

    /// Makes TCP notice within minutes that the other machine is gone.
    pub(super) fn watch(&self) {
        self.stream.watch(Duration::from_secs(60), Duration::from_secs(120));
    }
}
