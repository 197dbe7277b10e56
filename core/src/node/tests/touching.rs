//! What will be needed is read before: the records of the clients that the next units are about.

use super::*;
use crate::node::touch::MANY;

/// A node that holds so many records, of clients `c0`, `c1`, …
fn holding(records: usize) -> Story {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    story.open(3);
    let Story { node, out, now } = &mut story;
    for number in 0..records {
        let line = alloc::format!("IAMAT c{number} +34.0-118.0 1699999999.5");
        let unit = Unit::Line(line.as_bytes());
        node.handle(*now, Input::Heard { conn: ConnId(3), unit }, out);
        out.clear();
    }
    story
}

#[test]
fn records_are_found_by_what_lines_and_frames_are_about() {
    let story = holding(MANY);
    let read = |client: &[u8]| {
        let record = story.node.store().get(client).expect("it is held");
        record.print() ^ u64::from(*record.line().last().expect("a line"))
    };
    let pushed = push(1, "AT Ball +0.1 c7 +34.0-118.0 1700000000");
    let units = [
        Unit::Line(b"IAMAT c5 +34.0-118.0 1700000000"),
        Unit::Frame(&pushed),
        Unit::Line(b"WHATSAT c9 10 5"),
        Unit::Line(b"IAMAT nobody +34.0-118.0 1700000000"),
        Unit::Garbled,
    ];
    let touched = story.node.touch_clients(&mut units.into_iter());
    assert_eq!(touched, read(b"c5") ^ read(b"c7"));
}

#[test]
fn so_many_are_looked_at_together_and_none_where_there_are_few() {
    for (records, taken) in [(MANY - 1, 0), (MANY, TOGETHER)] {
        let story = holding(records);
        let mut units = core::iter::repeat_n(Unit::Line(b"IAMAT c5 +1-1 1"), 3 * TOGETHER);
        let _ = story.node.touch_clients(&mut units);
        assert_eq!(units.len(), 3 * TOGETHER - taken, "{records} records");
    }
}
