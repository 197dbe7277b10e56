//! Time as a thing to hold: until, back until, marks, branches, and two of them compared.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_hands::Held;
use herd_tests::browser_page::{preset, run};
use herd_tests::browser_server::serve;

const CLOCK: &str = "document.querySelector('.clock').textContent";

fn five(at: &str) -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", at), Media::DESKTOP);
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    page
}

#[test]
fn time_goes_on_until_something_happens_and_back() {
    let mut page = five("0.9");
    page.choose("[aria-label=Until]", "known");
    page.wait(&format!("{CLOCK} === '1.260 s'"));
    page.wait("document.querySelector('.counters').textContent.includes('5 of 5')");
    // Of the two that learned at that instant, the first; then one of those before.
    page.choose("[aria-label='Back until']", "delivery");
    page.wait("document.querySelector('.counters').textContent.includes('4 of 5')");
    assert_eq!(page.text(CLOCK), "1.260 s");
    page.choose("[aria-label='Back until']", "delivery");
    page.wait(&format!("{CLOCK} === '1.160 s'"));
    page.wait("document.querySelector('.counters').textContent.includes('3 of 5')");
    page.choose("[aria-label=Until]", "redundant");
    page.wait(&format!("{CLOCK} === '1.360 s'"));
    page.choose("[aria-label=Until]", "broken");
    page.wait("document.querySelector('.toast').textContent.includes('not happen')");
    assert_eq!(page.text(CLOCK), "1.360 s");
    page.assert_quiet();
}

#[test]
fn it_goes_to_what_one_writes_and_back_and_to_the_next_fault() {
    let mut page = five("0.9");
    page.choose("[aria-label=Until]", "words");
    page.wait("document.activeElement.type === 'search'");
    page.write(".events .field", "accepts kiwi");
    for (held, clock) in
        [(Held::Nothing, "1.060 s"), (Held::Nothing, "2.360 s"), (Held::Shift, "1.060 s")]
    {
        page.chord(held, "Enter");
        page.wait(&format!("{CLOCK} === '{clock}'"));
    }
    let address = page.text("location.origin + '/'");
    page.go(&preset(&address, "Holiday is down", "0.5"));
    page.choose("[aria-label=Until]", "fault");
    page.wait("document.querySelector('.caption').textContent.includes('has lost Holiday')");
    page.assert_quiet();
}

#[test]
fn a_stale_answer_is_found() {
    let script = "herd 1 seed=1 topology=line:5\n\
        @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
        @2 say s0 IAMAT kiwi +34.031210-118.486310 1700000002.000000000\n\
        @2.1 say s4 WHATSAT kiwi 10 5\n";
    let mut page = Page::open(&run(&serve(), script, Some("0.5")), Media::DESKTOP);
    page.choose("[aria-label=Until]", "stale");
    page.wait(&format!("{CLOCK}.startsWith('2.')"));
    page.wait("document.querySelector('.lines').textContent.includes('+34.068930')");
    page.assert_quiet();
}

#[test]
fn an_instant_is_marked_and_found_again() {
    let mut page = five("1.2");
    page.click("[aria-label='Mark this instant']");
    page.wait("document.querySelector('.flag')");
    page.key("Home");
    page.wait(&format!("{CLOCK} === '0.000 s'"));
    page.click(".flag");
    page.wait(&format!("{CLOCK} === '1.200 s'"));
    page.key("b");
    page.wait("!document.querySelector('.flag')");
    page.assert_quiet();
}

#[test]
fn acting_in_the_past_makes_a_branch_and_both_are_kept_and_compared() {
    let mut page = five("3");
    let digest = "document.querySelector('.seal code').textContent";
    let first = page.text(digest);
    page.choose("[aria-label='Back until']", "command");
    page.choose("[aria-label='Back until']", "command");
    page.wait(&format!("{CLOCK} === '1.700 s'"));
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("k");
    page.wait("document.querySelectorAll('.branch').length === 2");
    page.wait("document.querySelector('[data-branch=\"1\"]').textContent === 'kill Holiday'");
    page.wait("document.querySelector('[data-branch=\"1\"]').ariaPressed === 'true'");
    page.wait(&format!("parseFloat({CLOCK}) > 2.4"));
    // The first run is still there, to its end, to the digest.
    page.click("[data-branch='0']");
    page.wait("document.querySelector('[data-branch=\"0\"]').ariaPressed === 'true'");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, up'");
    page.eval("document.querySelector('.stage').dispatchEvent(new Event('focus'))");
    page.key("End");
    page.wait(&format!("{CLOCK} === '3.000 s'"));
    assert_eq!(page.text(digest), first);
    page.click(".branches .compare");
    page.choose("[aria-label='Branch 2']", "1");
    page.wait("document.querySelector('.first').textContent.includes('1.700 s')");
    page.wait("document.querySelector('.parts').textContent.includes('kill Holiday')");
    page.wait(
        "[...document.querySelectorAll('.differs')].some(e => e.textContent.includes('5 of 5'))",
    );
    page.assert_quiet();
}

#[test]
fn a_thousandth_of_the_speed_and_ten_times() {
    let mut page = five("1");
    let speeds =
        page.eval("[...document.querySelector('[aria-label=Speed]').options].map(o => o.text)");
    let speeds = speeds.as_array().expect("a list").clone();
    assert_eq!(speeds.first().and_then(|text| text.as_str()), Some("1/1000×"));
    assert_eq!(speeds.last().and_then(|text| text.as_str()), Some("10×"));
    page.assert_quiet();
}
