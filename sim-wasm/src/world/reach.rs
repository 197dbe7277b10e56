//! Who can hear of what: which parts hang together, and how far it is through them.

use std::collections::VecDeque;

use super::looking::is_down;
use super::{Event, World};
use crate::fault::Share;
use crate::topology::ServerId;
use crate::view::{MessageKind, ServerState};

/// A loss that is called heavy.
const FIFTH: Share = Share::new(2_000);

impl World {
    /// Whether nothing stands in the way of coming to rest: nobody is paused, no link is held,
    /// every cut is known, and no client goes on by itself.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.options().clients == 0
            && self.servers.iter().all(|server| server.state != ServerState::Paused)
            && self.links.iter().all(|link| link.ways.iter().all(|way| !way.waits()))
    }

    /// Whether any link may lose, double or turn round what is said on it.
    #[must_use]
    pub fn has_datagrams(&self) -> bool {
        self.links.iter().any(|link| link.ways.iter().any(|way| way.lossy().is_some()))
    }

    /// How many neighbours a server has at most.
    #[must_use]
    pub fn most_links(&self) -> u64 {
        self.servers.iter().map(|server| server.peers.len() as u64).max().unwrap_or(0)
    }

    /// The most links between any two servers that can hear of each other now.
    #[must_use]
    pub fn diameter(&self) -> u64 {
        self.topology().servers().map(|server| self.reached(server, None).1).max().unwrap_or(0)
    }

    /// Whether there is more than one server, and every link loses a fifth of all messages or more.
    pub(super) fn is_lossy(&self) -> bool {
        let loses = |way: &crate::net::Way| way.lossy().is_some_and(|lossy| lossy.loss >= FIFTH);
        let mut links = self.links.iter().filter(|link| link.there).peekable();
        links.peek().is_some() && links.all(|link| link.ways.iter().all(loses))
    }

    /// How long it takes until all that was sent so far has come, unless it is held, ns.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        let ways = self.links.iter().flat_map(|link| &link.ways);
        let until = ways
            .map(|way| way.drained().max(way.traits.as_ref().map_or(0, |traits| traits.clogged)));
        until.max().unwrap_or(0).saturating_sub(self.now)
    }

    /// Whether all that run and belong to the herd can reach each other.
    pub(super) fn is_one(&self) -> bool {
        let up = |server: &ServerId| !is_down(self.servers[server.index()].state);
        let mut servers = self.topology().servers().filter(up);
        let Some(first) = servers.next() else { return true };
        let (reached, _) = self.reached(first, None);
        servers.all(|server| reached[server.index()])
    }

    /// Whether a record is being flooded.
    pub(super) fn floods(&self) -> bool {
        self.queue.iter().any(|(_, event)| {
            let Event::Arrive { channel, to, parcel, .. } = event else { return false };
            parcel.says() && self.kind(*channel, *to, parcel) == MessageKind::Update
        })
    }

    /// Whether others can reach each other through this server only.
    pub(super) fn is_bridge(&self, server: ServerId) -> bool {
        let other = |link: &crate::net::Link| {
            let ends = (ServerId(link.a), ServerId(link.b));
            match ends {
                (a, b) if a == server => Some(b),
                (a, b) if b == server => Some(a),
                _ => None,
            }
        };
        let usable =
            self.links.iter().filter(|link| link.there && link.ways.iter().all(|way| way.passes()));
        let up = |of: &ServerId| !is_down(self.servers[of.index()].state);
        let mut neighbours = usable.filter_map(other).filter(up);
        let Some(first) = neighbours.next() else { return false };
        let (reached, _) = self.reached(first, Some(server));
        neighbours.any(|of| !reached[of.index()])
    }

    /// Who can be reached from a server without passing through another, and how far they are.
    fn reached(&self, from: ServerId, without: Option<ServerId>) -> (Vec<bool>, u64) {
        let mut next: Vec<Vec<u32>> = vec![Vec::new(); self.servers.len()];
        for link in &self.links {
            let up = [link.a, link.b].iter().all(|end| !is_down(self.servers[*end as usize].state));
            if up && link.there && link.ways.iter().all(|way| way.passes()) {
                next[link.a as usize].push(link.b);
                next[link.b as usize].push(link.a);
            }
        }
        let mut seen = vec![false; self.servers.len()];
        seen[from.index()] = true;
        let mut queue = VecDeque::from([(from.0, 0)]);
        let mut far = 0;
        while let Some((server, distance)) = queue.pop_front() {
            far = far.max(distance);
            for &other in &next[server as usize] {
                let way = without != Some(ServerId(other)) && !seen[other as usize];
                if way {
                    seen[other as usize] = true;
                    queue.push_back((other, distance + 1));
                }
            }
        }
        (seen, far)
    }
}
