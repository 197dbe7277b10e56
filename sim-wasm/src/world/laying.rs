//! Links that are laid between servers of the herd, and taken away.

use herd_core::Direction;

use super::World;
use crate::command::Path;
use crate::latency::Latency;
use crate::topology::ServerId;

impl World {
    /// Two servers become neighbours, over a link on which everything passes; nothing if they are, or if
    /// one of them is none of the herd.
    pub(super) fn link(&mut self, ends: Path, latency: Option<Latency>) {
        let Some(link) = self.topology().link(ends.from, ends.to) else { return };
        let place = &self.links[link];
        let both = [place.a, place.b];
        if place.there || !both.iter().all(|end| self.is_member(ServerId(*end))) {
            return;
        }
        if place.was_there {
            let directions = self.topology().edges()[link].directions();
            let turned = both.into_iter().zip(place.peers).zip(directions);
            self.links[link].there = true;
            for ((end, peer), direction) in turned {
                self.turn_to(end, peer, direction);
            }
        } else {
            self.introduce(link);
            for end in both {
                self.configure(end);
            }
        }
        self.heal(Some(ends));
        if let Some(latency) = latency {
            self.set_latency(ends, latency);
        }
        self.changed();
    }

    /// Two neighbours are none any more. What is on its way between them finds nobody.
    pub(super) fn unlink(&mut self, path: Path) {
        let Some(link) = self.topology().link(path.from, path.to) else { return };
        let place = &mut self.links[link];
        if !std::mem::replace(&mut place.there, false) {
            return;
        }
        let both = [(place.a, place.peers[0]), (place.b, place.peers[1])];
        for (end, peer) in both {
            self.turn_to(end, peer, Direction::Neither);
        }
        self.changed();
    }
}
