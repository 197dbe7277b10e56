//! Two servers that have the same updates and hold something different come to hold the same.

use std::collections::BTreeMap;

use herd_core::codec::Origin;
use herd_core::{Event, Node};
use herd_tests::pair::Pair;
use proptest::prelude::*;

const ORIGIN: Origin<'static> = Origin { name: b"Welsh", incarnation: 7 };

/// A record of a client: the n-th update of the origin.
fn line(client: u32, stamp: u32) -> String {
    format!("AT Welsh +0.1 c{client} +1.5-1.5 16000000{stamp:02}")
}

/// A store that holds these clients with these stamps, and says that it has all updates.
fn fill(node: &mut Node, held: &BTreeMap<u32, u32>) {
    for (client, stamp) in held {
        let seq = u64::from(client * 100 + stamp) + 1;
        node.restore_counted(line(*client, *stamp).as_bytes(), &ORIGIN, seq).expect("a record");
    }
    node.restore_have(&ORIGIN, 1, 1_000_000);
}

fn held(node: &Node) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    node.store().iter().map(|record| (text(record.client()), text(record.line()))).collect()
}

/// Two stores: what both hold, and what each holds instead, or besides.
fn stores() -> impl Strategy<Value = [BTreeMap<u32, u32>; 2]> {
    let some = |most| prop::collection::btree_map(0..400_u32, 0..3_u32, 0..most);
    (prop::collection::btree_map(0..2_000_u32, 0..1_u32, 0..1_500), some(60), some(60), any::<u8>())
        .prop_map(|(mut both, one, other, what)| {
            // None at all, of both or of one of them.
            if what % 5 == 0 {
                both.clear();
            }
            let join = |more: BTreeMap<u32, u32>, none: bool| {
                let mut all = both.clone();
                all.extend(more);
                if none { BTreeMap::new() } else { all }
            };
            [join(one, what % 7 == 1), join(other, what % 11 == 2)]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn who_holds_something_different_comes_to_hold_the_same(stores in stores()) {
        let mut pair = Pair::new(|_| (), |end, node| fill(node, &stores[end]));
        let mut all = stores[0].clone();
        for (client, stamp) in &stores[1] {
            let newest = all.entry(*client).or_default();
            *newest = (*newest).max(*stamp);
        }
        let all: BTreeMap<String, String> =
            all.iter().map(|(client, stamp)| (format!("c{client}"), line(*client, *stamp))).collect();
        pair.link();
        // The digests that follow a greeting are one; with an update, more follow.
        pair.rest();
        for end in 0..2 {
            prop_assert_eq!(&held(pair.node(end)), &all);
            prop_assert!(pair.node(end).check().is_ok());
        }
        let diverged = pair.events.iter().any(|(_, event)| matches!(event, Event::Diverged { .. }));
        prop_assert_eq!(diverged, stores[0] != stores[1]);
        let lacked = |store: &BTreeMap<u32, u32>| {
            let has = |(client, _): &(&String, &String)| store.iter().any(|(other, stamp)| {
                **client == format!("c{other}") && all[*client] == line(*other, *stamp)
            });
            all.iter().filter(|one| !has(one)).count() as u64
        };
        // Each is given what it lacks, once.
        prop_assert_eq!(pair.records, lacked(&stores[0]) + lacked(&stores[1]));
    }

    /// The print of a store is the sum over what it holds, whatever happened before.
    #[test]
    fn a_print_follows_what_is_held(
        said in prop::collection::vec((0..30_u32, 0..100_u32), 0..200),
        seeds in any::<[u64; 2]>(),
        most in 1..40_usize,
    ) {
        let change = |config: &mut herd_core::Config| config.clients_max = most;
        let prints = seeds.map(|seed| {
            let mut pair = Pair::new(
                |config| {
                    change(config);
                    config.hash_seed = seed;
                },
                |_, _| (),
            );
            for (client, stamp) in &said {
                pair.say(0, &format!("IAMAT c{client} +1-1 {}", stamp + 1));
            }
            let node = pair.node(0);
            let sum = node.store().iter().fold(0_u64, |sum, record| {
                let mut alone = Pair::new(|_| (), |_, _| ());
                alone.node_mut(0).restore(record.line()).expect("a record");
                sum.wrapping_add(alone.node(0).store().print())
            });
            assert_eq!(node.store().print(), sum);
            sum
        });
        prop_assert_eq!(prints[0], prints[1]);
    }
}
