//! One server: everything that can happen to it, one method each.

use crate::codec::Unit;
use crate::config::Config;
use crate::id::{ConnId, PeerId, RequestId};
use crate::lookup::PlacesError;
use crate::outbox::Outbox;
use crate::store::Store;
use crate::time::{Instant, Now};

/// Everything that can happen to a server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Input<'a> {
    /// A connection ended, or takes nothing more. Not said after `Output::Hangup`.
    Closed(ConnId),
    /// The connection asked for by `Output::Dial` could not be opened.
    DialFailed(PeerId),
    /// One whole unit was heard: a line, a frame, or what is neither (see [`Framer`](crate::Framer)).
    Heard {
        /// On which connection.
        conn: ConnId,
        /// What.
        unit: Unit<'a>,
    },
    /// A connection is open.
    Opened {
        /// Its number.
        conn: ConnId,
        /// How it came about.
        how: Opening,
    },
    /// The end of a Places request: the body of the answer, or why there is none.
    Places {
        /// Which request.
        request: RequestId,
        /// The body as the service gave it, without HTTP framing.
        result: Result<&'a [u8], PlacesError>,
    },
    /// The deadline has come (harmless if it has not).
    Wake,
    /// All that was written to the connection before `Output::Notify` has left.
    Writable(ConnId),
}

/// How a connection came about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Opening {
    /// Somebody connected.
    Accepted {
        /// Whether a classic neighbour is configured with the address it came from, and which (if
        /// there is only one): such a connection may send `AT` lines.
        classic: Classic,
    },
    /// We did, as `Output::Dial` said.
    Dialed(PeerId),
}

/// Whether a connection comes from the address of a classic neighbour.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Classic {
    /// No.
    #[default]
    No,
    /// Of this one.
    One(PeerId),
    /// Of several that share the address.
    Several,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Timer {
    /// The neighbour that was dialed has to have greeted.
    Greeting(PeerId),
    /// The Places request has to have been answered.
    Lookup(RequestId),
    /// The neighbour is dialed again.
    Redial(PeerId),
}
