//! Lines into commands. Borrows, never allocates, never panics.

use core::fmt;
use core::str;

use super::data::{self, DATA, Get, Put};
use super::fields::{Fields, first_field, trimmed};
use super::number::{Decimal, Degrees, integer};
use crate::limits::{BOUND_MAX, CLIENT_MAX, FIELD_MAX, NAME_MAX, RADIUS_KM_MAX, WATCHED_MAX};
use crate::time::Wall;

/// What a line says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Command<'a> {
    /// A neighbour tells what it learned.
    At(At<'a>),
    /// A client asks for data.
    Get(Get<'a>),
    /// A neighbour says who it is.
    Herd(Greeting<'a>),
    /// A client says where it is.
    IamAt(IamAt<'a>),
    /// A client has data kept.
    Put(Put<'a>),
    /// A client wants to be told of updates.
    Watch(Watch<'a>),
    /// A client asks what is near another.
    WhatsAt(WhatsAt<'a>),
}

/// `IAMAT <client> <place> <stamp>`
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct IamAt<'a> {
    /// The client's id.
    pub client: &'a [u8],
    /// Where it is.
    pub place: Place<'a>,
    /// Since when, by its own clock.
    pub stamp: Wall,
    /// The stamp as sent.
    pub stamp_text: &'a [u8],
}

/// `WHATSAT <client> <radius> <bound>`
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct WhatsAt<'a> {
    /// The client asked about.
    pub client: &'a [u8],
    /// Micrometres around it (kilometres as sent, nine decimals kept, never rounded to 0).
    pub radius_um: u64,
    /// Results wanted at most.
    pub bound: u8,
}

/// `WATCH [<client> …]`
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Watch<'a> {
    /// The ids as sent, with what separates them; every one was looked at.
    list: &'a [u8],
}

/// `AT <server> <skew> <client> <place> <stamp>`, single spaces: how a record is written, sent and
/// kept. The text is the record: nothing in it is ever formatted anew. A record of data is `DATA <server>
/// <skew> <key> <stamp> <length>`, LF, and the data.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct At<'a> {
    /// The server the client talked to.
    pub server: &'a [u8],
    /// That server's clock minus the client's, as it wrote it.
    pub skew: &'a [u8],
    /// The client's id; or a key of data, with the space before it. No client's id has one, so
    /// whatever is kept by these names is kept apart.
    pub client: &'a [u8],
    /// What is known of it.
    pub what: What<'a>,
    /// Since when, by the client's clock.
    pub stamp: Wall,
    /// The stamp as sent.
    pub stamp_text: &'a [u8],
}

/// What a record says of whom, or what, it is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum What<'a> {
    /// Where the client was.
    Place(Place<'a>),
    /// What is kept under the key: at most [`DATA_MAX`](crate::limits::DATA_MAX) bytes.
    Data(&'a [u8]),
}

impl<'a> What<'a> {
    /// As it was sent.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Place(place) => place.text,
            Self::Data(data) => data,
        }
    }
}

/// `HERD 1 <cluster> <name> <incarnation>`: the first line each side says on a link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Greeting<'a> {
    /// Version of the protocol.
    pub version: u64,
    /// The herd's name.
    pub cluster: &'a str,
    /// The server's name.
    pub name: &'a str,
    /// Tells the server's lives apart.
    pub incarnation: u64,
}

/// A place on Earth: exact to nine decimals, and as sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Place<'a> {
    /// North is positive; |lat| ≤ 90°.
    pub lat: Degrees,
    /// East is positive; |lon| ≤ 180°.
    pub lon: Degrees,
    /// As sent.
    pub text: &'a [u8],
}

/// Why a line is answered with `?`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ParseError {
    /// Not a whole number from 1 to 20.
    Bound,
    /// Longer than [`CLIENT_MAX`].
    ClientTooLong,
    /// Not a length of what follows, or not that of what does.
    Data,
    /// The stamp is older than what is kept.
    Expired,
    /// A known command with another number of fields.
    Fields,
    /// The stamp is too far ahead of this server's clock.
    Future,
    /// There is no room for more data.
    Full,
    /// A greeting after something else was said, or one that is malformed.
    Greeting,
    /// A key that is no UTF-8.
    Key,
    /// A line of a neighbour's, said by one who is none.
    NotAPeer,
    /// It could not be kept: the driver's disk fails.
    NotKept,
    /// Not a latitude and a longitude with their signs, or not on Earth.
    Place,
    /// Not a number of kilometres above 0 and up to 50.
    Radius,
    /// Not a server's name.
    Server,
    /// Not a difference of clocks.
    Skew,
    /// Not POSIX seconds with up to nine decimals.
    Stamp,
    /// More clients than one connection may watch, or more watchers than a server has.
    TooMany,
    /// The line passes [`LINE_MAX`](crate::limits::LINE_MAX).
    TooLong,
    /// No command of that name (they are upper case).
    Unknown,
    /// Nobody has told this server of that client.
    UnknownClient,
    /// Nothing is kept under that key.
    UnknownKey,
    /// Something else was said where updates are watched.
    Watching,
}

