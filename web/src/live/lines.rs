//! The lines of `/v1/live`, read. What is not known is left out: a server may be newer than the page.

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// The herd.
    Herd(Herd),
    /// Somebody who belongs to it.
    Member(Member),
    /// The clock of whom we ask, ns since the epoch.
    Now(i64),
    /// How a server stands.
    Server(Server),
    /// What a server says of its link to another.
    Link(String, String, Link),
    /// What a server holds.
    Holds(String, Record),
    /// A record came to a server.
    Came(Came),
    /// One came that was known already: to whom, from whom.
    Again(String, String),
    /// A server speaks to another.
    Up(String, String),
    /// It does not any more: why.
    Down(String, String, String),
    /// How much of what happened at a server is told.
    Sample(String, Sample),
}

impl Line {
    /// Somebody who belongs to the herd, if it tells of one.
    pub(super) fn member(self) -> Option<Member> {
        if let Self::Member(member) = self { Some(member) } else { None }
    }
}

/// What a herd is called and how it is run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Herd {
    /// Its name.
    pub cluster: String,
    /// How updates are ordered, spread and repaired.
    pub preset: String,
    /// Where trees come from.
    pub trees: String,
    /// Whether somebody may kill servers and cut links.
    pub admin: Admin,
    /// Whether servers keep what they know on disks.
    pub keeps: bool,
}

/// Whether somebody may kill servers and cut links.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Admin {
    /// Nobody.
    #[default]
    None,
    /// Who shows the token, and that was not shown.
    Wanted,
    /// We may.
    Given,
}

/// Somebody who belongs to a herd.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Whether it is in the process that is asked.
    pub here: bool,
    /// Where it is asked over HTTP.
    pub http: Option<String>,
    /// Its neighbours: whether it sends to them, and hears them.
    pub neighbours: Vec<(String, bool, bool)>,
}

/// Whether a server runs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Stand {
    /// It does.
    Up,
    /// It does not answer in time.
    Silent,
    /// It does not.
    #[default]
    Down,
}

/// How a server stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub stand: Stand,
    /// Since when, ns since the epoch.
    pub since: i64,
    /// Its incarnation.
    pub life: u64,
    /// Lives it had before.
    pub lives: u32,
    /// Clients it knows.
    pub clients: u64,
    /// Equal on servers that hold the same.
    pub print: u64,
    /// Connections that are open.
    pub connections: u64,
    /// Connections that watch.
    pub watchers: u64,
    /// Places requests in flight.
    pub lookups: u64,
    /// Bytes that wait to be written.
    pub queued: u64,
    /// Lines heard from clients.
    pub lines: u64,
    /// Updates of clients that were taken.
    pub accepted: u64,
    /// Updates that were not newer.
    pub stale: u64,
    /// Lines that were answered with `?`.
    pub refused: u64,
}

/// Whether a neighbour can be spoken to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Linked {
    /// It can.
    Live,
    /// Not yet, or not any more.
    #[default]
    Waiting,
    /// Somebody has cut it, one way or both.
    Cut,
}

/// What a server says of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// Whether the neighbour can be spoken to.
    pub linked: Linked,
    /// Whether somebody has cut what is said to it, and what it says.
    pub cut: [bool; 2],
    /// Whether too much is on its way to it.
    pub lagging: bool,
    /// Whether it feeds us, in the tree that was asked for.
    pub parent: bool,
    /// Whether it is a further feed.
    pub second: bool,
    /// Whether it has asked not to be fed.
    pub pruned: bool,
    /// Live updates it sent.
    pub pushes: u64,
    /// How much of all it sent was news.
    pub news: u64,
    /// Records it sent as repair.
    pub repairs: u64,
    /// Messages to it.
    pub messages: u64,
    /// Bytes heard from it.
    pub bytes_in: u64,
    /// Bytes written to it.
    pub bytes_out: u64,
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The client's id, percent-encoded.
    pub client: String,
    /// Where it is, as sent.
    pub location: String,
    /// Since when, POSIX seconds as sent.
    pub time: String,
    /// The server that took it.
    pub origin: String,
}

impl Record {
    /// Its stamp, ns since the epoch.
    #[must_use]
    pub fn stamp(&self) -> Option<i64> {
        let (sign, digits) = match self.time.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, &*self.time),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole: i64 = whole.parse().ok()?;
        let fraction = fraction.get(..fraction.len().min(9))?;
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        whole.checked_mul(1_000_000_000)?.checked_add(nanos)?.checked_mul(sign)
    }
}

/// A record came to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// Where.
    pub server: String,
    /// When, by that server's clock, ns since the epoch.
    pub at: i64,
    /// From whom; nobody, if it was a client.
    pub from: Option<String>,
    /// Whether it was sent as repair.
    pub repair: bool,
    /// What.
    pub record: Record,
}

/// How much of what happened at a server is told; counted from when anybody first watched.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sample {
    /// Updates that were news.
    pub news: u64,
    /// Those of them that were told.
    pub told: u64,
    /// Updates that were known already.
    pub again: u64,
    /// Those of them that were told.
    pub told_again: u64,
    /// What we were too slow to be told.
    pub missed: u64,
}

