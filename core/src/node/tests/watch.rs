//! Watchers: what they are told, and what it takes to tell the slow ones.

use super::*;

/// The update of that client at that second, of a neighbour's client, and what a watcher hears.
fn update(seq: u8, client: &str, second: u32) -> (Vec<u8>, String) {
    let line = alloc::format!("AT Ball +0.1 {client} +1-1 17000000{second:02}");
    (push(seq, &line), alloc::format!("{line}\\n"))
}

fn iamat(story: &mut Story, conn: u32, client: &str, stamp: u32) -> Vec<String> {
    story.line(conn, &alloc::format!("IAMAT {client} +1-1 {stamp}"))
}

/// What is written to a connection, of what the node wants done.
fn told(done: &[String], conn: u32) -> Vec<&str> {
    let to = alloc::format!("{conn} <- ");
    done.iter().filter_map(|deed| deed.strip_prefix(&to)).collect()
}

fn notified(done: &[String], conn: u32) -> bool {
    done.contains(&alloc::format!("notify {conn}"))
}

#[test]
fn updates_of_clients_and_of_neighbours_are_told_once() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    assert_eq!(story.open(2).line(2, "WATCH"), ["2 <- WATCHING all\\n"]);
    let (frame, line) = update(1, "kiwi", 1);
    assert_eq!(told(&story.frame(1, &frame), 2), [&line]);
    assert!(told(&story.frame(1, &frame), 2).is_empty(), "it is no news");
    story.open(3);
    let done = iamat(&mut story, 3, "plum", 1_700_000_000);
    assert_eq!(told(&done, 2), ["AT Hamilton +0.000000000 plum +1-1 1700000000\\n"]);
    assert_eq!(told(&done, 3), told(&done, 2), "the client is answered the same, once");
    assert!(told(&iamat(&mut story, 3, "plum", 5), 2).is_empty(), "outdated is no news");
    story.on(Input::Closed(ConnId(2)));
    assert!(told(&iamat(&mut story, 3, "plum", 1_700_000_001), 2).is_empty());
    assert_eq!(story.node.watchers(), 0);
}

#[test]
fn of_some_clients_what_is_held_comes_first() {
    let mut story = Story::with([]);
    story.open(1).open(2);
    iamat(&mut story, 1, "kiwi", 1_700_000_000);
    iamat(&mut story, 1, "plum", 1_700_000_000);
    let held =
        |client: &str| alloc::format!("2 <- AT Hamilton +0.000000000 {client} +1-1 1700000000\\n");
    let done = story.line(2, "WATCH plum fig plum kiwi");
    assert_eq!(done, ["2 <- WATCHING 3\\n".into(), held("kiwi"), held("plum")]);
    assert_eq!(told(&iamat(&mut story, 1, "fig", 1_700_000_000), 2).len(), 1);
    assert!(told(&iamat(&mut story, 1, "date", 1_700_000_000), 2).is_empty());
    // Said again, it changes what is watched.
    assert_eq!(story.line(2, "WATCH date").len(), 2);
    assert!(told(&iamat(&mut story, 1, "fig", 1_700_000_001), 2).is_empty());
    assert_eq!(story.line(2, "WATCH"), ["2 <- WATCHING all\\n"]);
    assert_eq!(told(&iamat(&mut story, 1, "fig", 1_700_000_002), 2).len(), 1);
    assert_eq!(story.node.watchers(), 1);
}

#[test]
fn nothing_else_is_said_where_updates_are_watched() {
    let mut story = Story::with([]);
    story.open(1).line(1, "WATCH kiwi");
    for line in ["IAMAT kiwi +1-1 1700000000", "WHATSAT kiwi 1 1", "AT A +1 kiwi +1-1 1", "FOO"] {
        assert_eq!(story.line(1, line), [alloc::format!("1 <- ? {line}\\n")]);
    }
    assert!(story.node.store().is_empty());
    assert_eq!(story.line(1, " "), [""; 0]);
}

#[test]
fn a_connection_watches_so_many_clients_and_a_server_has_so_many_watchers() {
    let mut story = Story::with([]);
    let list = |count: usize| {
        (0..count).fold(String::from("WATCH"), |list, n| alloc::format!("{list} c{n}"))
    };
    story.open(0);
    let done = story.line(0, &list(limits::WATCHED_MAX));
    assert_eq!(done, [alloc::format!("0 <- WATCHING {}\\n", limits::WATCHED_MAX)]);
    let line = list(limits::WATCHED_MAX + 1);
    assert_eq!(story.line(0, &line), [alloc::format!("0 <- ? {line}\\n")]);
    for conn in 1..u32::try_from(limits::WATCHERS_MAX).unwrap() {
        story.out.clear();
        let how = Opening::Accepted { classic: Classic::No };
        story.node.handle(story.now, Input::Opened { conn: ConnId(conn), how }, &mut story.out);
        let unit = Unit::Line(b"WATCH");
        story.node.handle(story.now, Input::Heard { conn: ConnId(conn), unit }, &mut story.out);
    }
    assert_eq!(story.node.watchers(), limits::WATCHERS_MAX);
    assert_eq!(story.open(9999).line(9999, "WATCH"), ["9999 <- ? WATCH\\n"]);
    assert_eq!(story.line(0, "WATCH"), ["0 <- WATCHING all\\n"], "it is a watcher already");
    story.on(Input::Closed(ConnId(0)));
    assert_eq!(story.line(9999, "WATCH"), ["9999 <- WATCHING all\\n"]);
}

