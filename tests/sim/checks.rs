//! Every check goes red when the herd is broken on purpose, and stays dark or green when it is not.

use herd_core::time::SECOND;
use herd_sim_wasm::{Lamp, Script, World};

/// Runs a script for 20 s; its lamps.
#[track_caller]
fn lamps(text: &str) -> Vec<Lamp> {
    let script: Script = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let mut world = World::new(script);
    world.run_until(20 * SECOND);
    world.lamps()
}

/// Runs a script with a bug and without; the check has to go red with it, saying `what`, and to
/// have judged and held without.
#[track_caller]
fn red(check: &str, options: &str, bug: &str, commands: &str, what: &str) {
    let of = |text: &str| {
        let lamp = lamps(text).into_iter().find(|lamp| lamp.name == check);
        lamp.expect("a check of that name")
    };
    let sick = of(&format!("herd 1 {options} {bug}\n{commands}"));
    let broken = sick.broken.unwrap_or_else(|| panic!("{check} stays green with {bug}"));
    assert!(broken.what.contains(what), "{}", broken.what);
    assert!(broken.at > 0 && broken.event > 0);
    assert!(!broken.servers.is_empty(), "{check} names no server: {}", broken.what);
    // Bytes that are counted are of no record in particular.
    let counts = ["accounted", "bounded", "damaged_rejected", "no_storms"].contains(&check);
    assert!(counts || broken.record.is_some(), "{check} names no record: {}", broken.what);
    let sound = of(&format!("herd 1 {options}\n{commands}"));
    assert_eq!(sound.broken, None, "{check} is red without {bug}");
    assert!(sound.tried, "{check} had nothing to judge");
}

const SAID: &str = "@1 say Alford IAMAT kiwi +34-118 1\n@2 say Ball IAMAT plum +35-118 1\n";

#[test]
fn never_back_sees_a_store_that_comes_up_with_half_of_it() {
    // Everyone is down, so that nobody can repair what is lost.
    let commands = format!(
        "{SAID}@4 kill Alford\n@4 kill Hamilton\n@4 kill Holiday\n@4 kill Welsh\n@5 restart Ball\n"
    );
    let what = "holds nothing of that client now";
    red("never_back", "seed=1", "bug=forgets-on-restart", &commands, what);
}

#[test]
fn never_back_forgives_a_server_that_lost_its_store() {
    let commands = format!("herd 1\n{SAID}@4 restart Ball empty\n");
    assert!(lamps(&commands).iter().all(|lamp| lamp.broken.is_none()));
}

#[test]
fn one_truth_sees_bytes_that_change_on_the_way() {
    red("one_truth", "seed=1", "bug=garbles", SAID, "of one version");
}

#[test]
fn converged_sees_neighbours_that_never_agree() {
    // The prototypes' rule knows no repair.
    let cut =
        "@1 cut Ball-Welsh\n@1 cut Hamilton-Holiday\n@2 say Ball IAMAT kiwi +1+1 1\n@4 heal\n";
    red("converged", "seed=1", "preset=classic", cut, "nothing is on its way");
}

#[test]
fn converged_sees_equal_stamps_that_are_never_settled() {
    let commands = "@1 say Alford IAMAT kiwi +1+1 7\n@1 say Ball IAMAT kiwi +2+2 7\n";
    red("converged", "seed=1", "preset=classic", commands, "its neighbour");
}

#[test]
fn answered_once_sees_an_answer_too_many() {
    red("answered_once", "seed=1", "bug=answers-twice", SAID, "without having said anything");
}

#[test]
fn answered_once_sees_an_answer_that_never_comes() {
    // One line is answered before, and that does not hide it.
    red("answered_once", "seed=1", "bug=swallows", SAID, "gets no answer");
}

#[test]
fn answered_once_sees_a_server_that_hangs_up() {
    red("answered_once", "seed=1", "bug=hangs-up", SAID, "which hung up");
}

#[test]
fn flood_cost_sees_an_echo() {
    red("flood_cost", "seed=1", "bug=echoes", SAID, "took more than 6 messages");
}

#[test]
fn bounded_sees_a_connection_that_is_never_full() {
    let commands = "@1 pause Welsh\n@2 say Alford IAMAT kiwi +34-118 1\n\
        @2 say Alford IAMAT kiwi +34-118 2\n@2 say Alford IAMAT kiwi +34-118 3\n@9 resume Welsh\n";
    red("bounded", "seed=1 window=120", "bug=never-full", commands, "the limit is 120");
}

#[test]
fn never_invented_sees_a_place_nobody_named() {
    red("never_invented", "seed=1", "bug=garbles", SAID, "no client has said that");
}

#[test]
fn told_once_sees_what_is_told_twice() {
    red("told_once", "seed=1", "bug=tells-twice", SAID, "of kiwi twice");
}

#[test]
fn freshest_answer_sees_a_server_that_will_not_say() {
    let asks = format!("{SAID}@4 say Ball as kiwi WHATSAT kiwi 10 1\n");
    red("freshest_answer", "seed=1", "bug=evades", &asks, "and says “?”");
}

#[test]
fn accounted_sees_a_message_that_vanishes() {
    red("accounted", "seed=1", "bug=leaks", SAID, "are under way");
}

#[test]
fn in_order_sees_a_message_that_overtakes_another() {
    let says: String =
        (0..30).map(|n| format!("@1.0{n:02} say Ball IAMAT c{n} +1+1 1\n")).collect();
    red("in_order", "seed=1 latency=1ms..80ms", "bug=overtakes", &says, "was sent later");
}

#[test]
fn damaged_rejected_sees_what_is_believed() {
    let says = format!("@0.9 datagram all corrupt=100%\n{SAID}");
    red("damaged_rejected", "seed=1", "bug=believes", &says, "for a good one");
}

