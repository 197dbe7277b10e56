//! Hands on the herd: kill, cut, say, ask, take back.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;

/// A page with the first preset, standing at an instant.
fn five(at: &str) -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", at), Media::DESKTOP);
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    page
}

const CAPTION: &str = "document.querySelector('.caption').textContent";

#[test]
fn it_opens_playing_with_a_caption_and_a_quiet_console() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait(&format!("{CAPTION}.length > 10"));
    page.wait("document.querySelector('.counters').textContent.includes('5 of 5')");
    page.assert_quiet();
}

#[test]
fn a_click_kills_and_another_restarts() {
    let mut page = five("1.5");
    page.click("[data-server=Holiday]");
    page.wait("document.querySelector('.inspector h2').textContent === 'Holiday'");
    page.click(".inspector .actions .main");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, down'");
    page.wait(&format!("{CAPTION}.includes('Holiday is killed')"));
    page.wait("document.querySelector('.inspector .state').textContent === 'down'");
    page.wait("document.querySelector('.counters').textContent.includes('4 of 5')");
    page.click(".inspector .actions .main");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, up'");
    page.wait("document.querySelector('.inspector .state').textContent === 'up'");
    page.assert_quiet();
}

#[test]
fn a_click_on_a_link_cuts_and_another_heals() {
    let mut page = five("1.5");
    page.click("[data-link=Ball-Holiday]");
    page.wait(&format!("{CAPTION}.includes('between Ball and Holiday is cut')"));
    page.wait("document.querySelector('.inspector .state').textContent === 'cut'");
    page.click("[data-link=Ball-Holiday]");
    page.wait("document.querySelector('.inspector .state').textContent === 'live'");
    page.assert_quiet();
}

#[test]
fn lamps_go_from_waiting_to_holding_and_a_planted_bug_turns_one_red() {
    let mut page = five("0.1");
    let lamp = |name: &str, state: &str| {
        format!("document.querySelector('[data-check={name}]').dataset.state === '{state}'")
    };
    page.wait(&lamp("flood_cost", "nothing to judge yet"));
    page.click("[aria-label=Play]");
    page.wait(&lamp("flood_cost", "holds"));
    let script = "herd 1 seed=1 topology=places-2016 bug=answers-twice\n\
        @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
    let address = page.text("location.origin + '/'");
    page.go(&herd_tests::browser_page::run(&address, script, Some("2")));
    page.wait(&lamp("answered_once", "broken"));
    page.click("[data-check=answered_once] button");
    page.wait("document.querySelector('.clock').textContent === '1.080 s'");
    page.assert_quiet();
}

#[test]
fn a_dragged_client_says_where_it_is_and_asks_what_is_near() {
    let mut page = five("1.5");
    page.drag("[data-client=kiwi]", 60.0, -40.0);
    page.wait("document.querySelectorAll('.lines .said').length >= 2");
    page.wait(
        "document.querySelector('.lines').textContent.match(/AT Alford \\S+ kiwi/g).length >= 2",
    );
    page.click(".talk .ask");
    page.wait("document.querySelector('.lines').textContent.includes('WHATSAT kiwi 10 5')");
    let json = page.wait("document.querySelector('.lines pre').textContent");
    let json: serde_json::Value =
        serde_json::from_str(json.as_str().expect("text")).expect("the answer is JSON");
    assert_eq!(json["status"], "OK", "{json}");
    assert!(json["results"].as_array().is_some_and(|found| found.len() <= 5), "{json}");
    page.assert_quiet();
}

#[test]
fn a_change_of_the_past_can_be_undone() {
    let mut page = five("3");
    let before = page.text("location.hash");
    page.click("[data-server=Ball]");
    // Back to the update at Ball, and it is down.
    page.key("Home");
    page.key("k");
    page.wait("document.querySelector('.toast').textContent.includes('the past')");
    page.wait("location.hash.includes('kill+Ball') && !location.hash.includes('WHATSAT')");
    page.click(".toast button");
    page.wait("!location.hash.includes('kill+Ball')");
    let after = page.text("location.hash");
    let script = |hash: &str| hash.split('&').next().map(str::to_owned);
    assert_eq!(script(&after), script(&before));
    page.assert_quiet();
}