/// A client tells of itself, of others and of itself again until the watchers have to wait.
fn until_notified(story: &mut Story, watcher: u32) -> u32 {
    for stamp in 0..100_000 {
        let done = iamat(story, 1, &"k".repeat(1000), 1_700_000_000 + stamp);
        if notified(&done, watcher) {
            assert_eq!(told(&done, watcher).len(), 1, "what fills the window is told");
            return stamp;
        }
    }
    panic!("it is never asked to take anything");
}

#[test]
fn who_is_slow_hears_the_newest_of_each_client() {
    let mut story = Story::with([]);
    story.open(1).open(2).open(3).line(2, "WATCH");
    story.line(3, &alloc::format!("WATCH {}", "k".repeat(1000)));
    let last = until_notified(&mut story, 2);
    let each = 1000 + "AT Hamilton +0.000000000  +1-1 1700000000\n".len();
    assert_eq!(last as usize, limits::WATCH_WINDOW / each, "the window says when");
    // Both have to take what they were told; meanwhile much changes, some of it often.
    for stamp in last + 1..last + 50 {
        for client in ["kiwi", "plum", &"k".repeat(1000)] {
            let done = iamat(&mut story, 1, client, 1_700_000_000 + stamp);
            assert!(told(&done, 2).is_empty() && told(&done, 3).is_empty());
        }
    }
    let done = story.on(Input::Writable(ConnId(2)));
    let newest = alloc::format!(" {}\\n", 1_700_000_000 + last + 49);
    assert_eq!(told(&done, 2).len(), 3, "one each: {done:?}");
    assert!(told(&done, 2).iter().all(|line| line.ends_with(&newest)), "{done:?}");
    assert!(told(&done, 2)[0].contains(" kiwi "), "in the order of the changes");
    let done = story.on(Input::Writable(ConnId(3)));
    assert_eq!(told(&done, 3).len(), 1, "only its client: {done:?}");
    // They keep up again.
    let done = iamat(&mut story, 1, &"k".repeat(1000), 1_800_000_000 - 99_950_000);
    assert_eq!((told(&done, 2).len(), told(&done, 3).len()), (1, 1));
}

#[test]
fn who_is_far_behind_is_told_a_slice_at_a_time() {
    let mut story = Story::with([]);
    story.open(1).open(2).open(3).line(2, "WATCH");
    let names: Vec<String> = (0..100).map(|n| alloc::format!("{}{n}", "c".repeat(1000))).collect();
    until_notified(&mut story, 2);
    for name in &names {
        iamat(&mut story, 1, name, 1_700_000_000);
    }
    let mut heard = 0;
    loop {
        let done = story.on(Input::Writable(ConnId(2)));
        let bytes: usize = told(&done, 2).iter().map(|line| line.len()).sum();
        assert!(bytes < limits::WATCH_SLICE + 2000, "{bytes}");
        heard += told(&done, 2).len();
        if !notified(&done, 2) {
            break;
        }
    }
    assert_eq!(heard, names.len());
    // A slow watcher that leaves takes with it what is remembered for it.
    until_notified(&mut story, 2);
    story.on(Input::Closed(ConnId(2)));
    // The same for one that watches many, from the beginning.
    let line = alloc::format!("WATCH {}", (0..7).map(|n| &*names[n]).collect::<Vec<_>>().join(" "));
    story.line(3, &line);
    let short: Vec<String> = (0..200).map(|n| alloc::format!("d{n}")).collect();
    for name in &short {
        iamat(&mut story, 1, name, 1_700_000_000);
    }
    assert_eq!(told(&story.line(3, &alloc::format!("WATCH {}", short.join(" "))), 3).len(), 201);
}

#[test]
fn watching_follows_a_node_that_is_cloned() {
    let mut story = Story::with([]);
    story.open(1).open(2).line(2, "WATCH");
    until_notified(&mut story, 2);
    iamat(&mut story, 1, "kiwi", 1_700_000_000);
    let mut other = Story { node: story.node.clone(), out: Outbox::new(), now: story.now };
    assert_eq!(other.node, story.node);
    let done = other.on(Input::Writable(ConnId(2)));
    assert_eq!(done, story.on(Input::Writable(ConnId(2))));
    assert_eq!(told(&done, 2).len(), 1);
}
