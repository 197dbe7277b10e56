//! The trees on which updates travel: which links feed, who feeds whom, and what arranges it.

use herd_core::Preset;
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::run;
use herd_tests::browser_server::serve;

/// Two floods over a ring: the first makes the tree, the second travels on it.
const RING: &str = "herd 1 seed=1 topology=ring:8\n\
    @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
    @2 say s0 IAMAT kiwi +34.031210-118.486310 1700000002.000000000\n";
const ROOT: &str = "document.querySelector('.legend .tree')?.dataset.root";

#[test]
fn the_tree_of_what_is_told_is_shown_and_who_feeds_whom() {
    let mut page = Page::open(&run(&serve(), RING, Some("0.9")), Media::DESKTOP);
    page.wait("document.querySelector('[data-server=s4]')");
    assert_eq!(page.eval(ROOT), serde_json::Value::Null, "nothing has grown yet");
    page.click("[aria-label=Play]");
    page.wait(&format!("{ROOT} === 's0'"));
    page.eval("document.querySelector('[data-server=s4]').focus()");
    let feed = "document.querySelector('.feeds tr[data-origin=s0]').textContent";
    page.wait(&format!("/^s0s[35]1$/.test({feed})"));
    // What a link is for is said to those who do not see it.
    page.wait("document.querySelector('[data-link=s0-s1]').textContent.includes('s0 feeds s1')");
    page.wait(
        "[...document.querySelectorAll('[data-link]')].some(e => e.textContent.includes('lazy'))",
    );
    page.assert_quiet();
}

#[test]
fn every_protocol_of_the_core_can_be_chosen() {
    let mut page = Page::open(&run(&serve(), RING, Some("2")), Media::DESKTOP);
    let options =
        page.wait("[...document.querySelector('[aria-label=Protocol]').options].map(o => o.value)");
    let all: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).collect();
    assert_eq!(options, serde_json::json!(all));
    page.choose("[aria-label=Protocol]", "flood");
    page.wait("location.hash.includes('preset=flood')");
    page.wait(&format!("{ROOT} === undefined"));
    page.assert_quiet();
}

#[test]
fn the_legend_shows_and_hides_what_arranges() {
    let mut page = Page::open(&run(&serve(), RING, Some("2")), Media::DESKTOP);
    let kind = "[...document.querySelectorAll('.legend .kind')].find(e => e.textContent.includes('prune'))";
    page.wait(&format!("{kind}.ariaPressed === 'false'"));
    page.eval(&format!("{kind}.click()"));
    page.wait(&format!("{kind}.ariaPressed === 'true'"));
    page.assert_quiet();
}
