//! Runs to begin with: what they promise is what the page shows.

use herd_sim_wasm::{Bug, Sometimes};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;
use herd_web::presets::PRESETS;
use serde_json::json;

const SCENARIO: &str = "[aria-label=Scenario]";

/// The shapes for which Maelstrom's figures are known, how many servers the farthest hop is away, and
/// the messages of a classic flood: 2E − N + 1.
const FLOODS: [(&str, &str, &str); 4] = [
    ("Grid, 5 × 5", "3", "56 of 56"),
    ("Line of 25", "5", "24 of 24"),
    ("Everyone to everyone, 25", "3", "576 of 576"),
    ("Tree of 25", "3", "24 of 24"),
];

#[test]
fn the_shapes_take_what_maelstrom_counts() {
    let address = serve();
    let mut page = Page::blank(Media::DESKTOP);
    for (name, at, messages) in FLOODS {
        page.go(&preset(&address, name, at));
        page.wait("document.querySelector('.counters dd').textContent === '25 of 25'");
        let shown = page.text("document.querySelectorAll('.counters dd')[1].textContent");
        assert_eq!(shown, messages, "{name}");
        let protocol = page.text("document.querySelector('[aria-label=Protocol]').value");
        assert_eq!(protocol, "classic", "{name}");
    }
    page.assert_quiet();
}

#[test]
fn every_preset_is_in_the_list_and_opens() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait(&format!("document.querySelector('{SCENARIO}')"));
    // A thousand servers and more open in tests of their own.
    for preset in PRESETS.iter().filter(|preset| !preset.name.contains("housand")) {
        page.choose(SCENARIO, preset.name);
        let title = serde_json::to_string(preset.name).expect("text is JSON");
        page.wait(&format!("document.querySelector('.story h2').textContent === {title}"));
    }
    let groups = page.eval(&format!(
        "[...document.querySelectorAll('{SCENARIO} optgroup')].map(group => group.label)"
    ));
    assert_eq!(groups.as_array().map(Vec::len), Some(6), "{groups}");
    page.assert_quiet();
}

#[test]
fn every_bug_is_in_the_gallery_and_is_found_and_made_small() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait(&format!("document.querySelector('{SCENARIO}')"));
    let bugs = page.eval(&format!(
        "[...document.querySelectorAll('{SCENARIO} optgroup:last-of-type option')]
            .map(option => option.value)"
    ));
    let all = Bug::ALL.into_iter().filter(|bug| *bug != Bug::None).map(Bug::name);
    assert_eq!(bugs, json!(all.collect::<Vec<_>>()));
    page.choose(SCENARIO, "forgets-on-restart");
    // The first seed that fails is looked at by itself.
    page.wait("document.querySelector('.lab h3').textContent.startsWith('Seed ')");
    page.wait("document.querySelector('.lab .form .note').textContent.includes('half of it')");
    page.click(".lab .shrink");
    page.wait("document.querySelector('.chosen .note').textContent.endsWith('scripts tried')");
    let small = page.text("document.querySelector('.lab pre').textContent");
    assert!(small.contains("bug=forgets-on-restart") && small.lines().count() <= 13, "{small}");
    page.click(".lab .small");
    page.wait("document.querySelector('.lamps [data-state=broken]')");
    page.assert_quiet();
}

#[test]
fn a_rare_bug_is_hunted_among_more_seeds() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    // None of the first two hundred seeds shows it.
    page.choose(SCENARIO, "confuses-lives");
    let status = "document.querySelector('.lab [role=status]').textContent";
    let found = "document.querySelector('.lab h3')?.textContent.startsWith('Seed ')";
    page.wait(&format!("{status}.includes(' of 200 seeds')"));
    while page.eval(found) != true {
        // However slow the machine, it comes nearer.
        let before = page.text(status);
        page.wait(&format!("{found} || {status} !== '{before}'"));
    }
    page.wait(&format!("{status}.includes(' of 600 seeds')"));
    page.assert_quiet();
}

#[test]
fn behind_every_badge_is_a_run_that_shows_it() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.click("[data-tab=Charts]");
    for what in Sometimes::ALL {
        let badge = format!("[data-seen={}]", what.name());
        page.click(&format!("{badge} button"));
        page.wait(&format!("document.querySelector('{badge}').className === 'badge met'"));
        assert_eq!(page.eval("document.querySelector('.toast')"), json!(null), "{}", what.name());
    }
    page.assert_quiet();
}
