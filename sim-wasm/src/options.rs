//! What a run starts with, apart from its commands.

mod bug;

use std::fmt;
use std::sync::Arc;

use herd_core::Preset;
use herd_core::limits::{CLIENTS_MAX, DIGEST_EVERY};
use herd_core::time::{MILLISECOND, SECOND};

use crate::latency::{self, Latency};
use crate::tape::Tapes;
use crate::text::{Reader, Wrong, parse_duration, show_duration};
use crate::topology::Topology;

pub use bug::Bug;

/// What a run starts with, apart from its commands. In text, one line: the word `herd`, the version
/// of the format, and every option that is not the default as `key=value`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// Every draw hangs on it.
    pub seed: u64,
    /// Name of the topology, see [`Topology::named`].
    pub topology: Box<str>,
    /// How updates are ordered and repaired.
    pub preset: Preset,
    /// Where the trees come from, if the preset has any.
    pub trees: Trees,
    /// How often servers tell their neighbours what they have, while that changes, ns.
    pub digest: u64,
    /// The root of one tree that all updates share; the preset's choice if nobody is named.
    pub root: Option<Box<str>>,
    /// How long what goes to a neighbour is gathered, ns; the preset's choice if absent.
    pub batch: Option<u64>,
    /// Servers with another preset than the herd.
    pub mixed: Vec<(Box<str>, Preset)>,
    /// How long a message between two servers takes.
    pub latency: Latency,
    /// What may come on top of every latency, drawn evenly, ns.
    pub jitter: u64,
    /// How long a message between a client and a server takes.
    pub client_latency: Latency,
    /// Wall clocks are off by at most this, drawn per server, ns.
    pub skew: u64,
    /// What the Places service does.
    pub places: PlacesMode,
    /// How long it takes.
    pub places_delay: Latency,
    /// Clients that move about and ask by themselves.
    pub clients: u32,
    /// How long each of them waits between two commands, on average, ns.
    pub pace: u64,
    /// Servers that are prototypes to their neighbours: plain `AT` lines, each on its own
    /// connection.
    pub classic: Vec<Box<str>>,
    /// Clients a server keeps at most.
    pub room: usize,
    /// How old a stamp may become before its record is forgotten, ns.
    pub retention: Option<u64>,
    /// A client is answered once so many neighbours have its update.
    pub ack_after: usize,
    /// Bytes that may be on their way in one direction of a connection; more is a cut.
    pub window: u64,
    /// A bug to plant.
    pub bug: Bug,
    /// Tapes of real servers: the run is theirs up to its first command, and goes on from there.
    pub tape: Option<Arc<Tapes>>,
}

/// The version of the text format.
pub const FORMAT: u32 = 1;

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            topology: "places-2016".into(),
            preset: Preset::default(),
            trees: Trees::default(),
            digest: DIGEST_EVERY,
            root: None,
            batch: None,
            mixed: Vec::new(),
            latency: Latency::Constant(100 * MILLISECOND),
            jitter: 0,
            client_latency: Latency::Constant(20 * MILLISECOND),
            skew: 0,
            places: PlacesMode::Ok,
            places_delay: Latency::Constant(120 * MILLISECOND),
            clients: 0,
            pace: 2 * SECOND,
            classic: Vec::new(),
            room: CLIENTS_MAX,
            retention: None,
            ack_after: 0,
            window: 16 << 20,
            bug: Bug::None,
            tape: None,
        }
    }
}

/// Where trees come from.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Trees {
    /// From the first update of each origin, which is flooded.
    #[default]
    Learned,
    /// From the map of the herd as it is at the beginning, which all its servers know: the shortest
    /// ways. What changes later is learned.
    Planned,
}

impl Trees {
    /// All there is.
    pub const ALL: [Self; 2] = [Self::Learned, Self::Planned];

    /// Its name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Planned => "planned",
        }
    }

    /// What has that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trees| trees.name() == name)
    }
}

/// What the Places service does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlacesMode {
    /// It answers.
    Ok,
    /// It cannot be reached.
    Down,
    /// It answers that something is wrong.
    Error,
    /// It answers what is no JSON.
    Garbage,
    /// It never answers.
    Silent,
}

impl PlacesMode {
    /// Every mode.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Down, Self::Error, Self::Garbage, Self::Silent];

