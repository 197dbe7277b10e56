//! Sets of neighbours.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::form::form;
use crate::id::PeerId;

/// A set of neighbours: a bit each.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct PeerSet {
    first: u64,
    /// Of those after the first 64, which few servers have. Never ends in a zero.
    #[expect(clippy::box_collection, reason = "every tree has some of these sets")]
    rest: Option<Box<Vec<u64>>>,
}

impl PeerSet {
    /// The empty set.
    #[must_use]
    pub const fn none() -> Self {
        Self { first: 0, rest: None }
    }

    fn rest(&self) -> &[u64] {
        self.rest.as_ref().map_or(&[], |rest| rest)
    }

    /// Whether a neighbour is in it.
    #[must_use]
    pub fn contains(&self, peer: PeerId) -> bool {
        let word = match peer.index() / 64 {
            0 => self.first,
            index => self.rest().get(index - 1).copied().unwrap_or(0),
        };
        word >> (peer.index() % 64) & 1 == 1
    }

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.is_none()
    }

    /// Those in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        // Asked of every update, and as a rule there is none.
        let mut word = self.first;
        let mut base = 0;
        let mut rest = self.rest().iter();
        core::iter::from_fn(move || {
            while word == 0 {
                word = *rest.next()?;
                base += 64;
            }
            let bit = u16::try_from(word.trailing_zeros()).unwrap_or(0);
            word &= word - 1;
            Some(PeerId(base + bit))
        })
    }

    /// Adds one; whether it was not in it.
    pub(crate) fn insert(&mut self, peer: PeerId) -> bool {
        let bit = 1 << (peer.index() % 64);
        let word = match peer.index() / 64 {
            0 => &mut self.first,
            index => {
                let rest = self.rest.get_or_insert_default();
                if rest.len() < index {
                    rest.resize(index, 0);
                }
                &mut rest[index - 1]
            }
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        let bit: u64 = 1 << (peer.index() % 64);
        match peer.index() / 64 {
            0 => self.first &= !bit,
            index => {
                let Some(rest) = &mut self.rest else { return };
                if let Some(word) = rest.get_mut(index - 1) {
                    *word &= !bit;
                }
                while rest.last() == Some(&0) {
                    rest.pop();
                }
                self.rest.take_if(|rest| rest.is_empty());
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = 0;
        self.rest = None;
    }
}

impl FromIterator<PeerId> for PeerSet {
    fn from_iter<I: IntoIterator<Item = PeerId>>(peers: I) -> Self {
        let mut set = Self::default();
        for peer in peers {
            set.insert(peer);
        }
        set
    }
}

form!(struct PeerSet { first, rest });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_beyond_the_first_word_too() {
        let peers = [0, 5, 63, 64, 200, 1000].map(PeerId);
        let mut set: PeerSet = peers.into_iter().collect();
        assert!(set.iter().eq(peers));
        assert!(!set.insert(PeerId(200)) && set.insert(PeerId(201)));
        for peer in [1000, 201, 200, 64] {
            set.remove(PeerId(peer));
        }
        assert_eq!(set, [0, 5, 63].map(PeerId).into_iter().collect());
        assert!(!set.contains(PeerId(1000)) && set.contains(PeerId(63)));
    }
}
