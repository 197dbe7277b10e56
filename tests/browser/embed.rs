//! The simulator in somebody's own page: the example, used as a person uses it.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

fn open() -> Page {
    let mut page = Page::open(&format!("{}embed/", serve()), Media::DESKTOP);
    page.wait("document.querySelector('#digest').textContent.length === 16");
    page
}

fn click(page: &mut Page, button: &str) {
    page.click(&format!("#{button}"));
}

/// How many dots of the stage have a colour of the style sheet.
fn dots(page: &mut Page, colour: &str) -> i64 {
    let count = page.eval(&format!(
        "(() => {{
            const stage = document.querySelector('#stage');
            stage.style.color = 'var(--{colour})';
            const wanted = getComputedStyle(stage).color.match(/[0-9]+/g).slice(0, 3).join();
            const {{ width, height }} = stage;
            const copy = Object.assign(document.createElement('canvas'), {{ width, height }});
            const pen = copy.getContext('2d', {{ willReadFrequently: true }});
            pen.drawImage(stage, 0, 0);
            const {{ data }} = pen.getImageData(0, 0, width, height);
            let count = 0;
            for (let at = 0; at < data.length; at += 4)
                if (data[at + 3] && data.slice(at, at + 3).join() === wanted) count++;
            return count;
        }})()"
    ));
    count.as_i64().expect("a count")
}

#[test]
fn it_draws_and_plays() {
    let mut page = open();
    page.wait("parseFloat(document.querySelector('#clock').value) > 0.7");
    page.wait("document.querySelector('#log').textContent.includes('learns kiwi < Alford')");
    click(&mut page, "play");
    assert!(dots(&mut page, "news") > 200, "those who know are painted");
    assert!(dots(&mut page, "line") > 100, "links are painted");
    assert_eq!(dots(&mut page, "bad"), 0, "nothing is broken yet");
    page.assert_quiet();
}

#[test]
fn it_steps_both_ways() {
    let mut page = open();
    page.wait("parseFloat(document.querySelector('#clock').value) > 0.5");
    click(&mut page, "step");
    page.wait("document.querySelector('#play').textContent === 'Play'");
    let digest = |page: &mut Page| page.text("document.querySelector('#digest').textContent");
    let here = digest(&mut page);
    click(&mut page, "step");
    assert_ne!(digest(&mut page), here);
    click(&mut page, "back");
    assert_eq!(digest(&mut page), here);
    page.assert_quiet();
}

#[test]
fn it_kills_and_restarts_and_the_link_opens_the_same_run() {
    let mut page = open();
    page.wait("parseFloat(document.querySelector('#clock').value) > 0.6");
    click(&mut page, "server-Holiday");
    page.wait("document.querySelector('#server-Holiday').textContent === 'Restart Holiday'");
    page.wait("document.querySelector('#log').textContent.includes('==  kill Holiday')");
    assert!(dots(&mut page, "bad") > 20, "one that is down is crossed out");
    click(&mut page, "server-Holiday");
    page.wait("document.querySelector('#log').textContent.includes('==  restart Holiday')");
    click(&mut page, "play");
    page.wait("document.querySelector('#play').textContent === 'Play'");
    let digest = page.text("document.querySelector('#digest').textContent");
    let address = page.text("document.querySelector('#open').href");
    page.go(&address);
    page.wait("document.querySelector('.seal code')");
    assert_eq!(page.text("document.querySelector('.seal code').textContent"), digest);
    page.assert_quiet();
}

#[test]
fn it_searches_in_a_worker_while_the_stage_goes_on_and_makes_the_failure_small() {
    let mut page = open();
    click(&mut page, "search");
    page.wait("document.querySelector('#said').textContent.includes('failed …')");
    let before = page.eval("parseFloat(document.querySelector('#clock').value)");
    page.wait("document.querySelector('#said').textContent.includes('400 seeds searched')");
    let after = page.eval("parseFloat(document.querySelector('#clock').value)");
    assert!(after.as_f64() > before.as_f64(), "{before} {after}");
    let said = page.text("document.querySelector('#said').innerText");
    assert!(said.contains("bug=forgets-on-restart\n@"), "{said}");
    assert!(said.contains("never_back: "), "{said}");
    assert_eq!(page.eval("document.querySelector('#found').value"), 400);
    page.assert_quiet();
}

