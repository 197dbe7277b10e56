//! A link is laid: by a drag from server to server, or from one that is chosen to another.

use leptos::prelude::*;

use super::state::{Tool, Ui};
use crate::geometry::Thing;
use crate::paint::Point;
use crate::view::Sketch;

/// A server is chosen for a link: the first of the two, or the second.
pub(crate) fn take(ui: Ui, server: u32) {
    ui.selected.set(Some(Thing::Server(server)));
    match ui.linking.get_untracked().filter(|from| *from != server) {
        Some(from) => lay(ui, from, server),
        None => {
            ui.hold(Tool::Link);
            ui.linking.set(Some(server));
            let name = ui.peek(|session| session.server_name(server).to_owned());
            let text =
                format!("Now the server to link {name} with: click it, or choose it and press J.");
            ui.toast.set(Some((text, false)));
        }
    }
}

/// A server is chosen: it is looked into, or linked if that is what somebody is about.
pub(crate) fn choose(ui: Ui, server: u32) {
    if ui.tool.get_untracked() == Tool::Link {
        take(ui, server);
    } else {
        super::select(ui, Thing::Server(server));
        super::guide::guess(ui, server);
    }
}

/// The pointer goes on from the server with which a link begins.
pub(crate) fn draw(ui: Ui, from: u32, to: Point) {
    let from = ui.geometry.with_untracked(|g| g.servers.get(from as usize).copied());
    if let Some(from) = from {
        ui.sketch.set(Sketch::Link(from, to));
    }
}

/// The two become neighbours.
pub(crate) fn lay(ui: Ui, from: u32, to: u32) {
    ui.hold(Tool::Hand);
    match ui.peek(|session| session.link_between(from, to)) {
        Ok(command) => ui.act(command),
        Err(why) => ui.toast.set(Some((why, false))),
    }
}
