//! Connections between servers: what is on its way on them, how they come about and how they end.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use herd_core::node::Classic;
use herd_core::{ConnId, Framer, Input, Opening, PeerId};

use crate::herd::{Herd, NOW, State, number};

/// Messages that may be on their way to one end of a connection: a greeting, repair, and what is
/// told.
const COMING_MAX: usize = 8;

/// An open connection between two servers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Wire {
    pub(crate) ends: [End; 2],
    /// It is cut: what is written is lost, what is on its way may arrive, and each end learns of it
    /// when it likes.
    pub(crate) cut: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct End {
    pub(crate) server: u8,
    conn: ConnId,
    /// On its way to this end.
    coming: VecDeque<Coming>,
    framer: Framer,
    /// Which updates were told this way, a bit each.
    pub(crate) told: u8,
    /// The other end has hung up; after what is coming, nothing more comes.
    over: bool,
    /// The end hung up or was told of the end: it is heard no more.
    pub(crate) gone: bool,
}

/// What is on its way.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Coming {
    /// Bytes that were written at once, and the update that they tell.
    Bytes(Arc<[u8]>, Option<u8>),
    /// Nothing: the other end wants to know when all before it has left.
    Left,
}

impl End {
    fn new(server: u8, conn: ConnId) -> Self {
        Self {
            server,
            conn,
            coming: VecDeque::new(),
            framer: Framer::new(),
            told: 0,
            over: false,
            gone: false,
        }
    }

    /// Which updates have arrived here, a bit each.
    pub(crate) fn heard(&self) -> u8 {
        let coming = self.coming.iter().fold(0, |coming, next| match next {
            Coming::Bytes(_, Some(update)) => coming | 1 << update,
            Coming::Bytes(_, None) | Coming::Left => coming,
        });
        self.told & !coming
    }

    /// Whether something will still happen here by itself.
    pub(crate) fn is_busy(&self) -> bool {
        !self.gone && (self.over || !self.coming.is_empty())
    }
}

impl Herd {
    /// Puts on its way what a server writes.
    pub(crate) fn write(&self, state: &mut State, server: u8, conn: ConnId, bytes: &[u8]) {
        let Some((wire, side)) = state.end(server, conn) else { return };
        if state.wires[wire].ends[1 - side].gone || state.wires[wire].cut {
            return;
        }
        let update = self.written(state, (wire, side), bytes);
        let other = &mut state.wires[wire].ends[1 - side];
        if let Some(update) = update {
            other.told |= 1 << update;
        }
        other.coming.push_back(Coming::Bytes(bytes.into(), update));
        if other.coming.len() > COMING_MAX {
            state.broken = Some("too much is on its way");
        }
    }

    /// Gives an end what comes first.
    pub(crate) fn deliver(&self, state: &mut State, wire: usize, side: usize) {
        let end = &mut state.wires[wire].ends[side];
        let (server, conn) = (end.server, end.conn);
        match end.coming.pop_front() {
            Some(Coming::Bytes(bytes, _)) => {
                let mut framer = std::mem::take(&mut end.framer);
                framer.feed(&bytes, |unit| {
                    self.tell(state, server, NOW, Input::Heard { conn, unit });
                    ControlFlow::Continue(())
                });
                if let Some((wire, side)) = state.end(server, conn) {
                    state.wires[wire].ends[side].framer = framer;
                }
            }
            Some(Coming::Left) => {
                let other = &state.wires[wire].ends[1 - side];
                if !other.gone {
                    let (server, conn) = (other.server, other.conn);
                    self.tell(state, server, NOW, Input::Writable(conn));
                }
            }
            None => {
                end.gone = true;
                self.tell(state, server, NOW, Input::Closed(conn));
            }
        }
    }

    /// The connection that a server asked for is made.
    pub(crate) fn connect(&self, state: &mut State, dial: usize) {
        let (server, peer) = state.dials.remove(dial);
        let other = self.peer(server, peer);
        let conns = [state.free_conn(server), state.free_conn(other)];
        let ends = [End::new(server, conns[0]), End::new(other, conns[1])];
        state.wires.push(Wire { ends, cut: false });
        let how = Opening::Accepted { classic: Classic::No };
        self.tell(state, other, NOW, Input::Opened { conn: conns[1], how });
        let how = Opening::Dialed(peer);
        self.tell(state, server, NOW, Input::Opened { conn: conns[0], how });
    }

