use super::*;

#[test]
fn equal_seeds_draw_equal_scripts() {
    let setup = Setup::default();
    let texts: Vec<String> =
        (0..200).map(|seed| draw(seed, &setup).expect("drawn").to_string()).collect();
    for (seed, text) in (0..).zip(&texts) {
        assert_eq!(draw(seed, &setup).expect("drawn").to_string(), *text);
    }
    let different: std::collections::BTreeSet<&String> = texts.iter().collect();
    assert_eq!(different.len(), texts.len());
}

#[test]
fn one_kind_less_leaves_the_others_as_they_were() {
    let of = |kinds: Vec<Kind>| {
        let setup = Setup { kinds: Some(kinds), ..Setup::default() };
        draw(12, &setup).expect("drawn")
    };
    let all = of(vec![Kind::Cuts, Kind::Crashes, Kind::Pauses, Kind::Swizzle]);
    let fewer = of(vec![Kind::Cuts, Kind::Crashes]);
    let texts = |script: &Script| -> Vec<String> {
        let said = |entry: &crate::Entry| !matches!(entry.command, Command::Resume(_));
        let text = |entry: &crate::Entry| {
            format!("{} {}", entry.at, entry.command.text(script.topology()))
        };
        script.entries().iter().filter(|entry| said(entry)).map(text).collect()
    };
    let all = texts(&all);
    assert!(texts(&fewer).iter().all(|text| all.contains(text)));
}

/// The commands of some seeds as text, and the options of each.
fn drawn(seeds: u64) -> Vec<(String, Vec<String>)> {
    let setup = Setup::default();
    let of = |seed| {
        let script = draw(seed, &setup).expect("drawn");
        let text = |entry: &crate::Entry| entry.command.text(script.topology());
        (script.options().to_string(), script.entries().iter().map(text).collect())
    };
    (0..seeds).map(of).collect()
}

/// What a run that has it says somewhere: the fault table of the model, row by row.
const TABLE: &[&str] = &[
    "latency=?ms ",
    "..",
    "+",
    "|",
    "lag ",
    "bandwidth ",
    "capacity ",
    "datagram all ",
    "datagram *-",
    "datagram *>",
    " loss=",
    " duplicate=",
    " corrupt=",
    " reorder=",
    "hold ",
    "release *-",
    "clog ",
    "cut *-",
    "cut *>",
    " late ",
    "heal *-",
    "partition size ",
    "partition coin",
    "partition isolate ",
    "partition bridge ",
    "partition ring",
    "partition set ",
    "partition one-way ",
    "swizzle ",
    "kill ",
    "disk ",
    "restart * empty",
    "restart * unsynced",
    "restart * torn",
    "restart * older ",
    "pause ",
    "join * with ",
    "leave ",
    "link *-",
    "unlink *-",
    "resume ",
    "slow ",
    "skew=",
    "clock ",
    "drift ",
    "wobble ",
    "clients skew=",
    " repeat=",
    " burst=",
    " future=",
    "window=",
    "places ok",
    "places down",
    "places error",
    "places garbage",
    "places silent",
    "places garbage ?%",
    "places slow ",
];

/// Whether a text has the parts of a pattern one after the other: `*` is a word or less, `?` digits.
fn has(text: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once(['*', '?']) else {
        return text.contains(pattern);
    };
    let any = pattern.as_bytes()[before.len()] == b'*';
    text.match_indices(before).any(|(at, _)| {
        let rest = &text[at + before.len()..];
        let takes = |c: char| if any { c.is_alphanumeric() } else { c.is_ascii_digit() };
        let end = rest.find(|c| !takes(c)).unwrap_or(rest.len());
        end > 0 && rest[end..].starts_with(after)
    })
}

