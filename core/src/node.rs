//! One server: everything that can happen to it, one method each.

mod acks;
mod audit;
mod batch;
mod client;
mod confirm;
mod conns;
mod digests;
mod flood;
mod form;
mod forward;
mod gossip;
mod lives;
mod neighbour;
mod plumtree;
mod reconfigure;
mod repair;
mod restore;
mod riding;
mod room;
mod serving;
mod shared;
mod spreading;
mod timers;
mod touch;
mod trees;
mod unheard;
mod watch;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::clocks::Clocks;
use crate::codec::Unit;
use crate::config::Config;
use crate::id::{ConnId, PeerId, RequestId};
use crate::link::{Dial, Link};
use crate::lookup::{Lookups, PlacesError};
use crate::origin::{OriginId, Origins};
use crate::outbox::{LinkEnd, Outbox};
use crate::preset::Policy;
use crate::store::Store;
use crate::time::{Instant, Now};
use digests::Digests;
pub use lives::{incarnation_after, incarnation_at};
use spreading::Spreading;
pub use touch::{Glance, TOGETHER};
use trees::Rebuild;
use watch::Watching;

/// Everything that can happen to a server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Input<'a> {
    /// A connection ended, or takes nothing more. Not said after `Output::Hangup`.
    Closed(ConnId),
    /// The connection asked for by `Output::Dial` could not be opened.
    DialFailed(PeerId),
    /// One whole unit was heard: a line, a frame, or what is neither (see [`Framer`](crate::Framer)).
    Heard {
        /// On which connection.
        conn: ConnId,
        /// What.
        unit: Unit<'a>,
    },
    /// A connection is open.
    Opened {
        /// Its number.
        conn: ConnId,
        /// How it came about.
        how: Opening,
    },
    /// Whether what clients say can be kept (on a disk that was full, say); it can until this says
    /// otherwise. Meanwhile their updates are refused; those of neighbours are taken all the same.
    Keeping(bool),
    /// The end of a Places request: the body of the answer, or why there is none.
    Places {
        /// Which request.
        request: RequestId,
        /// The body as the service gave it, without HTTP framing.
        result: Result<&'a [u8], PlacesError>,
    },
    /// The deadline has come (harmless if it has not).
    Wake,
    /// All that was written to the connection before `Output::Notify` has left.
    Writable(ConnId),
}

/// How a connection came about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Opening {
    /// Somebody connected.
    Accepted {
        /// Whether a classic neighbour is configured with the address it came from, and which (if
        /// there is only one): such a connection may send `AT` lines.
        classic: Classic,
    },
    /// We did, as `Output::Dial` said.
    Dialed(PeerId),
}

/// Whether a connection comes from the address of a classic neighbour.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Classic {
    /// No.
    #[default]
    No,
    /// Of this one.
    One(PeerId),
    /// Of several that share the address.
    Several,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Timer {
    /// What was gathered for a neighbour leaves, or what waited for a message to go with.
    Batch,
    /// Some neighbours are told what is had.
    Digest,
    /// The neighbour that was dialed has to have greeted.
    Greeting(PeerId),
    /// The Places request has to have been answered.
    Lookup(RequestId),
    /// What is lacked is pulled, or asked of another neighbour.
    Pull,
    /// The neighbour is dialed again.
    Redial(PeerId),
    /// An update is told again, asked for again, or told to the next few.
    Spread,
}

/// One server of the herd. Equal nodes behave equally; a clone goes its own way.
///
/// What a known update needs, as most are in a flood, comes first, side by side.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[repr(C)]
pub struct Node {
    /// By [`ConnId`].
    conns: Vec<Option<Conn>>,
    /// This server in this life.
    own: OriginId,
    /// Whether all updates share one tree.
    shares: bool,
    /// Whether clients' updates can be kept.
    keeping: bool,
    /// What its preset comes to.
    policy: Policy,
    /// Who has counted updates, and which of them are here.
    origins: Origins,
    /// The earliest deadline of links and lookups: a driver asks for it after everything that
    /// happens.
    deadline: Option<(Instant, Timer)>,
    digests: Digests,
    /// When what is lacked is pulled, or pulled from somebody else.
    pull_at: Option<Instant>,
    spreading: Spreading,
    config: Arc<Config>,
    clocks: Clocks,
    /// By [`PeerId`].
    links: Vec<Link>,
    store: Store,
    lookups: Lookups,
    rebuild: Rebuild,
    /// Who watches, while somebody does.
    watching: Option<Box<Watching>>,
    /// Counts what neighbours were asked.
    asked: u64,
}

