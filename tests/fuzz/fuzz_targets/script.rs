//! Any text as a script, and any letters as a link: never a panic, and what is read is written and
//! read as the same again.
#![no_main]

use herd_sim_wasm::{Link, Script};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Thousands of servers are fine and take their time: there are other things to find.
    let large = |word: &str| word.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() > 2);
    if text.split_ascii_whitespace().any(|word| word.contains("topology=") && large(word)) {
        return;
    }
    if let Ok(script) = text.parse::<Script>() {
        assert_eq!(script.to_string().parse::<Script>().as_ref(), Ok(&script));
        let link = Link::new(script, Some(1));
        assert_eq!(Link::parse(&link.to_string()), Ok(link));
    }
    let _ = Link::parse(text);
});
