//! Places requests in flight: each ends exactly once, by an answer, a failure, the deadline or the
//! client going away; a late answer meets another generation and is dropped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::Degrees;
use crate::form::form;
use crate::id::{ConnId, RequestId};
use crate::limits::{LOOKUP_TIMEOUT, LOOKUPS_MAX};
use crate::time::Instant;

/// What a Places service is asked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Query {
    /// Latitude of the middle.
    pub lat: Degrees,
    /// Longitude of the middle.
    pub lon: Degrees,
    /// Micrometres around it, at most 50 km.
    pub radius_um: u64,
    /// Results wanted at most, 1 to 20. (The core cuts what is more.)
    pub bound: u8,
}

/// Why there is no Places answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PlacesError {
    /// The service refused: quota, key or request.
    Denied,
    /// The answer is no JSON object of the known form, or too large.
    Malformed,
    /// Too many requests are in flight at this server.
    Overloaded,
    /// No answer within [`LOOKUP_TIMEOUT`].
    TimedOut,
    /// The service cannot be reached, hung up, or says that it failed.
    Unavailable,
}

impl PlacesError {
    /// The `error_message` a client is told.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Denied => "the Places service refused the request",
            Self::Malformed => "the Places service gave an answer that cannot be read",
            Self::Overloaded => "too many Places requests are in flight at this server",
            Self::TimedOut => "the Places service did not answer in time",
            Self::Unavailable => "the Places service cannot be reached or failed",
        }
    }

    /// The `status` a client is told, in Google's words.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Denied => "REQUEST_DENIED",
            Self::Overloaded => "OVER_QUERY_LIMIT",
            Self::Malformed | Self::TimedOut | Self::Unavailable => "UNKNOWN_ERROR",
        }
    }
}

impl fmt::Display for PlacesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl core::error::Error for PlacesError {}

/// How a Places request ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LookupEnd {
    /// The client has the answer.
    Answered,
    /// The client has a failure.
    Failed(PlacesError),
    /// The client went away before the answer came.
    Gone,
    /// The answer came after the end; it was dropped.
    Late,
}

/// A request whose client waits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Pending {
    pub(crate) conn: ConnId,
    /// The client's `AT` line when it asked, without LF.
    pub(crate) line: Box<[u8]>,
    pub(crate) bound: u8,
    deadline: Instant,
}

/// The requests in flight of one server.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Lookups {
    slots: Vec<Slot>,
    pending: u16,
}

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Slot {
    generation: u32,
    pending: Option<Pending>,
}

impl Lookups {
    /// A new request, or `None` when [`LOOKUPS_MAX`] are in flight.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        conn: ConnId,
        line: &[u8],
        bound: u8,
    ) -> Option<RequestId> {
        let free = self.slots.iter().position(|slot| slot.pending.is_none());
        let index = match free {
            Some(index) => index,
            None if self.slots.len() < LOOKUPS_MAX => {
                self.slots.push(Slot::default());
                self.slots.len() - 1
            }
            None => return None,
        };
        let deadline = now.plus(LOOKUP_TIMEOUT);
        let slot = &mut self.slots[index];
        slot.generation = slot.generation.wrapping_add(1);
        slot.pending = Some(Pending { conn, line: line.into(), bound, deadline });
        self.pending += 1;
        let slot_number = u16::try_from(index).ok()?;
        Some(RequestId { slot: slot_number, generation: slot.generation })
    }

    /// Ends a request; `None` if it had ended before.
    pub(crate) fn end(&mut self, request: RequestId) -> Option<Pending> {
        let slot = self.slots.get_mut(usize::from(request.slot))?;
        if slot.generation != request.generation {
            return None;
        }
        let pending = slot.pending.take()?;
        self.pending -= 1;
        Some(pending)
    }

    /// The request that must end first.
    pub(crate) fn next_deadline(&self) -> Option<(Instant, RequestId)> {
        if self.pending == 0 {
            return None;
        }
        (0_u16..)
            .zip(&self.slots)
            .filter_map(|(slot, entry)| {
                let request = RequestId { slot, generation: entry.generation };
                entry.pending.as_ref().map(|pending| (pending.deadline, request))
            })
            .min()
    }

    /// How many are in flight.
    pub(crate) const fn len(&self) -> usize {
        self.pending as usize
    }

    /// Whether the count is that of the filled slots.
    pub(crate) fn is_consistent(&self) -> bool {
        self.slots.len() <= LOOKUPS_MAX
            && self.slots.iter().filter(|slot| slot.pending.is_some()).count() == self.len()
    }
}

form!(struct Pending { conn, line, bound, deadline });
form!(struct Lookups { slots, pending });
form!(struct Slot { generation, pending });
form!(enum PlacesError {
    0 => Denied, 1 => Malformed, 2 => Overloaded, 3 => TimedOut, 4 => Unavailable,
});
