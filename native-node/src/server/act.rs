//! Doing what the node says.

use std::mem;

use herd_core::{ConnId, Event, Output, PeerId, Query, RequestId, Style};

use super::conn::Stage;
use super::dial::Neighbour;
use super::door::{Shown, Way};
use super::{Later, News, Server, dial};
use crate::places::Places;

impl Server {
    /// Does everything the outbox says, in order, and clears it.
    pub(super) fn act(&mut self) {
        let out = mem::take(&mut self.out);
        for &output in out.outputs() {
            match output {
                Output::Write { conn, bytes } => self.write(conn, out.bytes(bytes)),
                Output::Event(event) => {
                    self.noticed(&event);
                    self.keep(&event, &out);
                    self.journal.event(self.now, &event, &out);
                }
                Output::Pause(id) => {
                    if let Some(conn) = self.conns.find(id) {
                        conn.paused = true;
                    }
                }
                Output::Resume(id) => {
                    if let Some(conn) = self.conns.find(id) {
                        conn.paused = false;
                        self.later.push_back(Later::Resumed(id));
                    }
                }
                Output::Hangup(id) => {
                    if let Some(conn) = self.conns.find(id) {
                        conn.stage = Stage::Leaving;
                        let mute = conn.is_mute();
                        self.touch(id);
                        if mute {
                            self.close(id, "cut by hand");
                        }
                    }
                }
                Output::Notify(id) => {
                    if let Some(conn) = self.conns.find(id) {
                        conn.notify = true;
                        self.touch(id);
                    }
                }
                Output::Dial { peer, jitter } => self.dial(peer, jitter),
                Output::Lookup { request, query } => self.look_up(request, query),
            }
        }
        self.out = out;
        self.out.clear();
    }

    fn dial(&mut self, peer: PeerId, jitter: u64) {
        let Some(address) = self.settings.addresses[peer.index()].clone() else {
            return self.later.push_back(Later::Unreachable(peer));
        };
        let known = &self.settings.config.peers[peer.index()];
        let way = match known.style {
            Style::Herd => self.settings.door.way_to(&known.name, self.myself()),
            Style::Classic => Ok(Way::Tcp(Shown::Nothing)),
        };
        match way {
            Ok(way) if self.stop_at.is_none() && !self.is_cut(peer) => {
                let to = Neighbour { peer, name: known.name.clone(), address, way };
                dial::dial(to, jitter, &self.settings.door, self.report.clone());
            }
            Ok(_) => self.later.push_back(Later::Unreachable(peer)),
            Err(error) => {
                self.journal.unreachable(self.now, peer, &error);
                self.later.push_back(Later::Unreachable(peer));
            }
        }
    }

    fn write(&mut self, id: ConnId, bytes: &[u8]) {
        let Some(conn) = self.conns.find(id) else { return };
        self.journal.wrote(self.now, id, conn.link, bytes);
        let fits = conn.write(bytes);
        if conn.link.is_none() {
            conn.counted += bytes.len();
            self.waiting += bytes.len();
        }
        if fits {
            self.touch(id);
        } else {
            self.close(id, "hung up on: it takes too little of what is written to it");
        }
    }

    fn look_up(&mut self, request: RequestId, query: Query) {
        self.journal.asks(self.now, request);
        match &self.places {
            Places::Mock => self.later.push_back(Later::Places(request, Places::mock(&query))),
            Places::Remote(remote) => {
                let report = self.report.clone();
                remote.ask(query, move |answer| async move {
                    let (result, detail) = match answer {
                        Ok(body) => (Ok(body), String::new()),
                        Err(failure) => (Err(failure.error), failure.detail),
                    };
                    // Where nobody listens any more, the server has ended.
                    let _ = report.send(News::Places(request, result, detail)).await;
                });
            }
        }
    }

    /// What events mean to the driver.
    fn noticed(&mut self, event: &Event) {
        if let Event::LinkUp { peer, conn, .. } = *event
            && let Some(open) = self.conns.find(conn)
        {
            open.link = Some(peer);
            open.watch_closely();
            if self.is_cut(peer) {
                // It had passed the gate before the cut.
                self.close(conn, "cut by hand");
            }
        }
    }

    /// Has a connection flushed at the end of the turn.
    pub(super) fn touch(&mut self, id: ConnId) {
        if let Some(conn) = self.conns.find(id)
            && !mem::replace(&mut conn.touched, true)
        {
            self.touched.push(id);
        }
    }

    /// Closes a connection at once, written or not, and has the node told if it knows of it.
    pub(super) fn close(&mut self, id: ConnId, why: &str) {
        let Some(conn) = self.conns.remove(id) else { return };
        self.waiting -= conn.counted;
        self.leaves(conn.guest);
        self.journal.closed(self.now, id, why);
        if conn.stage == Stage::Open {
            self.later.push_back(Later::Closed(id));
        } else {
            self.conns.release(id);
        }
    }
}