/// Reads a line, if it is known.
#[must_use]
pub fn read(line: &str) -> Option<Line> {
    let (word, rest) = line.split_once(' ')?;
    let mut fields = rest.split(' ');
    Some(match word {
        "HERD" => Line::Herd(herd(&mut fields)?),
        "MEMBER" => Line::Member(member(&mut fields)?),
        "NOW" => Line::Now(number(&mut fields)?),
        "SERVER" => Line::Server(server(&mut fields)?),
        "LINK" => Line::Link(text(&mut fields)?, text(&mut fields)?, link(&mut fields)?),
        "HOLDS" => Line::Holds(text(&mut fields)?, record(&mut fields)?),
        "TOOK" => Line::Came(Came {
            server: text(&mut fields)?,
            at: number(&mut fields)?,
            from: None,
            repair: false,
            record: record(&mut fields)?,
        }),
        "NEWS" => Line::Came(Came {
            server: text(&mut fields)?,
            at: number(&mut fields)?,
            from: Some(text(&mut fields)?),
            repair: fields.next()? == "repair",
            record: record(&mut fields)?,
        }),
        "AGAIN" => {
            let (server, _at) = (text(&mut fields)?, number::<i64>(&mut fields)?);
            Line::Again(server, text(&mut fields)?)
        }
        "UP" => {
            let (server, _at) = (text(&mut fields)?, number::<i64>(&mut fields)?);
            Line::Up(server, text(&mut fields)?)
        }
        "DOWN" => {
            let (server, _at) = (text(&mut fields)?, number::<i64>(&mut fields)?);
            let neighbour = text(&mut fields)?;
            Line::Down(server, neighbour, fields.collect::<Vec<_>>().join(" "))
        }
        "SAMPLE" => Line::Sample(
            text(&mut fields)?,
            Sample {
                news: number(&mut fields)?,
                told: number(&mut fields)?,
                again: number(&mut fields)?,
                told_again: number(&mut fields)?,
                missed: number(&mut fields)?,
            },
        ),
        _ => return None,
    })
}

type Fields<'a> = std::str::Split<'a, char>;

fn text(fields: &mut Fields<'_>) -> Option<String> {
    fields.next().map(str::to_owned)
}

fn number<T: std::str::FromStr>(fields: &mut Fields<'_>) -> Option<T> {
    fields.next()?.parse().ok()
}

fn herd(fields: &mut Fields<'_>) -> Option<Herd> {
    let version = fields.next()?;
    let (cluster, preset, trees) = (text(fields)?, text(fields)?, text(fields)?);
    let _release = fields.next()?;
    let admin = match fields.next()? {
        "given" => Admin::Given,
        "wanted" => Admin::Wanted,
        _ => Admin::None,
    };
    let keeps = fields.next()? == "disk";
    (version == "1").then_some(Herd { cluster, preset, trees, admin, keeps })
}

fn member(fields: &mut Fields<'_>) -> Option<Member> {
    let name = text(fields)?;
    let here = fields.next()? == "here";
    let http = text(fields).filter(|http| http != "-");
    let neighbours = fields.next()?.split(',').filter(|name| *name != "-").map(|name| {
        match (name.strip_prefix('>'), name.strip_prefix('<')) {
            (Some(name), _) => (name.to_owned(), true, false),
            (_, Some(name)) => (name.to_owned(), false, true),
            (None, None) => (name.to_owned(), true, true),
        }
    });
    Some(Member { name, here, http, neighbours: neighbours.collect() })
}

fn server(fields: &mut Fields<'_>) -> Option<Server> {
    Some(Server {
        name: text(fields)?,
        stand: match fields.next()? {
            "up" => Stand::Up,
            "silent" => Stand::Silent,
            _ => Stand::Down,
        },
        since: number(fields)?,
        life: number(fields)?,
        lives: number(fields)?,
        clients: number(fields)?,
        print: u64::from_str_radix(fields.next()?, 16).ok()?,
        connections: number(fields)?,
        watchers: number(fields)?,
        lookups: number(fields)?,
        queued: number(fields)?,
        lines: number(fields)?,
        accepted: number(fields)?,
        stale: number(fields)?,
        refused: number(fields)?,
    })
}

fn link(fields: &mut Fields<'_>) -> Option<Link> {
    let (stand, feeds) = (fields.next()?, fields.next()?);
    Some(Link {
        linked: match stand {
            "live" | "lagging" => Linked::Live,
            "cut" | "cut-out" | "cut-in" => Linked::Cut,
            _ => Linked::Waiting,
        },
        cut: [matches!(stand, "cut" | "cut-out"), matches!(stand, "cut" | "cut-in")],
        lagging: stand == "lagging",
        parent: feeds == "parent",
        second: feeds == "second",
        pruned: fields.next()? == "pruned",
        pushes: number(fields)?,
        news: number(fields)?,
        repairs: number(fields)?,
        messages: number(fields)?,
        bytes_in: number(fields)?,
        bytes_out: number(fields)?,
    })
}

fn record(fields: &mut Fields<'_>) -> Option<Record> {
    Some(Record {
        client: text(fields)?,
        location: text(fields)?,
        time: text(fields)?,
        origin: text(fields)?,
    })
}
