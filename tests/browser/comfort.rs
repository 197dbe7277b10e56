//! By keyboard, on a telephone, at night, at rest.

use std::collections::BTreeSet;
use std::env;

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;
use serde_json::{Value, json};

#[test]
fn everything_goes_by_keyboard() {
    let address = preset(&serve(), "Five servers", "1.5");
    let mut page = Page::open(&address, Media::DESKTOP);
    page.wait("document.querySelector('[data-server=Welsh]')");
    page.eval("document.querySelector('[data-server=Welsh]').focus()");
    page.wait("document.querySelector('.inspector h2').textContent === 'Welsh'");
    page.key("k");
    page.wait("document.querySelector('[data-server=Welsh]').textContent === 'Welsh, down'");
    page.key("k");
    page.wait("document.querySelector('[data-server=Welsh]').textContent === 'Welsh, up'");
    page.key("z");
    page.wait("document.querySelector('[data-server=Welsh]').textContent === 'Welsh, paused'");
    page.eval("document.querySelector('[data-link=Alford-Hamilton]').focus()");
    page.key("x");
    page.wait("document.querySelector('[data-link=Alford-Hamilton]').textContent.includes('cut;')");
    page.key("Escape");
    page.wait("document.querySelector('.inspector h2').textContent === 'The herd'");
    page.key("Home");
    page.wait("document.querySelector('.clock').textContent === '0.000 s'");
    page.key("ArrowRight");
    page.wait("document.querySelector('.clock').textContent === '0.010 s'");
    page.key("?");
    page.wait("document.querySelector('dialog').open");
    page.key("Escape");
    page.wait("!document.querySelector('dialog').open");
    page.assert_quiet();
}

#[test]
fn nothing_is_wider_than_the_window() {
    let address = serve();
    let mut page = Page::open(&address, Media::PHONE);
    for (width, height) in [(390, 844), (768, 1024), (1024, 768), (1440, 900)] {
        page.media(Media { width, height, ..Media::PHONE });
        page.settle();
        let over = page.eval("document.documentElement.scrollWidth - innerWidth");
        assert_eq!(over, 0, "at {width} pixels");
    }
    page.media(Media::PHONE);
    // The stage fits the window anew: a click on its way would miss.
    page.settle();
    page.click("[data-server=Holiday]");
    page.wait("getComputedStyle(document.querySelector('.inspector')).position === 'fixed'");
    assert_eq!(page.eval(SMALL), json!([]), "a finger needs 24 pixels");
    page.assert_quiet();
}

/// What can be pressed and is smaller than 24 pixels; a box to tick has its distance to others.
const SMALL: &str =
    "[...document.querySelectorAll('button, select, summary, a, input:not([type=checkbox])')]
    .filter(e => e.offsetWidth > 1 && getComputedStyle(e).pointerEvents !== 'none')
    .filter(e => e.offsetWidth < 24 || e.offsetHeight < 24)
    .map(e => e.outerHTML.slice(0, 80))";

#[test]
fn every_target_is_large_enough_in_every_tab() {
    let mut page = Page::open(&preset(&serve(), "Holiday is down", "1.95"), Media::DESKTOP);
    page.click("[data-server=Hamilton]");
    page.click(".checks summary");
    for tab in ["Places", "SpaceTime", "Script", "Events", "Table", "Charts", "Compare", "Lab"] {
        page.click(&format!("[data-tab={tab}]"));
        page.settle();
        assert_eq!(page.eval(SMALL), json!([]), "{tab}");
    }
    page.assert_quiet();
}

#[test]
fn letters_twice_as_large_stay_within_the_window_and_their_buttons() {
    let mut page = Page::blank(Media::DESKTOP);
    page.letters(32);
    page.go(&preset(&serve(), "Holiday is down", "1.95"));
    for media in [Media::DESKTOP, Media::PHONE] {
        page.media(media);
        page.settle();
        page.click("[data-tab=Events]");
        page.settle();
        let over = page.eval("document.documentElement.scrollWidth - innerWidth");
        assert_eq!(over, 0, "at {} pixels", media.width);
        let cut = page.eval(
            "[...document.querySelectorAll('button')]
                .filter(e => e.offsetWidth > 1 && !e.closest('.mirror'))
                .filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
                .map(e => e.outerHTML.slice(0, 80))",
        );
        assert_eq!(cut, json!([]), "at {} pixels", media.width);
    }
    page.assert_quiet();
}

#[test]
fn no_server_stands_behind_a_text_or_a_tool() {
    let address = serve();
    let mut page = Page::blank(Media::DESKTOP);
    for name in ["Five servers", "Grid, 5 × 5", "Tree of 25", "Star of nine"] {
        page.go(&preset(&address, name, "1.2"));
        for (width, height) in [(1440, 900), (1024, 768), (820, 1180), (390, 844)] {
            page.media(Media { width, height, ..Media::DESKTOP });
            page.wait("document.querySelector('.mirror [data-server]')");
            page.settle();
            let behind = page.eval(
                "(() => {
                    const over = '.story, .counters, .toolbar, .zoombar, .guide';
                    const boxes = [...document.querySelectorAll('.stage > :is(' + over + ')')]
                        .map(e => e.getBoundingClientRect()).filter(b => b.width > 0);
                    return [...document.querySelectorAll('.mirror [data-server]')].filter(e => {
                        const box = e.getBoundingClientRect();
                        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                        return boxes.some(b => x > b.left && x < b.right && y > b.top && y < b.bottom);
                    }).map(e => e.dataset.server);
                })()",
            );
            assert_eq!(behind, json!([]), "{name} at {width} pixels");
        }
    }
    page.assert_quiet();
}

