//! The stage in words: a table of servers, one of links, one of messages in flight.

use super::{Session, link_word};
use crate::geometry::Thing;
use crate::view::Hidden;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableRow {
    /// What it is about.
    pub thing: Thing,
    /// What it says.
    pub cells: [String; 4],
}

impl Session {
    /// The servers, the links and the messages in flight, so many of each.
    #[must_use]
    pub fn tables(&self, hidden: Hidden, most: usize) -> [Vec<TableRow>; 3] {
        [self.server_rows(most), self.link_rows(most), self.message_rows(hidden, most)]
    }

    fn server_rows(&self, most: usize) -> Vec<TableRow> {
        let frame = self.frame();
        let client = self.followed_name();
        let row = |(at, view): (u32, &herd_sim_wasm::view::ServerView)| {
            if view.away {
                return None;
            }
            let state = self.state_words(at);
            let known = frame.knowledge.get(at as usize).copied().unwrap_or_default();
            let knows = match (known.version, known.newest) {
                (0, _) => format!("nothing of {client}"),
                (version, true) => format!("{client}, version {version}, the newest"),
                (version, false) => format!("{client}, version {version}, not the newest"),
            };
            let cells =
                [self.server_name(at).to_owned(), state.to_owned(), knows, self.feed_of(at)];
            Some(TableRow { thing: Thing::Server(at), cells })
        };
        (0..).zip(&frame.servers).filter_map(row).take(most).collect()
    }

    /// Who feeds a server in the tree that is shown.
    fn feed_of(&self, server: u32) -> String {
        use herd_sim_wasm::view::Feed;

        if self.root() == Some(server) {
            return "itself".to_owned();
        }
        let links = self.frame().links.iter().zip(self.tree());
        let feed = links.filter_map(|(link, ways)| match ways {
            [Feed::Parent, _] if link.b == server => Some(link.a),
            [_, Feed::Parent] if link.a == server => Some(link.b),
            _ => None,
        });
        feed.map(|from| self.server_name(from)).next().unwrap_or("everyone").to_owned()
    }

    fn link_rows(&self, most: usize) -> Vec<TableRow> {
        let row = |(at, view): (u32, &herd_sim_wasm::view::LinkView)| {
            if self.is_away(Thing::Link(at)) {
                return None;
            }
            let state = link_word(view.state);
            let role = self.link_role(at).unwrap_or_else(|| "open".to_owned());
            let sent = (view.sent_ab + view.sent_ba).to_string();
            let cells = [self.link_name(at), state.to_owned(), role, sent];
            Some(TableRow { thing: Thing::Link(at), cells })
        };
        (0..).zip(&self.frame().links).filter_map(row).take(most).collect()
    }

    fn message_rows(&self, hidden: Hidden, most: usize) -> Vec<TableRow> {
        let shown = self.frame().messages.iter().filter(|message| !hidden.hides(message.kind));
        let row = |message: &herd_sim_wasm::view::MessageView| {
            let report = self.message(message.id)?;
            let fact = |name: &str| {
                let found = report.facts.iter().find(|(fact, _)| *fact == name);
                found.map_or_else(String::new, |(_, value)| value.clone())
            };
            let cells =
                [report.kind.to_owned(), report.way.clone(), fact("About"), fact("Arrives")];
            Some(TableRow { thing: Thing::Message(message.id), cells })
        };
        shown.filter_map(row).take(most).collect()
    }
}
