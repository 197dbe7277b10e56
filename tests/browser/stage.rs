//! The stage under the hand: camera, knife, lasso, menu, one message in flight.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::{preset, run};
use herd_tests::browser_server::serve;

/// A page with the first preset, standing at an instant.
fn five(at: &str) -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", at), Media::DESKTOP);
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    page.settle();
    page
}

/// How many times a stretch of text stands in the script.
fn rows(text: &str) -> String {
    format!("decodeURIComponent(location.hash).split('{text}').length - 1")
}

fn between(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1))
}

#[test]
fn the_stage_is_panned_zoomed_and_fitted() {
    let mut page = five("1.5");
    let (alford, ball) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Ball]"));
    page.drag(".story h2", 80.0, 40.0);
    page.settle();
    let panned = page.middle("[data-server=Alford]");
    assert!((panned.0 - alford.0 - 80.0).abs() < 1.5 && (panned.1 - alford.1 - 40.0).abs() < 1.5);
    page.click("[aria-label='Show everything']");
    page.wait("document.querySelector('[aria-label=\"Show everything\"]').disabled");
    page.wheel(alford, -320.0);
    page.settle();
    let (near, far) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Ball]"));
    assert!(
        (near.0 - alford.0).abs() < 1.5,
        "what is under the pointer stays: {near:?} {alford:?}"
    );
    assert!((far.1 - near.1) > 1.8 * (ball.1 - alford.1), "twice as near");
    page.key("0");
    page.settle();
    assert_eq!(page.middle("[data-server=Ball]"), ball);
    page.assert_quiet();
}

#[test]
fn a_server_is_dragged_and_nothing_is_written_for_it() {
    let mut page = five("1.5");
    let (alford, ball) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Ball]"));
    let script = page.text("location.hash");
    page.drag("[data-server=Ball]", -60.0, -30.0);
    page.settle();
    let moved = page.middle("[data-server=Ball]");
    let near = (moved.0 - ball.0 + 60.0).abs() < 1.5 && (moved.1 - ball.1 + 30.0).abs() < 1.5;
    assert!(near, "from {ball:?} to {moved:?}");
    assert_eq!(page.middle("[data-server=Alford]"), alford);
    assert_eq!(page.text("location.hash"), script);
    page.assert_quiet();
}

#[test]
fn the_knife_cuts_all_it_crosses_and_one_undo_heals_it() {
    let mut page = five("1.5");
    let (left, right) =
        (page.middle("[data-link=Alford-Welsh]"), page.middle("[data-link=Alford-Hamilton]"));
    page.click("[aria-label^=Knife]");
    page.stroke(&[
        (left.0, left.1 - 40.0),
        (left.0, left.1 + 40.0),
        (right.0, right.1 + 40.0),
        (right.0, right.1 - 40.0),
    ]);
    page.wait("document.querySelector('[data-link=Alford-Welsh]').textContent.includes('cut;')");
    page.wait("document.querySelector('[data-link=Alford-Hamilton]').textContent.includes('cut;')");
    assert_eq!(page.eval(&rows("cut+")), 2);
    page.click("[aria-label=Undo]");
    page.wait("document.querySelector('[data-link=Alford-Welsh]').textContent.includes('live')");
    assert_eq!(page.eval(&rows("cut+")), 0);
    page.click("[aria-label=Redo]");
    page.wait(&format!("({}) === 2", rows("cut+")));
    page.assert_quiet();
}

#[test]
fn the_lasso_isolates_what_it_encircles() {
    let mut page = five("1.5");
    let (ball, holiday) = (page.middle("[data-server=Ball]"), page.middle("[data-server=Holiday]"));
    page.key("l");
    let (top, bottom) = (ball.1 - 50.0, ball.1 + 34.0);
    page.stroke(&[
        (ball.0 - 50.0, top),
        (holiday.0 + 50.0, top),
        (holiday.0 + 50.0, bottom),
        (ball.0 - 50.0, bottom),
        (ball.0 - 50.0, top + 5.0),
    ]);
    page.wait(&format!("({}) === 1", rows("partition+set+Ball,Holiday")));
    page.wait("document.querySelector('[data-link=Ball-Welsh]').textContent.includes('cut;')");
    page.wait("document.querySelector('[data-link=Ball-Holiday]').textContent.includes('live')");
    page.assert_quiet();
}

#[test]
fn the_menu_of_a_thing_is_there_for_mouse_and_keyboard() {
    let mut page = five("1.5");
    let welsh = page.middle("[data-server=Welsh]");
    page.right_click(welsh);
    page.wait("document.activeElement.textContent === 'KillK'");
    page.key("ArrowDown");
    page.wait("document.activeElement.textContent === 'PauseZ'");
    page.key("Enter");
    page.wait("document.querySelector('[data-server=Welsh]').textContent === 'Welsh, paused'");
    page.wait("!document.querySelector('.menu')");
    // The key of the menu tells the browser, which tells what has the focus.
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    page.eval(
        "document.activeElement.dispatchEvent(
            new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))",
    );
    page.wait("document.querySelector('.menu')");
    page.eval(
        "[...document.querySelectorAll('.menu button')]
            .find(e => e.textContent.startsWith('Isolate')).click()",
    );
    page.wait(&format!("({}) === 1", rows("partition+isolate+Ball")));
    page.assert_quiet();
}

