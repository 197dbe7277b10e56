//! Links: what they are, what they do for a tree, and what cuts and heals them.

use herd_sim_wasm::view::{Feed, LinkState, LinkView};
use herd_sim_wasm::{Command, Path, ServerId};

use super::Session;
use super::reports::{LinkReport, show_ms};
use crate::geometry::Thing;

/// What stands before the number of a message; no server is called so.
const MESSAGE: &str = "~";
/// Nothing is lost.
const NO_LOSS: &str = "0%";

impl Session {
    /// One link, looked into.
    #[must_use]
    pub fn link(&self, link: u32) -> LinkReport {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        let (a, b) = (self.server_name(view.a).to_owned(), self.server_name(view.b).to_owned());
        let both = |name: &str, there: String, back: String| {
            if there == back {
                vec![(name.to_owned(), there)]
            } else {
                vec![(format!("{name} {a} → {b}"), there), (format!("{name} {b} → {a}"), back)]
            }
        };
        let mut facts = both("Latency", show_ms(view.latency_ab), show_ms(view.latency_ba));
        facts.extend(both("Sent", view.sent_ab.to_string(), view.sent_ba.to_string()));
        if view.one_way {
            facts.push(("Records flow".to_owned(), format!("from {a} to {b} only")));
        }
        match (view.cut_ab, view.cut_ba) {
            (true, false) => facts.push(("Passes".to_owned(), format!("only {b} → {a}"))),
            (false, true) => facts.push(("Passes".to_owned(), format!("only {a} → {b}"))),
            (true, true) | (false, false) => {}
        }
        if let (Some(role), Some(root)) = (self.link_role(link), self.root()) {
            facts.push((format!("In the tree of {}", self.server_name(root)), role));
        }
        if view.half_open {
            facts.push(("Half open".to_owned(), "the ends have not noticed yet".to_owned()));
        }
        let latency = self.latest(link, |command| {
            let Command::Latency { path, latency } = command else { return None };
            Some((Some(*path), latency.to_string()))
        });
        let loss = self.latest(link, |command| {
            if let Command::Datagram { path, lossy } = command {
                return Some((*path, lossy.loss.to_string()));
            }
            let Command::Stream(path) = command else { return None };
            Some((*path, NO_LOSS.to_owned()))
        });
        LinkReport {
            a,
            b,
            state: view.state,
            latency: latency.unwrap_or_else(|| self.script().options().latency.to_string()),
            loss: loss.unwrap_or_else(|| NO_LOSS.to_owned()),
            facts,
        }
    }

    /// What the last command that was done to a link has set; `read` says which commands are meant.
    fn latest(
        &self,
        link: u32,
        read: impl Fn(&Command) -> Option<(Option<Path>, String)>,
    ) -> Option<String> {
        let here = |path: &Path| {
            let own = self.script().topology().link(path.from, path.to);
            own.is_some_and(|own| u32::try_from(own) == Ok(link))
        };
        let entries = self.script().entries().iter().rev();
        let done = entries.filter(|entry| entry.on && entry.at <= self.now());
        done.filter_map(|entry| read(&entry.command))
            .find(|(path, _)| path.as_ref().is_none_or(here))
            .map(|(_, value)| value)
    }

    /// A link's name: `Ball-Welsh`.
    #[must_use]
    pub fn link_name(&self, link: u32) -> String {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        format!("{}-{}", self.server_name(view.a), self.server_name(view.b))
    }

    /// The name by which a link to the page calls a thing.
    #[must_use]
    pub fn thing_name(&self, thing: Thing) -> String {
        match thing {
            Thing::Server(server) => self.server_name(server).to_owned(),
            Thing::Link(link) => self.link_name(link),
            Thing::Message(id) => format!("{MESSAGE}{id}"),
        }
    }

