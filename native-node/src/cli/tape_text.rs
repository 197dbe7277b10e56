//! What stands on tapes, as text.

use herd_core::codec::Frame;
use herd_core::tape::Item;
use herd_core::{ConnId, Event, Input, Opening, Outbox, Output, Unit};
use herd_sim_wasm::text::escape;

/// Bytes of a Places answer that are shown.
const SHOWN: usize = 60;

/// All the words of [`kind_of`].
pub(super) const KINDS: [&str; 11] = [
    "heard", "opened", "closed", "wake", "writable", "places", "dial", "keeping", "config",
    "start", "stopped",
];

/// What an item is, in a word.
pub(super) const fn kind_of(item: &Item<'_>) -> &'static str {
    match item {
        Item::Start { .. } => "start",
        Item::Input(Input::Closed(_)) => "closed",
        Item::Input(Input::DialFailed(_)) => "dial",
        Item::Input(Input::Heard { .. }) => "heard",
        Item::Input(Input::Opened { .. }) | Item::Ends { .. } => "opened",
        Item::Input(Input::Keeping(_)) => "keeping",
        Item::Input(Input::Places { .. }) => "places",
        Item::Input(Input::Wake) => "wake",
        Item::Input(Input::Writable(_)) => "writable",
        Item::Reconfigured(_) => "config",
        Item::Stopped => "stopped",
    }
}

/// An item as a sentence.
pub(super) fn item_text(item: &Item<'_>) -> String {
    match item {
        Item::Start { lost, node, .. } => {
            let config = node.config();
            let lost = match lost {
                0 => String::new(),
                lost => format!("; {lost} things it was told before stand on no tape"),
            };
            let (records, incarnation) = (node.store().len(), config.incarnation);
            format!("{}, incarnation {incarnation}, knows {records} clients{lost}", config.name)
        }
        Item::Input(input) => input_text(input),
        Item::Reconfigured(config) => format!("{} neighbours", config.peers.len()),
        Item::Ends { conn, own, other, .. } => format!("{} {own} and {other}", number(*conn)),
        Item::Stopped => "as it was told to".to_owned(),
    }
}

/// What a node was told.
pub(super) fn input_text(input: &Input<'_>) -> String {
    match *input {
        Input::Closed(conn) | Input::Writable(conn) => number(conn),
        Input::DialFailed(peer) => format!("neighbour {} cannot be reached", peer.0),
        Input::Heard { conn, unit } => format!("{} {}", number(conn), unit_text(unit)),
        Input::Opened { conn, how: Opening::Accepted { .. } } => {
            format!("{} accepted", number(conn))
        }
        Input::Opened { conn, how: Opening::Dialed(peer) } => {
            format!("{} to neighbour {}", number(conn), peer.0)
        }
        Input::Keeping(true) => "records are kept".to_owned(),
        Input::Keeping(false) => "records cannot be kept".to_owned(),
        Input::Places { request, result: Ok(body) } => {
            format!("request {}: {}", request.slot, escape(&body[..body.len().min(SHOWN)]))
        }
        Input::Places { request, result: Err(why) } => format!("request {}: {why}", request.slot),
        Input::Wake => "the deadline has come".to_owned(),
    }
}

/// What a node has put out, a text each.
pub(super) fn output_texts(out: &Outbox) -> Vec<String> {
    out.outputs().iter().map(|output| output_text(output, out)).collect()
}

fn output_text(output: &Output, out: &Outbox) -> String {
    match *output {
        Output::Dial { peer, .. } => format!("→ dial neighbour {}", peer.0),
        Output::Event(Event::Accepted { line, .. }) => event_text("accepted", out.bytes(line)),
        Output::Event(Event::Learned { line, .. }) => event_text("learned", out.bytes(line)),
        Output::Event(Event::Outdated { line, .. }) => event_text("outdated", out.bytes(line)),
        Output::Event(event) => format!("  event {event:?}"),
        Output::Hangup(conn) => format!("→ hang up {}", number(conn)),
        Output::Lookup { request, .. } => format!("→ ask Places, request {}", request.slot),
        Output::Notify(conn) => format!("→ say when all has left {}", number(conn)),
        Output::Pause(conn) => format!("→ pause {}", number(conn)),
        Output::Resume(conn) => format!("→ resume {}", number(conn)),
        Output::Write { conn, bytes } => {
            format!("→ {} {}", number(conn), written_text(out.bytes(bytes)))
        }
    }
}

fn event_text(what: &str, line: &[u8]) -> String {
    format!("  event {what} {}", escape(line))
}

fn number(conn: ConnId) -> String {
    format!("#{}", conn.0)
}

fn unit_text(unit: Unit<'_>) -> String {
    match unit {
        Unit::Line(line) => escape(line),
        Unit::Overlong(start) => format!("{}… (too long)", escape(start)),
        Unit::Garbled => "(no frame)".to_owned(),
        Unit::Frame(frame) => frame_text(frame),
        Unit::Put(put) => {
            let line = put.split(|byte| *byte == b'\n').next().unwrap_or_default();
            format!("{} and {} bytes", escape(line), put.len().saturating_sub(line.len() + 1))
        }
    }
}

fn frame_text(frame: &[u8]) -> String {
    match Frame::parse(frame) {
        Ok(Frame::Push(push)) => format!("push {}", escape(push.update.line)),
        Ok(Frame::Repair(repair)) => {
            let lines = repair.entries.iter().map(|update| escape(update.line));
            format!("repair {}", lines.collect::<Vec<_>>().join(" | "))
        }
        Ok(Frame::Given(entries)) => {
            let lines = entries.iter().map(|update| escape(update.line));
            format!("given {}", lines.collect::<Vec<_>>().join(" | "))
        }
        Ok(Frame::Ranges(_)) => "ranges".to_owned(),
        Ok(Frame::Digest(_)) => "digest".to_owned(),
        Ok(Frame::Graft { .. }) => "graft".to_owned(),
        Ok(Frame::Pull { .. }) => "pull".to_owned(),
        Ok(Frame::Prune(_)) => "prune".to_owned(),
        Ok(Frame::Sync { .. }) => "sync".to_owned(),
        Ok(Frame::Vague(_)) => "vague".to_owned(),
        Ok(Frame::Want(_)) => "want".to_owned(),
        Ok(Frame::Hello(_)) => "hello".to_owned(),
        Ok(Frame::Stale(life)) => format!("stale: life {life} is known"),
        Ok(Frame::Build(build)) => format!("build, epoch {}", build.epoch),
        Ok(Frame::Notice(notice)) => format!("{:?} {}", notice.what, notice.seq).to_lowercase(),
        Err(why) => format!("({why})"),
    }
}

/// What was written: lines, or frames by their size.
fn written_text(bytes: &[u8]) -> String {
    if bytes.starts_with(b"HERD ") || bytes.ends_with(b"\n") {
        return escape(bytes.strip_suffix(b"\n").unwrap_or(bytes));
    }
    format!("({} bytes of frames)", bytes.len())
}
