//! No server ever replaces a record by an older one.

use std::collections::BTreeMap;

use herd_core::codec::At;
use herd_core::record::Record;

use super::midway::nodes;
use super::{Check, Fault, Finding, Happening, shown};
use crate::disk::Disk;
use crate::topology::ServerId;
use crate::world::{PER_ENTRY, World};

/// What each server held of each client when last seen.
#[derive(Clone, Debug, Default)]
pub(super) struct NeverBack {
    held: BTreeMap<(ServerId, Box<[u8]>), Held>,
}

#[derive(Clone, Debug)]
struct Held {
    record: Record,
    /// Since when.
    at: u64,
    /// What it held at the last sync before that, and since when.
    synced: Option<(u64, Record)>,
}

impl Check for NeverBack {
    const NAME: &'static str = "never_back";
    const SENTENCE: &'static str =
        "No server ever replaces a record by an older one, nor loses what was synced.";

    fn begin_midway(&mut self, world: &World) -> bool {
        for (server, node) in nodes(world) {
            for record in node.store().iter() {
                let held = Held { record: record.clone(), at: world.now(), synced: None };
                self.held.insert((server, record.client().into()), held);
            }
        }
        true
    }

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault> {
        match *happening {
            Happening::Kept { server, line, .. } => {
                let Ok(at) = At::canonical(line) else { return Ok(Finding::Nothing) };
                self.compare(server, at.client, world)
            }
            Happening::Restarted { server, store: false } => {
                self.held.retain(|(of, _), _| *of != server);
                Ok(Finding::Nothing)
            }
            Happening::RestartedLossy { server, synced: None }
            | Happening::MemoryFailed { server } => {
                self.held.retain(|(of, _), _| *of != server);
                Ok(Finding::Nothing)
            }
            Happening::Forgot { server } => {
                let floor = world.node(server).map(|node| node.store().floor());
                let kept = |held: &Held| floor.is_none_or(|floor| held.record.falls_at() > floor);
                self.held.retain(|(of, _), held| *of != server || kept(held));
                Ok(Finding::Nothing)
            }
            // Never below what was synced.
            Happening::RestartedLossy { server, synced: Some(synced) } => {
                self.held.retain(|(of, _), held| *of != server || held.fall_back(synced));
                self.compare_all(server, world)
            }
            Happening::Restarted { server, store: true } => self.compare_all(server, world),
            Happening::Sent { .. }
            | Happening::Unasked { .. }
            | Happening::Jilted { .. }
            | Happening::LinkUp { .. }
            | Happening::Answers { .. }
            | Happening::Adopted { .. }
            | Happening::Heard { .. }
            | Happening::Orphaned { .. }
            | Happening::Poisoned { .. }
            | Happening::Pruned { .. }
            | Happening::Changed
            | Happening::Delivered { .. }
            | Happening::Loosened { .. }
            | Happening::Opened { .. }
            | Happening::Posted { .. }
            | Happening::Said { .. }
            | Happening::Damaged { .. }
            | Happening::Fault
            | Happening::Mended
            | Happening::Step { .. }
            | Happening::Rest => Ok(Finding::Nothing),
        }
    }

    fn bytes(&self) -> usize {
        self.held.len() * (size_of::<Held>() + 4 * PER_ENTRY)
    }
}

impl Held {
    /// A crash took what was not synced then; whether anything was.
    fn fall_back(&mut self, synced: u64) -> bool {
        if self.at <= synced {
            return true;
        }
        match self.synced.take() {
            Some((at, record)) if at <= synced => {
                (self.at, self.record) = (at, record);
                true
            }
            Some(_) | None => false,
        }
    }

    /// It is replaced now by another.
    fn replace(&mut self, now: u64, sync: u64, record: &Record) {
        if self.record == *record {
            return;
        }
        let before = std::mem::replace(&mut self.record, record.clone());
        if self.at <= Disk::synced(sync, now) {
            self.synced = Some((self.at, before));
        }
        self.at = now;
    }
}

impl NeverBack {
    fn compare_all(&mut self, server: ServerId, world: &World) -> Result<Finding, Fault> {
        let clients: Vec<Box<[u8]>> = self
            .held
            .keys()
            .filter(|(of, _)| *of == server)
            .map(|(_, client)| client.clone())
            .collect();
        for client in clients {
            self.compare(server, &client, world)?;
        }
        Ok(Finding::Holds)
    }

    fn compare(
        &mut self,
        server: ServerId,
        client: &[u8],
        world: &World,
    ) -> Result<Finding, Fault> {
        let name = world.topology().name(server);
        let now = world.node(server).and_then(|node| node.store().get(client));
        let floor = world.node(server).map(|node| node.store().floor());
        let is_gone = |record: &Record| floor.is_some_and(|floor| record.falls_at() <= floor);
        let key = (server, client.into());
        let before = self.held.get_mut(&key);
        match (before, now) {
            // It became too old before anybody could look.
            (Some(before), None) if is_gone(&before.record) => {
                self.held.remove(&key);
                Ok(Finding::Holds)
            }
            (Some(before), None) => {
                let line = shown(before.record.line());
                let what = format!("{name} held “{line}” and holds nothing of that client now");
                Err(Fault::new(vec![server], what).about(before.record.line()))
            }
            // A server counts anew what it finds on its disk: the same line is the same record.
            (Some(before), Some(now))
                if now.line() != before.record.line()
                    && now.version() < before.record.version() =>
            {
                let (old, new) = (shown(before.record.line()), shown(now.line()));
                let what = format!("{name} replaced “{old}” by the older “{new}”");
                Err(Fault::new(vec![server], what).about(now.line()))
            }
            (Some(before), Some(now)) => {
                before.replace(world.now(), world.sync_of(server), now);
                Ok(Finding::Holds)
            }
            (None, Some(now)) => {
                let held = Held { record: now.clone(), at: world.now(), synced: None };
                self.held.insert(key, held);
                Ok(Finding::Holds)
            }
            (None, None) => Ok(Finding::Nothing),
        }
    }
}
