//! A link is a run: the same in the page as natively.

use herd_sim_wasm::text::parse_seconds;
use herd_sim_wasm::{Script, World};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::run;
use herd_tests::browser_server::serve;

const SCRIPTS: [(&str, &str); 4] = [
    (
        "herd 1 seed=1 topology=places-2016\n\
         @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
        "2",
    ),
    (
        "herd 1 seed=42 topology=ring:8 latency=20ms..180ms\n\
         @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
         @1.1 kill s4\n\
         @1.2 cut s1-s2\n\
         @2 say s5 IAMAT kiwi +34.1-118.5 1700000002.000000000\n\
         @2.5 restart s4 empty\n\
         @3 heal\n\
         @4 say s4 WHATSAT kiwi 10 5\n",
        "6.5",
    ),
    ("herd 1 seed=7 topology=random:12:3 latency=40ms+60ms skew=2s clients=8 pace=300ms\n", "5"),
    (
        "herd 1 seed=3 topology=grid:5x5 preset=classic\n\
         @1 say s12 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
         @1.15 cut s7>s12\n\
         @1.2 pause s6\n\
         @3 resume s6\n",
        "4.25",
    ),
];

#[track_caller]
fn check(page: &mut Page, address: &str, script: &str, at: &str) {
    let parsed: Script = script.parse().expect("a script");
    let mut world = World::new(parsed);
    world.run_until(parse_seconds(at).expect("an instant"));
    page.go(&run(address, script, Some(at)));
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    let shown = page.text("document.querySelector('.seal code').textContent");
    assert_eq!(shown, format!("{:016x}", world.digest()), "{script}");
}

#[test]
fn the_same_link_has_the_same_digest_as_natively() {
    let address = serve();
    let mut page = Page::open(&address, Media::DESKTOP);
    for (script, at) in SCRIPTS {
        check(&mut page, &address, script, at);
    }
    page.assert_quiet();
}

#[test]
fn a_link_opens_the_script_it_says() {
    let address = serve();
    let (script, at) = SCRIPTS[1];
    let mut page = Page::open(&run(&address, script, Some(at)), Media::DESKTOP);
    page.click("[data-tab=Script]");
    page.click(".script .tools button:nth-child(3)");
    let text = page.wait("document.querySelector('.script textarea').value");
    assert_eq!(text, script);
    page.assert_quiet();
}

#[test]
fn the_address_follows_what_is_done() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.click("[data-server=Holiday]");
    page.click(".inspector .actions .main");
    page.wait("decodeURIComponent(location.hash).includes('kill+Holiday')");
    let address = page.text("location.href");
    page.go(&address);
    page.click("[data-tab=Script]");
    page.wait(
        "[...document.querySelectorAll('.rows .what')].some(e => e.value === 'kill Holiday')",
    );
    page.assert_quiet();
}

#[test]
fn a_broken_link_says_what_is_wrong() {
    let mut page = Page::open(&format!("{}#run=herd+1+seed=x", serve()), Media::DESKTOP);
    page.wait("document.querySelector('.toast').textContent.includes('seed')");
    // The page goes on with its first run.
    page.wait("document.querySelector('[data-server=Holiday]')");
    page.assert_quiet();
}
