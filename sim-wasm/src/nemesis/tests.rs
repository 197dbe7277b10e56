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

#[test]
fn every_kind_and_the_calm_are_drawn() {
    let setup = Setup::default();
    let mut verbs = std::collections::BTreeSet::new();
    let mut calm = 0;
    for seed in 0..300 {
        let script = draw(seed, &setup).expect("drawn");
        let text = |entry: &crate::Entry| entry.command.text(script.topology());
        let words = script
            .entries()
            .iter()
            .map(|entry| text(entry).split(' ').next().unwrap_or_default().to_owned());
        let words: Vec<String> = words.collect();
        calm += u32::from(words.iter().all(|word| word == "say"));
        verbs.extend(words);
    }
    let all = ["clock", "cut", "heal", "kill", "latency", "pause", "places", "restart", "resume"];
    assert!(all.iter().all(|verb| verbs.contains(*verb)), "{verbs:?}");
    assert!((8..60).contains(&calm), "{calm} of 300 are calm");
}
