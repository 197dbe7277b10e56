//! What the page shares is what it says: a test that compiles, and links that every program reads.

use herd_sim_wasm::pack::readable;
use herd_sim_wasm::{Link, Script};
use herd_tests::repository::root;
use herd_web::presets::PRESETS;
use herd_web::session::Session;

/// The run that `shared.rs` holds, and where it is looked at.
fn session() -> Session {
    let preset = PRESETS.iter().find(|preset| preset.name == "Holiday is down").expect("a preset");
    let mut session = Session::open(preset.script).expect("a script");
    session.seek(2_500_000_000);
    session
}

#[test]
fn the_test_that_is_shared_compiles() {
    // It is a module of this very program: what is shared is what was compiled.
    let (text, file) = (session().rust_test(), root().join("tests/sim/shared.rs"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &text).expect("the file can be written");
    }
    assert_eq!(text, std::fs::read_to_string(&file).expect("the file is there"));
}

#[test]
fn its_script_is_the_run() {
    let text = session().rust_test();
    let literal = text.split('"').nth(1).expect("a literal");
    let script: String = literal
        .split("\\n")
        .map(|line| line.trim_start_matches(['\\', '\n', ' ']))
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(script.parse::<Script>().as_ref(), Ok(session().script()), "{text}");
}

#[test]
fn readable_links_are_links() {
    let script = session().script().clone();
    let text = readable::show(&script.to_string(), Some(1_250_000_000));
    let link = Link::new(script, Some(1_250_000_000));
    for address in [
        text.clone(),
        format!("#{text}"),
        format!("https://herd.example/#{text}&on=Holiday&colour=red"),
    ] {
        assert!(herd_sim_wasm::pack::is_link(&address), "{address}");
        assert_eq!(Link::parse(&address), Ok(link.clone()), "{address}");
    }
    for (text, expected) in [
        ("#run=herd+1%2", "two hexadecimal digits"),
        ("#run=%FF", "UTF-8"),
        ("#run=herd+1&at=soon", "at=1.25"),
        ("#run=herd+1%0A@1+kil+s0", "line 2, column 4: expected a command"),
    ] {
        let error = Link::parse(text).expect_err("no link").to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert!(!herd_sim_wasm::pack::is_link("herd 1 seed=1\n@1 say s0 see #run=herd+1\n"));
}
