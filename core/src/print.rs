//! Prints: what tells two stores apart without looking at them.
//!
//! The print of a store is the sum of those of its records, so a write changes it by taking one out and
//! putting one in, and it is the same whatever order records came in and whatever the seed of the
//! store's own hash function is. So is that of a part of it. A record's print is of its line, which is
//! the record; what counted it is what servers may know differently of the same record.
//!
//! Records are ordered by the hashes of their clients' ids where ranges of them are compared: those
//! lie evenly, so that a range can be halved without looking.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Of prints as they are; servers that make them otherwise have to have another one.
const SEED: u64 = 0x6865_7264_2070_7631;

/// The print of a record.
pub(crate) fn print_of(line: &[u8]) -> u64 {
    xxh3_64_with_seed(line, SEED)
}

/// The place of a client among all clients.
pub(crate) fn place_of(client: &[u8]) -> u64 {
    xxh3_64(client)
}