/// What a connection is to the node.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Conn {
    /// Somebody who says lines.
    Client {
        classic: Classic,
        /// Whether anything was said: only the first line can be a greeting.
        said: bool,
        /// Whether it has to take an answer first.
        takes: bool,
        /// The Places request its answers wait for.
        waits: Option<RequestId>,
    },
    /// A neighbour that was dialed and greeted, and has not greeted yet.
    Greeted(PeerId),
    /// A neighbour that is live, and whether records are believed from it: every frame asks.
    Live { peer: PeerId, receives: bool },
}

impl Conn {
    /// A client that waits for nothing.
    const fn client(classic: Classic, said: bool) -> Self {
        Self::Client { classic, said, takes: false, waits: None }
    }
}

impl Node {
    /// A server that starts `now` and knows nothing. Its neighbours are dialed on the first
    /// [`Input::Wake`].
    ///
    /// # Panics
    /// If there are more than 65,535 neighbours.
    #[must_use]
    pub fn new(config: Arc<Config>, now: Now) -> Self {
        assert!(
            u16::try_from(config.peers.len()).is_ok(),
            "a server has at most 65,535 neighbours"
        );
        let mut origins = Origins::new(config.hash_seed);
        let own = origins.insert(config.name.as_bytes(), config.incarnation, None);
        let mut node = Self {
            store: Store::new(config.hash_seed),
            links: config.peers.iter().map(|peer| Link::new(peer, now.mono)).collect(),
            conns: Vec::new(),
            lookups: Lookups::default(),
            own: own.expect("it is the first"),
            origins,
            rebuild: Rebuild::default(),
            spreading: Spreading::default(),
            watching: None,
            digests: Digests::of(&config.name),
            clocks: Clocks::new(now),
            pull_at: None,
            asked: 0,
            keeping: true,
            deadline: None,
            policy: config.policy(),
            shares: config.shared_root().is_some(),
            config,
        };
        node.deadline = node.earliest();
        node
    }

