//! What it takes to heal, and what comes late meanwhile: `repair.txt`, compared exactly.
//! `UPDATE_EXPECT=1` rewrites it.
//!
//! 25 servers, 100 ms a hop. What is aimed at: a herd that was parted is whole again within its
//! diameter and a hop where little is missing, within three where much is, and what is missing comes
//! once; when a server dies that fed others, nothing is late; and waits that vary neither make
//! updates much slower than a flood nor make servers ask for what is on its way.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herd_core::limits::{BULK_RECORDS, REDIAL_SOON};
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::rng::{Purpose, below, draw};
use herd_sim_wasm::{Meter, Script, ServerId, World};

const HOP: u64 = 100 * MILLISECOND;
const HERDS: [&str; 3] = ["grid:5x5", "random:25:4", "complete:25"];
/// How long two ends take to notice that the other has died without a word.
const SILENCE: &str = "1800ms";

/// Seconds as a script writes them.
fn at(ns: u64) -> String {
    format!("@{}.{:09}", ns / SECOND, ns % SECOND)
}

/// Something drawn for the n-th update.
fn luck(what: u64, n: u64, bound: u64) -> u64 {
    below(draw(7, Purpose::Workload, what, 0, n), bound)
}

/// A client of its own says where it is, to a server that is drawn (but not to one).
fn update(at_ns: u64, n: u64, but: Option<u64>) -> String {
    let server = luck(1, n, 24);
    let server = if but.is_some_and(|but| server >= but) { server + 1 } else { server };
    format!("{} say s{server} IAMAT c{n} +1+1 {}\n", at(at_ns), 1_700_000_000 + n)
}

fn world(text: &str) -> World {
    let mut world = World::new(text.parse::<Script>().unwrap_or_else(|error| panic!("{error}")));
    world.without_checks();
    world
}

/// Goes on until everybody holds as much as `records`; that instant.
fn whole(world: &mut World, records: usize, limit: u64) -> u64 {
    let servers: Vec<ServerId> = world.topology().servers().collect();
    let mut lacking = servers.len();
    while lacking > 0 {
        assert!(world.step() && world.now() < limit, "{lacking} servers are not whole in time");
        while lacking > 0
            && world.node(servers[lacking - 1]).is_some_and(|node| node.store().len() == records)
        {
            lacking -= 1;
        }
    }
    world.now()
}

/// The herd was in two halves from 1 to 20 s, and so many updates were said: what healing takes.
fn healed(table: &mut String, herd: &str, preset: &str, updates: u64) {
    let mut text = format!("herd 1 seed=3 topology={herd} preset={preset}\n@1 partition size 12\n");
    for n in 0..updates {
        text += &update(1_500 * MILLISECOND + n * 18 * SECOND / updates, n, None);
    }
    text += "@20 heal\n";
    let mut world = world(&text);
    world.run_until(20 * SECOND - 1);
    let servers: Vec<ServerId> = world.topology().servers().collect();
    let records = usize::try_from(updates).unwrap_or(0);
    let missing: usize = servers
        .iter()
        .filter_map(|server| Some(records - world.node(*server)?.store().len()))
        .sum();
    world.measure();
    world.run_until(20 * SECOND);
    let up = |world: &World| -> usize {
        let live = |server: &ServerId| {
            let links = world.node(*server).map(|node| node.links().to_vec()).unwrap_or_default();
            links.iter().filter(|link| link.live().is_some()).count()
        };
        servers.iter().map(live).sum()
    };
    let parted = up(&world);
    while up(&world) == parted {
        assert!(world.step(), "links come up");
    }
    let linked = world.now();
    let whole = whole(&mut world, records, 40 * SECOND);
    let diameter = world.diameter() * HOP;
    world.run_until(whole + 5 * SECOND);
    let Meter { repairs, control, copies, .. } = world.meter().expect("it is measured").clone();
    let ms = |ns: u64| ns / MILLISECOND;
    writeln!(
        table,
        "{herd:<14}{preset:<12}{updates:>8}{missing:>9}{:>8}{:>8}{:>9}{:>9}{:>9}{:>7}.{:02}",
        ms(linked - 20 * SECOND),
        ms(whole - linked),
        repairs,
        control,
        copies,
        copies / missing as u64,
        copies * 100 / missing as u64 % 100,
    )
    .expect("a String takes everything");
    // The last link of the cut may be dialed that much later than the first.
    let small = updates <= BULK_RECORDS as u64;
    let most = if small { diameter + HOP } else { 3 * diameter } + REDIAL_SOON;
    assert!(whole - linked <= most, "{herd} {preset} {updates}: {} ms", ms(whole - linked));
}

