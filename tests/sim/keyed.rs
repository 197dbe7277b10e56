//! Luck is keyed: what one command does not touch is as it was without it.

use std::collections::{BTreeMap, BTreeSet};

use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::nemesis::{self, Kind, Setup};
use herd_sim_wasm::{History, LogLine, Script, World};
use proptest::prelude::*;

/// A message on a directed link: when it left, how many had left by then, and when it comes.
type Fate = (u64, u64, u64);

/// The messages of every directed link, in order.
fn fates(script: &Script, until: u64) -> BTreeMap<(u32, u32), Vec<Fate>> {
    let mut world = World::new(script.clone());
    let stage = world.stage();
    let mut seen = BTreeSet::new();
    while world.next_time().is_some_and(|next| next <= until) {
        world.step();
        let frame = world.frame_on(&stage, &[]);
        let links = frame.links.iter();
        let counts: BTreeMap<(u32, u32), u64> = links
            .flat_map(|link| [((link.a, link.b), link.sent_ab), ((link.b, link.a), link.sent_ba)])
            .collect();
        for message in frame.messages {
            // What is held has no fate yet; what left before was seen then.
            let way = (message.from, message.to);
            if let Some(count) = counts.get(&way)
                && message.arrives < u64::MAX
                && message.sent == world.now()
            {
                seen.insert((way, (message.sent, *count, message.arrives)));
            }
        }
    }
    let mut fates: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (way, fate) in seen {
        fates.entry(way).or_default().push(fate);
    }
    fates
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The n-th message on a link, if it leaves at the same instant, comes at the same instant, whatever
    /// else was done or left out.
    #[test]
    fn a_fate_hangs_on_the_link_and_the_number_of_the_message(seed in 0..10_000_u64, which in 0..1_000_usize) {
        // None of these says how long a message takes: whatever is switched off, no fate may change.
        let kinds = vec![
            Kind::Clocks, Kind::Crashes, Kind::Cuts, Kind::Joins, Kind::Partitions, Kind::Pauses,
            Kind::Places, Kind::SlowServers, Kind::Stamps, Kind::Swizzle,
        ];
        let setup = Setup { topology: Some("ring:5".into()), kinds: Some(kinds), ..Setup::default() };
        let script = nemesis::draw(seed, &setup).expect("drawn");
        let entry = &script.entries()[which % script.entries().len()];
        let until = entry.at + 2 * SECOND;
        let mut without = script.clone();
        without.switch(entry.id, false);
        let (with, without) = (fates(&script, until), fates(&without, until));
        let mut same = 0;
        for (link, messages) in &with {
            let Some(others) = without.get(link) else { continue };
            for (one, other) in messages.iter().zip(others) {
                // From here on the link is touched: other messages have these numbers.
                if (one.0, one.1) != (other.0, other.1) {
                    break;
                }
                prop_assert_eq!(one, other, "on {:?}\n{}", link, script);
                same += 1;
            }
        }
        prop_assert!(same > 0);
    }

    /// Two parts that cannot hear of each other do not feel each other's commands, to the last line.
    #[test]
    fn what_is_done_in_one_part_is_not_felt_in_the_other(seed in 0..10_000_u64, off in 0..5_usize) {
        let text = format!(
            "herd 1 seed={seed} topology=line:8 latency=10ms+60ms jitter=5ms skew=2s\n\
             @0 cut s3-s4\n@1 say s1 IAMAT kiwi +1+1 1\n@1.1 say s6 IAMAT plum +2+2 2\n\
             @2 kill s2\n@2.2 say s5 IAMAT fig +3+3 3\n@3 restart s2 empty\n@3.3 kill s6\n\
             @4 cut s0-s1\n@4.4 restart s6\n@5 say s0 IAMAT lime +4+4 4\n@6 say s7 IAMAT pear +5+5 5\n"
        );
        let mut run = History::new(text.parse().expect("a script"));
        run.seek(12 * SECOND);
        let lines = |run: &History| -> Vec<(u64, Option<u32>, Box<str>)> {
            let right = |line: &&LogLine| line.server.is_some_and(|server| server >= 4);
            run.log().iter().filter(right).map(|l| (l.at, l.server, l.text.clone())).collect()
        };
        let before = lines(&run);
        let left = [1, 3, 5, 7, 9][off];
        let id = run.script().entries()[left].id;
        prop_assert!(run.toggle(id, false));
        prop_assert_eq!(lines(&run), before);
    }
}

#[test]
fn a_command_that_is_switched_off_does_change_what_it_touches() {
    let text = "herd 1 seed=1 topology=line:3\n@1 say s0 IAMAT kiwi +1+1 1\n";
    let script: Script = text.parse().expect("a script");
    let off: Script = text.replace("@1", "off @1").parse().expect("a script");
    let until = SECOND + 500 * MILLISECOND;
    assert_ne!(fates(&script, until), fates(&off, until));
}
