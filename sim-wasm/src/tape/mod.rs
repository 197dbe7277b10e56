//! Tapes of real servers on one timeline: a run that is shown as it was, and gone on with.
//!
//! [`Tapes`] are the tapes of one herd. A [`World`](crate::World) whose script names them plays them:
//! its nodes are told what the real ones were told, so that everything that can be seen of a run can
//! be seen of them. From the first command on, whatever it is, the run is a simulation, which begins
//! with those nodes, their links and what was on its way.
//!
//! - `life`: a tape is played once, to see what was said on which connection.
//! - `pairs`: both ends of a connection, and which message was heard when.
//! - `align`: whose clock is how far ahead. `merge`: one order of everything.

mod align;
mod life;
mod merge;
mod pairs;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use herd_core::tape::Spot;
use herd_core::time::SECOND;
use herd_core::{Config, Direction};

use crate::script::AT_MAX;
use crate::topology::{Edge, ServerId, Topology};

use self::life::Life;

/// Bytes that all tapes of a run may have together.
pub const BYTES_MAX: usize = 256 << 20;
/// Tapes that a run may have.
pub const TAPES_MAX: usize = 1_000;
/// A day, ns.
const DAY: u64 = 24 * 60 * 60 * SECOND;

/// The tapes of a herd, merged.
#[derive(Clone)]
pub struct Tapes {
    files: Vec<Arc<[u8]>>,
    topology: Topology,
    /// The server of each file.
    servers: Vec<u32>,
    moments: Vec<Moment>,
    arrivals: Vec<u64>,
    /// The servers at both ends of each pair.
    pairs: Vec<[u32; 2]>,
    /// What a right clock showed at the beginning, ns since the epoch.
    begins: i64,
    /// Mean time that messages took, ns, by link and way; 0 where there were none.
    latencies: Vec<[u64; 2]>,
    remarks: Vec<String>,
}

/// Something that a server was told, at an instant of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// When, ns from the beginning.
    pub(crate) at: u64,
    /// Which server.
    pub(crate) server: u32,
    /// On which tape, and where; the server was not heard of any more if there is no place.
    pub(crate) file: u32,
    pub(crate) spot: Option<Spot>,
    /// Of what says between which addresses a connection is: which connection, and which end; or
    /// [`NONE`].
    pub(crate) pair: u32,
    pub(crate) side: u8,
    /// When what is said then over connections with two known ends is heard: the first of
    /// [`Tapes::arrivals`], and how many.
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// No connection of which both ends are known.
pub(crate) const NONE: u32 = u32::MAX;
/// An arrival that never was.
pub(crate) const NEVER: u64 = u64::MAX;

/// Whether a file of this name is a tape: `NAME.tape`, or one that was put aside, `NAME.tape.1`.
#[must_use]
pub fn is_tape(name: &str) -> bool {
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    let whole =
        name.rsplit_once('.').filter(|(_, end)| is_number(end)).map_or(name, |(rest, _)| rest);
    whole.ends_with(".tape")
}

impl Tapes {
    /// Merges tapes: each a name for people, and its bytes.
    ///
    /// # Errors
    /// Which cannot be one of them, and why.
    pub fn merge(tapes: &[(String, Vec<u8>)]) -> Result<Self, String> {
        let bytes: usize = tapes.iter().map(|(_, bytes)| bytes.len()).sum();
        if tapes.is_empty() || tapes.len() > TAPES_MAX || bytes > BYTES_MAX {
            let most = BYTES_MAX >> 20;
            return Err(format!("1 to {TAPES_MAX} tapes of {most} MiB together are expected"));
        }
        let mut remarks = Vec::new();
        let mut files: Vec<(String, Arc<[u8]>)> = Vec::new();
        for (name, bytes) in tapes {
            if files.iter().all(|(_, known)| **known != **bytes) {
                files.push((name.clone(), bytes.as_slice().into()));
            }
        }
        let mut lives = Vec::new();
        for (number, (name, bytes)) in (0_u32..).zip(&files) {
            life::play(number, name, bytes, &mut lives, &mut remarks)?;
        }
        lives.sort_by(|a: &Life, b| a.order().cmp(&b.order()));
        let lives = life::joined(lives);
        let topology = topology(&lives)?;
        let pairs = pairs::pairs(&lives, &mut remarks);
        let offsets = align::offsets(&lives, &pairs, &mut remarks);
        let merged = merge::merge(&lives, &pairs, &offsets, &topology);
        if merged.moments.last().is_some_and(|last| last.at > AT_MAX) {
            return Err(format!("tapes of at most {} days together are expected", AT_MAX / DAY));
        }
        let mut servers = vec![0; files.len()];
        for life in &lives {
            let server = number_of(&topology, life);
            for step in &life.steps {
                servers[step.file as usize] = server;
            }
        }
        Ok(Self {
            files: files.into_iter().map(|(_, bytes)| bytes).collect(),
            servers,
            moments: merged.moments,
            arrivals: merged.arrivals,
            pairs: pairs
                .pairs
                .iter()
                .map(|pair| pair.ends.map(|(life, _)| number_of(&topology, &lives[life])))
                .collect(),
            topology,
            begins: merged.begins,
            latencies: merged.latencies,
            remarks,
        })
    }

