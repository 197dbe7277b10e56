//! What the tests share.
//!
//! - [`browser`], [`browser_page`], [`browser_touch`], [`browser_hands`]: a headless Chromium and what a
//!   person can do in it.
//! - [`browser_server`]: the page as `herd` serves it.
//! - [`chaos`]: random runs.
//! - [`differences`]: what it takes until two servers hold the same.
//! - [`frames`]: frames that are none.
//! - [`fuzz`]: what is done with any bytes.
//! - `lan`: a network of namespaces, with delay and loss (on Linux).
//! - [`luck`]: what is drawn from a seed.
//! - [`maelstrom`]: processes in a network of ours that speak as Maelstrom's do.
//! - [`pair`]: two servers and a wire between them, in memory; [`weighted`]: a herd whose links take
//!   each their own time.
//! - [`repository`]: the project's own files.
//! - [`roamer`]: clients that go from server to server; [`storm`]: what happens to processes.
//! - [`scenario`]: scenario files, and what a herd must be able to do to run them.
//! - [`sim`]: the simulated herd as one; [`tcp_herd`]: processes on TCP as one.
//! - [`tapes`]: what real servers were told.
//! - [`tcp`]: servers as processes, and clients; [`tcp_places`]: a stand-in for a Places service;
//!   [`tcp_proxy`]: a wire that can be cut.
//! - `used`: memory and processor time of a process.
//! - [`up`]: a whole herd in one process, and what it tells who watches it live.
//! - [`http`], [`quic`], [`websocket`]: clients of those; [`ways`]: how a line goes over each.
//! - [`wire`]: what neighbours are linked through, over TCP or UDP.

pub mod browser;
pub mod browser_hands;
pub mod browser_page;
pub mod browser_server;
pub mod browser_touch;
pub mod chaos;
pub mod differences;
pub mod frames;
pub mod fuzz;
pub mod http;
#[cfg(target_os = "linux")]
pub mod lan;
pub mod luck;
pub mod maelstrom;
pub mod pair;
pub mod quic;
pub mod repository;
pub mod roamer;
pub mod scenario;
pub mod sim;
pub mod storm;
pub mod tapes;
pub mod tcp;
pub mod tcp_herd;
pub mod tcp_places;
pub mod tcp_proxy;
pub mod up;
mod used;
pub mod ways;
pub mod websocket;
pub mod weighted;
pub mod wire;
