//! Everything a person can do to a herd, and everything that a script may say.

mod read;
mod rename;
mod write;

use herd_core::limits::{DATA_MAX, NAME_MAX};

use crate::fault::{Deed, DiskLoss, Habits, Lossy, Share, Sides};
use crate::latency::Latency;
use crate::options::PlacesMode;
use crate::topology::{ServerId, Topology};
use rename::Named;

/// One thing done to the herd. Its text form is read by [`Command::parse`] and written by
/// [`Command::text`], with the names of the servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// `bandwidth Ball-Welsh 20000`: so many bytes a second leave for the other end; 0 is no limit.
    Bandwidth {
        /// Which link, and which ways.
        path: Path,
        /// Bytes a second.
        rate: u64,
    },
    /// `capacity Ball-Welsh 4096`: so many bytes may be on their way; 0 is no limit of its own. A full
    /// stream is a cut; a full datagram link loses one of its messages, drawn.
    Capacity {
        /// Which link, and which ways.
        path: Path,
        /// Bytes.
        bytes: u64,
    },
    /// `clients skew=5s repeat=10% burst=5% future=1%`: what clients that move by themselves do
    /// wrong from now on.
    Clients(Habits),
    /// `clog Ball-Welsh 5s`: what is sent until then waits, and leaves in order.
    Clog {
        /// Which link, and which ways.
        path: Path,
        /// For how long, ns.
        lasts: u64,
    },
    /// `clock Welsh +1.5`: sets how far a server's wall clock is ahead, ns.
    Clock {
        /// Whose.
        server: ServerId,
        /// How far ahead; negative is behind.
        offset: i64,
    },
    /// `cut Ball-Welsh`, `cut Ball>Welsh`, `cut Ball-Welsh late 2s`: nothing passes any more, and
    /// what is in flight is lost. Both ends notice at once, or late: until then the connection is
    /// half open, and what would be lost waits and goes on if the link heals before.
    Cut {
        /// Which link, and which ways.
        path: Path,
        /// How long until both ends notice, ns.
        late: u64,
    },
    /// `continue`: nothing is done. A run that plays [tapes](crate::tape) is a simulation from its first
    /// command on, and this one does nothing else.
    Continue,
    /// `datagram Ball-Welsh loss=5% duplicate=2% corrupt=1% reorder=30ms`, or `datagram all …`: what
    /// servers tell each other there is lost, doubled, overtaken and damaged. (What opens and closes
    /// a connection is not: it is repeated until it arrives.)
    Datagram {
        /// Which link, and which ways; all if `None`.
        path: Option<Path>,
        /// How much of each.
        lossy: Lossy,
    },
    /// `disk Ball 200ms`: records are synced together, so often; until then a crash loses them.
    Disk {
        /// Whose.
        server: ServerId,
        /// How long between two syncs, ns.
        sync: u64,
    },
    /// `drift Welsh +200`: from now on the wall clock gains so many millionths.
    Drift {
        /// Whose.
        server: ServerId,
        /// Parts per million; negative loses.
        ppm: i64,
    },
    /// `get Goloman news`, or `get Goloman as nc news`: a client asks for data.
    Get {
        /// Of whom.
        server: ServerId,
        /// Who asks.
        terminal: Box<str>,
        /// The key, without white space.
        key: Box<[u8]>,
    },
    /// `hangup Goloman as nc`: a client says that it will send no more; it still hears.
    Hangup {
        /// Which of its connections.
        server: ServerId,
        /// Who.
        terminal: Box<str>,
    },
    /// `heal Ball-Welsh`, or `heal` for all that was cut.
    Heal(Option<Path>),
    /// `hold Ball-Welsh`: what is sent waits until it is released, and then leaves in order.
    Hold(Path),
    /// `join Newton with Ball,Welsh`: a new server starts, and these servers and it are neighbours from
    /// now on. Its number is the next one after those of the topology and of all that joined before.
    Join {
        /// What it is called: letters, digits and `_`.
        name: Box<str>,
        /// Its neighbours, one at least.
        neighbours: Box<[ServerId]>,
    },
    /// `kill Holiday`: it stops, and forgets all that is not on its disk.
    Kill(ServerId),
    /// `lag Ball>Welsh 200ms`: a stably slow pair: so much on top of every latency.
    Lag {
        /// Which link, and which ways.
        path: Path,
        /// How much, ns.
        extra: u64,
    },
    /// `latency Ball-Welsh 300ms`: how long messages take from now on.
    Latency {
        /// Which link, and which ways.
        path: Path,
        /// How long.
        latency: Latency,
    },
    /// `drop Ball>Welsh 1`, `keep Ball>Welsh 1`, `copy Ball>Welsh 1`, `delay Ball>Welsh 1 200ms`:
    /// what becomes of one message in flight on that way: the first to arrive, the second, … What is
    /// kept waits until the link is released. Nothing happens if there are not so many.
    Meddle {
        /// Which way; one way only.
        path: Path,
        /// Which message on it, in the order in which they are to arrive, from 1.
        nth: u32,
        /// What is done.
        deed: Deed,
    },
    /// `partition size 2`, `partition coin`, `partition isolate Ball`, `partition bridge Ball`,
    /// `partition ring`, `partition set Alford,Ball`, each `one-way` or both ways: links are cut.
    Partition {
        /// Who is parted from whom.
        sides: Sides,
        /// Whether only the way from the first side to the other is cut.
        one_way: bool,
    },
    /// `link Alford-Ball`, `link Alford-Ball 40ms`: the two are neighbours from now on. A link that was
    /// there before comes back as it was, but whole. Nothing happens if they are neighbours, or if one
    /// of them is none of the herd.
    Link {
        /// The two; both ways.
        ends: Path,
        /// How long messages take, if not as long as everywhere, or as before.
        latency: Option<Latency>,
    },
    /// `lose Ball kiwi`, `damage Ball kiwi`: a server does not hold any more what it held of a client, or
    /// holds it with a wrong digit, and does not know it.
    Lose {
        /// Whose memory fails.
        server: ServerId,
        /// Of which client; as in a line, without white space.
        client: Box<[u8]>,
        /// Whether the record is still there, but wrong.
        damaged: bool,
    },
    /// `leave Ball`: it stops for good, and its neighbours forget it.
    Leave(ServerId),
    /// `pause Ball`: it does nothing; what comes in waits.
    Pause(ServerId),
    /// `places silent`: what the Places service does from now on.
    Places(PlacesMode),
    /// `places garbage 30%`: it does so with so many requests, and is fine with the others.
    PlacesSome(PlacesMode, Share),
    /// `places slow 4s`: how long it takes from now on.
    PlacesSlow(Latency),
    /// `put Goloman news 1520023934 hello`, or `put Goloman as nc news …`: a client has data kept.
    Put {
        /// By whom.
        server: ServerId,
        /// Who says it.
        terminal: Box<str>,
        /// The key, without white space.
        key: Box<[u8]>,
        /// The stamp, as in a line.
        stamp: Box<str>,
        /// The data.
        data: Box<[u8]>,
    },
    /// `release Ball-Welsh`, or `release` for all that is held.
    Release(Option<Path>),
    /// `restart Holiday`, or `restart Holiday empty` for one that lost its store. Kills it first if
    /// it runs.
    Restart {
        /// Whom.
        server: ServerId,
        /// Whether it still has its store.
        store: bool,
    },
    /// `restart Ball unsynced`, `restart Ball torn`, `restart Ball older 3s`: as `restart`, with a
    /// disk that has lost something.
    RestartLossy {
        /// Whom.
        server: ServerId,
        /// What its disk has lost.
        loss: DiskLoss,
    },
    /// `resume Ball`.
    Resume(ServerId),
    /// `say Goloman IAMAT kiwi +34-118 1`, or `say Goloman as nc IAMAT …`: a client sends a line.
    Say {
        /// To whom.
        server: ServerId,
        /// Who says it: each terminal has one connection to each server. By default the client the
        /// line names.
        terminal: Box<str>,
        /// The line, without LF.
        line: Box<[u8]>,
    },
    /// `send Goloman as nc IAMAT ki`: a client sends bytes as they are: part of a line, or many.
    Send {
        /// To whom.
        server: ServerId,
        /// Who.
        terminal: Box<str>,
        /// What.
        bytes: Box<[u8]>,
    },
    /// `slow Ball 5ms`: it takes so long over every message; what comes meanwhile queues.
    Slow {
        /// Whom.
        server: ServerId,
        /// How long, ns; 0 is as fast as ever.
        takes: u64,
    },
    /// `stream Ball-Welsh`, or `stream` for all: nothing is lost there from now on.
    Stream(Option<Path>),
    /// `swizzle 3 200ms`: so many links, drawn, are cut one by one and healed in another order.
    Swizzle {
        /// How many.
        links: u32,
        /// Between two of them, ns.
        spacing: u64,
    },
    /// `unlink Ball-Welsh`: the two are neighbours no more.
    Unlink(Path),
    /// `wobble Welsh 300ms 10s`: the wall clock swings by so much ahead and behind, once in so long.
    Wobble {
        /// Whose.
        server: ServerId,
        /// How far, ns.
        swing: u64,
        /// How long one swing ahead and behind takes, ns.
        period: u64,
    },
}

