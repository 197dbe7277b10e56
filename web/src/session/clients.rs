//! The clients of a run: who they are, where, and what they said and heard.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use herd_sim_wasm::{Command, LogKind};

use super::Session;
use crate::geo::Spot;

/// Lines of a conversation that are shown.
const TALK_MAX: usize = 60;
/// Clients of tapes that are shown of each server; the herds that are taped may have millions.
const TAPED_MAX: usize = 40;

/// A line that went over the wire between a client and a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// When it left the client, or reached it, ns.
    pub at: u64,
    /// Whether the client said it.
    pub said: bool,
    /// Whether it is a refusal, or the end of the connection.
    pub refused: bool,
    /// The server.
    pub server: String,
    /// The line.
    pub line: String,
    /// What followed it: the Places answer as it came.
    pub json: Option<String>,
}

impl Session {
    /// The clients: those of the script first, then those that have spoken, and on tapes, which do not
    /// say who spoke, those of whom a server knows where they are.
    #[must_use]
    pub fn clients(&self) -> Vec<String> {
        let said = self.script().entries().iter().filter_map(|entry| {
            let Command::Say { terminal, .. } = &entry.command else { return None };
            Some(&**terminal)
        });
        let spoken = self.frame().client_names.iter().map(|name| &**name);
        let placed = self.tapes().into_iter().flat_map(|_| self.history.world().placed(TAPED_MAX));
        let mut seen = BTreeSet::new();
        let names = said.chain(spoken).map(Cow::Borrowed);
        let names = names.chain(placed.map(String::from_utf8_lossy));
        names.filter(|name| seen.insert(name.clone())).map(Cow::into_owned).collect()
    }

    /// A name that no client has yet.
    #[must_use]
    pub fn new_client(&self) -> String {
        const NAMES: [&str; 8] =
            ["kiwi", "plum", "fig", "lime", "pear", "quince", "mango", "apple"];
        let taken = self.clients();
        let free = |name: &String| !taken.contains(name);
        let plain = NAMES.iter().map(|name| (*name).to_owned()).find(free);
        plain.or_else(|| (2_u32..).map(|n| format!("kiwi{n}")).find(free)).unwrap_or_default()
    }

    /// Where a client says it is; of one that has not spoken here, where the herd says it is.
    #[must_use]
    pub fn spot(&self, client: &str) -> Option<Spot> {
        let spoken = || {
            let at = self.frame().client_names.iter().position(|name| **name == *client)?;
            let view = self.frame().clients.get(at).filter(|view| view.placed)?;
            Some((view.lat, view.lon))
        };
        let known = || self.history.world().place_of(client.as_bytes());
        let (lat, lon) = spoken().or_else(known)?;
        Some(Spot::new(lat as f64 / 1e9, lon as f64 / 1e9))
    }

    /// The server a client speaks to: the one chosen for it, or the one it last spoke to.
    #[must_use]
    pub fn server_of(&self, client: &str) -> u32 {
        let spoken = || {
            let at = self.frame().client_names.iter().position(|name| **name == *client)?;
            self.frame().clients.get(at).map(|view| view.server)
        };
        self.chosen.get(client).copied().or_else(spoken).unwrap_or(0)
    }

    /// What a client said and heard, newest first.
    #[must_use]
    pub fn talk(&self, client: &str) -> Vec<Talk> {
        let mut talk = Vec::new();
        for line in self.log().iter().rev().filter(|line| line.kind == LogKind::Said) {
            let said = line.text.strip_prefix(client).and_then(|rest| rest.strip_prefix(": "));
            let Some(said) = said else { continue };
            talk.push(Talk {
                at: line.at,
                said: true,
                refused: false,
                server: line.server.map_or("", |s| self.server_name(s)).to_owned(),
                line: said.to_owned(),
                json: None,
            });
            if talk.len() == TALK_MAX {
                break;
            }
        }
        let answers = self.history.answers().iter().rev();
        for answer in answers.filter(|answer| *answer.terminal == *client).take(TALK_MAX) {
            let text = answer.text.as_deref().map(String::from_utf8_lossy);
            let (line, json) = match text.as_deref() {
                Some(text) => {
                    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
                    let json = Some(rest.trim_end()).filter(|rest| !rest.is_empty());
                    (line.to_owned(), json.map(str::to_owned))
                }
                None => ("(the connection broke)".to_owned(), None),
            };
            let refused = answer.text.is_none() || line.starts_with('?');
            let server = self.server_name(answer.server).to_owned();
            talk.push(Talk { at: answer.at, said: false, refused, server, line, json });
        }
        talk.sort_by_key(|talk| (Reverse(talk.at), talk.said));
        talk.truncate(TALK_MAX);
        talk
    }
}
