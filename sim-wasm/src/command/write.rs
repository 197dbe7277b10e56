//! Command to text.

use std::fmt;

use super::{Command, Path, speaker};
use crate::fault::{Deed, DiskLoss, Sides};
use crate::text::{escape, show_duration, show_offset};
use crate::topology::{ServerId, Topology};

impl Command {
    /// Its text, with the names of the servers.
    #[must_use]
    pub fn text(&self, topology: &Topology) -> String {
        Named { command: self, topology }.to_string()
    }

    /// The text of [`Command::Say`]: for a program that has to be small, in which nothing else is done.
    pub(crate) fn said(
        topology: &Topology,
        server: ServerId,
        terminal: &str,
        line: &[u8],
    ) -> String {
        Said { name: topology.name(server), terminal, line }.to_string()
    }
}

/// What a client says, beside the name it needs to be written.
struct Said<'a> {
    name: &'a str,
    terminal: &'a str,
    line: &'a [u8],
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "say {}", self.name)?;
        write_said(f, self.terminal, speaker(self.line), self.line)
    }
}

/// A command beside the names it needs to be written.
struct Named<'a> {
    command: &'a Command,
    topology: &'a Topology,
}

impl Named<'_> {
    fn name(&self, server: ServerId) -> &str {
        self.topology.name(server)
    }

    fn path(&self, path: &Path) -> String {
        let sign = if path.one_way { '>' } else { '-' };
        format!("{}{sign}{}", self.name(path.from), self.name(path.to))
    }

    /// A verb and perhaps a link.
    fn any(&self, verb: &str, path: Option<&Path>) -> String {
        path.map_or_else(|| verb.to_owned(), |path| format!("{verb} {}", self.path(path)))
    }

    fn sides(&self, sides: &Sides) -> String {
        match sides {
            Sides::Size(count) => format!("size {count}"),
            Sides::Coin => "coin".to_owned(),
            Sides::Isolate(server) => format!("isolate {}", self.name(*server)),
            Sides::Bridge(server) => format!("bridge {}", self.name(*server)),
            Sides::Ring => "ring".to_owned(),
            Sides::Set(servers) => format!("set {}", self.list(servers)),
        }
    }

    fn list(&self, servers: &[ServerId]) -> String {
        let names: Vec<&str> = servers.iter().map(|server| self.name(*server)).collect();
        names.join(",")
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |server: &ServerId| self.name(*server);
        let path = |path: &Path| self.path(path);
        match self.command {
            Command::Bandwidth { path: p, rate } => write!(f, "bandwidth {} {rate}", path(p)),
            Command::Capacity { path: p, bytes } => write!(f, "capacity {} {bytes}", path(p)),
            Command::Clients(habits) => write!(f, "clients{habits}"),
            Command::Clock { server, offset } => {
                write!(f, "clock {} {}", name(server), show_offset(*offset))
            }
            Command::Clog { path: p, lasts } => {
                write!(f, "clog {} {}", path(p), show_duration(*lasts))
            }
            Command::Cut { path: p, late: 0 } => write!(f, "cut {}", path(p)),
            Command::Cut { path: p, late } => {
                write!(f, "cut {} late {}", path(p), show_duration(*late))
            }
            Command::Datagram { path: None, lossy } => write!(f, "datagram all{lossy}"),
            Command::Datagram { path: Some(p), lossy } => {
                write!(f, "datagram {}{lossy}", path(p))
            }
            Command::Disk { server, sync } => {
                write!(f, "disk {} {}", name(server), show_duration(*sync))
            }
            Command::Drift { server, ppm } => write!(f, "drift {} {ppm:+}", name(server)),
            Command::Get { server, terminal, key } => {
                write!(f, "get {}", name(server))?;
                write_said(f, terminal, "nc", key)
            }
            Command::Hangup { server, terminal } => {
                write!(f, "hangup {} as {terminal}", name(server))
            }
            Command::Continue => f.write_str("continue"),
            Command::Heal(p) => f.write_str(&self.any("heal", p.as_ref())),
            Command::Hold(p) => write!(f, "hold {}", path(p)),
            Command::Join { name, neighbours } => {
                write!(f, "join {name} with {}", self.list(neighbours))
            }
            Command::Kill(server) => write!(f, "kill {}", name(server)),
            Command::Lag { path: p, extra } => {
                write!(f, "lag {} {}", path(p), show_duration(*extra))
            }
            Command::Latency { path: p, latency } => write!(f, "latency {} {latency}", path(p)),
            Command::Leave(server) => write!(f, "leave {}", name(server)),
            Command::Link { ends, latency: None } => write!(f, "link {}", path(ends)),
            Command::Link { ends, latency: Some(latency) } => {
                write!(f, "link {} {latency}", path(ends))
            }
            Command::Lose { server, client, damaged } => {
                let verb = if *damaged { "damage" } else { "lose" };
                write!(f, "{verb} {} {}", name(server), escape(client))
            }
            Command::Meddle { path: p, nth, deed } => match deed {
                Deed::Copy => write!(f, "copy {} {nth}", path(p)),
                Deed::Delay(longer) => {
                    write!(f, "delay {} {nth} {}", path(p), show_duration(*longer))
                }
                Deed::Drop => write!(f, "drop {} {nth}", path(p)),
                Deed::Keep => write!(f, "keep {} {nth}", path(p)),
            },
            Command::Partition { sides, one_way } => {
                let one_way = if *one_way { " one-way" } else { "" };
                write!(f, "partition{one_way} {}", self.sides(sides))
            }
            Command::Pause(server) => write!(f, "pause {}", name(server)),
            Command::Places(mode) => write!(f, "places {}", mode.name()),
            Command::PlacesSlow(latency) => write!(f, "places slow {latency}"),
            Command::PlacesSome(mode, share) => write!(f, "places {} {share}", mode.name()),
            Command::Put { server, terminal, key, stamp, data } => {
                write!(f, "put {}", name(server))?;
                write_said(f, terminal, "nc", key)?;
                write!(f, " {stamp} {}", escape(data))
            }
            Command::Release(p) => f.write_str(&self.any("release", p.as_ref())),
            Command::Restart { server, store: true } => write!(f, "restart {}", name(server)),
            Command::Restart { server, store: false } => {
                write!(f, "restart {} empty", name(server))
            }
            Command::RestartLossy { server, loss } => {
                write!(f, "restart {} ", name(server))?;
                match loss {
                    DiskLoss::Unsynced => f.write_str("unsynced"),
                    DiskLoss::Torn => f.write_str("torn"),
                    DiskLoss::Older(by) => write!(f, "older {}", show_duration(*by)),
                }
            }
            Command::Resume(server) => write!(f, "resume {}", name(server)),
            Command::Say { server, terminal, line } => {
                Said { name: name(server), terminal, line }.fmt(f)
            }
            Command::Send { server, terminal, bytes } => {
                write!(f, "send {}", name(server))?;
                write_said(f, terminal, "nc", bytes)
            }
            Command::Slow { server, takes } => {
                write!(f, "slow {} {}", name(server), show_duration(*takes))
            }
            Command::Stream(p) => f.write_str(&self.any("stream", p.as_ref())),
            Command::Swizzle { links, spacing } => {
                write!(f, "swizzle {links} {}", show_duration(*spacing))
            }
            Command::Unlink(p) => write!(f, "unlink {}", path(p)),
            Command::Wobble { server, swing, period } => {
                let (swing, period) = (show_duration(*swing), show_duration(*period));
                write!(f, "wobble {} {swing} {period}", name(server))
            }
        }
    }
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
