//! A server with a client, a neighbour and a classic neighbour that all say anything: it never
//! panics and stays consistent.
#![no_main]

use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::node::Classic;
use herd_core::{
    Config, ConnId, Framer, Input, Instant, Node, Now, Opening, Outbox, Output, Peer, PeerId,
    Style, Wall,
};
use libfuzzer_sys::fuzz_target;

const CONNS: usize = 3;

fuzz_target!(|said: Vec<(u8, Vec<u8>)>| {
    let mut now = Now { mono: Instant(1), wall: Wall(1_700_000_000_000_000_000) };
    let peers = [Peer::new("Ball"), Peer { style: Style::Classic, ..Peer::new("Welsh") }];
    let mut node = Node::new(Arc::new(Config::new("Alford", peers)), now);
    let mut out = Outbox::new();
    let mut framers: [Option<Framer>; CONNS] = [const { None }; CONNS];
    for (what, bytes) in said {
        let index = usize::from(what) % CONNS;
        let conn = ConnId(index as u32);
        now.mono = now.mono.plus(u64::from(what) * 1_000_000);
        out.clear();
        match &mut framers[index] {
            None => {
                let classic = [Classic::No, Classic::One(PeerId(1)), Classic::Several][index];
                node.handle(
                    now,
                    Input::Opened { conn, how: Opening::Accepted { classic } },
                    &mut out,
                );
                framers[index] = Some(Framer::new());
            }
            Some(framer) if what < 250 => {
                let mut over = false;
                framer.feed(&bytes, |unit| {
                    node.handle(now, Input::Heard { conn, unit }, &mut out);
                    // A paused or closed connection is heard no more: the contract.
                    over = matches!(out.outputs().last(), Some(Output::Lookup { .. }));
                    if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                if over {
                    node.handle(now, Input::Closed(conn), &mut out);
                    framers[index] = None;
                }
            }
            Some(_) => {
                node.handle(now, Input::Closed(conn), &mut out);
                framers[index] = None;
            }
        }
        for output in out.outputs().to_vec() {
            if let Output::Hangup(conn) = output
                && let Some(framer) = framers.get_mut(conn.index())
            {
                *framer = None;
            }
        }
        node.handle(now, Input::Wake, &mut out);
        node.check().unwrap();
    }
});