#[test]
fn a_search_is_cancelled() {
    let mut page = open();
    click(&mut page, "search");
    page.wait("document.querySelector('#found').value > 0");
    click(&mut page, "cancel");
    page.wait("document.querySelector('#said').textContent.startsWith('Cancelled after')");
    let seeds = page.eval("document.querySelector('#found').value").as_u64().expect("a number");
    assert!(seeds < 400, "{seeds} seeds were searched");
    // Nothing goes on behind it.
    page.settle();
    assert_eq!(page.eval("document.querySelector('#found').value"), seeds);
    click(&mut page, "search");
    page.wait("document.querySelector('#found').value > 0");
    page.assert_quiet();
}

/// A worker in which the simulator runs into memory that is not there at the third verdict.
const BROKEN_WORKER: &str = "
    const real = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...all) => {
        const { module, instance } = await real(...all);
        const exports = { ...instance.exports };
        let judged = 0;
        exports.swarm_judge = (at) => instance.exports.swarm_judge(++judged < 3 ? at : -16);
        return { module, instance: { exports } };
    };
    const told = [];
    self.onmessage = (event) => told.push(event);
    await import('/embed/worker.js');
    for (const event of told) self.onmessage(event);
";

/// The same as a literal of JavaScript.
pub(crate) fn broken_worker() -> String {
    serde_json::to_string(BROKEN_WORKER).expect("text is JSON")
}

#[test]
fn a_crash_in_a_worker_keeps_the_script() {
    let mut page = open();
    let worker = broken_worker();
    let crash = page.eval(&format!(
        "(async () => {{
            const text = {worker}.replace('/embed/', location.origin + '/embed/');
            const blob = new Blob([text], {{ type: 'text/javascript' }});
            const worker = new Worker(URL.createObjectURL(blob), {{ type: 'module' }});
            const {{ swarm }} = await import('/embed/lab.js');
            try {{ await swarm({{ seeds: 9, first: 100 }}, () => {{}}, worker).done; }}
            catch ({{ name, message, seed, script }}) {{ return {{ name, message, seed, script }}; }}
        }})()"
    ));
    assert_eq!(crash["name"], "Crash", "{crash}");
    assert!(crash["message"].as_str().is_some_and(|why| why.contains("memory")), "{crash}");
    assert_eq!(crash["seed"], 102, "{crash}");
    let drawn = herd_sim_wasm::nemesis::draw(102, &herd_sim_wasm::nemesis::Setup::default());
    assert_eq!(crash["script"], drawn.expect("a run").to_string());
    page.assert_quiet();
}

#[test]
fn a_search_that_makes_no_sense_is_refused() {
    let mut page = open();
    let why = page.eval(
        "(async () => {
            const { swarm, shrink } = await import('/embed/lab.js');
            const heard = (job) => job.done.catch(({ name, message, line }) => [name, message, line]);
            return [
                await heard(swarm({ seeds: 9, topology: 'nowhere' })),
                await heard(swarm({ seeds: 9, bugs: 'echoes' })),
                await heard(shrink('herd 1\\n@1 kill Nobody')),
                await heard(shrink('herd 1')),
            ];
        })()",
    );
    let expected = ["no topology is called nowhere", "option is called bugs", "a server", "breaks"];
    for (at, expected) in expected.into_iter().enumerate() {
        assert_eq!(why[at][0], "HerdError", "{why}");
        assert!(why[at][1].as_str().is_some_and(|why| why.contains(expected)), "{why}");
    }
    assert_eq!(why[2][2], 2, "{why}");
    page.assert_quiet();
}
