//! What the rarer commands do: faults of links, servers, disks and whole nets.

use herd_core::sort::sort;

use super::{Event, World};
use crate::check::Happening;
use crate::command::Path;
use crate::disk::Disk;
use crate::fault::{DiskLoss, Sides};
use crate::net::Traits;
use crate::rng::{Purpose, draw};
use crate::sometimes::Sight;
use crate::topology::ServerId;
use crate::view::ServerState;

impl World {
    /// Changes what a link's ways are like; all links if no path is given.
    pub(super) fn set_traits(&mut self, path: Option<Path>, set: impl Fn(&mut Traits)) {
        for (link, which) in self.meant(path) {
            for (way, meant) in self.links[link as usize].ways.iter_mut().zip(which) {
                if meant {
                    set(way.traits_mut());
                    // What was sent before may hold up what comes after.
                    self.steady = self.steady.max(way.drained());
                }
            }
        }
        self.sightings.see(Sight::LinksChanged);
        self.see(&Happening::Fault);
    }

    /// What is sent waits from now on.
    pub(super) fn hold(&mut self, path: Path) {
        for (link, which) in self.meant(Some(path)) {
            for (way, meant) in self.links[link as usize].ways.iter_mut().zip(which) {
                way.held |= meant;
            }
        }
        self.see(&Happening::Fault);
    }

    /// What waited goes.
    pub(super) fn release(&mut self, path: Option<Path>) {
        for (link, which) in self.meant(path) {
            let mut held = false;
            for (way, meant) in self.links[link as usize].ways.iter_mut().zip(which) {
                held |= way.held && meant;
                way.held &= !meant;
            }
            if held || self.keeps {
                self.release_held(link);
            }
        }
    }

    /// Cuts every link between the two sides.
    pub(super) fn partition(&mut self, sides: &Sides, one_way: bool) {
        let mut order = self.drawn_order(self.servers.len(), |server| (server, 0));
        order.retain(|server| self.servers[*server].member);
        let count = order.len();
        // Its place on the circle, and its side: none for whom both reach.
        let mut place = vec![0_usize; self.servers.len()];
        for (at, server) in order.iter().enumerate() {
            place[*server] = at;
        }
        let side = |server: ServerId| -> Option<bool> {
            let at = place[server.index()];
            match sides {
                Sides::Size(size) => Some(at < usize::try_from(*size).unwrap_or(usize::MAX)),
                Sides::Coin => Some(self.partition_luck(server.index(), 1, 0) & 1 == 1),
                Sides::Isolate(one) => Some(server == *one),
                Sides::Bridge(one) => (server != *one).then_some(at < count / 2),
                Sides::Ring => None,
                Sides::Set(set) => Some(set.contains(&server)),
            }
        };
        // So far on either side is a majority, oneself included.
        let reach = (count / 2).div_ceil(2);
        let mut cuts = Vec::new();
        let edges = self.topology().edges().iter().zip(&self.links);
        for (edge, _) in edges.filter(|(_, link)| link.there) {
            let parted = match (side(edge.a), side(edge.b)) {
                (Some(a), Some(b)) => a != b,
                _ if *sides == Sides::Ring => {
                    let apart = place[edge.a.index()].abs_diff(place[edge.b.index()]);
                    apart.min(count - apart) > reach
                }
                _ => false,
            };
            if parted {
                let first = side(edge.a) != Some(false);
                let (from, to) = if first { (edge.a, edge.b) } else { (edge.b, edge.a) };
                cuts.push(Path { from, to, one_way });
            }
        }
        for path in cuts {
            self.cut(path, 0);
        }
    }

    /// Links stop one by one and come back in another order.
    pub(super) fn swizzle(&mut self, links: u32, spacing: u64) {
        let ends = |link: usize| (self.links[link].a as usize, self.links[link].b as usize);
        let mut gone = self.drawn_order(self.links.len(), |link| {
            let (a, b) = ends(link);
            (a, b + 2)
        });
        gone.retain(|link| self.links[*link].there);
        gone.truncate(usize::try_from(links).unwrap_or(usize::MAX));
        let luck = |link: usize| {
            let (a, b) = ends(link);
            self.partition_luck(b, a + 2, 1)
        };
        let mut back: Vec<_> =
            gone.iter().zip(0_usize..).map(|(link, at)| (luck(*link), at, *link)).collect();
        sort(&mut back);
        let turns = gone.into_iter().map(|link| (link, true));
        let turns: Vec<_> =
            turns.chain(back.into_iter().map(|(_, _, link)| (link, false))).collect();
        for (step, (link, cut)) in (0_u64..).zip(turns) {
            let at = self.now.saturating_add(step.saturating_mul(spacing));
            let link = u32::try_from(link).unwrap_or(u32::MAX);
            self.busy += 1;
            self.schedule(at, Event::Turn { link, cut });
        }
    }

