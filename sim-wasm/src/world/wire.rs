//! What the bytes between servers are, as far as the picture and the checks want to know.

use std::sync::Arc;

use herd_core::codec::{At, Frame, Update};

use crate::view::MessageKind;

/// The frame at the beginning of what is sent to a neighbour, without its length.
pub(super) fn first_frame(bytes: &[u8]) -> Option<&[u8]> {
    let size = bytes.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
    let length =
        bytes[..size].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    bytes[size..].get(..length)
}

/// What is sent to a neighbour, by its first bytes.
pub(super) fn kind_of(bytes: &[u8], classic: bool) -> MessageKind {
    if classic {
        return MessageKind::Classic;
    }
    if bytes.starts_with(b"HERD ") || bytes.starts_with(b"? ") {
        return MessageKind::Control;
    }
    match first_frame(bytes).and_then(|frame| Frame::parse(frame).ok()) {
        Some(Frame::Push(_)) => MessageKind::Update,
        Some(Frame::Repair(_)) => MessageKind::Repair,
        Some(Frame::Digest(_)) => MessageKind::Digest,
        Some(Frame::Graft { .. }) => MessageKind::Graft,
        Some(Frame::Prune(_)) => MessageKind::Prune,
        Some(Frame::Pull { .. } | Frame::Sync { .. } | Frame::Vague(_)) => MessageKind::Pull,
        Some(Frame::Want(_)) => MessageKind::Want,
        None => MessageKind::Control,
    }
}

/// The record that a message between servers is about, the first if there are several.
pub(super) fn subject(bytes: &[u8]) -> Option<At<'_>> {
    if let Some(line) = bytes.strip_suffix(b"\n").filter(|line| line.starts_with(b"AT ")) {
        return At::canonical(line).ok();
    }
    pushed(bytes).map(|(_, update)| update.at)
}

/// The update that a neighbour is told first, and whether as repair.
pub(super) fn pushed(bytes: &[u8]) -> Option<(bool, Update<'_>)> {
    match Frame::parse(first_frame(bytes)?).ok()? {
        Frame::Push(push) => Some((false, push.update)),
        Frame::Repair(repair) => Some((true, repair.entries.iter().next()?)),
        Frame::Digest(_)
        | Frame::Graft { .. }
        | Frame::Prune(_)
        | Frame::Pull { .. }
        | Frame::Sync { .. }
        | Frame::Vague(_)
        | Frame::Want(_) => None,
    }
}

/// How many records are sent as repair.
pub(super) fn repaired(bytes: &[u8]) -> usize {
    match first_frame(bytes).and_then(|frame| Frame::parse(frame).ok()) {
        Some(Frame::Repair(repair)) => repair.entries.iter().count(),
        Some(
            Frame::Push(_)
            | Frame::Digest(_)
            | Frame::Graft { .. }
            | Frame::Prune(_)
            | Frame::Pull { .. }
            | Frame::Sync { .. }
            | Frame::Vague(_)
            | Frame::Want(_),
        )
        | None => 0,
    }
}

/// Changes the first digit of a record's latitude.
pub(super) fn garble(bytes: &mut Arc<[u8]>) {
    let Some(at) = subject(bytes) else { return };
    let place = at.place.text;
    let start = bytes.windows(place.len()).position(|window| window == place);
    let Some(start) = start else { return };
    if let Some(digit) = Arc::make_mut(bytes).get_mut(start + 1) {
        *digit = if *digit == b'0' { b'1' } else { b'0' };
    }
}
