//! A run as a link: small, whole, and never a panic.

use herd_core::Preset;
use herd_sim_wasm::pack::{CORE, LinkError, PREFIX};
use herd_sim_wasm::{Link, Script, nemesis};
use herd_tests::repository::{files, inside, root};
use proptest::prelude::*;

fn drawn(seed: u64) -> Script {
    nemesis::draw(seed, &nemesis::Setup::default()).expect("drawn")
}

#[test]
fn a_run_survives_its_link() {
    for seed in 0..200 {
        let mut script = drawn(seed);
        let id = script.entries()[0].id;
        script.switch(id, seed % 2 == 0);
        let link = Link::new(script, (seed % 3 > 0).then_some(seed * 1_000_001));
        let text = link.to_string();
        let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(text.chars().all(letter), "{text}");
        assert_eq!(Link::parse(&text), Ok(link.clone()), "{text}");
        let address = format!("http://127.0.0.1:8080/#{text}&speed=2");
        assert_eq!(Link::parse(&address).map(|link| link.warning()), Ok(None));
    }
}

#[test]
fn two_hundred_commands_take_two_kilobytes_at_most() {
    let (topology, preset) = (Some("grid:4x4".into()), Some(Preset::Grove));
    // What is kept as data is as long as it is.
    let kinds =
        nemesis::Kind::ALL.into_iter().filter(|kind| *kind != nemesis::Kind::Data).collect();
    let setup =
        nemesis::Setup { topology, preset, kinds: Some(kinds), ..nemesis::Setup::default() };
    let mut longest = 0;
    for first in 0..20 {
        // The faults and updates of several seeds, one after the other.
        let mut run = nemesis::draw(first, &setup).expect("drawn");
        for seed in (1..).map(|n| first + 100 * n) {
            let last = run.entries().last().map_or(0, |entry| entry.at);
            let more = nemesis::draw(seed, &setup).expect("drawn");
            for entry in more.entries() {
                // Who has joined in one of them cannot join in another.
                if run.entries().len() < 200 {
                    let _ = run.add(last + entry.at, entry.command.clone());
                }
            }
            if run.entries().len() >= 200 {
                break;
            }
        }
        assert!(run.entries().len() >= 200);
        let per_command =
            Link::new(run.clone(), Some(1)).to_string().len() * 200 / run.entries().len();
        longest = longest.max(per_command);
    }
    assert!(longest <= 2_048, "{longest} bytes");
}

#[test]
fn a_link_of_another_core_opens_and_says_so() {
    let link = Link { core: CORE ^ 1, ..Link::new(drawn(3), None) };
    let read = Link::parse(&link.to_string()).expect("it opens");
    let warning = read.warning().expect("it says so");
    assert!(warning.contains("another version") && warning.contains(&format!("{CORE:08x}")));
}

#[test]
fn errors_say_what_was_expected() {
    let whole = Link::new(drawn(5), None).to_string();
    let cut = &whole[..whole.len() / 2];
    assert_eq!(Link::parse(cut), Err(LinkError::Damaged));
    assert_eq!(Link::parse("hello"), Err(LinkError::NoLink));
    assert_eq!(Link::parse("x#herd27.AAAA"), Err(LinkError::Format("27".into())));
    assert_eq!(Link::parse(PREFIX), Err(LinkError::Damaged));
    for (text, expected) in [(cut, "a whole link"), ("", PREFIX), ("herd2.AA", "format 2")] {
        let error = Link::parse(text).expect_err("no link").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// What was a link stays one: whoever changes the format gives it another number.
#[test]
fn an_old_link_still_opens() {
    let old = "herd1.JINXhSwbqMeB3qDLBVEOEOdph9ZFUpn-DdFl1Ale7A";
    let link = Link::parse(old).expect("a link of the first format");
    let text =
        "herd 1 seed=7 topology=ring:8\n@1.25 say s3 IAMAT kiwi +34-118 1\noff @2 cut s1>s2\n";
    assert_eq!((link.script.to_string().as_str(), link.at), (text, Some(1_500_000_000)));
}

#[test]
fn the_hash_of_the_core_sees_every_file_of_it() {
    let list = herd_tests::repository::read(&root().join("sim-wasm/src/pack/core_hash.rs"));
    for file in files() {
        let path = inside(&file);
        if let Some(name) = path.strip_prefix("core/src/")
            && !name.ends_with("tests.rs")
            && !name.contains("/tests/")
        {
            assert!(list.contains(&format!("source!(\"{name}\")")), "{name} is not hashed");
        }
    }
}

proptest! {
    #[test]
    fn any_change_is_an_error_and_never_a_panic(seed in 0..50_u64, at in 7..80_usize, letter in "[A-Za-z0-9_-]") {
        let whole = Link::new(drawn(seed), None).to_string();
        let at = at.min(whole.len() - 1);
        let changed = format!("{}{letter}{}", &whole[..at], &whole[at + 1..]);
        // In the hash of the core any number will do.
        if changed != whole && at > 12 {
            // The last bits say nothing any more.
            let read = Link::parse(&changed);
            prop_assert!(read == Err(LinkError::Damaged) || read == Link::parse(&whole), "{:?}", read);
        }
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic(text in "(herd[0-9.]{1,4})?[A-Za-z0-9_-]{0,200}\\PC{0,20}") {
        prop_assert!(Link::parse(&text).is_err());
    }
}
