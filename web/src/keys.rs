//! Every key and what it does: one list for who presses and for the sheet, so that none is a secret.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Time passes, or stands still.
    Play,
    /// To the event before, or after.
    Step(Way),
    /// A little earlier, or later; farther with Shift.
    Jump(Way),
    /// To the beginning, or the end.
    Edge(Way),
    /// Time passes slower, or faster.
    Speed(Way),
    /// To the notable event before, or after.
    Notable(Way),
    /// What the menu of the selected thing names with that key.
    Act,
    /// A link from the selected server, or the tool for it.
    Link,
    /// The tools.
    Hand,
    /// Cuts what it crosses.
    Knife,
    /// Isolates what it encircles.
    Lasso,
    /// Puts a server on the stage.
    Add,
    /// Farther, or nearer.
    Zoom(Way),
    /// Everything is shown.
    Fit,
    /// The way of the followed client's place to the selected server.
    Track,
    /// A mark at the instant.
    Bookmark,
    /// The branches side by side.
    Compare,
    /// A search in what happened.
    Find,
    /// The sheet on which a run is taken along.
    Share,
    /// The script as it was before; as it was after, with Shift.
    Undo,
    /// The script as it was after.
    Redo,
    /// Nothing is selected, no tool is held.
    Leave,
    /// The sheet of keys.
    Help,
    /// What the browser does with it: the focus goes on.
    Browser,
}

/// One of two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Back, less.
    Back,
    /// On, more.
    On,
}

/// A row of the sheet.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The keys as they are written on a keyboard, with a space between two.
    pub shown: &'static str,
    /// What they do.
    pub words: &'static str,
    /// Each as an event names it, in small letters.
    keys: &'static [(&'static str, Meaning)],
}

const fn row(
    shown: &'static str,
    words: &'static str,
    keys: &'static [(&'static str, Meaning)],
) -> Row {
    Row { shown, words, keys }
}

use Meaning::{Act, Edge, Jump, Notable, Speed, Step, Zoom};
use Way::{Back, On};

/// The sheet.
pub const ROWS: [Row; 31] = [
    row("Space", "play or pause", &[(" ", Meaning::Play)]),
    row(", .", "one event back, on", &[(",", Step(Back)), (".", Step(On))]),
    row(
        "← →",
        "10 ms back, on (with Shift 100 ms)",
        &[("arrowleft", Jump(Back)), ("arrowright", Jump(On))],
    ),
    row("Home End", "to the beginning, to the end", &[("home", Edge(Back)), ("end", Edge(On))]),
    row("[ ]", "slower, faster", &[("[", Speed(Back)), ("]", Speed(On))]),
    row("N P", "next, previous notable event", &[("n", Notable(On)), ("p", Notable(Back))]),
    row("Tab", "next server or link", &[("tab", Meaning::Browser)]),
    row("U", "the client is here: IAMAT to the server", &[("u", Act)]),
    row("Q", "ask the server: WHATSAT", &[("q", Act)]),
    row("K", "kill or restart the server (Shift: without its store)", &[("k", Act)]),
    row("Z", "pause or resume the server", &[("z", Act)]),
    row("G", "isolate the server", &[("g", Act)]),
    row(
        "J",
        "link the server with another: J there too, or drag with Shift",
        &[("j", Meaning::Link)],
    ),
    row("Del", "the server leaves, or the link is taken away", &[("delete", Act)]),
    row("X", "cut or heal the link (Shift: one way)", &[("x", Act)]),
    row("W", "slow: the server or the link takes its time", &[("w", Act)]),
    row("O", "lossy: the link loses messages", &[("o", Act)]),
    row("H", "hold the link (Shift: release)", &[("h", Act)]),
    row(
        "D H 2 R",
        "drop, hold, duplicate, delay the message",
        &[("d", Act), ("2", Act), ("r", Act)],
    ),
    row(
        "V I L A",
        "hand, knife, lasso, new server",
        &[("v", Meaning::Hand), ("i", Meaning::Knife), ("l", Meaning::Lasso), ("a", Meaning::Add)],
    ),
    row("+ −", "nearer, farther", &[("+", Zoom(On)), ("=", Zoom(On)), ("-", Zoom(Back))]),
    row("0", "show everything", &[("0", Meaning::Fit)]),
    row("T", "how the client's place came to the server", &[("t", Meaning::Track)]),
    row("B", "mark this instant", &[("b", Meaning::Bookmark)]),
    row("C", "compare branches", &[("c", Meaning::Compare)]),
    row("/", "find in what happened", &[("/", Meaning::Find)]),
    row("S", "share this run", &[("s", Meaning::Share)]),
    row("Ctrl Z", "undo", &[("ctrl z", Meaning::Undo)]),
    row("Ctrl Y", "redo", &[("ctrl y", Meaning::Redo)]),
    row("Esc", "nothing selected", &[("escape", Meaning::Leave)]),
    row("?", "this sheet", &[("?", Meaning::Help)]),
];