/// A link between two neighbours, both ways or one way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Path {
    /// One end.
    pub from: ServerId,
    /// The other.
    pub to: ServerId,
    /// Whether only the way from `from` to `to` is meant.
    pub one_way: bool,
}

/// Every command, a line each: capitals stand for what is to be said, brackets for what may be.
pub const GRAMMAR: &[&str] = &[
    "bandwidth LINK BYTES-A-SECOND",
    "capacity LINK BYTES",
    "clients [skew=DURATION] [repeat=SHARE] [burst=SHARE] [future=SHARE]",
    "clock SERVER +SECONDS",
    "clog LINK DURATION",
    "continue",
    "copy WAY N",
    "cut LINK [late DURATION]",
    "damage SERVER CLIENT",
    "datagram LINK|all [loss=SHARE] [duplicate=SHARE] [corrupt=SHARE] [reorder=DURATION]",
    "delay WAY N DURATION",
    "disk SERVER DURATION",
    "drift SERVER +MILLIONTHS",
    "drop WAY N",
    "get SERVER [as TERMINAL] KEY",
    "hangup SERVER as TERMINAL",
    "heal [LINK]",
    "hold LINK",
    "join NAME with SERVERS",
    "keep WAY N",
    "kill SERVER",
    "lag LINK DURATION",
    "latency LINK LATENCY",
    "leave SERVER",
    "link SERVER-SERVER [LATENCY]",
    "lose SERVER CLIENT",
    "partition [one-way] size N|coin|isolate SERVER|bridge SERVER|ring|set SERVERS",
    "pause SERVER",
    "places ok|down|error|garbage|silent [SHARE]",
    "places slow LATENCY",
    "put SERVER [as TERMINAL] KEY STAMP DATA",
    "release [LINK]",
    "restart SERVER [empty|unsynced|torn|older DURATION]",
    "resume SERVER",
    "say SERVER [as TERMINAL] LINE",
    "send SERVER [as TERMINAL] BYTES",
    "slow SERVER DURATION",
    "stream [LINK]",
    "swizzle LINKS DURATION",
    "unlink LINK",
    "wobble SERVER DURATION DURATION",
];

