//! What nodes tell of themselves, for the log, the checks and the picture.

use std::sync::Arc;

use herd_core::codec::{At, ParseError};
use herd_core::outbox::GreetingError;
use herd_core::{ConnId, Event as Said, OriginId, Outbox, PeerId, Spread};

use super::World;
use crate::check::Happening;
use crate::log::LogKind;
use crate::net::Over;
use crate::sometimes::{Sight, Sometimes};
use crate::text::escape;
use crate::topology::ServerId;

impl World {
    /// What a node tells: for the log, the checks and the picture.
    pub(super) fn told(&mut self, server: u32, event: Said, out: &Outbox) {
        let here = Some(server);
        let id = ServerId(server);
        let name_of = |world: &Self, peer: PeerId| {
            // Only who reads the log wants it.
            if !world.records {
                return String::new();
            }
            let other = world.servers[server as usize].peers[peer.index()].server;
            world.topology().name(ServerId(other)).to_owned()
        };
        match event {
            Said::Accepted { line, .. } => {
                let line = out.bytes(line);
                self.accepted(line);
                if let Some(meter) = &mut self.meter {
                    meter.accepted(self.now, line);
                }
                self.note(here, LogKind::Accepted, || format!("accepts {}", brief(line)));
                self.keep(server, line);
                if self.checks.is_some() {
                    let lossy = self.is_lossy();
                    self.sightings.see(Sight::Accepted { server: id, line, lossy });
                }
                self.kept(id, line, true);
            }
            Said::Learned { peer, repair, line, .. } => {
                let line = out.bytes(line);
                if let Some(meter) = &mut self.meter {
                    meter.learned(self.now, id, line, repair);
                }
                let from = peer.map(|peer| name_of(self, peer));
                self.note(here, LogKind::Learned, || {
                    let how = if repair { "repaired" } else { "learns" };
                    format!(
                        "{how} {}{}",
                        brief(line),
                        from.map_or_else(String::new, |f| format!(" < {f}"))
                    )
                });
                self.keep(server, line);
                if self.checks.is_some() {
                    let of = self.members;
                    self.sightings.see(Sight::Learned { server: id, repair, line, of });
                }
                self.kept(id, line, false);
            }
            Said::Known { peer, older, .. } => {
                self.sightings.saw(match older {
                    true => Sometimes::LateRejected,
                    false => Sometimes::DuplicateSuppressed,
                });
                let from = peer.map(|peer| name_of(self, peer)).unwrap_or_default();
                self.note(here, LogKind::Known, || {
                    format!("{} < {from}", if older { "older" } else { "known" })
                });
            }
            Said::Outdated { line, .. } => {
                self.sightings.saw(Sometimes::OlderWon);
                let line = out.bytes(line);
                self.note(here, LogKind::Known, || format!("stale; has {}", brief(line)));
            }
            // What was wrong with a neighbour's greeting is told next.
            Said::Refused { conn, why: ParseError::Greeting } if self.is_of_link(server, conn) => {}
            Said::Refused { why, .. } => {
                self.note(here, LogKind::Refused, || format!("? {why}"));
            }
            Said::Poisoned { stamp, .. } => {
                self.note(here, LogKind::Refused, || "from the future".into());
                self.see(&Happening::Poisoned { server: id, stamp: stamp.0 });
            }
            Said::Full { .. } => self.note(here, LogKind::Refused, || "no more origins".into()),
            Said::Expired { .. } => self.note(here, LogKind::Known, || "too old to be kept".into()),
            Said::Forgotten { records } => {
                self.sightings.saw(Sometimes::Forgot);
                self.note(here, LogKind::Lost, || format!("forgets {records}, too old"));
                self.see(&Happening::Forgot { server: id });
            }
            Said::Damaged { records } => {
                self.note(here, LogKind::Lost, || format!("finds {records} damaged"));
                self.see(&Happening::MemoryFailed { server: id });
            }
            Said::Diverged { peer } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("{name} holds something different"));
            }
            Said::Unconfirmed { .. } => {
                self.note(here, LogKind::Refused, || "too few have it: hangs up".into());
            }
            // The answer is seen itself.
            Said::Confirmed { .. } => {}
            Said::Deferred { .. } => {
                self.note(here, LogKind::Known, || "waits until neighbours have it".into());
            }
            Said::Renewed { .. } => {
                self.sightings.saw(Sometimes::Renewed);
                self.note(here, LogKind::Link, || "a later life was known".into());
            }
            Said::Dropped { peer, records } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Lost, || format!("{name} misses {records}"));
                self.see(&Happening::Fault);
            }
            Said::GreetingRefused { why: GreetingError::Duplicate, .. } => {
                self.note(here, LogKind::Link, || {
                    "both have dialed: the other connection stays".into()
                });
            }
            Said::GreetingRefused { why, .. } => {
                self.note(here, LogKind::Link, || format!("greeting refused: {why:?}"));
            }
            Said::LinkUp { peer, .. } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("+ {name}"));
                let state = &self.servers[server as usize];
                let other = state.peers[peer.index()];
                let preset = state.node.config().preset;
                let tells = preset.repairs() || preset.policy().spread == Spread::Acked;
                let link = &mut self.links[other.link as usize];
                // Who does not repair never tells what it heard before it could speak to this one at all.
                if tells || link.classic || state.node.store().is_empty() || link.has_risen(server)
                {
                    link.rise(server);
                } else {
                    link.leak();
                }
                let peer = ServerId(other.server);
                self.see(&Happening::LinkUp { server: id, peer });
            }
            Said::LinkDown { peer, why } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("- {name}: {why:?}"));
                self.see(&Happening::Fault);
            }
            Said::LookupEnded { end, .. } => {
                self.note(here, LogKind::Places, || format!("places: {end:?}"));
            }
            Said::Adopted { peer, origin } => {
                let (name, whose) = (name_of(self, peer), self.origin_name(server, origin));
                self.note(here, LogKind::Link, || format!("{whose} is fed by {name}"));
                self.sightings.see(Sight::Adopted(id, origin));
                self.see(&Happening::Adopted { server: id, origin });
            }
            Said::Orphaned { origin } => {
                let whose = self.origin_name(server, origin);
                self.note(here, LogKind::Link, || format!("{whose} has lost its feed"));
                self.sightings.see(Sight::Orphaned(id, origin));
                self.see(&Happening::Orphaned { server: id, origin });
            }
            Said::Pruned { peer, origin } => {
                let (name, whose) = (name_of(self, peer), self.origin_name(server, origin));
                self.note(here, LogKind::Link, || format!("{whose} not from {name}"));
                if let Some(peer) = self.neighbour(id, peer) {
                    self.see(&Happening::Pruned { server: id, peer, origin });
                }
            }
            Said::Lagging { peer } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("{name} lags"));
            }
            Said::CaughtUp { peer } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("{name} catches up"));
            }
            Said::Repaired { peer, records } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("{records} repaired < {name}"));
            }
            Said::RepairSent { peer, records } => {
                let name = name_of(self, peer);
                self.note(here, LogKind::Link, || format!("{records} sent > {name}"));
            }
        }
    }

    /// A server keeps a record.
    fn kept(&mut self, server: ServerId, line: &[u8], from_client: bool) {
        if self.judges()
            && let Ok(at) = At::canonical(line)
        {
            let client = at.client;
            self.see(&Happening::Kept { server, client, line, from_client });
        }
    }

    /// Whose updates, as a server calls them.
    fn origin_name(&self, server: u32, origin: OriginId) -> String {
        if !self.records {
            return String::new();
        }
        let origin = self.servers[server as usize].node.origins().get(origin);
        escape(origin.name())
    }

    /// A server writes what it keeps to its disk.
    fn keep(&mut self, server: u32, line: &[u8]) {
        let now = self.now;
        let state = &mut self.servers[server as usize];
        if state.disk.is_some()
            && let Ok(at) = At::canonical(line)
        {
            state.write(now, at.client);
        }
    }

    /// Remembers the stamps that were accepted, for the picture.
    pub(super) fn accepted(&mut self, line: &[u8]) {
        let Ok(at) = At::canonical(line) else { return };
        let subjects = &mut self.subjects;
        let number = match subjects.numbers.get(at.client) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(subjects.names.len()).unwrap_or(u32::MAX);
                let name: Arc<[u8]> = at.client.into();
                subjects.numbers.insert(Arc::clone(&name), number);
                subjects.names.push(name);
                subjects.stamps.push(Vec::new());
                number
            }
        };
        let stamps = &mut subjects.stamps[number as usize];
        if let Err(place) = stamps.binary_search(&at.stamp.0) {
            stamps.insert(place, at.stamp.0);
        }
    }
}

impl World {
    /// Whether a connection is between servers.
    fn is_of_link(&self, server: u32, conn: ConnId) -> bool {
        let end = self.servers[server as usize].conn(conn.0);
        end.is_some_and(|end| matches!(self.channels[end.channel()].over, Over::Link { .. }))
    }
}

/// A record in a few words: the client and the stamp.
fn brief(line: &[u8]) -> String {
    At::canonical(line).map_or_else(
        |_| escape(line),
        |at| {
            let mut client = escape(at.client);
            if let Some((end, _)) = client.char_indices().nth(16) {
                client.truncate(end);
                client.push('…');
            }
            client
        },
    )
}