    /// The same, and the other has heard the greeting, and gives up its own attempt: in one step,
    /// which makes a thousand times fewer states.
    ///
    /// Nobody can tell the difference. Until the other hears the greeting, the connection is known to
    /// the dialer only, which neither hears nor says anything on it; whatever happens in between could
    /// have happened before it dialed. The answer is on its way as ever, with all that may overtake
    /// it. What this leaves out is attempts that cross, which are explored [by hand](Herd::by_hand).
    pub(crate) fn join(&self, state: &mut State, dial: usize) {
        let (server, peer) = state.dials[dial];
        let other = self.peer(server, peer);
        self.connect(state, dial);
        let made = state.wires.len() - 1;
        self.deliver(state, made, 1);
        let back = state
            .dials
            .iter()
            .position(|(dialer, peer)| *dialer == other && self.peer(other, *peer) == server);
        if let Some(back) = back {
            let (_, peer) = state.dials.remove(back);
            self.tell(state, other, NOW, Input::DialFailed(peer));
        }
    }

    /// The connection is gone, and both ends know.
    pub(crate) fn cut(&self, state: &mut State, wire: usize) {
        let wire = state.wires.remove(wire);
        for end in wire.ends.iter().filter(|end| !end.gone) {
            self.tell(state, end.server, NOW, Input::Closed(end.conn));
        }
    }

    /// One end learns that the connection is cut; what was on its way to it is lost.
    pub(crate) fn learn(&self, state: &mut State, wire: usize, side: usize) {
        let end = &mut state.wires[wire].ends[side];
        end.gone = true;
        end.coming.clear();
        let (server, conn) = (end.server, end.conn);
        self.tell(state, server, NOW, Input::Closed(conn));
    }

    /// All connections of a server are gone; it knows nothing of them.
    pub(crate) fn desert(&self, state: &mut State, server: u8) {
        let is_its = |wire: &Wire| wire.ends.iter().any(|end| end.server == server && !end.gone);
        while let Some(wire) = state.wires.iter().position(is_its) {
            let wire = state.wires.remove(wire);
            for end in wire.ends.iter().filter(|end| !end.gone && end.server != server) {
                self.tell(state, end.server, NOW, Input::Closed(end.conn));
            }
        }
    }

    /// The number of a server's neighbour.
    pub(crate) fn peer(&self, server: u8, peer: PeerId) -> u8 {
        number(self.configs[usize::from(server)].peers[peer.index()].name.as_bytes())
    }
}

impl State {
    pub(crate) fn end(&self, server: u8, conn: ConnId) -> Option<(usize, usize)> {
        self.wires.iter().enumerate().find_map(|(index, wire)| {
            let is_it = |end: &End| end.server == server && end.conn == conn && !end.gone;
            Some((index, wire.ends.iter().position(is_it)?))
        })
    }

    pub(crate) fn hang_up(&mut self, server: u8, conn: ConnId) {
        if let Some((wire, side)) = self.end(server, conn) {
            let ends = &mut self.wires[wire].ends;
            ends[side].gone = true;
            ends[side].coming.clear();
            ends[1 - side].over = true;
        }
    }

    /// A server wants to know when what it has written so far has left.
    pub(crate) fn notify(&mut self, server: u8, conn: ConnId) {
        let Some((wire, side)) = self.end(server, conn) else { return };
        let wire = &mut self.wires[wire];
        let other = &mut wire.ends[1 - side];
        if !other.gone && !wire.cut {
            other.coming.push_back(Coming::Left);
        }
    }

    /// The smallest number no open connection of the server has.
    fn free_conn(&self, server: u8) -> ConnId {
        (0..).map(ConnId).find(|conn| self.end(server, *conn).is_none()).expect("few are open")
    }

    /// Which of several equal connections came first does not matter.
    pub(crate) fn sort_wires(&mut self) {
        self.wires.retain(|wire| !wire.ends.iter().all(|end| end.gone));
        self.wires.sort_by_key(|wire| wire.ends.each_ref().map(|end| (end.server, end.conn)));
    }
}
