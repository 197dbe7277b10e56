//! How a record and a server's coverage are written down.
//!
//! ```text
//! record   = incarnation:u64le seq:u64le length:u8 name line   sealed (CRC-32C)
//! coverage = *( incarnation:u64le length:u8 name count:u16le *( first:u64le last:u64le ) )   sealed
//! ```

use std::collections::BTreeSet;

use herd_core::Node;
use herd_core::codec::{Origin, open, seal};
use herd_core::record::Record;

/// A client, and its record; `None` where there is none any more.
type Change = (Box<[u8]>, Option<Vec<u8>>);

/// What one commit writes.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) number: u64,
    /// The life that the server is in.
    pub(super) incarnation: u64,
    pub(super) records: Vec<Change>,
    pub(super) coverage: Vec<u8>,
}

/// The records of these clients and what is covered by all that `node` holds.
pub(super) fn commit(number: u64, node: &Node, clients: &BTreeSet<Box<[u8]>>) -> Commit {
    // In the order of the tree: neighbouring pages are written once.
    let records = clients.iter().map(|client| {
        let record = node.store().get(client).map(|record| write_record(node, record));
        (client.clone(), record)
    });
    let records = records.collect();
    let incarnation = node.config().incarnation;
    Commit { number, incarnation, records, coverage: write_coverage(node) }
}

fn write_record(node: &Node, record: &Record) -> Vec<u8> {
    let origin = node.origins().get(record.counted_by());
    let mut bytes = Vec::with_capacity(record.line().len() + origin.name().len() + 21);
    bytes.extend_from_slice(&record.incarnation().to_le_bytes());
    bytes.extend_from_slice(&record.seq().to_le_bytes());
    put_name(&mut bytes, origin.name());
    bytes.extend_from_slice(record.line());
    seal(&mut bytes);
    bytes
}

/// Puts a record back; `None` if it is not what was written.
pub(super) fn restore_record(node: &mut Node, bytes: &[u8]) -> Option<()> {
    let mut rest = open(bytes)?;
    let incarnation = take_number(&mut rest)?;
    let seq = take_number(&mut rest)?;
    let name = take_name(&mut rest)?;
    node.restore_counted(rest, &Origin { name, incarnation }, seq).ok()
}

fn write_coverage(node: &Node) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (_, origin) in node.origins().iter().filter(|(_, origin)| !origin.have().is_empty()) {
        bytes.extend_from_slice(&origin.incarnation().to_le_bytes());
        put_name(&mut bytes, origin.name());
        let spans: Vec<_> = origin.have().spans().collect();
        let count = u16::try_from(spans.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        for (first, last) in spans.into_iter().take(count.into()) {
            bytes.extend_from_slice(&first.to_le_bytes());
            bytes.extend_from_slice(&last.to_le_bytes());
        }
    }
    seal(&mut bytes);
    bytes
}

/// Puts the coverage back; `None` if it is not what was written.
pub(super) fn restore_coverage(node: &mut Node, bytes: &[u8]) -> Option<()> {
    let mut rest = open(bytes)?;
    while !rest.is_empty() {
        let incarnation = take_number(&mut rest)?;
        let name = take_name(&mut rest)?;
        let (count, after) = rest.split_first_chunk()?;
        rest = after;
        for _ in 0..u16::from_le_bytes(*count) {
            let (first, last) = (take_number(&mut rest)?, take_number(&mut rest)?);
            node.restore_have(&Origin { name, incarnation }, first, last);
        }
    }
    Some(())
}

fn put_name(bytes: &mut Vec<u8>, name: &[u8]) {
    // The core bounds names to 64 bytes.
    bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(name);
}

fn take_name<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first()?;
    let (name, after) = after.split_at_checked((*length).into())?;
    *rest = after;
    Some(name)
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*bytes))
}