impl ParseError {
    /// A sentence for people.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Bound => "the bound is a whole number from 1 to 20",
            Self::ClientTooLong => "a client id, or a key, has at most 4096 bytes",
            Self::Data => "the length is that of the data that follows: at most 65536 bytes",
            Self::Expired => "the time stamp is older than all that this server keeps",
            Self::Fields => "the command wants another number of fields",
            Self::Future => "the time stamp is too far in the future",
            Self::Full => "there is no room for more data",
            Self::Greeting => "no greeting is expected here, or not this one",
            Self::Key => "a key is UTF-8",
            Self::NotAPeer => "only a configured neighbour may say that",
            Self::NotKept => "it cannot be kept: the disk fails",
            Self::Place => "a place is a signed latitude and longitude, like +34.07-118.44",
            Self::Radius => "the radius is a number of kilometres above 0 and up to 50",
            Self::Server => "that is no server's name",
            Self::Skew => "that is no difference of clocks",
            Self::Stamp => "a time stamp is POSIX seconds with up to nine decimals",
            Self::TooLong => "a line has at most 8192 bytes",
            Self::TooMany => "that is more than can be watched",
            Self::Unknown => "commands are IAMAT, WHATSAT, WATCH, PUT and GET",
            Self::UnknownClient => "nobody has told this server of that client",
            Self::UnknownKey => "nothing is kept under that key",
            Self::Watching => "this connection watches: ask on another",
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl core::error::Error for ParseError {}

/// Reads a line (without its LF; `PUT` with it, and with what follows). `Ok(None)` for one of white space
/// only, which says nothing.
///
/// # Errors
/// Why the line is to be answered with `?`.
pub fn parse(line: &[u8]) -> Result<Option<Command<'_>>, ParseError> {
    let mut fields = Fields::of(line);
    let Some(word) = fields.next() else { return Ok(None) };
    match word {
        b"IAMAT" => iamat(fields).map(Command::IamAt),
        b"GET" => data::get(fields).map(Command::Get),
        b"PUT" => data::put(line).map(Command::Put),
        b"WHATSAT" => whatsat(fields).map(Command::WhatsAt),
        b"WATCH" => watch(&fields).map(Command::Watch),
        b"AT" => At::from_fields(fields).map(Command::At),
        b"HERD" => Greeting::from_fields(fields).map(Command::Herd),
        _ => Err(ParseError::Unknown),
    }
    .map(Some)
}

fn iamat(fields: Fields<'_>) -> Result<IamAt<'_>, ParseError> {
    let [client, place, stamp_text] = fields.exactly().ok_or(ParseError::Fields)?;
    Ok(IamAt {
        client: self::client(client)?,
        place: Place::parse(place)?,
        stamp: stamp(stamp_text)?,
        stamp_text,
    })
}

fn whatsat(fields: Fields<'_>) -> Result<WhatsAt<'_>, ParseError> {
    let [client, radius, bound] = fields.exactly().ok_or(ParseError::Fields)?;
    let client = self::client(client)?;
    let radius = Decimal::parse(radius).ok_or(ParseError::Radius)?;
    if radius.is_zero() || !radius.is_at_most(RADIUS_KM_MAX) {
        return Err(ParseError::Radius);
    }
    let bound = integer(bound).filter(|n| (1..=BOUND_MAX).contains(n)).ok_or(ParseError::Bound)?;
    Ok(WhatsAt {
        client,
        radius_um: radius.nano.max(1),
        bound: u8::try_from(bound).map_err(|_| ParseError::Bound)?,
    })
}

fn watch<'a>(fields: &Fields<'a>) -> Result<Watch<'a>, ParseError> {
    let watch = Watch { list: fields.rest() };
    for (index, client) in watch.clients().enumerate() {
        if index == WATCHED_MAX {
            return Err(ParseError::TooMany);
        }
        self::client(client)?;
    }
    Ok(watch)
}

impl<'a> Watch<'a> {
    /// The clients that are meant; none: all.
    pub fn clients(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Fields::of(self.list)
    }
}

impl<'a> IamAt<'a> {
    /// What is to be kept.
    pub(crate) const fn said(&self) -> Said<'a> {
        let Self { client, place, stamp, stamp_text } = *self;
        Said { client, what: What::Place(place), stamp, stamp_text }
    }
}

/// What a client says that is to be kept: a record without the server that takes it.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) client: &'a [u8],
    pub(crate) what: What<'a>,
    pub(crate) stamp: Wall,
    pub(crate) stamp_text: &'a [u8],
}

impl<'a> Said<'a> {
    pub(crate) const fn is_data(&self) -> bool {
        matches!(self.what, What::Data(_))
    }

    /// The record of it, as `server` writes it with this skew.
    pub(crate) const fn record(&self, server: &'a [u8], skew: &'a [u8]) -> At<'a> {
        let Self { client, what, stamp, stamp_text } = *self;
        At { server, skew, client, what, stamp, stamp_text }
    }
}

