//! What is done with any bytes: by the fuzz targets with what they make up, by the ordinary tests with the
//! corpus. (The fuzz targets include this file, so it knows nothing else of `tests/`.)

use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::codec::{At, Frame, What, parse, places};
use herd_core::limits::{FRAME_MAX, LINE_MAX};
use herd_core::node::Classic;
use herd_core::tape::{MAGIC, Player, Reader, VERSION};
use herd_core::{
    Config, ConnId, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Peer, PeerId,
    Preset, Style, Unit, Wall,
};
use herd_sim_wasm::{Command, History, Link, Script, Tapes};

/// Connections to the fuzzed server: a client, a neighbour, a classic neighbour.
const CONNS: usize = 3;

/// As a line, a frame, a record and a Places answer: never a panic, and what is read as a record is its
/// own text.
///
/// # Panics
/// If that is not so.
pub fn codec(bytes: &[u8]) {
    let _ = parse(bytes);
    let _ = Frame::parse(bytes);
    if let Ok(at) = At::canonical(bytes) {
        let text = match at.what {
            What::Place(place) => {
                let fields = [b"AT", at.server, at.skew, at.client, place.text, at.stamp_text];
                fields.join(&b' ')
            }
            What::Data(data) => {
                let (before, key) = ([b"DATA", at.server, at.skew].join(&b' '), at.client);
                let after = [&b""[..], at.stamp_text, b""].join(&b' ');
                let length = &At::head_of(bytes)[before.len() + key.len() + after.len()..];
                [&before, key, &after, length, b"\n", data].concat()
            }
        };
        assert_eq!(text, bytes);
        assert_eq!(At::client_of(bytes), Some(at.client));
    }
    let mut out = Vec::new();
    if places::put_first_results(&mut out, bytes, 3).is_ok() {
        // What was cut is still a Places answer, and cutting it again changes nothing.
        let mut again = Vec::new();
        assert!(places::put_first_results(&mut again, &out, 3).is_ok());
        assert_eq!(again, out);
    }
}

/// In any pieces: the same units as in one piece, and never more held than one unit. The first bytes are
/// the sizes of the pieces, up to a zero.
///
/// # Panics
/// If that is not so.
pub fn framer(bytes: &[u8]) {
    let end = bytes.iter().position(|size| *size == 0).unwrap_or(bytes.len());
    let (sizes, stream) = bytes.split_at(end);
    let stream = stream.get(1..).unwrap_or_default();
    let mut pieces = Vec::new();
    let mut rest = stream;
    for size in sizes {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(*size)));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    assert_eq!(units(&pieces), units(&[stream]));
}

fn units(pieces: &[&[u8]]) -> Vec<String> {
    let mut units = Vec::new();
    let mut framer = Framer::new();
    let mut each = |unit: Unit<'_>| {
        units.push(format!("{unit:?}"));
        ControlFlow::Continue(())
    };
    for piece in pieces {
        framer.feed(piece, &mut each);
        assert!(framer.holds() <= LINE_MAX.max(FRAME_MAX) + 4);
    }
    framer.finish(&mut each);
    units
}

/// A server with a client, a neighbour and a classic neighbour that all say anything: it never panics and
/// stays consistent. The first byte picks its preset; after it, each thing said is a byte that says by
/// whom and how much later, how many bytes it is, and those.
///
/// # Panics
/// If that is not so.
pub fn node(bytes: &[u8]) {
    let mut now = Now { mono: Instant(1), wall: Wall(1_700_000_000_000_000_000) };
    let Some((preset, mut rest)) = bytes.split_first() else { return };
    let peers = [Peer::new("Ball"), Peer { style: Style::Classic, ..Peer::new("Welsh") }];
    let preset = Preset::ALL[usize::from(*preset) % Preset::ALL.len()];
    let root = (preset == Preset::GroveBatch).then(|| "Ball".into());
    let config = Config { preset, root, ..Config::new("Alford", peers) };
    let mut node = Node::new(Arc::new(config), now);
    let mut out = Outbox::new();
    let mut framers: [Option<Framer>; CONNS] = [const { None }; CONNS];
    while let [what, size, after @ ..] = rest {
        let (said, after) = after.split_at(after.len().min(usize::from(*size)));
        rest = after;
        now.mono = now.mono.plus(u64::from(*what) * 1_000_000);
        out.clear();
        let index = usize::from(*what) % CONNS;
        hear(&mut node, now, &mut framers[index], index, *what < 250, said, &mut out);
        for output in out.outputs().to_vec() {
            if let Output::Hangup(conn) = output
                && let Some(framer) = framers.get_mut(conn.index())
            {
                *framer = None;
            }
        }
        node.handle(now, Input::Wake, &mut out);
        node.check().expect("a consistent server");
    }
}

/// Opens a connection if there is none, and says something on it or (if not `says`) ends it.
fn hear(
    node: &mut Node,
    now: Now,
    framer: &mut Option<Framer>,
    index: usize,
    says: bool,
    said: &[u8],
    out: &mut Outbox,
) {
    let conn = ConnId(u32::try_from(index).expect("few"));
    if framer.is_none() {
        let classic = [Classic::No, Classic::One(PeerId(1)), Classic::Several][index];
        let how = Opening::Accepted { classic };
        node.handle(now, Input::Opened { conn, how }, out);
        *framer = Some(Framer::new());
    }
    let mut over = !says;
    if let Some(framer) = framer.as_mut().filter(|_| says) {
        framer.feed(said, |unit| {
            node.handle(now, Input::Heard { conn, unit }, out);
            // A paused or closed connection is heard no more: the contract.
            let stops = |output: &Output| {
                matches!(output, Output::Pause(of) | Output::Hangup(of) if *of == conn)
            };
            over = out.outputs().iter().any(stops);
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }
    if over {
        let hung_up = |output: &Output| matches!(output, Output::Hangup(of) if *of == conn);
        if !out.outputs().iter().any(hung_up) {
            node.handle(now, Input::Closed(conn), out);
        }
        *framer = None;
    }
}

/// As a script and as a link: never a panic, and what is read is written and read as the same again.
///
/// # Panics
/// If that is not so.
pub fn script(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Thousands of servers are fine and take their time: there are other things to find.
    let large = |word: &str| word.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() > 2);
    if text.split_ascii_whitespace().any(|word| word.contains("topology=") && large(word)) {
        return;
    }
    if let Ok(script) = text.parse::<Script>() {
        assert_eq!(script.to_string().parse::<Script>().as_ref(), Ok(&script));
        let link = Link::new(script, Some(1));
        assert_eq!(Link::parse(&link.to_string()), Ok(link));
    }
    let _ = Link::parse(text);
}

/// As the items of a tape: never a panic, neither when it is played alone nor when a run begins with it
/// and goes on in simulation.
///
/// # Panics
/// If that is not so.
pub fn tape(items: &[u8]) {
    let check = xxhash_rust::xxh3::xxh3_64(items).to_le_bytes();
    let length = u32::try_from(items.len()).expect("short").to_le_bytes();
    let tape = [MAGIC.as_slice(), &[VERSION, 0, 0, 0, 0], &length, &check[..4], items].concat();
    let mut player = Player::new(Reader::new(&tape).expect("its head is right"));
    while let Some(Ok(_)) = player.play() {}
    let Ok(tapes) = Tapes::merge(&[("A".to_owned(), tape)]) else { return };
    let end = tapes.end();
    let Ok(mut script) = Script::of_tapes(tapes) else { return };
    script.add(end, Command::Continue).expect("tapes end where a run may still go on");
    let mut run = History::new(script);
    run.seek(end.saturating_add(1_000_000_000));
}
