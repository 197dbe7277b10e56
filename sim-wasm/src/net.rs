//! Links and the connections over them: streams, as TCP gives them to a program. Per directed link
//! first in first out; nothing is lost but the tail when the link is cut.

mod channel;

use std::sync::Arc;

use herd_core::time::SECOND;

pub(crate) use self::channel::{Channel, Channels, End, Over, Who};

use crate::fault::Lossy;
use crate::latency::Latency;
use crate::rng::{Purpose, below, draw};

/// One direction of a link. What every message needs comes first, in one cache line.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Way {
    /// What every message takes, ns, unless the traits say that it is drawn.
    takes: u64,
    /// Messages sent so far.
    pub(crate) count: u64,
    /// When the last of them arrives.
    pub(crate) last: u64,
    /// Nothing passes, and everyone knows.
    pub(crate) cut: bool,
    /// Nothing passes, and nobody has noticed yet: what is sent waits.
    pub(crate) stalled: bool,
    /// What is sent waits until somebody lets it go.
    pub(crate) held: bool,
    /// What else it has, if it is not an ordinary one.
    pub(crate) traits: Option<Box<Traits>>,
}

/// What the draws about a way hang on: the seed, and a number for each end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) seed: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Fate {
    /// A draw about the n-th message.
    pub(crate) const fn draw(self, purpose: Purpose, n: u64) -> u64 {
        draw(self.seed, purpose, self.from, self.to, n)
    }
}

/// What ordinary ways have not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traits {
    /// The latency, if it is not always the same.
    drawn: Option<Latency>,
    /// What comes on top of every latency, ns.
    pub(crate) lag: u64,
    /// Bytes a second; 0 is no limit.
    pub(crate) rate: u64,
    /// Bytes that may be on their way; 0 is no limit.
    pub(crate) capacity: u64,
    /// Nothing leaves before.
    pub(crate) clogged: u64,
    /// When the last byte that was sent has left.
    free: u64,
    /// What happens to datagrams, if it is a datagram link.
    pub(crate) lossy: Option<Lossy>,
    /// Bytes of datagrams on their way.
    pub(crate) in_flight: u64,
    /// When the last datagram arrives.
    pub(crate) latest: u64,
}

impl Way {
    /// Whether what is sent takes its latency and nothing else, and arrives.
    pub(crate) fn is_ordinary(&self) -> bool {
        let plain = |traits: &Traits| {
            let Traits { lag, rate, capacity, clogged, lossy, in_flight, .. } = traits;
            [*lag, *rate, *capacity, *clogged, *in_flight] == [0; 5] && lossy.is_none()
        };
        !self.held && self.traits.as_deref().is_none_or(plain)
    }

    /// Whether messages are lost there, doubled, overtaken or damaged.
    pub(crate) fn is_lossy(&self) -> bool {
        self.traits.as_ref().is_some_and(|traits| traits.lossy.is_some())
    }

    pub(crate) fn new(latency: Latency) -> Self {
        let mut way = Self {
            takes: 0,
            count: 0,
            last: 0,
            cut: false,
            stalled: false,
            held: false,
            traits: None,
        };
        way.set_latency(latency);
        way
    }

    /// What messages take.
    pub(crate) fn latency(&self) -> Latency {
        let drawn = self.traits.as_ref().and_then(|traits| traits.drawn);
        drawn.unwrap_or(Latency::Constant(self.takes))
    }

    /// Messages take something else from now on.
    pub(crate) fn set_latency(&mut self, latency: Latency) {
        let drawn = match latency {
            Latency::Constant(ns) => {
                self.takes = ns;
                None
            }
            Latency::Uniform { .. } | Latency::Exponential { .. } | Latency::Bimodal { .. } => {
                Some(latency)
            }
        };
        if drawn.is_some() || self.traits.is_some() {
            self.traits_mut().drawn = drawn;
        }
    }

    /// Sends the next message; when it arrives.
    pub(crate) fn send(&mut self, fate: Fate, now: u64, jitter: u64, size: u64, fifo: bool) -> u64 {
        let n = self.count;
        self.count += 1;
        let takes = self.takes(fate, n, jitter);
        let at = self.leaves(now, size).saturating_add(takes);
        self.last = if fifo { self.last.max(at) } else { at };
        self.last
    }

    /// Sends the next datagram; its number, and when it arrives. It may overtake others, but not
    /// what opened the connection.
    pub(crate) fn send_packet(
        &mut self,
        fate: Fate,
        now: u64,
        jitter: u64,
        size: u64,
        reorder: u64,
    ) -> (u64, u64) {
        let n = self.count;
        self.count += 1;
        let more = match reorder {
            0 => 0,
            _ => below(fate.draw(Purpose::Reorder, n), reorder.saturating_add(1)),
        };
        let takes = self.takes(fate, n, jitter).saturating_add(more);
        let at = self.leaves(now, size).saturating_add(takes).max(self.last);
        if let Some(traits) = &mut self.traits {
            traits.latest = traits.latest.max(at);
            traits.in_flight += size;
        }
        (n, at)
    }

