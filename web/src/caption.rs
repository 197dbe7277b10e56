//! What is happening, in one plain sentence: for the eye under the stage, and for the ear.

use herd_sim_wasm::{LogKind, LogLine, Topology};

/// How a run stands, for what the log alone does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The client that is followed.
    pub client: &'a str,
    /// Servers that know its newest place.
    pub know: usize,
    /// All servers.
    pub all: usize,
    /// Messages the last flood took, if it ran alone.
    pub messages: Option<usize>,
}

/// The most telling of these log lines as a sentence; `None` if none is worth one.
#[must_use]
pub fn tell(lines: &[LogLine], topology: &Topology, standing: &Standing<'_>) -> Option<String> {
    let best =
        lines.iter().rev().filter(|line| weight(line) > 0).max_by_key(|line| weight(line))?;
    let here = best
        .server
        .and_then(|server| topology.names().get(server as usize))
        .map_or("a server", |name| &**name);
    let text = &*best.text;
    let from = text.rsplit_once(" < ").map(|(_, from)| from);
    Some(match best.kind {
        LogKind::Command => command(text),
        LogKind::Said => said(text, here),
        LogKind::Accepted => {
            let client = text.strip_prefix("accepts ").unwrap_or(text);
            format!("{here} takes it, answers, and tells its neighbours where {client} is.")
        }
        LogKind::Learned => learned(text, here, from, standing),
        LogKind::Known if text.starts_with("stale") => {
            format!("{here} holds something newer, says so, and tells nobody.")
        }
        LogKind::Known => match from {
            Some(from) => format!("{here} knew already: the copy from {from} stops there."),
            None => format!("{here} knew already: the copy stops there."),
        },
        LogKind::Refused => match text.strip_prefix("? ") {
            Some(why) => format!("{here} answers with “?”: {why}."),
            None => format!("{here} refuses a record: {text}."),
        },
        LogKind::Answer => match text.split_once(" <- ") {
            Some((client, answer)) if answer.starts_with("AT ") => {
                format!("{client} has its answer from {here}.")
            }
            Some((client, _)) => format!("{here} does not know, and tells {client} so."),
            None => format!("{here} answers."),
        },
        LogKind::Places => format!("{here} has heard from the Places service."),
        LogKind::Link => link(text, here),
        LogKind::Lost => match text.split_once(": no answer") {
            Some((client, _)) => {
                format!("The connection broke: {client} gets no answer from {here}.")
            }
            None => "A message is lost on the way.".to_owned(),
        },
        LogKind::Check => format!("A check is broken: {text}."),
    })
}

/// Whether something has to be told at once: somebody did something, or something broke.
#[must_use]
pub fn is_urgent(line: &LogLine) -> bool {
    weight(line) >= 8
}

/// How much a line says.
fn weight(line: &LogLine) -> u8 {
    match line.kind {
        LogKind::Check => 10,
        // What a client says stands in the log twice, as a command and as said.
        LogKind::Command if line.text.starts_with("say ") => 0,
        LogKind::Command => 9,
        // Of two connections that neighbours open at once, one is refused: nobody needs to know.
        LogKind::Refused if line.text.contains("greeting") => 0,
        LogKind::Refused => 8,
        LogKind::Accepted => 7,
        LogKind::Learned => 6,
        LogKind::Answer => 5,
        LogKind::Said => 4,
        LogKind::Known => 4,
        LogKind::Lost => 3,
        LogKind::Places => 2,
        LogKind::Link => u8::from(line.text.contains("repaired") || line.text.starts_with('-')),
    }
}

/// The last of these lines that is worth a sentence, and nothing after it.
#[must_use]
pub fn last(lines: &[LogLine]) -> &[LogLine] {
    let end = lines.iter().rposition(|line| weight(line) > 0).map_or(0, |at| at + 1);
    &lines[end.saturating_sub(1)..end]
}

fn learned(text: &str, here: &str, from: Option<&str>, standing: &Standing<'_>) -> String {
    let Standing { client, know, all, messages } = standing;
    if text.starts_with("repaired") {
        let from = from.unwrap_or("its neighbour");
        return format!("Repair: {from} tells {here} what it missed.");
    }
    let about = text.strip_prefix("learns ").and_then(|rest| rest.split(' ').next());
    if let Some(about) = about.filter(|about| about != client) {
        let from = from.unwrap_or("a neighbour");
        return format!("{here} hears from {from} where {about} is, and passes it on.");
    }
    if know == all {
        return match messages {
            Some(messages) => {
                format!("All {all} servers know where {client} is, after {messages} messages.")
            }
            None => format!("All {all} servers know where {client} is."),
        };
    }
    match from {
        Some(from) => {
            format!("{here} hears it from {from} and passes it on: {know} of {all} know.")
        }
        None => format!("{here} learns where {client} is: {know} of {all} know."),
    }
}

