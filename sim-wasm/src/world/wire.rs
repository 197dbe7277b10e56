//! What the bytes between servers are, as far as the picture and the checks want to know.

use std::sync::Arc;

use herd_core::codec::{At, Frame, Push, Repair, Update, What, Word};

use crate::view::MessageKind;

/// Whether it is said before there are frames: a greeting, or what it is answered.
pub(super) fn is_greeting(bytes: &[u8]) -> bool {
    [&b"HERD "[..], b"? ", b"STALE "].iter().any(|word| bytes.starts_with(word))
}

/// The frame at the beginning of what is sent to a neighbour, without its length, and what follows.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let size = bytes.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
    let length =
        bytes[..size].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    bytes[size..].split_at_checked(length)
}

/// The frame at the beginning of what is sent to a neighbour, without its length.
pub(super) fn first_frame(bytes: &[u8]) -> Option<&[u8]> {
    split_frame(bytes).map(|(frame, _)| frame)
}

/// The frames that are sent to a neighbour at once: one, unless they were gathered.
fn frames(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let is_line = is_greeting(bytes) || bytes.starts_with(b"AT ");
    let mut rest = if is_line { &[] } else { bytes };
    std::iter::from_fn(move || {
        let (frame, more) = split_frame(rest)?;
        rest = more;
        Some(Frame::parse(frame).ok())
    })
    .flatten()
}

/// What a frame is.
const fn kind(frame: &Frame<'_>) -> MessageKind {
    match frame {
        Frame::Push(_) => MessageKind::Update,
        Frame::Repair(_) | Frame::Given(_) => MessageKind::Repair,
        Frame::Digest(_) | Frame::Ranges(_) => MessageKind::Digest,
        Frame::Graft { .. } => MessageKind::Graft,
        Frame::Hello(_) | Frame::Stale(_) => MessageKind::Control,
        Frame::Prune(_) => MessageKind::Prune,
        Frame::Pull { .. } | Frame::Sync { .. } | Frame::Vague(_) => MessageKind::Pull,
        Frame::Build(_) | Frame::Want(_) => MessageKind::Want,
        Frame::Notice(notice) => match notice.what {
            Word::Ack | Word::Have => MessageKind::Digest,
            Word::Graft => MessageKind::Graft,
            Word::Prune => MessageKind::Prune,
        },
    }
}

/// What is sent to a neighbour: live updates if there are any in it, then repair, then the rest.
pub(super) fn kind_of(bytes: &[u8], classic: bool) -> MessageKind {
    if classic {
        return MessageKind::Classic;
    }
    let mut whole = MessageKind::Control;
    for frame in frames(bytes) {
        match (whole, kind(&frame)) {
            (_, MessageKind::Update) => return MessageKind::Update,
            (MessageKind::Repair, _) => {}
            (MessageKind::Control, other) | (_, other @ MessageKind::Repair) => whole = other,
            (_, _) => {}
        }
    }
    whole
}

/// The record that a message between servers is about, the first if there are several.
pub(super) fn subject(bytes: &[u8]) -> Option<At<'_>> {
    subjects(bytes).next().map(|(_, at)| at)
}

/// The records that a message between servers is about, the first of each repair only, and what
/// each is told as.
pub(super) fn subjects(bytes: &[u8]) -> impl Iterator<Item = (MessageKind, At<'_>)> {
    let line = bytes.strip_suffix(b"\n").filter(|line| line.starts_with(b"AT "));
    let line = line.and_then(|line| At::canonical(line).ok());
    let line = line.map(|at| (MessageKind::Classic, at));
    line.into_iter().chain(updates(bytes).map(|(repair, update)| {
        (if repair { MessageKind::Repair } else { MessageKind::Update }, update.at)
    }))
}

/// The update that a neighbour is told first, and whether as repair.
pub(super) fn pushed(bytes: &[u8]) -> Option<(bool, Update<'_>)> {
    updates(bytes).next()
}

/// The live updates in it.
pub(super) fn pushes(bytes: &[u8]) -> impl Iterator<Item = Push<'_>> {
    frames(bytes).filter_map(|frame| if let Frame::Push(push) = frame { Some(push) } else { None })
}

fn updates(bytes: &[u8]) -> impl Iterator<Item = (bool, Update<'_>)> {
    frames(bytes).filter_map(|frame| match frame {
        Frame::Push(push) => Some((false, push.update)),
        Frame::Repair(repair) => Some((true, repair.entries.iter().next()?)),
        Frame::Given(entries) => Some((true, entries.iter().next()?)),
        Frame::Build(_)
        | Frame::Digest(_)
        | Frame::Notice(_)
        | Frame::Graft { .. }
        | Frame::Hello(_)
        | Frame::Prune(_)
        | Frame::Pull { .. }
        | Frame::Ranges(_)
        | Frame::Stale(_)
        | Frame::Sync { .. }
        | Frame::Vague(_)
        | Frame::Want(_) => None,
    })
}

/// How many records are sent as repair.
pub(super) fn repaired(bytes: &[u8]) -> usize {
    let records = |frame: Frame<'_>| {
        if let Frame::Repair(Repair { entries, .. }) | Frame::Given(entries) = frame {
            entries.iter().count()
        } else {
            0
        }
    };
    frames(bytes).map(records).sum()
}

/// The same with the first digit of its record's latitude changed.
pub(super) fn garbled(bytes: &Arc<[u8]>) -> Arc<[u8]> {
    let mut bytes = Arc::clone(bytes);
    let place = subject(&bytes).and_then(|at| match at.what {
        What::Place(place) => Some(place.text),
        What::Data(_) => None,
    });
    let start =
        place.and_then(|place| bytes.windows(place.len()).position(|window| window == place));
    if let Some(start) = start
        && let Some(digit) = Arc::make_mut(&mut bytes).get_mut(start + 1)
    {
        *digit = if *digit == b'0' { b'1' } else { b'0' };
    }
    bytes
}
