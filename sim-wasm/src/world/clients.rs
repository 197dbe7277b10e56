//! What clients say and hear.

use std::sync::Arc;

use super::World;
use crate::check::Happening;
use crate::client::{Answer, Asked, Client};
use crate::log::LogKind;
use crate::net::{Parcel, Who};
use crate::text::escape;
use crate::topology::ServerId;
use crate::view::MessageKind;

impl World {
    /// A client says a line to a server; the connection is opened if there is none.
    pub(crate) fn say(&mut self, server: ServerId, terminal: &str, line: &[u8]) {
        let latency = self.options().client_latency;
        let client = self.terminal(terminal);
        let number = client as usize;
        let path = self.clients[number].path_to(server.0, latency);
        self.clients[number].server = server.0;
        for line in line.split(|byte| *byte == b'\n') {
            self.clients[number].note_place(line);
        }
        self.note(Some(server.0), LogKind::Said, || format!("{terminal}: {}", escape(line)));
        let mut bytes = line.to_vec();
        bytes.push(b'\n');
        let bytes: Arc<[u8]> = bytes.into();
        let place = &mut self.clients[number].paths[path];
        match place.channel {
            Some(channel) if place.open => self.client_sends(client, path, channel, bytes),
            Some(_) => place.unsent.push(bytes),
            None => {
                place.unsent.push(bytes);
                let who = Who::Client(client, u32::try_from(path).unwrap_or(u32::MAX));
                let channel = self.channels.open(who, Who::Server(server.0), None, 0);
                self.clients[number].paths[path].channel = Some(channel);
                self.post(channel, 0, Parcel::Syn);
            }
        }
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
        let now = self.now;
        let place = &mut self.clients[client as usize].paths[path];
        for line in bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|byte| *byte == b'\n') {
            // An empty line says nothing, and is not answered.
            if !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)) {
                place.asked.push_back(Asked { at: now, line: line.into() });
            }
        }
        self.post(channel, 0, Parcel::Bytes(bytes, MessageKind::Line));
    }

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
                for bytes in std::mem::take(&mut place.unsent) {
                    self.client_sends(client, path as usize, channel, bytes);
                }
            }
            Parcel::Bytes(bytes, _) => {
                self.channels[channel].ends[0].coming -= bytes.len() as u64;
                place.heard.extend_from_slice(&bytes);
                while let Some(answer) =
                    self.clients[client as usize].paths[path as usize].next_answer()
                {
                    self.answered(client, path, answer);
                }
            }
            Parcel::Fin | Parcel::Refused => {
                self.channels[channel].ends[0].open = false;
                self.client_lost(client, path, channel);
                self.channels.release(channel);
            }
            Parcel::Drained | Parcel::Go | Parcel::Syn => {}
        }
    }

    /// A whole answer was heard.
    fn answered(&mut self, client: u32, path: u32, answer: Vec<u8>) {
        let terminal = Arc::clone(&self.clients[client as usize].name);
        let place = &mut self.clients[client as usize].paths[path as usize];
        let server = place.server;
        let Some(asked) = place.asked.pop_front() else {
            self.note(Some(server), LogKind::Answer, || format!("{terminal} <- unasked"));
            return self.see(&Happening::Unasked { terminal: &terminal, answer: &answer });
        };
        self.note(Some(server), LogKind::Answer, || {
            let first = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
            format!("{terminal} <- {}", escape(first))
        });
        self.hears(terminal, server, asked, Some(answer.into()));
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
        place.heard.clear();
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
