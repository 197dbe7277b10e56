//! A herd that really runs, in the page: attached to, watched, killed and started again.

use herd_tests::browser::{Media, Page};
use herd_tests::up::Up;

/// The command under test.
const HERD: &str = env!("CARGO_BIN_EXE_herd-under-test");

/// Waits until a server stands so on the stage.
#[track_caller]
fn stands(page: &mut Page, server: &str, state: &str) {
    page.wait(&format!(
        "document.querySelector(\".live .mirror [data-server={server}]\").dataset.state === '{state}'"
    ));
}

/// Waits until all servers stand so, and are linked.
#[track_caller]
fn runs(page: &mut Page, up: &Up) {
    for name in up.names() {
        stands(page, name, "up");
    }
    page.wait(
        "[...document.querySelectorAll('.live .mirror [data-link]')]
            .filter(link => link.dataset.state === 'live').length >= 5",
    );
}

/// What the caption says, once it says something of that.
#[track_caller]
fn caption(page: &mut Page, what: &str) {
    page.wait(&format!("document.querySelector('.live .caption').textContent.includes('{what}')"));
}

/// Selects a server as the keyboard does.
#[track_caller]
fn look_into(page: &mut Page, server: &str) {
    page.eval(&format!("document.querySelector(\".live .mirror [data-server={server}]\").click()"));
    page.wait(&format!("document.querySelector('.live .inspector h2').textContent === '{server}'"));
}

#[test]
fn the_page_offers_the_herd_that_serves_it_and_gives_the_simulation_back() {
    let up = Up::start(HERD, &[]);
    let mut page = Page::open(&format!("http://{}/", up.http), Media::DESKTOP);
    page.wait("document.querySelector('.mirror [data-server]')");
    page.click("[aria-label=Pause]");
    let at = page.text("document.querySelector('.seal code').textContent");
    assert_eq!(
        page.text("document.querySelector('.live-run').textContent"),
        "Attach to the running herd"
    );
    page.click(".live-run");
    runs(&mut page, &up);
    assert_eq!(page.text("location.hash"), "#live");
    // An update over TCP is seen on the stage, and in every server.
    up.say("Holiday", "IAMAT plum +34.068930-118.445127 1520023934\n");
    caption(&mut page, "Holiday took an update of plum: 5 of 5 had it after");
    for name in ["Alford", "Holiday"] {
        look_into(&mut page, name);
        page.wait("document.querySelector('.live .inspector').textContent.includes('1520023934')");
    }
    // One from the page goes over HTTP as any client's.
    page.write(".live .say [name=client]", "kiwi");
    page.click(".live .say button");
    up.knows("Ball", "kiwi");
    page.wait(
        "document.querySelector('.live [data-check=answered_arrives]').dataset.state === 'holds'",
    );
    let broken = "document.querySelectorAll('.live [data-state=broken]').length";
    assert_eq!(page.eval(broken), 0);
    page.click(".live .connection button");
    page.wait("!document.querySelector('.live')");
    page.settle();
    assert!(page.text("location.hash").starts_with("#run="));
    page.wait(&format!("document.querySelector('.seal code').textContent === '{at}'"));
}

#[test]
fn its_stage_is_pulled_zoomed_and_held() {
    let up = Up::start(HERD, &[]);
    let mut page = Page::open(&format!("http://{}/#live", up.http), Media::DESKTOP);
    runs(&mut page, &up);
    page.settle();
    let ball = ".live .mirror [data-server=Ball]";
    let [home, pulled] = page.pull(".live .story h2", ball, [70.0, 40.0]);
    page.wheel(pulled, -320.0);
    page.settle();
    let near = page.middle(ball);
    assert!((near.0 - pulled.0).abs() < 1.5, "what is under the pointer stays");
    page.click(".live [aria-label='Show everything']");
    page.wait("document.querySelector(\".live [aria-label='Show everything']\").disabled");
    page.settle();
    assert_eq!(page.middle(ball), home);
    // What is held stands still, while the herd goes on; then it is all there.
    page.click(".live .hold");
    caption(&mut page, "is held");
    up.say("Holiday", "IAMAT plum +34.068930-118.445127 1520023934\n");
    up.knows("Ball", "plum");
    caption(&mut page, "is held");
    page.click(".live .hold");
    caption(&mut page, "Holiday took an update of plum");
}

#[test]
fn without_the_token_it_is_grey_and_says_why() {
    let up = Up::start(HERD, &[]);
    let mut page = Page::open(&format!("http://{}/#live", up.http), Media::DESKTOP);
    runs(&mut page, &up);
    look_into(&mut page, "Holiday");
    assert_eq!(page.eval("document.querySelector('.live [data-act=kill]').disabled"), true);
    let why = page.text("document.querySelector('.live .reason').textContent");
    assert!(why.contains("the admin token"), "{why}");
    assert!(up.say("Holiday", "IAMAT kiwi +1-1 5\n").starts_with("AT "));
}

#[test]
fn with_the_token_a_server_is_killed_and_comes_back() {
    let up = Up::start(HERD, &[]);
    let address = format!("http://{}/#live&admin={}", up.http, up.admin);
    let mut page = Page::open(&address, Media::DESKTOP);
    runs(&mut page, &up);
    assert_eq!(page.text("location.hash"), "#live", "the token is out of the address");
    let holds_it = format!("document.documentElement.outerHTML.includes('{}')", up.admin);
    assert_eq!(page.eval(&holds_it), false, "and out of the page");
    look_into(&mut page, "Holiday");
    page.wait("!document.querySelector('.live [data-act=kill]').disabled");
    page.click(".live [data-act=kill]");
    stands(&mut page, "Holiday", "down");
    assert!(herd_tests::tcp::Client::try_connect(up.address("Holiday")).is_err());
    up.say("Alford", "IAMAT late +1-1 7\n");
    page.click(".live [data-act=start]");
    runs(&mut page, &up);
    // What it missed is repaired, and seen to be.
    page.wait("document.querySelector('.live .inspector').textContent.includes('late')");
    up.knows("Holiday", "late");

    // A link is cut and healed.
    let link = "document.querySelector('.live .mirror [data-link]')";
    page.eval(&format!("{link}.click()"));
    page.click(".live [data-act=cut]");
    page.wait(&format!("{link}.dataset.state === 'cut'"));
    page.click(".live [data-act=heal]");
    page.wait(&format!("{link}.dataset.state === 'live'"));
    // One way only, and what passes still is said.
    page.click(".live [data-act=cut-out]");
    page.wait(&format!("{link}.dataset.state === 'cut'"));
    page.wait("document.querySelector('.live .inspector').textContent.includes('Passes only ')");
    page.click(".live [data-act=heal-out]");
    page.wait(&format!("{link}.dataset.state === 'live'"));
}

#[test]
fn a_herd_that_ends_is_said_to_and_one_that_comes_back_is_found() {
    let http = herd_tests::tcp::free_address().to_string();
    let up = Up::start(HERD, &["--http", &http]);
    let mut page = Page::open(&format!("http://{http}/#live"), Media::DESKTOP);
    runs(&mut page, &up);
    drop(up);
    // It is tried again, in vain.
    page.wait("document.querySelector('.live [data-source]').textContent.includes('not reached')");
    stands(&mut page, "Alford", "down");
    let up = Up::start(HERD, &["--http", &http]);
    runs(&mut page, &up);
    page.expect_said("WebSocket connection to");
}
