//! A node as bytes.

use alloc::vec::Vec;

use super::{Classic, Conn, Node};
use crate::config::Config;
use crate::form::{Form, Source, form};
use crate::id::PeerId;
use crate::origin::{OriginId, Origins};
use crate::store::Store;
use alloc::sync::Arc;

form!(enum Conn { 0 => Client { classic, said, takes, waits }, 1 => Greeted(peer), 2 => Live { peer, receives } });
form!(enum Classic { 0 => No, 1 => One(peer), 2 => Several });

impl Node {
    /// Appends all that decides what it does next.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        // What follows from the configuration is not written.
        let Self {
            conns,
            own,
            shares: _,
            keeping,
            policy: _,
            origins,
            deadline: _,
            digests,
            pull_at,
            spreading,
            config,
            clocks,
            links,
            store,
            lookups,
            rebuild,
            watching,
            asked,
        } = self;
        config.put(out);
        conns.put(out);
        (*own, *keeping).put(out);
        origins.put(out);
        digests.put(out);
        pull_at.put(out);
        spreading.put(out);
        clocks.put(out);
        links.put(out);
        store.put(out);
        lookups.put(out);
        rebuild.put(out);
        watching.put(out);
        asked.put(out);
    }

    /// Reads one that goes on as the one that was written; `None` if the bytes are none, or it is
    /// not [consistent](Self::check).
    pub(crate) fn take(from: &mut Source<'_>) -> Option<Self> {
        let config: Arc<Config> = Form::take(from)?;
        if !config.has_names() {
            return None;
        }
        let seed = config.hash_seed;
        let conns = Form::take(from)?;
        let (own, keeping) = Form::take(from)?;
        let mut node = Self {
            conns,
            own,
            shares: config.shared_root().is_some(),
            keeping,
            policy: config.policy(),
            origins: Origins::take(from, seed)?,
            deadline: None,
            digests: Form::take(from)?,
            pull_at: Form::take(from)?,
            spreading: Form::take(from)?,
            clocks: Form::take(from)?,
            links: Form::take(from)?,
            store: Store::take(from, seed)?,
            lookups: Form::take(from)?,
            rebuild: Form::take(from)?,
            watching: Form::take(from)?,
            asked: Form::take(from)?,
            config,
        };
        node.deadline = node.earliest();
        (node.names_what_is_there() && node.check().is_ok()).then_some(node)
    }

    /// Whether every number in it is one of something that it has.
    fn names_what_is_there(&self) -> bool {
        let origins = self.origins.len();
        let known = |origin: OriginId| origin.index() < origins;
        let peers = self.config.peers.len();
        let peer = |conn: &Option<Conn>| match conn {
            Some(Conn::Greeted(peer) | Conn::Live { peer, .. }) => peer.index() < peers,
            Some(Conn::Client { .. }) | None => true,
        };
        known(self.own)
            && self.links.len() == peers
            && u16::try_from(peers).is_ok()
            && self.conns.iter().all(peer)
            && self.links.iter().all(|link| link.speaks_of(&known))
            && self.origins.speak_of(|peer| peer.index() < peers)
            && self.spreading.shared.is_none_or(known)
            && self
                .spreading
                .more
                .as_deref()
                .is_none_or(|more| more.are_all(&known, &|peer: PeerId| peer.index() < peers))
            && self.store.iter().all(|record| known(record.counted_by()))
    }
}
