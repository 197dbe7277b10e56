//! The same script is the same run natively and as WebAssembly, whole and in slices.

use std::collections::BTreeSet;

use herd_sim_wasm::nemesis::{self, Setup};
use herd_sim_wasm::{Script, World, command, end_of, judge};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;
use herd_tests::chaos;
use serde_json::{Value, json};

/// Runs that a nemesis draws with every kind of fault allowed, and runs that are nothing but faults.
const DRAWN: u64 = 60;
const CHAOS: u64 = 30;
const SLICES: u64 = 600;

/// One message in flight, by hand, and what a server loses behind its back: no nemesis does that.
const MEDDLED: &str = "herd 1 seed=5 topology=ring:6\n\
    @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
    @1.1 drop s0>s1 1\n@1.2 copy s5>s4 1\n@1.2 keep s1>s2 1\n\
    @2 say s3 IAMAT kiwi +34.031210-118.486310 1700000002.000000000\n\
    @2.1 delay s3>s4 1 700ms\n@2.1 keep s3>s2 1\n@4 release\n\
    @6 lose s1 kiwi\n@6 damage s4 kiwi\n";

fn scripts() -> Vec<Script> {
    let setup = Setup::default();
    let drawn = (0..DRAWN).map(|seed| nemesis::draw(seed, &setup).expect("a run"));
    let meddled = MEDDLED.parse().expect("a script");
    drawn.chain((0..CHAOS).map(chaos::script)).chain([meddled]).collect()
}

/// What a run comes to natively.
fn native(script: &Script) -> Value {
    let mut world = World::new(script.clone());
    world.record(true);
    world.run_until(end_of(script));
    let log = world.take_log();
    json!({
        "digest": format!("{:016x}", world.digest()),
        "events": world.events(),
        "lines": log.len(),
        "last": log.last().map(|line| line.show(script.topology())),
        "verdict": format!("{:016x}", judge(script).digest),
    })
}

/// The same in the browser; the whole run at once, and again in slices.
const IN_THE_BROWSER: &str = "
    const end = (run) => ({
        digest: run.digest,
        events: run.events,
        lines: run.logLength,
        last: run.log(Math.max(0, run.logLength - 1)).at(0)?.line ?? null,
        verdict: judge(run.script).digest,
    });
    const whole = new Run(script);
    whole.seek(whole.end);
    const sliced = new Run(script);
    for (let slice = 1; slice <= slices; slice++) sliced.seek(sliced.end * slice / slices);
    const ends = [end(whole), end(sliced)];
    whole.free();
    sliced.free();
    return ends;
";

#[test]
fn natively_and_as_webassembly_whole_and_in_slices() {
    let mut page = Page::open(&format!("{}embed/", serve()), Media::DESKTOP);
    for script in scripts() {
        let text = serde_json::to_string(&script.to_string()).expect("text is JSON");
        let ends = page.eval(&format!(
            "(async () => {{
                const {{ default: init, Run, judge }} = await import('/embed/herd_sim.js');
                await init();
                const script = {text}, slices = {SLICES};
                {IN_THE_BROWSER}
            }})()"
        ));
        let native = native(&script);
        assert_eq!(ends, json!([native, native]), "{script}");
    }
    page.assert_quiet();
}

#[test]
fn every_command_is_in_one_of_the_scripts() {
    let mut said = BTreeSet::new();
    for script in scripts() {
        for entry in script.entries() {
            let text = entry.command.text(script.topology());
            said.insert(text.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    let verbs = command::GRAMMAR.iter().filter_map(|line| line.split(' ').next());
    // What a terminal does byte by byte is no fault; `say` is made of it. `continue` goes on from tapes.
    let left_out = ["continue", "hangup", "send"];
    let missing: Vec<&str> =
        verbs.filter(|verb| !left_out.contains(verb) && !said.contains(*verb)).collect();
    assert_eq!(missing, [""; 0], "no script speaks of them");
}
