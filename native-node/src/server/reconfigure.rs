//! A herd that changes while the server runs: neighbours come, move and go, keys are new.

use std::collections::BTreeSet;
use std::sync::Arc;

use herd_core::{Config, ConnId, Direction, Input, Peer};

use super::conn::Conn;
use super::{Door, Links, Server};
use crate::config::Herd;

/// What a running server is told of its herd.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) herd: Arc<Herd>,
    pub(crate) door: Door,
}

impl Server {
    /// Takes the herd as it is now; what has changed, in words.
    ///
    /// # Errors
    /// A sentence that says what cannot change while it runs; nothing did.
    pub(super) fn reconfigure(&mut self, change: Change) -> Result<String, String> {
        let Change { herd, door } = change;
        let old = Arc::clone(&self.settings.config);
        let member = herd.member(&old.name).ok_or_else(|| {
            format!("the herd has no server `{}` any more; it goes on as it was", old.name)
        })?;
        let mut config = herd.core_config(member, herd.map(), old.incarnation, old.hash_seed);
        let wanted: Vec<_> = member.neighbours.iter().map(|n| n.address.clone()).collect();
        let peers = merged(&old.peers, &config.peers);
        let places = |peer: &Peer| config.peers.iter().position(|new| new.name == peer.name);
        let addresses: Vec<_> = peers.iter().map(|peer| wanted[places(peer)?].clone()).collect();
        let moved = self.settings.addresses.iter().zip(&addresses);
        let moved = moved.filter(|(was, is)| is.is_some() && was != is).count();
        let text = told(&old, &peers, moved);
        config.peers = peers;
        let config = Arc::new(config);
        self.now = self.clock.now();
        let taken = self.take_config(Arc::clone(&config));
        taken.map_err(|why| format!("{why}; it goes on as it was"))?;
        if let Err(why) = self.hang_door(&door, None) {
            self.journal.error(self.now, &format!("its door for QUIC is as it was: {why}"));
        }
        self.settings.addresses = addresses;
        self.settings.door = door;
        self.hang_up_on_revoked();
        self.journal.meets(&config);
        self.settings.config = config;
        self.journal.reconfigured(self.now, &text);
        self.act();
        // Those that are new are dialed.
        self.handle(Input::Wake);
        Ok(text)
    }

    /// Closes the connections of servers whose certificates are not believed any more.
    fn hang_up_on_revoked(&mut self) {
        let Links::Tls(tls) = self.settings.door.links.clone() else { return };
        let shown = |(id, conn): (ConnId, &mut Conn)| Some((id, conn.certificate()?));
        let all: Vec<_> = self.conns.iter_mut().filter_map(shown).collect();
        for (id, certificate) in all {
            if tls.is_revoked(&certificate) {
                self.close(id, "its certificate is revoked");
            }
        }
    }
}

/// The old neighbours in their places, as they are now, and the new ones behind them.
fn merged(old: &[Peer], new: &[Peer]) -> Box<[Peer]> {
    let known: BTreeSet<&str> = old.iter().map(|peer| &*peer.name).collect();
    let kept = old.iter().map(|peer| {
        let now = new.iter().find(|candidate| candidate.name == peer.name);
        now.cloned().unwrap_or_else(|| Peer { direction: Direction::Neither, ..peer.clone() })
    });
    kept.chain(new.iter().filter(|peer| !known.contains(&*peer.name)).cloned()).collect()
}

fn told(old: &Config, peers: &[Peer], moved: usize) -> String {
    let is_one = |peer: &Peer| peer.direction != Direction::Neither;
    let names = |list: Vec<&str>| list.join(", ");
    let pairs = || old.peers.iter().zip(peers);
    let gone = pairs().filter(|(was, is)| is_one(was) && !is_one(is)).map(|(was, _)| &*was.name);
    let back = pairs().filter(|(was, is)| !is_one(was) && is_one(is)).map(|(was, _)| &*was.name);
    let come = back.chain(peers[old.peers.len()..].iter().map(|peer| &*peer.name));
    let changed = pairs().filter(|(was, is)| is_one(was) && is_one(is) && was != is).count();
    let (gone, come) = (names(gone.collect()), names(come.collect()));
    let mut parts = Vec::new();
    parts.extend((!come.is_empty()).then(|| format!("new neighbours: {come}")));
    parts.extend((!gone.is_empty()).then(|| format!("no neighbours any more: {gone}")));
    parts.extend((changed > 0).then(|| format!("{changed} changed")));
    parts.extend((moved > 0).then(|| format!("{moved} at another address")));
    if parts.is_empty() { "the same neighbours".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_keep_their_places() {
        let names = |peers: &[Peer]| -> Vec<String> {
            let shown = peers.iter().map(|peer| match peer.direction {
                Direction::Neither => format!("({})", peer.name),
                Direction::Both | Direction::In | Direction::Out => peer.name.to_string(),
            });
            shown.collect()
        };
        let list = |names: &[&str]| -> Box<[Peer]> { names.iter().map(|n| Peer::new(n)).collect() };
        let first = list(&["A", "B", "C"]);
        let second = merged(&first, &list(&["D", "C", "A"]));
        assert_eq!(names(&second), ["A", "(B)", "C", "D"]);
        let third = merged(&second, &list(&["B"]));
        assert_eq!(names(&third), ["(A)", "B", "(C)", "(D)"]);
        let config = Config::new("X", second.iter().cloned());
        let text = told(&config, &third, 0);
        assert_eq!(text, "new neighbours: B; no neighbours any more: A, C, D");
        assert_eq!(told(&config, &second, 1), "1 at another address");
        assert_eq!(told(&config, &second, 0), "the same neighbours");
    }
}