/// 1,000 updates at 100 a second, while each of four servers dies in turn: how many were late.
fn bereft(table: &mut String, herd: &str, preset: &str, silent: bool) {
    let (mut late, mut worst, mut diameter) = (0, 0, 0);
    for victim in [6_u64, 12, 13, 17] {
        let mut text = format!("herd 1 seed=3 topology={herd} preset={preset}\n");
        for server in 0..25 {
            text += &format!("@{} say s{server} IAMAT first{server} +1+1 1\n", 1 + server / 5);
        }
        let dies = 15 * SECOND;
        let mut dead = false;
        for n in 0..1_000 {
            let when = 10 * SECOND + n * 10 * MILLISECOND;
            if when >= dies && !dead {
                dead = true;
                if silent {
                    let script: Script =
                        format!("herd 1 seed=3 topology={herd}\n").parse().expect("a herd");
                    for edge in script.topology().edges() {
                        if [edge.a.0, edge.b.0].contains(&u32::try_from(victim).unwrap_or(0)) {
                            text += &format!(
                                "{} cut s{}-s{} late {SILENCE}\n",
                                at(dies),
                                edge.a.0,
                                edge.b.0
                            );
                        }
                    }
                    text += &format!("{} pause s{victim}\n", at(dies));
                } else {
                    text += &format!("{} kill s{victim}\n", at(dies));
                }
            }
            text += &update(when, n, Some(victim));
        }
        let mut world = world(&text);
        world.run_until(10 * SECOND - 1);
        world.measure();
        world.run_until(30 * SECOND);
        diameter = world.diameter() * HOP;
        let meter = world.meter().expect("it is measured");
        let alive = 23;
        assert!(meter.arrivals.len() >= 1_000 * alive, "nothing is lost: {}", meter.arrivals.len());
        // That somebody has died is known a hop later.
        late += meter.later_than(diameter + 2 * HOP);
        worst = worst.max(meter.worst());
    }
    let how = if silent { "in silence" } else { "and it shows" };
    writeln!(
        table,
        "{herd:<14}{preset:<12}{how:<14}{:>8}{late:>8}{:>8}",
        diameter / MILLISECOND,
        worst / MILLISECOND
    )
    .expect("a String takes everything");
    if !silent {
        assert_eq!(late, 0, "{herd} {preset}: {worst} ns; what dies is made up for at once");
    }
}

/// 1,000 updates at 50 a second while waits vary: how long they take, and what is asked for.
fn shaken(table: &mut String, herd: &str, waits: &str, flood: &mut u64, preset: &str) {
    let mut text = format!("herd 1 seed=3 topology={herd} preset={preset} {waits}\n");
    for server in 0..25 {
        text += &format!("@{} say s{server} IAMAT first{server} +1+1 1\n", 1 + server / 5);
    }
    for n in 0..1_000 {
        text += &update(10 * SECOND + n * 20 * MILLISECOND, n, None);
    }
    let mut world = world(&text);
    world.run_until(10 * SECOND - 1);
    world.measure();
    world.run_until(45 * SECOND);
    let meter = world.meter().expect("it is measured");
    assert_eq!(meter.arrivals.len(), 24_000, "nothing is lost");
    let median = meter.median();
    if preset == "flood_sync" {
        *flood = median;
    }
    let ratio = median * 1_000 / (*flood).max(1);
    writeln!(
        table,
        "{herd:<14}{preset:<12}{waits:<28}{:>8}{:>8}{:>5}.{:03}{:>8}{:>9}",
        median / MILLISECOND,
        meter.worst() / MILLISECOND,
        ratio / 1_000,
        ratio % 1_000,
        meter.pulls,
        meter.pushes,
    )
    .expect("a String takes everything");
}

#[test]
fn what_it_takes_to_heal() {
    let mut table = String::new();
    table += "A herd is parted in halves for 19 s; then it heals.\n";
    table += "herd          preset       updates  missing  linked   whole  repairs  control   copies  copies\n";
    table += "                                             ms      ms                             each\n";
    for herd in HERDS {
        for updates in [50, 1_000] {
            for preset in ["flood_sync", "grove"] {
                healed(&mut table, herd, preset, updates);
            }
        }
    }
    table += "\nFour servers die in turn under 100 updates a second; 4,000 updates.\n";
    table += "herd          preset      it dies       diameter    late   worst\n";
    table += "                                            ms              ms\n";
    for herd in ["grid:5x5", "random:25:4"] {
        for preset in ["grove", "grove2"] {
            for silent in [false, true] {
                bereft(&mut table, herd, preset, silent);
            }
        }
    }
    table += "\nWaits vary.\n";
    table += "herd          preset      waits                         median   worst  to flood   pulls   pushes\n";
    for (waits, herds) in [("jitter=50ms", &HERDS[..2]), ("latency=0ms+100ms", &HERDS[..])] {
        for herd in herds {
            let mut flood = 0;
            for preset in ["flood_sync", "grove", "grove2"] {
                shaken(&mut table, herd, waits, &mut flood, preset);
            }
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/repair.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &table).expect("a writable file");
    }
    assert_eq!(table, fs::read_to_string(&file).expect("a readable file"));
}
