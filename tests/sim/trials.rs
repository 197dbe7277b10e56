//! One run, tried in several ways: from when on it could not be saved, and with two protocols.

use herd_core::Preset;
use herd_sim_wasm::no_return::NoReturn;
use herd_sim_wasm::race::Race;
use herd_sim_wasm::{Costs, Sometimes, judge, nemesis, shrink::Shrinker};

use crate::reading::script;

fn searched(text: &str) -> NoReturn {
    let mut search = NoReturn::new(&script(text));
    while search.step() {}
    assert_eq!(search.points().len(), search.whole());
    search
}

/// What was done last before each point, whether it fails, and how many pairs know the newest.
fn told(search: &NoReturn) -> Vec<(&str, bool, (u64, u64))> {
    let points = search.points().iter();
    points.map(|point| (&*point.last, point.failure.is_some(), (point.known, point.of))).collect()
}

#[test]
fn what_could_not_be_made_good_is_the_point_of_no_return() {
    let search = searched(
        "herd 1 seed=1 topology=line:2 bug=forgets-on-restart\n\
         @1 say s1 IAMAT c3 +60-41 1700000001\n\
         @1.5 cut s0-s1\n\
         @2 restart s0\n\
         off @2.1 kill s1\n\
         @3 heal\n",
    );
    let expected = [
        ("", false, (0, 0)),
        ("say s1 IAMAT c3 +60-41 1700000001", false, (2, 2)),
        ("cut s0-s1", false, (2, 2)),
    ];
    assert_eq!(told(&search)[..3], expected);
    assert_eq!(search.turn(), Some(3));
    let turn = &search.points()[3];
    assert_eq!((&*turn.last, turn.at, turn.done), ("restart s0", 3_000_000_000, 3));
    // Its link opens the run that fails: what was done, and then calm.
    let opened = turn.link.script.to_string();
    assert!(opened.ends_with("@2 restart s0\n@3 heal\n"), "{opened}");
    assert_eq!(judge(&turn.link.script).failure, turn.failure);
}

#[test]
fn calm_brings_back_what_was_broken() {
    let search = searched(
        "herd 1 seed=1 topology=places-2016\n\
         @1 kill Holiday\n\
         @1.1 pause Ball\n\
         @1.2 partition set Alford,Hamilton\n\
         @1.3 say Hamilton IAMAT kiwi +34.068930-118.445127 1700000001.3\n\
         @2 slow Welsh 500ms\n",
    );
    assert_eq!(search.turn(), None);
    let points = search.points();
    assert!(points.iter().all(|point| point.failure.is_none()), "{:?}", told(&search));
    // Calm lets everyone know; the run as it is, which stays broken, does not.
    assert_eq!((points[4].known, points[4].of), (5, 5));
    let whole = points.last().expect("the whole run");
    assert!(whole.known < whole.of, "{:?}", told(&search));
}

#[test]
fn a_run_in_which_nothing_is_done_has_one_point() {
    let search = searched("herd 1 seed=1 topology=ring:4\n");
    assert_eq!((told(&search), search.turn()), (vec![("", false, (0, 0))], None));
}

#[test]
fn a_race_costs_each_what_it_costs_alone() {
    let text = "herd 1 seed=5 topology=grid:5x5 latency=20ms..180ms\n\
        @1 say s12 IAMAT kiwi +34-118 1700000001\n\
        @3 say s12 IAMAT kiwi +35-118 1700000003\n";
    let run = script(text);
    let presets = [Preset::Flood, Preset::Grove];
    let mut race = Race::new(&run, presets).expect("a race");
    while race.step() {}
    for (side, preset) in race.sides().iter().zip(presets) {
        let mut options = run.options().clone();
        options.preset = preset;
        assert_eq!(side.costs(), Costs::with(&run, options).expect("a run"), "{}", preset.name());
        // Everybody but the one that was told learns both updates.
        assert_eq!(side.reach().last().map(|(_, count)| *count), Some(48));
    }
    let [flood, grove] = race.sides().each_ref().map(|side| side.costs().pushes);
    assert_eq!((flood, grove), (2 * 56, 56 + 24));
}

#[test]
fn luck_is_the_same_for_both() {
    // The first copy on each link takes as long for one as for the other.
    let run = script(
        "herd 1 seed=9 topology=random:30:3 latency=10ms..190ms\n\
         @1 say s0 IAMAT kiwi +34-118 1700000001\n",
    );
    let mut race = Race::new(&run, [Preset::Flood, Preset::Flood]).expect("a race");
    while race.step() {}
    let [a, b] = race.sides();
    assert_eq!((a.costs(), a.reach()), (b.costs(), b.reach()));
    let mut other = Race::new(&run, [Preset::Flood, Preset::Grove]).expect("a race");
    while other.step() {}
    let [flood, grove] = other.sides();
    assert_eq!(flood.reach(), grove.reach(), "a first update floods on both");
}

#[test]
fn a_run_is_made_small_for_what_it_shows() {
    let what = Sometimes::Relearned;
    let drawn = (0..).map(|seed| nemesis::draw(seed, &Default::default()).expect("a run"));
    let mut small = drawn.take(500).find_map(|run| Shrinker::showing(&run, what)).expect("a run");
    let before = small.script().entries().len();
    while small.step() {}
    assert!(small.script().entries().len() < before.min(5), "{}", small.script());
    let verdict = judge(small.script());
    assert!(verdict.failure.is_none() && verdict.seen[what as usize] > 0, "{}", small.script());
    assert!(Shrinker::showing(&script("herd 1 seed=1 topology=line:2\n"), what).is_none());
}
