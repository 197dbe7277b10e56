//! Every bound of the crate, with its reason. `tests/` reaches each of them.

use crate::time::{MILLISECOND, SECOND};

/// Bytes in a line, without its LF: a client id of [`CLIENT_MAX`] and room for the rest.
pub const LINE_MAX: usize = 8 * 1024;
/// Bytes of an overlong line that are copied into its `?` answer.
pub const LINE_ECHO: usize = 64;
/// Bytes in a client id. The field names none; prototypes have been fed 2,000.
pub const CLIENT_MAX: usize = 4096;
/// Bytes in the name of a server or a cluster.
pub const NAME_MAX: usize = 64;
/// Bytes in a skew or location field of a neighbour's `AT` line.
pub const FIELD_MAX: usize = 64;
/// Bytes in a frame between servers, without its length.
pub const FRAME_MAX: usize = 256 * 1024;

/// Kilometres around a client that may be asked for (Places allows 50,000 m).
pub const RADIUS_KM_MAX: u64 = 50;
/// Results that may be asked for (one page of Nearby Search).
pub const BOUND_MAX: u64 = 20;

/// How far a client's stamp may be ahead of the server it talks to.
pub const INGRESS_FUTURE: i64 = 24 * 3600 * SECOND.cast_signed();
/// How far a neighbour's record may be ahead: [`INGRESS_FUTURE`] and a day of clock difference.
pub const HARD_FUTURE: i64 = 48 * 3600 * SECOND.cast_signed();

/// Clients a server keeps by default; a new one over it is refused.
pub const CLIENTS_MAX: usize = 1 << 20;

/// Places requests in flight at one server; more are answered "overloaded" at once.
pub const LOOKUPS_MAX: usize = 256;
/// How long a Places request may take.
pub const LOOKUP_TIMEOUT: u64 = 3 * SECOND;
/// Bytes of a Places answer that are looked at; more is a failure. Twenty results take 40 kB.
pub const PLACES_MAX: usize = 1 << 20;
/// Nesting of a Places answer; more is a failure. Real ones have six.
pub const PLACES_DEPTH: u32 = 64;

/// How long a neighbour that was dialed may take to greet: a few round trips of the slowest link.
pub const GREETING_TIMEOUT: u64 = 10 * SECOND;
/// First wait before a neighbour is dialed again, after the attempt made at once.
pub const REDIAL_FIRST: u64 = 50 * MILLISECOND;
/// Longest wait while the neighbour was lost less than [`REDIAL_PATIENCE`] ago.
pub const REDIAL_SOON: u64 = 2 * SECOND;
/// Longest wait after that.
pub const REDIAL_LATE: u64 = 10 * SECOND;
/// Longest wait where only we dial: the neighbour, back again, cannot shorten it by dialing us,
/// and is to be linked within half a second.
pub const REDIAL_ONE_WAY: u64 = 400 * MILLISECOND;
/// When [`REDIAL_SOON`] gives way to [`REDIAL_LATE`].
pub const REDIAL_PATIENCE: u64 = 60 * SECOND;

/// Bytes of repair that stand between two live updates to the same neighbour.
pub const REPAIR_SLICE: usize = 32 * 1024;
/// Records waiting for a classic neighbour, which takes one line per connection.
pub const CLASSIC_QUEUE: usize = 4096;
