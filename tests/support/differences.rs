//! What it takes until two servers hold the same that hold almost the same.
//!
//! By coverage: one has missed the last updates, and both know who has what. By range: both claim to
//! have the same, and one has lost records here and there.

use std::fmt::Write as _;

use herd_core::Node;
use herd_core::codec::Origin;

use crate::pair::Pair;

const ORIGIN: Origin<'static> = Origin { name: b"Welsh", incarnation: 7 };
/// Records that one of them lacks.
const DIFFERENCES: [u64; 4] = [0, 1, 100, 10_000];

/// Puts in the records of the clients 1 to `records` but for those that are `lost`, and claims to have
/// the updates up to `have`.
fn fill(node: &mut Node, records: u64, have: u64, lost: impl Fn(u64) -> bool) {
    for seq in (1..=records).filter(|seq| !lost(*seq)) {
        let line = format!("AT Welsh +0.1 client-{seq} +34.068930-118.445127 1600000000.{seq:09}");
        node.restore_counted(line.as_bytes(), &ORIGIN, seq).expect("a record");
    }
    node.restore_have(&ORIGIN, 1, have);
}

/// Two servers of which the second lacks something; what they said to each other.
fn healed(records: u64, lacks: u64, by_range: bool) -> Pair {
    // Spread over all, or the last.
    let step = records.checked_div(lacks).unwrap_or(u64::MAX);
    let mut pair = Pair::new(
        |_| (),
        |end, node| match (end, by_range) {
            (0, _) => fill(node, records, records, |_| false),
            (_, false) => fill(node, records - lacks, records - lacks, |_| false),
            (_, true) => fill(node, records, records, |seq| seq % step == 0 && seq / step <= lacks),
        },
    );
    pair.link();
    pair.rest();
    let [one, other] = [0, 1].map(|end| pair.node(end).store());
    assert_eq!((one.len() as u64, one.print()), (records, other.print()), "they hold the same");
    assert_eq!(pair.records, lacks, "what is lacked is given once");
    pair
}

/// A table for servers with so many records.
///
/// # Panics
/// If they do not come to hold the same.
#[must_use]
pub fn table(records: u64) -> String {
    let mut table = format!("two servers with {records} records, of which one lacks some\n");
    table += "by           lacks   rounds        bytes  bytes each\n";
    for (name, by_range) in [("coverage", false), ("range", true)] {
        // What is said in any case: greetings, and digests that agree.
        let calm = healed(records, 0, by_range);
        for lacks in DIFFERENCES {
            let pair = healed(records, lacks, by_range);
            let each = (pair.bytes - calm.bytes).checked_div(lacks);
            let each = each.map_or_else(|| "-".to_owned(), |each| each.to_string());
            writeln!(
                table,
                "{name:<10}{lacks:>8}{:>6}.{}{:>13}{each:>12}",
                pair.rounds / 2,
                pair.rounds % 2 * 5,
                pair.bytes
            )
            .expect("a String takes everything");
        }
    }
    table
}
