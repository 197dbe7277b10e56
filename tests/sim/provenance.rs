//! What led to what.

use herd_core::time::SECOND;
use herd_sim_wasm::cause::Provenance;
use herd_sim_wasm::{LogKind, Script, ServerId, nemesis};

fn of(text: &str) -> Provenance {
    let script: Script = text.parse().expect("a script");
    Provenance::of(&script, 20 * SECOND)
}

#[test]
fn a_fact_is_followed_to_who_said_it() {
    let run = of("herd 1 topology=line:4\n@1 say s0 IAMAT kiwi +1+1 1\n@2 cut s2-s3\n\
        @3 say s0 IAMAT kiwi +2+2 2\n@5 heal\n");
    let path = run.path("kiwi", ServerId(3));
    let texts: Vec<&str> = path.iter().map(|line| &*line.text).collect();
    let way = ["accepts kiwi", "learns kiwi < s0", "learns kiwi < s1", "repaired kiwi < s2"];
    assert_eq!(texts, way);
    assert!(path.windows(2).all(|pair| pair[0].at < pair[1].at));
    assert!(path[0].at > 3 * SECOND && path[3].at > 5 * SECOND);
    assert!(run.path("plum", ServerId(3)).is_empty());
}

#[test]
fn causes_go_back_to_the_command() {
    let script: Script = "herd 1 topology=line:4\n@1 say s0 IAMAT kiwi +1+1 1\n@2 kill s0\n"
        .parse()
        .expect("a script");
    let run = Provenance::of(&script, 20 * SECOND);
    let last = run.log().iter().rfind(|line| &*line.text == "learns kiwi < s2").expect("s3");
    let causes = run.causes(last.number).expect("a line");
    assert_eq!(&*causes[0].text, "say s0 IAMAT kiwi +1+1 1");
    assert_eq!(causes.last().map(|line| line.number), Some(last.number));
    assert_eq!(run.command_of(last.number), Some(script.entries()[0].id));
    // And on from the command to all that came of it, but not of the other.
    let effects = run.effects(causes[0].number).expect("a line");
    assert_eq!(effects.iter().filter(|line| line.kind == LogKind::Learned).count(), 3);
    assert!(effects.iter().all(|line| !line.text.contains("kill")));
    assert_eq!(run.causes(u64::MAX), None);
}

#[test]
fn causes_and_effects_are_each_other_s() {
    for seed in 0..5 {
        let script = nemesis::draw(seed, &nemesis::Setup::default()).expect("drawn");
        let run = Provenance::of(&script, 4 * SECOND);
        for line in run.log().iter().step_by(37) {
            for cause in run.causes(line.number).expect("a line") {
                let effects = run.effects(cause.number).expect("a line");
                assert!(cause == line || effects.contains(&line), "{script}\n{cause:?}\n{line:?}");
            }
        }
    }
}
