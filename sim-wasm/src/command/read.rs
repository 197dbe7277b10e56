//! Text to command.

use super::{Command, Path, speaker};
use crate::fault::{self, Deed, DiskLoss, Habits, Lossy, Sides};
use crate::latency;
use crate::options::PlacesMode;
use crate::text::{Reader, Wrong, parse_duration, parse_offset, unescape};
use crate::topology::{ServerId, Topology};

/// The first words of commands, for messages.
const VERBS: &str = "a command: bandwidth, capacity, clients, clock, clog, continue, copy, cut, damage, datagram, delay, \
    disk, drift, drop, get, hangup, heal, hold, join, keep, kill, lag, latency, leave, link, lose, partition, pause, places, put, \
    release, restart, resume, say, send, slow, stream, swizzle, unlink, wobble";

impl Command {
    /// Reads a command; servers go by name or number.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(text: &str, topology: &Topology) -> Result<Self, Wrong> {
        let mut reader = Reader::new(text);
        let reader = &mut reader;
        let verb = reader.parse(VERBS, Some)?;
        let command = match verb {
            "bandwidth" | "capacity" | "clog" | "cut" | "datagram" | "heal" | "hold" | "lag"
            | "latency" | "release" | "stream" | "unlink" => over(verb, reader, topology)?,
            "clock" | "disk" | "drift" | "kill" | "leave" | "pause" | "restart" | "resume"
            | "slow" | "wobble" => of_server(verb, reader, topology)?,
            "copy" | "delay" | "drop" | "keep" => meddled(verb, reader, topology)?,
            "clients" => {
                let mut habits = Habits::default();
                while reader.clone().word().is_some() {
                    reader.parse(fault::HABITS, |word| habits.set(word))?;
                }
                Self::Clients(habits)
            }
            "continue" => Self::Continue,
            "damage" | "lose" => {
                let server = server(reader, topology)?;
                let client = word(reader, "a client's id")?;
                Self::Lose { server, client, damaged: verb == "damage" }
            }
            "get" => {
                let (server, terminal) = asker(reader, topology)?;
                Self::Get { server, terminal, key: word(reader, "a key")? }
            }
            "hangup" => {
                let server = server(reader, topology)?;
                reader.parse("as and a terminal's name", |word| (word == "as").then_some(()))?;
                Self::Hangup { server, terminal: terminal(reader)?.into() }
            }
            "join" => {
                let name = reader.parse("the name of a new server", Some)?.into();
                let with = "with and servers such as Alford,Ball";
                reader.parse(with, |word| (word == "with").then_some(()))?;
                Self::Join { name, neighbours: list(reader, topology)? }
            }
            "link" => {
                let two = "two servers such as Alford-Ball";
                let ends = reader.parse(two, |word| ends(word, topology))?;
                let there = reader.clone().word().is_some();
                let latency = |word: &str| word.parse().ok();
                let latency =
                    there.then(|| reader.parse(latency::EXPECTED, latency)).transpose()?;
                Self::Link { ends, latency }
            }
            "partition" => {
                let one_way = reader.take("one-way");
                Self::Partition { sides: sides(reader, topology)?, one_way }
            }
            "places" => places(reader)?,
            "put" => {
                let (server, terminal) = asker(reader, topology)?;
                let key = word(reader, "a key")?;
                let stamp = reader.parse("a stamp in POSIX seconds", Some)?.into();
                let data = bytes(reader, "data")?;
                return Ok(Self::Put { server, terminal, key, stamp, data });
            }
            "say" => return said(reader, topology, true),
            "send" => return said(reader, topology, false),
            "swizzle" => {
                let links = number(reader, "a number of links")?;
                Self::Swizzle { links, spacing: duration(reader)? }
            }
            _ => return Err(reader.wrong_word(verb, VERBS)),
        };
        reader.end("the end of the command")?;
        Ok(command)
    }
}

