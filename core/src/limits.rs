//! Every bound of the crate, with its reason. `tests/` reaches each of them.

use crate::time::{MILLISECOND, SECOND};

/// Bytes in a line, without its LF: a client id of [`CLIENT_MAX`] and room for the rest.
pub const LINE_MAX: usize = 8 * 1024;
/// Bytes of an overlong line that are copied into its `?` answer.
pub const LINE_ECHO: usize = 64;
/// Bytes in a client id. The field names none; prototypes have been fed 2,000.
pub const CLIENT_MAX: usize = 4096;
/// Bytes of data under one key: an article, a thumbnail. Who has more keeps it elsewhere, and the
/// address of it here.
pub const DATA_MAX: usize = 64 * 1024;
/// Bytes of data a server takes from clients by default; over it, what makes it more is refused.
pub const DATA_ROOM: usize = 256 << 20;
/// Bytes in the name of a server or a cluster.
pub const NAME_MAX: usize = 64;
/// Bytes in a skew or location field of a neighbour's `AT` line.
pub const FIELD_MAX: usize = 64;
/// Bytes in a frame between servers, without its length.
pub const FRAME_MAX: usize = 256 * 1024;
/// Bytes of a list in a frame after which nothing is added to it: what is left goes in another. (One more
/// origin with all its gaps, and what else the frame says, still fit.)
pub const LIST_BYTES: usize = FRAME_MAX / 2;

/// Kilometres around a client that may be asked for (Places allows 50,000 m).
pub const RADIUS_KM_MAX: u64 = 50;
/// Results that may be asked for (one page of Nearby Search).
pub const BOUND_MAX: u64 = 20;

/// How far a client's stamp may be ahead of the server it talks to.
pub const INGRESS_FUTURE: i64 = 24 * 3600 * SECOND.cast_signed();
/// How far a neighbour's record may be ahead: [`INGRESS_FUTURE`] and a day of clock difference.
pub const HARD_FUTURE: i64 = 48 * 3600 * SECOND.cast_signed();

/// Wall clocks that differ by no more than this are taken for equal. Clocks that are set by hand
/// are off by minutes; those that are off by more are off by a zone, or by years.
pub const CLOCKS_APART: i64 = 1800 * SECOND.cast_signed();
/// Low bits of an incarnation that are drawn at the start of a life, and stay while it lasts.
pub const LIFE_BITS: u32 = 16;
/// Milliseconds in a tick of an incarnation: with that, it takes seven bytes in every update.
pub const LIFE_TICK: u64 = 256;
/// The greatest incarnation that a server takes because of what others know. (They are below 2⁶³.)
pub const INCARNATION_MAX: u64 = 1 << 62;

/// Clients a server keeps by default; over it, those with the oldest stamps are forgotten.
pub const CLIENTS_MAX: usize = 1 << 20;
/// Records that are forgotten at once; more wait for the next thing that happens.
pub const FORGOTTEN_AT_ONCE: u32 = 4096;
/// The floor rises with time in so many steps per time that records are kept: servers whose clocks
/// differ a little have the same floor nearly always.
pub const FLOOR_STEPS: u64 = 64;

/// Places requests in flight at one server; more are answered "overloaded" at once.
pub const LOOKUPS_MAX: usize = 256;
/// How long a Places request may take.
pub const LOOKUP_TIMEOUT: u64 = 3 * SECOND;
/// Bytes of a Places answer that are looked at; more is a failure. Twenty results take 40 kB.
pub const PLACES_MAX: usize = 1 << 20;
/// Nesting of a Places answer; more is a failure. Real ones have six.
pub const PLACES_DEPTH: u32 = 64;

