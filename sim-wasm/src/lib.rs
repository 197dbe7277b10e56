//! A herd of servers in virtual time, natively and in the browser: the same script is the same run.
//!
//! # Map
//!
//! - [`script`], [`command`], [`options`]: a run as data: what a person or a test says.
//! - [`topology`], [`latency`]: what the herd looks like.
//! - [`rng`]: keyed draws.
//! - [`text`]: instants, durations and bytes in text.

pub mod command;
pub mod latency;
pub mod options;
pub mod rng;
pub mod script;
pub mod text;
pub mod topology;

pub use command::{Command, Path};
pub use latency::Latency;
pub use options::{Bug, Options, PlacesMode};
pub use script::{Entry, EntryId, Script, ScriptError};
pub use topology::{ServerId, Topology};
