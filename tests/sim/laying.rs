//! Links that are laid and taken away: in text, in time travel, and what it does to a flood.

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::view::LinkState;
use herd_sim_wasm::{Command, History, Link, Path, Script, ServerId, World, judge};

use crate::reading::{digest, entry, script};

const TEXT: &str = "herd 1 seed=3 topology=line:4\n\
    @1 say s0 IAMAT kiwi +1+1 1\n\
    @2 unlink s1-s2\n\
    @3 say s0 IAMAT kiwi +2+2 2\n\
    @4 link s0-s3 40ms\n\
    @5 cut s0-s3\n\
    @6 heal s0-s3\n\
    @7 link s1-s2\n\
    @8 unlink s3-s0\n\
    @9 say s3 IAMAT kiwi +3+3 3\n";

fn ends(from: u32, to: u32) -> Path {
    Path { from: ServerId(from), to: ServerId(to), one_way: false }
}

#[test]
fn text_and_link_both_ways() {
    let script = script(TEXT);
    assert_eq!(script.to_string(), TEXT);
    let link = Link::new(script.clone(), None).to_string();
    assert_eq!(Link::parse(&link).map(|link| link.script), Ok(script));
}

#[test]
fn what_is_known_follows_the_links_of_the_moment() {
    let script = script(TEXT);
    assert_eq!(judge(&script).failure, None);
    let mut world = World::new(script);
    let know = |world: &World| -> Vec<u32> {
        let frame = world.frame(&[b"kiwi"]);
        (0..).zip(&frame.knowledge).filter(|(_, known)| known.newest).map(|(at, _)| at).collect()
    };
    // Parted; joined by the new link, which tells what was missed; whole again, another way.
    for (until, who) in
        [(2, vec![0, 1, 2, 3]), (4, vec![0, 1]), (5, vec![0, 1, 2, 3]), (11, vec![0, 1, 2, 3])]
    {
        world.run_until(until * SECOND - 1);
        assert_eq!(know(&world), who, "at {until} s");
    }
    let states: Vec<LinkState> = world.frame(&[]).links.iter().map(|link| link.state).collect();
    assert_eq!(states, [LinkState::Live, LinkState::Live, LinkState::Live, LinkState::Away]);
    assert_eq!(world.links_of(ServerId(3)).len(), 1, "what was taken away is no neighbour");
}

#[test]
fn a_flood_costs_and_takes_what_the_links_of_the_moment_do() {
    let text = "herd 1 topology=ring:6 preset=flood latency=100ms\n@2 link s0-s3 10ms\n\
        @4 say s0 IAMAT kiwi +1+1 1\n@6 unlink s0-s1\n@8 say s0 IAMAT kiwi +1+1 2\n";
    let mut world = World::new(script(text));
    let sent = |world: &World| -> u64 {
        world.frame(&[]).links.iter().map(|link| link.sent_ab + link.sent_ba).sum()
    };
    // 2E - N + 1 with seven links, then with six. The farthest is s2 or s4, by way of the new link;
    // without the link to s1 it is s1.
    for (from, cost, takes) in [(4, 9, 110), (8, 7, 210)] {
        world.run_until(from * SECOND - 1);
        assert!(world.is_at_rest());
        let before = sent(&world);
        let known = |world: &World| world.frame(&[b"kiwi"]).knowledge.iter().all(|k| k.newest);
        // What a client says takes its own time to the server; the flood begins when it is taken.
        world.record(true);
        while !known(&world) || sent(&world) == before {
            assert!(world.step());
        }
        let accepted = world.take_log().into_iter().rev();
        let mut accepted = accepted.filter(|line| line.kind == herd_sim_wasm::LogKind::Accepted);
        let begun = accepted.next().expect("it was taken").at;
        assert_eq!((world.now() - begun) / MILLISECOND, takes, "at {from} s");
        world.run_until((from + 1) * SECOND);
        assert_eq!(sent(&world) - before, cost, "at {from} s");
    }
    for name in ["flood_cost", "in_time", "converged"] {
        let lamp = world.lamps().into_iter().find(|lamp| lamp.name == name).expect("a check");
        assert!(lamp.tried && lamp.broken.is_none(), "{lamp:?}");
    }
}

#[test]
fn a_link_can_be_undone_and_done_again() {
    let mut run = History::new(script(TEXT));
    run.seek(10 * SECOND);
    let digest_of = |text: &str| digest(&script(text), 10 * SECOND);
    assert_eq!(run.world().digest(), digest_of(TEXT));
    let laid = entry(run.script(), "link s0-s3 40ms");
    assert!(run.toggle(laid, false));
    assert_eq!(run.world().digest(), digest_of(&TEXT.replace("@4 link", "off @4 link")));
    assert_eq!(run.frame(&[]).links[3].state, LinkState::Away);
    assert!(run.toggle(laid, true));
    assert_eq!(run.world().digest(), digest_of(TEXT));
    // With the link goes all that is done to it.
    let fork = run.fork();
    assert!(run.remove(laid));
    assert_eq!((run.frame(&[]).links.len(), run.frame(&[]).stage.edges.len()), (3, 3));
    let lines = TEXT.lines().filter(|line| !line.contains("s0-s3") && !line.contains("s3-s0"));
    let without: String = lines.map(|line| format!("{line}\n")).collect();
    assert_eq!(run.script().to_string(), without);
    assert_eq!(run.world().digest(), digest_of(&without));
    // The fork has not noticed. Back before it was laid, and on again.
    let mut fork = fork;
    for instant in [3, 10, 1, 10] {
        fork.seek(instant * SECOND);
        assert_eq!(fork.world().digest(), digest(&script(TEXT), instant * SECOND));
    }
}

