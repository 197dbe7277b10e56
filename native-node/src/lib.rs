//! The herd over real TCP.
//!
//! The protocol is [`herd_core`]'s alone: this crate opens sockets, reads clocks, writes logs and
//! asks Places services, and does what a [`Node`](herd_core::Node) says.
//!
//! # Map
//!
//! - `cli`: the commands; the only part that prints.
//! - [`mod@bench`]: load, and what a herd makes of it.
//! - [`config`]: herds: files, topologies, addresses.
//! - [`run`]: servers on threads, started and stopped.
//! - [`server`]: one server: the task that owns a node and its sockets.
//! - [`places`]: Places services: the embedded one, and Google's over HTTP.
//! - [`maelstrom`]: a node of Maelstrom's, another driver of the same core.
//! - [`disk`]: what a server keeps, so that what it answered outlives it.
//! - [`keys`]: who belongs to the herd: certificates, a shared key, tokens of clients.
//! - [`log`]: log files behind bounded buffers.
//! - [`quic`]: the same lines and frames over QUIC; [`client`]: who says lines to a server.
//! - [`gateway`]: servers over HTTP: JSON, events, WebSocket, metrics.
//! - [`metrics`]: what a server counts; `live`: what happens at it, for those who watch.
//! - [`http`]: the page, over HTTP; [`page`]: the page itself.
//! - [`tape`]: what servers were told, so that it can be told again.
//! - `signals`: those that ask the process to end, or to look again.
//! - [`clock`]: the only file that reads clocks.

use std::process::ExitCode;

pub mod bench;
mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod disk;
pub mod gateway;
pub mod http;
pub mod keys;
mod live;
pub mod log;
pub mod maelstrom;
pub mod metrics;
pub mod page;
pub mod places;
pub mod quic;
pub mod run;
pub mod server;
mod signals;
pub mod tape;

/// The command `herd`.
#[must_use]
pub fn main() -> ExitCode {
    cli::main()
}
