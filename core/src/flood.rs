//! Who is told what: news goes to every live neighbour we send to, but the one it came from. Not
//! news goes nowhere. In a herd of N servers and E links without faults that is 2E − N + 1
//! messages per update, however they race.

use crate::config::Peer;
use crate::id::{ConnId, PeerId};
use crate::link::Link;

/// The connections that news is written to.
pub(crate) fn targets<'a>(
    peers: &'a [Peer],
    links: &'a [Link],
    from: Option<PeerId>,
) -> impl Iterator<Item = ConnId> + 'a {
    (0_u16..)
        .map(PeerId)
        .zip(peers.iter().zip(links))
        .filter(move |(id, (peer, _))| Some(*id) != from && peer.direction.sends())
        .filter_map(|(_, (_, link))| link.live().map(|session| session.conn))
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::config::Direction;
    use crate::link::Session;
    use crate::time::Instant;

    #[test]
    fn news_goes_to_all_that_are_up_and_listen_but_not_back() {
        let peer = |name, direction| Peer { direction, ..Peer::new(name) };
        let peers = [
            peer("up", Direction::Both),
            peer("down", Direction::Both),
            peer("listens", Direction::Out),
            peer("talks", Direction::In),
        ];
        let mut links = vec![Link::default(); 4];
        for (index, conn) in [(0, 7), (2, 8), (3, 9)] {
            links[index].raise(Session::new(ConnId(conn), true, 1, Instant(0)));
        }
        let told = |from| targets(&peers, &links, from).map(|conn| conn.0).collect::<Vec<_>>();
        assert_eq!(told(None), [7, 8]);
        assert_eq!(told(Some(PeerId(0))), [8]);
        assert_eq!(told(Some(PeerId(3))), [7, 8]);
    }
}
