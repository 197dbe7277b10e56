//! The Lab's other two: from when on a run could not be saved, and two protocols side by side; and what
//! a search leaves of the stage.

use herd_core::Preset;
use herd_sim_wasm::{Script, no_return::NoReturn, race::Race};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::{preset, run};
use herd_tests::browser_server::serve;

const STATUS: &str = "document.querySelector('.lab [role=status]').textContent";

const FORGETS: &str = "herd 1 seed=1 topology=line:2 bug=forgets-on-restart\n\
    @1 say s1 IAMAT c3 +60-41 1700000001\n\
    @1.5 cut s0-s1\n\
    @2 restart s0\n\
    @3 heal\n";

fn lab(address: &str, mode: &str) -> Page {
    let mut page = Page::open(address, Media::DESKTOP);
    page.click("[data-tab=Lab]");
    page.click(&format!("[data-mode={mode}]"));
    page
}

#[test]
fn the_point_of_no_return_is_named_and_opens() {
    let mut page = lab(&run(&serve(), FORGETS, Some("3.5")), "NoReturn");
    page.click(".lab .begin");
    page.wait(&format!("{STATUS} === 'The point of no return is “restart s0”.'"));
    let marks =
        page.eval("[...document.querySelectorAll('.curve button')].map(point => point.className)");
    let mut search = NoReturn::new(&FORGETS.parse::<Script>().expect("a script"));
    while search.step() {}
    let failed = |at: usize, fails: bool| match fails {
        true if search.turn() == Some(at) => "failed turn",
        true => "failed",
        false => "held",
    };
    let points = search.points().iter().enumerate();
    let expected: Vec<_> = points.map(|(at, point)| failed(at, point.failure.is_some())).collect();
    assert_eq!(marks, serde_json::json!(expected));
    page.click(".curve button:nth-of-type(2)");
    page.wait("document.querySelector('.chosen p').textContent.includes('100 % of all knowledge')");
    page.click(".curve .turn");
    page.wait(
        "document.querySelector('.chosen p').textContent.includes('still breaks never_back')",
    );
    page.click(".lab .open");
    page.wait("document.querySelector('[data-check=never_back]').dataset.state === 'broken'");
    page.assert_quiet();
}

#[test]
fn two_protocols_race_over_the_same_run() {
    let mut page = lab(&preset(&serve(), "Grid, 5 × 5", "1.5"), "Race");
    page.choose("[aria-label='Protocol 1']", "flood");
    page.choose("[aria-label='Protocol 2']", "plumtree");
    page.click(".lab .begin");
    page.wait(&format!("{STATUS} === '1 update, the same faults and the same luck for both.'"));
    let rows = page.eval(
        "[...document.querySelectorAll('.figures tbody tr')]
            .map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))",
    );
    let name = |preset: &&herd_web::presets::Preset| preset.name == "Grid, 5 × 5";
    let script = herd_web::presets::PRESETS.iter().find(name).expect("a preset").script;
    let presets = [Preset::Flood, Preset::Plumtree];
    let mut race = Race::new(&script.parse().expect("a script"), presets).expect("a race");
    while race.step() {}
    for (side, at) in race.sides().iter().zip(0..) {
        let costs = side.costs();
        assert_eq!(rows[0][at], format!("{}.0", costs.pushes), "{rows}");
        let bytes = rows[2][at].as_str().expect("text").replace(' ', "");
        assert_eq!(bytes, costs.bytes.to_string(), "{rows}");
    }
    assert_eq!(rows[0][0], "56.0");
    page.assert_quiet();
}

#[test]
fn a_trial_is_cancelled() {
    let busy: String = (0..400).map(|n| format!("@{n} say s0 IAMAT c{n} +1+1 {n}\n")).collect();
    let script = format!("herd 1 seed=1 topology=random:40:4\n{busy}");
    let mut page = lab(&run(&serve(), &script, Some("0.5")), "NoReturn");
    page.click(".lab .begin");
    page.wait(&format!("{STATUS}.includes('of 401 points judged')"));
    page.click(".lab .cancel");
    page.wait("!document.querySelector('.lab .begin').disabled");
    let status = page.text(STATUS);
    page.settle();
    assert_eq!(page.text(STATUS), status, "nothing goes on behind it");
    page.assert_quiet();
}

#[test]
#[expect(clippy::print_stderr, reason = "how many frames there are, for who asks with --nocapture")]
fn the_stage_goes_on_while_seeds_are_searched() {
    let mut page = Page::blank(Media::DESKTOP);
    // Every worker reports when it has worked for fifty milliseconds or more.
    page.before_every_page(
        "window.frames_seen = 0;
         window.reports = new Map();
         const count = () => { frames_seen++; requestAnimationFrame(count); };
         const Real = Worker;
         window.Worker = function (path, options) {
             const worker = new Real(path, options);
             worker.addEventListener('message', ({ data }) => {
                 if (data.kind === 'progress') reports.set(worker, (reports.get(worker) ?? 0) + 1);
             });
             if (!reports.size) count();
             reports.set(worker, 0);
             return worker;
         };",
    );
    page.go(&serve());
    page.click("[data-tab=Lab]");
    page.click(".lab .search");
    let counted = page.wait(
        "Math.max(...reports.values()) >= 10 && [frames_seen, Math.max(...reports.values())]",
    );
    let [frames, reports] = [0, 1].map(|at| counted[at].as_f64().expect("a count"));
    page.click(".lab .cancel");
    // Thirty frames a second are one and a half in fifty milliseconds. A machine that does other things
    // meanwhile paints fewer; a search on the stage's own thread would leave it none.
    eprintln!("{:.1} frames in each report of a worker; 1.5 are thirty a second", frames / reports);
    assert!(frames >= 0.5 * reports, "{frames} frames in {reports} reports of a worker");
    page.assert_quiet();
}
