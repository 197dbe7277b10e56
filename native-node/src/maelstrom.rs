//! A server of the herd as a node of Maelstrom, a workbench for distributed systems
//! (<https://github.com/jepsen-io/maelstrom>): its broadcast workload over the same core.
//!
//! A number to be broadcast is a client's name, its stamp the local clock. Links are the topology's;
//! what servers tell each other travels as `{"type":"herd","f":"<frames, base64>"}`. That network
//! loses messages and tells nobody: a link is up from when it is known and never goes down, so that
//! gaps and digests are what repairs.
//!
//! - [`adapter`]: messages in, messages out, without input or output of its own.
//! - [`message`]: the envelope, and what is answered to what cannot be done.
//! - [`overlay`]: who is linked to whom.
//! - [`value`]: what is broadcast, as a client's name.

pub mod adapter;
pub mod message;
pub mod overlay;
pub mod value;

pub use adapter::{Adapter, Settings};
pub use overlay::Shape;