#[test]
fn links_and_servers_come_in_any_order_in_the_past() {
    let mut run = History::new(script(TEXT));
    run.seek(10 * SECOND);
    let join = Command::Join { name: "new".into(), neighbours: [ServerId(1)].into() };
    run.insert(SECOND, join).expect("it can join");
    let link = |from, to| Command::Link { ends: ends(from, to), latency: None };
    // The same pair, earlier: the number of its link is another now.
    run.insert(SECOND / 2, link(3, 0)).expect("it can be laid");
    run.insert(2 * SECOND, link(4, 3)).expect("the new one is there");
    let early = run.insert(SECOND / 2, link(4, 0)).expect_err("it is not there yet");
    assert!(early.contains("has joined by then"), "{early}");
    assert_eq!(run.world().digest(), digest(run.script(), 10 * SECOND));
    assert_eq!(run.script().to_string().parse(), Ok(run.script().clone()));
    let edges = &run.frame(&[]).stage.edges;
    let pairs: Vec<(u32, u32)> = edges.iter().map(|edge| (edge.a.0, edge.b.0)).collect();
    assert_eq!(pairs, [(0, 1), (1, 2), (2, 3), (0, 3), (4, 1), (3, 4)]);
    // To act leaves what was still to come, and the link that came by it.
    run.seek(SECOND / 4);
    run.act(link(1, 3)).expect("it can be laid");
    run.seek(10 * SECOND);
    assert_eq!(run.world().digest(), digest(run.script(), 10 * SECOND));
    assert!(run.script().to_string().ends_with("@0.25 link s1-s3\n"));
    assert_eq!(run.frame(&[]).stage.edges.len(), 4);
}

#[test]
fn what_cannot_be_done_leaves_all_as_it_was() {
    let mut run = History::new(script(TEXT));
    run.seek(3 * SECOND);
    let (text, before) = (run.script().to_string(), run.world().digest());
    let cut = Command::Cut { path: ends(0, 3), late: 0 };
    for (at, command, why) in [
        (3, cut, "two neighbours by then"),
        (3, Command::Unlink(ends(0, 3)), "two neighbours by then"),
        (3, Command::Unlink(ends(0, 2)), "two neighbours"),
        (3, Command::Link { ends: ends(2, 2), latency: None }, "two servers"),
        (3, Command::Link { ends: ends(2, 7), latency: None }, "a server instead of number 7"),
    ] {
        let error = run.insert(at * SECOND, command).expect_err(why);
        assert!(error.contains(why), "{error}");
    }
    assert_eq!((run.script().to_string(), run.world().digest()), (text, before));
    for (line, column, expected) in [
        ("@1 link s0", 9, "two servers such as Alford-Ball"),
        ("@1 link s0-s0", 1, "two servers"),
        ("@1 link s0>s2", 1, "two servers"),
        ("@1 link s0-s2 fast", 15, "a latency"),
        ("@1 unlink s0-s2", 11, "two neighbours"),
        ("@1 cut s0-s2\n@2 link s0-s2", 8, "two neighbours"),
    ] {
        let error = format!("herd 1 topology=line:3\n{line}\n").parse::<Script>().expect_err(line);
        assert_eq!((error.line, error.column), (2, column), "{line}: {error}");
        assert!(error.expected.contains(expected), "{line}: {error}");
    }
}

#[test]
fn one_way_and_slow_links_come_back_as_they_were_but_whole() {
    let text = "herd 1 topology=seed-2016\n@1 cut Alford-Hamilton\n@2 latency Alford-Welsh 30ms\n\
        @3 unlink Alford-Hamilton\n@4 unlink Alford-Welsh\n@5 link Hamilton-Alford\n\
        @6 link Alford-Welsh\n@7 link Alford-Welsh 9s\n";
    let mut world = World::new(script(text));
    world.run_until(9 * SECOND);
    let frame = world.frame(&[]);
    let link = |a: &str, b: &str| {
        let topology = world.topology();
        let (a, b) = (topology.server(a).expect("there"), topology.server(b).expect("there"));
        frame.links[topology.link(a, b).expect("neighbours")]
    };
    let one_way = link("Alford", "Hamilton");
    assert_eq!((one_way.state, one_way.one_way, one_way.cut_ab), (LinkState::Live, true, false));
    // Who are neighbours already are told nothing.
    assert_eq!(link("Alford", "Welsh").latency_ab, 30 * MILLISECOND);
}
