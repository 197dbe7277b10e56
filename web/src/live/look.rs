//! A herd that runs, as a frame that is painted like any other.

use std::sync::Arc;

use herd_sim_wasm::view::{
    ClientView, Feed, Frame, Knowledge, LinkState, LinkView, ServerState, ServerView,
};

use super::lines::{Linked, Record, Stand};
use super::{End, Live, Server};

impl Live {
    /// How each link serves the tree that was asked for, each way; empty where there is none.
    #[must_use]
    pub fn tree(&self) -> Vec<[Feed; 2]> {
        if let Some(held) = &self.held {
            return held.tree.clone();
        }
        let feed = |from: Option<End>, to: Option<End>| match (from, to) {
            (_, Some(to)) if to.told.parent => Feed::Parent,
            (_, Some(to)) if to.told.second => Feed::Second,
            (Some(from), _) if from.told.pruned => Feed::Pruned,
            _ => Feed::Open,
        };
        let tree: Vec<[Feed; 2]> =
            self.links.iter().map(|[a, b]| [feed(*a, *b), feed(*b, *a)]).collect();
        let grown = tree.iter().flatten().any(|feed| *feed != Feed::Open);
        if grown { tree } else { Vec::new() }
    }

    /// Makes the frame of what is known now.
    pub(super) fn look(&mut self) {
        let servers = self.servers.iter().zip(&self.stage.positions).map(|(server, at)| {
            let told = server.told.as_ref();
            let state = match told.map(|told| told.stand) {
                Some(Stand::Up) => ServerState::Up,
                Some(Stand::Silent) => ServerState::Paused,
                Some(Stand::Down) | None => ServerState::Down,
            };
            ServerView {
                x: at.0,
                y: at.1,
                state,
                since: told.map_or(self.now, |told| self.of_page(told.since)),
                life: told.map_or(0, |told| told.lives),
                store: told.map_or(0, |told| u32::try_from(told.clients).unwrap_or(u32::MAX)),
                lookups: told.map_or(0, |told| u32::try_from(told.lookups).unwrap_or(u32::MAX)),
                ..ServerView::default()
            }
        });
        let servers: Vec<ServerView> = servers.collect();
        let links = self.stage.edges.iter().zip(&self.links).map(|(edge, ends)| {
            let down = [edge.a, edge.b].iter().any(|end| {
                servers.get(end.index()).is_none_or(|server| server.state == ServerState::Down)
            });
            let state = link_state(*ends, down);
            let cut = |way: usize| ends[0].is_some_and(|end| end.told.cut[way]);
            let back = |way: usize| ends[1].is_some_and(|end| end.told.cut[way]);
            let sent = |end: Option<End>| end.map_or(0, |end| end.told.messages);
            LinkView {
                a: edge.a.0,
                b: edge.b.0,
                one_way: edge.one_way,
                state,
                cut_ab: cut(0) || back(1),
                cut_ba: cut(1) || back(0),
                sent_ab: sent(ends[0]),
                sent_ba: sent(ends[1]),
                ..LinkView::default()
            }
        });
        let links = links.collect();
        let followed = self.followed().map(str::to_owned);
        let knowledge = followed.iter().flat_map(|client| self.known(client)).collect();
        let subjects: Vec<Arc<[u8]>> = followed.iter().map(|c| c.as_bytes().into()).collect();
        let of = |client: &str| followed.as_deref() == Some(client);
        self.frame = Frame {
            time: self.now,
            stage: Arc::clone(&self.stage),
            messages: self.wave.messages(self.now, of),
            clients: self.speakers.iter().map(|(_, server)| speaker(*server)).collect(),
            client_names: self.speakers.iter().map(|(client, _)| client.as_str().into()).collect(),
            lamps: self.checks.lamps(),
            servers,
            links,
            subjects,
            knowledge,
            ..Frame::default()
        };
    }

    /// What each server knows of a client.
    fn known(&self, client: &str) -> Vec<Knowledge> {
        let (stamps, forgotten) = self.versions.get(client).cloned().unwrap_or_default();
        let newest = stamps.last().copied();
        let known = |server: &Server| {
            let stamp = server.holds.get(client).and_then(Record::stamp)?;
            let before = stamps.iter().filter(|known| **known <= stamp).count();
            let version =
                forgotten.saturating_add(u32::try_from(before).unwrap_or(u32::MAX)).max(1);
            Some(Knowledge { version, newest: Some(stamp) == newest, stamp })
        };
        self.servers.iter().map(|server| known(server).unwrap_or_default()).collect()
    }

    /// An instant of the epoch, as the page counts.
    fn of_page(&self, wall: i64) -> u64 {
        u64::try_from(wall.saturating_sub(self.offset)).unwrap_or(0)
    }
}

const fn speaker(server: u32) -> ClientView {
    ClientView { placed: true, lat: 0, lon: 0, server, waiting: 0 }
}

/// What a link is, by what its ends say.
fn link_state(ends: [Option<End>; 2], down: bool) -> LinkState {
    let told = |is: Linked| ends.iter().flatten().any(|end| end.told.linked == is);
    if told(Linked::Cut) {
        return LinkState::Cut;
    }
    if down {
        return LinkState::Down;
    }
    let all = ends.iter().flatten().all(|end| end.told.linked == Linked::Live);
    if all && ends.iter().any(Option::is_some) { LinkState::Live } else { LinkState::Opening }
}
