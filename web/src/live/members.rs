//! Who belongs to a herd that runs, and who is whose neighbour.

use std::collections::BTreeMap;
use std::sync::Arc;

use herd_sim_wasm::ServerId;
use herd_sim_wasm::topology::{Edge, Topology};
use herd_sim_wasm::view::Stage;

use super::lines::Member;
use super::{Live, Server};

impl Live {
    /// Those who belong to the herd, and their links. Each of those we ask knows some of them, and its
    /// own best.
    pub(super) fn meet(&mut self, source: usize, members: Vec<Member>) {
        let mut servers = std::mem::take(&mut self.servers);
        let strangers = members.iter().flat_map(|member| &member.neighbours);
        let strangers: Vec<_> = strangers.map(|(name, ..)| name.clone()).collect();
        for member in members {
            let known = servers.iter_mut().find(|server| server.name == member.name);
            let server = match known {
                Some(server) => server,
                None => {
                    servers.push(Server { name: member.name.clone(), ..Server::default() });
                    let last = servers.len() - 1;
                    &mut servers[last]
                }
            };
            if member.here || !server.here {
                server.neighbours = member.neighbours;
            }
            if member.here {
                (server.here, server.source) = (true, source);
            }
            server.http = member.http.or_else(|| server.http.take());
        }
        for name in strangers {
            if !servers.iter().any(|server| server.name == name) {
                servers.push(Server { name, ..Server::default() });
            }
        }
        let edges = edges(&servers);
        let names: Vec<Box<str>> = servers.iter().map(|server| (*server.name).into()).collect();
        self.servers = servers;
        if *self.stage.names == *names && self.stage.edges == edges {
            return;
        }
        let positions = Topology::linked(names.clone(), edges.clone()).positions();
        // Nobody is ever struck off, so what is on its way stays between those whom it was between.
        let told = self.stage.edges.iter().zip(&self.links);
        let told: BTreeMap<_, _> = told.map(|(edge, ends)| ((edge.a, edge.b), *ends)).collect();
        let known = |edge: &Edge| {
            let turned = || told.get(&(edge.b, edge.a)).map(|[b, a]| [*a, *b]);
            told.get(&(edge.a, edge.b)).copied().or_else(turned).unwrap_or_default()
        };
        self.links = edges.iter().map(known).collect();
        self.stage = Arc::new(Stage { names, positions, edges });
    }
}

/// The links between servers: each is told of by both ends, and one that goes one way is drawn from who
/// sends.
fn edges(servers: &[Server]) -> Vec<Edge> {
    let number: BTreeMap<&str, u32> =
        servers.iter().map(|server| &*server.name).zip(0_u32..).collect();
    let mut edges: Vec<Edge> = Vec::new();
    for (server, own) in servers.iter().zip(0_u32..) {
        for (name, sends, hears) in &server.neighbours {
            let Some(&other) = number.get(&**name) else { continue };
            let (a, b) = if *sends { (own, other) } else { (other, own) };
            let is_it = |edge: &Edge| [(a, b), (b, a)].contains(&(edge.a.0, edge.b.0));
            if !edges.iter().any(is_it) {
                let one_way = !(*sends && *hears);
                edges.push(Edge { a: ServerId(a), b: ServerId(b), one_way });
            }
        }
    }
    edges
}
