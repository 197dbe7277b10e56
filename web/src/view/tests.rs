//! What is painted when, read from the recorder.

use herd_sim_wasm::Command;

use super::*;
use crate::detail::Detail;
use crate::geometry::{Camera, Moved};
use crate::paint::Recorder;
use crate::presets::PRESETS;
use crate::session::Session;

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

fn five(at_ms: u64) -> Session {
    let mut session = Session::open(PRESETS[0].script).expect("a preset is a script");
    session.seek(at_ms * MILLISECOND);
    session
}

/// What a look at the stage finds: the three layers as text, and the prints of two of them.
fn paint(session: &Session) -> ([String; 3], (u64, u64)) {
    paint_at(session, Detail::Whole)
}

fn paint_at(session: &Session, detail: Detail) -> ([String; 3], (u64, u64)) {
    paint_with(session, detail, false)
}

fn paint_with(session: &Session, detail: Detail, still: bool) -> ([String; 3], (u64, u64)) {
    let geometry =
        Geometry::new(&session.frame().stage, 1000.0, 600.0, Camera::default(), &Moved::new());
    let arrivals = session.arrivals(0.1);
    let picture = Picture {
        frame: session.frame(),
        geometry: &geometry,
        palette: &Palette::LIGHT,
        tree: session.tree(),
        way: &[],
        selected: None,
        followed: session.followed(),
        arrivals: &arrivals,
        hidden: Hidden::default(),
        ghosts: &[],
        sketch: &Sketch::Nothing,
        detail,
        still,
    };
    let mut layers = [Recorder::default(), Recorder::default(), Recorder::default()];
    picture.paint_links(&mut layers[0]);
    picture.paint_servers(&mut layers[1]);
    picture.paint_messages(&mut layers[2]);
    let prints = (picture.links_print(), picture.servers_print());
    (layers.map(|layer| layer.lines.join("\n")), prints)
}

/// How many circles of a layer have this colour inside.
fn dots(layer: &str, color: &str) -> usize {
    let is_dot = |line: &&str| line.starts_with("circle") && line.contains(&format!(" {color}"));
    layer.lines().filter(is_dot).count()
}

#[test]
fn news_is_blue_on_its_way_and_where_it_is_known() {
    let ([links, servers, messages], _) = paint(&five(1100));
    assert_eq!(links.lines().filter(|line| line.starts_with("line")).count(), 5);
    assert_eq!(dots(&servers, Palette::LIGHT.newest), 1, "{servers}");
    assert_eq!(dots(&messages, Palette::LIGHT.newest), 2, "{messages}");
}

#[test]
fn position_is_the_part_of_the_latency_that_is_over() {
    let session = five(1110);
    let geometry =
        Geometry::new(&session.frame().stage, 1000.0, 600.0, Camera::default(), &Moved::new());
    let ([.., messages], _) = paint(&session);
    let (alford, welsh) = (geometry.servers[0], geometry.servers[4]);
    let half = alford.towards(welsh, 0.5);
    assert!(messages.contains(&format!("circle {:.0},{:.0} ", half.x, half.y)), "{messages}");
}

#[test]
fn what_stands_still_is_not_painted_anew() {
    let (_, early) = paint(&five(1100));
    let (_, late) = paint(&five(1150));
    assert_eq!(early, late, "only messages have moved");
    let (_, later) = paint(&five(1200));
    assert_ne!(early.0, later.0, "two links feed now");
    assert_ne!(early.1, later.1, "two servers know more");
}

#[test]
fn a_cut_has_a_gap_and_the_dead_have_a_cross() {
    let mut session = five(1500);
    let wrong = Palette::LIGHT.wrong;
    let count = |layer: &str| layer.lines().filter(|line| line.contains(wrong)).count();
    let ([links, servers, _], before) = paint(&session);
    assert_eq!((count(&links), count(&servers)), (0, 0));
    session.act(session.toggle_link(0)).expect("a link can be cut");
    session.act(Command::Kill(herd_sim_wasm::ServerId(3))).expect("Holiday can be killed");
    let ([links, servers, _], after) = paint(&session);
    // Two bars; an outline, two lines of the cross, and for how long it has been down.
    assert_eq!((count(&links), count(&servers)), (2, 4), "{links}\n{servers}");
    assert!(before.0 != after.0 && before.1 != after.1);
}

#[test]
fn a_slow_link_has_a_coil_a_lossy_one_gaps_and_each_is_a_key() {
    let mut session = five(900);
    let lines = |session: &Session| paint(session).0[0].lines().count();
    let usual = lines(&session);
    for (key, more) in [("W", 7), ("O", 1)] {
        let press = |session: &mut Session| {
            let action = session.action_of_key(Thing::Link(0), key).expect("a key of a link");
            let crate::session::What::Do(command) = action.what else { panic!("{action:?}") };
            session.act(command).expect("it can be done");
        };
        press(&mut session);
        assert_eq!(lines(&session), usual + more, "{key}");
        press(&mut session);
        assert_eq!(lines(&session), usual, "{key} again: as before");
    }
    assert_eq!(session.script().entries().len(), 7, "each is a row of the script");
}

