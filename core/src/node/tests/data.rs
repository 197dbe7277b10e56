//! Data: kept beside locations, told as they are, and given to whoever asks.

use super::*;
use crate::codec::ParseError;

fn put(story: &mut Story, conn: u32, said: &[u8]) -> Vec<String> {
    story.on(Input::Heard { conn: ConnId(conn), unit: Unit::Put(said) })
}

fn events(story: &Story) -> Vec<&'static str> {
    let names = ["Accepted", "Outdated", "Learned", "Refused"];
    let name = |event: Event| {
        let shown = alloc::format!("{event:?}");
        names.into_iter().find(|name| shown.starts_with(name)).unwrap_or("other")
    };
    story.events().into_iter().map(name).collect()
}

#[test]
fn data_is_kept_as_it_is_and_told_to_neighbours() {
    let mut story = Story::with([Peer::new("Ball")]);
    story.join(1, "Ball");
    let done = put(story.open(2), 2, b"PUT news 1700000000 4\n \n\x00\xff");
    assert_eq!(
        done,
        [
            "2 <- KEPT Hamilton +0.000000000 news 1700000000 4\\n",
            "1 <- 4\\x01\\x01\\x05DATA Hamilton +0.000000000 news 1700000000 4\\n \\n\\x00\\xff",
        ]
    );
    assert_eq!(events(&story), ["Accepted"]);
    // Equal or older: what is held.
    for stamp in ["1700000000", "1699999999.9"] {
        let said = alloc::format!("PUT news {stamp} 2\nno");
        let done = put(&mut story, 2, said.as_bytes());
        assert_eq!(done, ["2 <- KEPT Hamilton +0.000000000 news 1700000000 4\\n"]);
        assert_eq!(events(&story), ["Outdated"]);
    }
    let record = story.node.store().get(b" news").unwrap();
    assert_eq!((record.client(), record.origin()), (&b" news"[..], &b"Hamilton"[..]));
    assert!(record.is_data() && record.place().is_none());
    // Nobody is there of that name.
    assert_eq!(story.line(2, "WHATSAT news 1 1"), ["2 <- ? WHATSAT news 1 1\\n"]);
    assert_eq!(story.line(2, "IAMAT news +1-1 5").len(), 2);
    assert_eq!(story.node.store().len(), 2);
}

#[test]
fn a_neighbours_data_is_news_and_newer_data_takes_its_place() {
    let mut story = Story::with([Peer::new("Ball"), Peer::new("Alford")]);
    story.join(1, "Ball");
    story.join(2, "Alford");
    story.frame(1, &push(1, "DATA Ball +0.1 news 1700000000 3\nold"));
    assert_eq!(events(&story), ["Learned"]);
    let newer = "DATA Ball +0.1 news 1700000001 100\n".to_string() + &"x".repeat(100);
    assert_eq!(story.frame(1, &push(2, &newer)).len(), 1, "it goes on to one");
    assert_eq!(story.node.store().get(b" news").unwrap().line(), newer.as_bytes());
    assert_eq!(story.node.store().data(), newer.len());
    // And short data takes the place of long.
    story.frame(1, &push(3, "DATA Ball +0.1 news 1700000002 0\n"));
    assert_eq!(story.node.store().data(), 33);
    story.frame(1, &push(4, "DATA Ball +0.1 news 1700000003 2\nxyz"));
    assert!(matches!(story.events()[..], [Event::LinkDown { why: LinkEnd::Garbled, .. }]));
}

#[test]
fn who_asks_for_data_takes_it_before_it_is_heard_again() {
    let mut story = Story::with([]);
    story.open(1);
    assert_eq!(story.line(1, "GET news"), ["1 <- ? GET news\\n"]);
    put(&mut story, 1, b"PUT news 1700000000 4\n\n\n\n\n");
    assert_eq!(
        story.line(1, "GET news"),
        [
            "1 <- DATA Hamilton +0.000000000 news 1700000000 4\\n\\n\\n\\n\\n\\n",
            "pause 1",
            "notify 1",
        ]
    );
    assert_eq!(story.on(Input::Writable(ConnId(1))), ["resume 1"]);
    assert_eq!(story.on(Input::Writable(ConnId(1))), [""; 0]);
    assert_eq!(story.line(1, "GET nobody"), ["1 <- ? GET nobody\\n"]);
}

#[test]
fn no_prototype_is_told_of_data() {
    let classic = Peer { style: Style::Classic, ..Peer::new("Welsh") };
    let mut story = Story::with([classic]);
    assert_eq!(put(story.open(1), 1, b"PUT k 1 1\nx").len(), 1, "the answer");
    assert_eq!(story.line(1, "IAMAT k +1-1 1").len(), 2, "the answer, and it is dialed");
    // And none can tell any.
    story.open_classic(2, Classic::One(PeerId(0)));
    assert_eq!(story.line(2, "DATA Welsh +0 k 2 0"), ["2 <- ? DATA Welsh +0 k 2 0\\n"]);
}

