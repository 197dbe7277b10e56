//! Looking ahead: what the next events need is read together, so that its way from memory is waited
//! for once and not at every event.

use herd_core::ConnId;
use herd_core::node::Glance;

use super::wire::first_frame;
use super::{Event, World};
use crate::net::{Parcel, Who};
use crate::server::Server;

/// Events that are looked at together: memory brings about so many things at once.
const TOGETHER: u32 = 32;
/// Herds of fewer servers lie in the cache.
const LARGE: usize = 200;

/// What happens to a server: a frame comes to it, or its deadline.
#[derive(Clone, Copy)]
struct Coming<'a> {
    server: &'a Server,
    heard: Option<(ConnId, &'a [u8])>,
    /// The update in the frame.
    glance: Option<Glance<'a>>,
}

impl World {
    /// Reads what the next events are going to need, unless that was done. Changes nothing that
    /// could be seen.
    pub(super) fn look_ahead(&mut self) {
        if self.servers.len() < LARGE {
            return;
        }
        if self.ahead == 0 {
            self.ahead = TOGETHER;
            std::hint::black_box(self.touch_next());
        }
        self.ahead -= 1;
    }

    /// Step by step (see [`herd_core::Node::touch`]); the number means nothing.
    fn touch_next(&self) -> u64 {
        let mut sum = 0;
        let events = each(self.queue.ahead().map(|event| {
            if let Event::Arrive { parcel: Parcel::Bytes(bytes), .. } = event {
                sum ^= bytes.len() as u64;
            }
            Some(event)
        }));
        let mut coming = each(events.into_iter().flatten().map(|event| self.coming(event)));
        for Coming { server, .. } in coming.iter().flatten() {
            sum ^= server.armed ^ server.peers.len() as u64 ^ server.node.touch();
        }
        for Coming { server, heard, glance } in coming.iter_mut().flatten() {
            *glance = heard.and_then(|(_, frame)| server.node.glance(frame));
        }
        for Coming { server, heard, glance } in coming.iter_mut().flatten() {
            sum ^= heard.map_or(0, |(conn, _)| server.node.find_origin(conn, glance.as_mut()));
        }
        for Coming { server, glance, .. } in coming.iter().flatten() {
            sum ^= server.node.touch_origin(glance.as_ref());
        }
        for place in &mut coming {
            // What is known goes no further.
            *place = place.take().and_then(|mut coming| {
                let node = &coming.server.node;
                let goes_on = coming.glance.as_mut().is_none_or(|glance| node.is_news(glance));
                goes_on.then_some(coming)
            });
        }
        for Coming { server, glance, .. } in coming.iter_mut().flatten() {
            sum ^= server.node.touch_news(glance.as_mut());
            sum ^= server.conns.last().map_or(0, |conn| u64::from(conn.is_some()));
        }
        for Coming { server, glance, .. } in coming.iter().flatten() {
            sum ^= glance.as_ref().map_or(0, |glance| server.node.touch_record(glance));
            let channels = server.conns.iter().flatten().map(|conn| &self.channels[conn.channel()]);
            sum ^= channels.map(|channel| u64::from(channel.pending)).sum::<u64>();
            let links = server.peers.iter().map(|peer| &self.links[peer.link as usize]);
            sum ^= links.map(|link| link.ways[0].count ^ link.ways[1].count).sum::<u64>();
        }
        sum
    }

    fn coming<'a>(&'a self, event: &'a Event) -> Option<Coming<'a>> {
        if let Event::Wake { server } = event {
            let server = &self.servers[*server as usize];
            return Some(Coming { server, heard: None, glance: None });
        }
        let Event::Arrive { channel, to, parcel: Parcel::Bytes(bytes), .. } = event else {
            return None;
        };
        let end = self.channels[*channel].ends[usize::from(*to)];
        let (Who::Server(server), Some(conn)) = (end.who, end.conn()) else { return None };
        let heard = Some((ConnId(conn), first_frame(bytes)?));
        Some(Coming { server: &self.servers[server as usize], heard, glance: None })
    }
}

/// The first of something, as many as are looked at together.
fn each<T: Copy>(of: impl Iterator<Item = Option<T>>) -> [Option<T>; TOGETHER as usize] {
    let mut each = [None; TOGETHER as usize];
    for (place, one) in each.iter_mut().zip(of) {
        *place = one;
    }
    each
}