impl Command {
    /// Whether the herd has a server or a link more by it: those are numbered in the order in which they
    /// come.
    #[must_use]
    pub(crate) const fn grows(&self) -> bool {
        matches!(self, Self::Join { .. } | Self::Link { .. })
    }

    /// A line said by the client that it names.
    #[must_use]
    pub fn say(server: ServerId, line: &str) -> Self {
        let terminal = speaker(line.as_bytes()).into();
        Self::Say { server, terminal, line: line.as_bytes().into() }
    }

    /// Whether it can be done in this topology: servers and links exist.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self, topology: &Topology) -> Result<(), String> {
        let there = |server: &ServerId| {
            let exists = server.index() < topology.names().len();
            if exists { Ok(()) } else { Err(format!("a server instead of number {}", server.0)) }
        };
        if let Self::Hangup { terminal, .. }
        | Self::Get { terminal, .. }
        | Self::Put { terminal, .. }
        | Self::Say { terminal, .. }
        | Self::Send { terminal, .. } = self
            && (terminal.is_empty()
                || terminal.contains(|c: char| c.is_whitespace() || c.is_control()))
        {
            return Err("a terminal's name without white space".into());
        }
        if let Self::Lose { client, .. } = self
            && !is_word(client)
        {
            return Err("a client's id without white space".into());
        }
        if let Self::Get { key, .. } | Self::Put { key, .. } = self
            && !is_word(key)
        {
            return Err("a key without white space".into());
        }
        if let Self::Put { stamp, data, .. } = self
            && (!is_word(stamp.as_bytes()) || data.len() > DATA_MAX)
        {
            return Err(format!("a stamp without white space, and at most {DATA_MAX} bytes"));
        }
        if let Self::Join { name, .. } = self {
            check_new(name, topology)?;
        }
        if let Self::Meddle { path, nth, .. } = self
            && (!path.one_way || *nth == 0)
        {
            return Err("one way such as Ball>Welsh, and a number from 1".into());
        }
        if let Self::Unlink(path) = self
            && path.one_way
        {
            return Err("both ways, such as Ball-Welsh".into());
        }
        match self.clone().named() {
            Named::Server(server) => there(server),
            Named::Ends(ends) => {
                there(&ends.from)?;
                there(&ends.to)?;
                if ends.one_way || ends.from == ends.to {
                    return Err("two servers such as Alford-Ball".into());
                }
                match topology.link(ends.from, ends.to) {
                    Some(_) => Ok(()),
                    None => topology.has_room(0, &[ends.from, ends.to]),
                }
            }
            Named::Path(path) => {
                there(&path.from)?;
                there(&path.to)?;
                let link = topology.link(path.from, path.to);
                link.map(|_| ()).ok_or_else(|| "two neighbours".to_owned())
            }
            Named::Neighbours(neighbours) => {
                neighbours.iter().try_for_each(there)?;
                let twice = |(at, server)| neighbours[..at].contains(server);
                if neighbours.is_empty() || neighbours.iter().enumerate().any(twice) {
                    return Err("one neighbour at least, and none of them twice".into());
                }
                topology.has_room(1, neighbours)
            }
            Named::Sides(sides) => sides.check(topology),
            Named::Nobody => Ok(()),
        }
    }
}

/// Whether bytes are one word of a line.
fn is_word(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.iter().any(u8::is_ascii_whitespace)
}

/// Whether a server that joins may be called that.
fn check_new(name: &str, topology: &Topology) -> Result<(), String> {
    let fine = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && (1..=NAME_MAX).contains(&name.len())
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    if !fine {
        return Err(format!("a name of letters, digits and _, at most {NAME_MAX}"));
    }
    if topology.server(name).is_some() {
        return Err(format!("a name that is not taken as {name} is"));
    }
    Ok(())
}

/// Who says a line if nobody is named: the client it is about, or else `nc`.
#[must_use]
pub fn speaker(line: &[u8]) -> &str {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let command = words.next().unwrap_or_default();
    let about = matches!(command, b"IAMAT" | b"WHATSAT").then(|| words.next()).flatten();
    about
        .and_then(|word| std::str::from_utf8(word).ok())
        .filter(|name| !name.contains(|c: char| c.is_whitespace() || c.is_control()))
        .unwrap_or("nc")
}

#[cfg(test)]
mod tests;
