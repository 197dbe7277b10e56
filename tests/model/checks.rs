//! What must hold in every state: the simulator's checks, as far as they mean something without
//! time, and the protocol's (S1 to S12, L1 and L2b of its specification).

use std::collections::BTreeSet;

use herd_core::codec::{At, Frame, Origin};
use herd_core::tree::Rules;
use herd_core::{Node, PeerId};
use stateright::Property;

use crate::herd::{Faults, Herd, State, Update, name, number};

/// What one thing that happens can make a server do for each of its neighbours, at most: a few
/// events, and a frame of each kind.
const DEEDS_MAX: usize = 8;

/// What decides which of two updates is newer.
type Order = (u8, u8, u64, u64);

impl Herd {
    pub(crate) fn checks() -> Vec<Property<Self>> {
        vec![
            Property::always("no step breaks a rule", |_, state: &State| state.broken.is_none()),
            Property::always("no server invents anything", Self::invents_nothing),
            Property::always("what a server has is covered by what it holds", Self::is_covered),
            Property::always("there is one truth", |_: &Self, state: &State| state.has_one_truth()),
            Property::always("who has the same holds the same", Self::is_determined),
            Property::always("a flood costs what it should", Self::costs),
            Property::always("parents form no ring", |herd: &Self, state: &State| {
                !state.nodes.iter().any(|node| herd.is_in_ring(state, node))
            }),
            Property::always("a quiet herd agrees", |herd: &Self, state: &State| {
                !herd.is_quiet(state)
                    || herd.live_pairs(state).all(|[a, b]| {
                        state.nodes[usize::from(a)].store() == state.nodes[usize::from(b)].store()
                    })
            }),
            Property::always("a quiet herd is linked", |herd: &Self, state: &State| {
                let links = herd.links - state.failed.len();
                !herd.is_quiet(state) || herd.live_pairs(state).count() == 2 * links
            }),
            Property::always("a quiet herd is fed", |herd: &Self, state: &State| {
                !herd.is_quiet(state) || herd.is_fed(state)
            }),
        ]
    }