    /// A link of a swizzle stops, or comes back.
    pub(super) fn turn(&mut self, link: u32, cut: bool) {
        let place = &self.links[link as usize];
        let path = Path { from: ServerId(place.a), to: ServerId(place.b), one_way: false };
        if cut {
            self.cut(path, 0);
        } else {
            self.heal(Some(path));
        }
    }

    /// The numbers up to `count` in an order drawn for this instant, by the keys of each.
    fn drawn_order(&self, count: usize, keys: impl Fn(usize) -> (usize, usize)) -> Vec<usize> {
        let luck = |at: usize| {
            let (own, other) = keys(at);
            self.partition_luck(own, other, 0)
        };
        let mut order: Vec<_> = (0..count).map(|at| (luck(at), at)).collect();
        sort(&mut order);
        order.into_iter().map(|(_, at)| at).collect()
    }

    fn partition_luck(&self, own: usize, other: usize, what: u64) -> u64 {
        let n = self.now.wrapping_mul(2).wrapping_add(what);
        draw(self.options().seed, Purpose::Partition, own as u64, other as u64, n)
    }

    /// A server takes so long over every message from now on.
    pub(super) fn slow(&mut self, server: ServerId, takes: u64) {
        let state = &mut self.servers[server.index()];
        state.slow = takes;
        state.free = state.free.min(self.now.saturating_add(takes));
        self.see(&Happening::Fault);
    }

    /// Whether a server is busy with what came before, so that this has to queue.
    pub(super) fn queues(&mut self, server: u32) -> bool {
        let now = self.now;
        let state = &mut self.servers[server as usize];
        if now >= state.free && state.inbox.is_empty() {
            state.free = now.saturating_add(state.slow);
            return false;
        }
        self.serve_later(server);
        true
    }

    /// A server takes the first of what waits as soon as it is free.
    pub(super) fn serve_later(&mut self, server: u32) {
        let state = &mut self.servers[server as usize];
        if !std::mem::replace(&mut state.serves, true) {
            let free = state.free.max(self.now);
            self.schedule(free, Event::Serve { server });
        }
    }

    /// A server is done with a message and takes the next that waits.
    pub(super) fn serve(&mut self, server: u32) -> Option<ServerId> {
        let now = self.now;
        let state = &mut self.servers[server as usize];
        state.serves = false;
        if state.state != ServerState::Up {
            return None;
        }
        let event = state.inbox.pop_front()?;
        state.free = now.saturating_add(state.slow);
        if !state.inbox.is_empty() {
            state.serves = true;
            let free = state.free;
            self.schedule(free, Event::Serve { server });
        }
        self.take_place(event, false)
    }

    /// A server's disk is synced so often from now on.
    pub(super) fn set_disk(&mut self, server: ServerId, sync: u64) {
        let state = &mut self.servers[server.index()];
        match &mut state.disk {
            Some(disk) => disk.sync = sync,
            None => state.disk = Some(Box::new(Disk::new(sync, state.node.store().iter()))),
        }
    }

    /// A server's memory fails: what it holds of a client is gone, or wrong.
    pub(super) fn lose(&mut self, server: ServerId, client: &[u8], damaged: bool) {
        let state = &mut self.servers[server.index()];
        let node = &mut state.node;
        let held = if damaged { node.damage(client) } else { node.lose(client) };
        if held {
            self.see(&Happening::MemoryFailed { server });
            self.see(&Happening::Fault);
        }
    }

    /// A server starts again with a disk that has lost something.
    pub(super) fn restart_lossy(&mut self, server: ServerId, loss: DiskLoss) {
        if !self.is_member(server) {
            return;
        }
        self.kill(server);
        let luck = draw(self.options().seed, Purpose::Disk, u64::from(server.0), 0, self.now);
        let state = &mut self.servers[server.index()];
        let crash = state.since;
        let (records, sync) = match (&state.disk, loss) {
            (Some(disk), loss) => (disk.read(crash, loss, luck), disk.sync),
            // Nobody has said otherwise: each record is synced at once.
            (None, DiskLoss::Unsynced | DiskLoss::Torn) => {
                (state.stored(self.script.options().bug), 0)
            }
            // A disk from before the run.
            (None, DiskLoss::Older(_)) => (Vec::new(), 0),
        };
        state.restart(self.now, &records, self.script.options().bug);
        self.rearm(server.0);
        let synced = match loss {
            DiskLoss::Unsynced | DiskLoss::Torn => Some(Disk::synced(sync, crash)),
            DiskLoss::Older(_) => None,
        };
        self.sightings.see(Sight::Restarted(server));
        self.see(&Happening::RestartedLossy { server, synced });
    }
}
