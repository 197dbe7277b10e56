//! The feed by itself: how much is noted, the same on all servers, and nothing is waited for.

use std::sync::Arc;

use herd_core::time::{Instant, MILLISECOND};
use herd_core::{Config, ConnId, Input, Node, Now, Outbox, Output, Unit, Wall};

use super::sample::{Sampler, draw};
use super::{Feed, NOTES_MAX, What};

const WINDOW: u64 = 100 * MILLISECOND;

#[test]
fn few_are_all_noted_and_of_many_a_share() {
    let mut sampler = Sampler::new(32);
    let mut time = 0;
    let mut second = |rate: u64| {
        let before = sampler.counted();
        for n in 0..rate {
            let at = Instant(time + n * 10 * WINDOW / rate);
            sampler.keeps(at, draw(&(time + n).to_le_bytes()));
        }
        time += 10 * WINDOW;
        let now = sampler.counted();
        (now.0 - before.0, now.1 - before.1)
    };
    assert_eq!(second(100), (100, 100));
    for _ in 0..5 {
        let (seen, kept) = second(100_000);
        assert_eq!(seen, 100_000);
        assert!((20..=320).contains(&kept), "{kept}");
    }
    // It was busy until now: in the window after that, too little is noted.
    second(100);
    assert_eq!(second(100), (100, 100));
}

#[test]
fn what_a_busier_server_notes_the_others_note_too() {
    let (mut busy, mut quiet) = (Sampler::new(64), Sampler::new(64));
    let mut noted = 0;
    for window in 0..50 {
        let at = Instant(window * WINDOW);
        for n in 0..1000_u64 {
            let drawn = draw(format!("AT Alford +0.1 k{n} +1+1 {window}").as_bytes());
            let both = n % 8 == 0;
            let kept = (busy.keeps(at, drawn), both && quiet.keeps(at, drawn));
            if window > 0 && both && kept.0 {
                assert!(kept.1, "it is noted where more is seen");
                noted += 1;
            }
        }
    }
    assert!(noted > 100, "{noted}");
}

/// What a server of two says to a line of a client, as `feed` notes it.
fn hear(feed: &Feed, node: &mut Node, line: &str) {
    let now = Now { mono: Instant(0), wall: Wall(5) };
    let mut out = Outbox::new();
    let unit = Unit::Line(line.as_bytes());
    node.handle(now, Input::Heard { conn: ConnId(0), unit }, &mut out);
    for output in out.outputs() {
        if let Output::Event(event) = output {
            feed.event(now, event, &out);
        }
    }
}

#[test]
fn who_reads_late_is_told_the_newest_and_how_much_it_missed() {
    let feed = Arc::new(Feed::among(1));
    let now = Now { mono: Instant(0), wall: Wall(5) };
    let mut node = Node::new(Arc::new(Config::new("Alford", [])), now);
    let mut out = Outbox::new();
    let how = herd_core::Opening::Accepted { classic: herd_core::node::Classic::No };
    node.handle(now, Input::Opened { conn: ConnId(0), how }, &mut out);

    hear(&feed, &mut node, "IAMAT kiwi +1+1 1");
    let mut watch = feed.watch();
    assert_eq!(watch.take().news, (0, 0), "nobody watched");
    hear(&feed, &mut node, "IAMAT kiwi +1+1 2");
    hear(&feed, &mut node, "WHO IS THERE");
    let told = watch.take();
    assert_eq!((told.notes.len(), told.missed, told.news), (1, 0, (1, 1)));
    assert_eq!(told.notes[0].at, Wall(5));
    let What::Taken(line) = &told.notes[0].what else { panic!("{told:?}") };
    assert!(line.ends_with(b" kiwi +1+1 2"), "{line:?}");
    assert!(watch.take().notes.is_empty());

    // Links that go up and down are all noted; the ring forgets.
    for _ in 0..NOTES_MAX + 7 {
        feed.lock().add(now, What::Up(herd_core::PeerId(0)));
    }
    let told = watch.take();
    assert_eq!((told.notes.len(), told.missed), (NOTES_MAX, 7));
    drop(watch);
    hear(&feed, &mut node, "IAMAT kiwi +1+1 3");
    assert_eq!(feed.lock().news.seen(), 1, "nobody watches any more");
}
