use std::collections::BTreeSet;

use super::*;

fn named(spec: &str) -> Topology {
    Topology::named(spec, 1).unwrap_or_else(|error| panic!("{spec}: {error}"))
}

#[test]
fn the_field_has_five_servers_each() {
    for (name, ..) in field::HERDS {
        let herd = named(name);
        assert_eq!(herd.names().len(), 5, "{name}");
        assert!(herd.is_connected(), "{name}");
    }
}

#[test]
fn the_seed_herd_is_directed() {
    let herd = named("seed-2016");
    let edges: Vec<(&str, &str, bool)> =
        herd.edges().iter().map(|e| (herd.name(e.a), herd.name(e.b), e.one_way)).collect();
    assert_eq!(
        edges,
        [
            ("Alford", "Hamilton", true),
            ("Alford", "Welsh", false),
            ("Ball", "Holiday", false),
            ("Ball", "Welsh", false),
            ("Hamilton", "Holiday", false),
        ]
    );
}

#[test]
fn shapes_have_the_servers_and_links_they_should() {
    for (spec, servers, links) in [
        ("line:1", 1, 0),
        ("line:25", 25, 24),
        ("ring:8", 8, 8),
        ("star:6", 6, 5),
        ("grid:5x5", 25, 40),
        ("grid:1x7", 7, 6),
        ("tree:25", 25, 24),
        ("tree:21:4", 21, 20),
        ("complete:25", 25, 300),
        ("small-world:40:4:20", 40, 80),
        ("random:40:4", 40, 80),
        ("random:40:3", 40, 60),
        ("random:6:5", 6, 15),
        ("random:1000:8", 1000, 4000),
    ] {
        let herd = named(spec);
        assert_eq!((herd.names().len(), herd.edges().len()), (servers, links), "{spec}");
        assert!(herd.is_connected(), "{spec} is in pieces");
        assert_eq!(herd.spec(), spec);
        let pairs: BTreeSet<_> =
            herd.edges().iter().map(|e| (e.a.min(e.b), e.a.max(e.b))).collect();
        assert_eq!(pairs.len(), links, "{spec} has double links");
        let inside = |v: f32| (0.0..=1.0).contains(&v);
        let places = herd.positions();
        assert_eq!(places.len(), servers);
        assert!(places.iter().all(|&(x, y)| inside(x) && inside(y)), "{spec}: {places:?}");
    }
}

#[test]
fn many_servers_stand_in_rings_by_hops_and_nobody_on_another() {
    for spec in ["random:10000:4", "small-world:1000:4:12"] {
        let herd = named(spec);
        let places = herd.positions();
        let from_middle = |at: usize| (places[at].0 - 0.5).hypot(places[at].1 - 0.5);
        assert_eq!(places[0], (0.5, 0.5), "{spec}");
        let near = herd.peers()[0].clone();
        let hop = from_middle(near[0].0.index());
        for (server, _) in near {
            assert!(
                (from_middle(server.index()) - hop).abs() < 1e-3,
                "{spec}: one hop is one ring"
            );
        }
        let distinct: BTreeSet<_> =
            places.iter().map(|at| (at.0.to_bits(), at.1.to_bits())).collect();
        assert_eq!(distinct.len(), places.len(), "{spec}");
        assert_eq!(places, named(spec).positions(), "{spec}: the same every time");
    }
    // A ring is one, however many stand on it.
    let ring = named("ring:500").positions();
    assert!(ring.iter().all(|at| ((at.0 - 0.5).hypot(at.1 - 0.5) - 0.46).abs() < 1e-3));
}

#[test]
fn everyone_in_a_random_herd_has_as_many_neighbours() {
    let herd = named("random:50:4");
    assert!(herd.peers().iter().all(|peers| peers.len() == 4));
    assert_eq!(herd, named("random:50:4"));
    assert_ne!(Ok(herd), Topology::named("random:50:4", 2));
}

#[test]
fn what_cannot_be_is_refused() {
    for spec in [
        "",
        "ring",
        "ring:",
        "ring:2",
        "ring:x",
        "ring:+8",
        "ring:8:8",
        "line:0",
        "line:100001",
        "grid:5",
        "grid:0x5",
        "grid:1000x1000",
        "tree:5:0",
        "complete:5000",
        "random:5:5",
        "random:7:3",
        "small-world:10:3:5",
        "small-world:10:4:101",
        "Places-2016",
    ] {
        assert!(Topology::named(spec, 1).is_err(), "{spec}");
    }
}

#[test]
fn servers_are_found_by_name_and_number() {
    let herd = named("places-2016");
    assert_eq!(herd.server("Hamilton"), Some(ServerId(2)));
    assert_eq!(herd.server("2"), Some(ServerId(2)));
    assert_eq!(herd.server("5"), None);
    assert_eq!(herd.server("s2"), None);
    assert_eq!(named("ring:8").server("s7"), Some(ServerId(7)));
}

#[test]
fn the_leaves_of_a_tree_stand_equally_far_apart() {
    for spec in ["tree:25:4", "tree:10:2", "tree:2:3", "tree:40:1"] {
        let herd = named(spec);
        let places = herd.positions();
        let inner: BTreeSet<usize> = herd.edges().iter().map(|edge| edge.a.index()).collect();
        let leaves = (0..places.len()).filter(|at| !inner.contains(at));
        let mut across: Vec<f32> = leaves.map(|at| places[at].0).collect();
        across.sort_by(f32::total_cmp);
        let gaps: Vec<f32> = across.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(gaps.iter().all(|gap| (gap - gaps[0]).abs() < 1e-5), "{spec}: {gaps:?}");
        for edge in herd.edges() {
            let (above, below) = (places[edge.a.index()], places[edge.b.index()]);
            assert!(above.1 < below.1, "{spec}: {above:?} is not above {below:?}");
        }
    }
}

#[test]
fn who_joins_stands_apart_from_everyone() {
    for spec in ["ring:8", "small-world:9:4:41", "places-2016", "grid:3x3"] {
        for beside in 0..named(spec).positions().len() {
            let mut herd = named(spec);
            herd.join("n0", &[ServerId(u32::try_from(beside).expect("a server"))]);
            let mut places = herd.positions();
            let new = places.pop().expect("it is there");
            let least =
                places.iter().map(|at| (at.0 - new.0).hypot(at.1 - new.1)).fold(9.0, f32::min);
            assert!(least >= 0.1, "{spec}: {new:?} beside {beside} is {least} from another");
        }
    }
}