#[test]
fn there_is_room_for_so_many_bytes() {
    let config = Config { data_room: 1000, ..Config::new("Hamilton", [Peer::new("Ball")]) };
    let mut story = Story::of(config);
    story.join(1, "Ball");
    let said = |key: &str, stamp: u32, length: usize| {
        alloc::format!("PUT {key} {stamp} {length}\n{}", "x".repeat(length)).into_bytes()
    };
    let head = "DATA Hamilton +0.000000000  1700000000 400\n".len() + 1;
    put(story.open(2), 2, &said("a", 1_700_000_000, 400));
    assert_eq!(story.node.store().data(), head + 400);
    put(&mut story, 2, &said("b", 1_700_000_000, 1000 - 2 * head - 400));
    assert_eq!(story.node.store().data(), 1000);
    let done = put(&mut story, 2, &said("c", 1_700_000_000, 0));
    assert_eq!(done, ["2 <- ? PUT c 1700000000 0\\n"]);
    assert!(matches!(story.events()[..], [Event::Refused { why: ParseError::Full, .. }]));
    // Locations go on; so does what takes no more than what it replaces, and what others have taken.
    assert_eq!(story.line(2, "IAMAT a +1-1 1").len(), 2);
    put(&mut story, 2, &said("a", 1_700_000_001, 400));
    assert_eq!(events(&story), ["Accepted"]);
    story.frame(
        1,
        &push(1, &alloc::format!("DATA Ball +0.1 d 1700000000 500\n{}", "y".repeat(500))),
    );
    assert_eq!(events(&story), ["Learned"]);
    put(&mut story, 2, &said("a", 1_700_000_002, 10));
    assert_eq!(events(&story), ["Accepted"]);
    put(&mut story, 2, &said("a", 1_700_000_003, 11));
    assert_eq!(events(&story), ["Refused"]);
    assert_eq!(Config::new("Hamilton", []).data_room, limits::DATA_ROOM);
}

#[test]
fn watchers_are_told_that_there_is_data_and_not_what() {
    let mut story = Story::with([]);
    story.open(1).open(2).open(3);
    put(&mut story, 1, b"PUT k 1700000000 3\nabc");
    story.line(1, "IAMAT k +1-1 1700000000");
    assert_eq!(
        story.line(2, "WATCH k nobody"),
        [
            "2 <- WATCHING 2\\n",
            "2 <- KEPT Hamilton +0.000000000 k 1700000000 3\\n",
            "2 <- AT Hamilton +0.000000000 k +1-1 1700000000\\n",
        ]
    );
    story.line(3, "WATCH");
    let done = put(&mut story, 1, b"PUT k 1700000001 1\nx");
    let told = "KEPT Hamilton -1.000000000 k 1700000001 1\\n";
    assert_eq!(done, [1, 3, 2].map(|conn| alloc::format!("{conn} <- {told}")));
    assert_eq!(story.line(2, "GET k"), ["2 <- ? GET k\\n"], "it watches");
    // A reader that is slow is told the newest: data fills no window.
    let long = [b"PUT k 1700000002 65536\n", &[b'x'; limits::DATA_MAX][..]].concat();
    assert_eq!(put(&mut story, 1, &long).len(), 3);
}

#[test]
fn data_that_breaks_in_memory_is_found_and_given_again() {
    let mut story = Story::with([]);
    put(story.open(1), 1, b"PUT k 1700000000 0\n");
    let at = story.node.store.find(b" k").unwrap();
    story.node.store.damage(at);
    assert_eq!(story.node.store.look_over(10), 1);
    assert_eq!((story.node.store.len(), story.node.store.data()), (0, 0));
}

#[test]
fn data_that_is_too_old_is_forgotten_and_its_room_with_it() {
    let config = Config { retention: Some(10 * SECOND), ..Config::new("Hamilton", []) };
    let mut story = Story::of(config);
    put(story.open(1), 1, b"PUT k 1700000000 3\nabc");
    put(&mut story, 1, b"PUT old 1699999900 3\nabc");
    assert_eq!(events(&story), ["Refused"]);
    story.now.wall = Wall(T0 + 30_000_000_000);
    story.later(30 * SECOND);
    story.line(1, "IAMAT k +1-1 1700000030");
    story.later(0);
    assert_eq!((story.node.store().len(), story.node.store().data()), (1, 0));
}

#[test]
fn restored_data_is_what_it_was() {
    let mut story = Story::with([]);
    let line = b"DATA Ball +0.1 k 1700000000 3\n\n\xff\n";
    story.node.restore(line).unwrap();
    assert_eq!(story.node.store().get(b" k").unwrap().line(), line);
    assert_eq!(story.node.store().data(), line.len());
    assert!(story.node.restore(b"DATA Ball +0.1 k 1700000000 3\n\n").is_err());
}
