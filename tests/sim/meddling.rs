//! One message in flight, dropped, held, doubled or delayed by hand.

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::view::MessageKind;
use herd_sim_wasm::{History, LogKind, Script, ServerId};

/// A flood over a triangle of which one link is slow; `s1` has its copy at 1.1 s.
fn triangle(more: &str) -> History {
    let text = format!(
        "herd 1 topology=ring:3 preset=flood latency=100ms client-latency=0s\n@1 say s0 IAMAT kiwi +1+1 7\n{more}"
    );
    let script: Script = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    History::new(script)
}

fn knows(run: &History, server: u32) -> bool {
    run.world().store_of(ServerId(server)).iter().any(|row| *row.client == *b"kiwi")
}

fn learned_at(run: &History, server: u32) -> u64 {
    let is_it = |line: &&herd_sim_wasm::LogLine| {
        line.kind == LogKind::Learned && line.server == Some(server)
    };
    run.log().iter().find(is_it).map_or(u64::MAX, |line| line.at)
}

#[test]
fn what_is_dropped_never_arrives_and_is_shown_where_it_died() {
    let mut run = triangle("@1.05 drop s0>s1 1\n");
    run.seek(SECOND + 60 * MILLISECOND);
    let frame = run.frame(&[]);
    let to_s1 = |m: &&herd_sim_wasm::view::MessageView| m.kind == MessageKind::Update && m.to == 1;
    assert_eq!(frame.messages.iter().filter(to_s1).count(), 0);
    assert_eq!((frame.deaths.len(), frame.deaths[0].from, frame.deaths[0].to), (1, 0, 1));
    assert!((frame.deaths[0].fraction - 0.5).abs() < 1e-6);
    run.seek(SECOND + 150 * MILLISECOND);
    assert!(!knows(&run, 1) && knows(&run, 2));
    run.seek(SECOND + 201 * MILLISECOND);
    assert_eq!(learned_at(&run, 1), SECOND + 200 * MILLISECOND, "the long way round");
}

#[test]
fn what_is_kept_waits_until_the_link_is_released() {
    let mut run = triangle("@1 cut s1-s2\n@1.05 keep s0>s1 1\n@3 release s0-s1\n");
    run.seek(3 * SECOND - 1);
    assert!(!knows(&run, 1));
    let frame = run.frame(&[]);
    let held = frame.messages.iter().find(|m| m.kind == MessageKind::Update).expect("it waits");
    assert_eq!((held.from, held.to, held.arrives), (0, 1, u64::MAX));
    run.seek(3 * SECOND + 101 * MILLISECOND);
    assert_eq!(learned_at(&run, 1), 3 * SECOND + 100 * MILLISECOND);
}

#[test]
fn what_is_delayed_comes_later_and_what_is_doubled_comes_twice() {
    let mut run = triangle("@1 cut s1-s2\n@1.05 delay s0>s1 1 700ms\n");
    run.seek(3 * SECOND);
    assert_eq!(learned_at(&run, 1), SECOND + 800 * MILLISECOND);
    let mut run = triangle("@1 cut s1-s2\n@1.05 copy s0>s1 1\n");
    run.seek(3 * SECOND);
    assert_eq!(learned_at(&run, 1), SECOND + 100 * MILLISECOND);
    let known = run.log().iter().filter(|line| line.kind == LogKind::Known);
    assert_eq!(known.filter(|line| line.server == Some(1)).count(), 1);
}

#[test]
fn a_message_of_the_picture_has_a_name_in_a_command() {
    let mut run = triangle("");
    run.seek(SECOND + 50 * MILLISECOND);
    let frame = run.frame(&[]);
    let update = frame.messages.iter().find(|m| m.kind == MessageKind::Update && m.to == 2);
    let (path, nth) = run.world().in_flight(update.expect("on its way").id).expect("it has one");
    assert_eq!((path.from, path.to, path.one_way, nth), (ServerId(0), ServerId(2), true, 1));
    assert_eq!(run.world().in_flight(u64::MAX), None);
}

#[test]
fn whatever_becomes_of_one_message_every_check_holds_and_all_agree_again() {
    for preset in Preset::ALL.into_iter().filter(|preset| preset.repairs()) {
        for deed in ["drop s0>s1 1", "keep s0>s1 1", "copy s0>s1 1", "delay s0>s1 1 3s"] {
            for datagrams in ["", "@0.9 datagram all loss=0%\n"] {
                let name = preset.name();
                let text = format!(
                    "herd 1 topology=ring:5 latency=100ms preset={name}\n{datagrams}\
                     @1 say s0 IAMAT kiwi +1+1 7\n@1.1 {deed}\n\
                     @2 say s0 IAMAT kiwi +2+2 8\n@2.1 {deed}\n@2.2 {deed}\n@6 release\n@60 heal\n"
                );
                let script: Script =
                    text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
                let mut run = History::new(script);
                run.seek(60 * SECOND);
                for lamp in run.world().lamps() {
                    let broken = lamp.broken.map(|broken| broken.what.clone());
                    assert_eq!(broken, None, "{}\n{text}", lamp.name);
                }
                assert!((0..5).all(|server| knows(&run, server)), "{text}");
            }
        }
    }
}
