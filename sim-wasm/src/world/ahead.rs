//! Looking ahead: what the next events need is read together, so that its way from memory is waited
//! for once and not at every event.

use herd_core::ConnId;

use super::wire::first_frame;
use super::{Event, World};
use crate::net::{Parcel, Who};
use crate::server::Server;

/// Events that are looked at together: memory brings about so many things at once.
const TOGETHER: u32 = 32;
/// Herds of fewer servers lie in the cache.
const LARGE: usize = 200;

/// What comes to a server.
#[derive(Clone, Copy)]
struct Coming<'a> {
    server: &'a Server,
    conn: ConnId,
    frame: &'a [u8],
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
        let parcels = each(self.queue.ahead().map(|event| match event {
            Event::Arrive { channel, to, parcel: Parcel::Bytes(bytes), .. } => {
                sum ^= bytes.len() as u64;
                Some((*channel, *to, &**bytes))
            }
            _ => None,
        }));
        let mut coming = each(parcels.into_iter().flatten().map(|(channel, to, bytes)| {
            let place = &self.channels[channel];
            let end = place.ends[usize::from(to)];
            let (Who::Server(server), Some(conn)) = (end.who, end.conn()) else { return None };
            let frame = first_frame(bytes)?;
            Some(Coming { server: &self.servers[server as usize], conn: ConnId(conn), frame })
        }));
        for Coming { server, .. } in coming.iter().flatten() {
            sum ^= server.armed ^ server.conns.len() as u64 ^ server.node.touch();
        }
        for Coming { server, conn, .. } in coming.iter().flatten() {
            sum ^= server.node.touch_tables(*conn);
        }
        for place in &mut coming {
            *place = place.filter(|coming| coming.server.node.is_news(coming.frame));
        }
        for Coming { server, frame, .. } in coming.iter().flatten() {
            sum ^= server.node.touch_news(frame);
        }
        for Coming { server, .. } in coming.iter().flatten() {
            let channels = server.conns.iter().flatten().map(|conn| &self.channels[conn.channel]);
            sum ^= channels.map(|channel| u64::from(channel.pending)).sum::<u64>();
        }
        for Coming { server, .. } in coming.iter().flatten() {
            let links = server.peers.iter().map(|peer| &self.links[peer.link as usize]);
            sum ^= links.map(|link| link.ways[0].count ^ link.ways[1].count).sum::<u64>();
        }
        sum
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