/// What is done to links.
fn over(verb: &str, reader: &mut Reader<'_>, topology: &Topology) -> Result<Command, Wrong> {
    let any = |reader: &mut Reader<'_>| {
        let all = reader.clone().word().is_none() || reader.take("all");
        if all { Ok(None) } else { path(reader, topology).map(Some) }
    };
    Ok(match verb {
        "datagram" => {
            let path = if reader.take("all") { None } else { Some(path(reader, topology)?) };
            let mut lossy = Lossy::default();
            while reader.clone().word().is_some() {
                reader.parse(fault::LOSSY, |word| lossy.set(word))?;
            }
            Command::Datagram { path, lossy }
        }
        "heal" => Command::Heal(any(reader)?),
        "release" => Command::Release(any(reader)?),
        "stream" => Command::Stream(any(reader)?),
        _ => {
            let path = path(reader, topology)?;
            match verb {
                "bandwidth" => {
                    Command::Bandwidth { path, rate: number(reader, "bytes a second, or 0")? }
                }
                "capacity" => {
                    Command::Capacity { path, bytes: number(reader, "a number of bytes, or 0")? }
                }
                "clog" => Command::Clog { path, lasts: duration(reader)? },
                "cut" => {
                    let late = if reader.take("late") { duration(reader)? } else { 0 };
                    Command::Cut { path, late }
                }
                "hold" => Command::Hold(path),
                "lag" => Command::Lag { path, extra: duration(reader)? },
                "unlink" => Command::Unlink(path),
                _ => {
                    let latency = reader.parse(latency::EXPECTED, |word| word.parse().ok())?;
                    Command::Latency { path, latency }
                }
            }
        }
    })
}

/// What becomes of one message in flight.
fn meddled(verb: &str, reader: &mut Reader<'_>, topology: &Topology) -> Result<Command, Wrong> {
    let mut read = reader.clone();
    let way = path(&mut read, topology)?;
    if !way.one_way {
        return reader.parse("one way such as A>B", |_| None);
    }
    *reader = read;
    let nth = reader.parse("which message in flight there, from 1", |word| {
        word.parse::<u32>().ok().filter(|nth| *nth > 0)
    })?;
    let deed = match verb {
        "copy" => Deed::Copy,
        "delay" => Deed::Delay(duration(reader)?),
        "drop" => Deed::Drop,
        _ => Deed::Keep,
    };
    Ok(Command::Meddle { path: way, nth, deed })
}

/// What is done to a server.
fn of_server(verb: &str, reader: &mut Reader<'_>, topology: &Topology) -> Result<Command, Wrong> {
    let server = server(reader, topology)?;
    Ok(match verb {
        "clock" => {
            let offset = reader.parse("an offset in seconds such as +1.5", parse_offset)?;
            Command::Clock { server, offset }
        }
        "disk" => Command::Disk { server, sync: duration(reader)? },
        "drift" => {
            let ppm =
                reader.parse("millionths from -1000000 to +1000000 such as +200", |word| {
                    let signed = word.starts_with(['+', '-']);
                    word.parse::<i64>().ok().filter(|ppm| signed && ppm.abs() <= 1_000_000)
                })?;
            Command::Drift { server, ppm }
        }
        "kill" => Command::Kill(server),
        "leave" => Command::Leave(server),
        "pause" => Command::Pause(server),
        "restart" => {
            let loss = match reader.clone().word() {
                Some("unsynced") => Some(DiskLoss::Unsynced),
                Some("torn") => Some(DiskLoss::Torn),
                Some("older") => {
                    reader.word();
                    let loss = DiskLoss::Older(duration(reader)?);
                    return Ok(Command::RestartLossy { server, loss });
                }
                _ => None,
            };
            match loss {
                Some(loss) => {
                    reader.word();
                    Command::RestartLossy { server, loss }
                }
                None => Command::Restart { server, store: !reader.take("empty") },
            }
        }
        "resume" => Command::Resume(server),
        "slow" => Command::Slow { server, takes: duration(reader)? },
        _ => {
            let swing = duration(reader)?;
            let period = reader.parse("a duration above 0s such as 10s", |word| {
                parse_duration(word).filter(|period| *period > 0)
            })?;
            Command::Wobble { server, swing, period }
        }
    })
}

