//! Paints a [`Frame`]: three layers, of which only the last changes with every frame.
//!
//! Motion is an encoding: where a message stands between two servers *is* the part of its latency
//! that is over. Colour is state or identity, shape is kind, and links are grey.

mod glow;
mod links;
mod marks;
mod messages;
mod servers;

use std::hash::{DefaultHasher, Hash, Hasher};

use herd_sim_wasm::view::{Feed, Frame, Knowledge, MessageKind, MessageView};

pub use marks::{cross, diamond, triangle};

use crate::detail::Detail;
use crate::geometry::{Geometry, Thing};
use crate::paint::{Painter, Point};
use crate::palette::Palette;
use crate::session::Step;

/// All that a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What can be seen.
    pub frame: &'a Frame,
    /// Where it stands.
    pub geometry: &'a Geometry,
    /// In which colours.
    pub palette: &'a Palette,
    /// How each link serves the tree that is shown, each way; empty if there is none.
    pub tree: &'a [[Feed; 2]],
    /// The way of a fact that is traced.
    pub way: &'a [Step],
    /// What is selected.
    pub selected: Option<Thing>,
    /// The client whose newest place the servers' colours are about, of [`Frame::subjects`].
    pub followed: Option<u32>,
    /// What has just arrived.
    pub arrivals: &'a [Arrival],
    /// Kinds of messages that are not shown.
    pub hidden: Hidden,
    /// What will be on its way a little later, while time stands still.
    pub ghosts: &'a [MessageView],
    /// What a person is drawing with the knife or the lasso.
    pub sketch: &'a Sketch,
    /// How messages are drawn.
    pub detail: Detail,
    /// Whether nothing may move by itself: messages without tails, arrivals without rings.
    pub still: bool,
}

/// A stroke that is being drawn over the stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sketch {
    /// None.
    #[default]
    Nothing,
    /// A cut across links.
    Knife(Vec<Point>),
    /// A loop around servers.
    Lasso(Vec<Point>),
    /// A link that is to be laid, from a server to the pointer.
    Link(Point, Point),
}

/// Kinds of messages that the legend has switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Updates between servers.
    pub updates: bool,
    /// What clients say and hear.
    pub clients: bool,
    /// Repair.
    pub repair: bool,
    /// What neighbours tell each other that they have, and ask for.
    pub digests: bool,
    /// Who asks to be fed, or not to be.
    pub trees: bool,
    /// Greetings and connecting.
    pub control: bool,
}

impl Default for Hidden {
    fn default() -> Self {
        Self {
            updates: false,
            clients: false,
            repair: false,
            digests: true,
            trees: true,
            control: true,
        }
    }
}

/// Where it is kept whether a kind is hidden.
type Kept = fn(&mut Hidden) -> &mut bool;

impl Hidden {
    /// The names of all kinds, as a link says them, and where each is kept.
    const NAMES: [(&str, Kept); 6] = [
        ("updates", |hidden| &mut hidden.updates),
        ("clients", |hidden| &mut hidden.clients),
        ("repair", |hidden| &mut hidden.repair),
        ("digests", |hidden| &mut hidden.digests),
        ("trees", |hidden| &mut hidden.trees),
        ("control", |hidden| &mut hidden.control),
    ];

    /// The names of the kinds that are shown.
    #[must_use]
    pub fn shown(mut self) -> Vec<String> {
        let mut shows = |of: Kept| !*of(&mut self);
        Self::NAMES.iter().filter(|(_, of)| shows(*of)).map(|(name, _)| (*name).into()).collect()
    }

    /// Hides all kinds but those of these names.
    #[must_use]
    pub fn but(shown: &[String]) -> Self {
        let mut hidden = Self::default();
        for (name, of) in Self::NAMES {
            *of(&mut hidden) = !shown.iter().any(|shown| shown == name);
        }
        hidden
    }

    /// Whether messages of a kind are hidden.
    #[must_use]
    pub const fn hides(self, kind: MessageKind) -> bool {
        match kind {
            MessageKind::Update | MessageKind::Classic => self.updates,
            MessageKind::Repair => self.repair,
            MessageKind::Digest | MessageKind::Pull => self.digests,
            MessageKind::Graft | MessageKind::Prune | MessageKind::Want => self.trees,
            MessageKind::Control => self.control,
            MessageKind::Line | MessageKind::Answer => self.clients,
        }
    }
}

/// A message that has just arrived at a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Where.
    pub server: u32,
    /// Whether it was news there.
    pub news: bool,
    /// How much of the time it is shown is over, 0 to 1.
    pub age: f64,
}

impl Picture<'_> {
    /// What a server knows of the client that is followed.
    fn knowledge(&self, server: usize) -> Knowledge {
        let watched = self.frame.knowledge.len() / self.frame.servers.len().max(1);
        let followed = (watched > 0).then(|| server * watched);
        followed.and_then(|at| self.frame.knowledge.get(at)).copied().unwrap_or_default()
    }

    fn is_selected(&self, thing: Thing) -> bool {
        self.selected == Some(thing)
    }

    /// Paints the lowest layer: the links.
    pub fn paint_links(&self, painter: &mut impl Painter) {
        links::paint(self, painter);
    }

    /// Paints the middle layer: servers and clients.
    pub fn paint_servers(&self, painter: &mut impl Painter) {
        servers::paint(self, painter);
    }

    /// Paints the highest layer: messages, arrivals, losses.
    pub fn paint_messages(&self, painter: &mut impl Painter) {
        messages::paint_ghosts(self, painter);
        glow::paint_arrivals(self, painter);
        if self.detail == Detail::Glow {
            glow::paint_links(self, painter);
        } else {
            messages::paint(self, painter);
        }
        messages::paint_sketch(self, painter);
        glow::paint_deaths(self, painter);
    }

    /// Changes when the lowest layer has to be painted anew.
    #[must_use]
    pub fn links_print(&self) -> u64 {
        let mut state = self.print();
        for link in &self.frame.links {
            (link.state as u8, link.cut_ab, link.cut_ba, link.half_open).hash(&mut state);
            (link.lossy, link.latency_ab, link.latency_ba).hash(&mut state);
        }
        (self.tree, self.way).hash(&mut state);
        if let Some(Thing::Link(link)) = self.selected {
            link.hash(&mut state);
        }
        state.finish()
    }

    /// Changes when the middle layer has to be painted anew.
    #[must_use]
    pub fn servers_print(&self) -> u64 {
        let mut state = self.print();
        for (index, server) in self.frame.servers.iter().enumerate() {
            let known = self.knowledge(index);
            (server.state as u8, server.clock_offset, known.version, known.newest).hash(&mut state);
            (server.away, server.blank, server.waiting > 0, servers::age_label(self.frame, server))
                .hash(&mut state);
        }
        for client in &self.frame.clients {
            (client.server, client.waiting > 0).hash(&mut state);
        }
        for lamp in &self.frame.lamps {
            lamp.broken.is_some().hash(&mut state);
        }
        if let Some(Thing::Server(server)) = self.selected {
            server.hash(&mut state);
        }
        state.finish()
    }

    fn print(&self) -> DefaultHasher {
        let mut state = DefaultHasher::new();
        (self.palette, self.geometry.print).hash(&mut state);
        state
    }
}

#[cfg(test)]
mod tests;
