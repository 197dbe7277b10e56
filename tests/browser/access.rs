//! The page for those who do not see it, or use no mouse.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;
use serde_json::{Value, json};

/// See `axe/README.md`.
const AXE: &[u8] = include_bytes!("axe/axe.min.js.gz");

/// Loads the scanner into the page.
fn load(page: &mut Page) {
    let data = STANDARD.encode(AXE);
    page.eval(&format!(
        "(async () => {{
            const packed = await fetch('data:application/gzip;base64,{data}');
            const plain = packed.body.pipeThrough(new DecompressionStream('gzip'));
            const script = document.createElement('script');
            script.textContent = await new Response(plain).text();
            document.head.append(script);
        }})()"
    ));
}

/// What the scanner takes for serious or worse, each with the first elements it is about.
fn serious(page: &mut Page) -> Value {
    page.settle();
    page.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .map(({ id, nodes }) => [id, ...nodes.slice(0, 4).map(({ html, failureSummary }) =>
                html.slice(0, 160) + ' :: ' + failureSummary)]))",
    )
}

#[track_caller]
fn is_clean(page: &mut Page, what: &str) {
    let found = serious(page);
    assert_eq!(found, json!([]), "{what}: {found:#}");
}

#[test]
fn a_scan_finds_nothing_serious_in_any_tab_by_day_and_by_night() {
    let address = preset(&serve(), "Holiday is down", "1.95");
    for dark in [false, true] {
        let mut page = Page::open(&address, Media { dark, ..Media::DESKTOP });
        page.wait("document.querySelector('.clock').textContent === '1.950 s'");
        load(&mut page);
        for tab in ["Places", "SpaceTime", "Script", "Events", "Table", "Charts", "Compare", "Lab"]
        {
            page.click(&format!("[data-tab={tab}]"));
            is_clean(&mut page, tab);
        }
        for mode in ["NoReturn", "Race"] {
            page.click(&format!("[data-mode={mode}]"));
            is_clean(&mut page, mode);
        }
        page.click("[data-server=Hamilton]");
        is_clean(&mut page, "a server");
        page.click(".bar .share-run");
        page.wait("document.querySelector('dialog.share').open");
        is_clean(&mut page, "Share");
        page.key("Escape");
        page.eval("document.querySelector('[data-link=Hamilton-Holiday]').focus()");
        page.key("?");
        page.wait("document.querySelector('dialog[aria-label=Help]').open");
        is_clean(&mut page, "Help");
        page.assert_quiet();
    }
}

#[test]
fn a_scan_finds_what_is_serious() {
    let mut page = Page::open(&preset(&serve(), "Five servers", "1.11"), Media::DESKTOP);
    page.wait("document.querySelector('[data-server=Holiday]')");
    load(&mut page);
    page.eval(
        "document.querySelector('.story').innerHTML =
            '<button></button><p style=\"color:#999;background:#aaa\">pale</p>'",
    );
    let found = serious(&mut page).to_string();
    assert!(found.contains("button-name") && found.contains("color-contrast"), "{found}");
    page.assert_quiet();
}

#[test]
fn a_scan_finds_nothing_serious_on_a_telephone_and_in_the_first_minute() {
    let mut page = Page::open(&serve(), Media::PHONE);
    page.wait("document.querySelector('.guide')");
    load(&mut page);
    is_clean(&mut page, "the first minute");
    page.assert_quiet();
}

