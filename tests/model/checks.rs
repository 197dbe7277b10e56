//! What must hold in every state: the simulator's checks, as far as they mean something without time.

use std::collections::BTreeSet;

use herd_core::codec::{At, Frame};

use super::{Faults, Herd, State, Update, name};

impl Herd {
    /// A client is answered: once for its line, with what the server holds.
    pub(super) fn answer(&self, state: &mut State, server: u8, bytes: &[u8]) {
        let line = bytes.strip_suffix(b"\n").unwrap_or_default();
        let held = At::canonical(line).ok().and_then(|at| {
            state.nodes[usize::from(server)].store().get(at.client).map(|record| record.line())
        });
        if held != Some(line) {
            state.broken = Some("an answer is not what the server holds");
        }
        if std::mem::replace(&mut state.answered, true) {
            state.broken = Some("a line was answered twice");
        }
    }

    /// The number of the update that a record comes from.
    pub(super) fn update_of(&self, at: &At<'_>) -> Option<usize> {
        let is_it = |update: &Update| {
            let Update { server, client, stamp, place } = update;
            at.server == name(*server).as_bytes()
                && at.client == format!("c{client}").as_bytes()
                && at.stamp_text == stamp.to_string().as_bytes()
                && at.place.text == format!("+{place}-{place}").as_bytes()
        };
        self.updates.iter().position(is_it)
    }

    /// Whether every record in a store is what a client has said.
    pub(super) fn invents_nothing(&self, state: &State) -> bool {
        let records = state.nodes.iter().flat_map(|node| node.store().iter());
        records.filter_map(|record| At::canonical(record.line()).ok()).all(|at| {
            let update = self.update_of(&at).map(|number| self.updates[number]);
            update.is_some_and(|update| !state.unsaid.contains(&update))
        })
    }

    /// Whether each flood has cost what it should, where nothing broke and no update overtook another.
    pub(super) fn costs(&self, state: &State) -> bool {
        let most = 2 * self.links + 1 - self.configs.len();
        let ends = || state.wires.iter().flat_map(|wire| &wire.ends);
        let exact = self.faults == Faults::default()
            && self.preset.feeds().is_none()
            && self.linked
            && state.unsaid.is_empty()
            && self.updates.iter().map(|update| update.client).collect::<BTreeSet<_>>().len()
                == self.updates.len();
        (0..self.updates.len()).all(|update| {
            let cost = ends().filter(|end| end.told & 1 << update != 0).count();
            cost <= most && (!exact || !state.is_quiet() || cost == most)
        })
    }
}

impl State {
    /// Whether two servers that hold one version hold the same bytes.
    pub(super) fn has_one_truth(&self) -> bool {
        let records = || self.nodes.iter().flat_map(|node| node.store().iter());
        records().all(|one| {
            records().all(|other| {
                one.client() != other.client()
                    || one.version() != other.version()
                    || one.line() == other.line()
            })
        })
    }
}

/// The record that a neighbour is told, if it is not repair.
pub(super) fn told(bytes: &[u8]) -> Option<At<'_>> {
    let size = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    match Frame::parse(bytes.get(size..)?).ok()? {
        Frame::Push(push) => Some(push.update.at),
        Frame::Build(_)
        | Frame::Digest(_)
        | Frame::Notice(_)
        | Frame::Graft { .. }
        | Frame::Prune(_)
        | Frame::Pull { .. }
        | Frame::Repair(_)
        | Frame::Want(_) => None,
    }
}
