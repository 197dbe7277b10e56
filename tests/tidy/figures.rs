//! The tables of the chapters say what the snapshots of the tests say. `UPDATE_EXPECT=1` rewrites
//! them, after it has rewritten the snapshots.

use std::{env, fs};

use herd_tests::repository::{read, root};

/// The table of a chapter below this head has these rows.
#[track_caller]
fn holds(chapter: &str, head: &str, rows: &[String]) {
    assert!(!rows.is_empty());
    let path = root().join(chapter);
    let text = read(&path);
    let from =
        text.find(&format!("{head}\n|---")).unwrap_or_else(|| panic!("{chapter}: no {head}"));
    let body = from + text[from..].match_indices('\n').nth(1).expect("a line follows").0 + 1;
    let length = text[body..].find("\n\n").map_or(text.len() - body, |end| end + 1);
    let is = rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    if env::var_os("UPDATE_EXPECT").is_some() {
        let anew = format!("{}{is}{}", &text[..body], &text[body + length..]);
        fs::write(&path, anew).expect("a writable file");
        return;
    }
    assert_eq!(text[body..body + length], is, "{chapter}: UPDATE_EXPECT=1 rewrites it");
}

fn row(cells: &[&str]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// A whole number as chapters write it, by thousands.
fn thousands(number: &str) -> String {
    let digits = number.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = digits.map(|group| str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

/// The lines of a snapshot below a head, up to the next empty one, each as its words.
fn section<'a>(snapshot: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let lines = snapshot.lines().skip_while(|line| *line != head).skip(1);
    let words = |line: &'a str| line.split_whitespace().collect();
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).map(words).collect();
    assert!(!lines.is_empty(), "no {head}");
    lines
}

/// What costs.txt says of a preset: its name in chapters, and its figures from `pushes` on.
fn costs<'a>(snapshot: &'a str, head: &str, herd: &str) -> Vec<(String, Vec<&'a str>)> {
    let of = |line: &Vec<&str>| line[0] == herd;
    let preset = |line: Vec<&'a str>| {
        let figures = line.len() - 8;
        (line[1..figures].join(", ").replace("trees=", ""), line[figures..].to_vec())
    };
    section(snapshot, head).into_iter().filter(of).map(preset).collect()
}

#[test]
fn what_each_preset_costs_is_what_the_snapshot_says() {
    let snapshot = read(&root().join("tests/sim/costs.txt"));
    let of = |head| costs(&snapshot, head, "grid:5x5");
    let calm = of("calm");
    // A classic herd has no map, and a chapter has the planned trees beside the learned.
    let mut rows: Vec<&(String, Vec<&str>)> = calm.iter().collect();
    rows.sort_by_key(|(preset, _)| {
        let learned = preset.trim_end_matches(", planned");
        calm.iter().position(|(name, _)| name == learned)
    });
    let order: Vec<&str> = rows.iter().map(|(preset, _)| &**preset).collect();
    let rows: Vec<String> =
        rows.iter().map(|(preset, f)| row(&[preset, f[0], f[1], f[2], f[3], f[4]])).collect();
    let head = "| preset | pushes | control | bytes | median ms | worst ms |";
    holds("docs/protocol-costs.md", head, &rows);
    let faults = ["loss", "cut", "crash", "partition"].map(of);
    let figure = |fault: usize, preset: &str, column: usize| {
        let found = faults[fault].iter().find(|(name, _)| name == preset);
        found.unwrap_or_else(|| panic!("{preset} is left out")).1[column]
    };
    let (worst, heal, copies, lacks) = (4, 5, 6, 7);
    let rows: Vec<String> = order
        .iter()
        .map(|preset| {
            let crash = [heal, lacks].map(|column| figure(2, preset, column)).join(", ");
            let halves = [heal, copies, lacks].map(|column| figure(3, preset, column)).join(", ");
            row(&[preset, figure(0, preset, lacks), figure(1, preset, worst), &crash, &halves])
        })
        .collect();
    let head = "| preset | loss: lacks | cut: worst ms | crash: heal ms, lacks | halves: heal ms, copies, lacks |";
    holds("docs/protocol-costs.md", head, &rows);
}

#[test]
fn what_repair_takes_is_what_the_snapshot_says() {
    let snapshot = read(&root().join("tests/sim/differences.txt"));
    let rows: Vec<String> = snapshot
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<&str>>())
        .filter(|line| line.len() == 5 && line[0] != "by")
        .map(|line| row(&[line[0], &thousands(line[1]), line[2], &thousands(line[3])]))
        .collect();
    holds("docs/audit.md", "| by | lacks | rounds | bytes |", &rows);
}

#[test]
fn what_maelstrom_counts_is_what_the_snapshot_says() {
    let snapshot = read(&root().join("tests/sim/maelstrom.txt"));
    let chapter = read(&root().join("docs/maelstrom.md"));
    let line = |head: &str, herd: &str, preset: &str| {
        let lines = section(&snapshot, head);
        let is_it = |line: &&Vec<&str>| line[0] == herd && line[1].trim_end_matches(',') == preset;
        // The last of several is the one without a map.
        lines.iter().rfind(is_it).unwrap_or_else(|| panic!("{head}: no {herd}, {preset}")).clone()
    };
    let sent =
        |line: &[&str]| line.iter().find(|word| word.contains('.')).map(|word| (*word).to_owned());
    let of = |head, herd, preset| sent(&line(head, herd, preset)).expect("a figure");
    let (one, five) = ("messages vanish, 1 of 100", "messages vanish, 5 of 100");
    let rows = [
        of("a tree for each server", "grid", "grove"),
        of("parted, halves", "random:25:4", "grove"),
        format!("{}, {}", of(one, "grid", "grove"), of(one, "grid", "grove2")),
        format!("{}, {}", of(five, "grid", "grove"), of(five, "grid", "grove2")),
    ];
    let table = chapter.split("| | study | here |\n|---|---|---|\n").nth(1).expect("a table");
    let here: Vec<&str> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.rsplit('|').nth(1).expect("a last cell").trim())
        .collect();
    assert_eq!(here, rows);
    let worst = [one, five].map(|head| {
        let line = line(head, "grid", "grove");
        let stable_and_true = line.iter().rfind(|word| word.contains('/'));
        let ms = stable_and_true.and_then(|word| word.split('/').next_back()?.parse::<f64>().ok());
        format!("{:.1} s", ms.expect("a figure") / 1000.0)
    });
    assert!(chapter.contains(&worst.join(" and ")), "at worst {worst:?}");
}