/// What the keys of the specification do, where the stage has the focus: a key, what is focused, and
/// what is so then.
const KEYS: [(&str, &str, &str); 20] = [
    ("[", "[data-server=Ball]", "document.querySelector('[aria-label=Speed]').value === '4'"),
    ("]", "[data-server=Ball]", "document.querySelector('[aria-label=Speed]').value === '5'"),
    (",", "[data-server=Ball]", "parseFloat(document.querySelector('.clock').textContent) < 1.5"),
    (".", "[data-server=Ball]", "parseFloat(document.querySelector('.clock').textContent) > 1.2"),
    ("n", "[data-server=Ball]", "parseFloat(document.querySelector('.clock').textContent) > 1.6"),
    ("p", "[data-server=Ball]", "parseFloat(document.querySelector('.clock').textContent) < 2.0"),
    ("b", "[data-server=Ball]", "document.querySelector('.flag')"),
    ("t", "[data-server=Ball]", "document.querySelector('ol.way')"),
    ("t", "[data-server=Ball]", "!document.querySelector('ol.way')"),
    ("u", "[data-server=Ball]", "document.querySelector('.toast, .rows')"),
    ("q", "[data-server=Ball]", "decodeURIComponent(location.hash).includes('Ball+WHATSAT+kiwi')"),
    (
        "g",
        "[data-server=Ball]",
        "document.querySelectorAll('[data-link*=Ball]')[0].textContent.includes('cut')",
    ),
    (
        "h",
        "[data-link=Alford-Hamilton]",
        "decodeURIComponent(location.hash).includes('hold+Alford-Hamilton')",
    ),
    (
        "x",
        "[data-link=Alford-Hamilton]",
        "decodeURIComponent(location.hash).includes('cut+Alford-Hamilton')",
    ),
    (
        "k",
        "[data-server=Welsh]",
        "document.querySelector('[data-server=Welsh]').textContent === 'Welsh, down'",
    ),
    (
        "z",
        "[data-server=Alford]",
        "document.querySelector('[data-server=Alford]').textContent === 'Alford, paused'",
    ),
    (
        "c",
        "[data-server=Alford]",
        "document.querySelector('[data-tab=Compare]').ariaSelected === 'true'",
    ),
    ("/", "[data-server=Alford]", "document.activeElement.type === 'search'"),
    ("s", "[data-server=Alford]", "document.querySelector('dialog.share').open"),
    ("?", "[data-tab=Events]", "document.querySelector('dialog[aria-label=Help]').open"),
];

#[test]
fn every_key_does_what_its_sheet_says_and_only_where_it_should() {
    let mut page = Page::open(&preset(&serve(), "Five servers", "1.5"), Media::DESKTOP);
    page.wait("document.querySelector('.clock').textContent === '1.500 s'");
    let before = page.text("location.hash");
    for elsewhere in ["[data-tab=Script]", ".bar .share-run", ".legend .kind"] {
        page.eval(&format!("document.querySelector('{elsewhere}').focus()"));
        for key in ["k", "u", "x", "g", "z"] {
            page.key(key);
        }
    }
    page.settle();
    assert_eq!(page.text("location.hash"), before, "letters elsewhere do nothing to the run");
    for (key, focus, expected) in KEYS {
        page.eval(&format!("document.querySelector('{focus}').focus()"));
        page.key(key);
        page.wait(expected);
        if key == "s" {
            page.key("Escape");
            page.wait("!document.querySelector('dialog.share').open");
        }
    }
    let sheet = page.text("document.querySelector('dialog[aria-label=Help]').textContent");
    for key in ["Space", "Home", "Tab", "Shift", "Ctrl", "Esc", "T", "?"] {
        assert!(sheet.contains(key), "{key} is not on the sheet");
    }
    page.assert_quiet();
}

#[test]
fn the_tables_are_a_way_to_everything() {
    let mut page = Page::open(&preset(&serve(), "Five servers", "1.11"), Media::DESKTOP);
    page.click("[data-tab=Table]");
    page.wait("document.querySelector('[aria-label=\"Do with Holiday\"]')");
    // What a menu on the stage offers, the table offers as well.
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.eval(
        "document.querySelector('[data-server=Holiday]')
            .dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))",
    );
    page.wait("document.querySelector('[role=menu]')");
    // What stands below the line is about no thing, and has buttons of its own.
    let menu = page.eval(
        "[...document.querySelectorAll('[role=menu] [role=menuitem]:not(hr ~ *)')]
            .map(item => item.firstChild.textContent)",
    );
    let table = page.eval(
        "[...document.querySelectorAll('[aria-label=\"Do with Holiday\"] option')]
            .slice(1).map(option => option.textContent)",
    );
    let (menu, table) = (menu.as_array().expect("a list"), table.as_array().expect("a list"));
    let missing: Vec<_> = menu.iter().filter(|item| !table.contains(item)).collect();
    assert!(!table.is_empty() && missing.is_empty(), "{missing:?} of {menu:?} not in {table:?}");
    page.assert_quiet();
}