fn said(text: &str, here: &str) -> String {
    let (client, line) = text.split_once(": ").unwrap_or(("a client", text));
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("IAMAT"), _) => format!("{client} tells {here} where it is."),
        (Some("WHATSAT"), Some(whom)) if whom == client => {
            format!("{client} asks {here} what is near.")
        }
        (Some("WHATSAT"), Some(whom)) => format!("{client} asks {here} what is near {whom}."),
        _ => format!("{client} says something to {here}."),
    }
}

fn command(text: &str) -> String {
    let mut words = text.split(' ');
    let (verb, rest) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
    let what = rest.first().copied().unwrap_or_default();
    let link = what.replacen('-', " and ", 1);
    match (verb, &*rest) {
        ("kill", _) => format!("{what} is killed: its neighbours will notice."),
        ("restart", [_, "empty"]) => format!("{what} starts again, knowing nothing."),
        ("restart", _) => format!("{what} starts again with what was on its disk."),
        ("pause", _) => format!("{what} stands still: what comes in waits."),
        ("resume", _) => format!("{what} goes on, with all that waited."),
        ("cut", _) if what.contains('>') => {
            format!("Nothing passes from {} any more.", what.replacen('>', " to ", 1))
        }
        ("cut", _) => format!("The link between {link} is cut."),
        ("heal", []) => "Everything that was cut is healed.".to_owned(),
        ("heal", _) => format!("The link between {link} is healed."),
        ("join", _) => format!("{what} joins the herd."),
        ("leave", _) => format!("{what} leaves the herd for good."),
        ("link", _) => format!("{link} are neighbours now: they tell each other what they have."),
        ("unlink", _) => format!("{link} are neighbours no more."),
        ("clock", [_, offset]) => format!("The clock of {what} is now {offset} seconds off."),
        ("latency", [_, latency]) => {
            format!("Between {link} a message now takes {latency}.")
        }
        ("places", ["ok"]) => "The Places service answers again.".to_owned(),
        ("places", _) => "The Places service fails.".to_owned(),
        _ => text.to_owned(),
    }
}

fn link(text: &str, here: &str) -> String {
    if let Some((name, _)) = text.strip_prefix("- ").and_then(|rest| rest.split_once(':')) {
        return format!("{here} has lost {name} and will dial it again.");
    }
    match text.split_once(" repaired < ") {
        Some(("0", from)) => format!("{here} and {from} agree: there is nothing to repair."),
        Some((count, from)) => format!("{from} has told {here} all it holds: {count} records."),
        None => format!("{here}: {text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: LogKind, server: Option<u32>, text: &str) -> LogLine {
        LogLine { number: 0, at: 0, server, kind, text: text.into() }
    }

    #[track_caller]
    fn check(lines: &[LogLine], expected: Option<&str>) {
        let topology = Topology::named("places-2016", 1).expect("the default herd");
        let standing = Standing { client: "kiwi", know: 3, all: 5, messages: Some(4) };
        assert_eq!(tell(lines, &topology, &standing).as_deref(), expected);
    }

    #[test]
    fn nothing_is_no_sentence() {
        check(&[], None);
        check(&[line(LogKind::Link, Some(0), "+ Welsh")], None);
    }

    #[test]
    fn the_weightiest_is_told() {
        let lines = [
            line(LogKind::Command, None, "kill Holiday"),
            line(LogKind::Known, Some(1), "known < Welsh"),
            line(LogKind::Learned, Some(1), "learns kiwi < Welsh"),
        ];
        check(&lines, Some("Holiday is killed: its neighbours will notice."));
        check(&lines[1..], Some("Ball hears it from Welsh and passes it on: 3 of 5 know."));
        check(&lines[1..2], Some("Ball knew already: the copy from Welsh stops there."));
    }

    #[test]
    fn the_last_that_is_worth_a_sentence_is_found() {
        let lines = [
            line(LogKind::Command, None, "kill Holiday"),
            line(LogKind::Known, Some(1), "known < Welsh"),
            line(LogKind::Link, Some(0), "+ Welsh"),
        ];
        assert_eq!(last(&lines), &lines[1..2]);
        assert_eq!((last(&lines[2..]), last(&[])), (&[][..], &[][..]));
    }

    #[test]
    fn another_client_is_named() {
        let other = line(LogKind::Learned, Some(1), "learns plum < Welsh");
        check(&[other], Some("Ball hears from Welsh where plum is, and passes it on."));
    }

    #[test]
    fn commands_are_sentences() {
        for (text, expected) in [
            ("cut Ball-Welsh", "The link between Ball and Welsh is cut."),
            ("cut Ball>Welsh", "Nothing passes from Ball to Welsh any more."),
            (
                "link Alford-Ball 40ms",
                "Alford and Ball are neighbours now: they tell each other what they have.",
            ),
            ("unlink Ball-Welsh", "Ball and Welsh are neighbours no more."),
            ("heal", "Everything that was cut is healed."),
            ("restart Holiday empty", "Holiday starts again, knowing nothing."),
        ] {
            check(&[line(LogKind::Command, None, text)], Some(expected));
        }
    }
}