    fn takes(&self, fate: Fate, n: u64, jitter: u64) -> u64 {
        let (drawn, lag) =
            self.traits.as_ref().map_or((None, 0), |traits| (traits.drawn, traits.lag));
        // If it is always the same there is nothing to draw.
        let takes =
            drawn.map_or(self.takes, |latency| latency.sample(fate.draw(Purpose::Latency, 2 * n)));
        let extra = match jitter {
            0 => 0,
            _ => below(fate.draw(Purpose::Latency, 2 * n + 1), jitter + 1),
        };
        takes.saturating_add(extra).saturating_add(lag)
    }

    /// When a message that is sent now has left.
    fn leaves(&mut self, now: u64, size: u64) -> u64 {
        let Some(traits) = &mut self.traits else { return now };
        let begins = now.max(traits.clogged).max(traits.free);
        let lasts = u128::from(size) * u128::from(SECOND);
        let lasts = lasts.checked_div(u128::from(traits.rate)).unwrap_or(0);
        traits.free = begins.saturating_add(u64::try_from(lasts).unwrap_or(u64::MAX));
        traits.free
    }

    /// When all that was sent has arrived.
    pub(crate) fn drained(&self) -> u64 {
        self.traits.as_ref().map_or(self.last, |traits| traits.latest.max(self.last))
    }

    /// Whether a new connection could use it.
    pub(crate) const fn passes(&self) -> bool {
        !self.cut && !self.stalled
    }

    /// Whether what is sent stays where it is.
    pub(crate) const fn waits(&self) -> bool {
        self.stalled || self.held
    }

    /// What happens to datagrams; `None` if it is a stream.
    pub(crate) fn lossy(&self) -> Option<Lossy> {
        self.traits.as_ref()?.lossy
    }

    /// Its traits, to be changed.
    pub(crate) fn traits_mut(&mut self) -> &mut Traits {
        self.traits.get_or_insert_default()
    }
}

/// A link between two servers: the way from `a` to `b`, and the way back. Two cache lines.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Link {
    pub(crate) ways: [Way; 2],
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// Which neighbour of `a` is `b`, and which of `b` is `a`.
    pub(crate) peers: [u16; 2],
    /// Whether the two are neighbours now: both have joined, and none has left.
    pub(crate) there: bool,
    /// Whether they ever were.
    pub(crate) was_there: bool,
    /// Counts the cuts that are noticed late, so that a notice finds its own.
    pub(crate) stalls: u32,
    /// Whether the two speak plain `AT` lines.
    pub(crate) classic: bool,
    /// Whether a message was lost and no repair has made up for it.
    pub(crate) leaked: bool,
    /// Which ends came up since.
    pub(crate) risen: [bool; 2],
}

const _: () = assert!(size_of::<Link>() == 128, "a large herd has two of them for every server");

impl Link {
    /// A message was lost on a connection that goes on.
    pub(crate) const fn leak(&mut self) {
        self.leaked = true;
        self.risen = [false; 2];
    }

    /// Whether one end could speak to the other, ever since anything was lost.
    pub(crate) fn has_risen(&self, server: u32) -> bool {
        self.risen[usize::from(server != self.a)]
    }

    /// One end can speak to the other: it repairs. Once both have, nothing is missing.
    pub(crate) fn rise(&mut self, server: u32) {
        self.risen[usize::from(server != self.a)] = true;
        self.leaked &= self.risen != [true; 2];
    }
}

/// What travels over a connection.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    Bytes(Arc<[u8]>),
    /// The same, on a datagram link.
    Packet(Box<Packet>),
    /// All that this end wrote before has left.
    Drained,
    Fin,
    /// The reader goes on where it paused.
    Go,
    Refused,
    Syn,
    SynAck,
}

/// A datagram.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    /// Its number on its way: what its fate hangs on.
    pub(crate) n: u64,
    /// Whether a full link has lost it.
    pub(crate) evicted: bool,
    /// What it says, sealed.
    pub(crate) sealed: Vec<u8>,
}

impl Parcel {
    /// Whether somebody says something with it.
    pub(crate) const fn says(&self) -> bool {
        matches!(self, Self::Bytes(_) | Self::Packet(_))
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Packet(packet) => packet.sealed.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Drained | Self::Fin | Self::Go | Self::Refused | Self::Syn | Self::SynAck => 0,
        }
    }

    pub(crate) const fn number(&self) -> u64 {
        match self {
            Self::Bytes(..) => 1,
            Self::Drained => 2,
            Self::Fin => 3,
            Self::Refused => 4,
            Self::Syn => 5,
            Self::SynAck => 6,
            Self::Go => 7,
            Self::Packet(_) => 8,
        }
    }
}

/// What became of all that was said: nothing is lost unseen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) sent: u64,
    pub(crate) copies: u64,
    pub(crate) delivered: u64,
    pub(crate) dropped: u64,
    pub(crate) evicted: u64,
}
