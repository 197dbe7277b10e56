//! Frames as they are written; `frame` says what they are.

use alloc::vec::Vec;

use super::frame::{
    ACKED, ASKS, BUILD, Build, COMPLETE, DIGEST, FLOORED, GIVEN, GRAFT, GROWN, HELLO, Hello, LAST,
    NOTICE, Notice, Origin, PRUNE, PULL, PUSH, PushHead, REBUILD, REPAIR, Repair, STALE, SYNC,
    URGENT, VAGUE, WANT,
};
use super::parse::At;
use crate::floor::Floor;
pub(super) use crate::form::put_number as put_varint;

/// Appends a whole push frame.
pub(crate) fn put_push(out: &mut Vec<u8>, head: &PushHead<'_>, line: &[u8]) {
    let PushHead { origin, seq, epoch, hops, rebuild, acked } = *head;
    if epoch == 0 && !rebuild && !acked && At::server_of(line) == Some(origin.name) {
        let size = 1 + varint_size(seq) + varint_size(origin.incarnation) + line.len();
        put_varint(out, size as u64);
        out.push(PUSH);
        put_varint(out, seq);
        put_varint(out, origin.incarnation);
        out.extend_from_slice(line);
    } else {
        let size = 2 + varint_size(epoch) + varint_size(hops) + update_size(&origin, seq, line);
        put_varint(out, size as u64);
        out.push(GROWN);
        out.push(if rebuild { REBUILD } else { 0 } | if acked { ACKED } else { 0 });
        put_varint(out, epoch);
        put_varint(out, hops);
        put_update(out, &origin, seq, line);
    }
}

/// Appends a whole repair frame.
pub(crate) fn put_repair(out: &mut Vec<u8>, repair: &Repair<'_>) {
    let Repair { answer, chunk, last, complete, entries, covers } = *repair;
    put_frame(out, |out| {
        out.push(REPAIR);
        out.push(if last { LAST } else { 0 } | if complete { COMPLETE } else { 0 });
        put_varint(out, answer);
        put_varint(out, chunk);
        put_varint(out, entries.bytes().len() as u64);
        out.extend_from_slice(entries.bytes());
        out.extend_from_slice(covers.bytes());
    });
}

/// Appends a whole digest frame; `known` appends what is had.
pub(crate) fn put_digest(
    out: &mut Vec<u8>,
    (urgent, asks): (bool, bool),
    (mine, yours): (u64, u64),
    (print, floor): (u64, Floor),
    known: impl FnOnce(&mut Vec<u8>),
) {
    put_frame(out, |out| {
        let floored = floor != Floor::BOTTOM;
        let flags = [(urgent, URGENT), (asks, ASKS), (floored, FLOORED)];
        out.push(DIGEST);
        out.push(flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag));
        for word in [mine, yours, print] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        if floored {
            put_floor(out, floor);
        }
        known(out);
    });
}

/// Appends a whole pull frame (or graft); `known` appends what is had.
pub(crate) fn put_pull(
    out: &mut Vec<u8>,
    graft: bool,
    answer: u64,
    known: impl FnOnce(&mut Vec<u8>),
) {
    put_frame(out, |out| {
        out.push(if graft { GRAFT } else { PULL });
        put_varint(out, answer);
        known(out);
    });
}

/// Appends a whole sync frame; `known` appends all that is had.
pub(crate) fn put_sync(out: &mut Vec<u8>, answer: u64, known: impl FnOnce(&mut Vec<u8>)) {
    put_frame(out, |out| {
        out.push(SYNC);
        put_varint(out, answer);
        known(out);
    });
}

/// Appends a whole vague frame.
pub(crate) fn put_vague(out: &mut Vec<u8>, answer: u64) {
    put_frame(out, |out| {
        out.push(VAGUE);
        put_varint(out, answer);
    });
}

/// Appends a whole prune frame (or want); `epochs` appends the trees.
pub(crate) fn put_epochs(out: &mut Vec<u8>, want: bool, epochs: impl FnOnce(&mut Vec<u8>)) {
    put_frame(out, |out| {
        out.push(if want { WANT } else { PRUNE });
        epochs(out);
    });
}

/// Appends a whole build frame.
pub(crate) fn put_build(out: &mut Vec<u8>, build: &Build<'_>) {
    put_frame(out, |out| {
        out.push(BUILD);
        put_varint(out, build.epoch);
        put_varint(out, build.hops);
        put_origin(out, &build.root);
    });
}

/// Appends a whole notice frame.
pub(crate) fn put_notice(out: &mut Vec<u8>, notice: &Notice<'_>) {
    put_frame(out, |out| {
        out.push(NOTICE);
        put_varint(out, notice.what as u64);
        put_origin(out, &notice.origin);
        put_varint(out, notice.seq);
    });
}

/// Appends a whole hello frame.
pub(crate) fn put_hello(out: &mut Vec<u8>, hello: &Hello) {
    put_frame(out, |out| {
        out.push(HELLO);
        out.extend_from_slice(&hello.wall.0.to_le_bytes());
        put_floor(out, hello.floor);
    });
}

/// Appends a whole stale frame.
pub(crate) fn put_stale(out: &mut Vec<u8>, incarnation: u64) {
    put_frame(out, |out| {
        out.push(STALE);
        put_varint(out, incarnation);
    });
}

/// Appends a whole given frame of entries as [`put_entry`] has written them.
pub(crate) fn put_given(out: &mut Vec<u8>, entries: &[u8]) {
    put_frame(out, |out| {
        out.push(GIVEN);
        out.extend_from_slice(entries);
    });
}

fn put_floor(out: &mut Vec<u8>, floor: Floor) {
    out.extend_from_slice(&floor.stamp.0.to_le_bytes());
    out.extend_from_slice(&floor.tie.to_le_bytes());
}

/// Appends an entry of a repair frame.
pub(crate) fn put_entry(out: &mut Vec<u8>, origin: &Origin<'_>, seq: u64, line: &[u8]) {
    put_varint(out, update_size(origin, seq, line) as u64);
    put_update(out, origin, seq, line);
}

const fn update_size(origin: &Origin<'_>, seq: u64, line: &[u8]) -> usize {
    let name = varint_size(origin.name.len() as u64) + origin.name.len();
    name + varint_size(origin.incarnation) + varint_size(seq) + line.len()
}

fn put_update(out: &mut Vec<u8>, origin: &Origin<'_>, seq: u64, line: &[u8]) {
    put_origin(out, origin);
    put_varint(out, seq);
    out.extend_from_slice(line);
}

pub(super) fn put_origin(out: &mut Vec<u8>, origin: &Origin<'_>) {
    put_varint(out, origin.name.len() as u64);
    out.extend_from_slice(origin.name);
    put_varint(out, origin.incarnation);
}

/// Appends what `fill` appends, and its length before it.
pub(super) fn put_frame(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    fill(out);
    let mut length = Vec::with_capacity(4);
    put_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
}

const fn varint_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros()).div_ceil(7) as usize
}
