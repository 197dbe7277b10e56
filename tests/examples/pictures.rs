//! Takes pictures of the page: `cargo run -p herd-tests --example pictures -- FOLDER [NAME…]`.

use std::env;
use std::path::{Path, PathBuf};

use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

const WIDE: Media = Media::DESKTOP;
const MIDDLE: Media = Media { width: 1024, height: 768, ..Media::DESKTOP };
const TABLET: Media = Media { width: 820, height: 1180, ..Media::DESKTOP };
const PHONE: Media = Media::PHONE;

/// A picture: its name, how large, by night, the preset, the instant shown, and what is clicked.
type Shot = (&'static str, Media, bool, &'static str, &'static str, &'static [&'static str]);

const SHOTS: &[Shot] = &[
    ("flood", WIDE, false, "Five servers", "1.21", &[]),
    ("flood-night", WIDE, true, "Five servers", "1.21", &[]),
    ("answer", WIDE, false, "Five servers", "1.95", &["@Holiday"]),
    ("second", WIDE, false, "Five servers", "2.425", &["@Holiday"]),
    ("down", WIDE, false, "Holiday is down", "1.9", &["@Hamilton"]),
    ("halves-night", WIDE, true, "Two halves", "1.85", &[]),
    ("script", WIDE, false, "Two halves", "1.85", &["[data-tab=Script]"]),
    ("events", WIDE, true, "Ring of eight", "1.45", &["[data-tab=Events]"]),
    ("spacetime", WIDE, false, "Two halves", "2.9", &["[data-tab=SpaceTime]", "@Ball"]),
    ("table", WIDE, false, "Five servers", "1.11", &["[data-tab=Table]"]),
    ("charts", WIDE, true, "Ring of eight", "3.2", &["[data-tab=Charts]"]),
    ("way", WIDE, false, "Grid, 5 × 5", "1.9", &["@s24", ".inspector .trace"]),
    ("thousand", WIDE, false, "A thousand", "1.6", &[]),
    ("ten-thousand", WIDE, false, "Ten thousand", "1.42", &[]),
    ("ten-thousand-night", WIDE, true, "Ten thousand", "1.42", &[]),
    ("tablet", TABLET, false, "Bridge", "3.2", &["[data-tab=SpaceTime]"]),
    ("grid", WIDE, false, "Grid, 5 × 5", "1.3", &[]),
    ("busy", WIDE, false, "A busy herd", "3.2", &[]),
    ("sixty-night", WIDE, true, "Sixty, small world", "1.24", &[]),
    ("complete", WIDE, false, "Everyone to everyone, 25", "1.1", &[]),
    ("help", WIDE, false, "Five servers", "1.21", &["[aria-label='Keys and help']"]),
    ("middle", MIDDLE, false, "Five servers", "1.21", &["@Alford"]),
    ("middle-night", MIDDLE, true, "Tree of 25", "1.2", &[]),
    ("phone", PHONE, false, "Five servers", "1.21", &[]),
    ("phone-night", PHONE, true, "Holiday is down", "1.9", &["@Hamilton"]),
];

fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "pictures".into()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let wanted: Vec<String> = arguments.collect();
    let address = serve();
    let mut page = Page::open(&address, WIDE);
    for (name, media, dark, preset, at, clicks) in SHOTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        page.media(Media { dark: *dark, ..*media });
        page.go(&herd_tests::browser_page::preset(&address, preset, at));
        page.wait("document.querySelector('.clock').textContent !== '0.000 s'");
        for click in *clicks {
            match click.strip_prefix('@') {
                Some(server) => page.click(&format!("[data-server={server}]")),
                None => page.click(click),
            }
        }
        page.settle();
        page.screenshot(&folder.join(format!("{name}.png")));
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if is_wanted("first") {
        page.media(WIDE);
        page.go(&address);
        page.wait("document.querySelectorAll('.guide .done').length === 1");
        page.settle();
        page.screenshot(&folder.join("first.png"));
        page.media(PHONE);
        page.settle();
        page.screenshot(&folder.join("first-phone.png"));
    }
    if is_wanted("branches") {
        branches(&mut page, &address, &folder);
    }
    if is_wanted("embed") {
        embed(&mut page, &address, &folder);
    }
    if is_wanted("lab") {
        lab(&mut page, &address, &folder);
    }
    page.assert_quiet();
}

/// Two courses of one run, compared.
fn branches(page: &mut Page, address: &str, folder: &Path) {
    page.media(WIDE);
    page.go(&herd_tests::browser_page::preset(address, "Five servers", "3"));
    page.choose("[aria-label='Back until']", "command");
    page.choose("[aria-label='Back until']", "command");
    page.wait("document.querySelector('.clock').textContent === '1.700 s'");
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("k");
    page.click(".branches .compare");
    page.wait("document.querySelector('.first').textContent.includes('1.700 s')");
    page.settle();
    page.screenshot(&folder.join("branches.png"));
}

/// The example for other people's pages: in the middle of a flood that misses one, and after a
/// search.
fn embed(page: &mut Page, address: &str, folder: &Path) {
    page.media(MIDDLE);
    page.go(&format!("{address}embed/"));
    page.wait("document.querySelector('#log').textContent.includes('learns kiwi < Alford')");
    page.click("#server-Holiday");
    page.wait("document.querySelector('#log').textContent.includes('kill Holiday')");
    page.click("#play");
    page.settle();
    page.screenshot(&folder.join("embed.png"));
    page.media(Media { dark: true, ..MIDDLE });
    page.click("#search");
    page.wait("document.querySelector('#said').textContent.includes('small:')");
    page.settle();
    page.screenshot(&folder.join("embed-night.png"));
}

/// The Lab, with a failure that was made small.
fn lab(page: &mut Page, address: &str, folder: &Path) {
    for (name, media) in [
        ("lab", WIDE),
        ("lab-night", Media { dark: true, ..WIDE }),
        ("lab-middle", MIDDLE),
        ("lab-phone", PHONE),
    ] {
        page.media(media);
        page.go(address);
        page.click("[data-tab=Lab]");
        page.wait("document.querySelector('.lab .form')");
        page.eval(
            "(() => {
                const select = document.querySelector('.lab select');
                select.value = 'forgets-on-restart';
                select.dispatchEvent(new Event('change', { bubbles: true }));
            })()",
        );
        page.click(".lab .search");
        page.wait("document.querySelector('.lab [role=status]').textContent.startsWith('200 of')");
        page.click(".seeds .failed button");
        page.click(".lab .shrink");
        page.wait("document.querySelector('.chosen .note').textContent.endsWith('scripts tried')");
        page.click(".lab .open");
        page.settle();
        page.screenshot(&folder.join(format!("{name}.png")));
    }
}
