//! `herd sim`: runs, links and searches on the command line.

use herd_sim_wasm::pack::readable;
use herd_sim_wasm::{Link, World, swarm};
use herd_tests::repository::{read, root};
use herd_tests::tcp::run;
use tempfile::TempDir;

use crate::HERD;

/// Runs `herd sim` with these arguments: the status, what it prints and what it complains of.
#[track_caller]
fn sim(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(HERD, &[&["sim"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A file of this name with this text.
fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a writable folder");
    path.display().to_string()
}

#[test]
fn a_scenario_is_played_with_a_column_for_each_server() {
    let (status, out, err) = sim(&["run", "--scenario", "flood"]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0].find("Ball"), Some(13 + 22));
    let learned = lines.iter().find(|line| line.contains("learns kiwi < Welsh")).expect("Ball");
    assert_eq!(learned.find("learns"), Some(13 + 22), "{out}");
    assert!(out.contains("digest ") && out.contains("fine: ") && !out.contains('\u{1b}'), "{out}");
    assert_eq!(sim(&["run", "--scenario", "flood"]).1, out);
    assert_ne!(sim(&["run", "--scenario", "chaos", "--seed", "7"]).1, out);
}

#[test]
fn what_is_listed_is_all_there_is() {
    let (status, out, _) = sim(&["list"]);
    assert_eq!(status, Some(0));
    let readme = read(&root().join("README.md"));
    for (check, sentence) in swarm::checks() {
        assert!(out.contains(&format!("  {check:<22} {sentence}\n")), "{out}");
        assert!(readme.contains(&format!("\n| `{check}` | ")), "{check}");
    }
    // What a script can say, each once.
    let says = |verb: &str| out.lines().filter(|line| line.split(' ').nth(2) == Some(verb)).count();
    for verb in ["continue", "cut", "heal", "wobble"] {
        assert_eq!(says(verb), 1, "{verb}: {out}");
    }
}

#[test]
fn a_run_costs_what_a_table_says_with_each_preset() {
    let (status, out, err) = sim(&["costs", "--scenario", "flood", "--preset", "flood,grove"]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][..4], ["preset", "trees", "pushes", "control"], "{out}");
    assert_eq!((rows[1][0], &rows[2][..2]), ("flood", &["grove", "learned"][..]), "{out}");
    assert_eq!(rows[3][..3], ["grove", "planned", "4.00"], "{out}");
    assert_eq!(sim(&["costs"]).0, Some(2));
}

#[test]
fn a_script_and_its_link_are_the_same_run() {
    let script = root().join("tests/scripts/two-dials-at-once.txt").display().to_string();
    let (status, link, _) = sim(&["link", &script, "--at", "1.5"]);
    assert_eq!(status, Some(0));
    let link = link.trim();
    assert!(link.starts_with("herd1.") && link.len() < 600, "{link}");
    let (_, of_script, _) = sim(&["run", "--quiet", &script]);
    let (_, of_link, _) = sim(&["run", "--quiet", link]);
    // Of a link it says the digest where it opens as well: the page shows the same one there.
    let mut world = World::new(Link::parse(link).expect("a link").script);
    world.run_until(1_500_000_000);
    let opens = format!("opens at 1.5 s  digest {:016x}\n", world.digest());
    assert!(of_link.contains(&opens), "{of_link}");
    assert!(of_script.starts_with("digest ") && of_script == of_link.replace(&opens, ""));
    let text = std::fs::read_to_string(&script).expect("a script");
    let address =
        format!("http://127.0.0.1:8080/#{}&on=s1", readable::show(&text, Some(1_500_000_000)));
    assert_eq!(sim(&["run", "--quiet", &address]).1, of_link);
    let (_, text, _) = sim(&["script", &format!("http://127.0.0.1:8080/#{link}")]);
    assert!(text.starts_with("herd 1 seed=186 topology=line:4 "), "{text}");
}

#[test]
fn a_broken_check_says_what_led_to_it() {
    let folder = TempDir::new().expect("a temporary folder");
    let script = "herd 1 topology=line:3 bug=echoes\n@1 say s0 IAMAT kiwi +1+1 1\n";
    let (status, out, _) = sim(&["run", &file(&folder, "bug.txt", script)]);
    assert_eq!(status, Some(1), "{out}");
    let broken = out.split("broken: ").nth(1).expect("it breaks");
    let link = broken.split("link: ").nth(1).expect("a link").trim();
    assert!(broken.starts_with("flood_cost: "), "{broken}");
    let because = broken.split("because").nth(1).expect("a chain");
    assert!(because.contains("say s0 IAMAT kiwi +1+1 1"), "{because}");
    assert!(because.contains("accepts kiwi"), "{because}");
    assert_eq!(sim(&["run", "-q", link]).0, Some(1));
}

#[test]
fn errors_say_what_was_expected() {
    let folder = TempDir::new().expect("a temporary folder");
    let wrong = file(&folder, "wrong.txt", "herd 1\n@1 kil Ball\n");
    for (arguments, expected) in [
        (&["run", &wrong][..], "wrong.txt:2:4: expected a command: bandwidth"),
        (&["run", "no-such-file"], "no-such-file cannot be read"),
        (&["run", "herd1.AAAA"], "expected a whole link"),
        (&["run", "--scenario", "nothing"], "there are bridge, crash"),
        (&["swarm", "--topology", "ring:2"], "--topology: a topology: a number of servers from 3"),
        (&["swarm", "--shard", "4/4"], "I from 0 to N-1"),
        (&["swarm", "--bug", "mine"], "echoes"),
        (&["swarm", "--faults", "cuts,rain"], "partitions"),
        (&["merge", &wrong], "is no report of herd sim swarm"),
    ] {
        let (status, out, err) = sim(arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {out}{err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
}

#[test]
fn a_search_finds_and_makes_small() {
    let (status, out, _) = sim(&[
        "swarm",
        "--seeds",
        "4",
        "--bug",
        "echoes",
        "--topology",
        "ring:6",
        "--preset",
        "grove",
    ]);
    assert_eq!(status, Some(1), "{out}");
    let link = out.split("herd sim run ").nth(1).and_then(|rest| rest.lines().next());
    let (status, again, _) = sim(&["run", link.expect("a command that repeats it")]);
    assert!(status == Some(1) && again.contains("no_echo"), "{again}");
    let small = |line: &str| line.starts_with("herd 1 seed=1 topology=ring:3 ");
    assert!(out.lines().any(|line| small(line) && line.ends_with(" bug=echoes")), "{out}");
}

#[test]
fn a_search_in_parts_is_the_whole_search() {
    let folder = TempDir::new().expect("a temporary folder");
    let report = |name: &str, more: &[&str]| {
        let path = folder.path().join(name).display().to_string();
        let arguments = [&["swarm", "--seeds", "60", "--json", &path], more].concat();
        let (status, out, err) = sim(&arguments);
        assert_eq!(status, Some(0), "{out}{err}");
        path
    };
    let whole = report("whole.json", &["--jobs", "1"]);
    let parts: Vec<String> = (0..3)
        .map(|part| report(&format!("{part}.json"), &["--shard", &format!("{part}/3")]))
        .collect();
    let merged = folder.path().join("merged.json").display().to_string();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (status, out, _) = sim(&[&["merge", "--json", &merged], &*parts].concat());
    assert_eq!(status, Some(0), "{out}");
    let read = |path: &str| std::fs::read_to_string(path).expect("a report");
    assert_eq!(read(&whole), read(&merged));
}

#[test]
fn what_was_never_seen_fails_if_it_has_to_be_seen() {
    let calm = ["swarm", "--seeds", "5", "--faults", "none"];
    assert_eq!(sim(&calm).0, Some(0));
    let (status, out, _) = sim(&[&calm[..], &["--require-coverage"]].concat());
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("never bridge_died") && out.contains("missed: "), "{out}");
}

#[test]
fn the_list_names_everything() {
    let (status, out, _) = sim(&["list"]);
    assert_eq!(status, Some(0));
    for name in ["crash", "places-2016", "ring:N", "cut LINK", "never_back", "swizzle", "half_open"]
    {
        assert!(out.contains(name), "{name} is not in\n{out}");
    }
}