    /// Its name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Down => "down",
            Self::Error => "error",
            Self::Garbage => "garbage",
            Self::Silent => "silent",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What a Places service says to whom it does not like.
pub const DENIED: &str = "{\"error_message\":\"The provided API key is invalid.\",\
    \"html_attributions\":[],\"results\":[],\"status\":\"REQUEST_DENIED\"}";

impl Options {
    /// Reads the first line of a script.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(line: &str) -> Result<Self, Wrong> {
        let mut reader = Reader::new(line);
        reader
            .parse("a script, which begins with the word herd", |w| (w == "herd").then_some(()))?;
        reader.parse("1, the version of the format this program reads", |word| {
            (word == FORMAT.to_string()).then_some(())
        })?;
        let mut options = Self::default();
        while let Some(word) = reader.word() {
            let outcome = match word.split_once('=') {
                Some((key, value)) => options.set(key, value),
                None => Err("an option such as seed=7".to_owned()),
            };
            outcome.map_err(|expected| reader.wrong_word(word, &expected))?;
        }
        options.check().map_err(|expected| Wrong { column: 1, expected })?;
        Ok(options)
    }

    /// Whether a run can start with them: the topology exists, and names and numbers make sense.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        self.check_in(&self.build_topology()?)
    }

    /// The same, where the topology is there already.
    pub(crate) fn check_in(&self, topology: &Topology) -> Result<(), String> {
        let others = self.mixed.iter().map(|(name, _)| name);
        for name in self.classic.iter().chain(others).chain(&self.root) {
            if !topology.names().contains(name) {
                return Err(format!("a server of {} instead of {name}", self.topology));
            }
        }
        if self.clients > 10_000 {
            return Err("at most 10000 clients".into());
        }
        if self.pace < MILLISECOND {
            return Err("a pace of at least 1ms".into());
        }
        if self.digest < MILLISECOND {
            return Err("a digest of at least 1ms".into());
        }
        Ok(())
    }

    /// The topology.
    ///
    /// # Errors
    /// What would be right.
    pub fn build_topology(&self) -> Result<Topology, String> {
        if let Some(tape) = &self.tape {
            return Ok(tape.topology().clone());
        }
        Topology::named(&self.topology, self.seed).map_err(|error| format!("a topology: {error}"))
    }

    /// The preset of a server.
    #[must_use]
    pub fn preset_of(&self, server: &str) -> Preset {
        let other = self.mixed.iter().find(|(name, _)| **name == *server);
        other.map_or(self.preset, |(_, preset)| *preset)
    }

    /// Whether any server spreads updates over trees.
    #[must_use]
    pub fn grows(&self) -> bool {
        let others = self.mixed.iter().map(|(_, preset)| *preset);
        others.chain([self.preset]).any(|preset| preset.feeds().is_some())
    }

    /// Whether any server gossips.
    #[must_use]
    pub fn gossips(&self) -> bool {
        let others = self.mixed.iter().map(|(_, preset)| *preset);
        others.chain([self.preset]).any(|preset| preset == Preset::Gossip)
    }

    /// Whether any server may tell an update twice on one link.
    #[must_use]
    pub fn repeats(&self) -> bool {
        let others = self.mixed.iter().map(|(_, preset)| *preset);
        others.chain([self.preset]).any(|preset| preset.policy().spread.repeats())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let plain = value.bytes().all(|b| b.is_ascii_digit());
        let number = |expected: &str| {
            value.parse::<u64>().ok().filter(|_| plain).ok_or_else(|| expected.to_owned())
        };
        let latency = || value.parse::<Latency>().map_err(|_| latency::EXPECTED.to_owned());
        let duration = || parse_duration(value).ok_or_else(|| "a duration such as 50ms".to_owned());
        match key {
            "seed" => self.seed = number("a seed from 0 to 18446744073709551615")?,
            "topology" => self.topology = value.into(),
            "preset" => {
                self.preset = Preset::named(value)
                    .ok_or_else(|| names("a preset: ", Preset::ALL.map(Preset::name)))?;
            }
            "trees" => {
                self.trees = Trees::named(value)
                    .ok_or_else(|| names("trees that are ", Trees::ALL.map(Trees::name)))?;
            }
            "root" => self.root = Some(value.into()),
            "batch" => self.batch = Some(duration()?),
            "digest" => self.digest = duration()?,
            "mixed" => {
                let expected = || {
                    names(
                        "servers and presets such as s1:flood,s2:grove, of ",
                        Preset::ALL.map(Preset::name),
                    )
                };
                let other = |word: &str| {
                    let (server, preset) = word.split_once(':')?;
                    Some((server.into(), Preset::named(preset)?))
                };
                self.mixed =
                    value.split(',').map(other).collect::<Option<_>>().ok_or_else(expected)?;
            }
            "latency" => self.latency = latency()?,
            "jitter" => self.jitter = duration()?,
            "client-latency" => self.client_latency = latency()?,
            "skew" => self.skew = duration()?,
            "places" => {
                self.places = PlacesMode::named(value).ok_or_else(|| {
                    names("what Places does: ", PlacesMode::ALL.map(PlacesMode::name))
                })?;
            }
            "places-delay" => self.places_delay = latency()?,
            "clients" => {
                let expected = "a number of clients up to 10000";
                self.clients = u32::try_from(number(expected)?).map_err(|_| expected.to_owned())?;
            }
            "pace" => self.pace = duration()?,
            "classic" => self.classic = value.split(',').map(Into::into).collect(),
            "room" => {
                let expected = "a number of clients from 1 to 4294967295";
                let room = number(expected)?;
                self.room =
                    u32::try_from(room).ok().filter(|room| *room > 0).ok_or(expected)? as usize;
            }
            "retention" if value == "forever" => self.retention = None,
            "retention" => {
                let expected = "a duration from 1s, or forever";
                let lasts = parse_duration(value).filter(|lasts| *lasts >= SECOND);
                self.retention = Some(lasts.ok_or(expected)?);
            }
            "ack-after" => {
                let expected = "a number of neighbours";
                self.ack_after = usize::try_from(number(expected)?).map_err(|_| expected)?;
            }
            "window" => self.window = number("a number of bytes")?,
            "bug" => {
                self.bug =
                    Bug::named(value).ok_or_else(|| names("a bug: ", Bug::ALL.map(Bug::name)))?;
            }
            "tape" => self.tape = Some(Arc::new(Tapes::from_text(value)?)),
            _ => return Err(format!("one of the options {}", KEYS.join(", "))),
        }
        Ok(())
    }

    /// Every option as text, in the order of [`KEYS`].
    fn values(&self) -> [String; KEYS.len()] {
        let mixed = self.mixed.iter().map(|(name, preset)| format!("{name}:{}", preset.name()));
        [
            self.seed.to_string(),
            self.topology.to_string(),
            self.preset.name().to_owned(),
            self.trees.name().to_owned(),
            show_duration(self.digest),
            self.root.as_deref().unwrap_or_default().to_owned(),
            self.batch.map(show_duration).unwrap_or_default(),
            mixed.collect::<Vec<_>>().join(","),
            self.latency.to_string(),
            show_duration(self.jitter),
            self.client_latency.to_string(),
            show_duration(self.skew),
            self.places.name().to_owned(),
            self.places_delay.to_string(),
            self.clients.to_string(),
            show_duration(self.pace),
            self.classic.join(","),
            self.room.to_string(),
            self.retention.map_or_else(|| "forever".to_owned(), show_duration),
            self.ack_after.to_string(),
            self.window.to_string(),
            self.bug.name().to_owned(),
            self.tape.as_ref().map(|tape| tape.to_text()).unwrap_or_default(),
        ]
    }
}

/// The options, as they are called in text.
pub const KEYS: [&str; 23] = [
    "seed",
    "topology",
    "preset",
    "trees",
    "digest",
    "root",
    "batch",
    "mixed",
    "latency",
    "jitter",
    "client-latency",
    "skew",
    "places",
    "places-delay",
    "clients",
    "pace",
    "classic",
    "room",
    "retention",
    "ack-after",
    "window",
    "bug",
    "tape",
];

fn names<const N: usize>(what: &str, names: [&str; N]) -> String {
    format!("{what}{}", names.join(", "))
}

/// The seed and the topology are always said.
const SAID: usize = 2;

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "herd {FORMAT}")?;
        let defaults = Self::default().values();
        for (at, (value, default)) in self.values().iter().zip(&defaults).enumerate() {
            if at < SAID || value != default {
                write!(f, " {}={value}", KEYS[at])?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