    /// Takes in one thing that happened, at `now`, and appends to `out` what is to be done about
    /// it. Cannot fail: whatever is said is answered or ignored.
    ///
    /// # Panics
    /// Only if the driver breaks the [contract](crate).
    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        // A frame of a live neighbour moves no deadline of a link, unless it ends it.
        let start = out.outputs().len();
        let framed =
            if let Input::Heard { conn, unit: Unit::Frame(_) } = input { Some(conn) } else { None };
        if framed.is_none() {
            self.pass_time(now, out);
        }
        match input {
            Input::Closed(conn) => self.closed(now, conn, out),
            Input::DialFailed(peer) => self.dial_failed(now, peer, out),
            Input::Heard { conn, unit } => self.heard(now, conn, unit, out),
            Input::Opened { conn, how } => match how {
                Opening::Accepted { classic } => {
                    self.set_conn(conn, Conn::client(classic, false));
                }
                Opening::Dialed(peer) => self.dialed(now, peer, conn, out),
            },
            Input::Keeping(keeping) => self.keeping = keeping,
            Input::Places { request, result } => self.places(request, result, out),
            Input::Wake => self.wake(now, out),
            Input::Writable(conn) => match self.conn(conn) {
                Some(Conn::Client { .. }) => self.client_took(conn, out),
                Some(Conn::Greeted(_) | Conn::Live { .. }) | None => self.writable(now, conn, out),
            },
        }
        if !framed.is_some_and(|conn| matches!(self.conn(conn), Some(Conn::Live { .. }))) {
            self.deadline = self.earliest();
        }
        self.graft_unfed(out);
        self.gather(now, start, out);
        self.feed(start, out);
    }

    /// What it was told before it started.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// What it knows of every client.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// How things stand with each neighbour, by [`PeerId`].
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Who has counted updates, which of them are here, and who feeds us.
    #[must_use]
    pub const fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Places requests in flight.
    #[must_use]
    pub const fn lookups(&self) -> usize {
        self.lookups.len()
    }

    /// Connections that watch.
    #[must_use]
    pub fn watchers(&self) -> usize {
        self.watching.as_ref().map_or(0, |watching| watching.len())
    }

    /// Its own consistency. For tests and simulations: it looks at everything.
    ///
    /// # Errors
    /// A sentence that says what does not hold.
    pub fn check(&self) -> Result<(), &'static str> {
        let conn_is = |conn: ConnId, wanted| self.conn(conn) == Some(wanted);
        for (peer, link) in (0_u16..).map(PeerId).zip(&self.links) {
            let receives = self.config.peers[peer.index()].direction.receives();
            let live = Conn::Live { peer, receives };
            if link.live().is_some_and(|session| !conn_is(session.conn, live)) {
                return Err("a live neighbour has no connection");
            }
            if matches!(link.dial(), Dial::Greeting(conn, _) if !conn_is(conn, Conn::Greeted(peer)))
            {
                return Err("a greeted neighbour has no connection");
            }
            if link.waiting() > crate::limits::CLASSIC_QUEUE {
                return Err("too much waits for a classic neighbour");
            }
        }
        let mut waiting = 0;
        for (conn, entry) in (0_u32..).map(ConnId).zip(&self.conns) {
            match entry {
                Some(Conn::Client { waits, .. }) => waiting += usize::from(waits.is_some()),
                Some(Conn::Greeted(peer)) => {
                    let link = &self.links[peer.index()];
                    if !matches!(link.dial(), Dial::Greeting(own, _) if own == conn) {
                        return Err("a connection greets for nobody");
                    }
                }
                Some(Conn::Live { peer, .. }) => {
                    let session = self.links[peer.index()].live();
                    if session.is_none_or(|session| session.conn != conn) {
                        return Err("a neighbour's connection is not its session's");
                    }
                }
                None => {}
            }
        }
        if !self.origins.iter().all(|(_, origin)| origin.tree().is_bounded()) {
            return Err("a tree remembers too much");
        }
        let own = self.origins.get(self.own);
        if own.have().prefix() != own.have().top() {
            return Err("an own update is missing");
        }
        if self.deadline != self.earliest() {
            return Err("the deadline is not the earliest");
        }
        if !self.watches_consistently() {
            return Err("who watches is not who is told");
        }
        if waiting != self.lookups.len() || !self.lookups.is_consistent() {
            return Err("a Places request has no client, or a client no request");
        }
        if self.store.len() > self.config.clients_max || !self.store.is_consistent() {
            return Err("the store's index is wrong, or it holds too many clients");
        }
        Ok(())
    }

    fn heard(&mut self, now: Now, conn: ConnId, unit: Unit<'_>, out: &mut Outbox) {
        match self.conn(conn) {
            Some(Conn::Client { classic, said, takes, waits }) => {
                debug_assert!(waits.is_none() && !takes, "heard on a paused connection");
                self.client_said(now, conn, classic, said, unit, out);
            }
            Some(Conn::Greeted(peer)) => self.greeted_said(now, conn, peer, unit, out),
            Some(Conn::Live { peer, receives }) => {
                self.neighbour_said(now, (conn, peer, receives), unit, out);
            }
            // Hung up on while more of it was on its way.
            None => {}
        }
    }

    fn closed(&mut self, now: Now, conn: ConnId, out: &mut Outbox) {
        match self.take_conn(conn) {
            Some(Conn::Client { waits: Some(request), .. }) => self.client_gone(request, out),
            Some(Conn::Greeted(peer)) => self.attempt_failed(now, peer, LinkEnd::Closed, out),
            Some(Conn::Live { peer, .. }) => self.link_lost(now, peer, LinkEnd::Closed, out),
            Some(Conn::Client { waits: None, .. }) => self.confirm_nobody(conn),
            None => {}
        }
    }

    fn wake(&mut self, now: Now, out: &mut Outbox) {
        for index in 0..self.links.len() {
            let Ok(peer) = u16::try_from(index).map(PeerId) else { break };
            match self.links[index].dial() {
                Dial::Waiting(at) if at <= now.mono => self.dial(peer, out),
                Dial::Greeting(conn, at) if at <= now.mono => {
                    self.hang_up(conn, out);
                    self.attempt_failed(now, peer, LinkEnd::Silent, out);
                }
                Dial::Connecting | Dial::Greeting(..) | Dial::Idle | Dial::Waiting(_) => {}
            }
        }
        while let Some((at, request)) = self.lookups.next_deadline()
            && at <= now.mono
        {
            self.places(request, Err(PlacesError::TimedOut), out);
        }
        if self.pull_at.is_some_and(|at| at <= now.mono) {
            self.wake_pulls(now, out);
        }
        if self.spreading.at.is_some_and(|at| at <= now.mono) {
            self.wake_spreading(now, out);
        }
        if self.digests.at.is_some_and(|at| at <= now.mono) {
            self.tell_digests(now, out);
        }
        if self.policy.batch == 0 && self.spreading.batch_at.is_some_and(|at| at <= now.mono) {
            self.let_ride(now, out);
        }
    }
}

#[cfg(test)]
mod tests;
