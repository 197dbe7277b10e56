//! Servers that join and leave: in text, in time travel, and what it costs to tell them.

use herd_core::time::SECOND;
use herd_sim_wasm::{Command, History, Link, Script, ServerId, World, end_of, judge};

use crate::reading::{digest, entry, script};

const TEXT: &str = "herd 1 seed=3 topology=line:3\n\
    @1 say s0 IAMAT kiwi +1+1 1\n\
    @2 join alpha with s0,s2\n\
    @3 say alpha IAMAT plum +2+2 2\n\
    @4 join beta with alpha\n\
    @5 kill beta\n\
    @6 leave s1\n\
    @7 restart beta\n\
    @8 say s2 IAMAT fig +3+3 3\n";

#[test]
fn text_and_link_both_ways() {
    let script = script(TEXT);
    assert_eq!(script.to_string(), TEXT);
    let link = Link::new(script.clone(), None).to_string();
    assert_eq!(Link::parse(&link).map(|link| link.script), Ok(script));
}

#[test]
fn everyone_knows_in_the_end() {
    let script = script(TEXT);
    assert_eq!(judge(&script).failure, None);
    let mut world = World::new(script.clone());
    world.run_until(end_of(&script));
    for (server, knows) in [("s0", 3), ("s2", 3), ("alpha", 3), ("beta", 3)] {
        let id = world.topology().server(server).expect("there is one");
        assert_eq!(world.store_of(id).len(), knows, "{server}");
    }
    let left = world.topology().server("s1").expect("it was there");
    assert!(world.node(left).is_none());
    let away: Vec<bool> = world.frame(&[]).servers.iter().map(|server| server.away).collect();
    assert_eq!(away, [false, true, false, false, false]);
}

#[test]
fn errors_say_where_and_what() {
    for (line, column, expected) in [
        ("@1 join", 8, "the name of a new server"),
        ("@1 join gamma", 14, "with and servers"),
        ("@1 join gamma with", 19, "servers such as"),
        ("@1 join gamma with s0,nobody", 20, "servers such as"),
        ("@1 join gamma with s0,s0", 1, "none of them twice"),
        ("@1 join s2 with s0", 1, "not taken"),
        ("@1 join a-b with s0", 1, "letters, digits and _"),
        ("@1 join 77 with s0", 1, "letters, digits and _"),
        ("@1 kill gamma", 9, "a server"),
        ("@1 leave gamma", 10, "a server"),
    ] {
        let error = format!("herd 1 topology=line:3\n{line}\n").parse::<Script>().expect_err(line);
        assert_eq!((error.line, error.column), (2, column), "{line}: {error}");
        assert!(error.expected.contains(expected), "{line}: {error}");
    }
    let mut script = script(TEXT);
    let early = script.add(3 * SECOND, Command::Kill(ServerId(4)));
    assert!(early.is_err_and(|why| why.contains("has joined by then")));
    assert_eq!(script.to_string(), TEXT);
}

#[test]
fn whoever_joins_before_others_takes_their_number() {
    let mut script = script(TEXT);
    let first = Command::Join { name: "zero".into(), neighbours: [ServerId(1)].into() };
    let id = script.add(SECOND, first).expect("it can join");
    let text = TEXT.replace("@2 join", "@1 join zero with s1\n@2 join");
    assert_eq!(script.to_string(), text);
    assert_eq!(script, self::script(&text));
    assert_eq!(digest(&script, 20 * SECOND), digest(&self::script(&text), 20 * SECOND));
    assert!(script.remove(id));
    assert_eq!((script.to_string().as_str(), script.topology().names().len()), (TEXT, 5));
}

#[test]
fn with_whom_does_not_join_goes_what_is_done_to_it() {
    let mut script = script(TEXT);
    assert!(script.remove(entry(&script, "join alpha with s0,s2")));
    // Beta had nobody else.
    let left = "herd 1 seed=3 topology=line:3\n@1 say s0 IAMAT kiwi +1+1 1\n@6 leave s1\n\
        @8 say s2 IAMAT fig +3+3 3\n";
    assert_eq!(script.to_string(), left);
    script.truncate(SECOND);
    assert_eq!(script.topology().names().len(), 3);
}