#[test]
fn every_fault_of_the_table_is_drawn() {
    let drawn = drawn(600);
    for pattern in TABLE {
        let says = |(options, commands): &(String, Vec<String>)| {
            has(options, pattern) || commands.iter().any(|command| has(command, pattern))
        };
        assert!(drawn.iter().any(says), "no run of 600 has “{pattern}”");
    }
    // Said twice, to different servers, and stamps far ahead.
    let said =
        |command: &String| command.strip_prefix("say ")?.split_once(' ').map(|(_, l)| l.to_owned());
    let repeats = |(_, commands): &(String, Vec<String>)| {
        let lines: Vec<String> = commands.iter().filter_map(said).collect();
        let updates = lines.iter().filter(|line| line.starts_with("IAMAT"));
        let different: std::collections::BTreeSet<&String> = updates.clone().collect();
        different.len() < updates.count()
    };
    assert!(drawn.iter().any(repeats));
    let ahead = |(_, commands): &(String, Vec<String>)| {
        commands.iter().any(|command| command.contains(" 17002592"))
    };
    assert!(drawn.iter().any(ahead), "three days ahead");
}

#[test]
fn calm_runs_and_swizzles_are_as_many_as_they_should_be() {
    let drawn = drawn(1_000);
    let some = |has: &dyn Fn(&[String]) -> bool| drawn.iter().filter(|(_, c)| has(c)).count();
    let calm = some(&|commands| commands.iter().all(|command| command.starts_with("say ")));
    assert!((30..120).contains(&calm), "{calm} of 1,000 are calm");
    let swizzled = some(&|commands| {
        commands.iter().any(|command| has(command, "swizzle ") && !command.ends_with(" 0s"))
    });
    assert!((150..240).contains(&swizzled), "{swizzled} of 1,000 have a swizzle");
}

/// The numbers behind a word, as far as they are digits.
fn numbers(commands: &[String], before: &str) -> Vec<f64> {
    let number = |command: &String| {
        let (_, rest) = command.split_once(before)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    commands.iter().filter_map(number).collect()
}

#[test]
fn what_is_drawn_stays_in_its_range() {
    for (_, commands) in drawn(300) {
        let within = |before: &str, least: f64, most: f64| {
            for number in numbers(&commands, before) {
                assert!((least..=most).contains(&number), "{before}{number}");
            }
        };
        within(" loss=", 0.0, 30.0);
        within(" duplicate=", 0.0, 50.0);
        within(" corrupt=", 0.0, 1.0);
        let drifts = commands.iter().filter_map(|c| c.strip_prefix("drift ")?.split_once(' '));
        for (_, ppm) in drifts {
            assert!(ppm.parse::<i64>().is_ok_and(|ppm| ppm.abs() <= 200), "{ppm}");
        }
        let capacities =
            commands.iter().filter_map(|c| c.strip_prefix("capacity ")?.split_once(' '));
        for (_, bytes) in capacities {
            let messages = bytes.parse::<u64>().expect("bytes") / 90;
            assert!(messages == 0 || (2..=20).contains(&messages), "{bytes}");
        }
        let count = |verb: &str| commands.iter().filter(|c| c.starts_with(verb)).count();
        assert!(count("kill ") <= 8 && count("lag ") <= 2 && count("partition ") <= 5);
    }
}

/// What names every server is said again whenever a link comes up: one that it does not fit is cut for
/// ever.
#[test]
fn links_of_large_herds_take_a_message_that_names_all() {
    let narrowest = |topology: &str| {
        let kinds = Some(vec![Kind::Bursts]);
        let setup = Setup { topology: Some(topology.into()), kinds, ..Setup::default() };
        let windows = (0..40).filter_map(|seed| {
            let window = draw(seed, &setup).ok()?.options().window;
            (window < Options::default().window).then_some(window)
        });
        windows.min().expect("some are narrow")
    };
    assert!((1_500..2_500).contains(&narrowest("star:40")));
    assert!((6_600..8_000).contains(&narrowest("star:200")));
}

/// Clients that go on by themselves leave no herd alone: a large one would hold up a search.
#[test]
fn large_herds_are_left_alone_in_the_end() {
    let go_on = |topology: &str| {
        let kinds = Some(vec![Kind::Stamps]);
        let setup = Setup { topology: Some(topology.into()), kinds, ..Setup::default() };
        let clients = |seed: u64| draw(seed, &setup).map_or(0, |drawn| drawn.options().clients);
        (0..200).filter(|seed| clients(*seed) > 0).count()
    };
    assert!(go_on("star:40") > 0);
    assert_eq!(go_on("star:200"), 0);
}
