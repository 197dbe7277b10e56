//! The Lab: many seeds in workers, what failed opened and made small, while the stage goes on.

use herd_sim_wasm::nemesis::{self, Setup};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::run;
use herd_tests::browser_server::serve;
use herd_web::link::{self, Link, View};

use crate::embed::broken_worker;

const FAILED: &str = ".seeds .failed button";
const STATUS: &str = "document.querySelector('.lab [role=status]').textContent";

/// The Lab, about to search so many seeds for a planted bug.
fn open(seeds: u32) -> Page {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.click("[data-tab=Lab]");
    choose(&mut page, 1, "forgets-on-restart");
    choose(&mut page, 2, &seeds.to_string());
    page
}

fn choose(page: &mut Page, which: u8, value: &str) {
    page.wait("document.querySelector('.lab .form')");
    page.eval(&format!(
        "(() => {{
            const select = document.querySelector('.lab label:nth-of-type({which}) select');
            select.value = '{value}';
            select.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }})()"
    ));
}

/// Waits until the check of the failure that is looked at is broken on the stage.
fn is_shown_broken(page: &mut Page) {
    page.wait(
        "(() => {
            const check = document.querySelector('.lab h3 code').textContent;
            return document.querySelector(`[data-check=${check}]`).dataset.state === 'broken';
        })()",
    );
}

#[test]
fn a_search_goes_on_beside_the_stage_and_a_dot_opens_the_moment() {
    let mut page = open(200);
    page.click(".lab .search");
    page.wait(&format!("document.querySelector('{FAILED}')"));
    let clock = page.text("document.querySelector('.clock').textContent");
    page.wait(&format!("{STATUS}.startsWith('200 of 200 seeds')"));
    assert_ne!(page.text("document.querySelector('.clock').textContent"), clock);
    page.wait("document.querySelector('.lab .cancel').disabled");
    assert_eq!(page.eval("document.querySelectorAll('.seeds li').length"), 200);
    page.click(FAILED);
    page.wait("document.querySelector('.lab h3').textContent.includes('breaks')");
    page.click(".lab .open");
    is_shown_broken(&mut page);
    // Another tab, and back: the Lab has kept what it found.
    page.click("[data-tab=Events]");
    page.click("[data-tab=Lab]");
    page.wait(&format!("{STATUS}.startsWith('200 of 200 seeds')"));
    page.assert_quiet();
}

#[test]
fn a_failure_becomes_small_before_ones_eyes() {
    let mut page = open(200);
    page.click(".lab .search");
    page.click(FAILED);
    page.click(".lab .shrink");
    page.wait("document.querySelector('.chosen .note').textContent.endsWith('scripts tried')");
    let small = page.text("document.querySelector('.lab pre').textContent");
    assert!((2..=13).contains(&small.lines().count()), "{small}");
    assert!(small.contains("restart"), "{small}");
    let struck = page.eval("document.querySelectorAll('.struck del').length");
    assert!(struck.as_u64().is_some_and(|struck| struck > 5), "{struck}");
    page.click(".lab .small");
    is_shown_broken(&mut page);
    let hash = page.text("location.hash");
    let opened = link::decode(&hash).expect("a link").expect("a run");
    assert_eq!(opened.script.trim_end(), small.trim_end());
    page.assert_quiet();
}

#[test]
fn a_search_is_cancelled_and_another_begins() {
    let mut page = open(2_000);
    page.click(".lab .search");
    page.wait(&format!("document.querySelector('{FAILED}')"));
    page.click(".lab .cancel");
    page.wait("!document.querySelector('.lab .search').disabled");
    let status = page.text(STATUS);
    assert!(!status.starts_with("2000 of 2000"), "{status}");
    page.settle();
    assert_eq!(page.text(STATUS), status, "nothing goes on behind it");
    choose(&mut page, 2, "200");
    page.click(".lab .search");
    page.wait(&format!("{STATUS}.startsWith('200 of 200 seeds')"));
    page.assert_quiet();
}

#[test]
fn a_crash_in_a_worker_is_told_and_keeps_the_run() {
    let mut page = open(200);
    choose(&mut page, 1, "none");
    let worker = broken_worker();
    page.eval(&format!(
        "(() => {{
            const text = {worker}.replace('/embed/', location.origin + '/embed/');
            const blob = URL.createObjectURL(new Blob([text], {{ type: 'text/javascript' }}));
            const Real = Worker;
            window.Worker = function (path, options) {{ return new Real(blob, options); }};
        }})()"
    ));
    page.click(".lab .search");
    page.wait("document.querySelector('.toast').textContent.includes('crashed')");
    page.click(FAILED);
    page.wait("document.querySelector('.lab h3 code').textContent === 'crash'");
    let seed = page.eval(&format!("Number(document.querySelector('{FAILED}').dataset.seed)"));
    page.click(".lab .open");
    let drawn = nemesis::draw(seed.as_u64().expect("a seed"), &Setup::default()).expect("a run");
    let hash = link::encode(&Link { script: drawn.to_string(), at: None, view: View::default() });
    let hash = serde_json::to_string(&hash).expect("text is JSON");
    page.wait(&format!("location.hash === {hash}"));
    page.assert_quiet();
}

/// The most that the page's main thread may work for each frame, so that thirty are painted in a second
/// by a machine that gives it a core, ms.
const FRAME: f64 = 1000.0 / 30.0;
/// Frames over which that is judged.
const FRAMES: u64 = 90;

/// Counts the frames that the page paints and what its workers report.
const COUNT: &str = "
    window.counts = { frames: 0, reports: 0 };
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (frame) => ask((now) => { counts.frames += 1; frame(now); });
    const Real = Worker;
    window.Worker = class extends Real {
        constructor(...how) {
            super(...how);
            this.addEventListener('message', ({ data }) => {
                if (data.kind === 'progress') counts.reports += 1;
            });
        }
    };";

#[test]
fn the_stage_keeps_thirty_frames_a_second_while_seeds_are_searched() {
    let mut page = Page::blank(Media::DESKTOP);
    page.before_every_page(COUNT);
    // A herd that never rests: sixty servers, twenty clients that go on by themselves.
    let script = "herd 1 seed=3 topology=small-world:60:4:12 clients=20 pace=500ms\n";
    page.go(&run(&serve(), script, Some("1")));
    page.click("[data-tab=Lab]");
    choose(&mut page, 2, "2000");
    page.click("[aria-label=Play]");
    page.click(".lab .search");
    page.wait("counts.reports >= 4");
    let clock = page.text("document.querySelector('.clock').textContent");
    let counted = |page: &mut Page, what: &str| {
        page.eval(&format!("counts.{what}")).as_u64().expect("a count")
    };
    let (worked, from, heard) =
        (page.cpu(), counted(&mut page, "frames"), counted(&mut page, "reports"));
    page.wait(&format!("counts.frames >= {}", from + FRAMES));
    let worked = (page.cpu() - worked) * 1000.0;
    let frames = counted(&mut page, "frames") - from;
    let reports = counted(&mut page, "reports") - heard;
    assert!(reports > 0, "the search was over before {frames} frames");
    assert!(!page.text(STATUS).starts_with("2000 of 2000"), "the search went on all the while");
    assert_ne!(page.text("document.querySelector('.clock').textContent"), clock, "time passed");
    let each = worked / frames as f64;
    assert!(each <= FRAME, "{each:.1} ms of work a frame, of {frames}, beside {reports} reports");
    page.click(".lab .cancel");
    page.assert_quiet();
}
