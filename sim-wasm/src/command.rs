//! Everything a person can do to a herd, and everything that a script may say.

use std::fmt;

use crate::latency::{self, Latency};
use crate::options::PlacesMode;
use crate::text::{
    Reader, Wrong, escape, parse_duration, parse_offset, show_duration, show_offset, unescape,
};
use crate::topology::{ServerId, Topology};

/// One thing done to the herd. Its text form is read by [`Command::parse`] and written by
/// [`Command::text`], with the names of the servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
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
    /// `hangup Goloman as nc`: a client says that it will send no more; it still hears.
    Hangup {
        /// Which of its connections.
        server: ServerId,
        /// Who.
        terminal: Box<str>,
    },
    /// `heal Ball-Welsh`, or `heal` for all that was cut.
    Heal(Option<Path>),
    /// `kill Holiday`: it stops, and forgets all that is not on its disk.
    Kill(ServerId),
    /// `latency Ball-Welsh 300ms`: how long messages take from now on.
    Latency {
        /// Which link, and which ways.
        path: Path,
        /// How long.
        latency: Latency,
    },
    /// `pause Ball`: it does nothing; what comes in waits.
    Pause(ServerId),
    /// `places silent`: what the Places service does from now on.
    Places(PlacesMode),
    /// `restart Holiday`, or `restart Holiday empty` for one that lost its store. Kills it first if
    /// it runs.
    Restart {
        /// Whom.
        server: ServerId,
        /// Whether it still has its store.
        store: bool,
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
    "clock SERVER +SECONDS",
    "cut LINK [late DURATION]",
    "hangup SERVER as TERMINAL",
    "heal [LINK]",
    "kill SERVER",
    "latency LINK LATENCY",
    "pause SERVER",
    "places ok|down|garbage|silent",
    "restart SERVER [empty]",
    "resume SERVER",
    "say SERVER [as TERMINAL] LINE",
    "send SERVER [as TERMINAL] BYTES",
];

/// The first words of commands, for messages.
const VERBS: &str =
    "a command: clock, cut, heal, kill, latency, pause, places, restart, resume, say";

impl Command {
    /// A line said by the client that it names.
    #[must_use]
    pub fn say(server: ServerId, line: &str) -> Self {
        let terminal = speaker(line.as_bytes()).into();
        Self::Say { server, terminal, line: line.as_bytes().into() }
    }

    /// Reads a command; servers go by name or number.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(text: &str, topology: &Topology) -> Result<Self, Wrong> {
        let mut reader = Reader::new(text);
        let reader = &mut reader;
        let verb = reader.parse(VERBS, Some)?;
        let command = match verb {
            "clock" => {
                let server = server(reader, topology)?;
                let offset = reader.parse("an offset in seconds such as +1.5", parse_offset)?;
                Self::Clock { server, offset }
            }
            "cut" => {
                let path = path(reader, topology)?;
                let late = if reader.take("late") {
                    reader.parse("a duration such as 2s", parse_duration)?
                } else {
                    0
                };
                Self::Cut { path, late }
            }
            "hangup" => {
                let server = server(reader, topology)?;
                reader.parse("as and a terminal's name", |word| (word == "as").then_some(()))?;
                Self::Hangup { server, terminal: terminal(reader)?.into() }
            }
            "heal" => {
                let all = reader.clone().word().is_none();
                Self::Heal(if all { None } else { Some(path(reader, topology)?) })
            }
            "kill" => Self::Kill(server(reader, topology)?),
            "latency" => {
                let path = path(reader, topology)?;
                let latency = reader.parse(latency::EXPECTED, |word| word.parse().ok())?;
                Self::Latency { path, latency }
            }
            "pause" => Self::Pause(server(reader, topology)?),
            "places" => Self::Places(
                reader.parse("what Places does: ok, down, garbage, silent", PlacesMode::named)?,
            ),
            "restart" => {
                let server = server(reader, topology)?;
                Self::Restart { server, store: !reader.take("empty") }
            }
            "resume" => Self::Resume(server(reader, topology)?),
            "say" => return said(reader, topology, true),
            "send" => return said(reader, topology, false),
            _ => return Err(reader.wrong_word(verb, VERBS)),
        };
        reader.end("the end of the command")?;
        Ok(command)
    }

    /// Its text, with the names of the servers.
    #[must_use]
    pub fn text(&self, topology: &Topology) -> String {
        self.named(topology).to_string()
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
        match self {
            Self::Clock { server, .. }
            | Self::Kill(server)
            | Self::Pause(server)
            | Self::Restart { server, .. }
            | Self::Resume(server) => there(server),
            Self::Hangup { server, terminal }
            | Self::Say { server, terminal, .. }
            | Self::Send { server, terminal, .. } => {
                there(server)?;
                let word = |c: char| c.is_whitespace() || c.is_control();
                if terminal.is_empty() || terminal.contains(word) {
                    return Err("a terminal's name without white space".into());
                }
                Ok(())
            }
            Self::Cut { path, .. } | Self::Latency { path, .. } | Self::Heal(Some(path)) => {
                there(&path.from)?;
                there(&path.to)?;
                let link = topology.link(path.from, path.to);
                link.map(|_| ()).ok_or_else(|| "two neighbours".to_owned())
            }
            Self::Heal(None) | Self::Places(_) => Ok(()),
        }
    }

    const fn named<'a>(&'a self, topology: &'a Topology) -> Named<'a> {
        Named { command: self, topology }
    }
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

