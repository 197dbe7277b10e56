//! What stands on a tape.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::config::Config;
use crate::id::ConnId;
use crate::node::{Input, Node};

/// One thing on a tape.
#[derive(Debug)]
pub enum Item<'a> {
    /// The node as it is: the beginning, and the only one.
    Start {
        /// How much it was told that stands on no tape, since the one before.
        lost: u64,
        /// The numbers that connections had by then are below this one; the node need not know them all.
        conns: u32,
        /// The node.
        node: Box<Node>,
    },
    /// What it was told.
    Input(Input<'a>),
    /// Another configuration, which it took or refused.
    Reconfigured(Arc<Config>),
    /// Between which addresses a connection is; so both ends of it are known for one, on the tapes of
    /// two servers.
    Ends {
        /// Which.
        conn: ConnId,
        /// This side's address.
        own: &'a str,
        /// The other side's.
        other: &'a str,
        /// Bytes that were written to it before.
        said: u64,
        /// Bytes that were heard on it before.
        heard: u64,
    },
    /// The server has ended as it was told to.
    Stopped,
}

/// Kinds of items: the first byte, less [`SAME`].
pub(super) const START: u8 = 0;
pub(super) const CLOSED: u8 = 1;
pub(super) const DIAL_FAILED: u8 = 2;
pub(super) const LINE: u8 = 3;
pub(super) const FRAME: u8 = 4;
pub(super) const OVERLONG: u8 = 5;
pub(super) const GARBLED: u8 = 6;
pub(super) const ACCEPTED: u8 = 7;
pub(super) const DIALED: u8 = 8;
pub(super) const KEEPING: u8 = 9;
pub(super) const PLACES: u8 = 10;
pub(super) const PLACES_FAILED: u8 = 11;
pub(super) const WAKE: u8 = 12;
pub(super) const WRITABLE: u8 = 13;
pub(super) const RECONFIGURED: u8 = 14;
pub(super) const ENDS: u8 = 15;
pub(super) const STOPPED: u8 = 16;
/// A line of which something is blotted out.
pub(super) const BLOTTED: u8 = 17;
/// A line, and the data after it.
pub(super) const PUT: u8 = 18;
/// What follows in its chunk is nothing.
pub(super) const FREE: u8 = 19;
/// Lines, and the data after them, one behind the other.
pub(super) const LINES: u8 = 20;
/// Frames, one behind the other.
pub(super) const FRAMES: u8 = 21;
/// Behind what was told: a mark …
pub(super) const MARK: u8 = 22;
/// … or that there is none.
pub(super) const NO_MARK: u8 = 23;
/// It was told at the same moment as what stands before.
pub(super) const SAME: u8 = 0x80;
