//! What can be done with a thing of the stage: one list for buttons, the menu and keys.

use herd_sim_wasm::view::{LinkState, MessageKind, ServerState};
use herd_sim_wasm::{Command, Deed, Latency, Lossy, Path, ServerId, Share, Sides};

use super::{MILLISECOND, Session};
use crate::geometry::Thing;

/// By how much a message is delayed, ns.
const DELAY: u64 = 200 * MILLISECOND;
/// How long every message takes on a link that is made slow.
const SLOW_LINK: Latency = Latency::Constant(500 * MILLISECOND);
/// How many are lost on one that is made lossy.
const LOSS: Share = Share::new(3_000);
/// How long a slow server takes over a message, ns.
const SLOW: u64 = 50 * MILLISECOND;

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// As a person says it.
    pub label: String,
    /// Its key, `⇧` for Shift; empty if it has none.
    pub key: &'static str,
    /// What is done.
    pub what: What,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// One row of the script.
    Do(Command),
    /// The client that is followed says to this server where it is.
    Here(u32),
    /// It asks this server what is near.
    Ask(u32),
    /// A link is laid from this server, or to it.
    Link(u32),
}

/// A message in flight, looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageReport {
    /// What it is.
    pub kind: &'static str,
    /// From whom to whom.
    pub way: String,
    /// What else there is to say: name and value.
    pub facts: Vec<(&'static str, String)>,
}

fn action(label: impl Into<String>, key: &'static str, command: Command) -> Action {
    Action { label: label.into(), key, what: What::Do(command) }
}

impl Session {
    /// What can be done with a thing now; the most obvious first.
    #[must_use]
    pub fn actions(&self, thing: Thing) -> Vec<Action> {
        match thing {
            Thing::Server(server) => self.server_actions(server),
            Thing::Link(link) => self.link_actions(link),
            Thing::Message(id) => self.message_actions(id),
        }
    }

    fn server_actions(&self, server: u32) -> Vec<Action> {
        let id = ServerId(server);
        let client = self.followed_name();
        let restart =
            |label: &str, key, store| action(label, key, Command::Restart { server: id, store });
        let leave = action("Leave the herd for good", "Delete", Command::Leave(id));
        let state = self.server_state(server);
        if state == ServerState::Down {
            return vec![
                restart("Restart", "K", true),
                restart("Without its store", "⇧K", false),
                leave,
            ];
        }
        let slow = self.slowness(id);
        let isolate = Command::Partition { sides: Sides::Isolate(id), one_way: false };
        let slowly = |label: &str, takes| action(label, "W", Command::Slow { server: id, takes });
        let pause = match state {
            ServerState::Paused => action("Resume", "Z", Command::Resume(id)),
            ServerState::Up | ServerState::Down => action("Pause", "Z", Command::Pause(id)),
        };
        vec![
            action("Kill", "K", Command::Kill(id)),
            pause,
            Action { label: format!("{client} is here"), key: "U", what: What::Here(server) },
            Action { label: format!("Where is {client}?"), key: "Q", what: What::Ask(server) },
            restart("Restart without its store", "⇧K", false),
            action("Isolate", "G", isolate),
            Action { label: "Link with another server".into(), key: "J", what: What::Link(server) },
            if slow > 0 {
                slowly("As fast as ever", 0)
            } else {
                slowly("Slow: 50 ms a message", SLOW)
            },
            leave,
        ]
    }

    fn link_actions(&self, link: u32) -> Vec<Action> {
        let view = self.frame().links.get(link as usize).copied().unwrap_or_default();
        let both = Path { from: ServerId(view.a), to: ServerId(view.b), one_way: false };
        let (a, b) = (self.server_name(view.a), self.server_name(view.b));
        let away = action("Take the link away", "Delete", Command::Unlink(both));
        if view.state == LinkState::Cut {
            return vec![action("Heal", "X", Command::Heal(Some(both))), away];
        }
        vec![
            action("Cut", "X", Command::Cut { path: both, late: 0 }),
            action(format!("Cut only {a} → {b}"), "⇧X", self.cut_one_way(link, false)),
            action(format!("Cut only {b} → {a}"), "", self.cut_one_way(link, true)),
            action("Hold what is sent", "H", Command::Hold(both)),
            action("Release what is held", "⇧H", Command::Release(Some(both))),
            self.slow_link(link, both),
            self.lossy_link(link, both),
            away,
        ]
    }

    /// Half a second for every message, or what is usual in this herd.
    fn slow_link(&self, link: u32, path: Path) -> Action {
        let slow = SLOW_LINK.to_string();
        let (label, latency) = if self.link(link).latency == slow {
            ("As quick as the others", self.script().options().latency)
        } else {
            ("Slow: 500 ms a message", SLOW_LINK)
        };
        action(label, "W", Command::Latency { path, latency })
    }