fn server(reader: &mut Reader<'_>, topology: &Topology) -> Result<ServerId, Wrong> {
    let expected = || match topology.names() {
        names if names.len() <= 12 => format!("a server: {}", names.join(", ")),
        names => format!("a server from {} to {}", names[0], names[names.len() - 1]),
    };
    let mut read = reader.clone();
    match read.word().and_then(|word| topology.server(word)) {
        Some(server) => {
            *reader = read;
            Ok(server)
        }
        None => reader.parse(&expected(), |_| None),
    }
}

fn path(reader: &mut Reader<'_>, topology: &Topology) -> Result<Path, Wrong> {
    let read = |word: &str| {
        // A name may hold a hyphen: any hyphen may be the one between two names.
        let ends =
            |at: usize| Some((topology.server(&word[..at])?, topology.server(&word[at + 1..])?));
        word.match_indices(['-', '>'])
            .find_map(|(at, sign)| Some((ends(at)?, sign == ">")))
            .filter(|((from, to), _)| topology.link(*from, *to).is_some())
            .map(|((from, to), one_way)| Path { from, to, one_way })
    };
    reader.parse("a link between two neighbours such as A-B, or A>B for one way", read)
}

fn terminal<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Wrong> {
    let plain = |word: &&str| !word.contains(|c: char| c.is_whitespace() || c.is_control());
    reader.parse("a terminal's name", |word| Some(word).filter(plain))
}

fn said(reader: &mut Reader<'_>, topology: &Topology, whole: bool) -> Result<Command, Wrong> {
    let server = server(reader, topology)?;
    let named = if reader.take("as") { Some(terminal(reader)?) } else { None };
    let text = reader.rest();
    let bytes = unescape(text).ok_or_else(|| {
        reader.wrong_word(text, "a line in which \\ stands before \\, n, r, t or xNN")
    })?;
    let terminal = named.unwrap_or_else(|| if whole { speaker(&bytes) } else { "nc" }).into();
    let bytes = bytes.into();
    Ok(if whole {
        Command::Say { server, terminal, line: bytes }
    } else {
        Command::Send { server, terminal, bytes }
    })
}

/// What is said, behind the name of the server.
fn write_said(
    f: &mut fmt::Formatter<'_>,
    terminal: &str,
    default: &str,
    bytes: &[u8],
) -> fmt::Result {
    let text = escape(bytes);
    // A line that begins with the word itself needs it said whom it is from.
    if terminal != default || text.trim_start_matches(' ').split(' ').next() == Some("as") {
        write!(f, " as {terminal}")?;
    }
    write!(f, " {text}")
}

/// A command beside the names it needs to be written.
struct Named<'a> {
    command: &'a Command,
    topology: &'a Topology,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |server: &ServerId| self.topology.name(*server);
        let path = |path: &Path| {
            let sign = if path.one_way { '>' } else { '-' };
            format!("{}{sign}{}", name(&path.from), name(&path.to))
        };
        match self.command {
            Command::Clock { server, offset } => {
                write!(f, "clock {} {}", name(server), show_offset(*offset))
            }
            Command::Cut { path: p, late: 0 } => write!(f, "cut {}", path(p)),
            Command::Cut { path: p, late } => {
                write!(f, "cut {} late {}", path(p), show_duration(*late))
            }
            Command::Heal(None) => f.write_str("heal"),
            Command::Heal(Some(p)) => write!(f, "heal {}", path(p)),
            Command::Kill(server) => write!(f, "kill {}", name(server)),
            Command::Latency { path: p, latency } => write!(f, "latency {} {latency}", path(p)),
            Command::Pause(server) => write!(f, "pause {}", name(server)),
            Command::Places(mode) => write!(f, "places {}", mode.name()),
            Command::Restart { server, store: true } => write!(f, "restart {}", name(server)),
            Command::Restart { server, store: false } => {
                write!(f, "restart {} empty", name(server))
            }
            Command::Resume(server) => write!(f, "resume {}", name(server)),
            Command::Hangup { server, terminal } => {
                write!(f, "hangup {} as {terminal}", name(server))
            }
            Command::Say { server, terminal, line } => {
                write!(f, "say {}", name(server))?;
                write_said(f, terminal, speaker(line), line)
            }
            Command::Send { server, terminal, bytes } => {
                write!(f, "send {}", name(server))?;
                write_said(f, terminal, "nc", bytes)
            }
        }
    }
}

#[cfg(test)]
#[path = "command/tests.rs"]
mod tests;