#[test]
fn a_copy_is_hollow_and_what_is_to_come_is_faint() {
    let mut session = five(1110);
    let update = *session.frame().messages.iter().find(|m| m.kind.is_update()).expect("a message");
    let rings = |session: &Session| {
        let [.., messages] = paint(session).0;
        let mark = format!("{} outline {}", Palette::LIGHT.paper, Palette::LIGHT.newest);
        messages.lines().filter(|line| line.starts_with("circle") && line.ends_with(&mark)).count()
    };
    assert_eq!(rings(&session), 0);
    let copy = session.action_of_key(Thing::Message(update.id), "2").expect("a key of a message");
    let crate::session::What::Do(command) = copy.what else { panic!("{copy:?}") };
    session.act(command).expect("it can be copied");
    assert_eq!(rings(&session), 1);

    let session = five(1110);
    let ghosts = session.ghosts();
    assert!(!ghosts.is_empty() && ghosts.iter().all(|ghost| ghost.sent > session.now()));
    assert_eq!(session.frame(), five(1110).frame(), "to look ahead changes nothing");
}

#[test]
fn a_broken_promise_is_ringed_where_it_broke() {
    let text = "herd 1 seed=1 topology=places-2016 bug=answers-twice\n\
                @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
    let mut session = Session::open(text).expect("a script");
    session.seek(2_000 * MILLISECOND);
    assert_eq!(session.broken_checks(), 1);
    let [_, servers, _] = paint(&session).0;
    let octagons = servers.lines().filter(|line| {
        line.starts_with("polygon")
            && line.split(' ').filter(|word| word.contains(',')).count() == 8
    });
    let lamps = session.frame().lamps.iter().filter_map(|lamp| lamp.broken.as_ref());
    let involved: usize = lamps.map(|broken| broken.servers.len()).sum();
    assert!(involved > 0);
    assert_eq!(octagons.count(), involved, "{servers}");
}

#[test]
fn among_thousands_links_glow_and_servers_are_dots_of_few_colours() {
    let text = "herd 1 seed=4 topology=grid:100x100 latency=10ms\n\
                @1 say s5050 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
    let mut session = Session::open(text).expect("a script");
    session.seek(1_200 * MILLISECOND);
    let hidden = Hidden::default();
    let shown = session.frame().messages.iter().filter(|m| !hidden.hides(m.kind)).count();
    let ([links, servers, dots], _) = paint_at(&session, Detail::Dots);
    assert_eq!(links.lines().count(), session.frame().links.len());
    let know = session.reach().0;
    assert!(know > 100, "{know}");
    assert_eq!(self::dots(&servers, Palette::LIGHT.newest), know);
    assert_eq!(self::dots(&servers, Palette::LIGHT.paper), 10_000 - know);
    assert!(shown > 50 && dots.matches("circle").count() >= shown, "{shown} messages");
    let ([.., glow], _) = paint_at(&session, Detail::Glow);
    let glowing = glow.lines().filter(|line| line.starts_with("line")).count();
    assert!(glowing > 0 && glowing <= shown, "{glowing} links carry {shown} messages");
    assert!(!glow.contains("polygon"), "nothing is drawn by itself");
}

#[test]
fn while_a_large_herd_plays_only_messages_are_looked_at() {
    let text = "herd 1 seed=4 topology=grid:30x30 latency=10ms\n\
                @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
    let mut session = Session::open(text).expect("a script");
    session.seek(1_100 * MILLISECOND);
    let (looks, know) = (session.looks(), session.reach().0);
    let before: Vec<u64> = session.frame().messages.iter().map(|message| message.id).collect();
    assert!(session.advance(50 * MILLISECOND), "the flood goes on");
    assert_eq!((session.looks(), session.reach().0), (looks, know));
    let after: Vec<u64> = session.frame().messages.iter().map(|message| message.id).collect();
    assert_ne!(before, after);
    session.catch_up();
    assert!(session.looks() > looks && session.reach().0 > know);
    let mut same = Session::open(text).expect("a script");
    same.seek(1_150 * MILLISECOND);
    assert_eq!(session.frame(), same.frame(), "and then it is as if it had been looked at always");
}

#[test]
fn so_is_a_busy_herd_that_is_not_small() {
    for (side, left_out) in [(5, false), (9, true)] {
        let text = format!(
            "herd 1 seed=4 topology=grid:{side}x{side} latency=10ms\n\
             @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n"
        );
        let mut session = Session::open(&text).expect("a script");
        session.seek(1_020 * MILLISECOND);
        let looks = session.looks();
        session.play(5 * MILLISECOND, true);
        assert_eq!(session.looks() == looks, left_out, "{side}");
        session.catch_up();
        let looks = session.looks();
        session.play(5 * MILLISECOND, false);
        assert_ne!(session.looks(), looks, "of one that can be followed everything is looked at");
    }
}

