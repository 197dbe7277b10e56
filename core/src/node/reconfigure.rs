//! A configuration that changes while the server runs: neighbours come and go.

use alloc::sync::Arc;

use super::Node;
use crate::config::{Config, Peer};
use crate::id::PeerId;
use crate::link::{Dial, Link};
use crate::outbox::{LinkEnd, Outbox};
use crate::time::Now;

impl Node {
    /// Takes a changed configuration: neighbours may come, change and go, and limits may be others.
    /// What it has said before and what it keeps stays as it is.
    ///
    /// Neighbours keep their numbers: the new list begins with the old neighbours in their order. One
    /// that is gone stays where it was, with [`Direction::Neither`](crate::Direction::Neither), and
    /// may come back there; new ones stand behind. Whoever changed is hung up on and begun anew;
    /// whoever did not notices nothing. New neighbours are dialed on the next
    /// [`Input::Wake`](super::Input::Wake).
    ///
    /// # Errors
    /// A sentence that says what may not change; nothing did.
    pub fn reconfigure(
        &mut self,
        now: Now,
        config: Arc<Config>,
        out: &mut Outbox,
    ) -> Result<(), &'static str> {
        let (old, start) = (Arc::clone(&self.config), out.outputs().len());
        check(&old, &config)?;
        self.config = Arc::clone(&config);
        self.policy = config.policy();
        if self.policy.batch == 0 {
            self.let_gathered_ride();
        }
        for (number, (was, is)) in (0_u16..).zip(old.peers.iter().zip(&config.peers)) {
            if was != is {
                self.begin_anew(now, PeerId(number), is, out);
            }
        }
        let new = config.peers.iter().skip(old.peers.len());
        self.links.extend(new.map(|peer| Link::new(peer, now.mono)));
        self.deadline = self.earliest();
        self.graft_unfed(out);
        // What is said of neighbours that have gone does not overtake what was said before.
        self.gather(now, start, out);
        Ok(())
    }

    fn begin_anew(&mut self, now: Now, peer: PeerId, is: &Peer, out: &mut Outbox) {
        if let Some(conn) = self.links[peer.index()].live().map(|session| session.conn) {
            self.hang_up(conn, out);
            self.link_lost(now, peer, LinkEnd::Reconfigured, out);
        } else if !is.direction.receives() {
            // By a plan it may have been to feed us, though it never came.
            self.bereave(peer, out);
        }
        if let Dial::Greeting(conn, _) = self.links[peer.index()].dial() {
            self.hang_up(conn, out);
        }
        self.links[peer.index()].configure(is, now.mono);
    }
}

/// Whether one configuration may follow the other.
fn check(old: &Config, new: &Config) -> Result<(), &'static str> {
    let same = old.name == new.name
        && old.cluster == new.cluster
        && old.incarnation == new.incarnation
        && old.preset == new.preset
        && old.root == new.root
        && old.hash_seed == new.hash_seed;
    if !same {
        return Err("a server keeps its name, its herd, its preset and its incarnation");
    }
    if u16::try_from(new.peers.len()).is_err() {
        return Err("a server has at most 65,535 neighbours");
    }
    let begins =
        |(number, peer): (usize, &Peer)| new.peers.get(number).is_some_and(|p| p.name == peer.name);
    if !old.peers.iter().enumerate().all(begins) {
        return Err("neighbours keep their places; new ones stand behind them");
    }
    Ok(())
}
