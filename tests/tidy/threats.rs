//! What is said to stand against threats is shown by tests that exist.

use herd_tests::repository::{read, root};

#[test]
fn every_threat_names_a_test_that_exists() {
    let text = read(&root().join("docs/threats.md"));
    let mut rows = text.lines().filter(|line| line.starts_with("| ")).skip(1).peekable();
    assert!(rows.peek().is_some(), "there is a table");
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [threat, against, test] = cells[..] else { panic!("three cells: {row}") };
        assert!(!threat.is_empty() && !against.is_empty(), "{row}");
        let test = test.trim_matches('`');
        let (file, name) = test.split_once(": ").map_or((test, None), |(f, n)| (f, Some(n)));
        let source = read(&root().join(file));
        if let Some(name) = name {
            let at = source.find(&format!("fn {name}()"));
            let before = &source[..at.unwrap_or_else(|| panic!("{file} has no test {name}"))];
            let attribute = before.trim_end().trim_end_matches("async").trim_end().lines().last();
            let is_test = attribute.is_some_and(|line| line.ends_with("test]"));
            assert!(is_test, "{file}: {name} is no test");
        }
    }
}