#[test]
fn to_join_can_be_undone_and_done_again() {
    let mut run = History::new(script(TEXT));
    run.seek(9 * SECOND);
    let digest_of = |text: &str| digest(&script(text), 9 * SECOND);
    assert_eq!(run.world().digest(), digest_of(TEXT));
    let join = entry(run.script(), "join beta with alpha");
    assert!(run.toggle(join, false));
    assert_eq!(run.world().digest(), digest_of(&TEXT.replace("@4 join", "off @4 join")));
    assert_eq!(run.frame(&[]).servers.len(), 5);
    assert!(run.toggle(join, true));
    assert_eq!(run.world().digest(), digest_of(TEXT));
    let fork = run.fork();
    assert!(run.remove(join));
    assert_eq!((run.frame(&[]).servers.len(), run.frame(&[]).stage.names.len()), (4, 4));
    let lines = TEXT.lines().filter(|line| !line.contains("beta"));
    let without: String = lines.map(|line| format!("{line}\n")).collect();
    assert_eq!(run.world().digest(), digest_of(&without));
    // The fork has not noticed. Back before it joined, and on again.
    let mut fork = fork;
    for instant in [3, 9, 1, 9] {
        fork.seek(instant * SECOND);
        assert_eq!(fork.world().digest(), digest(&script(TEXT), instant * SECOND));
    }
}

#[test]
fn somebody_may_join_in_the_past() {
    let mut run = History::new(script(TEXT));
    run.seek(9 * SECOND);
    let early = Command::Join { name: "early".into(), neighbours: [ServerId(2)].into() };
    run.insert(SECOND / 2, early).expect("it can join");
    assert_eq!(run.now(), 9 * SECOND);
    assert_eq!(run.world().digest(), digest(run.script(), 9 * SECOND));
    assert_eq!(run.world().topology().name(ServerId(3)), "early");
    // To act leaves what was still to come.
    run.seek(3 * SECOND + SECOND / 2);
    let late = Command::Join { name: "late".into(), neighbours: [ServerId(4)].into() };
    run.act(late).expect("alpha is its neighbour");
    run.act(Command::Leave(ServerId(0))).expect("it can leave");
    run.seek(12 * SECOND);
    assert_eq!(run.world().digest(), digest(run.script(), 12 * SECOND));
    assert_eq!(run.world().topology().names().len(), 6);
    assert!(run.script().to_string().ends_with("@3.5 join late with alpha\n@3.5 leave s0\n"));
}

#[test]
fn a_flood_costs_what_the_herd_of_the_moment_costs() {
    let text = "herd 1 topology=ring:4 preset=flood\n@2 join new with s0,s2\n\
        @4 say s1 IAMAT kiwi +1+1 1\n\
        @6 leave s1\n@8 say new IAMAT kiwi +1+1 2\n";
    let mut world = World::new(script(text));
    let sent = |world: &World| -> u64 {
        world.frame(&[]).links.iter().map(|link| link.sent_ab + link.sent_ba).sum()
    };
    // Five servers and six links; then four servers and four links.
    for (from, cost) in [(4, 8), (8, 5)] {
        world.run_until(from * SECOND - 1);
        assert!(world.is_at_rest());
        let before = sent(&world);
        world.run_until((from + 1) * SECOND);
        assert_eq!(sent(&world) - before, cost, "at {from} s");
    }
    for name in ["flood_cost", "in_time", "converged"] {
        let lamp = world.lamps().into_iter().find(|lamp| lamp.name == name).expect("a check");
        assert!(lamp.tried && lamp.broken.is_none(), "{lamp:?}");
    }
}

#[test]
fn whoever_joins_changes_nothing_of_what_does_not_concern_it() {
    // The clients go their ways, and the others are parted as they were.
    let text = "herd 1 seed=9 topology=ring:6 clients=3\n@3 partition coin\n@5 heal\n";
    let with = text.replace("@3", "@1 join alone with s0\n@1 leave alone\n@3");
    let said = |text: &str| -> Vec<String> {
        let mut world = World::new(script(text));
        world.record(true);
        world.run_until(8 * SECOND);
        let kinds = [herd_sim_wasm::LogKind::Said];
        let log = world.take_log().into_iter().filter(|line| kinds.contains(&line.kind));
        log.map(|line| line.text.to_string()).collect()
    };
    assert_eq!(said(text), said(&with));
}