/// What a key does, as an event names it; with Ctrl or not.
#[must_use]
pub fn meaning(key: &str, ctrl: bool) -> Option<Meaning> {
    let key = key.to_ascii_lowercase();
    let key = if ctrl { format!("ctrl {key}") } else { key };
    let mut keys = ROWS.iter().flat_map(|row| row.keys);
    keys.find(|(name, _)| *name == key).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use herd_sim_wasm::{Command, Path, ServerId};

    use super::*;
    use crate::geometry::Thing;
    use crate::presets::PRESETS;
    use crate::session::Session;

    /// The keys that menus name, in as many states of things as there are.
    fn named() -> BTreeSet<&'static str> {
        let mut session = Session::open(PRESETS[0].script).expect("a preset is a script");
        let mut named = BTreeSet::new();
        let mut note = |session: &Session| {
            let frame = session.frame();
            let servers = (0..).zip(&frame.servers).map(|(at, _)| Thing::Server(at));
            let links = (0..).zip(&frame.links).map(|(at, _)| Thing::Link(at));
            let messages = frame.messages.iter().map(|message| Thing::Message(message.id));
            let things: Vec<Thing> = servers.chain(links).chain(messages).collect();
            for thing in things {
                named.extend(session.actions(thing).iter().map(|action| action.key));
            }
        };
        session.seek(1_120_000_000);
        note(&session);
        let path = Path { from: ServerId(1), to: ServerId(4), one_way: false };
        let commands = [
            Command::Kill(ServerId(3)),
            Command::Pause(ServerId(2)),
            Command::Cut { path, late: 0 },
        ];
        session.act_all(commands.into()).expect("all three can be done");
        note(&session);
        named
    }

    #[test]
    fn every_key_that_a_menu_names_is_on_the_sheet() {
        let named = named();
        for expected in ["K", "⇧K", "Z", "X", "W", "O", "H", "D", "J", "Delete"] {
            assert!(named.contains(expected), "{expected} is in no menu: {named:?}");
        }
        for key in named.into_iter().filter(|key| !key.is_empty()) {
            let plain = key.trim_start_matches('⇧');
            let means = meaning(plain, false);
            assert!(matches!(means, Some(Act | Meaning::Link)), "{key} means {means:?}");
        }
    }

    #[test]
    fn no_key_means_two_things_and_each_is_shown_where_it_stands() {
        let mut seen = BTreeSet::new();
        for (row, (key, _)) in
            ROWS.iter().flat_map(|row| row.keys.iter().map(move |key| (row, key)))
        {
            assert!(seen.insert(key), "{key} is there twice");
            let shown = row.shown.to_lowercase();
            if key.len() == 1 && !["=", "-", " "].contains(key) {
                assert!(shown.split(' ').any(|word| word == *key), "{key} is not in “{shown}”");
            }
        }
        assert_eq!(meaning("K", false), Some(Act));
        assert_eq!((meaning("Z", true), meaning("k", true)), (Some(Meaning::Undo), None));
    }
}
