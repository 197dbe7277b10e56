//! Restarts with clocks that are years off, and records that become too old.

use herd_core::store::Store;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::{Script, ServerId, Sometimes, World};

const HOLIDAY: ServerId = ServerId(3);
/// Ten years.
const YEARS: i64 = 315_360_000;

fn world(text: &str) -> World {
    let mut world = World::new(text.parse::<Script>().expect("a script"));
    world.record(true);
    world
}

fn held(world: &World, server: ServerId, client: &str) -> Option<String> {
    let record = world.node(server)?.store().get(client.as_bytes())?;
    Some(String::from_utf8_lossy(record.line()).into_owned())
}

fn saw(world: &World, what: Sometimes) -> u32 {
    world.sightings()[what as usize]
}

/// Steps until it is so, and says when that was.
fn when(world: &mut World, limit: u64, is_so: impl Fn(&World) -> bool) -> u64 {
    while !is_so(world) {
        assert!(world.now() < limit && world.step(), "not until {limit}");
    }
    world.now()
}

/// Holiday restarts at 5 s with an empty store and its clock so far ahead; when it knows all again,
/// and when all know what it is told then.
fn restarted(preset: &str, ahead: i64) -> (u64, u64) {
    let clock = if ahead == 0 { String::new() } else { format!("@4 clock Holiday {ahead:+}\n") };
    let text = format!(
        "herd 1 topology=places-2016 preset={preset}\n\
         @1 say Alford IAMAT kiwi +1+1 1700000001\n\
         @2 say Holiday IAMAT plum +2+2 1700000002\n\
         @3 kill Holiday\n{clock}\
         @5 restart Holiday empty\n\
         @8 say Holiday IAMAT fig +3+3 1700000008\n"
    );
    let mut world = world(&text);
    world.run_until(5 * SECOND);
    let knows = |world: &World, client: &str| {
        world.topology().servers().all(|server| held(world, server, client).is_some())
    };
    let back = when(&mut world, 7 * SECOND, |world| knows(world, "kiwi") && knows(world, "plum"));
    world.run_until(8 * SECOND);
    assert!(
        world
            .node(HOLIDAY)
            .is_some_and(|node| node.links().iter().all(|link| link.live().is_some()))
    );
    let told = when(&mut world, 10 * SECOND, |world| knows(world, "fig"));
    world.run_until(20 * SECOND);
    assert!(world.is_at_rest() && world.broken().is_none(), "{:?}", world.broken());
    assert_eq!(saw(&world, Sometimes::Renewed), u32::from(ahead < 0));
    let later = world.node(HOLIDAY).map(|node| node.incarnation());
    let known = world.node(ServerId(1)).map(|node| {
        let lives = node.origins().iter().filter(|(_, origin)| origin.name() == b"Holiday");
        lives.map(|(_, origin)| origin.incarnation()).max()
    });
    assert_eq!(later, known.flatten(), "what it counts now is of its latest life");
    ((back - 5 * SECOND) / MILLISECOND, (told - 8 * SECOND) / MILLISECOND)
}

#[test]
fn a_server_that_restarts_with_its_clock_years_off_is_heard_at_once() {
    for preset in ["flood_sync", "grove"] {
        // A connection, the greeting, a digest, a pull and its answer; then two hops.
        assert_eq!(restarted(preset, 0), (600, 260), "{preset}");
        assert_eq!(restarted(preset, YEARS), (600, 260), "{preset}, ahead");
        // Greeted, told better, and greeted anew.
        assert_eq!(restarted(preset, -YEARS), (1_006, 260), "{preset}, behind");
    }
}

#[test]
fn a_clock_that_jumps_years_forgets_nothing_and_lets_nothing_wild_in() {
    let text = "herd 1 topology=ring:5 retention=3600s\n\
        @1 say s0 IAMAT kiwi +1+1 1700000001\n\
        @2 clock s2 +315360000\n\
        @3 say s2 IAMAT wild +2+2 2015360003\n\
        @4 say s2 IAMAT plum +3+3 1700000004\n\
        @5 clock s2 -315360000\n\
        @6 say s2 IAMAT fig +4+4 1700000006\n\
        @7 say s0 IAMAT kiwi +5+5 1700000007\n";
    let mut world = world(text);
    world.run_until(10 * SECOND);
    for server in world.topology().servers() {
        for (client, known) in [("kiwi", true), ("plum", true), ("fig", true), ("wild", false)] {
            assert_eq!(held(&world, server, client).is_some(), known, "{client} at {server:?}");
        }
        assert!(held(&world, server, "kiwi").is_some_and(|line| line.contains("+5+5")));
    }
    assert_eq!((saw(&world, Sometimes::Forgot), world.broken()), (0, None));
}

#[test]
fn what_is_too_old_goes_everywhere_and_an_old_disk_does_not_bring_it_back() {
    let text = "herd 1 topology=ring:4 retention=10s\n\
        @0 disk s1 0s\n\
        @1 say s0 IAMAT kiwi +1+1 1700000001\n\
        @2 kill s1\n\
        @8 say s0 IAMAT plum +2+2 1700000008\n\
        @14 say s2 IAMAT fig +3+3 1700000014\n\
        @16 restart s1\n";
    let mut world = world(text);
    world.run_until(13 * SECOND);
    assert!(held(&world, ServerId(0), "kiwi").is_some(), "as far as anybody knows, it is 8 s");
    world.run_until(16 * SECOND);
    assert_eq!(held(&world, ServerId(1), "kiwi").map(|_| ()), Some(()), "from the disk");
    world.run_until(30 * SECOND);
    for server in world.topology().servers() {
        assert_eq!(held(&world, server, "kiwi"), None, "{server:?}");
        assert!(held(&world, server, "plum").is_some() && held(&world, server, "fig").is_some());
    }
    assert_eq!(world.broken(), None);
}

#[test]
fn full_servers_keep_the_same_whatever_order_they_heard_it_in() {
    let mut text = String::from("herd 1 topology=ring:5 room=3 latency=5ms..400ms\n");
    for n in 0..40_u32 {
        match n {
            20 => text += "@1 kill s2\n",
            38 => text += "@1.9 restart s2 empty\n",
            _ => {}
        }
        let (at, server, client, stamp) = (n * 50, n * 7 % 5, n * 11 % 9, n * 13 % 40);
        text += &format!(
            "@{}.{:03} say s{server} IAMAT c{client} +{n}+{n} {stamp}\n",
            at / 1000,
            at % 1000
        );
    }
    let mut world = world(&text);
    world.run_until(30 * SECOND);
    assert!(world.is_at_rest() && world.broken().is_none(), "{:?}", world.broken());
    let servers = world.topology().servers();
    let stores: Vec<_> = servers.map(|s| world.node(s).expect("up").store()).collect();
    assert_eq!(stores[0].len(), 3);
    // (Their floors differ: whoever starts anew begins at the bottom.)
    let held = |store: &Store| -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = store.iter().map(|record| record.line().to_vec()).collect();
        lines.sort();
        lines
    };
    assert!(stores.iter().all(|store| held(store) == held(stores[0])));
    assert!(saw(&world, Sometimes::Forgot) > 0);
}
