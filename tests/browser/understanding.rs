//! What happened and why: the whole run as a picture, the log, provenance, charts, tables.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;

const CLOCK: &str = "document.querySelector('.clock').textContent";

fn five(at: &str, tab: &str) -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", at), Media::DESKTOP);
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    page.click(&format!("[data-tab={tab}]"));
    page
}

#[test]
fn the_whole_run_is_a_picture_and_a_click_goes_there() {
    let mut page = five("2", "SpaceTime");
    page.wait("document.querySelector('.spacetime canvas').ariaLabel.includes('messages so far')");
    let painted = "(() => {
        const canvas = document.querySelector('.spacetime canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(data).size;
    })()";
    page.wait(&format!("{painted} > 20"));
    page.click("[aria-label='The whole run']");
    let (x, y) = page.middle(".spacetime canvas");
    page.click_at((x, y));
    page.wait(&format!("Math.abs(parseFloat({CLOCK}) - 1) < 0.15"));
    // The row in the middle is the third server's, which is looked into.
    page.wait("document.querySelector('.inspector h2').textContent === 'Hamilton'");
    page.assert_quiet();
}

#[test]
fn what_happened_is_found_and_gone_to() {
    let mut page = five("3", "Events");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    page.key("/");
    page.wait("document.activeElement.type === 'search'");
    page.write(".events .field", "learns kiwi < Alford");
    page.wait("document.querySelector('.events .note').textContent === '2 found'");
    page.click(".events .event:last-child button");
    page.wait(&format!("{CLOCK} === '1.160 s'"));
    page.assert_quiet();
}

#[test]
fn the_way_of_a_fact_is_shown_stop_by_stop() {
    let mut page = five("1.6", "Table");
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.click(".inspector .trace");
    page.wait(
        "document.querySelector('ol.way').textContent === 'Alford1.060 sHamilton1.160 sHolidayalso from Ball1.260 s'",
    );
    // What it waits for, and why.
    page.wait("document.querySelector('.inspector .facts').textContent.includes('Next')");
    page.click("ol.way li:nth-child(2) button");
    page.wait(&format!("{CLOCK} === '1.160 s'"));
    page.assert_quiet();
}

#[test]
fn charts_say_what_an_update_took_and_badges_what_was_seen() {
    let mut page = five("1.6", "Charts");
    page.wait(
        "document.querySelector('.charts').textContent.includes('5 of 5 know it after 200 ms')",
    );
    page.wait("document.querySelector('.charts').textContent.includes('6 messages, 2 of them known already; a tree takes 4, a flood 6')");
    page.wait("document.querySelector('.charts').textContent.includes('1.00 × the shortest')");
    page.wait(
        "document.querySelector('[data-seen=duplicate_suppressed]').className === 'badge met'",
    );
    page.wait("document.querySelector('[data-seen=full_link]').textContent.startsWith('not yet')");
    page.assert_quiet();
}

#[test]
fn the_tables_say_and_do_all_that_the_stage_does() {
    let mut page = five("1.11", "Table");
    page.wait("document.querySelector('.tables').textContent.includes('Alford → Welsh')");
    page.choose("[aria-label='Do with Alford-Welsh']", "0");
    page.wait("document.querySelector('[data-link=Alford-Welsh]').textContent.includes('cut;')");
    page.wait(
        "document.querySelector('.tables').textContent.includes('kiwi, version 1, the newest')",
    );
    page.choose("[aria-label='Do with Holiday']", "0");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, down'");
    page.assert_quiet();
}
