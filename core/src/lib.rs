//! The protocol of a server herd, with no input or output of its own.
//!
//! A driver owns a [`Node`] and an [`Outbox`] and does five things:
//!
//! 1. for everything that happens it calls [`Node::handle`], with a [`Now`] that never goes back;
//! 2. after each call (or batch of calls) it does what the outbox says, in order, and clears it;
//! 3. it calls with [`Input::Wake`] once [`Node::next_deadline`] has come;
//! 4. it answers every [`Output::Lookup`] with exactly one [`Input::Places`], every
//!    [`Output::Dial`] with exactly one [`Input::Opened`] or [`Input::DialFailed`], and every
//!    [`Output::Notify`] with one [`Input::Writable`] unless the connection closes first;
//! 5. between [`Output::Pause`] and [`Output::Resume`] it hands in nothing heard on that
//!    connection.
//!
//! There is nothing else to know. (A configuration may change meanwhile, by [`Node::reconfigure`],
//! whose outbox is worked through like any other.) The crate cannot read a clock, draw a number, open a socket,
//! print or log; the same inputs give the same outputs, byte for byte, on every machine.
//!
//! # Map
//!
//! - [`node`]: [`Node`], [`Input`]: one match, one method per input.
//! - [`config`], [`preset`]: [`Config`], [`Peer`], [`Preset`]: what a node is told before it starts.
//! - [`outbox`]: [`Outbox`], [`Output`], [`Event`], [`Span`]: what a node wants done and tells.
//! - [`record`]: [`Record`](record::Record), [`Version`](record::Version): the total order.
//! - [`store`]: the newest record of every client.
//! - `ranges`, `print`: what two compare that have the same and hold something different.
//! - [`floor`], `clocks`: what is forgotten, and what time it is if clocks differ.
//! - [`have`], [`origin`]: which updates of whom are here: coverage, log, summary.
//! - [`tree`], [`overlay`]: who feeds whom: trees learned from a flood, or planned from a map.
//! - [`sync`]: repair: what a neighbour that lacks something is sent.
//! - [`link`]: neighbours: greeting, up, down, back-off.
//! - [`lookup`]: Places requests in flight.
//! - [`codec`]: the grammar: lines, frames, greeting, Places answers; bytes to bounded units.
//! - [`tape`]: all that a node was told, as bytes, and told again. `form`: a node as bytes.
//! - `grow`: lists that grow by a little. [`sort`]: short lists, put in order.
//! - [`id`], [`peers`], [`time`], [`limits`]: the small words everything is said in.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic, clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

extern crate alloc;

mod clocks;
pub mod codec;
pub mod config;
pub mod floor;
mod form;
mod grow;
pub mod have;
pub mod id;
pub mod limits;
pub mod link;
pub mod lookup;
pub mod node;
pub mod origin;
pub mod outbox;
pub mod overlay;
pub mod peers;
pub mod preset;
mod print;
mod ranges;
pub mod record;
pub mod sort;
pub mod store;
pub mod sync;
pub mod tape;
pub mod time;
pub mod tree;

pub use codec::{Framer, Unit};
pub use config::{Config, Direction, Peer, Style, Tuning};
pub use floor::Floor;
pub use have::Have;
pub use id::{ConnId, PeerId, RequestId};
pub use lookup::{PlacesError, Query};
pub use node::{Input, Node, Opening, Timer};
pub use origin::OriginId;
pub use outbox::{Event, Mark, Outbox, Output, Span};
pub use overlay::Overlay;
pub use preset::{Policy, Preset, Spread};
pub use time::{Instant, Now, Wall};