#[test]
fn night_is_dark_and_can_be_switched() {
    let mut page = Page::open(&serve(), Media { dark: true, ..Media::DESKTOP });
    let paper = "getComputedStyle(document.querySelector('.stage')).backgroundColor";
    page.wait("document.querySelector('.stage')");
    page.wait(&format!("{paper} === 'rgb(21, 26, 33)'"));
    page.click("[aria-label='Light colours']");
    page.wait(&format!("{paper} === 'rgb(255, 253, 249)'"));
    page.assert_quiet();
}

#[test]
fn nothing_moves_by_itself_for_those_who_asked_for_that() {
    let mut page = Page::open(&serve(), Media { still: true, ..Media::DESKTOP });
    page.wait("document.querySelector('[aria-label=Play]')");
    let at = page.text("document.querySelector('.clock').textContent");
    page.settle();
    assert_eq!(page.text("document.querySelector('.clock').textContent"), at);
    page.assert_quiet();
}

/// What travels when: until the first run plays, until all that one works with is there, when something
/// rare is opened, and to workers or other people's pages.
const WHEN: [&str; 4] = ["until the first run plays", "next", "when asked for", "to workers"];

fn when(name: &str) -> usize {
    match name {
        name if name.starts_with("embed/") => 3,
        name if name.starts_with("split_third") => 2,
        name if name.starts_with("split_") || name.starts_with("chunk_") => 1,
        _ => 0,
    }
}

/// Everything that is ever sent for, as the browser was sent it. With `HERD_PAGE` it is what a release
/// sends.
#[test]
#[expect(clippy::print_stdout, reason = "the figures are wanted too")]
fn the_page_travels_light() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait("document.querySelector('[data-server=Ball]')");
    page.click("[data-tab=Events]");
    page.wait("document.querySelector('.events') && !document.querySelector('[data-coming]')");
    let all = page.eval(
        "(async () => {
            for (const name of ['index.html', 'lab.js', 'worker.js', 'herd_sim.js', 'herd_sim_bg.wasm']) {
                const body = await fetch(`embed/${name}`);
                if (!body.ok) throw new Error(name);
                await body.arrayBuffer();
            }
            const kinds = ['navigation', 'resource'];
            const sent = kinds.flatMap(kind => performance.getEntriesByType(kind));
            return sent.map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize]);
        })()",
    );
    let mut bytes = [0; WHEN.len()];
    let mut counted = BTreeSet::new();
    for sent in all.as_array().expect("a list") {
        let name = sent[0].as_str().expect("a path").trim_start_matches('/');
        if counted.insert(name) {
            bytes[when(name)] += sent[1].as_u64().expect("bytes");
        }
    }
    // A debug build is not made to travel; a release build is, and does not get heavier.
    let of_release = env::var("HERD_PAGE").is_ok() || !cfg!(debug_assertions);
    let limits = if of_release { RELEASE } else { DEBUG };
    for ((bytes, limit), when) in bytes.into_iter().zip(limits).zip(WHEN) {
        println!("{bytes} bytes travel {when}");
        assert!(bytes > 0, "nothing travels {when}");
        assert!(bytes <= limit, "{bytes} bytes travel {when}, compressed; the limit is {limit}");
    }
}

const RELEASE: [u64; WHEN.len()] = [200_000, 475_000, 106_000, 560_000];
const DEBUG: [u64; WHEN.len()] = [800_000, 1_000_000, 400_000, 900_000];

#[test]
fn what_the_first_run_needs_is_sent_for_at_once() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait("document.querySelector('[data-server=Ball]')");
    // Once, and by the page itself: while its scripts are on their way, so is the program.
    for name in ["herd.js", "herd_parts.js"] {
        assert_eq!(sent_for_by(&mut page, name).as_array().map(Vec::len), Some(1), "{name}");
    }
    assert_eq!(sent_for_by(&mut page, "herd_bg.wasm"), json!(["link"]));
    page.assert_quiet();
}

#[test]
fn what_a_run_of_the_address_needs_is_sent_for_at_once() {
    let mut page = Page::open(&preset(&serve(), "Five servers", "1.5"), Media::DESKTOP);
    page.wait("document.querySelector('[data-server=Ball]')");
    for name in ["herd_bg.wasm", "split_page.wasm", "chunk_3.wasm"] {
        assert_eq!(sent_for_by(&mut page, name), json!(["link"]), "{name}");
    }
    page.assert_quiet();
}

/// What had a file sent, each time.
fn sent_for_by(page: &mut Page, name: &str) -> Value {
    page.eval(&format!(
        "performance.getEntriesByType('resource')
            .filter(entry => entry.name.endsWith('/{name}'))
            .map(entry => entry.initiatorType)"
    ))
}
