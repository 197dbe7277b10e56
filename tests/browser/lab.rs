//! The Lab: many seeds in workers, what failed opened and made small, while the stage goes on.

use herd_sim_wasm::nemesis::{self, Setup};
use herd_tests::browser::{Media, Page};
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