impl<'a> At<'a> {
    /// Reads a record as it is written: `line` has single spaces, no white space at its ends and
    /// no LF.
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn canonical(line: &'a [u8]) -> Result<Self, ParseError> {
        let Some(rest) = line.strip_prefix(b"AT ") else { return Self::of_data(line) };
        let (server, rest) = first_field(rest).ok_or(ParseError::Fields)?;
        let (skew, rest) = first_field(rest).ok_or(ParseError::Fields)?;
        let (client, rest) = first_field(rest).ok_or(ParseError::Fields)?;
        let (place, rest) = Place::first(rest)?;
        let [b' ', stamp_text @ ..] = rest else { return Err(ParseError::Fields) };
        Self::checked(server, skew, self::client(client)?, What::Place(place), stamp_text)
    }

    /// The server in a line, if [it is a record](Self::canonical): more of it is not read.
    pub(crate) fn server_of(line: &'a [u8]) -> Option<&'a [u8]> {
        let rest = line.strip_prefix(b"AT ").or_else(|| line.strip_prefix(DATA))?;
        first_field(rest).map(|(server, _)| server)
    }

    fn from_fields(fields: Fields<'a>) -> Result<Self, ParseError> {
        let [server, skew, client, place, stamp_text] =
            fields.exactly().ok_or(ParseError::Fields)?;
        let (client, place) = (self::client(client)?, What::Place(Place::parse(place)?));
        Self::checked(server, skew, client, place, stamp_text)
    }

    pub(super) fn checked(
        server: &'a [u8],
        skew: &'a [u8],
        client: &'a [u8],
        what: What<'a>,
        stamp_text: &'a [u8],
    ) -> Result<Self, ParseError> {
        if server.len() > NAME_MAX {
            return Err(ParseError::Server);
        }
        // Prototypes leave the plus out, give sixteen digits or an exponent; it is only copied.
        let is_skew = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e');
        if skew.len() > FIELD_MAX || !skew.iter().all(is_skew) {
            return Err(ParseError::Skew);
        }
        Ok(Self { server, skew, client, what, stamp: stamp(stamp_text)?, stamp_text })
    }
}

impl<'a> Greeting<'a> {
    /// Reads a whole line as a greeting, if it is one.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        match parse(line) {
            Ok(Some(Command::Herd(greeting))) => Some(greeting),
            _ => None,
        }
    }

    fn from_fields(fields: Fields<'a>) -> Result<Self, ParseError> {
        let [version, cluster, name, incarnation] = fields.exactly().ok_or(ParseError::Greeting)?;
        let name_of = |field: &'a [u8]| {
            str::from_utf8(field)
                .ok()
                .filter(|text| text.len() <= NAME_MAX)
                .ok_or(ParseError::Greeting)
        };
        Ok(Self {
            version: integer(version).ok_or(ParseError::Greeting)?,
            cluster: name_of(cluster)?,
            name: name_of(name)?,
            incarnation: integer(incarnation).ok_or(ParseError::Greeting)?,
        })
    }
}

impl<'a> Place<'a> {
    /// Reads ISO 6709 decimal degrees without a solidus: `+34.068930-118.445127`.
    ///
    /// # Errors
    /// [`ParseError::Place`].
    pub fn parse(text: &'a [u8]) -> Result<Self, ParseError> {
        let (place, rest) = Self::first(text)?;
        if rest.is_empty() { Ok(place) } else { Err(ParseError::Place) }
    }

    /// Reads the place that `text` begins with; the rest of it.
    fn first(text: &'a [u8]) -> Result<(Self, &'a [u8]), ParseError> {
        let (lat, rest) = degrees(text, 90)?;
        let (lon, rest) = degrees(rest, 180)?;
        let text = &text[..text.len() - rest.len()];
        if text.len() > FIELD_MAX {
            return Err(ParseError::Place);
        }
        Ok((Self { lat, lon, text }, rest))
    }
}

fn degrees(text: &[u8], limit: u64) -> Result<(Degrees, &[u8]), ParseError> {
    let (sign, number) = match text {
        [b'+', number @ ..] => (1, number),
        [b'-', number @ ..] => (-1, number),
        _ => return Err(ParseError::Place),
    };
    match Decimal::first(number) {
        Some((number, rest)) if number.is_at_most(limit) => {
            Ok((Degrees(sign * number.nano.cast_signed()), rest))
        }
        Some(_) | None => Err(ParseError::Place),
    }
}

pub(super) fn stamp(text: &[u8]) -> Result<Wall, ParseError> {
    let number = Decimal::parse(text).filter(|n| n.exact).ok_or(ParseError::Stamp)?;
    i64::try_from(number.nano).map(Wall).map_err(|_| ParseError::Stamp)
}

pub(super) const fn client(field: &[u8]) -> Result<&[u8], ParseError> {
    if field.len() > CLIENT_MAX { Err(ParseError::ClientTooLong) } else { Ok(field) }
}

/// The incarnation in an answer to a greeting that came too late, if the line is one.
pub(crate) fn stale(line: &[u8]) -> Option<u64> {
    let [word, incarnation] = Fields::of(line).exactly()?;
    if word == b"STALE" { integer(incarnation) } else { None }
}

/// What is echoed of a line that is answered with `?`.
pub(crate) fn echo(line: &[u8]) -> &[u8] {
    trimmed(line)
}
