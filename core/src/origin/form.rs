//! Origins as bytes, in the order of their numbers.

use alloc::vec::Vec;

use super::name::Name;
use super::{More, Origin, OriginId, Origins, Pull, Spare, hash_of};
use crate::form::{Form, Source, form, put_sized};
use crate::id::PeerId;
use crate::limits::NAME_MAX;

form!(struct OriginId(number));
form!(struct Spare { lives, looked });
form!(struct Origin { name, incarnation, have, newest, older, salt, more });
form!(struct More { log, share, tree, pull });
form!(struct Pull { peer, answer, sent, until, lazy, changed, again });

impl Form for Name {
    fn put(&self, out: &mut Vec<u8>) {
        put_sized(out, self.bytes());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some(from.sized()?).filter(|name| name.len() <= NAME_MAX).map(Self::new)
    }
}

impl Origins {
    /// Appends all of them, but for the seed of their hash function.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.list.put(out);
        self.changed.put(out);
        (self.changes, self.summary).put(out);
        self.spare.put(out);
    }

    /// Reads those whose hash function is drawn from `seed`.
    pub(crate) fn take(from: &mut Source<'_>, seed: u64) -> Option<Self> {
        let mut origins = Self::new(seed);
        origins.list = Form::take(from)?;
        origins.changed = Form::take(from)?;
        (origins.changes, origins.summary) = Form::take(from)?;
        origins.spare = Form::take(from)?;
        origins.uncounted = origins.list.iter().filter(|origin| !origin.is_counted()).count();
        let Self { index, hasher, list, changed, .. } = &mut origins;
        let hash = |origin: &Origin| hash_of(hasher, origin.name(), origin.incarnation);
        for (number, origin) in (0_u32..).zip(&*list) {
            index.insert_unique(hash(origin), number, |other| hash(&list[*other as usize]));
        }
        (list.len() == changed.len()).then_some(origins)
    }

    /// Whether all neighbours that they name are such, and all of each other that they name are there.
    pub(crate) fn speak_of(&self, peer: impl Fn(PeerId) -> bool) -> bool {
        let named = |origin: &Origin| {
            origin.tree().parent().is_none_or(&peer)
                && origin.pull().is_none_or(|pull| peer(pull.peer))
        };
        let spare = self.spare.iter().flat_map(|spare| &spare.lives);
        self.list.iter().all(named) && spare.copied().all(|life| life.index() < self.list.len())
    }
}