/// Clients that one connection watches by name: a friend list. Who wants more watches all.
pub const WATCHED_MAX: usize = 256;
/// Connections of a server that watch: every update is written to each of those that watch all.
pub const WATCHERS_MAX: usize = 4096;
/// Bytes told to a watcher before it has to have taken them all; meanwhile only who changed is
/// remembered. Some six hundred updates: a reader that keeps up is never asked to wait.
pub const WATCH_WINDOW: usize = 64 * 1024;
/// Bytes told at once to a watcher that fell behind, so that it delays nobody else.
pub const WATCH_SLICE: usize = 32 * 1024;

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

/// Bytes of repair that stand between two live updates to the same neighbour, or one record more.
pub const REPAIR_SLICE: usize = 32 * 1024;
/// Records waiting for a classic neighbour, which takes one line per connection.
pub const CLASSIC_QUEUE: usize = 4096;

/// Origins whose updates a server counts: servers of the herd, in all the lives that were heard of. For
/// one more, a life that is over gives way.
pub const ORIGINS_MAX: usize = 4096;
/// Origins of which records are held and no updates are counted any more: nobody tells what is had of
/// them, and neighbours find out by comparing what they hold.
pub const UNCOUNTED_MAX: usize = 4096;
/// Updates after which it is looked again whether the lives that are over have left any records. All
/// of them are looked through for it.
pub const ROOM_AFTER: u64 = 64;
/// Servers that were not heard of and whose planned feed is lost: so many are asked for by name at
/// once. The updates of more come with the next digests.
pub const UNHEARD_MAX: usize = 1024;
/// Spans of updates beyond the first missing one that are remembered per origin.
pub const HAVE_SPANS: usize = 64;
/// Updates per origin that a neighbour can be given without looking through the whole store.
pub const LOG_LENGTH: usize = 1024;
/// Updates of a tree whose senders are remembered while the parent has not delivered them.
pub const PROOFS: usize = 16;
/// How long a neighbour that feeds us although it was pruned is not told again.
pub const PRUNE_AGAIN: u64 = SECOND;
/// Updates in a row that a live parent may fail to deliver.
pub const MISSES: u8 = 2;
/// Shortest time between two rebuilds of an origin's tree.
pub const REBUILD_MIN: u64 = 2 * SECOND;
/// Who has had no feed over the tree that all share for so many of these takes its root for gone.
pub const ROOT_PATIENCE: u64 = 2;

/// How long `grove_batch` gathers what goes to a neighbour.
pub const BATCH: u64 = 200 * MILLISECOND;
/// Links on which an update is gathered before what has not come is pulled.
pub const BATCHED_HOPS: u64 = 8;
/// How long an acknowledgement is waited for.
pub const RETRY_EVERY: u64 = SECOND;
/// Updates per neighbour that wait for an acknowledgement.
pub const UNACKED_MAX: usize = 4096;
/// How long an update that a neighbour has by name is waited for.
pub const MISSING_WAIT: u64 = 500 * MILLISECOND;
/// How long, once a neighbour was asked for it.
pub const MISSING_AGAIN: u64 = 250 * MILLISECOND;
/// Answers that wait until neighbours have what they say; more updates are refused.
pub const UNCONFIRMED_MAX: usize = 4096;
/// How long they wait: longer than a neighbour takes to come back, shorter than clients are patient.
pub const CONFIRMED_BY: u64 = 5 * SECOND;
/// Updates that are known by name only.
pub const MISSING_MAX: usize = 4096;
/// How often rumours are told.
pub const GOSSIP_EVERY: u64 = 200 * MILLISECOND;
/// To how many neighbours each time.
pub const GOSSIP_FANOUT: usize = 3;
/// How often a rumour is told: so many times the decimal logarithm of the herd's size.
pub const GOSSIP_TIMES: u32 = 4;
/// Rumours that are still to be told.
pub const RUMOURS_MAX: usize = 4096;
/// Rumours in a message.
pub const RUMOURS_TOLD: usize = 64;
/// Bytes in it, or one rumour more: sixty-four locations take a tenth.
pub const RUMOURS_BYTES: usize = 64 * 1024;
/// How often two that gossip compare all they have.
pub const EXCHANGE_EVERY: u64 = 30 * SECOND;