    /// A third is lost, or nothing any more.
    fn lossy_link(&self, link: u32, path: Path) -> Action {
        let is_lossy = self.frame().links.get(link as usize).is_some_and(|view| view.lossy);
        if is_lossy {
            return action("Lose nothing", "O", Command::Stream(Some(path)));
        }
        let lossy = Lossy { loss: LOSS, ..Lossy::default() };
        action("Lossy: 30 % is lost", "O", Command::Datagram { path: Some(path), lossy })
    }

    fn message_actions(&self, id: u64) -> Vec<Action> {
        let held = self
            .frame()
            .messages
            .iter()
            .find(|message| message.id == id && message.arrives == u64::MAX);
        if let Some(held) = held {
            let path = Path { from: ServerId(held.from), to: ServerId(held.to), one_way: false };
            return vec![action("Release what is held", "H", Command::Release(Some(path)))];
        }
        let Some((path, nth)) = self.history.world().in_flight(id) else { return Vec::new() };
        let meddle =
            |label: &str, key, deed| action(label, key, Command::Meddle { path, nth, deed });
        vec![
            meddle("Drop", "D", Deed::Drop),
            meddle("Hold", "H", Deed::Keep),
            meddle("Duplicate", "2", Deed::Copy),
            meddle("Delay by 200 ms", "R", Deed::Delay(DELAY)),
        ]
    }

    /// What one key does with a thing.
    #[must_use]
    pub fn action_of_key(&self, thing: Thing, key: &str) -> Option<Action> {
        self.actions(thing).into_iter().find(|action| action.key == key)
    }

    /// A message in flight, looked into; `None` once it is none any more.
    #[must_use]
    pub fn message(&self, id: u64) -> Option<MessageReport> {
        let frame = self.frame();
        let message = frame.messages.iter().find(|message| message.id == id)?;
        let name = |endpoint: u32| {
            let client = (endpoint as usize).checked_sub(frame.servers.len());
            let client = client.and_then(|client| frame.client_names.get(client));
            client.map_or_else(|| self.server_name(endpoint).to_owned(), |name| name.to_string())
        };
        let mut facts = Vec::new();
        if let Some(subject) = frame.subjects.get(message.subject as usize) {
            facts.push(("About", String::from_utf8_lossy(subject).into_owned()));
        }
        let ms = |ns: u64| format!("{} ms", ns / MILLISECOND);
        if message.arrives == u64::MAX {
            facts.push(("Arrives", "once it is released".to_owned()));
        } else {
            facts.push(("Sent", format!("{} ago", ms(self.now().saturating_sub(message.sent)))));
            facts.push((
                "Arrives",
                format!("in {}", ms(message.arrives.saturating_sub(self.now()))),
            ));
        }
        let way = format!("{} → {}", name(message.from), name(message.to));
        Some(MessageReport { kind: kind_name(message.kind), way, facts })
    }

    /// How a server is cut off, or several are: every link between them and the others.
    #[must_use]
    pub fn part(servers: &[u32]) -> Command {
        let set = servers.iter().copied().map(ServerId).collect();
        Command::Partition { sides: Sides::Set(set), one_way: false }
    }

    /// A new server beside some others, and a name that is not taken.
    #[must_use]
    pub fn newcomer(&self, neighbours: &[u32]) -> Command {
        let topology = self.script().topology();
        let free = |name: &String| topology.server(name).is_none();
        let name = (1_u32..).map(|n| format!("n{n}")).find(free).unwrap_or_default();
        let neighbours = neighbours.iter().copied().map(ServerId).collect();
        Command::Join { name: name.into(), neighbours }
    }

    /// A command as a person writes it.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn read(&self, text: &str) -> Result<Command, String> {
        Command::parse(text, self.script().topology()).map_err(|why| why.to_string())
    }

    /// How long a server takes over a message, ns: as the last command says.
    pub(super) fn slowness(&self, of: ServerId) -> u64 {
        let now = self.now();
        let done = self.script().entries().iter().rev();
        let mut done = done.filter(|entry| entry.on && entry.at <= now);
        let slow = done.find_map(|entry| {
            let Command::Slow { server, takes } = entry.command else { return None };
            (server == of).then_some(takes)
        });
        slow.unwrap_or(0)
    }
}

/// What a message is, in a word or two.
const fn kind_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Update => "Update",
        MessageKind::Repair => "Repair",
        MessageKind::Control => "Greeting",
        MessageKind::Classic => "AT line",
        MessageKind::Line => "Question",
        MessageKind::Answer => "Answer",
        MessageKind::Digest => "Digest",
        MessageKind::Pull => "Pull",
        MessageKind::Graft => "Graft",
        MessageKind::Prune => "Prune",
        MessageKind::Want => "Rebuild request",
    }
}
