//! What clients say and hear.

use std::sync::Arc;

use super::World;
use crate::check::Happening;
use crate::client::{Answer, Asked, Client};
use crate::log::LogKind;
use crate::net::{Over, Parcel, Who};
use crate::text::escape;
use crate::topology::ServerId;
use crate::view::ServerState;

impl World {
    /// A client says a line to a server.
    pub(crate) fn say(&mut self, server: ServerId, terminal: &str, line: &[u8]) {
        let mut bytes = line.to_vec();
        bytes.push(b'\n');
        self.send(server, terminal, &bytes);
    }

    /// A client sends bytes to a server; the connection is opened if there is none.
    pub(super) fn send(&mut self, server: ServerId, terminal: &str, bytes: &[u8]) {
        let (client, path) = self.path(server, terminal);
        let shown = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        self.clients[client as usize].note_places(shown);
        // Data may be long, and is told apart by what is before it.
        let first = shown.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_data = matches!(herd_core::codec::sent_after(first), Ok(Some(_)));
        let shown = if is_data { first } else { shown };
        self.note(Some(server.0), LogKind::Said, || format!("{terminal}: {}", escape(shown)));
        let bytes: Arc<[u8]> = bytes.into();
        let place = &mut self.clients[client as usize].paths[path];
        match place.channel {
            // It said that no more would come: whatever does is lost.
            Some(_) if place.ended => {}
            Some(channel) if place.open => self.client_sends(client, path, channel, bytes),
            Some(_) => place.unsent.push(bytes),
            None => {
                place.unsent.push(bytes);
                let (who, to) = (Who::Client(client), Who::Server(server.0));
                let over = Over::Path(u32::try_from(path).unwrap_or(u32::MAX));
                let channel = self.channels.open(who, to, over, 0);
                self.clients[client as usize].paths[path].channel = Some(channel);
                self.see(&Happening::Opened { channel });
                self.post(channel, 0, Parcel::Syn);
            }
        }
    }

    /// A client says that it will send no more to a server; it still hears.
    pub(super) fn client_ends(&mut self, server: ServerId, terminal: &str) {
        let (client, path) = self.path(server, terminal);
        let now = self.now;
        let place = &mut self.clients[client as usize].paths[path];
        let Some(channel) = place.channel.filter(|_| !place.ended) else { return };
        place.ended = true;
        if place.open {
            let known = place.asked.len();
            place.note_line(now);
            self.see_said(client, path, known);
            self.post(channel, 0, Parcel::Fin);
        }
    }

    fn path(&mut self, server: ServerId, terminal: &str) -> (u32, usize) {
        let latency = self.options().client_latency;
        let client = self.terminal(terminal);
        let place = &mut self.clients[client as usize];
        place.server = server.0;
        (client, place.path_to(server.0, latency))
    }