fn sides(reader: &mut Reader<'_>, topology: &Topology) -> Result<Sides, Wrong> {
    const EXPECTED: &str = "how to part them: size, coin, isolate, bridge, ring or set";
    let how = reader.parse(EXPECTED, Some)?;
    Ok(match how {
        "size" => Sides::Size(number(reader, "a number of servers")?),
        "coin" => Sides::Coin,
        "isolate" => Sides::Isolate(server(reader, topology)?),
        "bridge" => Sides::Bridge(server(reader, topology)?),
        "ring" => Sides::Ring,
        "set" => Sides::Set(list(reader, topology)?),
        _ => return Err(reader.wrong_word(how, EXPECTED)),
    })
}

fn list(reader: &mut Reader<'_>, topology: &Topology) -> Result<Box<[ServerId]>, Wrong> {
    reader.parse("servers such as Alford,Ball", |word| {
        word.split(',').map(|name| topology.server(name)).collect()
    })
}

fn places(reader: &mut Reader<'_>) -> Result<Command, Wrong> {
    if reader.take("slow") {
        let latency = reader.parse(latency::EXPECTED, |word| word.parse().ok())?;
        return Ok(Command::PlacesSlow(latency));
    }
    const EXPECTED: &str = "what Places does: ok, down, error, garbage, silent, slow";
    let mode = reader.parse(EXPECTED, PlacesMode::named)?;
    if reader.clone().word().is_none() {
        return Ok(Command::Places(mode));
    }
    let share = reader.parse(fault::SHARE, |word| word.parse().ok())?;
    Ok(Command::PlacesSome(mode, share))
}

fn duration(reader: &mut Reader<'_>) -> Result<u64, Wrong> {
    reader.parse("a duration such as 2s", parse_duration)
}

fn number<T: std::str::FromStr>(reader: &mut Reader<'_>, expected: &str) -> Result<T, Wrong> {
    reader.parse(expected, |word| {
        let plain = word.bytes().all(|byte| byte.is_ascii_digit());
        word.parse().ok().filter(|_| plain)
    })
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
    let read = |word: &str| ends(word, topology).filter(|p| topology.link(p.from, p.to).is_some());
    reader.parse("a link between two neighbours such as A-B, or A>B for one way", read)
}

/// Two servers, neighbours or not.
fn ends(word: &str, topology: &Topology) -> Option<Path> {
    // A name may hold a hyphen: any hyphen may be the one between two names.
    let ends = |at: usize| Some((topology.server(&word[..at])?, topology.server(&word[at + 1..])?));
    word.match_indices(['-', '>']).find_map(|(at, sign)| {
        let (from, to) = ends(at)?;
        Some(Path { from, to, one_way: sign == ">" })
    })
}

fn terminal<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Wrong> {
    let plain = |word: &&str| !word.contains(|c: char| c.is_whitespace() || c.is_control());
    reader.parse("a terminal's name", |word| Some(word).filter(plain))
}

/// A server, and the terminal that speaks to it.
fn asker(reader: &mut Reader<'_>, topology: &Topology) -> Result<(ServerId, Box<str>), Wrong> {
    let server = server(reader, topology)?;
    let terminal = if reader.take("as") { terminal(reader)? } else { "nc" };
    Ok((server, terminal.into()))
}

fn word(reader: &mut Reader<'_>, expected: &str) -> Result<Box<[u8]>, Wrong> {
    reader.parse(expected, unescape).map(Into::into)
}

/// All that is left.
fn bytes(reader: &mut Reader<'_>, what: &str) -> Result<Box<[u8]>, Wrong> {
    let text = reader.rest();
    let expected = || format!("{what} in which \\ stands before \\, n, r, t or xNN");
    unescape(text).map(Into::into).ok_or_else(|| reader.wrong_word(text, &expected()))
}

fn said(reader: &mut Reader<'_>, topology: &Topology, whole: bool) -> Result<Command, Wrong> {
    let server = server(reader, topology)?;
    let named = if reader.take("as") { Some(terminal(reader)?) } else { None };
    let bytes = bytes(reader, "a line")?;
    let terminal = named.unwrap_or_else(|| if whole { speaker(&bytes) } else { "nc" }).into();
    Ok(if whole {
        Command::Say { server, terminal, line: bytes }
    } else {
        Command::Send { server, terminal, bytes }
    })
}
