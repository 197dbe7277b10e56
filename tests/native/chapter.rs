//! The commands of the chapters in `docs/` print what the chapters say.

use std::path::Path;
use std::process::Command;

use herd_tests::repository::{read, root};
use herd_tests::tcp::free_address;
use tempfile::TempDir;

use crate::{HERD, one_server};

/// The commands of the chapter, and what each prints.
fn sessions(text: &str) -> Vec<(String, Vec<String>)> {
    let mut sessions = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = line == "```console",
            Some(command) if inside => sessions.push((command.to_owned(), Vec::new())),
            None if inside => {
                let (_, printed) = sessions.last_mut().expect("a command first");
                printed.push(line.to_owned());
            }
            Some(_) | None => {}
        }
    }
    sessions
}

/// Whether a line is what the chapter says, `…` being anything.
fn is_like(line: &str, said: &str) -> bool {
    let mut parts = said.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let found = if parts.peek().is_none() { rest.rfind(part) } else { rest.find(part) };
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Compares line by line; `...` is any number of lines.
#[track_caller]
fn compare(command: &str, printed: &str, said: &[String]) {
    let mut lines = printed.lines();
    let mut skips = false;
    for said in said {
        if said == "..." {
            skips = true;
            continue;
        }
        let found = if std::mem::take(&mut skips) {
            lines.any(|line| is_like(line, said))
        } else {
            lines.next().is_some_and(|line| is_like(line, said))
        };
        assert!(
            found,
            "$ {command}\ndoes not print\n{said}\nwhere the chapter has it, but\n{printed}"
        );
    }
    assert!(skips || lines.next().is_none(), "$ {command}\nprints more:\n{printed}");
}

/// What a command prints, and what it says of itself.
fn run(command: &str, folder: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("HERD", HERD)
        .output()
        .expect("a shell");
    assert!(output.stderr.is_empty(), "$ {command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn its_commands_print_what_it_says() {
    let folder = TempDir::new().expect("a temporary folder");
    let sessions = sessions(&read(&root().join("docs/finding-a-bug.md")));
    assert!(sessions.len() >= 6, "the chapter has commands");
    let mut link = None;
    for (said, expected) in sessions {
        let herd = said.replacen("herd ", "\"$HERD\" ", 1);
        // The link is the first that was printed.
        let command = herd.replace("herd1.…", link.as_deref().unwrap_or("herd1.…"));
        let printed = run(&command, folder.path());
        compare(&said, &printed, &expected);
        // Links of what was seen come first; that of the first failure stands behind its command.
        link = link.or_else(|| {
            let (_, rest) = printed.split_once("  herd sim run ")?;
            rest.lines().next().map(str::to_owned)
        });
    }
    assert!(link.is_some(), "a failure has a link");
}

#[test]
fn figures_are_what_the_chapter_about_maelstrom_says() {
    let folder = TempDir::new().expect("a temporary folder");
    let sessions = sessions(&read(&root().join("docs/maelstrom.md")));
    assert!(sessions.len() >= 3, "the chapter has commands");
    for (said, expected) in sessions {
        // A herd that loses something fails, and says so on standard output.
        let command = format!("{}; true", said.replacen("herd ", "\"$HERD\" ", 1));
        compare(&said, &run(&command, folder.path()), &expected);
    }
}

#[test]
fn keys_are_made_as_the_chapter_about_operating_says() {
    let folder = TempDir::new().expect("a temporary folder");
    let sessions = sessions(&read(&root().join("docs/operating.md")));
    assert!(sessions.len() >= 4, "the chapter has commands");
    for (said, expected) in sessions {
        let command = said.replacen("herd ", "\"$HERD\" ", 1);
        compare(&said, &run(&command, folder.path()), &expected);
    }
}

#[test]
fn the_comparison_can_fail() {
    assert!(is_like("12 seeds, 6094 events, 0.0 s", "12 seeds, … events, …"));
    assert!(!is_like("13 seeds, 6094 events, 0.0 s", "12 seeds, … events, …"));
    assert!(!is_like("digest", "digest …") && !is_like("fine: x", "fine: … held"));
}

#[test]
fn a_server_is_reached_as_the_chapter_says() {
    let http = free_address().to_string();
    let (server, folder) = one_server(&["--http", &http]);
    let sessions = sessions(&read(&root().join("docs/reaching.md")));
    assert!(sessions.len() >= 14, "the chapter has commands");
    for (said, expected) in sessions {
        let command = said.replacen("herd ", "\"$HERD\" ", 1);
        let command = command.replace("$LINES", &server.address.to_string());
        let command = command.replace("$WEB", &http);
        compare(&said, &run(&command, folder.path()), &expected);
    }
}

#[test]
fn the_names_a_server_goes_by_are_said_alike_everywhere() {
    let help = herd_tests::tcp::run(HERD, &["server", "--help"]).stdout;
    let help = String::from_utf8(help).expect("text");
    let chapter = read(&root().join("docs/reaching.md"));
    let (_, chapter) = chapter.split_once("### Names a server goes by").expect("it is said");
    let page = read(&root().join("native-node/src/gateway/docs.html"));
    let (_, page) = page.split_once("<h2>Pages of other sites</h2>").expect("it is said");
    for (place, text) in [("--help", &*help), ("reaching.md", chapter), ("docs.html", page)] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for what in ["address", "localhost", "herd file", "without a dot", "--http-origin"] {
            assert!(text.contains(what), "{place} says nothing of {what}");
        }
    }
}