    /// The thing of that name, if there is one now.
    #[must_use]
    pub fn thing_named(&self, name: &str) -> Option<Thing> {
        if let Some(id) = name.strip_prefix(MESSAGE) {
            let id = id.parse().ok()?;
            let there = self.frame().messages.iter().any(|message| message.id == id);
            return there.then_some(Thing::Message(id));
        }
        let topology = self.script().topology();
        if let Some(server) = topology.server(name) {
            return Some(Thing::Server(server.0));
        }
        let mut ends = name.match_indices('-').map(|(at, _)| (&name[..at], &name[at + 1..]));
        let link = ends.find_map(|(a, b)| topology.link(topology.server(a)?, topology.server(b)?));
        link.and_then(|link| u32::try_from(link).ok()).map(Thing::Link)
    }

    /// A link, for those who hear the page: what it is, and what a press does.
    #[must_use]
    pub fn link_sentence(&self, link: u32) -> String {
        let state = self.frame().links.get(link as usize).map_or(LinkState::Down, |l| l.state);
        let act = if state == LinkState::Cut { "heal" } else { "cut" };
        let state = link_word(state);
        let name = self.link_name(link).replacen('-', " to ", 1);
        let role = self.link_role(link).map(|role| format!(", {role}")).unwrap_or_default();
        format!("Link {name}, {state}{role}; press to {act}")
    }

    /// What a link does for the tree that is shown, if anything is arranged.
    #[must_use]
    pub fn link_role(&self, link: u32) -> Option<String> {
        let view = self.frame().links.get(link as usize)?;
        let (a, b) = (self.server_name(view.a), self.server_name(view.b));
        let feeds = |word: &str, from: &str, to: &str| Some(format!("{from} {word} {to}"));
        match *self.tree().get(link as usize)? {
            [Feed::Parent, _] => feeds("feeds", a, b),
            [_, Feed::Parent] => feeds("feeds", b, a),
            [Feed::Second, _] => feeds("also feeds", a, b),
            [_, Feed::Second] => feeds("also feeds", b, a),
            [Feed::Pruned, _] | [_, Feed::Pruned] => Some("lazy".to_owned()),
            [Feed::Open, Feed::Open] => None,
        }
    }

    /// Whether a link is cut, at least one way.
    #[must_use]
    pub fn is_cut(&self, link: u32) -> bool {
        self.frame().links.get(link as usize).is_some_and(|view| view.state == LinkState::Cut)
    }

    /// The command that makes neighbours of two servers.
    ///
    /// # Errors
    /// If they are; a sentence that says so.
    pub fn link_between(&self, a: u32, b: u32) -> Result<Command, String> {
        let ends = Path { from: ServerId(a), to: ServerId(b), one_way: false };
        let link = self.script().topology().link(ends.from, ends.to);
        let there = link.and_then(|link| self.frame().links.get(link));
        if there.is_some_and(|view| view.state != LinkState::Away) {
            let (a, b) = (self.server_name(a), self.server_name(b));
            return Err(format!("{a} and {b} are neighbours already."));
        }
        Ok(Command::Link { ends, latency: None })
    }

    /// The command that cuts a link, or heals it if it is cut.
    #[must_use]
    pub fn toggle_link(&self, link: u32) -> Command {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        let path = path_of(&view, false, false);
        if view.state == LinkState::Cut {
            Command::Heal(Some(path))
        } else {
            Command::Cut { path, late: 0 }
        }
    }

    /// The command that cuts a link from `a` to `b` only, or the other way.
    #[must_use]
    pub fn cut_one_way(&self, link: u32, reverse: bool) -> Command {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        Command::Cut { path: path_of(&view, true, reverse), late: 0 }
    }
}

fn path_of(view: &LinkView, one_way: bool, reverse: bool) -> Path {
    let (a, b) = (ServerId(view.a), ServerId(view.b));
    let (from, to) = if reverse { (b, a) } else { (a, b) };
    Path { from, to, one_way }
}

/// What a link is, in a word.
#[must_use]
pub const fn link_word(state: LinkState) -> &'static str {
    match state {
        LinkState::Live => "live",
        LinkState::Opening => "opening",
        LinkState::Down => "down",
        LinkState::Cut => "cut",
        LinkState::Away => "gone",
    }
}