/// How long a word that can wait may wait for an update to go with.
pub const RIDE: u64 = 250 * MILLISECOND;
/// How often neighbours are told what is had, while that changes.
pub const DIGEST_EVERY: u64 = 500 * MILLISECOND;
/// How many neighbours are told each time.
pub const DIGEST_FANOUT: usize = 2;
/// A neighbour that says nothing itself is told ever more seldom, at last every 2ⁿ turns.
pub const SILENCE_MAX: u32 = 5;
/// Origins in a digest.
pub const DIGEST_ENTRIES: usize = 512;
/// How long what a neighbour has is waited for before it is pulled: it is probably on its way.
pub const GRACE: u64 = 250 * MILLISECOND;
/// The grace is as many round trips to the farthest neighbour at least …
pub const GRACE_TRIPS: u64 = 4;
/// … and longer than the longest wait after which something that was pulled came by itself; of that
/// wait, every digest turn takes so many halves off.
pub const GRACE_FADES: u32 = 6;
/// The longest grace, ns: however long something was on its way once.
pub const GRACE_MAX: u64 = 10 * SECOND;
/// How long a neighbour may take to answer a pull, or to go on with its answer.
pub const PULL_TIMEOUT: u64 = 2 * SECOND;
/// Records in a repair that is pushed on at once; larger ones are announced and pulled.
pub const BULK_RECORDS: usize = 64;
/// Bytes in it.
pub const BULK_BYTES: usize = 16 * 1024;
/// How long after one of these smaller ones are announced too: the neighbours pull meanwhile.
pub const BULK_LASTS: u64 = 2 * SECOND;
/// Answers that wait for one neighbour.
pub const ANSWERS_MAX: usize = 8;
/// Neighbours that are given at once what the whole store has to be looked through for; others wait.
/// Two slow ones do not hold up a third for long, and a herd that comes back does not ask for more
/// than one server can give.
pub const SYNCS_SERVED: usize = 2;
/// Nanoseconds in which a byte of repair is paid for, for each neighbour: 31 MB a second, a quarter of
/// a gigabit, so that what asks without end leaves most of a server and of its links to the others.
pub const BUDGET_BYTE: u64 = 32;
/// What a question counts as, in bytes, beside what it is answered.
pub const BUDGET_QUESTION: usize = 1024;
/// How far a neighbour may be ahead of that, ns: 4 MB at once. More is given later.
pub const BUDGET_AHEAD: u64 = 128 * MILLISECOND;
/// How much farther, ns: more than 300,000 questions too many. Then it is hung up on.
pub const BUDGET_OVERDRAWN: u64 = 10 * SECOND;
/// Bytes to a neighbour that may be on their way; then it is lagging, is pushed nothing, and
/// pulls what it missed once all has left.
pub const WINDOW: usize = 1 << 20;

/// Digests running by which a neighbour has the same and holds something different, until that is
/// believed. (It never happens by itself; but one may have crossed something on its way.)
pub const DIVERGED_AFTER: u32 = 2;
/// How often a neighbour is told more because of it: whoever orders updates otherwise never agrees.
pub const ODD_MAX: u32 = 16;
/// Records at which a range is listed, not split.
pub const RANGE_LISTED: usize = 32;
/// Ranges in which one is split.
pub const RANGE_SPLIT: usize = 16;
/// Bytes of a message about ranges, or a little more: what else is said stands behind it.
pub const RANGES_BYTES: usize = 32 * 1024;
/// Ranges that a neighbour is asked about at once, or a few more: it may answer each with a split.
pub const RANGES_PRINTS: usize = 1024;
/// Messages in which it is answered; what takes more is asked again.
pub const RANGES_FRAMES: usize = 16;
/// Ranges that wait to be asked about.
pub const AUDIT_LEFT_MAX: usize = 1 << 16;
/// Records of which a server makes sure, each time it tells digests, that they are what was kept.
pub const LOOKED_OVER: u32 = 512;
