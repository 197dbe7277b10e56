//! Trees that are planned from any map.

use herd_tests::weighted::{Link, Weighted};
use proptest::prelude::*;

/// Two to nine servers that all can reach each other, and how many ms each link takes.
fn map() -> impl Strategy<Value = (usize, Vec<Link>)> {
    (2_usize..10).prop_flat_map(|servers| {
        let far = 1_u64..30;
        // Each is linked to one before it, and some to others besides.
        let tree = prop::collection::vec((any::<prop::sample::Index>(), far.clone()), servers - 1);
        let more = prop::collection::vec((0..servers, 0..servers, far), 0..2 * servers);
        (tree, more).prop_map(move |(tree, more)| {
            let before = |(own, (other, far)): (usize, (prop::sample::Index, u64))| {
                (other.index(own), own, far)
            };
            let mut links: Vec<Link> = (1..).zip(tree).map(before).collect();
            for (a, b, far) in more {
                let (a, b) = (a.min(b), a.max(b));
                if a != b && !links.iter().any(|(c, d, _)| (*c, *d) == (a, b)) {
                    links.push((a, b, far));
                }
            }
            (servers, links)
        })
    })
}

/// How far each server is from one: over one link more each time (Bellman, 1958), which is another
/// way than the core's.
fn distances(servers: usize, links: &[Link], from: usize) -> Vec<u64> {
    let mut far = vec![u64::MAX; servers];
    far[from] = 0;
    for _ in 0..servers {
        for (a, b, way) in links {
            far[*b] = far[*b].min(far[*a].saturating_add(*way));
            far[*a] = far[*a].min(far[*b].saturating_add(*way));
        }
    }
    far
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the map: every update, the first one too, takes N - 1 messages, and comes to every
    /// server when the shortest way has been gone.
    #[test]
    fn a_planned_update_takes_the_shortest_way_and_n_minus_1_messages((servers, links) in map()) {
        let mut herd = Weighted::new(servers, &links);
        for origin in 0..servers {
            (herd.pushes, herd.learned) = (0, Vec::new());
            let told = herd.now_ms();
            herd.say(origin, &format!("IAMAT c{origin} +1+1 1700000000"));
            herd.rest();
            prop_assert_eq!(herd.pushes, servers as u64 - 1, "from {}", origin);
            let mut reached = vec![0; servers];
            for (server, at) in &herd.learned {
                reached[*server] = at - told;
            }
            prop_assert_eq!(herd.learned.len(), servers - 1);
            prop_assert_eq!(reached, distances(servers, &links, origin), "from {}", origin);
        }
    }
}