    /// The number of a terminal; it is set up when it is first named.
    fn terminal(&mut self, name: &str) -> u32 {
        let at = self.clients.iter().position(|client| *client.name == *name);
        let at = at.unwrap_or_else(|| {
            self.clients.push(Client::new(name));
            self.clients.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn client_sends(&mut self, client: u32, path: usize, channel: u32, bytes: Arc<[u8]>) {
        let place = &mut self.clients[client as usize].paths[path];
        let known = place.asked.len();
        place.note_sent(self.now, &bytes);
        self.see_said(client, path, known);
        self.post(channel, 0, Parcel::Bytes(bytes));
    }

    /// Shows the checks the lines a client has completed.
    fn see_said(&mut self, client: u32, path: usize, known: usize) {
        if self.judges() {
            let asked = &self.clients[client as usize].paths[path].asked;
            let lines: Vec<_> = asked.iter().skip(known).map(|a| Arc::clone(&a.line)).collect();
            for line in lines {
                self.see(&Happening::Said { line: &line });
            }
        }
    }

    /// Something has come to a client.
    pub(super) fn arrive_at_client(
        &mut self,
        client: u32,
        path: u32,
        channel: u32,
        parcel: Parcel,
    ) {
        let place = &mut self.clients[client as usize].paths[path as usize];
        if place.channel != Some(channel) {
            return self.channels.release(channel);
        }
        match parcel {
            Parcel::SynAck => {
                place.open = true;
                place.refused = false;
                for bytes in std::mem::take(&mut place.unsent) {
                    self.client_sends(client, path as usize, channel, bytes);
                }
                let place = &mut self.clients[client as usize].paths[path as usize];
                if place.ended {
                    let known = place.asked.len();
                    place.note_line(self.now);
                    self.see_said(client, path as usize, known);
                    self.post(channel, 0, Parcel::Fin);
                }
            }
            Parcel::Bytes(bytes) => {
                self.channels[channel].ends[0].came(bytes.len() as u64);
                place.heard.extend_from_slice(&bytes);
                while let Some(answer) =
                    self.clients[client as usize].paths[path as usize].next_answer()
                {
                    self.answered(client, path, answer);
                }
            }
            Parcel::Fin | Parcel::Refused => {
                self.check_farewell(client, path);
                self.channels[channel].ends[0].open = false;
                self.client_lost(client, path, channel);
                self.channels.release(channel);
            }
            Parcel::Drained | Parcel::Go | Parcel::Packet(_) | Parcel::Syn => {}
        }
    }

    /// A whole answer was heard.
    fn answered(&mut self, client: u32, path: u32, answer: Vec<u8>) {
        let terminal = Arc::clone(&self.clients[client as usize].name);
        let place = &mut self.clients[client as usize].paths[path as usize];
        let server = place.server;
        if place.is_news(&answer) {
            let line = place.watch.clone().unwrap_or_default();
            let asked = Asked { at: self.now, line };
            self.note_heard(server, &terminal, &answer);
            return self.hears(terminal, server, asked, Some(answer.into()));
        }
        place.refused = answer.starts_with(b"? ");
        let Some(asked) = place.asked.pop_front() else {
            self.note(Some(server), LogKind::Answer, || format!("{terminal} <- unasked"));
            return self.see(&Happening::Unasked {
                server: ServerId(server),
                terminal: &terminal,
                answer: &answer,
            });
        };
        if answer.starts_with(b"WATCHING ") {
            place.watch = Some(Arc::clone(&asked.line));
        }
        self.note_heard(server, &terminal, &answer);
        self.hears(terminal, server, asked, Some(answer.into()));
    }

    fn note_heard(&mut self, server: u32, terminal: &str, answer: &[u8]) {
        self.note(Some(server), LogKind::Answer, || {
            let first = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
            format!("{terminal} <- {}", escape(first))
        });
    }

    /// A server that still lives may not hang up on a client that waits, unless it has just refused
    /// what the client said.
    fn check_farewell(&mut self, client: u32, path: u32) {
        let place = &self.clients[client as usize];
        let terminal = Arc::clone(&place.name);
        let place = &place.paths[path as usize];
        let server = &self.servers[place.server as usize];
        let lives = server.state != ServerState::Down && server.life == place.life;
        // Whose update no neighbour has in time is not answered, where one has to have it.
        let defers = server.node.config().ack_after > 0;
        let waits =
            place.asked.front().filter(|_| place.open && lives && !place.refused && !defers);
        if let Some(asked) = waits {
            let (server, line) = (ServerId(place.server), Arc::clone(&asked.line));
            self.see(&Happening::Jilted { server, terminal: &terminal, line: &line });
        }
    }

    /// A connection is gone: what waited for an answer on it gets none.
    pub(super) fn client_lost(&mut self, client: u32, path: u32, channel: u32) {
        let terminal = Arc::clone(&self.clients[client as usize].name);
        let now = self.now;
        let place = &mut self.clients[client as usize].paths[path as usize];
        if place.channel != Some(channel) {
            return;
        }
        place.channel = None;
        place.open = false;
        place.ended = false;
        place.heard.clear();
        place.watch = None;
        place.begun.clear();
        let server = place.server;
        let unsent = std::mem::take(&mut place.unsent);
        let unsent = unsent.into_iter().map(|line| Asked { at: now, line });
        let asked = std::mem::take(&mut place.asked);
        for asked in asked.into_iter().chain(unsent) {
            self.note(Some(server), LogKind::Lost, || format!("{terminal}: no answer"));
            self.hears(Arc::clone(&terminal), server, asked, None);
        }
    }

    fn hears(&mut self, terminal: Arc<str>, server: u32, asked: Asked, text: Option<Arc<[u8]>>) {
        let number = self.answers;
        self.answers += 1;
        if self.records {
            let line =
                asked.line.strip_suffix(b"\n").map_or_else(|| Arc::clone(&asked.line), Arc::from);
            let answer =
                Answer { number, asked: asked.at, at: self.now, terminal, server, line, text };
            self.heard.push(Arc::new(answer));
        }
    }
}