    /// The servers and who is whose neighbour, by their configurations.
    pub(crate) const fn topology(&self) -> &Topology {
        &self.topology
    }

    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// When something that was said at a moment is heard.
    pub(crate) fn arrival(&self, moment: &Moment, number: u32) -> u64 {
        let at = (number < moment.count).then(|| moment.first as usize + number as usize);
        at.and_then(|at| self.arrivals.get(at)).copied().unwrap_or(NEVER)
    }

    /// The server at the other end of the connection that a moment names.
    pub(crate) fn other_end(&self, moment: &Moment) -> Option<u32> {
        let ends = self.pairs.get(moment.pair as usize)?;
        ends.get(usize::from(1 - moment.side)).copied()
    }

    pub(crate) fn file(&self, number: u32) -> &Arc<[u8]> {
        &self.files[number as usize]
    }

    /// What a right clock showed at the beginning, ns since the epoch.
    #[must_use]
    pub const fn begins(&self) -> i64 {
        self.begins
    }

    /// When the last thing on any tape was, ns from the beginning.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.moments.last().map_or(0, |moment| moment.at)
    }

    /// How long messages took on a link, ns, there and back; 0 where it is not known.
    pub(crate) fn latency(&self, link: usize) -> [u64; 2] {
        self.latencies.get(link).copied().unwrap_or_default()
    }

    /// How many servers there are tapes of.
    #[must_use]
    pub fn taped(&self) -> usize {
        let mut servers = self.servers.clone();
        servers.sort_unstable();
        servers.dedup();
        servers.len()
    }

    /// What a person is to know of them: what was torn, what is missing, whose clock was wrong.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// All of them in one text without white space, as scripts hold it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::new();
        for file in &self.files {
            bytes.extend_from_slice(&(file.len() as u64).to_le_bytes());
            bytes.extend_from_slice(file);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// What was expected.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let damaged = || "tapes as a script holds them, whole".to_owned();
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())?;
        let mut rest = &bytes[..];
        let mut tapes = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
            let (tape, after) = after.split_at_checked(length).ok_or_else(damaged)?;
            tapes.push((format!("tape {}", tapes.len() + 1), tape.to_vec()));
            rest = after;
        }
        if rest.is_empty() { Self::merge(&tapes) } else { Err(damaged()) }
    }
}

impl PartialEq for Tapes {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for Tapes {}

impl fmt::Debug for Tapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.files.iter().map(|file| file.len()).sum();
        write!(
            f,
            "Tapes({} files, {bytes} bytes, {} moments)",
            self.files.len(),
            self.moments.len()
        )
    }
}

fn number_of(topology: &Topology, life: &Life) -> u32 {
    topology.server(&life.name).map_or(0, |server| server.0)
}

/// Who is there, and who is whose neighbour by anybody's configuration.
fn topology(lives: &[Life]) -> Result<Topology, String> {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut edges: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    let mut number = |name: &str| {
        names.iter().position(|known| **known == *name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        })
    };
    for life in lives {
        number(&life.name);
    }
    for config in lives.iter().flat_map(|life| &life.configs) {
        let own = number(&config.name);
        for peer in &config.peers {
            let other = number(&peer.name);
            let (a, b, one_way) = match peer.direction {
                Direction::Both | Direction::Neither => (own.min(other), own.max(other), false),
                Direction::Out => (own, other, true),
                Direction::In => (other, own, true),
            };
            if edges.contains_key(&(b, a)) && a != b {
                continue;
            }
            edges.entry((a, b)).or_insert(one_way);
        }
    }
    let id = |index: usize| ServerId(u32::try_from(index).unwrap_or(u32::MAX));
    let edges = edges.into_iter().filter(|((a, b), _)| a != b);
    let edges = edges.map(|((a, b), one_way)| Edge { a: id(a), b: id(b), one_way }).collect();
    Topology::of_tapes(names, edges)
}

/// Which neighbour of a configuration is called so.
pub(crate) fn peer_named(config: &Config, name: &str) -> Option<u16> {
    let at = config.peers.iter().position(|peer| *peer.name == *name)?;
    u16::try_from(at).ok()
}
