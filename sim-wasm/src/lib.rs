//! A herd of servers in virtual time, natively and in the browser: the same script is the same run.
//!
//! A run is its [`Script`] and nothing else. A [`World`] plays it, a [`History`] can take it back, a
//! [`Frame`] is what is seen of it at one instant.
//!
//! ```
//! use herd_sim_wasm::{History, Script};
//!
//! let script: Script = "herd 1 seed=7 topology=places-2016\n\
//!     @1 say Alford IAMAT kiwi +34.068930-118.445127 1520023934.918963997\n\
//!     @2 kill Holiday\n"
//!     .parse()?;
//! let mut run = History::new(script);
//! run.seek(3_000_000_000);
//! assert!(run.world().lamps().iter().all(|lamp| lamp.broken.is_none()));
//! assert_eq!(run.answers().len(), 1);
//! # Ok::<(), herd_sim_wasm::ScriptError>(())
//! ```
//!
//! # Map
//!
//! - [`script`], [`command`], [`options`]: a run as data: what a person or a test says.
//! - [`world`]: servers, links and clients in virtual time: the loop, the one match over `Output`.
//! - [`fault`]: the measures of faults.
//! - `queue`, `net`, `server`, `client`, `clock`, `disk`: what a world is made of.
//! - [`check`]: what must hold, one invariant a file.
//! - [`history`]: snapshots, seeking, acting in the past.
//! - [`view`]: a [`Frame`]: flat arrays for a picture. [`log`]: what happened, a line each.
//! - [`pack`]: a run as a link.
//! - [`nemesis`], [`mod@judge`], [`swarm`], [`shrink`], [`sometimes`]: runs are drawn, judged, searched,
//!   and made small. [`no_return`]: from when on a run could not be saved. [`race`]: two protocols side
//!   by side.
//! - [`herd_test`]: the same for those who write tests.
//! - [`scenarios`]: runs to begin with. [`cause`]: what led to what.
//! - [`mod@bench`]: how fast and how large it is. [`meter`], [`costs`]: what a run costs.
//!   [`maelstrom`]: the same as Maelstrom measures it. [`mod@scale`]: what large herds cost.
//! - [`tape`]: tapes of real servers, merged, played and gone on with.
//! - [`places`]: the mock Places service, also used natively.
//! - [`topology`], [`latency`], [`workload`](options::Options::clients): what the herd looks like.
//! - [`rng`]: keyed draws. [`text`]: instants, durations and bytes in text. [`circle`]: sines.
//! - `wasm`: the door to JavaScript (feature `door`).

pub mod bench;
pub mod cause;
pub mod check;
pub mod circle;
mod client;
mod clock;
pub mod command;
pub mod costs;
mod disk;
pub mod fault;
pub mod herd_test;
pub mod history;
pub mod judge;
pub mod latency;
pub mod log;
pub mod maelstrom;
pub mod meter;
pub mod nemesis;
mod net;
pub mod no_return;
pub mod options;
pub mod pack;
pub mod places;
mod queue;
pub mod race;
pub mod rng;
pub mod scale;
pub mod scenarios;
pub mod script;
mod server;
pub mod shrink;
pub mod sometimes;
pub mod swarm;
pub mod tape;
pub mod text;
pub mod topology;
pub mod view;
#[cfg(all(target_arch = "wasm32", feature = "door"))]
pub mod wasm;
mod workload;
pub mod world;

pub use check::Lamp;
pub use client::Answer;
pub use clock::{EPOCH, wall};
pub use command::{Command, Path};
pub use costs::Costs;
pub use fault::{Deed, DiskLoss, Habits, Lossy, Share, Sides};
pub use herd_test::Herd;
pub use history::{Condition, History};
pub use judge::{Failure, Verdict, judge};
pub use latency::Latency;
pub use log::{LogKind, LogLine};
pub use meter::Meter;
pub use options::{Bug, Options, PlacesMode, Trees};
pub use pack::Link;
pub use script::{Entry, EntryId, Script, ScriptError};
pub use sometimes::Sometimes;
pub use tape::Tapes;
pub use topology::{ServerId, Topology};
pub use view::Frame;
pub use world::World;

use herd_core::time::SECOND;

/// How long a run goes on after its last command if nobody says how long, ns.
pub const AFTER: u64 = 10 * SECOND;

/// When a script is over: a while after its last command.
#[must_use]
pub fn end_of(script: &Script) -> u64 {
    script.entries().last().map_or(0, |entry| entry.at) + AFTER
}

/// Runs a script to its [end](end_of); the digest of the run. The same on every machine.
///
/// # Errors
/// What is wrong with the script, and where.
pub fn digest_of(script: &str) -> Result<u64, String> {
    let script: Script = script.parse().map_err(|error: ScriptError| error.to_string())?;
    let end = end_of(&script);
    let mut world = World::new(script);
    world.run_until(end);
    Ok(world.digest())
}