#[test]
fn in_time_sees_a_flood_that_dawdles() {
    let says: String = (1..9).map(|n| format!("@{n} say Alford IAMAT kiwi +1+1 {n}\n")).collect();
    red("in_time", "seed=1", "bug=dawdles", &says, "has not heard in time");
}

#[test]
fn counted_once_sees_a_server_that_takes_itself_for_what_it_was() {
    let restarted = format!("{SAID}@4 restart Ball\n");
    red("counted_once", "seed=1", "bug=reuses-lives", &restarted, "as in an earlier life");
    let emptied = format!("{SAID}@4 restart Ball empty\n@5 say Ball IAMAT pear +3+3 1\n");
    red("counted_once", "seed=1", "bug=reuses-lives", &emptied, "counted an update 1 after 1");
}

#[test]
fn covered_sees_a_server_that_has_what_it_does_not_hold() {
    red("covered", "seed=1", "bug=garbles", SAID, "says it has");
}

#[test]
fn same_knowledge_sees_equal_stamps_that_are_never_settled() {
    let commands = "@1 say Alford IAMAT kiwi +1+1 7\n@1 say Ball IAMAT kiwi +2+2 7\n";
    red("same_knowledge", "seed=1", "bug=no-tie-break", commands, "and holds something else");
}

#[test]
fn no_future_sees_a_stamp_that_lies_years_ahead() {
    let commands = format!("{SAID}@3 say Ball IAMAT kiwi +1+1 1900000000\n");
    red("no_future", "seed=1", "bug=believes-the-future", &commands, "from the far future");
}

#[test]
fn no_echo_sees_what_goes_back() {
    red("no_echo", "seed=1", "bug=echoes", SAID, "and has it from there");
}

#[test]
fn no_ring_sees_servers_that_feed_each_other() {
    let commands = "@1 join n0 with s3,s2,s0\n@2 join n1 with s0,s2\n@2 say s1 IAMAT plum +62-155 1\n\
        @2 pause s3\n@4.5 say s1 IAMAT kiwi +87-117 1\n@5 resume s3\n";
    let options = "seed=1 topology=star:4 preset=grove_batch trees=planned";
    red("no_ring", options, "bug=turns-epochs-back", commands, "fed in a ring: n0 < s3 < n0");
}

#[test]
fn pruned_with_proof_sees_a_feed_that_is_told_to_stop() {
    // The second update overtakes itself by way of the other server, before that is told to stop.
    let commands =
        "@2 say s0 IAMAT kiwi +1+1 1\n@2.1 lag s0>s1 200ms\n@2.12 say s0 IAMAT kiwi +1+1 2\n";
    let what = "s1 told s0 to stop feeding it s0, which is its feed";
    red("pruned_with_proof", "seed=1 topology=ring:3", "bug=prunes-unproven", commands, what);
}

#[test]
fn epochs_grow_sees_an_older_tree_taken_for_a_newer_one() {
    let commands = "@0 say s4 IAMAT plum +71-133 1\n@1 hold s3-s2\n@2 say s4 IAMAT kiwi +68-79 1\n\
        @3.5 say s4 IAMAT pear +74-144 1\n@4 cut s7-s6\n@6 say s4 IAMAT fig +3-18 1\n\
        @7 release s3-s2\n";
    let options = "seed=1 topology=grid:5x2 preset=grove2 trees=planned";
    red("epochs_grow", options, "bug=turns-epochs-back", commands, "from epoch 3 of s4 back to 2");
}

#[test]
fn all_fed_sees_a_server_that_nobody_feeds() {
    let commands = "@8 say s2 IAMAT kiwi +37-92 1\n@9 cut s1-s2\n";
    let what = "nobody feeds s1 what s2 takes up";
    red("all_fed", "seed=1 topology=ring:3", "bug=orphans-keep-still", commands, what);
}

#[test]
fn no_storms_sees_a_flood_without_an_end() {
    red("no_storms", "seed=1", "bug=no-dedup", SAID, "messages since the herd rested");
}

#[test]
fn a_flood_costs_what_it_should_everywhere() {
    // 2E − N + 1, by hand: Maelstrom's figures for its 25 servers.
    for (topology, cost) in [
        ("places-2016", 6),
        ("grid:5x5", 56),
        ("line:25", 24),
        ("complete:25", 576),
        ("tree:25", 24),
        ("ring:8", 9),
    ] {
        let text = format!("herd 1 topology={topology} preset=flood\n@2 say 0 IAMAT kiwi +1+1 1\n");
        let mut world = World::new(text.parse().expect("a script"));
        world.run_until(2 * SECOND - 1);
        assert!(world.is_at_rest(), "{topology} is linked");
        let sent = |world: &World| -> u64 {
            world.frame(&[]).links.iter().map(|link| link.sent_ab + link.sent_ba).sum()
        };
        let before = sent(&world);
        world.run_until(20 * SECOND);
        assert_eq!(sent(&world) - before, cost, "{topology}");
        let lamps = world.lamps();
        let lamp = lamps.iter().find(|lamp| lamp.name == "flood_cost").expect("the check");
        assert!(lamp.tried && lamp.broken.is_none(), "{topology}: {lamp:?}");
    }
}

#[test]
fn a_calm_run_lights_every_lamp() {
    let lamps = lamps(
        "herd 1 clients=3\n@1 say Alford IAMAT kiwi +34-118 1\n@15 datagram all corrupt=100%\n",
    );
    for lamp in lamps {
        assert!(lamp.tried && lamp.broken.is_none(), "{lamp:?}");
    }
}