    /// A client is answered: once for its line, with what the server holds.
    pub(crate) fn answer(&self, state: &mut State, server: u8, bytes: &[u8]) {
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

    /// What has to hold of each step of a server (S1, S9, S12, and what the core checks itself).
    pub(crate) fn judge(&self, state: &mut State, server: u8, before: &Node, deeds: usize) {
        let node = &state.nodes[usize::from(server)];
        let mut broken = node.check().err();
        for record in before.store().iter() {
            let now = node.store().get(record.client());
            if now.is_none_or(|now| self.order(now) < self.order(record)) {
                broken = Some("a server went back");
            }
        }
        for ((_, before), (_, now)) in before.origins().iter().zip(node.origins().iter()) {
            if now.tree().epoch() < before.tree().epoch() {
                broken = Some("an epoch went back");
            }
        }
        if deeds > DEEDS_MAX * (node.links().len() + 1) {
            broken = Some("a step does too much");
        }
        state.broken = state.broken.or(broken);
    }

    /// What has to hold of what a server writes to the other end of its side of a wire (S7, S8);
    /// the update that it tells, if it is not repair.
    pub(crate) fn written(
        &self,
        state: &mut State,
        (wire, side): (usize, usize),
        bytes: &[u8],
    ) -> Option<u8> {
        let size = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let ends = &state.wires[wire].ends;
        match Frame::parse(bytes.get(size..)?).ok()? {
            Frame::Push(push) => {
                let update = self.update_of(&push.update.at)?;
                if ends[1 - side].told & 1 << update != 0 {
                    state.broken = Some("a record crossed a link twice");
                } else if ends[side].heard() & 1 << update != 0 {
                    state.broken = Some("a record went back where it came from");
                }
                u8::try_from(update).ok()
            }
            // The tree that all share is built, and proven, by a flood of its own.
            Frame::Prune(epochs)
                if self.tuning().rules == Rules::ALL && self.configs[0].root.is_none() =>
            {
                let unproven = |(origin, _)| !self.is_proven(state, (wire, side), &origin);
                if epochs.iter().any(unproven) {
                    state.broken = Some("a prune has no proof");
                }
                None
            }
            Frame::Build(_)
            | Frame::Notice(_)
            | Frame::Digest(_)
            | Frame::Given(_)
            | Frame::Ranges(_)
            | Frame::Graft { .. }
            | Frame::Hello(_)
            | Frame::Stale(_)
            | Frame::Prune(_)
            | Frame::Pull { .. }
            | Frame::Repair(_)
            | Frame::Sync { .. }
            | Frame::Vague(_)
            | Frame::Want(_) => None,
        }
    }

    /// Whether the end of a wire and the server's parent have delivered the same update.
    fn is_proven(&self, state: &State, (wire, side): (usize, usize), origin: &Origin<'_>) -> bool {
        let end = &state.wires[wire].ends[side];
        let node = &state.nodes[usize::from(end.server)];
        let parents = if origin.name == node.config().name.as_bytes() {
            u8::MAX
        } else {
            let parent = self.parent(node, origin.name, origin.incarnation);
            let session = parent.and_then(|(_, peer)| node.links()[peer.index()].live());
            session
                .and_then(|session| state.end(end.server, session.conn))
                .map_or(0, |(wire, side)| state.wires[wire].ends[side].heard())
        };
        let is_its = |update: &usize| {
            self.updates[*update].server == number(origin.name)
                && state.said[*update]
                    .flatten()
                    .is_some_and(|(incarnation, _)| incarnation == origin.incarnation)
        };
        let both = end.heard() & parents;
        (0..self.updates.len()).filter(is_its).any(|update| both & 1 << update != 0)
    }

    /// The number of the update that a record comes from.
    fn update_of(&self, at: &At<'_>) -> Option<usize> {
        let is_it = |update: &Update| {
            let Update { server, client, stamp, place } = update;
            at.server == name(*server).as_bytes()
                && at.client == format!("c{client}").as_bytes()
                && at.stamp_text == stamp.to_string().as_bytes()
                && at.what.bytes() == format!("+{place}-{place}").as_bytes()
        };
        self.updates.iter().position(is_it)
    }

    /// Where an update that is about to be said stands among the server's updates, unless it is
    /// outdated (S4).
    pub(crate) fn next_count(&self, state: &State, update: usize) -> Option<(u64, u64)> {
        let Update { server, client, stamp, .. } = self.updates[update];
        let node = &state.nodes[usize::from(server)];
        let held = node.store().get(format!("c{client}").as_bytes());
        if held.is_some_and(|held| held.stamp().0 >= i64::from(stamp) * 1_000_000_000) {
            return None;
        }
        let life = node.incarnation();
        let said = self.updates.iter().zip(&state.said);
        let counted = said.filter(|(other, said)| {
            other.server == server && said.flatten().is_some_and(|(other, _)| other == life)
        });
        Some((life, counted.count() as u64 + 1))
    }

    fn order(&self, record: &herd_core::record::Record) -> Order {
        let stamp = u8::try_from(record.stamp().0 / 1_000_000_000).unwrap_or(u8::MAX);
        if self.preset().breaks_ties() && self.tuning().rules.break_ties {
            (stamp, number(record.origin()), record.incarnation(), record.seq())
        } else {
            (stamp, 0, 0, 0)
        }
    }

    /// S3: whether every record in a store is what a client has said, counted as it was.
    fn invents_nothing(&self, state: &State) -> bool {
        state.nodes.iter().flat_map(|node| node.store().iter()).all(|record| {
            let update = At::canonical(record.line()).ok().and_then(|at| self.update_of(&at));
            let count = update.and_then(|update| state.said[update].flatten());
            count == Some((record.incarnation(), record.seq()))
        })
    }

    /// S2: whether every server holds something as new as all that it has.
    fn is_covered(&self, state: &State) -> bool {
        self.updates.iter().zip(&state.said).all(|(update, said)| {
            let Some((incarnation, seq)) = said.flatten() else { return true };
            let order = if self.preset().breaks_ties() && self.tuning().rules.break_ties {
                (update.stamp, update.server, incarnation, seq)
            } else {
                (update.stamp, 0, 0, 0)
            };
            state.nodes.iter().all(|node| {
                let origins = node.origins();
                let origin = origins.find(name(update.server).as_bytes(), incarnation);
                let has = origin.is_some_and(|origin| origins.get(origin).have().contains(seq));
                let held = node.store().get(format!("c{}", update.client).as_bytes());
                !has || held.is_some_and(|held| self.order(held) >= order)
            })
        })
    }

    /// S5: whether servers that have the same updates hold the same.
    fn is_determined(&self, state: &State) -> bool {
        state.nodes.iter().enumerate().all(|(index, one)| {
            state.nodes[..index].iter().all(|other| {
                one.origins().summary() != other.origins().summary() || one.store() == other.store()
            })
        })
    }

    /// Whether each flood has cost what it should, where nothing broke and no update overtook another.
    fn costs(&self, state: &State) -> bool {
        let most = 2 * self.links + 1 - self.configs.len();
        let ends = || state.wires.iter().flat_map(|wire| &wire.ends);
        let clients: BTreeSet<_> = self.updates.iter().map(|update| update.client).collect();
        let exact = self.faults == Faults::default()
            && self.preset().feeds().is_none()
            && self.linked
            && state.said.iter().all(Option::is_some)
            && clients.len() == self.updates.len();
        (0..self.updates.len()).all(|update| {
            let cost = ends().filter(|end| end.told & 1 << update != 0).count();
            cost <= most && (!exact || !self.is_quiet(state) || cost == most)
        })
    }

    /// Servers that can speak to each other: who, to whom.
    fn live_pairs(&self, state: &State) -> impl Iterator<Item = [u8; 2]> {
        (0_u8..).zip(&state.nodes).flat_map(move |(server, node)| {
            let links = (0..).map(PeerId).zip(node.links());
            let live = links.filter(|(_, link)| link.live().is_some());
            live.map(move |(peer, _)| [server, self.peer(server, peer)])
        })
    }

    /// Who feeds a server an origin's updates, as a number and as a neighbour.
    fn parent(&self, node: &Node, origin: &[u8], incarnation: u64) -> Option<(u8, PeerId)> {
        let origin = node.origins().find(origin, incarnation)?;
        let peer = node.origins().get(origin).tree().parent()?;
        Some((number(node.config().peers[peer.index()].name.as_bytes()), peer))
    }

    /// S6: whether following some origin's parents leads on for ever.
    fn is_in_ring(&self, state: &State, node: &Node) -> bool {
        node.origins().iter().any(|(_, origin)| {
            let up = |node: &&Node| {
                let (server, _) = self.parent(node, origin.name(), origin.incarnation())?;
                Some(&*state.nodes[usize::from(server)])
            };
            let ancestors = std::iter::successors(Some(node), up);
            ancestors.take(state.nodes.len() + 1).count() > state.nodes.len()
        })
    }

    /// L2b: whether there is a way of links that are fed from each living origin to everybody. A plan
    /// says nothing of the lives that servers begin later: until those are heard of, digests tell.
    fn is_fed(&self, state: &State) -> bool {
        let planned = self.configs.iter().any(|config| config.overlay.is_some());
        if planned && self.faults.restarts > 0 {
            return true;
        }
        (0_u8..).zip(&state.nodes).all(|(root, node)| {
            let (name, life) = (node.config().name.as_bytes(), node.incarnation());
            let feeds = |[server, _]: &[u8; 2], peer: PeerId| {
                let node = &state.nodes[usize::from(*server)];
                let origin = node.origins().find(name, life);
                origin.is_none_or(|origin| node.feeds(peer, origin))
            };
            let peer_of = |[server, other]: &[u8; 2]| {
                let peers = &self.configs[usize::from(*server)].peers;
                let at = peers.iter().position(|peer| number(peer.name.as_bytes()) == *other);
                PeerId(at.and_then(|at| u16::try_from(at).ok()).expect("it is a neighbour"))
            };
            let reached = |fed: bool| {
                let mut seen = BTreeSet::from([root]);
                loop {
                    let size = seen.len();
                    let next = self.live_pairs(state).filter(|pair| {
                        seen.contains(&pair[0]) && (!fed || feeds(pair, peer_of(pair)))
                    });
                    let next: Vec<u8> = next.map(|pair| pair[1]).collect();
                    seen.extend(next);
                    if seen.len() == size {
                        return size;
                    }
                }
            };
            self.preset().feeds().is_none() || reached(true) == reached(false)
        })
    }
}

impl State {
    /// Whether two servers that hold one version hold the same bytes.
    fn has_one_truth(&self) -> bool {
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
