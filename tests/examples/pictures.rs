//! Takes pictures of the page: `cargo run -p herd-tests --example pictures -- FOLDER [NAME…]`. With the
//! name `presets`, those of every preset instead: at three sizes, by day and by night.

use std::env;
use std::path::{Path, PathBuf};

use herd_core::time::SECOND;
use herd_sim_wasm::text::show_seconds;
use herd_sim_wasm::{Command, Script};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;
use herd_web::presets::Group;

const WIDE: Media = Media::DESKTOP;
const MIDDLE: Media = Media { width: 1024, height: 768, ..Media::DESKTOP };
const TABLET: Media = Media { width: 820, height: 1180, ..Media::DESKTOP };
const PHONE: Media = Media::PHONE;

/// A picture: its name, how large, by night, the preset, the instant shown, and what is clicked.
type Shot = (&'static str, Media, bool, &'static str, &'static str, &'static [&'static str]);

const SHOTS: &[Shot] = &[
    ("flood", WIDE, false, "Five servers", "1.21", &[]),
    ("readme", WIDE, false, "Five servers", "1.21", &["[data-tab=SpaceTime]", "@Holiday"]),
    ("wave", WIDE, true, "Ten thousand", "1.3", &["[data-tab=Charts]"]),
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
    ("ten-thousand", WIDE, false, "Ten thousand", "1.1", &[]),
    ("ten-thousand-night", WIDE, true, "Ten thousand", "1.1", &[]),
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
    if wanted == ["presets"] {
        presets(&mut page, &address, &folder);
        return page.assert_quiet();
    }
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
    if is_wanted("trials") {
        trials(&mut page, &address, &folder);
    }
    if is_wanted("share") {
        share(&mut page, &address, &folder);
    }
    page.assert_quiet();
}

/// Every preset a quarter of a second into its last update, or later in a large herd.
fn presets(page: &mut Page, address: &str, folder: &Path) {
    for preset in herd_web::presets::PRESETS {
        let script: Script = preset.script.parse().expect("a preset is a script");
        let mut updates = script.entries().iter().filter(|entry| {
            matches!(&entry.command, Command::Say { line, .. } if line.starts_with(b"IAMAT"))
        });
        let last = updates.next_back().map_or(SECOND, |entry| entry.at);
        let at =
            show_seconds(last + if preset.group == Group::Large { SECOND } else { SECOND / 4 });
        for (size, media) in [("wide", WIDE), ("tablet", TABLET), ("phone", PHONE)] {
            for (theme, dark) in [("day", false), ("night", true)] {
                page.media(Media { dark, ..media });
                page.go(&herd_tests::browser_page::preset(address, preset.name, &at));
                page.wait("document.querySelector('.clock').textContent !== '0.000 s'");
                page.settle();
                let name = preset.name.replace([' ', ','], "-");
                page.screenshot(&folder.join(format!("{size}-{theme}-{name}.png")));
            }
        }
    }
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

/// The point of no return of a run with a planted bug, and two protocols on a grid.
fn trials(page: &mut Page, address: &str, folder: &Path) {
    const RUN: &str = "herd 1 seed=1 topology=ring:6 bug=forgets-on-restart\n\
        @1 say s1 IAMAT kiwi +34-118 1700000001\n@1.4 cut s0-s1\n@1.5 kill s4\n\
        @1.8 say s3 IAMAT plum +34-118 1700000001.8\n@2 restart s4\n@2.6 heal\n\
        @3 say s2 IAMAT kiwi +35-118 1700000003\n";
    for (name, media) in [("trials", WIDE), ("trials-phone", Media { dark: true, ..PHONE })] {
        page.media(media);
        page.go(&herd_tests::browser_page::run(address, RUN, Some("3.2")));
        page.click("[data-tab=Lab]");
        page.click("[data-mode=NoReturn]");
        page.click(".lab .begin");
        page.wait("document.querySelector('.lab [role=status]').textContent.includes('no return')");
        page.settle();
        page.screenshot(&folder.join(format!("{name}.png")));
    }
    for (name, media) in [("race", WIDE), ("race-night", Media { dark: true, ..WIDE })] {
        page.media(media);
        page.go(&herd_tests::browser_page::preset(address, "Sixty, small world", "1.5"));
        page.click("[data-tab=Lab]");
        page.click("[data-mode=Race]");
        page.choose("[aria-label='Protocol 2']", "gossip");
        page.click(".lab .begin");
        page.wait("document.querySelector('.lab [role=status]').textContent.includes('same luck')");
        page.settle();
        page.screenshot(&folder.join(format!("{name}.png")));
    }
}

/// A run taken along.
fn share(page: &mut Page, address: &str, folder: &Path) {
    for (name, media, form) in [
        ("share", WIDE, "Rust test"),
        ("share-night", Media { dark: true, ..WIDE }, "Picture"),
        ("share-phone", PHONE, "Link"),
    ] {
        page.media(media);
        page.go(&herd_tests::browser_page::preset(address, "Two halves", "2.9"));
        page.click(".bar .share-run");
        page.click(&format!("[data-form='{form}']"));
        page.settle();
        page.screenshot(&folder.join(format!("{name}.png")));
    }
}