#[test]
fn an_arrival_is_a_ring_of_its_kind() {
    let ([.., news], _) = paint(&five(1160));
    let ring = |layer: &str, color: &str| {
        let mark = format!("none outline {color}");
        layer.lines().filter(|line| line.starts_with("circle") && line.ends_with(&mark)).count()
    };
    assert_eq!(ring(&news, Palette::LIGHT.newest), 2, "{news}");
    let ([.., known], _) = paint(&five(1360));
    let rings = (ring(&known, Palette::LIGHT.quiet), ring(&known, Palette::LIGHT.newest));
    assert_eq!(rings, (2, 0), "{known}");
}

#[test]
fn for_who_asked_for_less_motion_nothing_flies_and_nothing_widens() {
    let ([.., moving], _) = paint(&five(1110));
    let ([.., still], _) = paint_with(&five(1110), Detail::Whole, true);
    let count = |layer: &str, what: &str| layer.lines().filter(|l| l.starts_with(what)).count();
    let newest = Palette::LIGHT.newest;
    assert_eq!((dots(&moving, newest), count(&moving, "line")), (2, 6), "tails: {moving}");
    assert_eq!((dots(&still, newest), count(&still, "line")), (0, 2), "ticks: {still}");
    let ([.., arrived], _) = paint_with(&five(1160), Detail::Whole, true);
    assert!(!arrived.contains("none outline"), "no ring: {arrived}");
}

#[test]
fn a_server_says_what_it_knows_and_how_it_stands_without_colours() {
    let mut session = five(900);
    let lines = |session: &Session, what: &str| {
        let ([_, servers, _], _) = paint(session);
        servers.lines().filter(|line| line.contains(what)).count()
    };
    // Of the second place two servers have not heard yet: the old number, and a notch.
    session.seek(2_450 * MILLISECOND);
    let notches = lines(&session, Palette::LIGHT.older);
    assert!(notches > 0 && lines(&session, " 2 #") > 0 && lines(&session, " 1 #") == notches);
    let act = |session: &mut Session, text: &str| {
        let command = session.read(text).expect("a command");
        session.act(command).expect("it can be done");
    };
    session.seek(900 * MILLISECOND);
    act(&mut session, "clock Welsh +3.5");
    assert_eq!((lines(&session, "clock +3.5 s"), lines(&session, "arc")), (1, 1));
    act(&mut session, "pause Ball");
    assert_eq!(lines(&session, "paused 0.0 s"), 1);
    let ([_, servers, _], _) = paint(&session);
    let bars = servers.lines().filter(|line| line.starts_with("line")).count();
    assert_eq!(bars, 3, "two bars and the hand of a clock: {servers}");
}

#[test]
fn who_has_not_joined_or_has_left_is_not_painted() {
    let text = "herd 1 topology=line:3\n@2 join n0 with s0,s2\n@4 leave n0\n@6 heal\n";
    let mut session = Session::open(text).expect("a script");
    let mut before = None;
    for (at, servers, links) in [(1, 3, 2), (3, 4, 4), (5, 3, 2)] {
        session.seek(at * 1000 * MILLISECOND);
        let ([painted_links, painted, _], prints) = paint(&session);
        assert_eq!(dots(&painted, Palette::LIGHT.paper), servers, "at {at} s: {painted}");
        let lines = painted_links.lines().filter(|line| line.starts_with("line"));
        assert_eq!(lines.count(), links, "at {at} s: {painted_links}");
        assert_eq!((session.reach().1, session.overview(9).len()), (servers, servers));
        assert_eq!(session.is_away(Thing::Link(2)), servers == 3);
        assert_ne!(before.replace(prints), Some(prints), "it is painted anew");
    }
}

#[test]
fn the_tree_is_strong_and_what_was_pruned_is_thin() {
    let mut session = Session::open(
        "herd 1 seed=1 topology=ring:8\n\
         @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    )
    .expect("a script");
    session.seek(900 * MILLISECOND);
    assert_eq!((session.root(), session.tree().len()), (None, 0));
    session.seek(2_000 * MILLISECOND);
    assert_eq!(session.root(), Some(0));
    let (layers, _) = paint(&session);
    let lines = |colour: &str| {
        let is_it = |line: &&str| line.starts_with("line") && line.contains(colour);
        layers[0].lines().filter(is_it).count()
    };
    assert_eq!(lines(Palette::LIGHT.feed), 7, "eight servers have seven feeds:\n{}", layers[0]);
    assert_eq!(lines(Palette::LIGHT.link), 1, "and one link is lazy:\n{}", layers[0]);
}

#[test]
fn who_came_back_without_its_store_is_dotted_until_it_hears_of_something() {
    let mut session = five(3000);
    let dashed = |session: &Session| {
        let ([_, servers, _], _) = paint(session);
        servers
            .lines()
            .filter(|line| line.contains(Palette::LIGHT.ink) && line.contains("dashed"))
            .count()
    };
    assert_eq!(dashed(&session), 0);
    session
        .act(Command::Restart { server: herd_sim_wasm::ServerId(3), store: false })
        .expect("a restart");
    assert_eq!(dashed(&session), 1);
    session.advance(2_000 * MILLISECOND);
    assert_eq!(dashed(&session), 0, "it was told");
}
