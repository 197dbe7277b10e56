//! Nothing is left behind, nothing is hidden, nothing grows out of its room.

use herd_tests::repository::{files, inside, read, root};

/// A file that passes this is two rooms.
const LINES_MAX: usize = 450;

/// Written in two halves, so that this file does not hold what it looks for.
const LEFTOVERS: [(&str, &str); 9] = [
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X"),
    ("to", "do!("),
    ("unimple", "mented!("),
    ("db", "g!("),
    ("#[ign", "ore"),
    ("<<<<", "<<<"),
    (">>>>", ">>>"),
];

#[test]
fn nothing_is_left_behind() {
    for file in files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (one, two) in LEFTOVERS {
            let mark = format!("{one}{two}");
            assert!(!text.contains(&mark), "{} holds {mark}", inside(&file));
        }
    }
}

#[test]
fn no_file_knows_this_machine() {
    for file in files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (one, two) in [("/ro", "ot/"), ("/ho", "me/"), ("/wo", "rk/"), ("arti", "factory")] {
            let path = format!("{one}{two}");
            assert!(!text.contains(&path), "{} holds {path}", inside(&file));
        }
    }
}

#[test]
fn tests_wait_for_conditions() {
    for file in files().into_iter().filter(|file| file.starts_with(root().join("tests"))) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let naps = format!("{}{}", "sle", "ep(");
        for line in text.lines().filter(|line| line.contains(&naps)) {
            // Between two looks at a condition is the one place for it.
            assert!(line.contains("between looks"), "{}: {line}", inside(&file));
        }
    }
}

#[test]
fn every_file_is_one_room() {
    for file in files() {
        let source = file.extension().is_some_and(|end| end == "rs" || end == "css" || end == "js");
        let is_test = file.starts_with(root().join("tests")) || file.ends_with("tests.rs");
        if source && !is_test {
            let lines = read(&file).lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", inside(&file));
        }
    }
}

/// A shell takes `?` outside of quotes for any one letter, and some refuse the line.
#[test]
fn addresses_that_ask_stand_in_quotes() {
    for file in files().iter().filter(|file| file.extension().is_some_and(|end| end == "md")) {
        for line in read(file).lines().filter(|line| line.contains("curl ")) {
            let bare = line.split(' ').find(|word| word.starts_with("http") && word.contains('?'));
            assert_eq!(bare, None, "{}: {line}", inside(file));
        }
    }
}
