//! Sets of neighbours.

use alloc::vec::Vec;

use crate::id::PeerId;

/// A set of neighbours: a bit each.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct PeerSet {
    first: u64,
    /// Of those after the first 64. Never ends in a zero.
    rest: Vec<u64>,
}

impl PeerSet {
    /// The empty set.
    #[must_use]
    pub const fn none() -> Self {
        Self { first: 0, rest: Vec::new() }
    }

    /// Whether a neighbour is in it.
    #[must_use]
    pub fn contains(&self, peer: PeerId) -> bool {
        let word = match peer.index() / 64 {
            0 => self.first,
            index => self.rest.get(index - 1).copied().unwrap_or(0),
        };
        word >> (peer.index() % 64) & 1 == 1
    }

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.is_empty()
    }

    /// Those in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        // Asked of every update, and as a rule there is none.
        let mut word = self.first;
        let mut base = 0;
        let mut rest = self.rest.iter();
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
                if self.rest.len() < index {
                    self.rest.resize(index, 0);
                }
                &mut self.rest[index - 1]
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
                if let Some(word) = self.rest.get_mut(index - 1) {
                    *word &= !bit;
                }
                while self.rest.last() == Some(&0) {
                    self.rest.pop();
                }
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = 0;
        self.rest.clear();
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