#[test]
fn a_message_is_caught_in_flight_and_dropped() {
    let mut page = five("1.11");
    let (alford, welsh) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Welsh]"));
    page.click_at(between(alford, welsh));
    page.wait("document.querySelector('.inspector h2').textContent === 'Update'");
    page.wait("document.querySelector('.inspector .way').textContent === 'Alford → Welsh'");
    page.key("d");
    page.wait(&format!("({}) === 1", rows("drop+Alford>Welsh+1")));
    page.wait("document.querySelector('.inspector').textContent.includes('not in flight')");
    // The others pass it on: Welsh hears it the long way round.
    page.wait("document.querySelector('.counters').textContent.includes('5 of 5')");
    page.assert_quiet();
}

#[test]
fn a_server_is_added_where_one_clicks_and_leaves_again() {
    let mut page = five("1.5");
    let (ball, holiday) = (page.middle("[data-server=Ball]"), page.middle("[data-server=Holiday]"));
    page.key("a");
    let (x, y) = between(ball, holiday);
    page.click_at((x, y - 90.0));
    page.wait(&format!("({}) === 1", rows("join+n1+with+")));
    page.wait("document.querySelector('[data-server=n1]').textContent === 'n1, up'");
    page.wait("document.querySelector('.inspector h2').textContent === 'n1'");
    page.wait("document.querySelector('.counters').textContent.includes('6 of 6')");
    page.eval("document.querySelector('[data-server=n1]').focus()");
    page.key("Delete");
    page.wait("document.querySelector('[data-server=n1]').hidden");
    page.assert_quiet();
}

#[test]
fn latency_and_loss_are_set_and_a_past_row_is_changed() {
    let mut page = five("3");
    page.eval("document.querySelector('[data-link=Ball-Welsh]').focus()");
    page.write(".setting input", "900ms");
    page.wait(&format!("({}) === 1", rows("latency+Ball-Welsh+900ms")));
    page.write(".setting:nth-of-type(2) input", "much");
    page.wait("document.querySelector('.toast').textContent.includes('Not done')");
    page.write(".setting:nth-of-type(2) input", "20%");
    page.wait(&format!("({}) === 1", rows("datagram+Ball-Welsh+loss=20%")));
    page.click("[data-tab=Script]");
    let digest = "document.querySelector('.seal code').textContent";
    let before = page.text(digest);
    page.wait("document.querySelectorAll('.rows li').length === 5");
    page.write(".rows li:nth-child(1) .when", "1.2");
    page.wait(&format!("({}) === 1", rows("@1.2+say+Alford+IAMAT+kiwi")));
    page.wait(&format!("{digest} !== '{before}'"));
    page.click(".rows li:nth-child(1) input[type=checkbox]");
    page.wait(&format!("({}) === 1", rows("off+@1.2")));
    page.write(".command .field", "kill Holiday");
    page.click(".command button");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, down'");
    page.assert_quiet();
}

#[test]
fn ten_thousand_servers_open_and_play() {
    let mut page = Page::open(&preset(&serve(), "Ten thousand", "0.6"), Media::DESKTOP);
    page.wait("document.querySelector('.counters').textContent.includes('of 10000')");
    let know = "parseInt(document.querySelector('.counters dd').textContent)";
    let before = page.eval(know).as_u64().expect("a number");
    page.choose("[aria-label=Speed]", "8");
    page.click("[aria-label=Play]");
    page.wait(&format!("{know} > {before}"));
    // So many cross the stage in a second that none is drawn by itself, and the caption says so.
    page.wait("document.querySelector('.caption small').textContent.includes('a link glows')");
    page.assert_quiet();
}

#[test]
fn a_link_is_made_slow_and_lossy_by_a_key() {
    let mut page = five("1.5");
    for (key, row) in [("w", "latency Alford-Welsh 500ms"), ("o", "datagram Alford-Welsh loss=30%")]
    {
        page.eval("document.querySelector('[data-link=Alford-Welsh]').focus()");
        page.key(key);
        page.click("[data-tab=Script]");
        page.wait(&format!(
            "[...document.querySelectorAll('.rows .what')].some((what) => what.value === '{row}')"
        ));
    }
    page.assert_quiet();
}

#[test]
fn a_broken_promise_stops_the_stage_once() {
    let script = "herd 1 seed=1 topology=places-2016 bug=answers-twice\n\
                @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n";
    let mut page = Page::open(&run(&serve(), script, Some("1")), Media::DESKTOP);
    page.wait("document.querySelector('[aria-label=Play]')");
    page.click("[aria-label=Play]");
    page.wait("document.querySelector('.caption').textContent.includes('A check is broken')");
    page.wait("document.querySelector('[aria-label=Play]')");
    let at = page.text("document.querySelector('.clock').textContent");
    page.click("[aria-label=Play]");
    page.wait(&format!(
        "document.querySelector('.clock').textContent !== '{at}'
            && document.querySelector('[aria-label=Pause]')"
    ));
    page.assert_quiet();
}

#[test]
fn the_map_is_pulled_and_zoomed_and_finds_back() {
    let mut page = five("1.5");
    let pin = "[data-client=kiwi]";
    let [home, pulled] = page.pull(".map canvas", pin, [60.0, 30.0]);
    page.click("[aria-label='Map nearer']");
    page.settle();
    assert_ne!(page.middle(pin), pulled);
    page.click("[aria-label='Map of all clients and places']");
    page.wait("document.querySelector('[aria-label=\"Map of all clients and places\"]').disabled");
    page.settle();
    assert_eq!(page.middle(pin), home);
    page.assert_quiet();
}
