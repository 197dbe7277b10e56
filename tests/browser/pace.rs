//! How fast: time near a message, what is drawn where frames are slow, how often something is spoken.

use herd_sim_wasm::text::parse_seconds;
use herd_sim_wasm::{Script, World};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::{preset, run};
use herd_tests::browser_server::serve;

/// A page whose frames are even.
fn even(address: &str) -> Page {
    let mut page = Page::blank(Media::DESKTOP);
    page.frames_are_even();
    page.go(address);
    page.wait("document.querySelector('[data-server]')");
    page.settle();
    page
}

/// How many milliseconds pass in so many frames.
#[track_caller]
fn passes(page: &mut Page, frames: u32) -> f64 {
    let clock = "parseFloat(document.querySelector('.clock').textContent) * 1000";
    let before = page.eval(&format!("[{clock}, even.frames + {frames}]"));
    let end = &before[1];
    let after = page.wait(&format!("even.frames >= {end} && [{clock}, even.frames]"));
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    // The page may have been asked some frames later: what passed is told by frame.
    let more = number(&after[1]) - number(end);
    (number(&after[0]) - number(&before[0])) * f64::from(frames) / (f64::from(frames) + more)
}

#[test]
fn time_slows_while_the_pointer_is_near_a_message() {
    let mut page = even(&preset(&serve(), "Five servers", "1.11"));
    let (alford, welsh) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Welsh]"));
    let middle = (f64::midpoint(alford.0, welsh.0), f64::midpoint(alford.1, welsh.1));
    page.choose("[aria-label=Speed]", "1");
    page.hover(middle);
    page.wait("document.querySelector('.tip').textContent.includes('click to catch')");
    page.key(" ");
    page.wait("document.querySelector('[aria-label=Pause]')");
    // A three-hundredth of the speed: 250 frames of 16 ms are 12 ms, and near a message a fifth of that.
    let slow = passes(&mut page, 250);
    assert!((1.0..=4.0).contains(&slow), "{slow} ms near it");
    page.hover((middle.0 + 150.0, middle.1 + 150.0));
    page.wait("!document.querySelector('.tip')");
    let quick = passes(&mut page, 250);
    assert!((10.0..=14.0).contains(&quick), "{quick} ms elsewhere");
    page.assert_quiet();
}

#[test]
fn a_slow_machine_draws_less_says_so_and_leaves_no_step_out() {
    // Between 60 and 300 messages a second: each has its shape, where there is time for it.
    let script = "herd 1 seed=7 topology=random:12:3 latency=40ms..160ms clients=8 pace=600ms\n";
    let mut page = even(&run(&serve(), script, Some("2")));
    let caption = "document.querySelector('.caption').textContent";
    page.choose("[aria-label=Speed]", "7");
    page.click("[aria-label=Play]");
    page.wait("even.frames > 150");
    let whole = page.text(caption);
    assert!(!whole.contains("small dot") && !whole.contains("glows"), "{whole}");
    page.eval("even.each = 21");
    page.wait(&format!("{caption}.includes('small dot')"));
    page.wait(&format!("{caption}.includes('glows')"));
    page.click("[aria-label=Pause]");
    page.settle();
    // The run is the same as ever.
    let at = page.text("document.querySelector('.clock').textContent");
    page.key("ArrowRight");
    page.key("ArrowLeft");
    let now = page.wait(
        "(() => {
            document.querySelector('.bar .share-run').click();
            return document.querySelector('.share textarea')?.value.split('&at=')[1];
        })()",
    );
    let now = now.as_str().expect("text").split('&').next().expect("an instant").to_owned();
    assert!(at.starts_with(&now[..4]), "{at} is {now}");
    let mut world = World::new(script.parse::<Script>().expect("a script"));
    world.run_until(parse_seconds(&now).expect("an instant"));
    let digest = page.text("document.querySelector('.seal code').textContent");
    assert_eq!(digest, format!("{:016x}", world.digest()));
    page.assert_quiet();
}

#[test]
fn who_listens_hears_a_sentence_in_two_seconds_at_most() {
    let mut page = even(&preset(&serve(), "Five servers", "0.9"));
    page.wait("document.querySelector('.spoken').textContent");
    page.eval(
        "(() => {
            window.said = { spoken: [], shown: [] };
            const watch = (what, list) => new MutationObserver(() => list.push(even.at))
                .observe(document.querySelector(what),
                    { childList: true, characterData: true, subtree: true });
            watch('.spoken', said.spoken);
            watch('.caption', said.shown);
        })()",
    );
    let start = page.eval("even.at").as_f64().expect("an instant");
    while page.eval("even.at").as_f64().expect("an instant") < start + 6_500.0 {
        page.key(".");
        page.settle();
    }
    let times = |page: &mut Page, which: &str| {
        let list = page.eval(&format!("said.{which}"));
        let list = list.as_array().expect("a list").iter();
        list.map(|at| at.as_f64().expect("an instant")).collect::<Vec<_>>()
    };
    let (spoken, shown) = (times(&mut page, "spoken"), times(&mut page, "shown"));
    assert!(spoken.len() >= 2 && shown.len() > spoken.len(), "{spoken:?} of {shown:?}");
    for pair in spoken.windows(2) {
        assert!(pair[1] - pair[0] >= 2_000.0, "{spoken:?}");
    }
    // What the eye reads is silent: nothing else on the stage is announced.
    assert_eq!(
        page.eval("document.querySelectorAll('.stage [aria-live], .stage [role=status]').length"),
        0
    );
    page.assert_quiet();
}
